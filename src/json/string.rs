//! Strings: where they end, what their escapes mean, and how they are written.

use std::borrow::Cow;

use crate::secret::{SecretBytes, SecretString};

/// A string in a text, between its quotes.
#[derive(Clone, Copy)]
pub struct Quoted<'a> {
    /// As it is written, with its escapes.
    pub raw: &'a str,
    /// Where its closing quote is.
    pub end: usize,
    /// How many bytes it has once it is decoded; as many as `raw` if it has no escapes.
    pub length: usize,
}

impl Quoted<'_> {
    pub fn has_escapes(&self) -> bool {
        self.length != self.raw.len()
    }
}

/// Reads the string whose first byte behind the opening quote is at `start`, or says where and why there
/// is none.
pub fn quoted(whole: &str, start: usize) -> Result<Quoted<'_>, (usize, &'static str)> {
    let text = whole.as_bytes();
    let mut at = start;
    let mut saved = 0;
    loop {
        at = plain_until(text, at);
        match text.get(at) {
            Some(b'"') => {
                let raw = &whole[start..at];
                return Ok(Quoted { raw, end: at, length: raw.len() - saved });
            }
            Some(b'\\') => {
                let escape = escape(&text[at..]).ok_or((at, "an escape in a string is unknown"))?;
                saved += escape.raw - escape.character.len_utf8();
                at += escape.raw;
            }
            Some(_) => return Err((at, "a control character stands in a string")),
            None => return Err((at, "the string has no end")),
        }
    }
}

/// The first byte from `at` on that ends a run of plain characters: a quote, a backslash, a control
/// character, or the text's end. Eight bytes at a time.
fn plain_until(text: &[u8], mut at: usize) -> usize {
    const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);
    // The highest bit of each byte that is 0; of bytes above a true one it may be set wrongly.
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & HIGHS;
    let below_space = |word: u64| word.wrapping_sub(ONES * 0x20) & !word & HIGHS;
    while let Some(eight) = text.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let word = u64::from_le_bytes(*eight);
        let ends = zeros(word ^ (ONES * u64::from(b'"')))
            | zeros(word ^ (ONES * u64::from(b'\\')))
            | below_space(word);
        if ends != 0 {
            return at + ends.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let ends = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().position(ends).unwrap_or(rest.len())
}

struct Escape {
    character: char,
    /// How many bytes it takes in the text.
    raw: usize,
}

/// The escape at the beginning of `text`; `None` if it is none.
fn escape(text: &[u8]) -> Option<Escape> {
    let character = match text.get(1)? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return unicode_escape(text),
        _ => return None,
    };
    Some(Escape { character, raw: 2 })
}

/// `\uXXXX`, or two of them that make one character. Half of a pair is U+FFFD.
fn unicode_escape(text: &[u8]) -> Option<Escape> {
    let first = code_unit(text)?;
    if let Some(character) = char::from_u32(first) {
        return Some(Escape { character, raw: 6 });
    }
    let second = if first < 0xdc00 { text.get(6..).and_then(code_unit) } else { None };
    match second {
        Some(second @ 0xdc00..0xe000) => {
            let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            Some(Escape { character: char::from_u32(code)?, raw: 12 })
        }
        _ => Some(Escape { character: char::REPLACEMENT_CHARACTER, raw: 6 }),
    }
}

/// The number in `\uXXXX`.
fn code_unit(text: &[u8]) -> Option<u32> {
    let digits = text.get(..6)?.strip_prefix(b"\\u")?;
    digits.iter().try_fold(0, |code, digit| Some(code * 16 + char::from(*digit).to_digit(16)?))
}

/// What a string that was read by [`quoted`] says.
pub fn decoded(raw: &str) -> Cow<'_, str> {
    if raw.contains('\\') {
        let mut text = String::with_capacity(raw.len());
        decode_to(raw, |part| text.push_str(part));
        text.into()
    } else {
        raw.into()
    }
}

/// The same, behind what is in `out`.
pub fn decode_into(raw: &str, out: &mut SecretString) {
    decode_to(raw, |part| out.push_str(part));
}

fn decode_to(raw: &str, mut push: impl FnMut(&str)) {
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        push(&rest[..at]);
        rest = &rest[at..];
        // Only a string that was never checked has an escape that is none.
        let Some(escape) = escape(rest.as_bytes()) else { break };
        push(escape.character.encode_utf8(&mut [0; 4]));
        rest = &rest[escape.raw..];
    }
    push(rest);
}

/// Writes a string as JSON.
pub fn quote(text: &str, out: &mut SecretBytes) {
    out.extend(b"\"");
    let mut rest = text.as_bytes();
    loop {
        let plain = plain_until(rest, 0);
        out.extend(&rest[..plain]);
        let Some(byte) = rest.get(plain) else { break };
        match byte {
            b'"' => out.extend(b"\\\""),
            b'\\' => out.extend(b"\\\\"),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            b'\t' => out.extend(b"\\t"),
            _ => out.extend(format!("\\u{byte:04x}").as_bytes()),
        }
        rest = &rest[plain + 1..];
    }
    out.extend(b"\"");
}
