//! How a value in a large array or object is found without looking at those before it.

/// From how many values on an array or object has an index.
const LARGE: usize = 33;

/// A value of an array or object that is being read.
#[derive(Clone, Copy)]
pub struct Child {
    /// Of its name.
    pub hash: u32,
    /// Of its node.
    pub place: u32,
}

/// The indices of all large arrays and objects.
#[derive(Default)]
pub struct Indices {
    /// In the order of their nodes.
    owners: Vec<Owner>,
    /// The places of their values: an array's in order, an object's by hash and name.
    places: Vec<u32>,
    /// Of the members' names.
    hashes: Vec<u32>,
}

/// An array or object that has an index.
struct Owner {
    /// Of its node.
    place: u32,
    /// Where its part of `places` begins, and of `hashes`.
    start: u32,
    first_hash: u32,
    length: u32,
}

/// The index of one array or object.
pub struct Index<'a> {
    places: &'a [u32],
    hashes: &'a [u32],
}

impl Indices {
    pub fn find<'a>(&'a self, owner: u32) -> Option<Index<'a>> {
        let found = self.owners.binary_search_by_key(&owner, |owner| owner.place).ok()?;
        let Owner { start, first_hash, length, .. } = self.owners[found];
        let part = |list: &'a [u32], start: u32| {
            list.get(start as usize..(start + length) as usize).unwrap_or_default()
        };
        Some(Index { places: part(&self.places, start), hashes: part(&self.hashes, first_hash) })
    }

    pub fn add_array(&mut self, owner: u32, children: &[Child]) {
        if children.len() >= LARGE {
            self.add(owner, children.iter().map(|child| child.place));
        }
    }

    /// Gives the places of the members whose names come again later; `children` is in another order then.
    pub fn add_object<'a>(
        &mut self,
        owner: u32,
        children: &mut [Child],
        name: impl Fn(u32) -> &'a str,
    ) -> Vec<u32> {
        let same = |a: &Child, b: &Child| a.hash == b.hash && name(a.place) == name(b.place);
        let mut repeated = Vec::new();
        if children.len() < LARGE {
            for (number, child) in children.iter().enumerate() {
                if children[number + 1..].iter().any(|later| same(child, later)) {
                    repeated.push(child.place);
                }
            }
            return repeated;
        }
        // The hash decides nearly always; names must, too, or a server could make all hashes equal.
        children.sort_unstable_by(|a, b| {
            let by_name = || name(a.place).cmp(name(b.place));
            a.hash.cmp(&b.hash).then_with(by_name).then(a.place.cmp(&b.place))
        });
        let is_repeated = |number: usize| {
            children.get(number + 1).is_some_and(|next| same(&children[number], next))
        };
        let (gone, kept): (Vec<_>, Vec<_>) = (0..children.len()).partition(|at| is_repeated(*at));
        self.add(owner, kept.iter().map(|number| children[*number].place));
        self.hashes.extend(kept.iter().map(|number| children[*number].hash));
        gone.into_iter().map(|number| children[number].place).collect()
    }

    fn add(&mut self, place: u32, children: impl Iterator<Item = u32>) {
        let (start, first_hash) = (self.places.len() as u32, self.hashes.len() as u32);
        self.places.extend(children);
        let length = self.places.len() as u32 - start;
        // An array or object ends after those inside it, but its node comes before theirs.
        let at = self.owners.partition_point(|owner| owner.place < place);
        self.owners.insert(at, Owner { place, start, first_hash, length });
    }
}

impl Index<'_> {
    pub fn element(&self, number: usize) -> Option<usize> {
        self.places.get(number).map(|place| *place as usize)
    }

    /// The place of the member with this name.
    pub fn member<'a>(&self, wanted: &str, name: impl Fn(usize) -> &'a str) -> Option<usize> {
        let hash = hash(wanted);
        let start = self.hashes.partition_point(|other| *other < hash);
        let same = self.hashes[start..].partition_point(|other| *other == hash);
        let places = &self.places[start..start + same];
        let found = places.binary_search_by(|place| name(*place as usize).cmp(wanted)).ok()?;
        Some(places[found] as usize)
    }
}

/// Of a name, eight bytes at a time.
pub fn hash(name: &str) -> u32 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut hash = name.len() as u64;
    for piece in name.as_bytes().chunks(8) {
        let mut word = [0; 8];
        word[..piece.len()].copy_from_slice(piece);
        hash = (hash.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(FACTOR);
    }
    (hash >> 32) as u32
}
