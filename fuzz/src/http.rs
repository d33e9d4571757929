//! Whatever bytes a server may send, through the whole HTTP stack.
//!
//! Input: the operation and whether the connection is kept, a line each; then what the server says,
//! request by request, with "\n---\n" between one and the next. A connection that is not kept is
//! closed behind the first.

use std::collections::VecDeque;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use matrix_capi::ffi::*;
use serde_json::{Value, json};

use crate::c::{Answer, Queue};
use crate::client::{Client, Options};
use crate::input::Input;
use crate::rows;
use crate::server::{Asked, Reply, Server};
use crate::words::{CANARY, check_message};

/// Answers come to the queue; the client stays for all inputs, as in an application.
struct World {
    server: Server,
    client: Client,
    queue: Queue,
}

const TOKEN: &str = "c4n4ry-access-token";
const MAX_BYTES: u64 = 64 * 1024;
const TRIES: usize = 3;
/// How long a kept connection waits for another request.
const PATIENCE: Duration = Duration::from_millis(5);

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let (server, queue) = (Server::start(), Queue::new());
    let options = json!({
        "timeout_ms": 10_000, "retry_delay_ms": 0, "max_rate_limit_wait_ms": 1,
        "max_response_bytes": MAX_BYTES, "access_token": TOKEN,
        "max_retries": TRIES - 1, "idle_timeout_ms": 1,
    });
    let options = Options::from_json(&options).queue(&queue);
    let client = Client::new(&format!("{}/base", server.url()), &options);
    World { server, client, queue }
});

pub fn run(data: &[u8]) {
    let world = &*WORLD;
    let mut input = Input::new(data);
    let row = rows::row_of_the_table(input.line());
    let keep = input.line() == b"keep";
    let mut replies = VecDeque::new();
    while !input.is_empty() {
        replies.push_back(input.until(b"\n---\n").to_vec());
    }
    let requests = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&requests);
    world.server.set_script(move |asked| {
        seen.lock().unwrap().push(asked.clone());
        match replies.pop_front() {
            Some(bytes) if keep => Reply::SendAndWait(bytes, PATIENCE),
            Some(bytes) => Reply::SendAndClose(bytes),
            None => Reply::SendAndClose(Vec::new()),
        }
    });

    let live = mx_debug_live_objects();
    let secret = format!("{CANARY}-hunter2");
    let params = Value::Object(rows::params(row, &secret)).to_string();
    let op = world.client.call(row.id, &params, None).expect("the call is accepted");
    let answer = world.queue.next(60_000).expect("its result comes");
    assert_eq!(answer.op(), op);
    check_answer(&answer);
    let requests = std::mem::take(&mut *requests.lock().unwrap());
    assert!(requests.len() <= TRIES, "{} requests", requests.len());
    for asked in &requests {
        check_request(row, asked);
    }
    let message = answer.message();
    check_message(&message, true);
    for secret in [&*secret, "c4n4ry.client_secret", "c4n4ry.session", TOKEN] {
        let carried = requests.iter().any(|asked| asked.holds(secret));
        assert!(!carried || !message.contains(secret), "{message:?}");
    }
    drop(answer);
    assert_eq!(world.queue.next(0).err(), Some(MX_ERR_TIMEOUT), "one result, and no more");
    assert_eq!(mx_debug_live_objects(), live);
}

fn check_answer(answer: &Answer) {
    let body = answer.json();
    let json: Option<Value> = body.as_ref().and_then(|body| serde_json::from_slice(body).ok());
    assert!(body.as_ref().is_none_or(|body| body.len() as u64 <= MAX_BYTES));
    match answer.status() {
        MX_OK => {
            assert!((200..300).contains(&answer.http_status()));
            assert!(json.is_some_and(|json| json.is_object()));
        }
        MX_ERR_MATRIX => {
            assert!(answer.errcode().is_some() || answer.http_status() == 401);
            assert!(json.is_some());
        }
        MX_ERR_BAD_RESPONSE => assert_eq!(answer.errcode(), None),
        MX_ERR_CONNECT | MX_UNKNOWN_OUTCOME => assert_eq!(answer.http_status(), 0),
        // An answer that never ends ends with the deadline; nothing of it is left.
        MX_ERR_DEADLINE => assert_eq!((answer.http_status(), body), (0, None)),
        other => panic!("no answer is {other}: {}", answer.message()),
    }
    assert!(matches!(answer.http_status(), 0 | 100..=999));
}

fn check_request(row: &matrix_capi::api::Operation, asked: &Asked) {
    use matrix_capi::api::Auth;
    let path = asked.target.split('?').next();
    assert_eq!(path, Some(format!("/base{}", row.path).as_str()));
    let bearer = asked.headers.contains_key("authorization");
    assert_eq!(bearer, row.auth != Auth::Never, "{}", row.id);
    if !asked.body.is_empty() {
        assert!(serde_json::from_slice::<Value>(&asked.body).is_ok());
    }
}
