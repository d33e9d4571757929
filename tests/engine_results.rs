//! What a result says, in every type that C can ask for, and what the library says of itself.

#![allow(clippy::unwrap_used, reason = "a test fails by panic")]

mod common;

use std::ptr::null_mut;

use common::{Answer, Client, Delivery, Mode, Options, Script, c_text, text};
use matrix_capi::ffi::*;
use serde_json::{Value, json};

fn answer_with(body: &str) -> Answer {
    let script = Script::new(&json!([{"body": body}]));
    let delivery = Delivery::new(Mode::Queue);
    let client = Client::new(&script.url(), &delivery.options(Options::new()));
    client.call("getVersions", "{}", None).unwrap();
    delivery.next()
}

#[test]
fn integers_and_booleans_are_read_by_pointer() {
    let answer = answer_with(
        r#"{"versions": [], "zero": 0, "least": -9223372036854775808, "most": 9223372036854775807,
            "beyond": 9223372036854775808, "part": 1.5, "whole": 2.0, "text": "5", "yes": true,
            "o": {"no": false, "a/b": [3, {"~": 4}]}, "nothing": null}"#,
    );
    assert_eq!(answer.status(), MX_OK);
    assert_eq!(answer.int("/zero"), Some(0));
    assert_eq!(answer.int("/least"), Some(i64::MIN));
    assert_eq!(answer.int("/most"), Some(i64::MAX));
    assert_eq!(answer.int("/o/a~1b/0"), Some(3));
    assert_eq!(answer.int("/o/a~1b/1/~0"), Some(4));
    for pointer in ["/beyond", "/part", "/text", "/yes", "/o", "/nothing", "/missing", "zero", ""] {
        assert_eq!(answer.int(pointer), None, "{pointer}");
    }
    assert_eq!((answer.bool("/yes"), answer.bool("/o/no")), (Some(true), Some(false)));
    for pointer in ["/zero", "/text", "/nothing", "/missing"] {
        assert_eq!(answer.bool(pointer), None, "{pointer}");
    }
}

#[test]
fn a_value_that_is_not_there_leaves_its_place_alone() {
    let answer = answer_with(r#"{"versions": []}"#);
    let (mut int, mut flag, mut ms) = (7, true, 7);
    // SAFETY: the result is alive, and all places are writable or NULL.
    unsafe {
        assert!(!mx_result_int(answer.0, c"/no".as_ptr(), &mut int));
        assert!(!mx_result_bool(answer.0, c"/no".as_ptr(), &mut flag));
        assert!(!mx_result_retry_after_ms(answer.0, &mut ms));
        assert!(!mx_result_int(answer.0, std::ptr::null(), &mut int));
        assert!(mx_result_string(answer.0, std::ptr::null()).is_null());
        assert!(!mx_result_body(answer.0, null_mut()).is_null());
    }
    assert_eq!((int, flag, ms), (7, true, 7));
}

#[test]
fn a_borrowed_string_stays_valid_while_others_are_asked_for() {
    let names: Vec<_> = (0..1000).map(|index| format!("name-{index}")).collect();
    let mut members: Value = json!({"versions": []});
    for name in &names {
        members[name] = json!(format!("value of {name}"));
    }
    let answer = answer_with(&members.to_string());
    let get = |name: &String| {
        let pointer = c_text(&format!("/{name}"));
        // SAFETY: the result is alive.
        unsafe { mx_result_string(answer.0, pointer.as_ptr()) }
    };
    let first: Vec<_> = names.iter().map(get).collect();
    let second: Vec<_> = names.iter().map(get).collect();
    assert_eq!(first, second, "asking again gives the same string");
    for (name, borrowed) in names.iter().zip(first) {
        assert_eq!(text(borrowed), Some(format!("value of {name}")));
    }
}

#[test]
fn a_result_may_be_read_from_many_threads() {
    struct Shared(Answer);
    // SAFETY: the header allows every getter from any thread at any time.
    unsafe impl Sync for Shared {}
    let shared = &Shared(answer_with(r#"{"versions": [], "a": "A", "b": "B", "c": "C", "n": 5}"#));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(move || {
                for _ in 0..1000 {
                    let strings =
                        ["/a", "/b", "/c"].map(|pointer| shared.0.string(pointer).unwrap());
                    assert_eq!(strings, ["A", "B", "C"]);
                    assert_eq!((shared.0.int("/n"), shared.0.http_status()), (Some(5), 200));
                }
            });
        }
    });
}

#[test]
fn every_status_has_its_constants_name() {
    for (status, name) in [
        (MX_OK, "MX_OK"),
        (MX_ERR_NULL_ARGUMENT, "MX_ERR_NULL_ARGUMENT"),
        (MX_ERR_INVALID_UTF8, "MX_ERR_INVALID_UTF8"),
        (MX_ERR_MISUSE, "MX_ERR_MISUSE"),
        (MX_ERR_CLOSED, "MX_ERR_CLOSED"),
        (MX_ERR_FORKED, "MX_ERR_FORKED"),
        (MX_ERR_NOT_FOUND, "MX_ERR_NOT_FOUND"),
        (MX_ERR_TIMEOUT, "MX_ERR_TIMEOUT"),
        (MX_ERR_INVALID_ARGUMENT, "MX_ERR_INVALID_ARGUMENT"),
        (MX_ERR_CANCELLED, "MX_ERR_CANCELLED"),
        (MX_ERR_DEADLINE, "MX_ERR_DEADLINE"),
        (MX_ERR_CONNECT, "MX_ERR_CONNECT"),
        (MX_ERR_TLS, "MX_ERR_TLS"),
        (MX_ERR_MATRIX, "MX_ERR_MATRIX"),
        (MX_ERR_BAD_RESPONSE, "MX_ERR_BAD_RESPONSE"),
        (MX_PENDING, "MX_PENDING"),
        (MX_WEB_REQUIRED, "MX_WEB_REQUIRED"),
        (MX_UNKNOWN_OUTCOME, "MX_UNKNOWN_OUTCOME"),
        (MX_ERR_INTERNAL, "MX_ERR_INTERNAL"),
    ] {
        assert_eq!(text(mx_status_name(status)).as_deref(), Some(name));
    }
    for unknown in [-1, 8, 31, 42, 63, 65, i32::MIN, i32::MAX] {
        assert_eq!(text(mx_status_name(unknown)).as_deref(), Some("unknown status"), "{unknown}");
    }
}

#[test]
fn the_version_is_the_packages_in_both_forms() {
    let version = text(mx_version()).unwrap();
    assert_eq!(version, env!("CARGO_PKG_VERSION"));
    let parts: Vec<u32> = version.split('.').map(|part| part.parse().unwrap()).collect();
    assert_eq!(mx_version_number(), parts[0] * 1_000_000 + parts[1] * 1_000 + parts[2]);
}

#[test]
fn the_table_of_operations_says_what_each_takes() {
    let table: Vec<Value> = serde_json::from_str(&text(mx_operations()).unwrap()).unwrap();
    let row = table.iter().find(|row| row["id"] == common::RESET).unwrap();
    assert_eq!(row["method"], "POST");
    assert_eq!(row["path"], "/_matrix/client/v3/account/password/email/requestToken");
    assert_eq!(row["auth"], "never");
    let params: Vec<_> = row["params"]
        .as_array()
        .unwrap()
        .iter()
        .map(|param| (param["name"].as_str().unwrap(), param["required"].as_bool().unwrap()))
        .collect();
    let spec = [
        ("client_secret", true),
        ("email", true),
        ("send_attempt", true),
        ("next_link", false),
        ("id_access_token", false),
        ("id_server", false),
    ];
    assert_eq!(params, spec);
}

#[test]
fn a_generated_client_secret_is_long_random_and_in_the_grammar() {
    let generate = || {
        let mut buffer = [0x7f; MX_CLIENT_SECRET_SIZE + 1];
        // SAFETY: the buffer is at least as long as it is said to be.
        let status =
            unsafe { mx_generate_client_secret(buffer.as_mut_ptr(), MX_CLIENT_SECRET_SIZE) };
        assert_eq!((status, buffer[MX_CLIENT_SECRET_SIZE]), (MX_OK, 0x7f));
        text(buffer.as_ptr()).unwrap()
    };
    let mut secrets: Vec<_> = (0..1000).map(|_| generate()).collect();
    for secret in &secrets {
        let allowed = |c: char| c.is_ascii_alphanumeric() || ".=_-".contains(c);
        assert!(secret.len() == 43 && secret.chars().all(allowed), "{secret}");
    }
    secrets.sort();
    secrets.dedup();
    assert_eq!(secrets.len(), 1000);
    let mut small = [0x7f; 43];
    // SAFETY: the buffer is as long as it is said to be.
    let status = unsafe { mx_generate_client_secret(small.as_mut_ptr(), small.len()) };
    assert_eq!((status, small), (MX_ERR_INVALID_ARGUMENT, [0x7f; 43]));
}
