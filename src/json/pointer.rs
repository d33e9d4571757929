//! JSON pointers (RFC 6901): "/rooms/join/0", with "~1" for "/" and "~0" for "~" in names.

use std::borrow::Cow;

use super::value::{Type, Value};

/// The value that a pointer names, from another on; "" is that one.
pub fn find<'a>(from: Value<'a>, pointer: &str) -> Option<Value<'a>> {
    if pointer.is_empty() {
        return Some(from);
    }
    pointer.strip_prefix('/')?.split('/').try_fold(from, |value, token| {
        let name: Cow<'_, str> = match token.contains('~') {
            true => token.replace("~1", "/").replace("~0", "~").into(),
            false => token.into(),
        };
        match value.kind() {
            Type::Object => value.member(&name),
            Type::Array => value.element(number(&name)?),
            _ => None,
        }
    })
}

/// An array's index is written without sign and without leading zeros.
fn number(token: &str) -> Option<usize> {
    let digits = token.bytes().all(|byte| byte.is_ascii_digit());
    let plain = digits && (token.len() == 1 || !token.starts_with('0'));
    if plain { token.parse().ok() } else { None }
}
