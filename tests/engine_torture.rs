//! Every call can be cancelled, and its client freed, at each place at which it waits: it completes
//! once, nothing is left over, and what comes next works.

#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::thread;
use std::time::Duration;

use common::little_server::{Asked, Reply, serve};
use common::victim::{Deed, Job, Victim};
use common::{Patience, end_if_it_hangs, threads_of_ours};
use matrix_capi::api::{Request, Status, table};
use matrix_capi::engine::Call;
use matrix_capi::flow::{Change, PasswordReset, ResetState, Server, Stage, discover};
use serde_json::json;

/// A homeserver for everybody: what it says depends on what it is asked, and how often.
fn answer(asked: &Asked) -> Reply {
    let unrecognized = || Reply::Json(404, json!({"errcode": "M_UNRECOGNIZED", "error": ""}));
    let login = json!({"flows": [{"type": "m.login.password"}]});
    let mail = json!({"sid": "1", "submit_url": format!("{}/submit", base(&asked.name))});
    let challenge = json!({"session": "s", "flows": [{"stages": ["m.login.email.identity"]}]});
    match (asked.name.as_str(), asked.path.as_str()) {
        // A web site, which leads to its homeserver.
        (".well-known", _) => Reply::Redirect("/site/well-known".to_owned()),
        ("site", "/well-known") => {
            Reply::Json(200, json!({"m.homeserver": {"base_url": base("found")}}))
        }
        (name, "/_matrix/client/versions") => match (name, asked.count) {
            ("site", _) => unrecognized(),
            (name, 1) if name.starts_with("limits") => Reply::Json(
                429,
                json!({"errcode": "M_LIMIT_EXCEEDED", "error": "", "retry_after_ms": 20}),
            ),
            (name, 1) if name.starts_with("breaks") => Reply::Nothing,
            (name, 2) if name.starts_with("breaks") => Reply::Json(503, json!({})),
            (name, _) if name.starts_with("redirects") => Reply::Redirect("/elsewhere".to_owned()),
            (name, _) if name.starts_with("slow") => Reply::Slow(json!({"versions": ["v1.16"]})),
            _ => Reply::Json(200, json!({"versions": ["v1.16"]})),
        },
        (_, "/_matrix/client/v3/login") => Reply::Json(200, login),
        (_, "/_matrix/client/v3/account/password/email/requestToken") => Reply::Json(200, mail),
        (_, "/submit") => Reply::Json(200, json!({"success": true})),
        // Without proof a session; with it, "not confirmed yet" the first time where that is the case.
        (name, "/_matrix/client/v3/account/password") => {
            let confirmed = asked.count > 2 || !name.starts_with("unconfirmed");
            match confirmed && asked.body.contains("threepid_creds") {
                true => Reply::Json(200, json!({})),
                false => Reply::Json(401, challenge),
            }
        }
        _ => unrecognized(),
    }
}

fn base(name: &str) -> String {
    static PORT: OnceLock<u16> = OnceLock::new();
    format!("http://127.0.0.1:{}/{name}", PORT.get_or_init(|| serve(answer)))
}

/// Counts the whole process, so one test runs at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    end_if_it_hangs();
    base("");
    ALONE.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").map(Iterator::count).unwrap_or_default()
}

/// Does both deeds at every place of what `scene` does with a client; so many places at the same
/// time, because that changes at how many places a job waits.
fn torture(case: &str, at_once: usize, scene: fn(&mut Victim)) {
    let _alone = alone();
    let before = descriptors();
    // Whether the deed was done, and whether the scene was long enough for it.
    let run = |deed, at| {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("{case}-{}", NEXT.fetch_add(1, SeqCst));
        let mut victim = Victim::new(base(&name), deed, at);
        scene(&mut victim);
        victim.end();
        (victim.done(), victim.was_there())
    };
    for deed in [Deed::Cancel, Deed::Free] {
        let (mut places, mut first, mut goes_on) = (0, 0, true);
        while goes_on {
            let runs: Vec<_> = thread::scope(|scope| {
                let runs = first..first + at_once;
                let runs: Vec<_> = runs.map(|at| scope.spawn(move || run(deed, at))).collect();
                runs.into_iter().map(|run| run.join().unwrap()).collect()
            });
            first += at_once;
            places += runs.iter().filter(|(done, _)| *done).count();
            goes_on = runs.iter().all(|(_, long_enough)| *long_enough);
        }
        println!("{case}: {deed:?} at {places} places");
        assert!(places >= 2, "accepted, and at its first poll: {places}");
        assert_eq!(threads_of_ours(), [""; 0]);
        // The server's ends of the connections are in this process, too.
        assert!(Patience::new().until(|| descriptors() == before), "descriptors are left");
    }
}

/// A job that is one operation.
fn operation(request: fn() -> Request) -> impl FnOnce(Call) -> Job {
    move |call| Box::pin(async move { call.run(request().prepare()).await })
}

fn versions() -> impl FnOnce(Call) -> Job {
    operation(|| Request::new(&table::GET_VERSIONS))
}

#[test]
fn a_get_can_be_ended_at_every_place() {
    torture("get", 4, |victim| victim.until(Status::Ok, versions));
}

#[test]
fn a_slow_answer_can_be_ended_at_every_place() {
    torture("slow", 4, |victim| victim.until(Status::Ok, versions));
}

#[test]
fn a_call_with_retries_can_be_ended_at_every_place() {
    torture("breaks", 4, |victim| victim.until(Status::Ok, versions));
}

#[test]
fn a_call_that_waits_for_a_rate_limit_can_be_ended_at_every_place() {
    torture("limits", 4, |victim| victim.until(Status::Ok, versions));
}

#[test]
fn a_call_that_is_redirected_can_be_ended_at_every_place() {
    torture("redirects", 4, |victim| victim.until(Status::BadResponse, versions));
}

fn mail() -> Request {
    Request::new(&table::REQUEST_TOKEN_TO_RESET_PASSWORD_EMAIL)
        .with("client_secret", Some("secret"))
        .with("email", Some("alice@example.test"))
        .with("send_attempt", Some(1_i64))
}

#[test]
fn a_post_can_be_ended_at_every_place() {
    torture("post", 4, |victim| {
        victim.until(Status::Ok, || operation(mail));
    });
}

#[test]
fn discovery_can_be_ended_at_every_place() {
    torture("discover", 4, |victim| {
        victim.until(Status::Ok, || {
            // It is no homeserver: its well-known document redirects, and leads to one.
            let site = Server::parse(&base("site"), false).unwrap();
            |call| Box::pin(discover(call, site)) as Job
        });
    });
}

fn new_reset(victim: &Victim) -> ResetState {
    let email = "alice@example.test";
    ResetState::new(&victim.base, email, None, "secret".into()).unwrap()
}

/// Changes the password; the reset must be at that stage, and is done then.
fn finish(victim: &mut Victim, reset: &Arc<PasswordReset>) {
    victim.until(Status::Ok, || {
        let step = reset.begin_finish().unwrap();
        let change = Change { new_password: "new password".into(), logout_devices: false };
        |call| Box::pin(step.finish(call, change, Duration::from_secs(60))) as Job
    });
    assert_eq!(reset.stage(), Stage::Done);
}

#[test]
fn a_whole_password_reset_can_be_ended_at_every_place_and_goes_on_to_its_end() {
    torture("reset", 4, |victim| {
        let reset = PasswordReset::new(new_reset(victim));
        victim.until(Status::Ok, || {
            let step = reset.begin_send().unwrap();
            |call| Box::pin(step.send(call)) as Job
        });
        assert_eq!(reset.stage(), Stage::AwaitsToken);
        victim.until(Status::Ok, || {
            let step = reset.begin_submit_token().unwrap();
            |call| Box::pin(step.submit_token(call, "token".into())) as Job
        });
        assert_eq!(reset.stage(), Stage::Confirmed);
        finish(victim, &reset);
    });
}

#[test]
fn a_reset_that_polls_until_it_is_confirmed_can_be_ended_at_every_place() {
    // Between two polls are two seconds.
    torture("unconfirmed", 24, |victim| {
        let mut state = new_reset(victim);
        (state.stage, state.sid) = (Stage::AwaitsLink, Some("1".to_owned()));
        finish(victim, &PasswordReset::new(state));
    });
}
