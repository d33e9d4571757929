//! What a thread's script can do, by letter and argument.

use std::ffi::CString;
use std::ptr::{null, null_mut};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use matrix_capi::ffi::*;

use super::model::{ClientOf, Pointer, Record};
use super::round::{Round, SLOTS};
use crate::c::Answer;

/// Does one thing. The argument's last digits choose the slot.
pub fn act(round: &Round, letter: u8, argument: u8) {
    let slot = usize::from(argument) % SLOTS;
    let with = |use_it: &dyn Fn(&Arc<ClientOf>, *mut mx_client)| {
        if let Some(client) = round.client(slot) {
            let handle = client.handle.read().unwrap();
            if let Some(pointer) = *handle {
                use_it(&client, pointer.0);
            }
        }
    };
    match letter {
        b's' => with(&|client, raw| call(round, client, raw, "getVersions", "{}")),
        b'i' => with(&|client, raw| call(round, client, raw, "login", r#"{"type": 1}"#)),
        b'a' => with(&|client, raw| call(round, client, raw, "getTokenOwner", "{}")),
        b'r' => with(&|client, raw| request_token(round, client, raw, argument)),
        b'd' => with(&|client, raw| discover(round, client, raw)),
        b'x' => with(&|client, raw| misuse(round, client, raw)),
        b'c' => cancel(round, argument),
        b'C' => with(&|client, raw| cancel_by(round, client, raw, argument)),
        b't' => with(&|_, raw| set_access_token(raw, argument)),
        b'n' => drop(round.next(0)),
        b'N' => drop(round.next(2)),
        b'w' => {
            if let Some(queue) = round.queue.read().unwrap().as_ref() {
                assert_eq!(queue.wake(), MX_OK);
                round.wakes.fetch_add(1, Ordering::SeqCst);
            }
        }
        b'f' => {
            if let Some(client) = round.client(slot) {
                round.free_client(&client);
            }
        }
        b'm' => round.make_client(slot, b"cqdk"[usize::from(argument / 3) % 4]),
        b'q' => round.free_queue(),
        b'p' => with(&|client, raw| new_reset(round, client, raw, slot)),
        b'S' | b'K' | b'F' => step(round, letter, argument, slot),
        b'V' => save_and_restore(round, slot),
        b'P' => round.free_reset(slot),
        b'l' => round.log.on(i32::from(argument % 4) + 1),
        b'L' => round.log.off(),
        b'z' => thread::sleep(Duration::from_micros(u64::from(argument) * 4)),
        _ => thread::yield_now(),
    }
}

fn call(round: &Round, client: &Arc<ClientOf>, raw: *mut mx_client, id: &str, params: &str) {
    let (id, params) = (CString::new(id).unwrap(), CString::new(params).unwrap());
    let status = round.start(client, |callback, user_data, op| {
        // SAFETY: the client is alive while its handle is read; `op` is writable; so below.
        unsafe { mx_call(raw, id.as_ptr(), params.as_ptr(), callback, user_data, op) }
    });
    assert_eq!(status, MX_OK, "a client that nobody frees takes every call");
}

fn request_token(round: &Round, client: &Arc<ClientOf>, raw: *mut mx_client, attempt: u8) {
    let status = round.start(client, |callback, user_data, op| {
        let (secret, email) = (c"c4n4ry.secret".as_ptr(), c"alice@example.test".as_ptr());
        let (attempt, none) = (i64::from(attempt), null());
        // SAFETY: as above.
        unsafe {
            mx_request_token_to_reset_password_email(
                raw, secret, email, attempt, none, none, none, callback, user_data, op,
            )
        }
    });
    assert_eq!(status, MX_OK);
}

fn discover(round: &Round, client: &Arc<ClientOf>, raw: *mut mx_client) {
    let url = CString::new(round.url.as_str()).unwrap();
    let status = round.start(client, |callback, user_data, op| {
        // SAFETY: as above.
        unsafe { mx_discover(raw, url.as_ptr(), callback, user_data, op) }
    });
    assert_eq!(status, MX_OK);
}

/// A callback with a queue, or none without one: refused, and nothing ever comes of it.
fn misuse(round: &Round, client: &Arc<ClientOf>, raw: *mut mx_client) {
    let status = round.start(client, |callback, user_data, op| {
        let wrong: mx_callback = match callback {
            Some(_) => None,
            None => Some(super::model::completed),
        };
        let (id, params) = (c"getVersions".as_ptr(), c"{}".as_ptr());
        // SAFETY: as above.
        unsafe { mx_call(raw, id, params, wrong, user_data, op) }
    });
    assert_eq!(status, if client.has_queue { MX_ERR_MISUSE } else { MX_ERR_NULL_ARGUMENT });
}

fn record(round: &Round, argument: u8) -> Option<Arc<Record>> {
    let records = round.records.lock().unwrap();
    let back = usize::from(argument) % 8 + 1;
    records.len().checked_sub(back).map(|index| Arc::clone(&records[index]))
}

/// Cancels one of the latest calls.
fn cancel(round: &Round, argument: u8) {
    let Some(record) = record(round, argument) else { return };
    let handle = record.client.handle.read().unwrap();
    let Some(client) = *handle else { return };
    let complete = record.is_complete();
    record.cancelled.store(true, Ordering::SeqCst);
    // SAFETY: the client is alive while its handle is read.
    let status = unsafe { mx_client_cancel(client.0, record.op.load(Ordering::SeqCst)) };
    match status {
        MX_OK => assert!(!complete, "what has ended cannot be cancelled"),
        status => assert_eq!(status, MX_ERR_NOT_FOUND),
    }
}

/// Another client's call is not found.
fn cancel_by(round: &Round, client: &Arc<ClientOf>, raw: *mut mx_client, argument: u8) {
    let Some(record) = record(round, argument) else { return };
    if !Arc::ptr_eq(&record.client, client) {
        // SAFETY: the client is alive while its handle is read.
        let status = unsafe { mx_client_cancel(raw, record.op.load(Ordering::SeqCst)) };
        assert_eq!(status, MX_ERR_NOT_FOUND);
    }
}

fn set_access_token(raw: *mut mx_client, argument: u8) {
    let (token, expected) = match argument % 3 {
        0 => (null(), MX_OK),
        1 => (c"c4n4ry-another-token".as_ptr(), MX_OK),
        _ => (c"not a token".as_ptr(), MX_ERR_INVALID_ARGUMENT),
    };
    // SAFETY: the client is alive while its handle is read.
    assert_eq!(unsafe { mx_client_set_access_token(raw, token) }, expected);
}

fn new_reset(round: &Round, client: &Arc<ClientOf>, raw: *mut mx_client, slot: usize) {
    let mut place = round.resets[slot].write().unwrap();
    if place.is_some() {
        return;
    }
    let mut reset = null_mut();
    let email = c"alice@example.test".as_ptr();
    // SAFETY: the client is alive while its handle is read; the place is writable.
    let status = unsafe { mx_password_reset_new(raw, email, null(), &mut reset) };
    assert_eq!(status, MX_OK);
    *place = Some((Pointer(reset), Arc::clone(client)));
}

/// A step of a reset: refused if it is not its turn, or if its client is being freed.
fn step(round: &Round, letter: u8, argument: u8, slot: usize) {
    let place = round.resets[slot].read().unwrap();
    let Some((reset, client)) = place.as_ref() else { return };
    let (reset, wait_ms) = (reset.0, if argument.is_ascii_uppercase() { 60_000 } else { 0 });
    let status = round.start(client, |callback, user_data, op| {
        let (token, password) = (c"c4n4ry-123456".as_ptr(), c"c4n4ry-password".as_ptr());
        // SAFETY: the reset is alive while its place is read; `op` is writable.
        unsafe {
            match letter {
                b'S' => mx_password_reset_send(reset, callback, user_data, op),
                b'K' => mx_password_reset_submit_token(reset, token, callback, user_data, op),
                _ => mx_password_reset_finish(
                    reset, password, true, wait_ms, callback, user_data, op,
                ),
            }
        }
    });
    assert!(matches!(status, MX_OK | MX_ERR_MISUSE | MX_ERR_CLOSED), "{status}");
}

/// Saves a reset, whatever is running, and restores it into the same place.
fn save_and_restore(round: &Round, slot: usize) {
    let owner =
        || round.resets[slot].read().unwrap().as_ref().map(|(_, client)| Arc::clone(client));
    let Some(client) = owner() else { return };
    // The client's lock before the reset's, here as elsewhere: else two threads wait for each other.
    let handle = client.handle.read().unwrap();
    let Some(raw) = *handle else { return };
    let mut place = round.resets[slot].write().unwrap();
    let Some((reset, now)) = place.as_ref() else { return };
    if !Arc::ptr_eq(now, &client) {
        return;
    }
    let reset = reset.0;
    let (mut saved, mut restored) = (null_mut(), null_mut());
    // SAFETY: nothing else uses the reset while its place is written; both places are writable.
    unsafe {
        assert_eq!(mx_password_reset_save(reset, &mut saved), MX_OK);
        let saved = Answer(saved);
        let json = mx_result_body(saved.0, null_mut()).cast();
        let status = mx_password_reset_restore(raw.0, json, &mut restored, null_mut());
        assert_eq!(status, MX_OK);
        mx_password_reset_free(reset);
    }
    *place = Some((Pointer(restored), Arc::clone(&client)));
}
