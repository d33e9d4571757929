//! An operation as data, and the request that it makes of its parameters.

use std::borrow::Cow;
use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::ser::{SerializeMap, Serializer as _};
use serde_json::Value;
use url::Url;

use super::{BaseUrl, Field, Outcome, Params, Place};
use crate::secret::SecretBytes;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Put,
    Delete,
}

/// Whether the client's access token travels with the operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// Never, even when the client has one: a stale token would spoil the request.
    Never,
    /// When the client has one.
    Optional,
    /// Always; without one the operation is refused.
    Required,
}

/// Whether a request that may have been carried out already can be sent once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// By the spec, the second time changes nothing.
    Harmless,
    /// The second time may do it twice, or fail although the first time succeeded.
    Unsafe,
}

/// One operation of the client-server API: a row of [`super::table`].
#[derive(Debug)]
pub struct Operation {
    /// The spec's operationId.
    pub id: &'static str,
    pub method: Method,
    /// From `/_matrix` or `/.well-known` on, with `{name}` for fields in the path.
    pub path: &'static str,
    pub auth: Auth,
    pub repeat: Repeat,
    pub params: &'static [Field],
    /// The fields of the answer that callers rely on; others may come and are kept.
    pub answer: &'static [Field],
}

/// A request that has passed every check and knows all but its homeserver and access token.
pub struct Request {
    pub operation: &'static Operation,
    /// As the row says, unless the caller knows better.
    pub repeat: Repeat,
    /// The whole URL, where it is not a path of the homeserver's.
    pub url: Option<Url>,
    /// Percent-encoded; begins with `/`.
    pub path_and_query: Cow<'static, str>,
    pub body: Option<SecretBytes>,
    /// What it was made of, for redaction.
    pub params: Params,
}

/// Neither the URL nor the body is shown, and of the parameters only their names.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("operation", &self.operation.id)
            .field("repeat", &self.repeat)
            .field("params", &self.params)
            .finish_non_exhaustive()
    }
}

impl Request {
    /// The same request to another homeserver; no access token will go with it.
    pub fn at(self, base: &BaseUrl) -> Self {
        Self { url: Some(base.join(&self.path_and_query)), ..self }
    }

    /// The values that must not be repeated in any message.
    pub fn secrets(&self) -> Vec<&str> {
        let mut secrets = Vec::new();
        for field in self.operation.params.iter().filter(|field| field.kind.is_secret()) {
            match self.params.get(field.name) {
                Some(Value::String(text)) => secrets.push(text.as_str()),
                Some(nested) => collect_secrets(nested, &mut secrets),
                None => {}
            }
        }
        secrets
    }
}

impl Operation {
    /// Checks the parameters against the row and builds the request.
    pub fn prepare(&'static self, params: Params) -> Result<Request, Outcome> {
        self.check(&params)
            .map_err(|complaint| Outcome::invalid_argument(format!("{}: {complaint}", self.id)))?;
        Ok(Request {
            operation: self,
            repeat: self.repeat,
            url: None,
            path_and_query: self.path_and_query(&params),
            body: self.body(&params)?,
            params,
        })
    }

    fn check(&self, params: &Params) -> Result<(), String> {
        for (name, _) in params.members() {
            if !self.params.iter().any(|field| field.name == name) {
                let known: Vec<_> = self.params.iter().map(|field| field.name).collect();
                return Err(match known.as_slice() {
                    [] => format!("there is no parameter {name}: this operation has none"),
                    _ => format!("there is no parameter {name}; there are {}", known.join(", ")),
                });
            }
        }
        for field in self.params {
            let Some(value) = params.get(field.name) else {
                if field.required {
                    return Err(format!("{} is missing", field.name));
                }
                continue;
            };
            if value.is_null() && !field.required && field.place == Place::Body {
                continue;
            }
            if let Some(complaint) = field.kind.complaint(value) {
                return Err(format!("{} {complaint}", field.name));
            }
            if field.place == Place::Path && matches!(value.as_str(), Some("" | "." | "..")) {
                return Err(format!("{} must not be empty, \".\" or \"..\"", field.name));
            }
            if let Some(other) = field.needs.filter(|other| params.get(other).is_none()) {
                return Err(format!("{} is given, so {other} must be given too", field.name));
            }
        }
        Ok(())
    }

    fn fields(&self, place: Place) -> impl Iterator<Item = &Field> {
        self.params.iter().filter(move |field| field.place == place)
    }

    fn path_and_query(&self, params: &Params) -> Cow<'static, str> {
        let mut text = Cow::Borrowed(self.path);
        for field in self.fields(Place::Path) {
            let value = params.get(field.name).map(encoded).unwrap_or_default();
            text = text.replace(&format!("{{{}}}", field.name), &value).into();
        }
        let mut separator = '?';
        for field in self.fields(Place::Query) {
            if let Some(value) = params.get(field.name) {
                let text = text.to_mut();
                text.push(separator);
                text.push_str(&format!("{}={}", field.name, encoded(value)));
                separator = '&';
            }
        }
        text
    }

    fn body(&self, params: &Params) -> Result<Option<SecretBytes>, Outcome> {
        if matches!(self.method, Method::Get | Method::Delete)
            && self.fields(Place::Body).next().is_none()
        {
            return Ok(None);
        }
        let mut bytes = SecretBytes::with_capacity(512);
        let mut writer = serde_json::Serializer::new(&mut bytes);
        let written = match self.fields(Place::WholeBody).find_map(|field| params.get(field.name)) {
            Some(body) => serde::Serialize::serialize(body, &mut writer),
            None => writer.serialize_map(None).and_then(|mut members| {
                for field in self.fields(Place::Body) {
                    if let Some(value) = params.get(field.name) {
                        members.serialize_entry(field.name, value)?;
                    }
                }
                members.end()
            }),
        };
        match written {
            Ok(()) => Ok(Some(bytes)),
            Err(_) => {
                Err(Outcome::internal(format!("{}: the body cannot be written as JSON", self.id)))
            }
        }
    }
}

/// The secrets in the object of user-interactive authentication.
fn collect_secrets<'a>(value: &'a Value, secrets: &mut Vec<&'a str>) {
    let Value::Object(members) = value else { return };
    for (name, value) in members {
        match value {
            Value::String(text) if SECRET_MEMBERS.contains(&name.as_str()) => {
                secrets.push(text);
            }
            nested => collect_secrets(nested, secrets),
        }
    }
}

const SECRET_MEMBERS: [&str; 5] =
    ["password", "token", "client_secret", "session", "id_access_token"];

/// RFC 3986's unreserved characters stay; all else is encoded.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn encoded(value: &Value) -> String {
    match value {
        Value::String(text) => utf8_percent_encode(text, RESERVED).to_string(),
        other => utf8_percent_encode(&other.to_string(), RESERVED).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Kind;
    use serde_json::json;

    static EVERY_PLACE: Operation = Operation {
        id: "everyPlace",
        method: Method::Put,
        path: "/_matrix/client/v3/rooms/{roomId}/{key}",
        auth: Auth::Required,
        repeat: Repeat::Unsafe,
        params: &[
            Field::path("roomId", Kind::Text),
            Field::path("key", Kind::Text),
            Field::query("limit", Kind::Natural),
            Field::query("filter", Kind::Text),
            Field::body("name", Kind::Text).required(),
            Field::body("password", Kind::Secret),
            Field::body("server", Kind::Text).needs("password"),
            Field::body("auth", Kind::AuthData),
        ],
        answer: &[],
    };
    static FREE_BODY: Operation = Operation {
        id: "freeBody",
        method: Method::Post,
        path: "/_matrix/client/v3/free",
        params: &[Field::whole_body()],
        ..EVERY_PLACE
    };
    static NOTHING: Operation =
        Operation { id: "nothing", method: Method::Get, params: &[], ..FREE_BODY };

    fn prepare(operation: &'static Operation, json: &str) -> Result<Request, Outcome> {
        operation.prepare(Params::parse(json).unwrap())
    }

    fn body(request: &Request) -> &str {
        std::str::from_utf8(request.body.as_ref().unwrap().as_ref()).unwrap()
    }

    fn complaint(operation: &'static Operation, json: &str) -> String {
        let outcome = prepare(operation, json).expect_err(json);
        assert_eq!(outcome.ending, crate::api::Ending::InvalidArgument);
        outcome.message.into()
    }

    #[test]
    fn each_field_travels_in_its_place() {
        let request = prepare(
            &EVERY_PLACE,
            r#"{"roomId": "!a/b:hs", "key": "ö ?", "limit": 5, "filter": "x&y=z", "name": "n"}"#,
        )
        .unwrap();
        assert_eq!(
            request.path_and_query,
            "/_matrix/client/v3/rooms/%21a%2Fb%3Ahs/%C3%B6%20%3F?limit=5&filter=x%26y%3Dz"
        );
        assert_eq!(body(&request), r#"{"name":"n"}"#);
    }

    #[test]
    fn absent_is_omitted_and_null_is_sent_as_null() {
        let request =
            prepare(&EVERY_PLACE, r#"{"roomId": "r", "key": "k", "name": "n", "password": null}"#);
        assert_eq!(body(&request.unwrap()), r#"{"name":"n","password":null}"#);
    }

    #[test]
    fn a_free_body_is_sent_as_it_is() {
        let request = prepare(&FREE_BODY, r#"{"body": {"any": ["thing"]}}"#).unwrap();
        assert_eq!(body(&request), r#"{"any":["thing"]}"#);
    }

    #[test]
    fn a_number_is_sent_as_it_was_given() {
        let request = prepare(&FREE_BODY, r#"{"body": {"x": 4.5e300}}"#).unwrap();
        assert_eq!(body(&request), json!({"x": 4.5e300}).to_string());
    }

    #[test]
    fn a_get_has_no_body() {
        assert!(prepare(&NOTHING, "{}").unwrap().body.is_none());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let with = |more: &str| format!(r#"{{"roomId": "r", "key": "k", "name": "n"{more}}}"#);
        for (json, words) in [
            (r#"{"key": "k", "name": "n"}"#.into(), "everyPlace: roomId is missing"),
            (r#"{"roomId": "r", "key": "k"}"#.into(), "everyPlace: name is missing"),
            (with(r#", "nmae": 1"#), "there is no parameter nmae; there are roomId, key"),
            (with(r#", "limit": "5""#), "limit must be of type integer, not string"),
            (with(r#", "limit": null"#), "limit must be of type integer, not null"),
            (with(r#", "server": "s""#), "server is given, so password must be given too"),
        ] {
            let message = complaint(&EVERY_PLACE, &json);
            assert!(message.contains(words), "{json}: {message}");
        }
        assert!(complaint(&NOTHING, r#"{"a": 1}"#).contains("this operation has none"));
        assert!(complaint(&FREE_BODY, r#"{"body": []}"#).contains("body must be of type object"));
    }

    #[test]
    fn a_path_field_cannot_leave_its_segment() {
        for bad in ["", ".", ".."] {
            let json = format!(r#"{{"roomId": "{bad}", "key": "k", "name": "n"}}"#);
            assert!(complaint(&EVERY_PLACE, &json).contains("roomId must not be empty"));
        }
    }

    #[test]
    fn secrets_are_listed_for_redaction() {
        let json = r#"{"roomId": "r", "key": "k", "name": "n", "password": "hunter2", "auth":
            {"type": "x", "threepid_creds": {"sid": "y", "client_secret": "hunter3"}}}"#;
        let request = prepare(&EVERY_PLACE, json).unwrap();
        assert_eq!(request.secrets(), ["hunter2", "hunter3"]);
        assert!(!format!("{request:?}").contains("hunter2"));
    }
}
