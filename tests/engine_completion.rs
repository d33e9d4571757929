//! Every accepted call completes exactly once, after its op is known and outside the submitting call.

mod common;

use std::cell::Cell;
use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use common::{
    Answer, Client, Delivery, Inbox, Options, Patience, RESET, Script, c_text, handler,
    reset_params,
};
use matrix_capi::ffi::*;
use serde_json::json;

#[test]
fn a_result_gives_back_the_op_and_the_user_data_of_its_call() {
    let script = Script::new(&json!([{"echo": true, "shuffle_ms": 100}]));
    let delivery = Delivery::Queue(common::Queue::new());
    let client = Client::new(&script.url(), &delivery.options(Options::new()));
    let mut calls = Vec::new();
    for attempt in 0..50 {
        let user_data = std::ptr::without_provenance_mut::<c_void>(1000 + attempt);
        let mut op = 0;
        let params = reset_params(attempt);
        assert_eq!(client.call_with(RESET, &params, None, user_data, &mut op), MX_OK);
        assert_ne!(op, 0);
        calls.push((op, user_data, attempt.to_string()));
    }
    for _ in 0..50 {
        let answer = delivery.next();
        let sid = answer.string("/sid").unwrap_or_default();
        assert!(calls.contains(&(answer.op(), answer.user_data(), sid)), "{}", answer.message());
        calls.retain(|(op, ..)| *op != answer.op());
    }
    drop(client);
    assert!(calls.is_empty() && delivery.rest().is_empty());
}

#[test]
fn an_op_is_never_used_twice() {
    let mut ops = Vec::new();
    for delivery in Delivery::both() {
        let client = Client::new("http://127.0.0.1:9", &delivery.options(Options::new()));
        for _ in 0..100 {
            ops.extend(client.call("unknown", "{}", delivery.handler()));
        }
    }
    assert_eq!(ops.len(), 200);
    assert!(ops.windows(2).all(|pair| 0 < pair[0] && pair[0] < pair[1]), "{ops:?}");
}

#[test]
fn the_op_is_written_before_the_call_can_complete() {
    static OPS: [AtomicU64; 500] = [const { AtomicU64::new(0) }; 500];
    static WRITTEN: AtomicUsize = AtomicUsize::new(0);
    unsafe extern "C" fn compare(result: *mut mx_result, user_data: *mut c_void) {
        let (answer, op) = (Answer(result), OPS[user_data.addr()].load(SeqCst));
        WRITTEN.fetch_add(usize::from(op != 0 && op == answer.op()), SeqCst);
    }
    let client = Client::new("http://127.0.0.1:9", &Options::new());
    for (index, op) in OPS.iter().enumerate() {
        let user_data = std::ptr::without_provenance_mut(index);
        // Such a call is over as soon as it is looked at.
        assert_eq!(client.call_with("unknown", "{}", Some(compare), user_data, op.as_ptr()), MX_OK);
    }
    drop(client);
    assert_eq!(WRITTEN.load(SeqCst), OPS.len());
}

#[test]
fn a_place_for_the_op_is_not_needed() {
    let delivery = Delivery::Queue(common::Queue::new());
    let client = Client::new("http://127.0.0.1:9", &delivery.options(Options::new()));
    assert_eq!(client.call_with("unknown", "{}", None, null_mut(), null_mut()), MX_OK);
    assert_ne!(delivery.next().op(), 0);
}

thread_local! {
    static SUBMITTING: Cell<bool> = const { Cell::new(false) };
}

#[test]
fn a_completion_never_arrives_inside_the_call_that_submits_it() {
    let (inside, inner) = (Arc::new(AtomicBool::new(false)), Inbox::new());
    let client = Client::new("http://127.0.0.1:9", &Options::new());
    let raw = *client;
    let seen = Arc::clone(&inside);
    let record = handler(move |answer| {
        seen.fetch_or(SUBMITTING.get(), SeqCst);
        inner.put(answer);
    });
    let submit = move || {
        SUBMITTING.set(true);
        let submitted = raw.call("unknown", "{}", Some(record)).is_ok();
        SUBMITTING.set(false);
        submitted
    };
    // From a thread of the application's, and from a callback, whose thread runs callbacks.
    let seen = Arc::clone(&inside);
    let outer = handler(move |_| {
        let before = inner.len();
        seen.fetch_or(!submit() || inner.len() != before, SeqCst);
    });
    for _ in 0..100 {
        assert!(submit());
        assert!(raw.call("unknown", "{}", Some(outer)).is_ok());
    }
    assert!(Patience::new().until(|| inner.len() == 200));
    drop(client);
    assert_eq!(inner.len(), 200);
    assert!(!inside.load(SeqCst));
}

#[test]
fn callbacks_of_all_clients_come_one_at_a_time_on_one_thread() {
    let script = Script::new(&json!([{"echo": true, "shuffle_ms": 50}]));
    let running = AtomicBool::new(false);
    let overlaps = Arc::new(AtomicBool::new(false));
    let threads = Arc::new(Mutex::new(Vec::new()));
    let (overlapped, ran_on) = (Arc::clone(&overlaps), Arc::clone(&threads));
    let record = handler(move |_| {
        overlapped.fetch_or(running.swap(true, SeqCst), SeqCst);
        std::thread::yield_now();
        ran_on.lock().unwrap().push(std::thread::current().id());
        running.store(false, SeqCst);
    });
    let clients: Vec<_> = (0..4).map(|_| Client::new(&script.url(), &Options::new())).collect();
    for attempt in 0..200 {
        clients[attempt % 4].call(RESET, &reset_params(attempt), Some(record)).unwrap();
    }
    assert!(Patience::new().until(|| threads.lock().unwrap().len() == 200));
    let mut threads = threads.lock().unwrap();
    threads.dedup();
    assert_eq!(threads.len(), 1);
    assert_ne!(threads[0], std::thread::current().id());
    assert!(!overlaps.load(SeqCst));
}

#[test]
fn results_come_in_the_order_in_which_the_calls_ended() {
    for delivery in Delivery::both() {
        let hanging = Script::new(&json!([{"hang": true}]));
        let answering = Script::new(&json!([{"echo": true}]));
        let hanging = Client::new(&hanging.url(), &delivery.options(Options::new()));
        let answering = Client::new(&answering.url(), &delivery.options(Options::new()));
        let second = hanging.call(RESET, &reset_params(1), delivery.handler()).unwrap();
        let first = answering.call(RESET, &reset_params(2), delivery.handler()).unwrap();
        assert_eq!(delivery.next().op(), first);
        assert_eq!(hanging.cancel(second), MX_OK);
        assert_eq!(delivery.next().op(), second);
    }
}

#[test]
fn the_typed_function_sends_what_it_is_given_and_omits_what_is_null() {
    let script = Script::new(&json!([{"json": {"sid": "abc"}}]));
    let delivery = Delivery::Queue(common::Queue::new());
    let client = Client::new(&script.url(), &delivery.options(Options::new()));
    let [secret, email, link, token, server] =
        ["s3cr3t", "alice@example.test", "app:/done", "id_tok", "is.example.test"].map(c_text);
    for (link, token, server) in
        [(null(), null(), null()), (link.as_ptr(), token.as_ptr(), server.as_ptr())]
    {
        // SAFETY: the client is alive, and every string ends with NUL.
        let status = unsafe {
            mx_request_token_to_reset_password_email(
                client.0,
                secret.as_ptr(),
                email.as_ptr(),
                7,
                link,
                token,
                server,
                None,
                null_mut(),
                null_mut(),
            )
        };
        assert_eq!(status, MX_OK);
        assert_eq!(delivery.next().string("/sid").as_deref(), Some("abc"));
    }
    let sent: Vec<serde_json::Value> = script
        .state()
        .requests
        .iter()
        .map(|request| serde_json::from_str(request["body"].as_str().unwrap()).unwrap())
        .collect();
    let least =
        json!({"client_secret": "s3cr3t", "email": "alice@example.test", "send_attempt": 7});
    let mut most = least.clone();
    most["next_link"] = json!("app:/done");
    most["id_access_token"] = json!("id_tok");
    most["id_server"] = json!("is.example.test");
    assert_eq!(sent, [least, most]);
}
