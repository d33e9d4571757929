//! Runs the contract table of `tests/contract` through the C functions, by callback and by queue.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panic")]

mod common;

use std::collections::BTreeSet;
use std::ffi::{c_char, c_void};
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use common::{
    Answer, Client, ClosedPort, Delivery, Mode, Options, Patience, Script, State, live_objects,
};
use matrix_capi::ffi::{MX_LOG_DEBUG, MX_OK, mx_log_set};
use serde_json::{Value, json};

/// Most cases only wait; this many do so at the same time.
const AT_ONCE: usize = 8;
/// Live objects are counted, so only one run may have any.
static ONE_RUN: Mutex<()> = Mutex::new(());

/// What the library told while the cases ran: the lines of its log, and the messages of its results.
static TOLD: Mutex<Vec<String>> = Mutex::new(Vec::new());
const SECRETS: [&str; 6] =
    ["client_secret", "password", "new_password", "token", "access_token", "id_access_token"];

const FILES: [&str; 6] = [
    "answers.json",
    "arguments.json",
    "bad_responses.json",
    "errors.json",
    "faults.json",
    "requests.json",
];
const CASE: [&str; 7] =
    ["name", "server", "base_path", "options", "call", "cancel_after_ms", "expect"];
const EXPECT: [&str; 12] = [
    "status",
    "http_status",
    "errcode",
    "retry_after_ms",
    "strings",
    "json",
    "message_contains",
    "message_lacks",
    "completions",
    "requests",
    "closed_early",
    "request",
];
const REQUEST: [&str; 7] = ["method", "path", "query", "headers", "no_headers", "json", "body"];

#[test]
fn every_case_holds_with_a_callback() {
    run_all(Mode::Callback);
}

#[test]
fn every_case_holds_with_a_queue() {
    run_all(Mode::Queue);
}

#[test]
fn every_case_has_a_name_of_its_own_and_no_member_that_nobody_reads() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contract"));
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name()).collect();
    files.retain(|file| file != "README.md");
    files.sort();
    assert_eq!(files, FILES);
    let cases = cases();
    let mut names: Vec<_> = cases.iter().map(|case| case["name"].as_str().unwrap()).collect();
    names.sort();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
    for case in &cases {
        let call = ["operation", "params", "params_text"];
        for (object, known) in [
            (case, CASE.as_slice()),
            (&case["call"], &call),
            (&case["expect"], &EXPECT),
            (&case["expect"]["request"], &REQUEST),
        ] {
            for (member, _) in object.as_object().into_iter().flatten() {
                assert!(known.contains(&member.as_str()), "{}: {member}", case["name"]);
            }
        }
    }
}

fn cases() -> Vec<Value> {
    let read = |file| {
        let path = format!("{}/tests/contract/{file}", env!("CARGO_MANIFEST_DIR"));
        serde_json::from_str::<Vec<Value>>(&fs::read_to_string(path).unwrap()).unwrap()
    };
    FILES.into_iter().flat_map(read).collect()
}

fn run_all(mode: Mode) {
    let _alone = ONE_RUN.lock();
    let cases = cases();
    // SAFETY: the callback takes any user_data.
    assert_eq!(unsafe { mx_log_set(MX_LOG_DEBUG, Some(hear), std::ptr::null_mut()) }, MX_OK);
    let (next, complaints) = (Mutex::new(cases.iter()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let Some(case) = next.lock().unwrap().next() else { return };
                    let mut found = Vec::new();
                    run(case, mode, &mut found);
                    for complaint in found {
                        complaints.lock().unwrap().push(format!("{}: {complaint}", case["name"]));
                    }
                }
            });
        }
    });
    let complaints = complaints.into_inner().unwrap();
    assert!(complaints.is_empty(), "{mode:?}:\n  {}", complaints.join("\n  "));
    assert_eq!(live_objects(), 0);
    // SAFETY: as above.
    assert_eq!(unsafe { mx_log_set(MX_LOG_DEBUG, None, std::ptr::null_mut()) }, MX_OK);
    let told = std::mem::take(&mut *TOLD.lock().unwrap());
    check_told(&cases, &told);
}

unsafe extern "C" fn hear(_level: i32, line: *const c_char, _user_data: *mut c_void) {
    TOLD.lock().unwrap().extend(common::text(line));
}

/// No secret that any case sends or is answered with is in what the library told.
fn check_told(cases: &[Value], told: &[String]) {
    let mut secrets = BTreeSet::new();
    cases.iter().for_each(|case| collect_secrets(case, "", &mut secrets));
    assert!(secrets.len() > 5, "{secrets:?}");
    // At least a line for the try, for its answer and for the result of each case that sends anything.
    assert!(told.len() > 3 * cases.len(), "{} lines and messages", told.len());
    let tells = |text: &&String| secrets.iter().any(|secret| text.contains(secret));
    let leaks: Vec<_> = told.iter().filter(tells).collect();
    assert!(leaks.is_empty(), "{leaks:#?}");
}

/// The texts of members with such names, wherever they are; shorter ones would be found in any word.
fn collect_secrets(value: &Value, name: &str, secrets: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if SECRETS.contains(&name) && text.len() > 5 => {
            secrets.insert(text.clone());
        }
        Value::Array(items) => items.iter().for_each(|item| collect_secrets(item, name, secrets)),
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| collect_secrets(value, name, secrets));
        }
        _ => {}
    }
}

fn run(case: &Value, mode: Mode, complaints: &mut Vec<String>) {
    let expect = &case["expect"];
    let closed = (case["server"] == "refused").then(ClosedPort::new);
    let script = closed.is_none().then(|| Script::new(&case["server"]));
    let base = script.as_ref().map_or_else(|| closed.as_ref().unwrap().url(), Script::url);
    let url = format!("{base}{}", case["base_path"].as_str().unwrap_or_default());

    let delivery = Delivery::new(mode);
    let client = Client::new(&url, &delivery.options(Options::from_json(&case["options"])));
    let call = &case["call"];
    let operation = call["operation"].as_str().unwrap();
    let params =
        call["params_text"].as_str().map_or_else(|| call["params"].to_string(), str::to_owned);
    let op = match client.call(operation, &params, delivery.handler()) {
        Ok(op) => op,
        Err(status) => return complaints.push(format!("refused with {status}")),
    };
    if let Some(ms) = case["cancel_after_ms"].as_u64() {
        if let (Some(script), Some(count)) = (&script, expect["requests"].as_u64()) {
            script.wait_for_requests(usize::try_from(count).unwrap());
        }
        std::thread::sleep(Duration::from_millis(ms));
        client.cancel(op);
    }
    let answer = delivery.next();
    if answer.op() != op {
        complaints.push(format!("op is {}, not {op}", answer.op()));
    }
    check_answer(&answer, expect, complaints);
    if let (Some(script), Some(count)) = (&script, expect["closed_early"].as_u64()) {
        if !Patience::seconds(10).until(|| script.state().closed_early as u64 == count) {
            let is = script.state().closed_early;
            complaints.push(format!("closed_early is {is}, not {count}"));
        }
    }
    drop(client);
    let completions = 1 + delivery.rest().len() as u64;
    if completions != expect["completions"].as_u64().unwrap_or(1) {
        complaints.push(format!("completions: {completions}"));
    }
    if let Some(script) = script {
        check_requests(&script.state(), expect, complaints);
    }
}

fn check_answer(answer: &Answer, expect: &Value, complaints: &mut Vec<String>) {
    let body = answer.json().map(|body| String::from_utf8_lossy(&body).into_owned());
    let retry_after = answer.retry_after_ms();
    let actual = json!({
        "status": answer.status_name(),
        "http_status": answer.http_status(),
        "errcode": answer.errcode(),
        "retry_after_ms": retry_after,
        "json": body,
    });
    for (name, is) in actual.as_object().unwrap() {
        let holds = match (name.as_str(), expect.get(name)) {
            (_, None) => true,
            ("json", Some(Value::String(text))) if text == "present" => body.is_some(),
            ("retry_after_ms", Some(Value::String(_))) => retry_after.is_some_and(|ms| ms > 0),
            (_, Some(expected)) => is == expected,
        };
        if !holds {
            let message = answer.message();
            complaints.push(format!("{name} is {is}, not {} ({message})", expect[name]));
        }
    }
    for (pointer, expected) in expect["strings"].as_object().into_iter().flatten() {
        let is = answer.string(pointer);
        if is.as_deref() != expected.as_str() {
            complaints.push(format!("{pointer} is {is:?}, not {expected}"));
        }
    }
    let message = answer.message();
    TOLD.lock().unwrap().push(message.clone());
    let texts =
        |name: &str| expect[name].as_array().into_iter().flatten().map(|t| t.as_str().unwrap());
    for missing in texts("message_contains").filter(|text| !message.contains(text)) {
        complaints.push(format!("the message lacks {missing:?}: {message}"));
    }
    for leaked in texts("message_lacks").filter(|text| message.contains(text)) {
        complaints.push(format!("the message contains {leaked:?}: {message}"));
    }
}

fn check_requests(state: &State, expect: &Value, complaints: &mut Vec<String>) {
    let arrived = state.requests.len();
    if expect["requests"].as_u64().is_some_and(|count| count != arrived as u64) {
        complaints.push(format!("requests: {arrived}, not {}", expect["requests"]));
    }
    let Some(expected) = expect["request"].as_object() else { return };
    for request in &state.requests {
        let header = |name: &Value| {
            let headers = request["headers"].as_array().unwrap();
            headers
                .iter()
                .find(|pair| pair[0].as_str().unwrap().eq_ignore_ascii_case(name.as_str().unwrap()))
        };
        for (name, value) in expected {
            let wrong = match name.as_str() {
                "headers" => {
                    value.as_object().unwrap().iter().any(|(name, value)| {
                        header(&json!(name)).is_none_or(|pair| pair[1] != *value)
                    })
                }
                "no_headers" => value.as_array().unwrap().iter().any(|name| header(name).is_some()),
                "json" => {
                    serde_json::from_str(request["body"].as_str().unwrap()).ok().as_ref()
                        != Some(value)
                }
                _ => request[name] != *value,
            };
            if wrong {
                complaints.push(format!("{name} of the request must be {value}: {request}"));
            }
        }
    }
}
