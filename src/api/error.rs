//! What a homeserver says when it refuses: errcode, message, and when to come back.

use std::time::SystemTime;

use super::CheckedBody;
use crate::json::Plain;

/// The members of an error that matter, by the number under which [`CheckedBody::member`] has them.
const MEMBERS: [&str; 4] = ["errcode", "error", "retry_after_ms", "flows"];

/// The number of an error's member, for [`json::check`](crate::json::check).
pub fn wanted(name: &str) -> Option<usize> {
    MEMBERS.iter().position(|known| *known == name)
}

/// The standard error object.
#[derive(Debug, PartialEq, Eq)]
pub struct MatrixError {
    pub errcode: String,
    pub error: String,
}

impl MatrixError {
    /// Reads `{"errcode": ..., "error": ...}`; without a usable errcode it is no Matrix error.
    pub fn read(body: &CheckedBody) -> Option<Self> {
        let text = |number| body.member(number)?.as_str().map(str::to_owned);
        let errcode: String = text(0)?;
        let usable = !errcode.is_empty() && !errcode.contains('\0');
        usable.then(|| Self { errcode, error: text(1).unwrap_or_default() })
    }
}

/// Whether an error lists ways of user-interactive authentication.
pub fn has_flows(body: &CheckedBody) -> bool {
    body.member(3) == Some(Plain::Array)
}

/// How long the server asks to wait, in milliseconds: the `Retry-After` header (seconds or an HTTP
/// date), else the body's `retry_after_ms`.
pub fn retry_after_ms(header: Option<&str>, body: &CheckedBody, now: SystemTime) -> Option<u64> {
    header.and_then(|text| from_header(text.trim(), now)).or_else(|| from_body(body))
}

fn from_header(text: &str, now: SystemTime) -> Option<u64> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(text.parse::<u64>().unwrap_or(u64::MAX).saturating_mul(1000));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    let delay = date.duration_since(now).unwrap_or_default();
    Some(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX))
}

fn from_body(body: &CheckedBody) -> Option<u64> {
    match body.member(2)? {
        Plain::Integer(text) if !text.starts_with('-') => Some(text.parse().unwrap_or(u64::MAX)),
        // Some servers send it as a float; a cast saturates.
        number => number.as_f64().filter(|ms| *ms >= 0.0).map(|ms| ms as u64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::SecretBytes;
    use serde_json::{Value, json};
    use std::time::{Duration, UNIX_EPOCH};

    const NOVEMBER: &str = "Tue, 24 Nov 2026 03:00:10 GMT";

    fn ten_seconds_before() -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_795_489_200)
    }

    fn body(json: &Value) -> CheckedBody {
        CheckedBody::new(SecretBytes::from(json.to_string().as_str()), 429, &[])
    }

    fn delay(header: Option<&str>, json: Value) -> Option<u64> {
        retry_after_ms(header, &body(&json), ten_seconds_before())
    }

    #[test]
    fn the_header_comes_first_in_either_form() {
        let body = json!({"retry_after_ms": 7});
        assert_eq!(delay(Some("333"), body.clone()), Some(333_000));
        assert_eq!(delay(Some(" 0 "), body.clone()), Some(0));
        assert_eq!(delay(Some(NOVEMBER), body.clone()), Some(10_000));
        assert_eq!(delay(Some("Sun, 06 Nov 1994 08:49:37 GMT"), body.clone()), Some(0));
        assert_eq!(delay(Some("99999999999999999999"), body), Some(u64::MAX));
    }

    #[test]
    fn the_body_is_read_where_the_header_is_absent_or_garbage() {
        for header in [None, Some(""), Some("soon"), Some("-1"), Some("1.5")] {
            assert_eq!(delay(header, json!({"retry_after_ms": 2000})), Some(2000), "{header:?}");
        }
        assert_eq!(delay(None, json!({"retry_after_ms": 1500.5})), Some(1500));
    }

    #[test]
    fn no_usable_delay_is_no_delay() {
        for body in
            [json!({}), json!([]), json!({"retry_after_ms": "5"}), json!({"retry_after_ms": -5})]
        {
            assert_eq!(delay(None, body.clone()), None, "{body}");
        }
        assert_eq!(retry_after_ms(None, &body(&Value::Null), ten_seconds_before()), None);
    }

    #[test]
    fn an_error_needs_an_errcode_that_c_can_hold() {
        let read =
            |json: Value| MatrixError::read(&body(&json)).map(|error| (error.errcode, error.error));
        let error = json!({"errcode": "M_FORBIDDEN", "error": "no", "more": 1});
        assert_eq!(read(error), Some(("M_FORBIDDEN".into(), "no".into())));
        assert_eq!(
            read(json!({"errcode": "ORG.UNKNOWN"})),
            Some(("ORG.UNKNOWN".into(), "".into()))
        );
        for json in [
            json!({}),
            json!({"errcode": ""}),
            json!({"errcode": 5}),
            json!({"nested": {"errcode": "M_X"}}),
            json!(["errcode"]),
            json!("M_X"),
            json!({"errcode": "M_\0"}),
        ] {
            assert_eq!(read(json.clone()), None, "{json}");
        }
    }
}
