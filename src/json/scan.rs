//! Reads a JSON text from its beginning to its end, and tells a visitor what is there.

use std::fmt;

use super::number;
use super::string::{self, Quoted};

/// How deep arrays and objects may be nested.
pub const MAX_DEPTH: usize = 128;

/// Learns what is in a text, in the text's order. Places are byte offsets.
pub trait Visitor {
    /// The name of the member whose value comes next.
    fn name(&mut self, name: Quoted<'_>);
    /// A string; `start` is its opening quote.
    fn string(&mut self, start: usize, string: Quoted<'_>);
    /// A number, `true`, `false` or `null`.
    fn scalar(&mut self, start: usize, end: usize);
    fn open(&mut self, start: usize, object: bool);
    /// The end of the array or object that was opened last.
    fn close(&mut self, end: usize);
}

/// Why a text is not JSON. The words never repeat the text, which may hold secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    pub why: &'static str,
    line: usize,
    column: usize,
}

impl Fault {
    /// `at`: the byte where the text stops being JSON.
    pub fn new(why: &'static str, text: &[u8], at: usize) -> Self {
        let before = &text[..at.min(text.len())];
        let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        Self { why, line, column: before.len() - line_start + 1 }
    }

    /// What is wrong, in words that follow the text's name.
    pub fn complaint(&self) -> String {
        match self.why {
            GIVEN_TWICE => format!("gives a member twice, at {}", self.place()),
            TOO_HEAVY => TOO_HEAVY.to_owned(),
            _ => format!("is not JSON: {self}"),
        }
    }

    fn place(&self) -> String {
        format!("line {}, column {}", self.line, self.column)
    }
}

/// Faults of texts that are JSON: in which nothing may be lost, and of which the tree would be too large.
pub const TOO_HEAVY: &str = "would take too much memory";
pub const GIVEN_TWICE: &str = "a member is given twice";

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.why, self.place())
    }
}

pub fn scan(text: &str, visitor: &mut impl Visitor) -> Result<(), Fault> {
    let mut reader = Reader { whole: text, text: text.as_bytes(), at: 0 };
    reader.document(visitor).map_err(|why| Fault::new(why, text.as_bytes(), reader.at))
}

struct Reader<'a> {
    whole: &'a str,
    /// Its bytes.
    text: &'a [u8],
    /// Where reading goes on; after a fault, where it is.
    at: usize,
}

const ENDS_EARLY: &str = "the text ends too early";

/// Which of the open containers are objects: one bit each, the innermost in the lowest.
type Kinds = u128;
const _: () = assert!(Kinds::BITS as usize == MAX_DEPTH);

impl<'a> Reader<'a> {
    /// The next byte; 0, which nothing in JSON begins with, at the end.
    fn peek(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or(0)
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), b' ' | b'\n' | b'\r' | b'\t') {
            self.at += 1;
        }
    }

    fn document(&mut self, visitor: &mut impl Visitor) -> Result<(), &'static str> {
        let mut kinds: Kinds = 0;
        let mut depth = 0;
        loop {
            self.skip_space();
            let start = self.at;
            match self.peek() {
                opening @ (b'{' | b'[') => {
                    if depth == MAX_DEPTH {
                        return Err("arrays and objects are nested deeper than 128");
                    }
                    let object = opening == b'{';
                    visitor.open(start, object);
                    depth += 1;
                    kinds = (kinds << 1) | Kinds::from(object);
                    self.at += 1;
                    self.skip_space();
                    if self.peek() != opening + 2 {
                        if object {
                            self.name(visitor)?;
                        }
                        continue;
                    }
                }
                b'"' => {
                    let string = self.quoted()?;
                    visitor.string(start, string);
                }
                b'-' | b'0'..=b'9' => {
                    self.at = number::end(self.text, start)
                        .map_err(|at| self.fault_at(at, "a number is not well-formed"))?;
                    visitor.scalar(start, self.at);
                }
                b't' => self.literal(b"true", visitor)?,
                b'f' => self.literal(b"false", visitor)?,
                b'n' => self.literal(b"null", visitor)?,
                _ => return Err(self.unexpected("a value was expected")),
            }
            // Behind a value, or at the end of an empty container.
            loop {
                if depth == 0 {
                    self.skip_space();
                    let rest = self.at < self.text.len();
                    return if rest { Err("more text follows the value") } else { Ok(()) };
                }
                self.skip_space();
                let object = kinds & 1 == 1;
                match (self.peek(), object) {
                    (b',', true) => {
                        self.at += 1;
                        self.skip_space();
                        self.name(visitor)?;
                        break;
                    }
                    (b',', false) => {
                        self.at += 1;
                        break;
                    }
                    (b'}', true) | (b']', false) => {
                        self.at += 1;
                        depth -= 1;
                        kinds >>= 1;
                        visitor.close(self.at);
                    }
                    (_, true) => return Err(self.unexpected("',' or '}' was expected")),
                    (_, false) => return Err(self.unexpected("',' or ']' was expected")),
                }
            }
        }
    }

    /// A member's name and the colon behind it.
    fn name(&mut self, visitor: &mut impl Visitor) -> Result<(), &'static str> {
        if self.peek() != b'"' {
            return Err(self.unexpected("a member's name was expected"));
        }
        let name = self.quoted()?;
        visitor.name(name);
        self.skip_space();
        if self.peek() != b':' {
            return Err(self.unexpected("':' was expected"));
        }
        self.at += 1;
        Ok(())
    }

    /// A string, from its opening quote on.
    fn quoted(&mut self) -> Result<Quoted<'a>, &'static str> {
        match string::quoted(self.whole, self.at + 1) {
            Ok(quoted) => {
                self.at = quoted.end + 1;
                Ok(quoted)
            }
            Err((at, why)) => Err(self.fault_at(at, why)),
        }
    }

    fn literal(&mut self, word: &[u8], visitor: &mut impl Visitor) -> Result<(), &'static str> {
        let start = self.at;
        let rest = &self.text[start..];
        if !rest.starts_with(word) {
            let cut = word.starts_with(rest);
            return Err(if cut { ENDS_EARLY } else { "a value was expected" });
        }
        self.at += word.len();
        visitor.scalar(start, self.at);
        Ok(())
    }

    fn fault_at(&mut self, at: usize, why: &'static str) -> &'static str {
        self.at = at;
        self.unexpected(why)
    }

    fn unexpected(&self, why: &'static str) -> &'static str {
        if self.at >= self.text.len() { ENDS_EARLY } else { why }
    }
}
