//! Saved resets: one that is taken is saved again as the same, and its steps send its secret to
//! nobody but its homeserver.
//!
//! Input: the statuses of the server's answers, in order, as numbers between spaces, a line; the
//! token, a line; then the saved reset, in which "$BASE" stands for the homeserver's base URL.

use std::collections::VecDeque;
use std::ptr::null_mut;
use std::sync::{Arc, LazyLock, Mutex};

use matrix_capi::api::{BaseUrl, Request, submit_token};
use matrix_capi::ffi::*;
use serde_json::{Map, Value, json};

use crate::c::{Answer, Queue, c_text, text};
use crate::client::{Client, Options};
use crate::input::{Input, without_nul};
use crate::server::{Asked, Reply, Server, answer};
use crate::words::CANARY;

struct World {
    server: Server,
    base: BaseUrl,
    client: Client,
    queue: Queue,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let (server, queue) = (Server::start(), Queue::new());
    let options = json!({
        "timeout_ms": 10_000, "max_retries": 0, "proxy": server.url(), "idle_timeout_ms": 20,
        "access_token": format!("{CANARY}-access-token"),
    });
    let options = Options::from_json(&options).queue(&queue);
    let url = format!("{}/base", server.url());
    let client = Client::new(&url, &options);
    World { base: BaseUrl::parse(&url, false).unwrap(), server, client, queue }
});

/// A reset, freed when dropped.
struct Reset(*mut mx_password_reset);

impl Reset {
    fn restore(saved: &str) -> Result<Self, Answer> {
        let (mut reset, mut error) = (null_mut(), null_mut());
        let (client, saved) = (WORLD.client.0, c_text(saved));
        // SAFETY: the client lives for ever, and both places are writable.
        match unsafe { mx_password_reset_restore(client, saved.as_ptr(), &mut reset, &mut error) } {
            MX_OK => {
                assert!(error.is_null());
                Ok(Self(reset))
            }
            status => {
                let why = Answer(error);
                assert_eq!((status, why.status()), (MX_ERR_INVALID_ARGUMENT, status));
                assert!(reset.is_null());
                Err(why)
            }
        }
    }

    fn save(&self) -> Value {
        let mut result = null_mut();
        // SAFETY: the reset is alive, and the place is writable.
        assert_eq!(unsafe { mx_password_reset_save(self.0, &mut result) }, MX_OK);
        serde_json::from_slice(&Answer(result).json().unwrap()).unwrap()
    }

    fn stage(&self) -> mx_reset_stage {
        // SAFETY: the reset is alive.
        unsafe { mx_password_reset_stage(self.0) }
    }
}

impl Drop for Reset {
    fn drop(&mut self) {
        // SAFETY: it is ours, and is freed once.
        unsafe { mx_password_reset_free(self.0) }
    }
}

pub fn run(data: &[u8]) {
    let world = &*WORLD;
    let live = mx_debug_live_objects();
    let mut input = Input::new(data);
    let statuses = input.text();
    let token = input.text();
    let token = without_nul(&token);
    let saved = String::from_utf8_lossy(input.rest()).replace("$BASE", world.base.as_str());
    match Reset::restore(without_nul(&saved)) {
        Ok(reset) => check_reset(&reset, without_nul(&saved), &statuses, token),
        Err(why) => check_refusal(&saved, &why),
    }
    assert_eq!(mx_debug_live_objects(), live);
}

fn check_refusal(saved: &str, why: &Answer) {
    let message = why.message();
    assert_eq!(message.chars().find(|c| c.is_control()), None, "{message:?}");
    // The base URL is named, and nothing else of what was saved.
    let base_url = serde_json::from_str::<Value>(saved)
        .ok()
        .and_then(|mut json| json.get_mut("base_url").map(|base_url| base_url.take().to_string()));
    let named = base_url.is_some_and(|base_url| base_url.contains(CANARY));
    assert!(named || !message.contains(CANARY), "{message:?}");
}

fn check_reset(reset: &Reset, saved: &str, statuses: &str, token: &str) {
    let base = &WORLD.base;
    let json = reset.save();
    let mut given: Map<String, Value> = serde_json::from_str(saved).unwrap();
    for absent in ["next_link", "sid", "submit_url", "session"] {
        given.entry(absent).or_insert(Value::Null);
    }
    assert_eq!(json, Value::Object(given), "saved again, it is the same");
    let again = Reset::restore(&json.to_string()).unwrap_or_else(|why| panic!("{}", why.message()));
    assert_eq!((again.save(), again.stage()), (json.clone(), reset.stage()));
    assert_eq!(json["base_url"], base.as_str());

    let secret = json["client_secret"].as_str().unwrap().to_owned();
    let submit_url = json["submit_url"].as_str().unwrap_or_default().to_owned();
    let fields = |request: Request| {
        request
            .with("sid", Some("sid-1"))
            .with("client_secret", Some(secret.as_str()))
            .with("token", Some("123456"))
    };
    if let Ok(request) = submit_token::prepare(&submit_url, Some(base), fields) {
        let url = request.url.unwrap();
        assert!(url.scheme() == "https" || url.origin() == base.origin(), "{url}");
    }
    let asked = play(statuses);
    step(&secret, |op| {
        // SAFETY: the reset is alive; the client has a queue; `op` is writable; here and below.
        unsafe { mx_password_reset_send(reset.0, None, null_mut(), op) }
    });
    step(&secret, |op| {
        let token = c_text(token);
        // SAFETY: as above.
        unsafe { mx_password_reset_submit_token(reset.0, token.as_ptr(), None, null_mut(), op) }
    });
    step(&secret, |op| {
        // SAFETY: as above.
        unsafe {
            let password = c"c4n4ry-new-password".as_ptr();
            mx_password_reset_finish(reset.0, password, true, 0, None, null_mut(), op)
        }
    });
    for asked in std::mem::take(&mut *asked.lock().unwrap()) {
        check_asked(&asked, &secret);
    }
    // Whatever the steps made of it can be saved and restored.
    let after = reset.save();
    let back = Reset::restore(&after.to_string()).unwrap_or_else(|why| panic!("{}", why.message()));
    assert_eq!((back.save(), back.stage()), (after, reset.stage()));
}

/// Takes a step if it is its turn; then its one result comes, without a secret in it.
fn step(secret: &str, start: impl FnOnce(*mut mx_op) -> mx_status) {
    let mut op = 0;
    match start(&mut op) {
        MX_OK => {
            let answer = WORLD.queue.next(60_000).expect("its result comes");
            assert_eq!(answer.op(), op);
            let message = answer.message();
            assert_eq!(message.chars().find(|c| c.is_control()), None, "{message:?}");
            assert!(!message.contains("c4n4ry-new-password"), "{message:?}");
            // Shorter ones are in every text.
            assert!(secret.len() < 12 || !message.contains(secret), "{message:?}");
        }
        status => {
            assert_eq!(status, MX_ERR_MISUSE, "{:?}", text(mx_refusal_message()));
        }
    }
    assert_eq!(WORLD.queue.next(0).err(), Some(MX_ERR_TIMEOUT), "one result, and no more");
}

/// Everything is asked of this server, which is the client's proxy: what it sees in plain text is
/// what would have crossed the network so.
fn check_asked(asked: &Asked, secret: &str) {
    assert!(!asked.headers.contains_key("authorization"), "no access token travels: {asked:?}");
    if asked.method == "CONNECT" {
        assert!(asked.body.is_empty());
        return;
    }
    let own = format!("{}/", WORLD.server.url());
    assert!(asked.target.starts_with(&own), "plain http to another origin: {asked:?}");
    assert!(!asked.target.contains(secret) || secret.len() < 12, "{asked:?}");
}

type AllAsked = Arc<Mutex<Vec<Asked>>>;

fn play(statuses: &str) -> AllAsked {
    let all = AllAsked::default();
    let seen = Arc::clone(&all);
    let mut statuses: VecDeque<u16> =
        statuses.split(' ').filter_map(|word| word.parse().ok()).collect();
    WORLD.server.set_script(move |asked| {
        seen.lock().unwrap().push(asked.clone());
        if asked.method == "CONNECT" {
            return Reply::SendAndClose(answer(502, &[], b""));
        }
        let status = statuses.pop_front().filter(|status| (200..1000).contains(status));
        Reply::Send(reply(asked, status.unwrap_or(200)))
    });
    all
}

/// What a homeserver would say with this status.
fn reply(asked: &Asked, status: u16) -> Vec<u8> {
    let path = asked.target.rsplit('/').next().unwrap_or_default();
    let body = match (status, path) {
        (200, "auth_metadata") => json!({"issuer": "https://is.example/"}),
        (200, "requestToken") => json!({"sid": "sid-2", "submit_url": "https://is.example/s"}),
        (200, _) => json!({"success": true}),
        (201, _) => json!({"sid": "sid-2"}),
        (202, _) => json!({"success": false}),
        (401, _) => json!({"session": "c4n4ry-session", "flows": [], "params": {}}),
        (402, _) => json!({"flows": []}),
        (403, _) => {
            json!({"errcode": "M_FORBIDDEN", "error": String::from_utf8_lossy(&asked.body)})
        }
        (404, _) => json!({"errcode": "M_UNRECOGNIZED", "error": "no\nsuch"}),
        _ => json!({"errcode": "M_UNKNOWN", "error": String::from_utf8_lossy(&asked.body)}),
    };
    let status = if status == 402 { 401 } else { status };
    answer(status, &[], body.to_string().as_bytes())
}
