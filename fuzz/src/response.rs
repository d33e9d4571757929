//! Answers as the library reads them: status, headers and body, for every row of the table.
//!
//! Input: the operation, the HTTP status, Retry-After, Location and a part of the secrets, a line
//! each; then the body.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use matrix_capi::api::{
    BaseUrl, CheckedBody, Head, Headers, Outcome, Prepared, Request, Status, read_answer, secrets,
    submit_token,
};
use matrix_capi::json::{self, Plain};
use matrix_capi::secret::SecretBytes;
use serde_json::Value;

use crate::input::Input;
use crate::rows;
use crate::words::{CANARY, check_message};

const TOKEN: &str = "c4n4ry-access-token";

pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let row = rows::row(input.line());
    let status = status_of(&input.text());
    let header = |text: String| Some(text).filter(|text| !text.is_empty());
    let retry_after = header(input.text());
    let mut headers = Headers::default();
    headers.set("location", input.line());
    let head = Head { status, retry_after, headers };
    let secret = format!("{CANARY}{}{CANARY}", input.text());
    let body = input.rest();

    let params = Value::Object(rows::params(row, &secret)).to_string();
    let request = Request::from_json(row, &params).and_then(Request::prepare).unwrap();
    let mut bytes = SecretBytes::default();
    bytes.extend(body);
    let base = BaseUrl::parse("https://hs.example.test", false).unwrap();
    let checked = CheckedBody::new(bytes, status, row.answer);
    let outcome = read_answer(&request, Some(&base), Some(TOKEN), head.clone(), checked, now());

    assert_eq!(outcome.body.as_ref().unwrap().bytes(), body, "the body stays as it came");
    assert_eq!(outcome.http_status, head.status);
    assert_eq!(outcome.headers.location(), head.headers.location());
    assert!(!outcome.maybe_carried_out);
    check_status(&request, &outcome);
    check_delay(&head, &outcome);
    check_message(&outcome.message, true);
    assert!(!outcome.message.contains(TOKEN), "{:?}", outcome.message);
    if secrets::of_request(&request.request).contains(&secret.as_str().into()) {
        check_redaction(&outcome, &secret);
    }
    assert!(!outcome.log_line().contains(CANARY), "{}", outcome.log_line());

    let before = outcome.status;
    let refused = outcome.json("/success").and_then(json::Value::as_bool) == Some(false);
    let expected = if refused && before == Status::Ok { Status::Matrix } else { before };
    assert_eq!(submit_token::judge(outcome).status, expected);
}

/// The message does not show the secret, nor the secret as it looks on one line, unless that is what
/// the server wrote.
fn check_redaction(outcome: &Outcome, secret: &str) {
    let shows = |text: &str| outcome.message.contains(text);
    assert!(!shows(secret), "{:?}", outcome.message);
    let one_line = |text: &str| text.replace(|c: char| c.is_control(), " ");
    let said = ["/errcode", "/error"].map(|pointer| outcome.text(pointer).unwrap_or_default());
    let wrote = said.map(|text| one_line(&text.replace(secret, "")).contains(&one_line(secret)));
    assert!(wrote.contains(&true) || !shows(&one_line(secret)), "{:?}", outcome.message);
}

/// Any text is some status that HTTP has.
fn status_of(text: &str) -> u16 {
    text.parse().ok().filter(|status| (100..1000).contains(status)).unwrap_or(200)
}

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_795_489_200)
}

fn check_status(request: &Prepared, outcome: &Outcome) {
    let json = outcome.json("");
    let status = outcome.http_status;
    match outcome.status {
        Status::Ok => {
            assert!((200..300).contains(&status));
            assert_eq!((outcome.message.as_ref(), &outcome.errcode), ("OK", &None));
            let json = json.filter(|json| json.kind() == json::Type::Object).expect("an object");
            for field in request.row().answer() {
                let value = json.member(field.name).map(|value| Plain::read(value.json()));
                match value {
                    Some(Plain::Null) if !field.required => {}
                    Some(Plain::String(text)) if field.may_be_empty && text.is_empty() => {}
                    Some(value) => assert_eq!(field.kind.complaint(&value), None),
                    None => assert!(!field.required, "{} is missing", field.name),
                }
            }
        }
        Status::Matrix => {
            assert!(!(200..400).contains(&status));
            match &outcome.errcode {
                Some(code) => {
                    assert!(!code.is_empty() && !code.contains('\0'));
                    assert_eq!(outcome.text("/errcode"), Some(code.as_str()));
                }
                None => assert!(status == 401 && outcome.json("/flows").unwrap().is_array()),
            }
        }
        Status::BadResponse => assert_eq!(outcome.errcode, None),
        other => panic!("an answer is never {other:?}"),
    }
}

fn check_delay(head: &Head, outcome: &Outcome) {
    let seconds = head.retry_after.as_deref().and_then(|text| text.trim().parse::<u32>().ok());
    let plus = head.retry_after.as_deref().is_some_and(|text| text.contains('+'));
    match (head.status, seconds) {
        (200..400, _) => assert_eq!(outcome.retry_after_ms, None),
        (_, Some(seconds)) if !plus => {
            assert_eq!(outcome.retry_after_ms, Some(u64::from(seconds) * 1000));
        }
        _ => {}
    }
}
