//! One value of a document.

use std::ops::Range;

use super::document::{Document, NO_NAME, Node};
use super::number;
use super::pointer;

/// What a value is. The numbers are those of the C header, in which 0 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    Null = 1,
    Bool = 2,
    /// A number without fraction and exponent that 64 bits hold.
    Int = 3,
    /// Any other number.
    Double = 4,
    String = 5,
    Array = 6,
    Object = 7,
}

/// A value, borrowed from its document.
#[derive(Clone, Copy)]
pub struct Value<'a> {
    document: &'a Document,
    place: usize,
}

impl<'a> Value<'a> {
    /// `place`: of a node, in the document's array.
    pub fn new(document: &'a Document, place: usize) -> Self {
        Self { document, place }
    }

    pub fn document(self) -> &'a Document {
        self.document
    }

    pub fn place(self) -> usize {
        self.place
    }

    fn node(self) -> &'a Node {
        self.document.node(self.place)
    }

    fn at(self, place: usize) -> Self {
        Self { place, ..self }
    }

    /// Where it stands in the text.
    pub fn range(self) -> Range<usize> {
        let Node { start, length, .. } = *self.node();
        start as usize..(start + length) as usize
    }

    /// As it stands in the text.
    pub fn json(self) -> &'a [u8] {
        self.document.text().get(self.range()).unwrap_or_default()
    }

    fn first_byte(self) -> u8 {
        self.document.text().get(self.node().start as usize).copied().unwrap_or(0)
    }

    /// A number, as it is written.
    pub fn number(self) -> Option<&'a str> {
        let is_number = matches!(self.first_byte(), b'-' | b'0'..=b'9');
        is_number.then(|| std::str::from_utf8(self.json()).ok())?
    }

    pub fn kind(self) -> Type {
        match self.first_byte() {
            b'n' => Type::Null,
            b't' | b'f' => Type::Bool,
            b'"' => Type::String,
            b'[' => Type::Array,
            b'{' => Type::Object,
            _ if self.as_i64().is_some() => Type::Int,
            _ => Type::Double,
        }
    }

    fn is_container(self) -> bool {
        matches!(self.first_byte(), b'[' | b'{')
    }

    pub fn is_null(self) -> bool {
        self.first_byte() == b'n'
    }

    pub fn is_array(self) -> bool {
        self.first_byte() == b'['
    }

    pub fn as_bool(self) -> Option<bool> {
        match self.first_byte() {
            b't' => Some(true),
            b'f' => Some(false),
            _ => None,
        }
    }

    pub fn as_i64(self) -> Option<i64> {
        number::as_i64(self.number()?)
    }

    /// A number, integers included, unless a double cannot hold it.
    pub fn as_f64(self) -> Option<f64> {
        number::as_f64(self.number()?)
    }

    pub fn as_str(self) -> Option<&'a str> {
        self.str_with_nul()?.strip_suffix('\0')
    }

    /// A string and the NUL behind it.
    pub fn str_with_nul(self) -> Option<&'a str> {
        let Node { first, second, .. } = *self.node();
        (self.first_byte() == b'"').then(|| self.document.string_with_nul(first, second))
    }

    /// A member's name.
    pub fn name(self) -> Option<&'a str> {
        self.name_with_nul()?.strip_suffix('\0')
    }

    /// The same, and the NUL behind it.
    pub fn name_with_nul(self) -> Option<&'a str> {
        let Node { name, name_length, .. } = *self.node();
        (name != NO_NAME).then(|| self.document.name_with_nul(name, name_length))
    }

    /// How many values an array or object has; 0 for anything else.
    pub fn count(self) -> usize {
        if self.is_container() { self.node().first as usize } else { 0 }
    }

    /// Where the node behind this value's own is.
    fn behind(self) -> usize {
        if self.is_container() { self.node().second as usize } else { self.place + 1 }
    }

    /// The first value of an array or object.
    pub fn first(self) -> Option<Self> {
        (self.count() > 0).then(|| self.at(self.place + 1).unless_repeated())?
    }

    /// The value that follows in the same array or object.
    pub fn next(self) -> Option<Self> {
        let mut value = self;
        loop {
            if value.node().is_last() || value.place == 1 {
                return None;
            }
            value = value.at(value.behind());
            if !value.node().is_repeated() {
                return Some(value);
            }
        }
    }

    fn unless_repeated(self) -> Option<Self> {
        if self.node().is_repeated() { self.next() } else { Some(self) }
    }

    pub fn values(self) -> impl Iterator<Item = Self> {
        std::iter::successors(self.first(), |value| value.next())
    }

    /// The member of an object with this name.
    pub fn member(self, name: &str) -> Option<Self> {
        if self.first_byte() != b'{' {
            return None;
        }
        match self.document.index(self.place) {
            Some(index) => {
                let name_at = |place| self.at(place).name().unwrap_or_default();
                Some(self.at(index.member(name, name_at)?))
            }
            None => self.values().find(|value| value.name() == Some(name)),
        }
    }

    /// The element of an array with this number, from 0 on.
    pub fn element(self, number: usize) -> Option<Self> {
        if self.first_byte() != b'[' {
            return None;
        }
        match self.document.index(self.place) {
            Some(index) => Some(self.at(index.element(number)?)),
            None => self.values().nth(number),
        }
    }

    /// The value that a JSON pointer (RFC 6901) names, from here.
    pub fn get(self, pointer: &str) -> Option<Self> {
        pointer::find(self, pointer)
    }
}
