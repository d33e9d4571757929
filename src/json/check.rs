//! Whether a text is JSON, and how much is in it.

use std::ops::Range;

use bytes::Bytes;

use super::document::{Document, Node};
use super::index::Child;
use super::scan::{Fault, GIVEN_TWICE, TOO_HEAVY, Visitor, scan};
use super::string::{Quoted, decoded};

/// The longest text that is read as JSON, in bytes.
pub const MAX_LENGTH: usize = 1 << 30;

/// How much memory every tree may take while it is made, in bytes; that of a long text may take as many
/// times its length. A hostile answer is small as text, and vast as values.
const MOST: usize = 256 * 1024 * 1024;
const TIMES: usize = 16;
/// A value's node, its place in an index, and twice, while it grows, its place among its siblings.
const VALUE: usize = size_of::<Node>() + size_of::<u32>() + 2 * size_of::<Child>();
/// Beside its text, a member's name: the hash in an index.
const NAME: usize = size_of::<u32>();

/// How many members of the outermost object [`check`] can look for.
pub const MOST_WANTED: usize = 8;

/// A text that is JSON, and what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked {
    /// How many values there are.
    pub(super) values: u32,
    /// How many bytes all strings have that are values, each with a NUL behind it.
    pub(super) strings: u32,
}

/// Where in the text the values of the wanted members are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted([Option<(u32, u32)>; MOST_WANTED]);

impl Wanted {
    /// The place of the member with this number.
    pub fn get(&self, number: usize) -> Option<Range<usize>> {
        let (start, end) = (*self.0.get(number)?)?;
        Some(start as usize..end as usize)
    }
}

/// Checks a text. `wanted` gives members of the outermost object numbers below [`MOST_WANTED`], by which
/// their values are found without a tree.
pub fn check(
    text: &[u8],
    wanted: impl Fn(&str) -> Option<usize>,
) -> Result<(Checked, Wanted), Fault> {
    if text.len() > MAX_LENGTH {
        return Err(Fault::new("the text is longer than 1 GiB", text, 0));
    }
    let whole = std::str::from_utf8(text)
        .map_err(|error| Fault::new("the text is not UTF-8", text, error.valid_up_to()))?;
    let mut counter = Counter {
        checked: Checked { values: 0, strings: 0 },
        found: Wanted::default(),
        names: 0,
        wanted,
        depth: 0,
        looking: None,
    };
    scan(whole, &mut counter)?;
    if counter.weight() > MOST.max(TIMES * text.len()) {
        return Err(Fault::new(TOO_HEAVY, text, 0));
    }
    Ok((counter.checked, counter.found))
}

/// Reads a text of the application's, in which nothing may be lost: a member given twice is refused, too,
/// however deep it stands.
pub fn read_strictly(text: Bytes) -> Result<Box<Document>, Fault> {
    let (checked, _) = check(&text, |_| None)?;
    let document = Document::new(text, checked);
    match document.first_repeated() {
        Some(at) => Err(Fault::new(GIVEN_TWICE, document.text(), at)),
        None => Ok(document),
    }
}

struct Counter<F> {
    checked: Checked,
    found: Wanted,
    /// What all names take, though each is kept once or few times.
    names: usize,
    wanted: F,
    depth: usize,
    /// The member whose value comes next, and where that has begun.
    looking: Option<(usize, usize)>,
}

impl<F> Counter<F> {
    /// What the tree takes at most, in bytes.
    fn weight(&self) -> usize {
        self.checked.values as usize * VALUE + self.checked.strings as usize + self.names
    }

    fn begin(&mut self, start: usize) {
        self.checked.values += 1;
        if let Some((_, begun)) = self.looking.as_mut().filter(|_| self.depth == 1) {
            *begun = start;
        }
    }

    fn end(&mut self, end: usize) {
        if self.depth == 1 {
            if let Some((number, start)) = self.looking.take() {
                // The text is at most MAX_LENGTH long.
                self.found.0[number] = Some((start as u32, end as u32));
            }
        }
    }
}

impl<F: Fn(&str) -> Option<usize>> Visitor for Counter<F> {
    fn name(&mut self, name: Quoted<'_>) {
        self.names += name.length + 1 + NAME;
        if self.depth == 1 {
            let number = match name.has_escapes() {
                true => (self.wanted)(&decoded(name.raw)),
                false => (self.wanted)(name.raw),
            };
            let number = number.filter(|number| *number < MOST_WANTED);
            self.looking = number.map(|number| (number, 0));
        }
    }

    fn string(&mut self, start: usize, string: Quoted<'_>) {
        self.begin(start);
        self.checked.strings += string.length as u32 + 1;
        self.end(string.end + 1);
    }

    fn scalar(&mut self, start: usize, end: usize) {
        self.begin(start);
        self.end(end);
    }

    fn open(&mut self, start: usize, _object: bool) {
        self.begin(start);
        self.depth += 1;
    }

    fn close(&mut self, end: usize) {
        self.depth -= 1;
        self.end(end);
    }
}
