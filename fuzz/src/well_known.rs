//! Discovery: well-known documents, OAuth metadata, /versions and redirects, as mx_discover follows
//! them over plain http.
//!
//! Input: flags ("plain" allows plain http to other hosts), a line; what the person typed, a line;
//! then the answers in order, with "\n---\n" between one and the next: status and Location on the
//! first line, then the body. "$BASE" stands for the server's own URL.

use std::collections::VecDeque;
use std::sync::{Arc, LazyLock, Mutex};

use matrix_capi::api::{BaseUrl, is_this_machine};
use matrix_capi::ffi::*;
use serde_json::{Value, json};
use url::Url;

use crate::c::{Answer, Queue, c_text};
use crate::client::{Client, Options};
use crate::input::{Input, without_nul};
use crate::server::{Asked, Reply, Server, answer};
use crate::words::{CANARY, check_message};

struct World {
    server: Server,
    strict: Client,
    plain: Client,
    queue: Queue,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let (server, queue) = (Server::start(), Queue::new());
    let client = |allow_plain_http| {
        let options = Options::from_json(&json!({
            "timeout_ms": 10_000, "max_retries": 0, "proxy": server.url(), "idle_timeout_ms": 20,
            "allow_plain_http": allow_plain_http, "max_response_bytes": 64 * 1024,
            "access_token": format!("{CANARY}-access-token"),
        }));
        Client::new("https://own.example", &options.queue(&queue))
    };
    let (strict, plain) = (client(false), client(true));
    World { server, strict, plain, queue }
});

/// The document and its redirects, /versions twice, OAuth metadata, login flows.
const MOST_REQUESTS: usize = 10;

pub fn run(data: &[u8]) {
    let world = &*WORLD;
    let live = mx_debug_live_objects();
    let mut input = Input::new(data);
    let plain = input.line() == b"plain";
    let own = world.server.url();
    let fill_in = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace("$BASE", &own);
    let typed = fill_in(input.line());
    let mut replies = VecDeque::new();
    while !input.is_empty() {
        replies.push_back(reply(&fill_in(input.until(b"\n---\n"))));
    }
    let all = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&all);
    world.server.set_script(move |asked| {
        seen.lock().unwrap().push(asked.clone());
        if asked.method == "CONNECT" {
            return Reply::SendAndClose(answer(502, &[], b""));
        }
        Reply::Send(replies.pop_front().unwrap_or_else(|| answer(404, &[], b"{}")))
    });

    let typed = c_text(without_nul(&typed));
    let client = if plain { &world.plain } else { &world.strict };
    let mut op = 0;
    // SAFETY: the client lives for ever and has a queue; `op` is writable.
    let status =
        unsafe { mx_discover(client.0, typed.as_ptr(), None, std::ptr::null_mut(), &mut op) };
    assert_eq!(status, MX_OK);
    let answer = world.queue.next(60_000).expect("its result comes");
    assert_eq!(answer.op(), op);
    check_answer(&answer, plain);
    let all = std::mem::take(&mut *all.lock().unwrap());
    assert!(all.len() <= MOST_REQUESTS, "{} requests", all.len());
    for asked in &all {
        check_asked(asked, plain);
    }
    drop(answer);
    assert_eq!(world.queue.next(0).err(), Some(MX_ERR_TIMEOUT), "one result, and no more");
    assert_eq!(mx_debug_live_objects(), live);
}

fn reply(text: &str) -> Vec<u8> {
    let (head, body) = text.split_once('\n').unwrap_or((text, ""));
    let (status, location) = head.split_once(' ').unwrap_or((head, ""));
    let status = status.parse().ok().filter(|status| (200..1000).contains(status)).unwrap_or(200);
    let location = [("location", location)];
    answer(status, if location[0].1.is_empty() { &[] } else { &location }, body.as_bytes())
}

fn check_answer(answer: &Answer, plain: bool) {
    check_message(&answer.message(), true);
    match answer.status() {
        MX_OK => {
            let base_url = answer.string("/base_url").expect("a base URL");
            let base = BaseUrl::parse(&base_url, plain).unwrap_or_else(|_| panic!("{base_url}"));
            assert_eq!(base.as_str(), base_url);
            let json: Value = serde_json::from_slice(&answer.json().unwrap()).unwrap();
            assert!(json["versions"].is_array());
            let reset = answer.string("/reset").expect("how passwords are reset");
            assert!(matches!(&*reset, "email" | "web" | "unavailable"), "{reset}");
            if let Some(page) = json.get("account_management_uri").and_then(Value::as_str) {
                assert!(reset == "web" && Url::parse(page).is_ok(), "{page:?}");
            }
        }
        MX_ERR_INVALID_ARGUMENT => assert_eq!(answer.http_status(), 0),
        MX_ERR_BAD_RESPONSE | MX_ERR_CONNECT | MX_ERR_TLS | MX_ERR_MATRIX | MX_ERR_DEADLINE => {}
        other => panic!("discovery never ends so: {other}: {}", answer.message()),
    }
}

/// Only documents are read, no access token travels, and plain http stays where it may be.
fn check_asked(asked: &Asked, plain: bool) {
    // Host and path are what some document has named.
    let headers = asked.headers.iter().filter(|(name, _)| *name != "host");
    assert!(headers.map(|(_, value)| value).all(|value| !value.contains(CANARY)), "{asked:?}");
    assert!(asked.body.is_empty());
    if asked.method == "CONNECT" {
        return;
    }
    assert_eq!(asked.method, "GET");
    let url = Url::parse(&asked.target).expect("a proxy is asked for whole URLs");
    let near = url.host().is_some_and(|host| is_this_machine(&host));
    assert!(url.scheme() == "http" && (near || plain), "plain http to another machine: {url}");
}
