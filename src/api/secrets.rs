//! What is secret: the one place that says which values never stand in a message.
//!
//! A field is secret by its kind in its row. Inside of an object that has secrets, a string is secret by
//! its member's name. Of a field that no row knows, every string and number is: nobody can say what it
//! holds.

use std::cmp::Reverse;

use super::{Kind, Request};
use crate::json::{Plain, Value, read_strictly};
use crate::secret::SecretString;

/// The members of user-interactive authentication, and of a saved reset, that are secrets.
pub const MEMBERS: [&str; 5] = ["password", "token", "client_secret", "session", "id_access_token"];

impl Kind {
    /// Whether the value is, or contains, a secret.
    pub const fn is_secret(self) -> bool {
        matches!(self, Kind::Secret | Kind::ClientSecret | Kind::AuthData)
    }
}

/// The secrets in a request's fields.
pub fn of_request(request: &Request) -> Vec<SecretString> {
    let mut secrets = Vec::new();
    for (name, json) in request.fields() {
        let known = request.row().field(name);
        if known.is_some_and(|field| !field.kind.is_secret()) {
            continue;
        }
        let all = known.is_none();
        match Plain::read(json) {
            Plain::String(text) => secrets.push(text.into_owned().into()),
            Plain::Integer(number) | Plain::Number(number) => secrets.push(number.into()),
            Plain::Array | Plain::Object => {
                if let Ok(document) = read_strictly(json.clone()) {
                    collect(document.root(), all, &mut secrets);
                }
            }
            _ => {}
        }
    }
    secrets
}

/// The secrets inside of a value: all strings and numbers, or the strings of members with such names.
fn collect(value: Value<'_>, all: bool, secrets: &mut Vec<SecretString>) {
    for inner in value.values() {
        match inner.as_str() {
            Some(text) if all || inner.name().is_some_and(|name| MEMBERS.contains(&name)) => {
                secrets.push(text.into());
            }
            Some(_) => {}
            None => {
                let number = inner.number().filter(|_| all);
                secrets.extend(number.map(Into::into));
                collect(inner, all, secrets);
            }
        }
    }
}

/// A message in which each secret is covered. Servers may echo what they were sent.
pub fn cover(message: String, mut secrets: Vec<SecretString>) -> String {
    // Shorter ones would tear words apart, and give nothing away.
    secrets.retain(|secret| secret.as_str().len() >= 3);
    // One secret may begin with another: the longer first, or its end would stay.
    secrets.sort_by_key(|secret| Reverse(secret.as_str().len()));
    secrets.iter().map(SecretString::as_str).fold(message, |message, secret| {
        if message.contains(secret) { message.replace(secret, "[redacted]") } else { message }
    })
}
