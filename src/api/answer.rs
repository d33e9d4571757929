//! Reads an HTTP answer as the spec defines it for an operation.

use std::borrow::Cow;
use std::time::SystemTime;

use url::Url;

use super::base_url::redacted;
use super::error::{self, MatrixError, has_flows, retry_after_ms};
use super::field::has_space;
use super::outcome::one_line;
use super::reach::may_lead;
use super::{BaseUrl, Body, Field, Headers, Kind, Outcome, Prepared, Status, secrets};
use crate::json::{self, Fault, Plain, Wanted};
use crate::secret::SecretBytes;

/// What an answer says before its body.
#[derive(Clone, Default)]
pub struct Head {
    pub status: u16,
    pub retry_after: Option<String>,
    pub headers: Headers,
}

/// A complete body, checked: that part of reading an answer which takes time.
pub struct CheckedBody {
    body: Body,
    /// Where the members are that matter; why it is not JSON.
    members: Result<Wanted, Fault>,
}

impl CheckedBody {
    /// `fields` are those of the row's answer; those of an error are looked for where `status` is one.
    pub fn new(bytes: SecretBytes, status: u16, fields: &'static [Field]) -> Self {
        let checked = match status {
            200..300 => {
                json::check(bytes.as_ref(), |name| fields.iter().position(|f| f.name == name))
            }
            _ => json::check(bytes.as_ref(), error::wanted),
        };
        match checked {
            Ok((checked, members)) => {
                Self { body: Body::checked(bytes, Some(checked)), members: Ok(members) }
            }
            Err(fault) => Self { body: Body::unchecked(bytes), members: Err(fault) },
        }
    }

    /// A member of the outermost object, by the number under which it was looked for.
    pub(super) fn member(&self, number: usize) -> Option<Plain<'_>> {
        let place = self.members.as_ref().ok()?.get(number)?;
        self.body.bytes().get(place).map(Plain::read)
    }
}

/// Turns a complete answer into the operation's outcome. Whatever comes, the body stays readable.
/// `base` is where a request without a URL of its own goes; `token` is the access token that travelled,
/// which a server may echo.
pub fn read_answer(
    request: &Prepared,
    base: Option<&BaseUrl>,
    token: Option<&str>,
    head: Head,
    body: CheckedBody,
    now: SystemTime,
) -> Outcome {
    let row = request.row();
    let (status, errcode, message) = match (&body.members, head.status) {
        (_, 300..400) => {
            let target = head.headers.location().map_or("nowhere".into(), redacted);
            (Status::BadResponse, None, format!("a redirect to {target}, which is not followed"))
        }
        (_, 200..300) if row.is_custom() => (Status::Ok, None, String::new()),
        (Err(_), _) if body.body.bytes().is_empty() => {
            (Status::BadResponse, None, "the body is not JSON: it is empty".into())
        }
        (Err(fault), _) => (Status::BadResponse, None, format!("the body {}", fault.complaint())),
        (Ok(_), 200..300) => match check_fields(request, base, &body) {
            // Fast path: no message is built.
            Ok(()) => (Status::Ok, None, String::new()),
            Err(complaint) => (Status::BadResponse, None, complaint),
        },
        (Ok(_), _) => match MatrixError::read(&body) {
            Some(MatrixError { errcode, error }) => {
                let text = format!("{errcode}: {error}");
                (Status::Matrix, Some(errcode), text)
            }
            // User-interactive authentication asks for its next stage; an errcode is optional.
            None if head.status == 401 && has_flows(&body) => {
                (Status::Matrix, None, "user-interactive authentication is needed".to_owned())
            }
            None => (Status::BadResponse, None, "an error without an errcode".to_owned()),
        },
    };
    let retry_after_ms = match head.status {
        200..400 => None,
        _ => retry_after_ms(head.retry_after.as_deref(), &body, now),
    };
    let message = match status {
        Status::Ok => Cow::Borrowed("OK"),
        _ => {
            let message = format!("{}: HTTP {}, {message}", row.id(), head.status);
            let mut secret = secrets::of_request(&request.request);
            secret.extend(token.map(Into::into));
            one_line(secrets::cover(message, secret).into())
        }
    };
    Outcome {
        status,
        message,
        http_status: head.status,
        errcode,
        retry_after_ms,
        body: Some(body.body),
        headers: head.headers,
        maybe_carried_out: false,
    }
}

/// Checks the fields that callers rely on. Null in an optional one is as good as absent.
fn check_fields(
    request: &Prepared,
    base: Option<&BaseUrl>,
    body: &CheckedBody,
) -> Result<(), String> {
    if !body.body.is_json_object() {
        return Err("the body is not a JSON object".into());
    }
    for (number, field) in request.row().answer().iter().enumerate() {
        let value = body.member(number);
        let Some(value) = value.filter(|value| field.required || *value != Plain::Null) else {
            if field.required {
                return Err(format!("{} is missing", field.name));
            }
            continue;
        };
        if field.may_be_empty && value.as_str() == Some("") {
            continue;
        }
        if let Some(complaint) = field.kind.complaint(&value) {
            return Err(format!("{} {complaint}", field.name));
        }
        if field.kind == Kind::Page && !is_page(value.as_str(), request, base) {
            let why = "is no web page that this server may send a person to";
            return Err(format!("{} {why}", field.name));
        }
    }
    Ok(())
}

/// Whether a page may be opened because the server that was asked says so: by https, or by http where
/// the server itself is this machine, as in tests.
fn is_page(text: Option<&str>, request: &Prepared, base: Option<&BaseUrl>) -> bool {
    let from = request.url.as_ref().or(base.map(BaseUrl::url));
    let page = text.filter(|text| !has_space(text)).and_then(|text| Url::parse(text).ok());
    from.zip(page).is_some_and(|(from, page)| may_lead(from, &page, false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Request, table};
    use crate::json::Value;

    fn read(head: Head, body: &[u8]) -> Outcome {
        let fields = r#"{"client_secret": "hunter2hunter2", "email": "alice@example.test", "send_attempt": 1}"#;
        let row = &table::REQUEST_TOKEN_TO_RESET_PASSWORD_EMAIL;
        answer_to(&Request::from_json(row, fields).unwrap(), None, head, body)
    }

    fn answer_to(request: &Request, base: Option<&BaseUrl>, head: Head, body: &[u8]) -> Outcome {
        let request = request.clone().prepare().unwrap();
        let mut bytes = SecretBytes::default();
        bytes.extend(body);
        let body = CheckedBody::new(bytes, head.status, request.row().answer());
        read_answer(&request, base, None, head, body, SystemTime::now())
    }

    fn with_status(status: u16, body: &str) -> Outcome {
        read(Head { status, ..Head::default() }, body.as_bytes())
    }

    #[test]
    fn an_empty_submit_url_and_a_null_are_taken_and_stay() {
        for value in [r#""""#, "null"] {
            let body = format!(r#"{{"sid":"abc","submit_url":{value}}}"#);
            let outcome = with_status(200, &body);
            assert_eq!(outcome.status, Status::Ok);
            assert_eq!(outcome.json("/submit_url").map(Value::json), Some(value.as_bytes()));
            assert_eq!(outcome.body.as_ref().unwrap().bytes(), body.as_bytes());
        }
    }

    #[test]
    fn of_a_member_given_twice_the_last_one_is_checked() {
        assert_eq!(with_status(200, r#"{"sid":5,"sid":"abc"}"#).status, Status::Ok);
        assert_eq!(with_status(200, r#"{"sid":"abc","s\u0069d":5}"#).status, Status::BadResponse);
    }

    #[test]
    fn an_endpoint_of_the_applications_own_takes_any_answer_of_success() {
        let row = crate::api::custom::describe("GET", "/_matrix/client/unstable/x").unwrap();
        let request = Request::new(row);
        let answer = |status, body: &str| {
            answer_to(&request, None, Head { status, ..Head::default() }, body.as_bytes())
        };
        for body in ["", "<html>", "[]", "{}"] {
            assert_eq!(answer(204, body).status, Status::Ok, "{body}");
        }
        assert_eq!(answer(404, "<html>").status, Status::BadResponse);
        assert_eq!(answer(404, r#"{"errcode":"M_X"}"#).status, Status::Matrix);
    }

    #[test]
    fn an_answer_that_is_not_this_api_is_a_bad_response_with_its_body() {
        let deep = "[".repeat(200);
        for (status, body, why) in [
            (200, "<html>", "not JSON"),
            (502, "<html>", "not JSON"),
            (200, "", "it is empty"),
            (200, "{\"sid\":\"ab", "ends too early"),
            (200, &deep, "nested deeper than 128"),
            (200, "[]", "not a JSON object"),
            (200, "{}", "sid is missing"),
            (200, r#"{"sid":null}"#, "sid must be of type string"),
            (200, r#"{"sid":""}"#, "sid must not be empty"),
            (200, r#"{"sid":"a b"}"#, "sid may hold only"),
            (200, r#"{"sid":"a\u0000b"}"#, "sid may hold only"),
            (200, r#"{"sid":"a","submit_url":5}"#, "submit_url must be of type string"),
            (400, r#"{"error":"no code"}"#, "without an errcode"),
            (302, "", "redirect"),
        ] {
            let outcome = with_status(status, body);
            assert_eq!(outcome.status, Status::BadResponse, "{body}");
            assert!(outcome.message.contains(why), "{body}: {}", outcome.message);
            assert_eq!(outcome.body.unwrap().bytes(), body.as_bytes());
        }
        assert_eq!(
            read(Head { status: 200, ..Head::default() }, b"{\"sid\":\"\xff\"}").status,
            Status::BadResponse
        );
    }

    #[test]
    fn a_matrix_error_keeps_its_errcode_and_delay() {
        let retry_after = Some("333".into());
        let head = Head { status: 429, retry_after, ..Head::default() };
        let outcome = read(head, br#"{"errcode":"M_LIMIT_EXCEEDED","error":"Too Many Requests","retry_after_ms":332922}"#);
        assert_eq!(outcome.status, Status::Matrix);
        assert_eq!(outcome.errcode.as_deref(), Some("M_LIMIT_EXCEEDED"));
        assert_eq!(outcome.retry_after_ms, Some(333_000));
        assert!(outcome.message.ends_with("HTTP 429, M_LIMIT_EXCEEDED: Too Many Requests"));
    }

    #[test]
    fn a_challenge_of_user_interactive_authentication_needs_no_errcode() {
        let outcome = with_status(401, r#"{"session":"s","flows":[{"stages":[]}],"params":{}}"#);
        assert_eq!((outcome.status, outcome.errcode.as_deref()), (Status::Matrix, None));
        assert_eq!(outcome.text("/session"), Some("s"));
        let outcome = with_status(403, r#"{"flows":[]}"#);
        assert_eq!(outcome.status, Status::BadResponse);
    }

    #[test]
    fn a_page_that_is_no_web_page_makes_a_bad_response() {
        let status = |from: &str, page: &str| {
            let body = serde_json::json!({"issuer": page, "account_management_uri": page});
            let (head, base) =
                (Head { status: 200, ..Head::default() }, BaseUrl::parse(from, false));
            let request = Request::new(&table::GET_AUTH_METADATA);
            answer_to(&request, base.ok().as_ref(), head, body.to_string().as_bytes()).status
        };
        let from = "https://hs.example/";
        assert_eq!(status(from, "https://auth.example/account"), Status::Ok);
        assert_eq!(status("http://127.0.0.1:1/", "http://127.0.0.1:2/account"), Status::Ok);
        for page in [
            "javascript:alert(1)",
            "JavaScript://auth.example/%0aalert(1)",
            "file:///etc/passwd",
            "intent://scan/#Intent;end",
            "data:text/html,x",
            "myapp:/account",
            "http://auth.example/account",
            "http://127.0.0.1/account",
            "https://localhost/account",
            "https://192.168.1.1/account",
            "https://auth.example@evil.example/account",
        ] {
            assert_eq!(status(from, page), Status::BadResponse, "{page}");
        }
    }

    #[test]
    fn a_message_is_one_line_without_control_characters() {
        let outcome = with_status(400, r#"{"errcode":"M_X","error":"one\r\ntwo\u001b[31m"}"#);
        assert!(outcome.message.ends_with("M_X: one  two [31m"), "{}", outcome.message);
    }

    #[test]
    fn a_secret_that_the_server_echoes_is_redacted_in_the_message() {
        let outcome =
            with_status(400, r#"{"errcode":"M_BAD_JSON","error":"input_value='hunter2hunter2'"}"#);
        assert!(
            outcome.message.ends_with("M_BAD_JSON: input_value='[redacted]'"),
            "{}",
            outcome.message
        );
    }

    fn echo(params: &str, error: &str) -> String {
        let request = Request::from_json(&table::LOGIN, params).unwrap();
        let body = serde_json::json!({"errcode": "M_BAD_JSON", "error": error}).to_string();
        let head = Head { status: 400, ..Head::default() };
        answer_to(&request, None, head, body.as_bytes()).message.into()
    }

    #[test]
    fn a_secret_with_a_control_character_is_redacted_before_the_message_becomes_one_line() {
        let message = echo(r#"{"type": "t", "password": "hunter\t2"}"#, "you said hunter\t2");
        assert!(message.ends_with("you said [redacted]"), "{message}");
    }

    #[test]
    fn a_secret_that_begins_with_another_leaves_no_end_behind() {
        let params = r#"{"type": "t", "password": "hunter", "token": "hunter2000"}"#;
        let message = echo(params, "you said hunter2000");
        assert!(message.ends_with("you said [redacted]"), "{message}");
    }
}
