//! A request: an operation and its fields, ready to be sent.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;

use super::prepared::{Prepared, path_and_query};
use super::{Field, Kind, Method, Outcome, Place, Row, custom};
use crate::json::{self, Plain};
use crate::secret::SecretBytes;

/// An operation with its fields. Copies share the values.
#[derive(Clone)]
pub struct Request {
    row: Row,
    /// In the order in which they were set.
    fields: Vec<Given>,
    timeout: Option<Duration>,
}

/// A field that is set.
#[derive(Clone)]
pub(super) struct Given {
    pub name: Cow<'static, str>,
    /// What the row says of it, if it knows it.
    pub known: Option<&'static Field>,
    /// Where it travels; why it may not, until that is said by [`Request::prepare`].
    pub place: Result<Place, String>,
    /// The value as JSON, byte for byte as it was given.
    pub json: Bytes,
    /// Whether the value was checked when it was set.
    checked: bool,
}

/// Only the names of the fields are shown.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("operation", &self.row.id())
            .field("fields", &self.fields().map(|(name, _)| name).collect::<Vec<_>>())
            .finish()
    }
}

/// What a field is set to, as JSON.
pub trait ToJson {
    fn to_json(&self) -> SecretBytes;
}

impl ToJson for &str {
    fn to_json(&self) -> SecretBytes {
        let mut json = SecretBytes::with_capacity(self.len() + 2);
        json::quote(self, &mut json);
        json
    }
}

impl ToJson for bool {
    fn to_json(&self) -> SecretBytes {
        SecretBytes::from(if *self { "true" } else { "false" })
    }
}

impl ToJson for i64 {
    fn to_json(&self) -> SecretBytes {
        SecretBytes::from(self.to_string().as_str())
    }
}

impl ToJson for u64 {
    fn to_json(&self) -> SecretBytes {
        SecretBytes::from(self.to_string().as_str())
    }
}

impl ToJson for f64 {
    /// Of a finite number.
    fn to_json(&self) -> SecretBytes {
        serde_json::Value::from(*self).to_json()
    }
}

impl ToJson for serde_json::Value {
    fn to_json(&self) -> SecretBytes {
        let mut json = SecretBytes::default();
        // A value in memory always has a text, and the buffer grows.
        let _ = serde_json::to_writer(&mut json, self);
        json
    }
}

impl Request {
    pub fn new(row: impl Into<Row>) -> Self {
        Self { row: row.into(), fields: Vec::new(), timeout: None }
    }

    pub fn row(&self) -> &Row {
        &self.row
    }

    pub fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// In place of the client's; `None` for that one again.
    pub fn set_timeout(&mut self, timeout: Option<Duration>) {
        self.timeout = timeout;
    }

    pub fn fields(&self) -> impl Iterator<Item = (&str, &Bytes)> {
        self.fields.iter().map(|given| (&*given.name, &given.json))
    }

    pub(super) fn given(&self) -> &[Given] {
        &self.fields
    }

    pub fn get(&self, name: &str) -> Option<&Bytes> {
        self.fields().find(|(known, _)| *known == name).map(|(_, json)| json)
    }

    /// Whether a field has a value: null is none.
    fn has(&self, name: &str) -> bool {
        self.get(name).is_some_and(|json| Plain::read(json) != Plain::Null)
    }

    /// Adds a field, which [`Self::prepare`] checks; `None` leaves it out.
    pub fn with(mut self, name: &'static str, value: Option<impl ToJson>) -> Self {
        if let Some(value) = value {
            self.put(name.into(), value.to_json().shared(), false);
        }
        self
    }

    /// Adds a field that is given as a JSON object; `None` leaves it out.
    pub fn with_json(mut self, name: &'static str, json: Option<&str>) -> Result<Self, Outcome> {
        if let Some(json) = json {
            let refused = |why: String| Outcome::invalid_argument(format!("{name} {why}"));
            let text = SecretBytes::from(json).shared();
            let document = json::read_strictly(text.clone());
            let document = document.map_err(|fault| refused(fault.complaint()))?;
            if document.root().kind() != json::Type::Object {
                return Err(refused("is not a JSON object".into()));
            }
            self.put(name.into(), text, false);
        }
        Ok(self)
    }

    /// A request of the fields in a JSON object. The same name twice is refused, however deep it stands: one
    /// of the two would be lost.
    pub fn from_json(row: impl Into<Row>, fields: &str) -> Result<Self, Outcome> {
        let refused = |why: String| Outcome::invalid_argument(format!("params_json {why}"));
        let text = SecretBytes::from(fields).shared();
        let document =
            json::read_strictly(text.clone()).map_err(|fault| refused(fault.complaint()))?;
        if document.root().kind() != json::Type::Object {
            return Err(refused("is not a JSON object".into()));
        }
        let mut request = Self::new(row);
        for member in document.root().values() {
            let name = member.name().unwrap_or_default().to_owned();
            request.put(name.into(), text.slice(member.range()), false);
        }
        Ok(request)
    }

    /// Sets a field: what the row does not allow is refused at once, in words that follow "name".
    /// A list takes a string as one more.
    pub fn set(&mut self, name: &str, value: &impl ToJson) -> Result<(), String> {
        let mut text = value.to_json().shared();
        let is_list = self.row.field(name).is_some_and(|field| field.kind == Kind::Texts);
        if is_list && matches!(Plain::read(&text), Plain::String(_)) {
            text = appended(self.get(name), &text).shared();
        }
        self.set_text(name, text)
    }

    /// Sets a field to a JSON text, which is kept byte for byte.
    pub fn set_json(&mut self, name: &str, json: &str) -> Result<(), String> {
        let text = SecretBytes::from(json).shared();
        json::read_strictly(text.clone())
            .map_err(|fault| format!("{name} {}", fault.complaint()))?;
        self.set_text(name, text)
    }

    /// Leaves a field out again.
    pub fn unset(&mut self, name: &str) -> Result<(), String> {
        self.place_of(name)?;
        self.fields.retain(|given| given.name != name);
        Ok(())
    }

    fn set_text(&mut self, name: &str, text: Bytes) -> Result<(), String> {
        check(name, self.row.field(name), self.place_of(name)?, &text)?;
        self.put(name.to_owned().into(), text, true);
        Ok(())
    }

    fn put(&mut self, name: Cow<'static, str>, json: Bytes, checked: bool) {
        let (known, place) = (self.row.field(&name), self.place_of(&name));
        let given = Given { name, known, place, json, checked };
        match self.fields.iter_mut().find(|other| other.name == given.name) {
            Some(other) => *other = given,
            None => self.fields.push(given),
        }
    }

    /// Where a field travels, or why it may not.
    fn place_of(&self, name: &str) -> Result<Place, String> {
        let row = &self.row;
        if let Some(field) = row.field(name) {
            return Ok(field.place);
        }
        if row.is_custom() {
            return match name {
                "" => Err("a field must have a name".into()),
                _ if custom::names(&row.path()).any(|known| known == name) => Ok(Place::Path),
                "body" if row.method() == Method::Get => Err("body: a GET has none".into()),
                "body" => Ok(Place::WholeBody),
                _ => Ok(row.method().place_of_others()),
            };
        }
        // The names of vendors and of proposals have a dot; the spec's own have none.
        if name.contains('.') {
            return Ok(row.method().place_of_others());
        }
        let known: Vec<_> = row.params().iter().map(|field| field.name).collect();
        Err(match known.as_slice() {
            [] => format!("there is no parameter {name}: this operation has none"),
            _ => format!("there is no parameter {name}; there are {}", known.join(", ")),
        })
    }

    /// Says what is wrong with the fields.
    fn check_all(&self) -> Result<(), String> {
        for given in self.given() {
            let place = given.place.clone()?;
            if !given.checked {
                check(&given.name, given.known, place, &given.json)?;
            }
            let needed = given.known.and_then(|field| field.needs);
            let Some(other) = needed.filter(|_| Plain::read(&given.json) != Plain::Null) else {
                continue;
            };
            if !self.has(other) {
                return Err(format!("{} is given, so {other} must be given too", given.name));
            }
        }
        let mut required = self.row.params().iter().filter(|field| field.required);
        if let Some(field) = required.find(|field| self.get(field.name).is_none()) {
            return Err(format!("{} is missing", field.name));
        }
        if self.row.is_custom() {
            let path = self.row.path();
            if let Some(name) = custom::names(&path).find(|name| self.get(name).is_none()) {
                return Err(format!("{name} is missing"));
            }
        }
        let in_place = |place| self.given().iter().find(|given| given.place == Ok(place));
        match in_place(Place::WholeBody).and(in_place(Place::Body)) {
            Some(Given { name, .. }) => {
                Err(format!("{name} has no place beside body, which is the whole body"))
            }
            None => Ok(()),
        }
    }

    /// Checks the fields against the row and puts them where they travel.
    pub fn prepare(self) -> Result<Prepared, Outcome> {
        match self.check_all().and_then(|()| path_and_query(&self)) {
            Ok(path_and_query) => Ok(Prepared::new(self, path_and_query)),
            Err(complaint) => {
                Err(Outcome::invalid_argument(format!("{}: {complaint}", self.row.id())))
            }
        }
    }
}

/// Says what is wrong with one field by itself.
fn check(name: &str, known: Option<&Field>, place: Place, json: &Bytes) -> Result<(), String> {
    let value = Plain::read(json);
    let is_dots = matches!(value.as_str(), Some("." | ".."));
    match known {
        Some(field) => {
            if value == Plain::Null && !field.required && place == Place::Body {
                return Ok(());
            }
            if let Some(complaint) = field.kind.complaint(&value) {
                return Err(format!("{name} {complaint}"));
            }
            if field.kind == Kind::Texts && !holds_only_strings(json) {
                return Err(format!("{name} must hold nothing but strings"));
            }
            if place == Place::Path && (is_dots || value.as_str() == Some("")) {
                return Err(format!("{name} must not be empty, \".\" or \"..\""));
            }
        }
        None if matches!(place, Place::Path | Place::Query) => {
            if matches!(value, Plain::Null | Plain::Object) {
                return Err(format!("{name} must not be of type {}", value.json_type().name()));
            }
            if place == Place::Path && is_dots {
                return Err(format!("{name} must not be \".\" or \"..\""));
            }
        }
        None => {}
    }
    Ok(())
}

fn holds_only_strings(list: &Bytes) -> bool {
    let list = json::read_strictly(list.clone());
    list.is_ok_and(|list| list.root().values().all(|element| element.as_str().is_some()))
}

/// A JSON list and one element more.
fn appended(list: Option<&Bytes>, element: &Bytes) -> SecretBytes {
    let before = list.and_then(|list| list.trim_ascii_end().strip_suffix(b"]"));
    let mut text = SecretBytes::with_capacity(before.map_or(0, <[u8]>::len) + element.len() + 2);
    match before {
        Some(before) => {
            text.extend(before);
            let is_empty = before.trim_ascii_end().ends_with(b"[");
            text.extend(if is_empty { b"" } else { b"," });
        }
        None => text.extend(b"["),
    }
    text.extend(element);
    text.extend(b"]");
    text
}
