//! Thousands of calls at once, from many threads, answered in any order, never get mixed up.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panic")]

mod common;

use std::collections::HashMap;
use std::sync::Mutex;

use common::{Client, Delivery, Mode, Options, RESET, Script, reset_params};
use matrix_capi::ffi::MX_OK;
use serde_json::json;

const THREADS: usize = 8;
const CALLS: usize = 300;

/// Every call in flight has a connection, and many systems allow 1024 descriptors at first.
fn allow_many_connections() {
    // SAFETY: `limit` is initialised, and the calls only read and write it.
    unsafe {
        let mut limit = std::mem::zeroed::<libc::rlimit>();
        assert_eq!(libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit), 0);
        limit.rlim_cur = limit.rlim_max;
        assert_eq!(libc::setrlimit(libc::RLIMIT_NOFILE, &limit), 0);
    }
}

fn run(mode: Mode) {
    allow_many_connections();
    let script = Script::new(&json!([{"echo": true, "shuffle_ms": 1000}]));
    let delivery = Delivery::new(mode);
    let client = Client::new(&script.url(), &delivery.options(Options::new()));
    let attempts = Mutex::new(HashMap::new());
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (client, delivery, attempts) = (&client, &delivery, &attempts);
            scope.spawn(move || {
                for call in 0..CALLS {
                    let attempt = thread * CALLS + call;
                    let op = client.call(RESET, &reset_params(attempt), delivery.handler());
                    attempts.lock().unwrap().insert(op.unwrap(), attempt);
                }
            });
        }
    });
    let mut attempts = attempts.into_inner().unwrap();
    let mut overtaken = 0;
    let mut latest = 0;
    for _ in 0..THREADS * CALLS {
        let answer = delivery.next();
        let attempt = attempts.remove(&answer.op()).expect("an op that has not completed before");
        assert_eq!(answer.status(), MX_OK, "{}", answer.message());
        assert_eq!(answer.string("/sid"), Some(attempt.to_string()));
        overtaken += usize::from(answer.op() < latest);
        latest = answer.op();
    }
    drop(client);
    assert!(delivery.rest().is_empty() && attempts.is_empty());
    assert!(overtaken > 0, "the server answers out of order");
    assert_eq!(script.state().requests.len(), THREADS * CALLS);
}

#[test]
fn eight_threads_with_300_calls_each_get_their_own_answers_by_callback() {
    run(Mode::Callback);
}

#[test]
fn eight_threads_with_300_calls_each_get_their_own_answers_from_a_queue() {
    run(Mode::Queue);
}
