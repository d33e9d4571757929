//! Bad input is refused with its documented status and a message that names it; nothing crashes or is sent.

#![allow(clippy::unwrap_used, reason = "a test fails by panic")]

mod common;

use std::ffi::{CStr, c_char, c_void};
use std::ptr::{null, null_mut};

use common::{Client, Delivery, Mode, Options, Queue, RESET, Script, c_text, reset_params, text};
use matrix_capi::ffi::*;
use serde_json::json;

const NOT_UTF8: &CStr = c"caf\xe9";

fn refusal() -> String {
    text(mx_refusal_message()).unwrap()
}

/// Calls the typed function with these strings.
fn request_token(
    client: *mut mx_client,
    strings: [*const c_char; 5],
    send_attempt: i64,
) -> mx_status {
    let [secret, email, link, token, server] = strings;
    // SAFETY: strings are NULL or end with NUL; the client is NULL or alive.
    unsafe {
        mx_request_token_to_reset_password_email(
            client,
            secret,
            email,
            send_attempt,
            link,
            token,
            server,
            None,
            null_mut(),
            null_mut(),
        )
    }
}

#[test]
fn null_is_refused_wherever_it_is_not_allowed() {
    let queue = Queue::new();
    let options = Options::new().queue(&queue);
    let client = Client::new("http://127.0.0.1:9", &options);
    let some = c_text("{}");
    let some = some.as_ptr();
    let mut made = null_mut();
    let mut result = null_mut();
    // SAFETY: every pointer is NULL or valid.
    let statuses = unsafe {
        [
            ("mx_client_new: homeserver_url", mx_client_new(null(), null(), &mut made, null_mut())),
            ("mx_client_new: out", mx_client_new(some, null(), null_mut(), null_mut())),
            ("mx_client_set_access_token: client", mx_client_set_access_token(null_mut(), some)),
            ("mx_client_cancel: client", mx_client_cancel(null_mut(), 1)),
            ("mx_call: client", mx_call(null_mut(), some, some, None, null_mut(), null_mut())),
            (
                "mx_call: operation_id",
                mx_call(client.0, null(), some, None, null_mut(), null_mut()),
            ),
            ("mx_call: params_json", mx_call(client.0, some, null(), None, null_mut(), null_mut())),
            ("mx_queue_new: out", mx_queue_new(null_mut())),
            ("mx_queue_next: queue", mx_queue_next(null_mut(), 0, &mut result)),
            ("mx_queue_next: out", mx_queue_next(queue.0, 0, null_mut())),
            ("mx_queue_wake: queue", mx_queue_wake(null_mut())),
            ("mx_generate_client_secret: buf", mx_generate_client_secret(null_mut(), 44)),
            ("mx_client_options_new: out", mx_client_options_new(null_mut())),
            ("_timeout_ms: options", mx_client_options_set_timeout_ms(null_mut(), 1)),
            (
                "_connect_timeout_ms: options",
                mx_client_options_set_connect_timeout_ms(null_mut(), 1),
            ),
            ("_user_agent: user_agent", mx_client_options_set_user_agent(options.0, null())),
            ("_access_token: options", mx_client_options_set_access_token(null_mut(), some)),
            ("_proxy: options", mx_client_options_set_proxy(null_mut(), some)),
            ("_root_pem: pem", mx_client_options_add_root_pem(options.0, null())),
            ("_bundled_roots: options", mx_client_options_set_bundled_roots(null_mut(), true)),
            ("_max_retries: options", mx_client_options_set_max_retries(null_mut(), 1)),
            ("_malloc_trim: options", mx_client_options_set_malloc_trim(null_mut(), true)),
            (
                "_allow_plain_http: options",
                mx_client_options_set_allow_plain_http(null_mut(), true),
            ),
            ("_queue: options", mx_client_options_set_queue(null_mut(), queue.0)),
            (
                "mx_request_token_to_reset_password_email: client_secret",
                request_token(client.0, [null(), some, null(), null(), null()], 1),
            ),
            (
                "mx_request_token_to_reset_password_email: email",
                request_token(client.0, [some, null(), null(), null(), null()], 1),
            ),
        ]
    };
    for (what, status) in statuses {
        assert_eq!(status, MX_ERR_NULL_ARGUMENT, "{what}");
    }
    assert!(
        refusal().starts_with("mx_request_token_to_reset_password_email: email "),
        "{}",
        refusal()
    );
    drop(client);
    assert_eq!(queue.next(0).err(), Some(MX_ERR_TIMEOUT), "a refused call does not complete");
}

#[test]
fn getters_and_frees_take_null() {
    // SAFETY: NULL is allowed.
    unsafe {
        mx_client_free(null_mut());
        mx_client_options_free(null_mut());
        mx_queue_free(null_mut());
        mx_result_free(null_mut());
        let (result, pointer) = (null(), c"/sid".as_ptr());
        assert_eq!(mx_result_status(result), MX_ERR_NULL_ARGUMENT);
        assert_eq!((mx_result_op(result), mx_result_http_status(result)), (0, 0));
        assert_eq!(mx_result_user_data(result), null_mut());
        assert_eq!(text(mx_result_errcode(result)), None);
        assert!(text(mx_result_message(result)).is_some(), "a message is never NULL");
        assert_eq!(text(mx_result_body(result, null_mut()).cast()), None);
        assert_eq!(text(mx_result_string(result, pointer)), None);
        let (mut ms, mut int, mut flag) = (7, 7, true);
        assert!(!mx_result_retry_after_ms(result, &mut ms));
        assert!(!mx_result_int(result, pointer, &mut int));
        assert!(!mx_result_bool(result, pointer, &mut flag));
        assert_eq!((ms, int, flag), (7, 7, true));
        assert_eq!(mx_queue_fd(null()), -1);
    }
}

#[test]
fn a_string_that_is_not_utf8_is_refused_by_name() {
    let queue = Queue::new();
    let options = Options::new().queue(&queue);
    let client = Client::new("http://127.0.0.1:9", &options);
    let (bad, some) = (NOT_UTF8.as_ptr(), c"some".as_ptr());
    let mut made = null_mut();
    let at = |index: usize| {
        let mut strings = [some; 5];
        strings[index] = bad;
        request_token(client.0, strings, 1)
    };
    // SAFETY: every pointer is valid.
    unsafe {
        let refused = |name: &str, status| {
            assert_eq!(status, MX_ERR_INVALID_UTF8, "{name}");
            assert!(refusal().contains(name), "{name}: {}", refusal());
        };
        refused("homeserver_url", mx_client_new(bad, null(), &mut made, null_mut()));
        refused("access_token", mx_client_set_access_token(client.0, bad));
        refused("operation_id", mx_call(client.0, bad, some, None, null_mut(), null_mut()));
        refused("params_json", mx_call(client.0, some, bad, None, null_mut(), null_mut()));
        refused("user_agent", mx_client_options_set_user_agent(options.0, bad));
        refused("access_token", mx_client_options_set_access_token(options.0, bad));
        refused("proxy", mx_client_options_set_proxy(options.0, bad));
        refused("pem", mx_client_options_add_root_pem(options.0, bad));
        refused("client_secret", at(0));
        refused("email", at(1));
        refused("next_link", at(2));
        refused("id_access_token", at(3));
        refused("id_server", at(4));
    }
    drop(client);
    assert_eq!(queue.next(0).err(), Some(MX_ERR_TIMEOUT));
}

#[test]
fn a_refused_call_leaves_op_and_user_data_alone() {
    unsafe extern "C" fn must_not_run(_: *mut mx_result, user_data: *mut c_void) {
        // SAFETY: user_data is the number below, which outlives the client.
        unsafe { *user_data.cast::<i32>() = 1 };
    }
    let (mut op, mut touched) = (77, 0);
    let user_data = (&raw mut touched).cast();
    let client = Client::new("http://127.0.0.1:9", &Options::new());
    assert_eq!(
        client.call_with(RESET, &reset_params(1), None, user_data, &mut op),
        MX_ERR_NULL_ARGUMENT
    );
    let queue = Queue::new();
    let other = Client::new("http://127.0.0.1:9", &Options::new().queue(&queue));
    let status = other.call_with(RESET, &reset_params(1), Some(must_not_run), user_data, &mut op);
    assert_eq!(status, MX_ERR_MISUSE);
    drop((client, other));
    assert_eq!((op, touched), (77, 0));
}

#[test]
fn a_setter_that_refuses_names_its_value_and_keeps_the_one_before() {
    let options =
        Options::from_json(&json!({"user_agent": "before", "access_token": "syt_before"}));
    for (name, value) in [
        ("timeout_ms", json!(0)),
        ("connect_timeout_ms", json!(0)),
        ("max_response_bytes", json!(0)),
        ("idle_timeout_ms", json!(0)),
        ("user_agent", json!("")),
        ("user_agent", json!("a\r\nx-injected: 1")),
        ("user_agent", json!("é")),
        ("access_token", json!("")),
        ("access_token", json!("hunter2\r\nx-injected: 1")),
        ("access_token", json!("hunter2 2")),
        ("proxy", json!("hunter2")),
        ("proxy", json!("ftp://alice:hunter2@proxy.example")),
    ] {
        assert_eq!(options.set(name, &value), MX_ERR_INVALID_ARGUMENT, "{name} {value}");
        assert!(
            refusal().contains(name) && !refusal().contains("hunter2"),
            "{name}: {}",
            refusal()
        );
    }
    for pem in [c"", c"hunter2", c"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"] {
        // SAFETY: the options are alive, and the text ends with NUL.
        let status = unsafe { mx_client_options_add_root_pem(options.0, pem.as_ptr()) };
        assert_eq!(status, MX_ERR_INVALID_ARGUMENT, "{pem:?}");
        assert!(refusal().contains("pem") && !refusal().contains("hunter2"), "{}", refusal());
    }
    let script = Script::new(&json!([{"json": {"user_id": "@alice:example.test"}}]));
    let delivery = Delivery::new(Mode::Queue);
    let client = Client::new(&script.url(), &delivery.options(options));
    assert_eq!(client.set_access_token(Some("")), MX_ERR_INVALID_ARGUMENT);
    client.call("getTokenOwner", "{}", None).unwrap();
    assert_eq!(delivery.next().status(), MX_OK);
    let headers = script.state().requests[0]["headers"].to_string();
    assert!(headers.contains("before") && headers.contains("Bearer syt_before"), "{headers}");
}

#[test]
fn the_typed_function_completes_with_what_the_spec_does_not_allow() {
    let script = Script::new(&json!([{"json": {"sid": "abc"}}]));
    let queue = Queue::new();
    let client = Client::new(&script.url(), &Options::new().queue(&queue));
    let long = c_text(&"x".repeat(256));
    let [ok, email] = [c"s3cr3t".as_ptr(), c"alice@example.test".as_ptr()];
    let with_secret = |secret: *const c_char| ([secret, email, null(), null(), null()], 1);
    for (name, (strings, send_attempt)) in [
        ("client_secret", with_secret(c"".as_ptr())),
        ("client_secret", with_secret(c"a b".as_ptr())),
        ("client_secret", with_secret(c"\xc3\xa9".as_ptr())),
        ("client_secret", with_secret(c"a/b".as_ptr())),
        ("client_secret", with_secret(long.as_ptr())),
        ("email", ([ok, c"".as_ptr(), null(), null(), null()], 1)),
        ("send_attempt", ([ok, email, null(), null(), null()], -1)),
        ("send_attempt", ([ok, email, null(), null(), null()], 1 << 53)),
        ("send_attempt", ([ok, email, null(), null(), null()], i64::MIN)),
        ("id_access_token", ([ok, email, null(), null(), c"is.example.test".as_ptr()], 1)),
    ] {
        assert_eq!(request_token(client.0, strings, send_attempt), MX_OK, "{name}");
        let answer = queue.next(60_000).expect(name);
        assert_eq!(answer.status(), MX_ERR_INVALID_ARGUMENT, "{name}");
        assert!(answer.message().contains(name), "{name}: {}", answer.message());
    }
    assert!(script.state().requests.is_empty());
}

#[test]
fn the_words_of_a_refusal_belong_to_the_thread_that_was_refused() {
    // SAFETY: NULL is refused.
    unsafe { mx_queue_wake(null_mut()) };
    assert!(refusal().contains("mx_queue_wake"));
    let elsewhere = std::thread::spawn(refusal).join();
    assert_eq!(elsewhere.ok().as_deref(), Some(""));
}
