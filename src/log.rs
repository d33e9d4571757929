//! The library's log: silent until the application sets a sink.
//!
//! Lines are written by this crate alone and hold operation ids, path templates, statuses and
//! times; never bodies, headers, queries or secrets.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};

/// How much a line matters. The numbers are those of the C header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Error = 1,
    Warn = 2,
    Info = 3,
    Debug = 4,
}

pub type Sink = Box<dyn Fn(Level, &str) + Send + Sync>;

/// A line that is still to be written.
pub struct Line {
    level: Level,
    text: String,
}

static MOST: AtomicI32 = AtomicI32::new(0);
static SINK: RwLock<Option<Sink>> = RwLock::new(None);
/// Taken before the sink is, so that whoever replaces it is next: a thread that writes line after
/// line could keep it from that for long.
static NEXT: Mutex<()> = Mutex::new(());

type Forward = Box<dyn Fn(Line)>;

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
    /// On a thread that a slow sink must not hold up.
    static FORWARD: RefCell<Option<Forward>> = const { RefCell::new(None) };
}

/// Whether this thread is inside the sink right now.
pub fn inside() -> bool {
    INSIDE.get()
}

/// Replaces the sink; lines above `most` are not made. When this returns, the sink before is not
/// running and will not be called again. Must not be called inside a sink.
pub fn set(most: i32, sink: Option<Sink>) {
    let _next = NEXT.lock().unwrap_or_else(PoisonError::into_inner);
    let mut slot = SINK.write().unwrap_or_else(PoisonError::into_inner);
    MOST.store(if sink.is_some() { most } else { 0 }, Ordering::Relaxed);
    *slot = sink;
}

/// Whether lines of this level are made.
pub fn enabled(level: Level) -> bool {
    level as i32 <= MOST.load(Ordering::Relaxed) && !inside()
}

/// From here on this thread runs no sink: `forward` takes its lines, for another thread to write.
pub fn forward_from_this_thread(forward: impl Fn(Line) + 'static) {
    FORWARD.set(Some(Box::new(forward)));
}

/// Writes a line, here and now unless this thread forwards. What a sink itself causes is not logged.
pub fn write(level: Level, line: fmt::Arguments<'_>) {
    if !enabled(level) {
        return;
    }
    let mut line = Some(Line::new(level, line.to_string()));
    // A thread of the application's may be ending, and its data gone.
    let _ = FORWARD.try_with(|forward| {
        if let Some(forward) = forward.borrow().as_ref() {
            line.take().map(forward);
        }
    });
    if let Some(line) = line {
        line.write();
    }
}

impl Line {
    pub fn new(level: Level, text: String) -> Self {
        Self { level, text }
    }

    #[cfg(test)]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Writes it to the sink of this moment, if that takes lines of its level.
    pub fn write(&self) {
        let next = NEXT.lock().unwrap_or_else(PoisonError::into_inner);
        let sink = SINK.read().unwrap_or_else(PoisonError::into_inner);
        drop(next);
        if let Some(sink) = sink.as_ref().filter(|_| enabled(self.level)) {
            INSIDE.set(true);
            sink(self.level, &self.text);
            INSIDE.set(false);
        }
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
