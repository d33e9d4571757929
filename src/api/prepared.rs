//! A request that has passed every check, with each field in its place: all but the homeserver and the
//! access token.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::{BaseUrl, Method, Place, Repeat, Request, Row, custom};
use crate::json::{self, Plain};
use crate::secret::SecretBytes;

pub struct Prepared {
    /// What it was made of.
    pub request: Request,
    /// As the row says, unless the caller knows better.
    pub repeat: Repeat,
    /// The whole URL, where it is not a path of the homeserver's.
    pub url: Option<Url>,
    /// Percent-encoded; begins with `/`.
    pub path_and_query: Cow<'static, str>,
    pub body: Option<Bytes>,
}

/// Neither the URL nor the body is shown.
impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared")
            .field("request", &self.request)
            .field("repeat", &self.repeat)
            .finish_non_exhaustive()
    }
}

impl Prepared {
    pub(super) fn new(request: Request) -> Result<Self, String> {
        Ok(Self {
            repeat: request.row().repeat(),
            url: None,
            path_and_query: path_and_query(&request)?,
            body: body(&request),
            request,
        })
    }

    pub fn row(&self) -> &Row {
        self.request.row()
    }

    pub fn timeout(&self) -> Option<Duration> {
        self.request.timeout()
    }

    /// The same to another homeserver; no access token will go with it.
    pub fn at(self, base: &BaseUrl) -> Self {
        Self { url: Some(base.join(&self.path_and_query)), ..self }
    }

    /// The same, repeated or not as the caller knows.
    pub fn with_repeat(self, repeat: Repeat) -> Self {
        Self { repeat, ..self }
    }
}

/// The fields that travel in a place: the row's in its order, then others.
fn in_place(request: &Request, place: Place) -> impl Iterator<Item = (&str, &Bytes)> {
    let known = request.row().params().iter().filter(move |field| field.place == place);
    let known = known.filter_map(|field| Some((field.name, request.get(field.name)?)));
    let others = request.given().iter();
    let others = others.filter(move |given| given.known.is_none() && given.place == Ok(place));
    known.chain(others.map(|given| (&*given.name, &given.json)))
}

fn path_and_query(request: &Request) -> Result<Cow<'static, str>, String> {
    let mut text = request.row().path();
    for (name, json) in in_place(request, Place::Path) {
        text = text.replace(&format!("{{{name}}}"), &encoded(json)).into();
    }
    if request.row().is_custom() {
        custom::check_segments(&text).map_err(|why| format!("the path {why}"))?;
    }
    let mut separator = if text.contains('?') { '&' } else { '?' };
    let mut add = |name: &str, json: &Bytes| {
        let text = text.to_mut();
        text.push(separator);
        text.push_str(&utf8_percent_encode(name, RESERVED).to_string());
        text.push('=');
        text.push_str(&encoded(json));
        separator = '&';
    };
    for (name, json) in in_place(request, Place::Query) {
        match Plain::read(json) {
            // Once for each.
            Plain::Array => {
                if let Ok(list) = json::read_strictly(json.clone()) {
                    list.root().values().for_each(|e| add(name, &json.slice(e.range())));
                }
            }
            _ => add(name, json),
        }
    }
    Ok(text)
}

fn body(request: &Request) -> Option<Bytes> {
    if let Some((_, whole)) = in_place(request, Place::WholeBody).next() {
        return Some(whole.clone());
    }
    let row = request.row();
    let has_fields = row.params().iter().any(|field| field.place == Place::Body)
        || in_place(request, Place::Body).next().is_some();
    if matches!(row.method(), Method::Get | Method::Delete) && !has_fields {
        return None;
    }
    // Quotes, a colon, and a comma or brace.
    let member = |(name, json): (&str, &Bytes)| name.len() + json.len() + 4;
    let length = in_place(request, Place::Body).map(member).sum::<usize>() + 1;
    let mut text = SecretBytes::with_capacity(length.max(2));
    let mut separator: &[u8] = b"{";
    for (name, json) in in_place(request, Place::Body) {
        text.extend(separator);
        json::quote(name, &mut text);
        text.extend(b":");
        text.extend(json);
        separator = b",";
    }
    if separator == b"{" {
        text.extend(b"{");
    }
    text.extend(b"}");
    Some(text.shared())
}

/// RFC 3986's unreserved characters stay; all else is encoded.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A value as it stands in a URL: a string without its quotes, anything else as JSON.
fn encoded(json: &Bytes) -> String {
    match Plain::read(json) {
        Plain::String(text) => utf8_percent_encode(&text, RESERVED).to_string(),
        _ => {
            let text = std::str::from_utf8(json.trim_ascii()).unwrap_or_default();
            utf8_percent_encode(text, RESERVED).to_string()
        }
    }
}
