//! The proxies that the environment names: used for other machines, never for plain http to this one.

mod common;

use std::env;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::thread;

use common::{Client, ClosedPort, Delivery, Mode, Options, RESET, Script, reset_params};
use matrix_capi::ffi::*;
use serde_json::json;

/// One test, because the environment belongs to the whole process.
#[test]
fn the_environments_proxies_are_used_for_other_machines_only() {
    let closed = ClosedPort::new();
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = proxy.local_addr().unwrap().port();
    // SAFETY: no other thread of this process reads the environment yet.
    unsafe {
        env::set_var("http_proxy", format!("http://127.0.0.1:{}", closed.port));
        env::set_var("https_proxy", format!("http://127.0.0.1:{port}"));
        env::set_var("no_proxy", "excepted.invalid");
    }
    let asked = thread::spawn(move || {
        let (connection, _) = proxy.accept().unwrap();
        let mut line = String::new();
        BufReader::new(connection).read_line(&mut line).unwrap();
        line
    });

    let delivery = Delivery::new(Mode::Queue);
    let outcome = |url: &str| {
        let options = Options::from_json(&json!({"max_retries": 0, "timeout_ms": 60_000}));
        let client = Client::new(url, &delivery.options(options));
        client.call(RESET, &reset_params(1), None).unwrap();
        delivery.next()
    };

    let script = Script::new(&json!([{"echo": true}]));
    let answer = outcome(&script.url());
    assert_eq!(answer.status(), MX_OK, "{}", answer.message());
    assert_eq!(outcome("https://excepted.invalid").status(), MX_ERR_CONNECT);
    assert_eq!(outcome("https://matrix.invalid").status(), MX_ERR_CONNECT);
    assert_eq!(asked.join().unwrap(), "CONNECT matrix.invalid:443 HTTP/1.1\r\n");
}
