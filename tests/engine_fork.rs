//! In a forked child every call answers MX_ERR_FORKED at once, and the parent goes on undisturbed.

#![cfg(unix)]

mod common;

use std::ptr::{null, null_mut};
use std::time::Duration;

use common::{
    Answer, Client, Delivery, Mode, Options, Queue, RESET, Script, c_text, reset_params, server,
};
use matrix_capi::ffi::*;
use serde_json::json;

/// Runs `body` in a forked child, and returns its number there; a child that hangs is ended.
fn in_child(body: impl FnOnce() -> u8) -> i32 {
    // SAFETY: the child only runs `body`, and leaves without running anything of the parent's.
    unsafe {
        match libc::fork() {
            0 => {
                libc::alarm(60);
                libc::_exit(body().into())
            }
            child => {
                assert!(child > 0);
                let mut status = 0;
                assert_eq!(libc::waitpid(child, &mut status, 0), child);
                assert!(
                    libc::WIFEXITED(status),
                    "the child was ended by signal {}",
                    libc::WTERMSIG(status)
                );
                libc::WEXITSTATUS(status)
            }
        }
    }
}

/// One test, because what happened before the library was started counts.
#[test]
fn a_child_is_refused_if_it_was_forked_while_something_was_alive_and_else_starts_afresh() {
    server();
    let script = Script::new(&json!([{"echo": true}, {"hang": true}]));
    let url = script.url();
    assert_eq!(in_child(|| not_usable(&url)), 0, "a child may start the library");

    let delivery = Delivery::new(Mode::Queue);
    let client = Client::new(&url, &delivery.options(Options::new()));
    let op = client.call(RESET, &reset_params(2), None).unwrap();
    script.wait_for_requests(2);
    client.call("unknown", "{}", None).unwrap();
    let result = delivery.next();
    assert_eq!(in_child(|| first_not_refused(&client, op, &delivery, &result)), 0);
    assert_eq!(in_child(|| frees_return(&client)), 0);

    // The parent's call hangs on, on its own connection.
    let state = script.state();
    assert_eq!((state.open, state.closed_early), (1, 0));
    assert_eq!(client.cancel(op), MX_OK);
    let answer = delivery.next();
    assert_eq!((answer.op(), answer.status()), (op, MX_ERR_CANCELLED));
    script.wait_until(|state| state.closed_early == 1);

    drop(client);
    assert_eq!(in_child(queue_not_refused), 0, "the queue is alive");
    drop(delivery);
    let script = Script::new(&json!([{"echo": true}]));
    let again = script.url();
    let unused_and_used = |url: &str| {
        let unused = in_child(|| not_usable(url));
        let used = not_usable(url);
        // What was in use in this process is over, too.
        u8::from(unused != 0 || used != 0 || in_child(|| not_usable(url)) != 0)
    };
    for _ in 0..3 {
        assert_eq!(in_child(|| unused_and_used(&again)), 0, "after the last free");
        assert_eq!(unused_and_used(&again), 0, "this process goes on as before");
    }
    assert_eq!(result.status(), MX_ERR_INVALID_ARGUMENT);
}

/// 0 if a client can be made, called and freed.
fn not_usable(url: &str) -> u8 {
    let queue = Queue::new();
    let client = Client::new(url, &Options::new().queue(&queue));
    let called = client.call(RESET, &reset_params(1), None);
    u8::from(called.is_err() || queue.next(30_000).map(|answer| answer.status()) != Ok(MX_OK))
}

fn queue_not_refused() -> u8 {
    let mut made = null_mut();
    // SAFETY: the place may be written.
    u8::from(unsafe { mx_queue_new(&mut made) } != MX_ERR_FORKED)
}

/// 0, or the number of the first function that does not answer MX_ERR_FORKED.
fn first_not_refused(client: &Client, op: mx_op, delivery: &Delivery, result: &Answer) -> u8 {
    let Delivery::Queue(queue) = delivery else { return 100 };
    let (url, empty) = (c_text("http://127.0.0.1:9"), c_text("{}"));
    let (mut other, mut options, mut made, mut answer) =
        (null_mut(), null_mut(), null_mut(), null_mut());
    let mut secret = [0; MX_CLIENT_SECRET_SIZE];
    // SAFETY: every pointer is valid; the calls are refused before they use any.
    let statuses = unsafe {
        [
            mx_client_new(url.as_ptr(), null(), &mut other, null_mut()),
            mx_client_set_access_token(client.0, null()),
            mx_client_cancel(client.0, op),
            mx_call(client.0, url.as_ptr(), empty.as_ptr(), None, null_mut(), null_mut()),
            mx_request_token_to_reset_password_email(
                client.0,
                url.as_ptr(),
                url.as_ptr(),
                1,
                null(),
                null(),
                null(),
                None,
                null_mut(),
                null_mut(),
            ),
            mx_queue_new(&mut made),
            mx_queue_next(queue.0, -1, &mut answer),
            mx_queue_wake(queue.0),
            mx_client_options_new(&mut options),
            mx_generate_client_secret(secret.as_mut_ptr(), secret.len()),
            mx_log_set(MX_LOG_DEBUG, None, null_mut()),
        ]
    };
    let refused = |status: &mx_status| *status == MX_ERR_FORKED;
    if let Some(index) = statuses.iter().position(|status| !refused(status)) {
        return index as u8 + 1;
    }
    // What the child has it may still read.
    u8::from(result.status() != MX_ERR_INVALID_ARGUMENT) * 50
}

/// Frees of what the parent owns return, although no thread is there to end the calls.
fn frees_return(client: &Client) -> u8 {
    let started = std::time::Instant::now();
    client.free();
    u8::from(started.elapsed() > Duration::from_secs(30))
}
