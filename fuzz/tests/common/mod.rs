//! Reads the inputs that are kept for a target.

use std::fs;
use std::path::Path;
use std::sync::Mutex;

/// The targets count the library's objects, which are the whole process's.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Runs a target over everything in its folders of seeds and finds.
pub fn replay(target: &str, run: fn(&[u8])) {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let mut count = 0;
    for kept in ["seeds", "finds"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(kept).join(target);
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        for file in files {
            // The last one that is named is the one that fails.
            println!("{}", file.display());
            run(&fs::read(&file).unwrap());
            count += 1;
        }
    }
    assert!(count > 0, "there are no seeds of {target}");
}
