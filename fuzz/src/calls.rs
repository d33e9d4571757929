//! Sequences of C calls in any order from several threads, against a model: one completion for each
//! accepted call, none late, none for a refused one, and at the end no object and no thread.
//!
//! Input: what the server does, request by request; what callbacks do, one by one; the clients
//! that exist from the start; then a script for each thread, each a line. `server_does`,
//! `Round::in_callback`, `Round::make_client` and `actions::act` say what the letters mean.

mod actions;
mod log;
mod model;
mod round;

use std::collections::VecDeque;
use std::thread;

use crate::input::Input;
use crate::server::{Asked, Reply, Server, answer};
use round::Round;

const MOST_THREADS: usize = 4;
/// More of them find nothing that fewer do not.
const MOST_ACTIONS: usize = 48;

pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let mut behaviours: VecDeque<u8> = input.line().to_vec().into();
    let server = Server::start();
    server.set_script(move |asked| server_does(behaviours.pop_front().unwrap_or(b'o'), asked));
    let round = Round::new(&server, input.line());
    for (slot, kind) in input.line().iter().take(round::SLOTS).enumerate() {
        round.make_client(slot, *kind);
    }
    let mut scripts = Vec::new();
    while scripts.len() < MOST_THREADS && !input.is_empty() {
        scripts.push(input.line());
    }
    thread::scope(|scope| {
        for script in &scripts {
            scope.spawn(|| {
                let mut script = Input::new(script);
                for _ in 0..MOST_ACTIONS {
                    if script.is_empty() {
                        break;
                    }
                    actions::act(&round, script.byte(), script.byte());
                }
            });
        }
    });
    round.end();
}

/// What the server does with a request.
fn server_does(behaviour: u8, asked: &Asked) -> Reply {
    let ok = || {
        let path = asked.target.rsplit('/').next().unwrap_or_default();
        let body = match path {
            "versions" => r#"{"versions": ["v1.11"]}"#,
            "login" => r#"{"flows": [{"type": "m.login.password"}]}"#,
            "requestToken" => r#"{"sid": "sid-1"}"#,
            "auth_metadata" => r#"{"errcode": "M_UNRECOGNIZED", "error": "no"}"#,
            _ => r#"{"success": true}"#,
        };
        let status = if path == "auth_metadata" { 404 } else { 200 };
        answer(status, &[], body.as_bytes())
    };
    let error = |status, errcode: &str| {
        let body = format!(r#"{{"errcode": "{errcode}", "error": "said"}}"#);
        answer(status, &[("retry-after", "0")], body.as_bytes())
    };
    match behaviour {
        b'e' => Reply::Send(error(403, "M_FORBIDDEN")),
        b'l' => Reply::Send(error(429, "M_LIMIT_EXCEEDED")),
        b'w' => Reply::Send(error(404, "M_UNRECOGNIZED")),
        b'b' => Reply::SendAndClose(error(502, "M_UNKNOWN")),
        b'u' => Reply::Send(answer(401, &[], br#"{"session": "s-1", "flows": [], "params": {}}"#)),
        b't' => {
            let url = format!("http://{}/submit", asked.headers["host"]);
            let body = format!(r#"{{"sid": "sid-2", "submit_url": "{url}"}}"#);
            Reply::Send(answer(200, &[], body.as_bytes()))
        }
        b'c' => Reply::SendAndClose(Vec::new()),
        b'p' => {
            let whole = ok();
            Reply::SendAndClose(whole[..whole.len() - 2].to_vec())
        }
        b'h' => Reply::Nothing,
        b'g' => Reply::SendAndClose(b"\x16\x03\x01 not HTTP\r\n\r\n".to_vec()),
        b'x' => Reply::SendAndClose(ok()),
        _ => Reply::Send(ok()),
    }
}
