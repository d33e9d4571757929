//! A callback may take its time and call whatever it likes.

mod common;

use std::sync::Mutex;
use std::sync::mpsc::channel;

use common::{
    Client, Delivery, Handler, Inbox, Mode, Options, Patience, Queue, RESET, RawClient, Script,
    handler, reset_params,
};
use matrix_capi::ffi::*;
use serde_json::json;

#[test]
fn a_slow_callback_does_not_delay_the_network() {
    let script = Script::new(&json!([{"echo": true}]));
    let client = Client::new(&script.url(), &Options::new());
    let (release, released) = channel::<()>();
    let released = Mutex::new(released);
    let inbox = Inbox::new();
    let slow = handler(move |answer| {
        let _ = released.lock().unwrap().recv();
        inbox.put(answer);
    });
    client.call(RESET, &reset_params(0), Some(slow)).unwrap();
    script.wait_for_requests(1);
    // While that callback blocks the only callback thread, requests go out and answers come in.
    let queue = Delivery::new(Mode::Queue);
    let other = Client::new(&script.url(), &queue.options(Options::new()));
    for attempt in 1..=20 {
        client.call(RESET, &reset_params(attempt), Some(inbox.handler())).unwrap();
        other.call(RESET, &reset_params(attempt), None).unwrap();
        assert_eq!(queue.next().status(), MX_OK);
    }
    script.wait_until(|state| state.requests.len() == 41 && state.open == 0);
    assert_eq!(inbox.len(), 0);
    release.send(()).unwrap();
    for _ in 0..21 {
        assert_eq!(inbox.next(&Patience::new()).map(|answer| answer.status()), Some(MX_OK));
    }
}

#[test]
fn a_callback_may_call_every_kind_of_function() {
    let script = Script::new(&json!([{"echo": true}]));
    let client = Client::new(&script.url(), &Options::new());
    let (raw, inbox, url) = (*client, Inbox::new(), script.url());
    let report = Inbox::new();
    let seen: &'static Mutex<Vec<(&str, mx_status)>> = Box::leak(Box::default());
    let busy = handler(move |answer| {
        let mut statuses = vec![("result", answer.status())];
        let queue = Queue::new();
        let mut secret = [0; MX_CLIENT_SECRET_SIZE];
        // SAFETY: the buffer is as long as it is said to be.
        let made = unsafe { mx_generate_client_secret(secret.as_mut_ptr(), secret.len()) };
        statuses.push(("secret", made));
        statuses.push(("token", raw.set_access_token(Some("syt_abc"))));
        if let Ok(inner) = Client::try_new(&url, &Options::new().queue(&queue)) {
            let call = inner.call(RESET, &reset_params(2), None);
            statuses.push(("queue call", call.err().unwrap_or(MX_OK)));
            let waited = queue.next(60_000).map_or_else(|status| status, |inner| inner.status());
            statuses.push(("queue result", waited));
            statuses.push(("wake", queue.wake()));
        }
        let op = raw.call(RESET, &reset_params(3), Some(inbox.handler()));
        statuses.push(("call", op.err().unwrap_or(MX_OK)));
        *seen.lock().unwrap() = statuses;
        report.put(answer);
    });
    client.call(RESET, &reset_params(1), Some(busy)).unwrap();
    assert!(report.next(&Patience::new()).is_some());
    let names = ["result", "secret", "token", "queue call", "queue result", "wake", "call"];
    assert_eq!(*seen.lock().unwrap(), names.map(|name| (name, MX_OK)));
    assert!(inbox.next(&Patience::new()).is_some());
}

#[test]
fn a_callback_may_submit_the_next_call_a_thousand_times_over() {
    fn next(client: RawClient, left: usize, last: &'static Handler) -> &'static Handler {
        handler(move |answer| {
            if left == 0 {
                last(answer);
            } else {
                let _ = client.call("unknown", "{}", Some(next(client, left - 1, last)));
            }
        })
    }
    let client = Client::new("http://127.0.0.1:9", &Options::new());
    let last = Inbox::new();
    client.call("unknown", "{}", Some(next(*client, 1000, last.handler()))).unwrap();
    assert!(last.next(&Patience::new()).is_some());
}
