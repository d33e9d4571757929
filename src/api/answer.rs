//! Reads an HTTP answer as the spec defines it for an operation.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::time::SystemTime;

use serde_json::Value;
use url::Url;

use super::base_url::redacted;
use super::error::{MatrixError, retry_after_ms};
use super::field::has_space;
use super::outcome::one_line;
use super::reach::may_lead;
use super::weight::is_too_heavy;
use super::{BaseUrl, Body, Ending, Kind, Outcome, Request};
use crate::secret::{SecretBytes, SecretJson};

/// What an answer says before its body.
#[derive(Clone, Default)]
pub struct Head {
    pub status: u16,
    pub retry_after: Option<String>,
    pub location: Option<String>,
}

/// A complete body, parsed: that part of reading an answer which takes time.
pub struct Parsed {
    bytes: SecretBytes,
    /// The value, or why there is none.
    json: Result<SecretJson, String>,
}

impl Parsed {
    pub fn new(bytes: SecretBytes) -> Self {
        let json = match bytes.as_ref() {
            [] => Err("is not JSON: it is empty".to_owned()),
            text if is_too_heavy(text) => Err("would take too much memory".to_owned()),
            // serde's text names a place and what it expected, never a value.
            text => serde_json::from_slice(text)
                .map(SecretJson)
                .map_err(|error| format!("is not JSON: {error}")),
        };
        Self { bytes, json }
    }
}

/// Turns a complete answer into the operation's outcome. Whatever comes, the body stays readable.
/// `base` is where a request without a URL of its own goes; `token` is the access token that travelled,
/// which a server may echo.
pub fn read_answer(
    request: &Request,
    base: Option<&BaseUrl>,
    token: Option<&str>,
    head: &Head,
    Parsed { bytes, json }: Parsed,
    now: SystemTime,
) -> Outcome {
    let operation = request.operation;
    let (mut json, complaint) = match json {
        Ok(json) => (Some(json), String::new()),
        Err(complaint) => (None, complaint),
    };
    let (ending, errcode, message) = match (&mut json, head.status) {
        (_, 300..400) => {
            let target = head.location.as_deref().map_or("nowhere".into(), redacted);
            (Ending::BadResponse, None, format!("a redirect to {target}, which is not followed"))
        }
        (None, _) => (Ending::BadResponse, None, format!("the body {complaint}")),
        (Some(json), 200..300) => match check_fields(request, base, &mut json.0) {
            // The way of nearly every call: nothing is put into words.
            Ok(()) => (Ending::Ok, None, String::new()),
            Err(complaint) => (Ending::BadResponse, None, complaint),
        },
        (Some(json), _) => match MatrixError::read(&json.0) {
            Some(error) => {
                let text = format!("{}: {}", error.errcode, error.error);
                (Ending::Matrix, Some(error.errcode.to_owned()), text)
            }
            // User-interactive authentication asks for its next stage; an errcode is optional.
            None if head.status == 401 && json.0.get("flows").is_some_and(Value::is_array) => {
                (Ending::Matrix, None, "user-interactive authentication is needed".to_owned())
            }
            None => (Ending::BadResponse, None, "an error without an errcode".to_owned()),
        },
    };
    let retry_after_ms = match head.status {
        200..400 => None,
        _ => retry_after_ms(head.retry_after.as_deref(), json.as_ref().map(|json| &json.0), now),
    };
    let message = match ending {
        Ending::Ok => Cow::Borrowed("OK"),
        _ => {
            let message = format!("{}: HTTP {}, {message}", operation.id, head.status);
            let secrets = request.secrets().into_iter().chain(token);
            one_line(redact(message, secrets.collect()).into())
        }
    };
    Outcome {
        ending,
        message,
        http_status: head.status,
        errcode,
        retry_after_ms,
        body: Some(Body { bytes, json }),
        location: head.location.clone(),
        maybe_carried_out: false,
    }
}

/// Checks the fields that callers rely on. An empty optional string is as good as absent, and is
/// made so.
fn check_fields(request: &Request, base: Option<&BaseUrl>, json: &mut Value) -> Result<(), String> {
    let Value::Object(members) = json else {
        return Err("the body is not a JSON object".into());
    };
    for field in request.operation.answer {
        if !field.required && members.get(field.name).is_some_and(|v| v == "" || v.is_null()) {
            members.remove(field.name);
        }
        match members.get(field.name) {
            Some(value) => {
                if let Some(complaint) = field.kind.complaint(value) {
                    return Err(format!("{} {complaint}", field.name));
                }
                if field.kind == Kind::Page && !is_page(value, request, base) {
                    let why = "is no web page that this server may send a person to";
                    return Err(format!("{} {why}", field.name));
                }
            }
            None if field.required => return Err(format!("{} is missing", field.name)),
            None => {}
        }
    }
    Ok(())
}

/// Whether a page may be opened because the server that was asked says so: by https, or by http where
/// the server itself is this machine, as in tests.
fn is_page(value: &Value, request: &Request, base: Option<&BaseUrl>) -> bool {
    let from = request.url.as_ref().or(base.map(BaseUrl::url));
    let text = value.as_str().filter(|text| !has_space(text));
    let page = text.and_then(|text| Url::parse(text).ok());
    from.zip(page).is_some_and(|(from, page)| may_lead(from, &page, false))
}

/// Servers may echo what they were sent; a message does not.
fn redact(message: String, mut secrets: Vec<&str>) -> String {
    // Shorter ones would tear words apart, and give nothing away.
    secrets.retain(|secret| secret.len() >= 3);
    // One secret may begin with another: the longer first, or its end would stay.
    secrets.sort_by_key(|secret| Reverse(secret.len()));
    secrets.into_iter().fold(message, |message, secret| {
        if message.contains(secret) { message.replace(secret, "[redacted]") } else { message }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Params, table};

    fn read(head: Head, body: &[u8]) -> Outcome {
        let params = Params::parse(
            r#"{"client_secret": "hunter2hunter2", "email": "alice@example.test", "send_attempt": 1}"#,
        );
        let request =
            table::REQUEST_TOKEN_TO_RESET_PASSWORD_EMAIL.prepare(params.unwrap()).unwrap();
        let mut bytes = SecretBytes::default();
        bytes.extend(body);
        read_answer(&request, None, None, &head, Parsed::new(bytes), SystemTime::now())
    }

    fn with_status(status: u16, body: &str) -> Outcome {
        read(Head { status, ..Head::default() }, body.as_bytes())
    }

    fn member<'a>(outcome: &'a Outcome, name: &str) -> Option<&'a Value> {
        outcome.body.as_ref()?.json.as_ref()?.0.get(name)
    }

    #[test]
    fn an_empty_submit_url_is_an_absent_one_and_the_bytes_stay() {
        let outcome = with_status(200, r#"{"sid":"abc","submit_url":""}"#);
        assert_eq!(outcome.ending, Ending::Ok);
        assert_eq!(member(&outcome, "submit_url"), None);
        let bytes = outcome.body.as_ref().unwrap().bytes.as_ref();
        assert_eq!(bytes, br#"{"sid":"abc","submit_url":""}"#);
    }

    #[test]
    fn an_answer_that_is_not_this_api_is_a_bad_response_with_its_body() {
        let deep = "[".repeat(200);
        for (status, body, why) in [
            (200, "<html>", "not JSON"),
            (502, "<html>", "not JSON"),
            (200, "", "it is empty"),
            (200, "{\"sid\":\"ab", "EOF"),
            (200, &deep, "recursion limit"),
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
            assert_eq!(outcome.ending, Ending::BadResponse, "{body}");
            assert!(outcome.message.contains(why), "{body}: {}", outcome.message);
            assert_eq!(outcome.body.unwrap().bytes.as_ref(), body.as_bytes());
        }
        assert_eq!(
            read(Head { status: 200, ..Head::default() }, b"{\"sid\":\"\xff\"}").ending,
            Ending::BadResponse
        );
    }

    #[test]
    fn a_matrix_error_keeps_its_errcode_and_delay() {
        let head = Head { status: 429, retry_after: Some("333".into()), location: None };
        let outcome = read(head, br#"{"errcode":"M_LIMIT_EXCEEDED","error":"Too Many Requests","retry_after_ms":332922}"#);
        assert_eq!(outcome.ending, Ending::Matrix);
        assert_eq!(outcome.errcode.as_deref(), Some("M_LIMIT_EXCEEDED"));
        assert_eq!(outcome.retry_after_ms, Some(333_000));
        assert!(outcome.message.ends_with("HTTP 429, M_LIMIT_EXCEEDED: Too Many Requests"));
    }

    #[test]
    fn a_challenge_of_user_interactive_authentication_needs_no_errcode() {
        let outcome = with_status(401, r#"{"session":"s","flows":[{"stages":[]}],"params":{}}"#);
        assert_eq!((outcome.ending, outcome.errcode.as_deref()), (Ending::Matrix, None));
        assert_eq!(outcome.text("/session"), Some("s"));
        let outcome = with_status(403, r#"{"flows":[]}"#);
        assert_eq!(outcome.ending, Ending::BadResponse);
    }

    #[test]
    fn a_page_that_is_no_web_page_makes_a_bad_response() {
        let ending = |from: &str, page: &str| {
            let request = table::GET_AUTH_METADATA.prepare(Params::new()).unwrap();
            let mut bytes = SecretBytes::default();
            let body = serde_json::json!({"issuer": page, "account_management_uri": page});
            bytes.extend(body.to_string().as_bytes());
            let (head, base) =
                (Head { status: 200, ..Head::default() }, BaseUrl::parse(from, false));
            let (base, parsed) = (base.ok(), Parsed::new(bytes));
            read_answer(&request, base.as_ref(), None, &head, parsed, SystemTime::now()).ending
        };
        let from = "https://hs.example/";
        assert_eq!(ending(from, "https://auth.example/account"), Ending::Ok);
        assert_eq!(ending("http://127.0.0.1:1/", "http://127.0.0.1:2/account"), Ending::Ok);
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
            assert_eq!(ending(from, page), Ending::BadResponse, "{page}");
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
        let request = table::LOGIN.prepare(Params::parse(params).unwrap()).unwrap();
        let body = serde_json::json!({"errcode": "M_BAD_JSON", "error": error}).to_string();
        let mut bytes = SecretBytes::default();
        bytes.extend(body.as_bytes());
        let head = Head { status: 400, ..Head::default() };
        read_answer(&request, None, None, &head, Parsed::new(bytes), SystemTime::now())
            .message
            .into()
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
