//! JSON texts: the check and the tree take the same ones, and read in them what serde_json does.
//!
//! Input: the text.

use std::ffi::c_char;
use std::ptr::null_mut;

use bytes::Bytes;
use matrix_capi::api::{Body, Outcome, Status};
use matrix_capi::ffi::*;
use matrix_capi::json::{self, Document};
use matrix_capi::secret::SecretBytes;
use serde_json::{Map, Value};

use crate::c::Answer;

/// What serde_json refuses and the library reads: numbers beyond a double, halves of surrogate pairs, and
/// a level more of nesting.
const ITS_OWN: [&str; 4] =
    ["number out of range", "surrogate", "unexpected end of hex escape", "recursion limit"];

/// What serde_json reads, or `Some(None)` where it refuses for a reason that the library shares.
pub fn as_serde_reads(text: &[u8]) -> Option<Option<Value>> {
    match serde_json::from_slice(text) {
        Ok(value) => Some(Some(value)),
        Err(error) => {
            let why = error.to_string();
            (!ITS_OWN.iter().any(|own| why.contains(own))).then_some(None)
        }
    }
}

pub fn run(text: &[u8]) {
    let checked = json::check(text, |name| (name == "errcode").then_some(0));
    if let Some(expected) = as_serde_reads(text) {
        assert_eq!(checked.is_ok(), expected.is_some(), "{checked:?}");
    }
    let Ok(checked) = checked else { return };
    let document = Document::new(Bytes::copy_from_slice(text), &checked);
    let root = document.root();
    let wanted = checked.wanted(0).map(|range| &text[range]);
    assert_eq!(wanted, root.member("errcode").map(json::Value::json), "found without a tree");

    let mut bytes = SecretBytes::default();
    bytes.extend(text);
    let body = Some(Body::check(bytes, |_| None).0);
    let answer = Answer(mx_result::of_outcome(Outcome { body, ..Outcome::new(Status::Ok, "") }));
    // SAFETY: the result is alive, and the pointer ends with NUL.
    let value = unsafe { mx_result_value(answer.0, c"".as_ptr()) };
    let read = written(value);
    if let Some(Some(expected)) = as_serde_reads(text) {
        assert_eq!(read, expected);
    }
    if let Ok(strict) = json::read_strictly(Bytes::copy_from_slice(text)) {
        assert_eq!(strict.nodes().len(), document.nodes().len());
    }
}

/// A value, read through the C functions and written as serde_json has it.
fn written(value: *const mx_value) -> Value {
    let (mut int, mut double, mut boolean) = (0, 0.0, false);
    // SAFETY: the result lives as long as this runs, and every place is writable; here and below.
    unsafe {
        match mx_value_type(value) {
            MX_TYPE_NULL => Value::Null,
            MX_TYPE_BOOL => {
                assert!(mx_value_bool(value, &mut boolean));
                boolean.into()
            }
            MX_TYPE_INT => {
                assert!(mx_value_int(value, &mut int) && mx_value_double(value, &mut double));
                assert_eq!(double, int as f64);
                int.into()
            }
            MX_TYPE_DOUBLE => {
                assert!(!mx_value_int(value, &mut int));
                let found = mx_value_double(value, &mut double);
                let again = serde_json::from_slice(&taken(mx_value_json, value).unwrap());
                assert_eq!(found, again.is_ok());
                again.unwrap_or(Value::Null)
            }
            MX_TYPE_STRING => {
                let text = taken(mx_value_string, value).unwrap();
                let plain = mx_value_string(value, null_mut());
                assert_eq!(plain.is_null(), text.contains(&0));
                String::from_utf8(text).unwrap().into()
            }
            MX_TYPE_ARRAY => {
                let list: Vec<_> = values(value).collect();
                for (number, element) in list.iter().enumerate() {
                    assert_eq!(found(value, &format!("/{number}")), *element);
                    assert!(mx_value_name(*element, null_mut()).is_null());
                }
                assert_eq!(list.len(), mx_value_count(value));
                list.into_iter().map(written).collect()
            }
            MX_TYPE_OBJECT => {
                let mut members = Map::new();
                for member in values(value) {
                    let name = String::from_utf8(taken(mx_value_name, member).unwrap()).unwrap();
                    let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
                    if !name.contains('\0') {
                        assert_eq!(found(value, &pointer), member);
                    }
                    assert!(members.insert(name, written(member)).is_none(), "seen twice");
                }
                assert_eq!(members.len(), mx_value_count(value));
                members.into()
            }
            other => panic!("type {other}"),
        }
    }
}

fn values(value: *const mx_value) -> impl Iterator<Item = *const mx_value> {
    // SAFETY: as in `written`.
    let first = unsafe { mx_value_first(value) };
    let next = |value: &*const mx_value| {
        // SAFETY: as in `written`.
        let next = unsafe { mx_value_next(*value) };
        (!next.is_null()).then_some(next)
    };
    std::iter::successors((!first.is_null()).then_some(first), next)
}

fn found(value: *const mx_value, pointer: &str) -> *const mx_value {
    let pointer = std::ffi::CString::new(pointer).unwrap();
    // SAFETY: as in `written`.
    unsafe { mx_value_get(value, pointer.as_ptr()) }
}

type Getter = unsafe extern "C" fn(*const mx_value, *mut usize) -> *const c_char;

/// The bytes that a getter gives.
fn taken(getter: Getter, value: *const mx_value) -> Option<Vec<u8>> {
    let mut length = 0;
    // SAFETY: as in `written`; the text is as long as the getter says.
    unsafe {
        let text = getter(value, &mut length);
        (!text.is_null()).then(|| std::slice::from_raw_parts(text.cast(), length).to_vec())
    }
}
