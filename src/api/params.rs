//! The parameters of one call: a flat object under the spec's names.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer as _, Error as _, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::outcome::Outcome;
use crate::secret::SecretJson;

/// Parameters by name, wiped when dropped.
#[derive(Default)]
pub struct Params(Vec<(Cow<'static, str>, SecretJson)>);

impl Params {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a parameter; `None` leaves it out.
    pub fn with<V: Into<Value>>(mut self, name: &'static str, value: Option<V>) -> Self {
        self.0.extend(value.map(|value| (name.into(), SecretJson(value.into()))));
        self
    }

    /// Adds a parameter that is given as the text of a JSON object; `None` leaves it out.
    pub fn with_json(self, name: &'static str, json: Option<&str>) -> Result<Self, Outcome> {
        let Some(json) = json else { return Ok(self) };
        let Self(members) = Self::read(json, name)?;
        let object: Map<_, _> = members
            .into_iter()
            .map(|(name, mut value)| (name.into_owned(), value.0.take()))
            .collect();
        Ok(self.with(name, Some(object)))
    }

    /// Reads a JSON object. The same name twice is refused: one of the two would be lost.
    pub fn parse(json: &str) -> Result<Self, Outcome> {
        Self::read(json, "params_json")
    }

    fn read(json: &str, name: &str) -> Result<Self, Outcome> {
        let mut reader = serde_json::Deserializer::from_str(json);
        let parsed = reader.deserialize_map(UniqueMembers).and_then(|members| {
            reader.end()?;
            Ok(members)
        });
        parsed.map_err(|error| {
            // serde's own text may quote the input, which may hold secrets.
            let place = format!("line {}, column {}", error.line(), error.column());
            Outcome::invalid_argument(match error.to_string().strip_prefix(TWICE) {
                Some(_) => format!("{name} names a member twice ({place})"),
                None => format!("{name} is not a JSON object ({place})"),
            })
        })
    }

    pub(super) fn members(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (&**name, &value.0))
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.members().find(|(known, _)| *known == name).map(|(_, value)| value)
    }
}

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.members().map(|(name, _)| name)).finish()
    }
}

const TWICE: &str = "member given twice";

struct UniqueMembers;

impl<'de> Visitor<'de> for UniqueMembers {
    type Value = Params;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Params, A::Error> {
        let mut members = Params::new();
        while let Some((name, value)) = access.next_entry::<String, Value>()? {
            let value = SecretJson(value);
            if members.get(&name).is_some() {
                return Err(A::Error::custom(TWICE));
            }
            members.0.push((name.into(), value));
        }
        Ok(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(json: &str) -> String {
        Params::parse(json).expect_err(json).message.into()
    }

    #[test]
    fn an_object_is_taken_and_anything_else_is_refused_by_place() {
        assert_eq!(Params::parse(r#" {"a": 1, "b": null} "#).unwrap().members().count(), 2);
        for bad in ["", "[]", "1", "\"hunter2\"", "{", "{} x", "{\"a\":}", "null"] {
            let message = complaint(bad);
            assert!(message.starts_with("params_json is not a JSON object (line 1"), "{message}");
            assert!(!message.contains("hunter2"));
        }
    }

    #[test]
    fn a_member_given_twice_is_refused() {
        assert!(complaint(r#"{"email": "a@b", "email": "c@d"}"#).contains("twice"));
    }

    #[test]
    fn debug_output_shows_names_only() {
        let shown = format!("{:?}", Params::new().with("password", Some("hunter2")));
        assert_eq!(shown, r#"["password"]"#);
    }
}
