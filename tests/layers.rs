//! The engine's files import one another in one direction.

#![allow(clippy::unwrap_used, reason = "a test fails by panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The files of a folder, and which of the others each one imports by `use super::`.
fn imports(folder: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut imports = BTreeMap::new();
    for file in files.filter(|file| file.extension().is_some_and(|extension| extension == "rs")) {
        let text = fs::read_to_string(&file).unwrap();
        let module = |line: &str| {
            let path = line.strip_prefix("use super::")?;
            Some(path.split([':', ';', ' ']).next()?.to_owned())
        };
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        imports.insert(name, text.lines().filter_map(module).collect());
    }
    imports
}

#[test]
fn no_two_files_of_the_engine_import_each_other_be_it_through_others() {
    let mut left = imports(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/engine"));
    assert!(left.len() > 20, "{left:#?}");
    while !left.is_empty() {
        let names: BTreeSet<String> = left.keys().cloned().collect();
        let needs_none = |imports: &BTreeSet<String>| imports.is_disjoint(&names);
        let before = left.len();
        left.retain(|_, imports| !needs_none(imports));
        assert!(left.len() < before, "a circle among {left:#?}");
    }
}
