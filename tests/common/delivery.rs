//! Collects results by callback or by queue, so that one test can prove both.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

use matrix_capi::ffi::MX_ERR_TIMEOUT;

use super::c::{Answer, Handler, Queue, handler};
use super::client::Options;

/// How long a test waits for what must come.
pub struct Patience(Instant);

impl Patience {
    pub fn new() -> Self {
        Self::seconds(60)
    }

    pub fn seconds(seconds: u64) -> Self {
        Self(Instant::now() + Duration::from_secs(seconds))
    }

    pub fn left(&self) -> Option<Duration> {
        self.0.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
    }

    /// Waits until it is so; says whether it became so in time.
    pub fn until(&self, mut so: impl FnMut() -> bool) -> bool {
        loop {
            if so() {
                return true;
            }
            if self.left().is_none() {
                return false;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Where callbacks put their results. Never freed, like its handler.
#[derive(Default)]
pub struct Inbox {
    answers: Mutex<VecDeque<Answer>>,
    changed: Condvar,
}

impl Inbox {
    pub fn new() -> &'static Self {
        Box::leak(Box::default())
    }

    pub fn handler(&'static self) -> &'static Handler {
        handler(|answer| self.put(answer))
    }

    pub fn put(&self, answer: Answer) {
        self.answers.lock().unwrap().push_back(answer);
        self.changed.notify_all();
    }

    pub fn len(&self) -> usize {
        self.answers.lock().unwrap().len()
    }

    /// The first answer; `None` if none came in time.
    pub fn next(&self, patience: &Patience) -> Option<Answer> {
        let mut answers = self.answers.lock().unwrap();
        loop {
            if let Some(answer) = answers.pop_front() {
                return Some(answer);
            }
            answers = self.changed.wait_timeout(answers, patience.left()?).unwrap().0;
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Callback,
    Queue,
}

/// One way in which a client's results reach the test.
pub enum Delivery {
    Callback { inbox: &'static Inbox, handler: &'static Handler },
    Queue(Queue),
}

impl Delivery {
    pub fn new(mode: Mode) -> Self {
        match mode {
            Mode::Callback => {
                let inbox = Inbox::new();
                Self::Callback { inbox, handler: inbox.handler() }
            }
            Mode::Queue => Self::Queue(Queue::new()),
        }
    }

    pub fn both() -> [Self; 2] {
        [Self::new(Mode::Callback), Self::new(Mode::Queue)]
    }

    pub fn options(&self, options: Options) -> Options {
        match self {
            Self::Callback { .. } => options,
            Self::Queue(queue) => options.queue(queue),
        }
    }

    /// What a call on such a client is given.
    pub fn handler(&self) -> Option<&'static Handler> {
        match self {
            Self::Callback { handler, .. } => Some(handler),
            Self::Queue(_) => None,
        }
    }

    /// The next answer; it must come.
    pub fn next(&self) -> Answer {
        let answer = match self {
            Self::Callback { inbox, .. } => inbox.next(&Patience::new()),
            Self::Queue(queue) => queue.next(60_000).ok(),
        };
        answer.expect("a completion within a minute")
    }

    /// What is there already.
    pub fn rest(&self) -> Vec<Answer> {
        match self {
            Self::Callback { inbox, .. } => inbox.answers.lock().unwrap().drain(..).collect(),
            Self::Queue(queue) => {
                let mut rest = Vec::new();
                loop {
                    match queue.next(0) {
                        Ok(answer) => rest.push(answer),
                        Err(status) => {
                            assert_eq!(status, MX_ERR_TIMEOUT);
                            return rest;
                        }
                    }
                }
            }
        }
    }
}
