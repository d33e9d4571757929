//! Buffers that hold secrets: wiped when dropped, wiped when they grow, never printed.

use std::hint::black_box;
use std::{fmt, io};

use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Overwrites a buffer that is about to be freed. With `wipe-freed-memory` the allocator does that.
fn wipe(buffer: &mut [u8]) {
    if cfg!(not(feature = "wipe-freed-memory")) {
        buffer.fill(0);
        // For all the compiler knows the zeros are read, so it keeps them.
        black_box(buffer);
    }
}

/// The room for a buffer that must hold more than it can.
fn grown(capacity: usize, needed: usize) -> usize {
    needed.max(2 * capacity)
}

/// Bytes that are wiped when dropped. Growing wipes the smaller buffer that is left behind.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SecretBytes(Vec<u8>);

impl SecretBytes {
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    pub fn extend(&mut self, bytes: &[u8]) {
        let needed = self.0.len() + bytes.len();
        if needed > self.0.capacity() {
            self.grow_to(grown(self.0.capacity(), needed));
        }
        self.0.extend_from_slice(bytes);
    }

    /// Makes room for as many bytes in all, and no more.
    pub fn grow_to(&mut self, capacity: usize) {
        if capacity > self.0.capacity() {
            let mut larger = Vec::with_capacity(capacity);
            larger.extend_from_slice(&self.0);
            *self = Self(larger);
        }
    }

    pub fn capacity(&self) -> usize {
        self.0.capacity()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same bytes, to be shared; wiped when the last owner drops them.
    pub fn shared(mut self) -> Bytes {
        // Where the allocator wipes, they need no owner that does.
        if cfg!(feature = "wipe-freed-memory") {
            Bytes::from(std::mem::take(&mut self.0))
        } else {
            Bytes::from_owner(self)
        }
    }
}

impl From<&str> for SecretBytes {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

impl Drop for SecretBytes {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

impl AsRef<[u8]> for SecretBytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl io::Write for SecretBytes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} bytes]", self.len())
    }
}

/// Text that is wiped when dropped. Growing wipes the smaller buffer that is left behind.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SecretString(String);

impl SecretString {
    pub fn with_capacity(capacity: usize) -> Self {
        Self(String::with_capacity(capacity))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn push_str(&mut self, text: &str) {
        let needed = self.0.len() + text.len();
        if needed > self.0.capacity() {
            let mut larger = String::with_capacity(grown(self.0.capacity(), needed));
            larger.push_str(&self.0);
            *self = Self(larger);
        }
        self.0.push_str(text);
    }

    pub fn push(&mut self, character: char) {
        self.push_str(character.encode_utf8(&mut [0; 4]));
    }
}

impl Drop for SecretString {
    fn drop(&mut self) {
        wipe(&mut std::mem::take(&mut self.0).into_bytes());
    }
}

impl From<&str> for SecretString {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for SecretString {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl Serialize for SecretString {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for SecretString {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

impl fmt::Debug for SecretString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growing_keeps_the_bytes() {
        let mut bytes = SecretBytes::with_capacity(2);
        let mut text = SecretString::with_capacity(2);
        for _ in 0..100 {
            bytes.extend(b"abc");
            text.push_str("ab");
            text.push('c');
        }
        assert_eq!(bytes.as_ref(), b"abc".repeat(100));
        assert_eq!(text.as_str(), "abc".repeat(100));
        bytes.grow_to(1000);
        assert_eq!(bytes.as_ref(), b"abc".repeat(100));
    }

    #[test]
    fn debug_output_shows_no_secret() {
        let mut bytes = SecretBytes::default();
        bytes.extend(b"hunter2");
        let shown = format!("{bytes:?} {:?}", SecretString::from("hunter2"));
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
