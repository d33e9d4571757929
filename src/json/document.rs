//! The flat tree of a checked text.
//!
//! Nodes lie in one array, in the order of the text: behind an array or object its first value, and behind
//! its last one what follows it. A node knows its place in the array, and the array's first entry, which is
//! no node, knows the document. So a reference to a node is enough to find everything else.

use bytes::Bytes;

use super::check::Checked;
use super::index::{Child, Index, Indices, hash};
use super::scan::{MAX_DEPTH, Visitor, scan};
use super::string::{Quoted, decode_into};
use super::value::Value;
use crate::secret::SecretString;

/// A value in the text.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Node {
    /// Where it stands in the text, and how many bytes it takes there.
    pub(super) start: u32,
    pub(super) length: u32,
    /// Of a string: where it begins in `strings`. Of an array or object: how many values it has.
    pub(super) first: u32,
    /// Of a string: its length. Of an array or object: the place of the node behind its last one.
    pub(super) second: u32,
    /// Where its name begins in `names`, and its length; [`NO_NAME`] for what is no member.
    pub(super) name: u32,
    pub(super) name_length: u32,
    /// Its place in the array, and in the highest bits the flags.
    tag: u32,
}

pub(super) const NO_NAME: u32 = u32::MAX;
/// A member of the same name comes later: this one is skipped.
const REPEATED: u32 = 1 << 31;
/// Nothing follows in the same array or object.
const LAST: u32 = 1 << 30;
const PLACE: u32 = LAST - 1;
// A text has at most half as many values as bytes, and one node more.
const _: () = assert!(super::check::MAX_LENGTH / 2 + 2 < PLACE as usize);

impl Node {
    /// The entry before all nodes.
    fn owner(address: usize) -> Self {
        let address = address as u64;
        let (start, length) = (address as u32, (address >> 32) as u32);
        Self { start, length, first: 0, second: 0, name: NO_NAME, name_length: 0, tag: 0 }
    }

    /// Where the document is, if this is the entry before all nodes.
    pub fn document_address(&self) -> usize {
        (u64::from(self.start) | (u64::from(self.length) << 32)) as usize
    }

    /// How many entries stand before it in the array.
    pub fn place(&self) -> usize {
        (self.tag & PLACE) as usize
    }

    pub(super) fn is_last(&self) -> bool {
        self.tag & LAST != 0
    }

    pub(super) fn is_repeated(&self) -> bool {
        self.tag & REPEATED != 0
    }
}

/// The tree. Its strings, which may be secrets, are wiped when it is dropped.
pub struct Document {
    text: Bytes,
    nodes: Vec<Node>,
    /// Decoded, each with a NUL behind it.
    strings: SecretString,
    /// The members' names, decoded, each with a NUL behind it. An answer has the same few names thousands of
    /// times; each is here once, or few times.
    names: SecretString,
    indices: Indices,
}

/// How many names are remembered while a tree is made.
const SLOTS: usize = 256;
/// What the names of a small answer take, in bytes.
const FEW_NAMES: usize = 64;

impl Document {
    /// Makes the tree of a text that [`super::check`] has taken. It must stay in its box: its nodes know
    /// where it is.
    pub fn new(text: Bytes, checked: Checked) -> Box<Self> {
        let mut builder = Builder {
            nodes: Vec::with_capacity(checked.values as usize + 1),
            strings: SecretString::with_capacity(checked.strings as usize),
            names: SecretString::default(),
            latest_names: [(NO_NAME, 0); SLOTS],
            indices: Indices::default(),
            open: [(0, 0); MAX_DEPTH],
            depth: 0,
            children: Vec::new(),
            name: (NO_NAME, 0),
        };
        builder.nodes.push(Node::owner(0));
        // It was taken once, so it is taken again.
        let _ = std::str::from_utf8(&text).map(|text| scan(text, &mut builder));
        let Builder { nodes, strings, names, indices, .. } = builder;
        let mut document = Box::new(Self { text, nodes, strings, names, indices });
        document.nodes[0] = Node::owner((&raw const *document).expose_provenance());
        document
    }

    pub fn text(&self) -> &Bytes {
        &self.text
    }

    pub fn root(&self) -> Value<'_> {
        Value::new(self, 1)
    }

    /// The array, whose first entry is no node.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    pub(super) fn node(&self, place: usize) -> &Node {
        &self.nodes[place]
    }

    /// `length` bytes of the decoded strings, and the NUL behind them.
    pub(super) fn string_with_nul(&self, start: u32, length: u32) -> &str {
        text_with_nul(&self.strings, start, length)
    }

    pub(super) fn name_with_nul(&self, start: u32, length: u32) -> &str {
        text_with_nul(&self.names, start, length)
    }

    /// The index of the array or object at this place, if it has one.
    pub(super) fn index(&self, place: usize) -> Option<Index<'_>> {
        self.indices.find(place as u32)
    }

    /// Where the text gives a member for the first time that it gives again later.
    pub fn first_repeated(&self) -> Option<usize> {
        self.nodes[1..].iter().find(|node| node.is_repeated()).map(|node| node.start as usize)
    }
}

/// A part of a buffer, and the NUL behind it.
fn text_with_nul(buffer: &SecretString, start: u32, length: u32) -> &str {
    let (start, length) = (start as usize, length as usize);
    buffer.as_str().get(start..start + length + 1).unwrap_or("\0")
}

struct Builder {
    nodes: Vec<Node>,
    strings: SecretString,
    names: SecretString,
    /// By hash, where the latest name begins that has it, and its length.
    latest_names: [(u32, u32); SLOTS],
    indices: Indices,
    /// The arrays and objects that are open: their places, and how many entries of `children` are not theirs.
    open: [(u32, u32); MAX_DEPTH],
    depth: usize,
    /// The values of all open arrays and objects.
    children: Vec<Child>,
    /// Where the next value's name begins, and its length.
    name: (u32, u32),
}

impl Builder {
    fn add_name(&mut self, name: &str) -> (u32, u32) {
        if self.names.as_str().is_empty() {
            self.names = SecretString::with_capacity(FEW_NAMES.max(name.len() + 1));
        }
        let place = (self.names.as_str().len() as u32, name.len() as u32);
        self.names.push_str(name);
        self.names.push('\0');
        place
    }

    fn push(&mut self, start: usize, end: usize, first: u32, second: u32) {
        let place = self.nodes.len() as u32;
        let (name, name_length) = std::mem::replace(&mut self.name, (NO_NAME, 0));
        match self.children.last_mut() {
            // `name` has put its hash there.
            Some(child) if name != NO_NAME => child.place = place,
            _ if self.depth > 0 => self.children.push(Child { hash: 0, place }),
            _ => {}
        }
        let (start, length) = (start as u32, (end - start) as u32);
        self.nodes.push(Node { start, length, first, second, name, name_length, tag: place });
    }
}

impl Visitor for Builder {
    fn name(&mut self, name: Quoted<'_>) {
        let raw = name.raw;
        let decoded;
        let text = if name.has_escapes() {
            let mut text = SecretString::with_capacity(name.length);
            decode_into(raw, &mut text);
            decoded = text;
            decoded.as_str()
        } else {
            raw
        };
        let hash = hash(text);
        let slot = hash as usize % SLOTS;
        let known = self.latest_names[slot];
        let same = known.0 != NO_NAME && name_of(&self.names, known) == text;
        self.name = if same { known } else { self.add_name(text) };
        self.latest_names[slot] = self.name;
        self.children.push(Child { hash, place: 0 });
    }

    fn string(&mut self, start: usize, string: Quoted<'_>) {
        let at = self.strings.as_str().len() as u32;
        let raw = string.raw;
        if string.has_escapes() {
            decode_into(raw, &mut self.strings);
        } else {
            self.strings.push_str(raw);
        }
        self.strings.push('\0');
        self.push(start, string.end + 1, at, string.length as u32);
    }

    fn scalar(&mut self, start: usize, end: usize) {
        self.push(start, end, 0, 0);
    }

    fn open(&mut self, start: usize, _object: bool) {
        let place = self.nodes.len() as u32;
        self.push(start, start, 0, 0);
        // The reader goes no deeper.
        self.open[self.depth] = (place, self.children.len() as u32);
        self.depth += 1;
    }

    fn close(&mut self, end: usize) {
        self.depth -= 1;
        let (place, others) = self.open[self.depth];
        let others = others as usize;
        let behind = self.nodes.len() as u32;
        let children = &mut self.children[others..];
        if let Some(last) = children.last() {
            self.nodes[last.place as usize].tag |= LAST;
        }
        let (nodes, names) = (&self.nodes, &self.names);
        let name = |place: u32| {
            let Node { name, name_length, .. } = nodes[place as usize];
            name_of(names, (name, name_length))
        };
        let has_name = |child: &Child| nodes[child.place as usize].name != NO_NAME;
        let is_object = children.first().is_some_and(has_name);
        let mut repeated = Vec::new();
        if is_object {
            repeated = self.indices.add_object(place, children, name);
        } else {
            self.indices.add_array(place, children);
        }
        for place in &repeated {
            self.nodes[*place as usize].tag |= REPEATED;
        }
        let count = self.children.len() - others - repeated.len();
        self.children.truncate(others);
        let node = &mut self.nodes[place as usize];
        node.length = end as u32 - node.start;
        (node.first, node.second) = (count as u32, behind);
    }
}

fn name_of(names: &SecretString, (start, length): (u32, u32)) -> &str {
    text_with_nul(names, start, length).strip_suffix('\0').unwrap_or_default()
}
