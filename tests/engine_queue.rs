//! A queue hands out results, says by its descriptor whether there are any, and can be woken.

mod common;

use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use common::{Client, Inbox, Options, Patience, Queue, RESET, Script, reset_params};
use matrix_capi::ffi::*;
use serde_json::json;

fn is_readable(queue: &Queue, timeout_ms: i32) -> bool {
    let mut poll = libc::pollfd { fd: queue.fd(), events: libc::POLLIN, revents: 0 };
    // SAFETY: one pollfd is passed and counted.
    unsafe { libc::poll(&mut poll, 1, timeout_ms) == 1 }
}

#[test]
fn the_descriptor_is_readable_exactly_while_a_result_waits() {
    let queue = Queue::new();
    let client = Client::new("http://127.0.0.1:9", &Options::new().queue(&queue));
    for _ in 0..20 {
        assert!(!is_readable(&queue, 0));
        for _ in 0..3 {
            client.call("unknown", "{}", None).unwrap();
        }
        let mut taken = 0;
        while taken < 3 {
            assert!(is_readable(&queue, 60_000));
            // Readable means that next has something now.
            assert!(queue.next(0).is_ok());
            taken += 1;
        }
        assert_eq!(queue.next(0).err(), Some(MX_ERR_TIMEOUT));
    }
    assert_eq!(queue.wake(), MX_OK);
    assert!(!is_readable(&queue, 0), "a wake is no result");
}

#[test]
fn next_waits_as_long_as_it_is_told() {
    let script = Script::new(&json!([{"echo": true, "delay_ms": 300}]));
    let queue = Queue::new();
    let client = Client::new(&script.url(), &Options::new().queue(&queue));
    let started = Instant::now();
    assert_eq!(queue.next(200).err(), Some(MX_ERR_TIMEOUT));
    assert!(started.elapsed() >= Duration::from_millis(200));
    client.call(RESET, &reset_params(1), None).unwrap();
    assert_eq!(queue.next(-1).map(|answer| answer.status()).ok(), Some(MX_OK));
    client.call(RESET, &reset_params(1), None).unwrap();
    assert_eq!(queue.next(i64::MAX).map(|answer| answer.status()).ok(), Some(MX_OK));
}

#[test]
fn a_wake_ends_a_next_that_waits_or_else_the_one_that_comes() {
    let queue = Queue::new();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| queue.next(-1).err());
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(queue.wake(), MX_OK);
        assert_eq!(waiting.join().ok().flatten(), Some(MX_ERR_TIMEOUT));
    });
    assert_eq!([queue.wake(), queue.wake()], [MX_OK, MX_OK]);
    assert_eq!(queue.next(-1).err(), Some(MX_ERR_TIMEOUT));
    assert_eq!(queue.next(-1).err(), Some(MX_ERR_TIMEOUT));
}

#[test]
fn among_many_threads_no_result_and_no_wake_is_lost() {
    let script = Script::new(&json!([{"echo": true, "shuffle_ms": 100}]));
    let queue = Queue::new();
    let client = Client::new(&script.url(), &Options::new().queue(&queue));
    let (results, wakes, stop) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !stop.load(SeqCst) {
                    match queue.next(-1) {
                        Ok(answer) => {
                            results.fetch_add(usize::from(answer.status() == MX_OK), SeqCst)
                        }
                        Err(_) => wakes.fetch_add(1, SeqCst),
                    };
                }
            });
        }
        for attempt in 0..300 {
            client.call(RESET, &reset_params(attempt), None).unwrap();
            queue.wake();
        }
        let all =
            Patience::new().until(|| (results.load(SeqCst), wakes.load(SeqCst)) == (300, 300));
        stop.store(true, SeqCst);
        (0..4).for_each(|_| assert_eq!(queue.wake(), MX_OK));
        assert!(all, "{results:?} results, {wakes:?} wakes");
    });
    assert_eq!((results.into_inner(), wakes.into_inner()), (300, 304));
}

#[test]
fn several_clients_may_share_a_queue() {
    let queue = Queue::new();
    let clients: Vec<_> =
        (0..5).map(|_| Client::new("http://127.0.0.1:9", &Options::new().queue(&queue))).collect();
    let mut ops: Vec<_> =
        clients.iter().map(|client| client.call("unknown", "{}", None).unwrap()).collect();
    drop(clients);
    while let Ok(answer) = queue.next(0) {
        ops.retain(|op| *op != answer.op());
    }
    assert!(ops.is_empty());
}

#[test]
fn a_client_has_a_queue_or_callbacks_and_never_both_or_neither() {
    let (queue, inbox) = (Queue::new(), Inbox::new());
    let with_queue = Client::new("http://127.0.0.1:9", &Options::new().queue(&queue));
    let without = Client::new("http://127.0.0.1:9", &Options::new());
    assert_eq!(with_queue.call("unknown", "{}", Some(inbox.handler())), Err(MX_ERR_MISUSE));
    assert_eq!(without.call("unknown", "{}", None), Err(MX_ERR_NULL_ARGUMENT));
    drop((with_queue, without));
    assert_eq!(queue.next(0).err(), Some(MX_ERR_TIMEOUT));
    assert_eq!(inbox.len(), 0);
}

#[test]
fn options_can_let_go_of_a_queue() {
    let (queue, inbox) = (Queue::new(), Inbox::new());
    let options = Options::new().queue(&queue);
    // SAFETY: the options are alive.
    assert_eq!(unsafe { mx_client_options_set_queue(options.0, null_mut()) }, MX_OK);
    let client = Client::new("http://127.0.0.1:9", &options);
    client.call("unknown", "{}", Some(inbox.handler())).unwrap();
    assert!(inbox.next(&Patience::new()).is_some());
}

#[test]
fn a_queue_that_is_freed_before_its_client_takes_no_one_down() {
    let script = Script::new(&json!([{"hang": true}]));
    let queue = Queue::new();
    let client = Client::new(&script.url(), &Options::new().queue(&queue));
    client.call(RESET, &reset_params(1), None).unwrap();
    client.call("unknown", "{}", None).unwrap();
    script.wait_for_requests(1);
    assert!(is_readable(&queue, 60_000));
    drop(queue);
    client.call("unknown", "{}", None).unwrap();
    drop(client);
    script.wait_until(|state| state.closed_early == 1);
}
