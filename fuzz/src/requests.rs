//! Requests built setter by setter: what is refused changes nothing, what is taken is sent to where the path
//! says, and no value becomes a part of the path that it does not stand for.
//!
//! Input: "GET" or another method and a path, a line each, or an operationId and an empty line; then setters,
//! two lines each: a letter for the type and a name, and the value.

use matrix_capi::api::{BaseUrl, Method, Request, Row, custom};
use serde_json::Value;

use crate::input::Input;
use crate::rows;
use crate::words::{CANARY, check_message};

pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let first = input.text();
    let path = input.text();
    let row = match path.is_empty() {
        true => Row::from(rows::row(first.as_bytes())),
        false => match custom::describe(&first, &path) {
            Ok(row) => row,
            Err(outcome) => return check_message(&outcome.message, path.contains(CANARY)),
        },
    };
    let mut request = Request::new(row);
    while !input.is_empty() {
        let (head, value) = (input.text(), input.text());
        let mut letters = head.chars();
        let kind = letters.next().unwrap_or('s');
        set(&mut request, kind, letters.as_str(), &value);
    }
    let shown = request.fields().any(|(name, _)| name.contains(CANARY)) || path.contains(CANARY);
    match request.clone().prepare() {
        Ok(prepared) => {
            let base = BaseUrl::parse("https://hs.example/a%2Fb", false).unwrap();
            let template = request.row().path().into_owned();
            let body = prepared.body.clone();
            let url = prepared.at(&base).url.unwrap();
            assert_eq!(url.origin(), base.origin());
            assert_eq!((url.username(), url.password(), url.fragment()), ("", None, None));
            let segments = |path: &str| path.split('?').next().unwrap().split('/').count();
            let rest = url.as_str().strip_prefix(base.as_str()).expect("below the base URL");
            let without_names = custom::names(&template)
                .fold(template.clone(), |path, name| path.replace(&format!("{{{name}}}"), "x"));
            assert_eq!(segments(rest), segments(&without_names), "{url}");
            if let Some(body) = body {
                serde_json::from_slice::<Value>(&body).expect("the body is JSON");
                assert_ne!(request.row().method(), Method::Get);
            }
        }
        Err(outcome) => check_message(&outcome.message, shown),
    }
}

fn set(request: &mut Request, kind: char, name: &str, value: &str) {
    let before = request.get(name).cloned();
    let number = value.parse::<f64>().unwrap_or(0.5);
    let result = match kind {
        'i' => request.set(name, &(value.len() as i64)),
        'd' if number.is_finite() => request.set(name, &number),
        'b' => request.set(name, &value.is_empty()),
        'j' => request.set_json(name, value),
        'u' => request.unset(name),
        _ => request.set(name, &value),
    };
    match result {
        Ok(()) if kind == 'u' => assert_eq!(request.get(name), None),
        Ok(()) => {
            let kept = request.get(name).expect("what is set is there");
            if kind == 'j' {
                assert_eq!(kept, value.as_bytes(), "byte for byte");
            }
        }
        Err(complaint) => {
            assert_eq!(request.get(name), before.as_ref(), "{complaint}");
            check_message(&complaint, name.contains(CANARY));
        }
    }
}
