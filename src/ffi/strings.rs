//! Strings that a result has been asked for, found again without a lock.
//!
//! Getters must work in a forked child, where a lock may be held by a thread that does not exist.

use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use crate::secret::SecretBytes;

/// A list that only grows: what it has given out stays where it is.
#[derive(Default)]
pub struct Strings {
    latest: AtomicPtr<Node>,
}

struct Node {
    /// What was asked, and behind it the text and a NUL.
    bytes: SecretBytes,
    asked: usize,
    before: *mut Node,
}

// SAFETY: nodes are owned by the list and never change once they are in it.
unsafe impl Send for Strings {}
// SAFETY: as above; they are put into the list by one atomic exchange.
unsafe impl Sync for Strings {}

impl Strings {
    /// The bytes for what was asked, ended by NUL; made of `text` the first time.
    pub fn get(&self, asked: &str, text: &str) -> &[u8] {
        let mut latest = self.latest.load(Ordering::Acquire);
        if let Some(known) = find(latest, asked) {
            return known;
        }
        let mut bytes = SecretBytes::with_capacity(asked.len() + text.len() + 1);
        bytes.extend(asked.as_bytes());
        bytes.extend(text.as_bytes());
        bytes.extend(b"\0");
        let node = Box::into_raw(Box::new(Node { bytes, asked: asked.len(), before: latest }));
        loop {
            match self.latest.compare_exchange(latest, node, Ordering::AcqRel, Ordering::Acquire) {
                // SAFETY: the node lives as long as the list, from which nothing is taken.
                Ok(_) => return unsafe { &*node }.text(),
                // Another thread was first; that it asked for the same does no harm.
                Err(now) => {
                    latest = now;
                    // SAFETY: the node is not in the list yet, so nobody else sees it.
                    unsafe { (*node).before = latest };
                }
            }
        }
    }
}

impl Node {
    fn text(&self) -> &[u8] {
        &self.bytes.as_ref()[self.asked..]
    }
}

fn find<'a>(mut node: *const Node, asked: &str) -> Option<&'a [u8]> {
    // SAFETY: nodes live as long as the list, and each points to NULL or to an older one.
    while let Some(here) = unsafe { node.as_ref() } {
        if here.bytes.as_ref()[..here.asked] == *asked.as_bytes() {
            return Some(here.text());
        }
        node = here.before;
    }
    None
}

impl Drop for Strings {
    fn drop(&mut self) {
        let mut node = std::mem::replace(self.latest.get_mut(), ptr::null_mut());
        while !node.is_null() {
            // SAFETY: the node came from a box and is given back once.
            node = unsafe { Box::from_raw(node) }.before;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_before_stays_where_it_is() {
        let strings = Strings::default();
        let first = strings.get("/a", "one").as_ptr();
        for i in 0..1000 {
            assert_eq!(strings.get(&format!("/{i}"), "x"), b"x\0");
        }
        assert_eq!(strings.get("/a", "one").as_ptr(), first);
        assert_eq!(strings.get("/a", "one"), b"one\0");
    }

    #[test]
    fn many_threads_may_ask_at_once() {
        let strings = Strings::default();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for i in 0..200 {
                        let text = i.to_string();
                        let bytes = strings.get(&text, &text);
                        assert_eq!(&bytes[..bytes.len() - 1], text.as_bytes());
                    }
                });
            }
        });
    }
}
