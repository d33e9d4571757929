//! The body of an answer: the bytes as they came, and lazily what they say.

use std::fmt;

use bytes::Bytes;
use once_cell::race::OnceBox;

use crate::json::{self, Checked, Document, Fault, Value};
use crate::secret::SecretBytes;

/// An answer's body: the bytes as they came, and what they say where they are JSON.
#[derive(Default)]
pub struct Body {
    /// With a NUL behind them, for C.
    bytes: Bytes,
    /// `None` where it is not JSON.
    checked: Option<Checked>,
    /// Made when somebody asks for a value.
    document: OnceBox<Document>,
}

impl Body {
    /// A body that was not checked.
    pub fn unchecked(mut bytes: SecretBytes) -> Self {
        bytes.extend(b"\0");
        Self { bytes: bytes.shared(), ..Self::default() }
    }

    /// A body that is checked; its fault if it is not JSON. `wanted` is that of [`json::check`].
    pub fn check(
        bytes: SecretBytes,
        wanted: impl Fn(&str) -> Option<usize>,
    ) -> (Self, Option<Fault>) {
        let body = Self::unchecked(bytes);
        match json::check(body.bytes(), wanted) {
            Ok(checked) => (Self { checked: Some(checked), ..body }, None),
            Err(fault) => (body, Some(fault)),
        }
    }

    pub fn bytes(&self) -> &[u8] {
        self.bytes.strip_suffix(b"\0").unwrap_or_default()
    }

    /// The text of the wanted member with this number.
    pub fn wanted(&self, number: usize) -> Option<&[u8]> {
        self.bytes().get(self.checked.as_ref()?.wanted(number)?)
    }

    pub fn is_json_object(&self) -> bool {
        self.checked.is_some() && self.bytes().trim_ascii_start().first() == Some(&b'{')
    }

    /// The whole as a value; `None` where it is not JSON. No lock: of two threads that ask at once, both
    /// make the tree, and one is dropped.
    pub fn value(&self) -> Option<Value<'_>> {
        let checked = self.checked.as_ref()?;
        let text = || self.bytes.slice(..self.bytes().len());
        Some(self.document.get_or_init(|| Document::new(text(), checked)).root())
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} bytes]", self.bytes().len())
    }
}
