//! The kinds of fields that operations have, and the grammar of each.

use url::Url;

use crate::json::{JsonType, Plain};

/// The largest integer that Matrix allows in JSON: 2^53 - 1.
pub const MAX_INTEGER: i64 = (1 << 53) - 1;

/// What a field may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any string.
    Text,
    /// A string that must not be empty.
    NonEmpty,
    /// A string that must never be shown and is not empty: a password, an access token.
    Secret,
    /// 1 to 255 characters of `[0-9a-zA-Z.=_-]`; a secret.
    ClientSecret,
    /// 1 to 255 characters of `[0-9a-zA-Z.=_-]`.
    Sid,
    /// An email address: something, `@`, something.
    Email,
    /// An ISO 3166-1 alpha-2 country code in upper case.
    Country,
    /// An absolute URI of any scheme.
    Uri,
    /// In an answer: the URL of a web page for a person to open, where its server may lead.
    Page,
    /// 0 to 2^53 - 1.
    Natural,
    /// Any number.
    Number,
    Boolean,
    Object,
    /// The object of user-interactive authentication; it holds secrets.
    AuthData,
    Array,
    /// A list of strings; in a query, the parameter once for each.
    Texts,
}

/// Where in a request a field travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Path,
    Query,
    /// A member of the JSON object that is the body.
    Body,
    /// The whole body, where the spec leaves its members open.
    WholeBody,
}

/// One field of an operation's request or answer.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    pub name: &'static str,
    pub place: Place,
    pub kind: Kind,
    pub required: bool,
    /// Another field that must be given when this one is.
    pub needs: Option<&'static str>,
    /// In an answer: servers send it as an empty string, which means that there is none.
    pub may_be_empty: bool,
}

impl Field {
    const fn new(name: &'static str, place: Place, kind: Kind) -> Self {
        Self { name, place, kind, required: false, needs: None, may_be_empty: false }
    }

    /// A field in the path, which is always required: the path's `{name}`.
    pub const fn path(name: &'static str, kind: Kind) -> Self {
        Self::new(name, Place::Path, kind).required()
    }

    /// A field in the query string.
    pub const fn query(name: &'static str, kind: Kind) -> Self {
        Self::new(name, Place::Query, kind)
    }

    /// A member of the body, or of the answer.
    pub const fn body(name: &'static str, kind: Kind) -> Self {
        Self::new(name, Place::Body, kind)
    }

    /// The body itself, where its members are free.
    pub const fn whole_body() -> Self {
        Self::new("body", Place::WholeBody, Kind::Object).required()
    }

    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    pub const fn needs(mut self, other: &'static str) -> Self {
        self.needs = Some(other);
        self
    }

    pub const fn may_be_empty(mut self) -> Self {
        self.may_be_empty = true;
        self
    }
}

impl Kind {
    pub const fn json_type(self) -> JsonType {
        match self {
            Kind::Text
            | Kind::NonEmpty
            | Kind::Secret
            | Kind::ClientSecret
            | Kind::Sid
            | Kind::Email
            | Kind::Country
            | Kind::Uri
            | Kind::Page => JsonType::String,
            Kind::Natural => JsonType::Integer,
            Kind::Number => JsonType::Number,
            Kind::Boolean => JsonType::Boolean,
            Kind::Object | Kind::AuthData => JsonType::Object,
            Kind::Array | Kind::Texts => JsonType::Array,
        }
    }

    /// Says what is wrong with `value`, in words that follow the field's name and never repeat the
    /// value, or nothing.
    pub fn complaint(self, value: &Plain<'_>) -> Option<String> {
        let (wanted, given) = (self.json_type(), value.json_type());
        if wanted != given && (wanted, given) != (JsonType::Number, JsonType::Integer) {
            return Some(format!("must be of type {}, not {}", wanted.name(), given.name()));
        }
        match value {
            Plain::String(text) => self.text_complaint(text),
            Plain::Integer(number) if self == Kind::Natural => {
                let in_range = number.parse().is_ok_and(|n| (0..=MAX_INTEGER).contains(&n));
                (!in_range).then(|| {
                    format!("must be between 0 and {MAX_INTEGER} (2^53 - 1), not {number}")
                })
            }
            Plain::Integer(_) | Plain::Number(_) if value.as_f64().is_none() => {
                Some("must be a number that a double can hold".into())
            }
            _ => None,
        }
    }

    fn text_complaint(self, text: &str) -> Option<String> {
        match self {
            Kind::NonEmpty | Kind::Secret if text.is_empty() => Some("must not be empty".into()),
            Kind::ClientSecret | Kind::Sid => opaque_id_complaint(text),
            Kind::Email => match text.split_once('@') {
                None if text.is_empty() => Some("must not be empty".into()),
                Some((local, domain)) if !local.is_empty() && !domain.is_empty() => None,
                _ => Some("must be an email address: something, '@', something".into()),
            },
            Kind::Country => {
                let valid = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
                let why = "must be a country's two upper-case letters (ISO 3166-1), such as GB";
                (!valid).then(|| why.into())
            }
            // A URL's parser drops line ends and tabs without a word.
            Kind::Uri if has_space(text) => {
                Some("must not hold a space or a control character".into())
            }
            Kind::Uri => Url::parse(text).is_err().then(|| {
                "must be an absolute URI, such as https://app.example/done or myapp:/done".into()
            }),
            _ => None,
        }
    }
}

/// Whether a text holds what no URI does.
pub fn has_space(text: &str) -> bool {
    text.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// The grammar that `client_secret` and `sid` share.
fn opaque_id_complaint(text: &str) -> Option<String> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'=' | b'_' | b'-');
    if text.is_empty() {
        Some("must not be empty: 1 to 255 characters of 0-9 a-z A-Z . = _ -".into())
    } else if let Some(index) = text.bytes().position(|b| !allowed(b)) {
        Some(format!(
            "may hold only 0-9 a-z A-Z . = _ -, and its character {} is another",
            index + 1
        ))
    } else if text.len() > 255 {
        Some(format!("must have at most 255 characters, not {}", text.len()))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn complaint(kind: Kind, value: &Value) -> Option<String> {
        kind.complaint(&Plain::read(value.to_string().as_bytes()))
    }

    fn accepts(kind: Kind, value: Value) {
        assert_eq!(complaint(kind, &value), None, "{kind:?} {value}");
    }

    fn refuses(kind: Kind, value: Value, why: &str) {
        let complaint = complaint(kind, &value).unwrap_or_else(|| panic!("{kind:?} took {value}"));
        assert!(complaint.contains(why), "{kind:?} {value}: {complaint}");
    }

    #[test]
    fn a_client_secret_is_1_to_255_characters_of_its_alphabet() {
        accepts(Kind::ClientSecret, json!("s3cr3t.A=_-1"));
        accepts(Kind::ClientSecret, json!("x"));
        accepts(Kind::ClientSecret, json!("x".repeat(255)));
        refuses(Kind::ClientSecret, json!(""), "empty");
        refuses(Kind::ClientSecret, json!("x".repeat(256)), "not 256");
        for bad in ["bad secret", "é", "a/b", "a+b", "a\0b", "a\n"] {
            refuses(Kind::ClientSecret, json!(bad), "may hold only");
        }
    }

    #[test]
    fn a_complaint_names_the_position_and_not_the_secret() {
        let complaint = complaint(Kind::ClientSecret, &json!("hunter2 ")).unwrap();
        assert!(complaint.contains("character 8") && !complaint.contains("hunter2"));
    }

    #[test]
    fn an_email_has_something_on_both_sides_of_its_at() {
        accepts(Kind::Email, json!("alice@example.test"));
        accepts(Kind::Email, json!("ålice@exämple.test"));
        refuses(Kind::Email, json!(""), "empty");
        for bad in ["alice", "@", "alice@", "@example.test"] {
            refuses(Kind::Email, json!(bad), "email address");
        }
    }

    #[test]
    fn a_natural_is_between_0_and_2_to_the_53_minus_1() {
        accepts(Kind::Natural, json!(0));
        accepts(Kind::Natural, json!(9_007_199_254_740_991_i64));
        refuses(Kind::Natural, json!(9_007_199_254_740_992_i64), "between 0 and");
        refuses(Kind::Natural, json!(-1), "not -1");
        refuses(Kind::Natural, json!(u64::MAX), "between 0 and");
        refuses(Kind::Natural, json!(1.5), "not number");
        refuses(Kind::Natural, json!("1"), "not string");
    }

    #[test]
    fn a_number_is_one_that_a_double_holds() {
        accepts(Kind::Number, json!(0.25));
        accepts(Kind::Number, json!(-3));
        let beyond = Kind::Number.complaint(&Plain::read(b"1e999")).unwrap();
        assert!(beyond.contains("a double"), "{beyond}");
        refuses(Kind::Number, json!("1"), "not string");
    }

    #[test]
    fn a_uri_is_absolute_and_of_any_scheme() {
        accepts(Kind::Uri, json!("https://app.example.test/#/done"));
        accepts(Kind::Uri, json!("myapp://reset"));
        refuses(Kind::Uri, json!(""), "absolute URI");
        refuses(Kind::Uri, json!("/done"), "absolute URI");
        for bad in ["https://app.example.test/\n", "myapp://re set", "https://app\t.example.test"] {
            refuses(Kind::Uri, json!(bad), "a space or a control character");
        }
    }

    #[test]
    fn a_country_is_two_upper_case_letters() {
        accepts(Kind::Country, json!("GB"));
        for bad in ["", "gb", "G", "GBR", "G1", "ÄÖ"] {
            refuses(Kind::Country, json!(bad), "two upper-case letters");
        }
    }

    #[test]
    fn a_password_is_not_empty() {
        accepts(Kind::Secret, json!(" "));
        refuses(Kind::Secret, json!(""), "must not be empty");
    }

    #[test]
    fn each_json_type_is_told_from_the_others() {
        let values = [json!("s"), json!(1), json!(true), json!({}), json!([])];
        let kinds = [Kind::Text, Kind::Natural, Kind::Boolean, Kind::Object, Kind::Array];
        for (i, kind) in kinds.into_iter().enumerate() {
            for (j, value) in values.iter().enumerate() {
                assert_eq!(complaint(kind, value).is_none(), i == j, "{kind:?} {value}");
            }
            refuses(kind, Value::Null, "not null");
        }
    }
}
