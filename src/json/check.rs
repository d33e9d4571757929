//! Whether a text is JSON, and how much is in it.

use std::ops::Range;

use bytes::Bytes;

use super::document::Document;
use super::scan::{Fault, GIVEN_TWICE, Visitor, scan};
use super::string::{Quoted, decoded};

/// The longest text that is read as JSON, in bytes.
pub const MAX_LENGTH: usize = 1 << 30;

/// How many members of the outermost object [`check`] can look for.
pub const MOST_WANTED: usize = 8;

/// A text that is JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// How many values there are.
    pub(super) values: usize,
    /// How many bytes all strings have that are values, each with a NUL behind it.
    pub(super) strings: usize,
    wanted: [Option<(u32, u32)>; MOST_WANTED],
}

impl Checked {
    /// Where in the text the value of the wanted member with this number is.
    pub fn wanted(&self, number: usize) -> Option<Range<usize>> {
        let (start, end) = (*self.wanted.get(number)?)?;
        Some(start as usize..end as usize)
    }
}

/// Checks a text. `wanted` gives members of the outermost object numbers below [`MOST_WANTED`], by which
/// their values are found without a tree.
pub fn check(text: &[u8], wanted: impl Fn(&str) -> Option<usize>) -> Result<Checked, Fault> {
    if text.len() > MAX_LENGTH {
        return Err(Fault::new("the text is longer than 1 GiB", text, 0));
    }
    if let Err(error) = std::str::from_utf8(text) {
        return Err(Fault::new("the text is not UTF-8", text, error.valid_up_to()));
    }
    let mut counter = Counter {
        checked: Checked { values: 0, strings: 0, wanted: [None; MOST_WANTED] },
        wanted,
        depth: 0,
        looking: None,
    };
    scan(text, &mut counter)?;
    Ok(counter.checked)
}

/// Reads a text of the application's, in which nothing may be lost: a member given twice is refused, too,
/// however deep it stands.
pub fn read_strictly(text: Bytes) -> Result<Box<Document>, Fault> {
    let checked = check(&text, |_| None)?;
    let document = Document::new(text, &checked);
    match document.first_repeated() {
        Some(at) => Err(Fault::new(GIVEN_TWICE, document.text(), at)),
        None => Ok(document),
    }
}

struct Counter<F> {
    checked: Checked,
    wanted: F,
    depth: usize,
    /// The member whose value comes next, and where that has begun.
    looking: Option<(usize, usize)>,
}

impl<F> Counter<F> {
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
                self.checked.wanted[number] = Some((start as u32, end as u32));
            }
        }
    }
}

impl<F: Fn(&str) -> Option<usize>> Visitor for Counter<F> {
    fn name(&mut self, name: Quoted<'_>) {
        if self.depth == 1 {
            // The whole text is UTF-8.
            let text = std::str::from_utf8(name.raw).unwrap_or_default();
            let number = (self.wanted)(&decoded(text)).filter(|number| *number < MOST_WANTED);
            self.looking = number.map(|number| (number, 0));
        }
    }

    fn string(&mut self, start: usize, string: Quoted<'_>) {
        self.begin(start);
        self.checked.strings += string.length + 1;
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
