//! JSON texts, checked once and read lazily.
//!
//! [`check`] says whether a text is JSON, and counts what is in it. [`Document`] is the flat tree of a
//! checked text: one array of nodes and one buffer of decoded strings. Both are made by the one reader in
//! [`scan`], so they take exactly the same texts:
//!
//! * UTF-8, at most [`MAX_LENGTH`] bytes, nested at most [`MAX_DEPTH`] deep;
//! * half of a surrogate pair (`"\ud800"`) reads as U+FFFD;
//! * a number may be beyond what a double can hold: then it has no value, only a text;
//! * of a member given twice the last one counts.

mod check;
mod document;
mod index;
mod number;
mod plain;
mod pointer;
mod scan;
mod string;
mod value;

pub use check::{Checked, MAX_LENGTH, MOST_WANTED, Wanted, check, read_strictly};
pub use document::{Document, Node};
pub use plain::{JsonType, Plain};
pub use scan::{Fault, MAX_DEPTH};
pub use string::quote;
pub use value::{Type, Value};

#[cfg(test)]
mod tests;
