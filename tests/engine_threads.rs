//! What the library takes from the process: two threads for all clients, and nothing once they are freed.

#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::sync::{Mutex, MutexGuard};

use common::{
    Client, Delivery, Inbox, Mode, Options, Patience, Queue, RESET, Script, handler, live_objects,
    reset_params, server, threads_of_ours,
};
use matrix_capi::ffi::MX_OK;
use serde_json::json;

const OURS: [&str; 2] = ["mx-callback", "mx-io"];

/// The whole process is counted, so one test runs at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    server();
    ALONE.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").map(Iterator::count).unwrap_or_default()
}

fn assert_nothing_is_left() {
    assert_eq!(threads_of_ours(), [""; 0]);
    assert_eq!(live_objects(), 0);
}

#[test]
fn fifty_clients_share_two_threads_which_are_joined_at_the_last_free() {
    let _alone = alone();
    let before = descriptors();
    assert_nothing_is_left();
    for mode in [Mode::Callback, Mode::Queue] {
        let delivery = Delivery::new(mode);
        let script = Script::new(&json!([{"echo": true}]));
        let mut clients: Vec<_> = (0..50)
            .map(|_| Client::new(&script.url(), &delivery.options(Options::new())))
            .collect();
        // A thread gives itself its name after it has started.
        assert!(Patience::new().until(|| threads_of_ours() == OURS), "{:?}", threads_of_ours());
        for round in 0..4 {
            for client in &clients {
                client.call(RESET, &reset_params(round), delivery.handler()).unwrap();
            }
            for _ in &clients {
                assert_eq!(delivery.next().status(), MX_OK);
                assert_eq!(threads_of_ours(), OURS);
            }
        }
        let last = clients.pop();
        drop(clients);
        assert_eq!(threads_of_ours(), OURS);
        drop(last);
        drop(delivery);
        assert_nothing_is_left();
    }
    assert_eq!(descriptors(), before);
}

#[test]
fn resolving_names_takes_at_most_four_more_threads_for_a_while() {
    let _alone = alone();
    let script = Script::new(&json!([{"echo": true}]));
    let url = script.url().replace("127.0.0.1", "localhost");
    let delivery = Delivery::new(Mode::Queue);
    let clients: Vec<_> =
        (0..50).map(|_| Client::new(&url, &delivery.options(Options::new()))).collect();
    for client in &clients {
        client.call(RESET, &reset_params(1), None).unwrap();
    }
    for _ in &clients {
        assert!(threads_of_ours().len() <= OURS.len() + 4, "{:?}", threads_of_ours());
        assert_eq!(delivery.next().status(), MX_OK);
    }
    assert!(Patience::new().until(|| threads_of_ours() == OURS), "{:?}", threads_of_ours());
    drop((clients, delivery));
    assert_nothing_is_left();
}

#[test]
fn the_library_starts_again_after_the_last_free_and_ops_go_on() {
    let _alone = alone();
    let mut latest = 0;
    for _ in 0..20 {
        let delivery = Delivery::new(Mode::Callback);
        let client = Client::new("http://127.0.0.1:9", &Options::new());
        let op = client.call("unknown", "{}", delivery.handler()).unwrap();
        assert!(op > latest);
        latest = op;
        drop(client);
        assert_eq!(delivery.rest().len(), 1);
        assert_nothing_is_left();
    }
}

#[test]
fn clients_that_are_made_and_freed_on_many_threads_leave_nothing() {
    let _alone = alone();
    let before = descriptors();
    let script = Script::new(&json!([{"echo": true}]));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for round in 0..30 {
                    let delivery = Delivery::new(Mode::Callback);
                    let client = Client::new(&script.url(), &Options::new());
                    let op = client.call(RESET, &reset_params(round), delivery.handler());
                    if round % 2 == 0 {
                        assert_eq!(Ok(delivery.next().op()), op);
                    }
                    drop(client);
                    assert_eq!(delivery.rest().len(), round % 2);
                }
            });
        }
    });
    assert_nothing_is_left();
    assert!(Patience::new().until(|| descriptors() == before));
}

#[test]
fn the_last_client_may_be_freed_inside_its_callback() {
    let _alone = alone();
    let client = Client::new("http://127.0.0.1:9", &Options::new()).into_raw();
    let freed = Inbox::new();
    let free = handler(move |answer| {
        client.free();
        freed.put(answer);
    });
    client.call("unknown", "{}", Some(free)).unwrap();
    assert!(freed.next(&Patience::new()).is_some());
    // The callback thread cannot join itself: it ends on its own.
    assert!(Patience::new().until(|| threads_of_ours().is_empty()), "{:?}", threads_of_ours());
    assert_nothing_is_left();
}

#[test]
fn objects_are_counted_from_when_they_are_given_until_they_are_freed() {
    let _alone = alone();
    let queue = Queue::new();
    assert_eq!(live_objects(), 1);
    let options = Options::new().queue(&queue);
    assert_eq!(live_objects(), 2);
    let client = Client::new("http://127.0.0.1:9", &options);
    assert_eq!(live_objects(), 3);
    client.call("unknown", "{}", None).unwrap();
    client.call("unknown", "{}", None).unwrap();
    let result = queue.next(60_000);
    assert_eq!(live_objects(), 4);
    drop(client);
    drop(options);
    assert_eq!(live_objects(), 2);
    // The second result, which nobody has fetched, goes with the queue.
    drop(queue);
    assert_eq!(live_objects(), 1);
    drop(result);
    assert_nothing_is_left();
    assert!(Client::try_new("ftp://hs.example", &Options::new()).is_err());
    assert_nothing_is_left();
}
