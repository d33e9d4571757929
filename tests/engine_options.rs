//! How a client reaches its homeserver: which addresses it takes, connections it keeps, a proxy, no TLS where
//! there is none.

#![allow(clippy::unwrap_used, reason = "a test fails by panic")]

mod common;

use std::collections::HashSet;
use std::ptr::{null, null_mut};

use common::{Client, Delivery, Mode, Options, RESET, Script, reset_params, server, text};
use matrix_capi::ffi::*;
use serde_json::{Value, json};

fn echoing() -> Script {
    Script::new(&json!([{"echo": true}]))
}

/// Makes calls one after the other and returns how many connections they took.
fn connections(options: &Value, calls: usize) -> usize {
    let (script, delivery) = (echoing(), Delivery::new(Mode::Queue));
    let client = Client::new(&script.url(), &delivery.options(Options::from_json(options)));
    for attempt in 0..calls {
        client.call(RESET, &reset_params(attempt), None).unwrap();
        assert_eq!(delivery.next().status(), MX_OK);
    }
    let requests = script.state().requests;
    requests
        .iter()
        .map(|request| request["connection"].as_u64().unwrap())
        .collect::<HashSet<_>>()
        .len()
}

#[test]
fn a_bad_homeserver_url_is_refused_and_the_result_says_why() {
    for url in [
        "",
        "hs.example",
        "/path",
        "https://",
        "https:///path",
        "ftp://hs.example",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://alice:hunter2@hs.example",
        "https://alice@hs.example",
        "https://hs.example:99999",
        "https://hs.example/?token=hunter2",
        "https://hs.example/#hunter2",
        "http://hs.example",
        "http://localhost.example",
        "http://192.0.2.1:8008",
        "http://[2001:db8::1]",
    ] {
        let (status, why) = Client::try_new(url, &Options::new()).err().expect(url);
        assert_eq!(
            (status, why.status()),
            (MX_ERR_INVALID_ARGUMENT, MX_ERR_INVALID_ARGUMENT),
            "{url}"
        );
        let message = why.message();
        assert!(
            message.contains("homeserver_url") && !message.contains("hunter2"),
            "{url}: {message}"
        );
        assert_eq!((why.op(), why.http_status(), why.json()), (0, 0, None));
        let refusal = text(mx_refusal_message()).unwrap();
        assert!(refusal.contains("homeserver_url") && !refusal.contains("hunter2"), "{refusal}");
    }
    let mut client = null_mut();
    // SAFETY: the strings end with NUL, `client` is writable, and NULL is allowed for the rest.
    let status = unsafe { mx_client_new(c"".as_ptr(), null(), &mut client, null_mut()) };
    assert_eq!((status, client), (MX_ERR_INVALID_ARGUMENT, null_mut()));
}

#[test]
fn plain_http_to_another_machine_is_taken_where_it_is_allowed() {
    let options = Options::from_json(&json!({"allow_plain_http": true}));
    assert!(Client::try_new("http://192.0.2.1:8008", &options).is_ok());
    for url in
        ["http://localhost", "http://127.0.0.1", "http://127.1.2.3:8008", "http://[::1]:8008/x/"]
    {
        assert!(Client::try_new(url, &Options::new()).is_ok(), "{url}");
    }
}

#[test]
fn a_connection_is_used_again_unless_none_is_kept() {
    assert_eq!(connections(&json!({}), 10), 1);
    assert_eq!(connections(&json!({"max_idle_connections": 0}), 10), 10);
}

#[test]
fn a_kept_connection_that_the_server_has_closed_costs_no_call() {
    // After each answer the server closes, without having said so.
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\n{\"sid\":\"abc\"}";
    let script = Script::new(&json!([{"raw": answer, "keep_alive": false}]));
    let delivery = Delivery::new(Mode::Queue);
    let client = Client::new(&script.url(), &delivery.options(Options::new()));
    for attempt in 0..100 {
        client.call(RESET, &reset_params(attempt), None).unwrap();
        let answer = delivery.next();
        assert_eq!(answer.status(), MX_OK, "{}", answer.message());
    }
}

#[test]
fn a_homeserver_may_be_an_ipv6_address_or_a_name() {
    let script = echoing();
    let mut hosts = vec!["127.0.0.1", "localhost", "LocalHost"];
    if server().ipv6 {
        hosts.push("[::1]");
    }
    for host in hosts {
        let url = script.url().replace("127.0.0.1", host);
        let delivery = Delivery::new(Mode::Queue);
        let client = Client::new(&url, &delivery.options(Options::new()));
        client.call(RESET, &reset_params(1), None).unwrap();
        assert_eq!(delivery.next().status(), MX_OK, "{host}");
    }
}

#[test]
fn a_proxy_is_asked_for_the_whole_url_with_its_password_in_a_header() {
    let script = echoing();
    let delivery = Delivery::new(Mode::Queue);
    let proxy = format!("http://alice:hunter2@127.0.0.1:{}", server().port);
    let options = Options::from_json(&json!({"proxy": proxy, "allow_plain_http": true}));
    // Nobody resolves the homeserver's name: that is the proxy's task.
    let url = format!("http://homeserver.invalid:8008/{}", script.name());
    let client = Client::new(&url, &delivery.options(options));
    client.call(RESET, &reset_params(1), None).unwrap();
    let answer = delivery.next();
    assert_eq!(answer.status(), MX_OK, "{}", answer.message());
    let request = &script.state().requests[0];
    let target = format!("{url}/_matrix/client/v3/account/password/email/requestToken");
    assert_eq!(request["target"], target);
    let headers = request["headers"].to_string().to_lowercase();
    assert!(headers.contains("proxy-authorization") && !headers.contains("hunter2"), "{headers}");
}

#[test]
fn what_is_plain_because_it_stays_on_this_machine_goes_to_no_proxy_elsewhere() {
    let script = echoing();
    let delivery = Delivery::new(Mode::Queue);
    let options = Options::from_json(&json!({"proxy": "http://proxy.invalid:3128"}));
    let client = Client::new(&script.url(), &delivery.options(options));
    client.call(RESET, &reset_params(1), None).unwrap();
    let answer = delivery.next();
    assert_eq!(answer.status(), MX_OK, "{}", answer.message());
}

#[test]
fn a_proxy_that_cannot_be_reached_is_no_connection_and_its_password_stays_secret() {
    let closed = common::ClosedPort::new();
    let delivery = Delivery::new(Mode::Queue);
    let options = json!({
        "proxy": format!("http://alice:hunter2@127.0.0.1:{}", closed.port), "max_retries": 0,
    });
    let script = echoing();
    let client = Client::new(&script.url(), &delivery.options(Options::from_json(&options)));
    client.call(RESET, &reset_params(1), None).unwrap();
    let answer = delivery.next();
    assert_eq!(answer.status(), MX_ERR_CONNECT);
    assert!(!answer.message().contains("hunter2"), "{}", answer.message());
    assert!(script.state().requests.is_empty());
}

#[test]
fn https_to_a_server_that_speaks_none_is_a_tls_error() {
    let delivery = Delivery::new(Mode::Queue);
    let url = format!("https://127.0.0.1:{}", server().port);
    let client = Client::new(&url, &delivery.options(Options::new()));
    client.call(RESET, &reset_params(1), None).unwrap();
    let answer = delivery.next();
    assert_eq!((answer.status(), answer.http_status()), (MX_ERR_TLS, 0), "{}", answer.message());
}

#[test]
fn a_name_that_does_not_exist_is_no_connection() {
    let delivery = Delivery::new(Mode::Queue);
    let options = Options::from_json(&json!({"max_retries": 0}));
    let client = Client::new("https://homeserver.invalid", &delivery.options(options));
    client.call(RESET, &reset_params(1), None).unwrap();
    assert_eq!(delivery.next().status(), MX_ERR_CONNECT);
}

#[test]
fn an_access_token_counts_for_the_calls_that_start_after_it_was_set() {
    let script = Script::new(&json!([{"json": {"user_id": "@alice:example.test"}}]));
    let delivery = Delivery::new(Mode::Queue);
    let client = Client::new(&script.url(), &delivery.options(Options::new()));
    for (token, status) in [
        (None, MX_ERR_INVALID_ARGUMENT),
        (Some("syt_first"), MX_OK),
        (Some("syt_second"), MX_OK),
        (None, MX_ERR_INVALID_ARGUMENT),
    ] {
        assert_eq!(client.set_access_token(token), MX_OK);
        client.call("getTokenOwner", "{}", None).unwrap();
        assert_eq!(delivery.next().status(), status, "{token:?}");
    }
    let sent: Vec<_> =
        script.state().requests.iter().map(|request| request["headers"].to_string()).collect();
    assert_eq!(sent.len(), 2);
    assert!(
        sent[0].contains("Bearer syt_first") && sent[1].contains("Bearer syt_second"),
        "{sent:?}"
    );
}

#[test]
fn options_that_change_after_a_client_was_made_do_not_change_it() {
    let (script, delivery) = (echoing(), Delivery::new(Mode::Queue));
    let options = delivery.options(Options::from_json(&json!({"user_agent": "before"})));
    let client = Client::new(&script.url(), &options);
    assert_eq!(options.set("user_agent", &json!("after")), MX_OK);
    drop(options);
    client.call(RESET, &reset_params(1), None).unwrap();
    assert_eq!(delivery.next().status(), MX_OK);
    assert!(script.state().requests[0]["headers"].to_string().contains("before"));
}
