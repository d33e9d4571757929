//! Reads a target's input: lines of text first, so that seeds can be read and written by hand.

/// What is left of an input. Reading beyond its end gives empty lines.
pub struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub fn new(data: &'a [u8]) -> Self {
        Self(data)
    }

    /// The bytes up to the next line end, which is taken, too.
    pub fn line(&mut self) -> &'a [u8] {
        self.until(b"\n")
    }

    /// The next line, with whatever is not UTF-8 replaced.
    pub fn text(&mut self) -> String {
        String::from_utf8_lossy(self.line()).into_owned()
    }

    /// The lines up to an empty one, which is taken, too.
    pub fn paragraph(&mut self) -> Vec<&'a [u8]> {
        let mut lines = Vec::new();
        while !self.0.is_empty() {
            match self.line() {
                [] => break,
                line => lines.push(line),
            }
        }
        lines
    }

    /// The bytes up to a separator, which is taken, too.
    pub fn until(&mut self, separator: &[u8]) -> &'a [u8] {
        let found = self.0.windows(separator.len()).position(|window| window == separator);
        let (before, after) = match found {
            Some(index) => (&self.0[..index], &self.0[index + separator.len()..]),
            None => (self.0, &[][..]),
        };
        self.0 = after;
        before
    }

    /// The next byte; 0 behind the end.
    pub fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn rest(self) -> &'a [u8] {
        self.0
    }
}

/// The part of a text that a C string can hold.
pub fn without_nul(text: &str) -> &str {
    text.split('\0').next().unwrap_or_default()
}
