//! JSON pointers into answers, compared with a second reading of RFC 6901.
//!
//! Input: pointers, a line each, up to an empty line; then the body.

use std::ffi::{CStr, CString};

use matrix_capi::api::{Body, Outcome, Status};
use matrix_capi::ffi::*;
use matrix_capi::secret::SecretBytes;
use serde_json::Value;

use crate::c::Answer;
use crate::input::Input;

pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let pointers = input.paragraph();
    let body = input.rest();
    let Some(json) = crate::json::as_serde_reads(body) else { return };
    let answer = answer(body);
    assert_eq!(answer.json().as_deref(), Some(body));
    for bytes in &pointers {
        let bytes = bytes.split(|byte| *byte == 0).next().unwrap();
        check(&answer, bytes, json.as_ref());
    }
    // What was given out before is still there, and is given out again.
    for bytes in &pointers {
        let bytes = bytes.split(|byte| *byte == 0).next().unwrap();
        check(&answer, bytes, json.as_ref());
    }
}

fn answer(body: &[u8]) -> Answer {
    let mut bytes = SecretBytes::default();
    bytes.extend(body);
    let body = Some(Body::check(bytes, |_| None).0);
    Answer(mx_result::of_outcome(Outcome { body, ..Outcome::new(Status::Ok, "OK") }))
}

fn check(answer: &Answer, pointer: &[u8], json: Option<&Value>) {
    let c_pointer = CString::new(pointer).unwrap();
    let text = std::str::from_utf8(pointer);
    let value = text.ok().and_then(|pointer| resolve(json?, pointer));

    let expected = value.and_then(Value::as_str).filter(|text| !text.contains('\0'));
    // SAFETY: the result is alive, the pointer ends with NUL.
    let string = unsafe { mx_result_string(answer.0, c_pointer.as_ptr()) };
    // SAFETY: a string of the library's ends with NUL and lives as long as its result.
    let found = (!string.is_null()).then(|| unsafe { CStr::from_ptr(string) });
    assert_eq!(found.map(CStr::to_bytes), expected.map(str::as_bytes), "{text:?}");
    // SAFETY: as above.
    let again = unsafe { mx_result_string(answer.0, c_pointer.as_ptr()) };
    assert_eq!(again, string, "asked twice, it is the same string");

    let (mut int, mut boolean) = (i64::MIN, false);
    // SAFETY: as above, and `int` is writable.
    let found = unsafe { mx_result_int(answer.0, c_pointer.as_ptr(), &mut int) };
    assert_eq!(found.then_some(int), value.and_then(Value::as_i64), "{text:?}");
    assert!(found || int == i64::MIN, "what is not found leaves its place alone");
    // SAFETY: as above, and `boolean` is writable.
    let found = unsafe { mx_result_bool(answer.0, c_pointer.as_ptr(), &mut boolean) };
    assert_eq!(found.then_some(boolean), value.and_then(Value::as_bool), "{text:?}");
}

/// RFC 6901: the whole document for "", else steps that begin with "/".
fn resolve<'a>(json: &'a Value, pointer: &str) -> Option<&'a Value> {
    if pointer.is_empty() {
        return Some(json);
    }
    let mut value = json;
    for step in pointer.strip_prefix('/')?.split('/') {
        let step = step.replace("~1", "/").replace("~0", "~");
        value = match value {
            Value::Object(members) => members.get(&step)?,
            Value::Array(items) => {
                let digits = step.bytes().all(|byte| byte.is_ascii_digit());
                let leading_zero = step.len() > 1 && step.starts_with('0');
                if !digits || leading_zero {
                    return None;
                }
                items.get(step.parse::<usize>().ok()?)?
            }
            _ => return None,
        };
    }
    Some(value)
}
