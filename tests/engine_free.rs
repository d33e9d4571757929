//! Freeing a client cancels what is pending, delivers every result, and ends its callbacks.

mod common;

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{Client, Delivery, Inbox, Options, Patience, RESET, Script, handler, reset_params};
use matrix_capi::ffi::*;
use serde_json::json;

#[test]
fn freeing_delivers_every_pending_call_as_cancelled_before_it_returns() {
    for delivery in Delivery::both() {
        let script = Script::new(&json!([{"hang": true}]));
        let client = Client::new(&script.url(), &delivery.options(Options::new()));
        for attempt in 0..20 {
            client.call(RESET, &reset_params(attempt), delivery.handler()).unwrap();
        }
        script.wait_for_requests(20);
        drop(client);
        let answers = delivery.rest();
        assert_eq!(answers.len(), 20);
        assert!(answers.iter().all(|answer| answer.status() == MX_ERR_CANCELLED));
        script.wait_until(|state| state.closed_early == 20);
    }
}

#[test]
fn of_200_calls_with_a_third_cancelled_and_the_client_freed_in_the_middle_each_completes_once() {
    for delivery in Delivery::both() {
        let script = Script::new(&json!([{"echo": true, "shuffle_ms": 2000}]));
        let client = Client::new(&script.url(), &delivery.options(Options::new()));
        let mut ops = Vec::new();
        for attempt in 0..200 {
            let op = client.call(RESET, &reset_params(attempt), delivery.handler()).unwrap();
            ops.push((op, attempt));
        }
        for (op, _) in ops.iter().step_by(3) {
            assert!(matches!(client.cancel(*op), MX_OK | MX_ERR_NOT_FOUND));
        }
        let mut answers: Vec<_> = (0..100).map(|_| delivery.next()).collect();
        drop(client);
        answers.extend(delivery.rest());
        std::thread::sleep(Duration::from_millis(200));
        assert!(delivery.rest().is_empty(), "nothing completes after the free has returned");
        let mut ended = Vec::new();
        for answer in &answers {
            let (_, attempt) = ops.iter().find(|(op, _)| *op == answer.op()).expect("a known op");
            match answer.status() {
                MX_OK => assert_eq!(answer.string("/sid"), Some(attempt.to_string())),
                status => assert_eq!(status, MX_ERR_CANCELLED, "{}", answer.message()),
            }
            ended.push(answer.op());
        }
        ended.sort_unstable();
        assert_eq!(ended, ops.iter().map(|(op, _)| *op).collect::<Vec<_>>());
        assert!(answers.iter().any(|answer| answer.status() == MX_OK));
    }
}

#[test]
fn freeing_waits_for_the_callback_that_is_running() {
    let client = Client::new("http://127.0.0.1:9", &Options::new());
    let ended = Arc::new(AtomicBool::new(false));
    let (started, has_started) = channel();
    let end = Arc::clone(&ended);
    let slow = handler(move |_| {
        let _ = started.send(());
        std::thread::sleep(Duration::from_millis(500));
        end.store(true, SeqCst);
    });
    client.call("unknown", "{}", Some(slow)).unwrap();
    has_started.recv().unwrap();
    drop(client);
    assert!(ended.load(SeqCst));
}

#[test]
fn freeing_inside_a_callback_runs_the_other_callbacks_there_and_is_the_last_of_them() {
    let hanging = Script::new(&json!([{"echo": true}, {"hang": true}]));
    let client = Client::new(&hanging.url(), &Options::new()).into_raw();
    let (others, freed) = (Inbox::new(), Arc::new(AtomicI64::new(-1)));
    let (all_sent, wait_for_all) = channel::<()>();
    let (wait_for_all, result) = (Mutex::new(wait_for_all), Arc::clone(&freed));
    let free = handler(move |_| {
        let _ = wait_for_all.lock().unwrap().recv();
        client.free();
        result.store(others.len() as i64, SeqCst);
    });
    client.call(RESET, &reset_params(0), Some(free)).unwrap();
    hanging.wait_for_requests(1);
    for attempt in 1..=10 {
        client.call(RESET, &reset_params(attempt), Some(others.handler())).unwrap();
    }
    hanging.wait_for_requests(11);
    all_sent.send(()).unwrap();
    assert!(Patience::new().until(|| freed.load(SeqCst) >= 0), "freeing inside a callback returns");
    assert_eq!(freed.load(SeqCst), 10, "all other callbacks have run when it returns");
    hanging.wait_until(|state| state.closed_early == 10);
    assert_eq!(others.len(), 10);
}

#[test]
fn a_callback_that_runs_while_its_client_is_freed_is_refused_everything_as_closed() {
    for inside_a_callback in [false, true] {
        let script = Script::new(&json!([{"hang": true}]));
        let client = Client::new(&script.url(), &Options::new()).into_raw();
        let statuses = Arc::new(Mutex::new(Vec::new()));
        let (seen, unexpected) = (Arc::clone(&statuses), Inbox::new());
        let submit = handler(move |answer| {
            let call = client.call(RESET, &reset_params(2), Some(unexpected.handler()));
            let cancel = client.cancel(answer.op());
            seen.lock().unwrap().push((answer.status(), call, cancel));
        });
        client.call(RESET, &reset_params(1), Some(submit)).unwrap();
        script.wait_for_requests(1);
        if inside_a_callback {
            let freed = Inbox::new();
            let free = handler(move |answer| {
                client.free();
                freed.put(answer);
            });
            client.call("unknown", "{}", Some(free)).unwrap();
            assert!(freed.next(&Patience::new()).is_some());
        } else {
            client.free();
        }
        let expected = (MX_ERR_CANCELLED, Err(MX_ERR_CLOSED), MX_ERR_NOT_FOUND);
        assert_eq!(*statuses.lock().unwrap(), [expected]);
        assert_eq!((unexpected.len(), script.state().requests.len()), (0, 1));
    }
}

#[test]
fn a_callback_may_free_another_client_whose_callbacks_then_run_inside() {
    let script = Script::new(&json!([{"hang": true}]));
    let other = Client::new(&script.url(), &Options::new()).into_raw();
    let client = Client::new("http://127.0.0.1:9", &Options::new());
    let (others, done) = (Inbox::new(), Inbox::new());
    for attempt in 0..5 {
        other.call(RESET, &reset_params(attempt), Some(others.handler())).unwrap();
    }
    let inside = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&inside);
    let free = handler(move |answer| {
        other.free();
        count.store(others.len(), SeqCst);
        done.put(answer);
    });
    client.call("unknown", "{}", Some(free)).unwrap();
    assert!(done.next(&Patience::new()).is_some());
    assert_eq!(inside.load(SeqCst), 5);
    // The client whose callback it was goes on.
    client.call("unknown", "{}", Some(done.handler())).unwrap();
    assert!(done.next(&Patience::new()).is_some());
}

#[test]
fn clients_that_are_freed_inside_each_others_callbacks_all_end() {
    let script = Script::new(&json!([{"hang": true}]));
    let ended = Inbox::new();
    let clients: Vec<_> =
        (0..8).map(|_| Client::new(&script.url(), &Options::new()).into_raw()).collect();
    // The callback of each client's pending call frees the next client.
    for pair in clients.windows(2) {
        let next = pair[1];
        let free_next = handler(move |answer| {
            next.free();
            ended.put(answer);
        });
        pair[0].call(RESET, &reset_params(1), Some(free_next)).unwrap();
    }
    clients[7].call(RESET, &reset_params(1), Some(ended.handler())).unwrap();
    clients[0].free();
    assert_eq!(ended.len(), 8);
}

#[test]
fn results_stay_in_a_queue_after_their_client_is_freed() {
    let delivery = Delivery::new(common::Mode::Queue);
    let client = Client::new("http://127.0.0.1:9", &delivery.options(Options::new()));
    let op = client.call("unknown", "{}", None).unwrap();
    drop(client);
    let answer = delivery.next();
    assert_eq!((answer.op(), answer.status()), (op, MX_ERR_INVALID_ARGUMENT));
}
