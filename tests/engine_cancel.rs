//! A call can be cancelled by its op, from any thread and as often as one likes, and still completes.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering::SeqCst};

use common::{Client, Delivery, Inbox, Options, RESET, Script, handler, reset_params};
use matrix_capi::ffi::*;
use serde_json::json;

#[test]
fn cancelling_again_changes_nothing() {
    for delivery in Delivery::both() {
        let script = Script::new(&json!([{"hang": true}]));
        let client = Client::new(&script.url(), &delivery.options(Options::new()));
        let op = client.call(RESET, &reset_params(1), delivery.handler()).unwrap();
        script.wait_for_requests(1);
        assert_eq!(client.cancel(op), MX_OK);
        for _ in 0..100 {
            // The call may have ended meanwhile.
            assert!(matches!(client.cancel(op), MX_OK | MX_ERR_NOT_FOUND));
        }
        assert_eq!(delivery.next().status(), MX_ERR_CANCELLED);
        drop(client);
        assert!(delivery.rest().is_empty());
        script.wait_until(|state| state.closed_early == 1);
    }
}

#[test]
fn what_has_ended_or_never_was_is_not_found() {
    for delivery in Delivery::both() {
        let script = Script::new(&json!([{"echo": true}]));
        let client = Client::new(&script.url(), &delivery.options(Options::new()));
        let op = client.call(RESET, &reset_params(1), delivery.handler()).unwrap();
        assert_eq!(delivery.next().status(), MX_OK);
        for op in [op, 0, u64::MAX] {
            assert_eq!(client.cancel(op), MX_ERR_NOT_FOUND, "{op}");
        }
    }
}

#[test]
fn a_client_cannot_cancel_a_call_of_another_client() {
    let delivery = Delivery::new(common::Mode::Queue);
    let script = Script::new(&json!([{"echo": true, "delay_ms": 300}]));
    let [client, other] =
        [(); 2].map(|()| Client::new(&script.url(), &delivery.options(Options::new())));
    let op = client.call(RESET, &reset_params(1), None).unwrap();
    assert_eq!(other.cancel(op), MX_ERR_NOT_FOUND);
    assert_eq!(delivery.next().status(), MX_OK);
}

#[test]
fn a_call_that_is_cancelled_while_it_ends_completes_once_one_way_or_the_other() {
    for delivery in Delivery::both() {
        let script = Script::new(&json!([{"echo": true, "shuffle_ms": 20}]));
        let client = Client::new(&script.url(), &delivery.options(Options::new()));
        let mut ops: Vec<_> = (0..300)
            .map(|attempt| client.call(RESET, &reset_params(attempt), delivery.handler()).unwrap())
            .collect();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for op in &ops {
                        assert!(matches!(client.cancel(*op), MX_OK | MX_ERR_NOT_FOUND));
                    }
                });
            }
        });
        let mut ended: Vec<_> = ops
            .iter()
            .map(|_| {
                let answer = delivery.next();
                assert!(
                    matches!(answer.status(), MX_OK | MX_ERR_CANCELLED),
                    "{}",
                    answer.message()
                );
                answer.op()
            })
            .collect();
        drop(client);
        assert!(delivery.rest().is_empty());
        ops.sort_unstable();
        ended.sort_unstable();
        assert_eq!(ended, ops);
    }
}

#[test]
fn a_callback_may_cancel_another_call() {
    let inbox = Inbox::new();
    let hanging = Script::new(&json!([{"hang": true}]));
    let quick = Script::new(&json!([{"echo": true}]));
    let other = Client::new(&hanging.url(), &Options::new());
    let client = Client::new(&quick.url(), &Options::new());
    let op = other.call(RESET, &reset_params(1), Some(inbox.handler())).unwrap();
    let (raw, status) = (*other, Arc::new(AtomicI32::new(-1)));
    let seen = Arc::clone(&status);
    let cancel = handler(move |_| seen.store(raw.cancel(op), SeqCst));
    client.call(RESET, &reset_params(2), Some(cancel)).unwrap();
    let cancelled = inbox.next(&common::Patience::new()).expect("the cancelled call completes");
    assert_eq!((cancelled.op(), cancelled.status()), (op, MX_ERR_CANCELLED));
    assert_eq!(status.load(SeqCst), MX_OK);
}
