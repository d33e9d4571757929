//! The library's log: silent until the application sets a sink.
//!
//! Lines are written by this crate alone and hold operation ids, path templates, statuses and
//! times; never bodies, headers, queries or secrets.

use std::cell::Cell;
use std::fmt;
use std::sync::RwLock;
use std::sync::atomic::{AtomicI32, Ordering};

/// How much a line matters. The numbers are those of the C header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Error = 1,
    Warn = 2,
    Info = 3,
    Debug = 4,
}

pub type Sink = Box<dyn Fn(Level, &str) + Send + Sync>;

static MOST: AtomicI32 = AtomicI32::new(0);
static SINK: RwLock<Option<Sink>> = RwLock::new(None);

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is inside the sink right now.
pub fn inside() -> bool {
    INSIDE.get()
}

/// Replaces the sink; lines above `most` are not made. When this returns, the sink before is not
/// running and will not be called again. Must not be called inside a sink.
pub fn set(most: i32, sink: Option<Sink>) {
    let mut slot = SINK.write().unwrap_or_else(|poisoned| poisoned.into_inner());
    MOST.store(if sink.is_some() { most } else { 0 }, Ordering::Relaxed);
    *slot = sink;
}

/// Whether lines of this level are made.
pub fn enabled(level: Level) -> bool {
    level as i32 <= MOST.load(Ordering::Relaxed) && !inside()
}

/// Writes a line. What a sink itself causes is not logged.
pub fn write(level: Level, line: fmt::Arguments<'_>) {
    if !enabled(level) {
        return;
    }
    let sink = SINK.read().unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some(sink) = sink.as_ref() {
        INSIDE.set(true);
        sink(level, &line.to_string());
        INSIDE.set(false);
    }
}

pub fn error(line: fmt::Arguments<'_>) {
    write(Level::Error, line);
}

pub fn warn(line: fmt::Arguments<'_>) {
    write(Level::Warn, line);
}

pub fn info(line: fmt::Arguments<'_>) {
    write(Level::Info, line);
}

pub fn debug(line: fmt::Arguments<'_>) {
    write(Level::Debug, line);
}
