//! The log is silent until it is asked for, says what happened, and never holds a secret.

#![allow(clippy::unwrap_used, reason = "a test fails by panic")]

mod common;

use std::ffi::{c_char, c_void};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicI32, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use common::{Client, ClosedPort, Delivery, Mode, Options, Script, text};
use matrix_capi::ffi::*;
use serde_json::{Value, json};

static LINES: Mutex<Vec<(i32, String)>> = Mutex::new(Vec::new());
static INSIDE: AtomicI32 = AtomicI32::new(-1);

unsafe extern "C" fn collect(level: i32, message: *const c_char, user_data: *mut c_void) {
    if let (5, Some(message)) = (user_data.addr(), text(message)) {
        LINES.lock().unwrap().push((level, message));
    }
}

unsafe extern "C" fn call_the_library(_: i32, _: *const c_char, _: *mut c_void) {
    // SAFETY: NULL is refused.
    INSIDE.store(unsafe { mx_queue_wake(null_mut()) }, SeqCst);
}

fn set(level: i32, callback: mx_log_callback) -> mx_status {
    // SAFETY: the callbacks take any user_data.
    unsafe { mx_log_set(level, callback, std::ptr::without_provenance_mut(5)) }
}

fn lines() -> Vec<(i32, String)> {
    std::mem::take(&mut LINES.lock().unwrap())
}

/// The log belongs to the process, so one test runs at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    let alone = ALONE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    lines();
    alone
}

/// A refusal, which is an error in the log.
fn refuse() {
    // SAFETY: NULL is refused.
    assert_eq!(unsafe { mx_queue_wake(null_mut()) }, MX_ERR_NULL_ARGUMENT);
}

/// Every way in which a call can end, by a server that repeats what it was sent wherever it can.
fn endings(echo: &str) -> Vec<Value> {
    let error = json!({"errcode": "M_UNKNOWN", "error": echo});
    let good = json!({
        "sid": "sid.secret", "user_id": "@alice:hs.example", "access_token": "syt_new.secret", "versions": [echo],
    });
    vec![
        json!([{"json": good}]),
        json!([{"status": 400, "json": error}]),
        json!([{"status": 429, "json": {"errcode": "M_LIMIT_EXCEEDED", "error": echo, "retry_after_ms": 1}}]),
        json!([{"status": 302, "headers": {"Location": format!("https://hs.example/?q={echo}")}}]),
        json!([{"status": 502, "body": echo}]),
        json!([{"body": echo}]),
        json!([{"json": {"sid": echo, "versions": echo, "user_id": "", "access_token": 5}}]),
        json!([{"status": 400, "json": {"errcode": echo}}]),
        json!([{"accept": "reset"}]),
        json!([{"raw": echo, "keep_alive": false}]),
        json!([{"hang": true}]),
    ]
}

/// Operations with their secrets; the last two are refused by their parameters.
fn calls() -> [(&'static str, Value, &'static str); 6] {
    let reset = json!({
        "client_secret": "s3cr3t.client", "email": "alice@hs.example", "send_attempt": 1,
        "id_access_token": "s3cr3t.id", "id_server": "is.example.test",
    });
    [
        (common::RESET, reset, "s3cr3t.client s3cr3t.id"),
        ("login", json!({"type": "m.login.password", "password": "s3cr3t horse"}), "s3cr3t horse"),
        ("login", json!({"type": "m.login.token", "token": "s3cr3t.token"}), "s3cr3t.token"),
        ("getTokenOwner", json!({}), "s3cr3t.access"),
        ("login", json!({"type": 5, "password": "s3cr3t horse"}), ""),
        ("login", json!({"typo": "m.login.password", "password": "s3cr3t horse"}), ""),
    ]
}

#[test]
fn no_line_and_no_message_holds_a_secret_however_a_call_ends() {
    let _alone = alone();
    assert_eq!(set(MX_LOG_DEBUG, Some(collect)), MX_OK);
    let options = json!({"access_token": "s3cr3t.access", "timeout_ms": 2000, "retry_delay_ms": 1});
    let delivery = Delivery::new(Mode::Queue);
    let closed = ClosedPort::new();
    let mut texts = Vec::new();
    for (operation, params, echo) in calls() {
        let scripts: Vec<_> = endings(echo).iter().map(Script::new).collect();
        let urls = scripts.iter().map(Script::url).chain([closed.url()]);
        let clients: Vec<_> = urls
            .map(|url| Client::new(&url, &delivery.options(Options::from_json(&options))))
            .collect();
        for client in &clients {
            client.call(operation, &params.to_string(), None).unwrap();
        }
        texts.extend(clients.iter().map(|_| delivery.next().message()));
    }
    assert!(Client::try_new("https://a:s3cr3t@hs.example", &Options::new()).is_err());
    assert_eq!(set(MX_LOG_DEBUG, None), MX_OK);
    let lines = lines();
    assert!(lines.len() > texts.len(), "{} lines, {} messages", lines.len(), texts.len());
    texts.extend(lines.into_iter().map(|(_, line)| line));
    let leaks = |text: &&String| {
        ["s3cr3t", "syt_new", "sid.secret"].iter().any(|secret| text.contains(secret))
    };
    let leaked: Vec<_> = texts.iter().filter(leaks).collect();
    assert!(leaked.is_empty(), "{leaked:#?}");
}

#[test]
fn only_lines_that_matter_enough_are_made() {
    let _alone = alone();
    let call = || {
        let script = Script::new(&json!([{"json": {"versions": []}}]));
        let delivery = Delivery::new(Mode::Queue);
        let client = Client::new(&script.url(), &delivery.options(Options::new()));
        client.call("getVersions", "{}", None).unwrap();
        assert_eq!(delivery.next().status(), MX_OK);
        refuse();
    };
    let mut before = 0;
    for level in [MX_LOG_ERROR, MX_LOG_INFO, MX_LOG_DEBUG] {
        assert_eq!(set(level, Some(collect)), MX_OK);
        call();
        let lines = lines();
        assert!(lines.iter().all(|(its, _)| (MX_LOG_ERROR..=level).contains(its)), "{lines:?}");
        assert!(lines.len() > before, "{lines:?}");
        before = lines.len();
    }
    assert_eq!(set(MX_LOG_ERROR, Some(collect)), MX_OK);
    refuse();
    let refusals = lines();
    assert_eq!(refusals.len(), 1);
    assert!(refusals[0].1.contains("mx_queue_wake"), "{refusals:?}");
    assert_eq!(set(MX_LOG_ERROR, None), MX_OK);
    call();
    assert!(lines().is_empty());
}

#[test]
fn a_level_that_is_none_is_refused() {
    let _alone = alone();
    for level in [-1, 0, 5] {
        assert_eq!(set(level, Some(collect)), MX_ERR_INVALID_ARGUMENT, "{level}");
    }
    refuse();
    assert!(lines().is_empty());
}

#[test]
fn the_library_refuses_to_be_called_from_the_log() {
    let _alone = alone();
    assert_eq!(set(MX_LOG_ERROR, Some(call_the_library)), MX_OK);
    refuse();
    assert_eq!(set(MX_LOG_ERROR, None), MX_OK);
    assert_eq!(INSIDE.load(SeqCst), MX_ERR_MISUSE);
}

/// Keeps the network's lines, each after a while.
unsafe extern "C" fn collect_slowly(level: i32, message: *const c_char, user_data: *mut c_void) {
    std::thread::sleep(Duration::from_millis(100));
    // SAFETY: what this callback was given.
    unsafe { collect(level, message, user_data) }
}

/// The ids in the lines, in their order; each such call makes one line.
fn ops() -> Vec<u64> {
    let op = |line: &str| line.strip_prefix("op ")?.split(':').next()?.parse().ok();
    lines().iter().filter_map(|(_, line)| op(line)).collect()
}

#[test]
fn a_slow_log_delays_no_call_and_the_last_free_waits_for_its_lines() {
    let _alone = alone();
    let delivery = Delivery::new(Mode::Queue);
    let client = Client::new("http://127.0.0.1:9", &delivery.options(Options::new()));
    assert_eq!(set(MX_LOG_DEBUG, Some(collect_slowly)), MX_OK);
    let started = Instant::now();
    let called: Vec<_> = (0..20).map(|_| client.call("unknown", "{}", None).unwrap()).collect();
    let answered: Vec<_> = called.iter().map(|_| delivery.next().op()).collect();
    assert_eq!(answered, called);
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    drop(client);
    assert!(started.elapsed() >= Duration::from_secs(2), "{:?}", started.elapsed());
    assert_eq!(set(MX_LOG_DEBUG, None), MX_OK);
    assert_eq!(ops(), called, "the lines in their order");
}

#[test]
fn lines_that_wait_go_to_the_sink_of_their_time_if_it_takes_their_level() {
    let _alone = alone();
    let delivery = Delivery::new(Mode::Queue);
    let client = Client::new("http://127.0.0.1:9", &delivery.options(Options::new()));
    assert_eq!(set(MX_LOG_DEBUG, Some(collect_slowly)), MX_OK);
    let call = || {
        client.call("unknown", "{}", None).unwrap();
        delivery.next();
    };
    (0..20).for_each(|_| call());
    let started = Instant::now();
    assert_eq!(set(MX_LOG_ERROR, Some(collect)), MX_OK);
    // Whoever sets the log waits for one line, not for all that wait.
    assert!(started.elapsed() < Duration::from_millis(500), "{:?}", started.elapsed());
    let before = lines().len();
    assert!(before < 20, "{before}");
    drop(client);
    assert!(lines().is_empty(), "lines that matter less than an error");
    assert_eq!(set(MX_LOG_ERROR, None), MX_OK);
}
