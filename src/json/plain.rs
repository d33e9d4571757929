//! One value by itself, read without a tree: enough to check a field against its row.

use std::borrow::Cow;

use super::number;
use super::string::decoded;

/// The JSON types, by the spec's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonType {
    Null,
    Boolean,
    Integer,
    Number,
    String,
    Array,
    Object,
}

impl JsonType {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::String => "string",
            Self::Array => "array",
            Self::Object => "object",
        }
    }
}

/// A value; of an array or object only that it is one.
#[derive(Clone, Debug, PartialEq)]
pub enum Plain<'a> {
    Null,
    Bool(bool),
    /// A number without fraction and exponent, as it is written.
    Integer(&'a str),
    /// Any other number, as it is written.
    Number(&'a str),
    String(Cow<'a, str>),
    Array,
    Object,
}

impl<'a> Plain<'a> {
    /// Reads the text of one value, which was checked.
    pub fn read(json: &'a [u8]) -> Self {
        let json = json.trim_ascii();
        // A checked text is UTF-8, and so is what stands between two of its ASCII characters.
        let text = |bytes: &'a [u8]| std::str::from_utf8(bytes).unwrap_or_default();
        match json {
            [b'"', raw @ .., b'"'] => Self::String(decoded(text(raw))),
            [b'[', ..] => Self::Array,
            [b'{', ..] => Self::Object,
            [b't', ..] => Self::Bool(true),
            [b'f', ..] => Self::Bool(false),
            [b'-' | b'0'..=b'9', ..] if number::is_integer(text(json)) => Self::Integer(text(json)),
            [b'-' | b'0'..=b'9', ..] => Self::Number(text(json)),
            _ => Self::Null,
        }
    }

    pub fn json_type(&self) -> JsonType {
        match self {
            Self::Null => JsonType::Null,
            Self::Bool(_) => JsonType::Boolean,
            Self::Integer(_) => JsonType::Integer,
            Self::Number(_) => JsonType::Number,
            Self::String(_) => JsonType::String,
            Self::Array => JsonType::Array,
            Self::Object => JsonType::Object,
        }
    }

    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Integer(text) | Self::Number(text) => number::as_f64(text),
            _ => None,
        }
    }
}
