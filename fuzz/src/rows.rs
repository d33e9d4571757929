//! Rows of the table, and parameters that each of them takes.

use matrix_capi::api::{Auth, Field, Kind, Method, Operation, Repeat, table};
use serde_json::{Map, Value, json};

/// A row with a field in every place and of every kind, as rows of the table may come to be.
pub static EVERY_PLACE: Operation = Operation {
    id: "everyPlace",
    method: Method::Put,
    path: "/_matrix/client/v3/rooms/{roomId}/{key}",
    auth: Auth::Required,
    repeat: Repeat::Unsafe,
    params: &[
        Field::path("roomId", Kind::Text),
        Field::path("key", Kind::NonEmpty),
        Field::query("limit", Kind::Natural),
        Field::query("filter", Kind::Text),
        Field::query("link", Kind::Uri),
        Field::body("name", Kind::Text).required(),
        Field::body("password", Kind::Secret),
        Field::body("client_secret", Kind::ClientSecret),
        Field::body("sid", Kind::Sid),
        Field::body("server", Kind::Text).needs("password"),
        Field::body("auth", Kind::AuthData),
        Field::body("list", Kind::Array),
        Field::body("flag", Kind::Boolean),
        Field::query("via", Kind::Texts),
        Field::body("order", Kind::Number),
    ],
    answer: &[Field::body("count", Kind::Natural), Field::body("uri", Kind::Uri).required()],
};

/// A row whose body is free.
pub static FREE_BODY: Operation = Operation {
    id: "freeBody",
    params: &[
        Field::path("roomId", Kind::Text),
        Field::path("key", Kind::Text),
        Field::whole_body(),
    ],
    ..EVERY_PLACE
};

/// The row with this name; for any other name, one that the name's bytes choose.
pub fn row(name: &[u8]) -> &'static Operation {
    let own = [&EVERY_PLACE, &FREE_BODY];
    let named = own.into_iter().chain(table::OPERATIONS.iter().copied());
    let rows: Vec<_> = named.collect();
    let sum = name.iter().fold(0, |sum, byte| sum + usize::from(*byte));
    let known = rows.iter().find(|row| row.id.as_bytes() == name);
    known.copied().unwrap_or(rows[sum % rows.len()])
}

/// The same among those rows that a client can call.
pub fn row_of_the_table(name: &[u8]) -> &'static Operation {
    let row = row(name);
    table::find(row.id).unwrap_or(table::OPERATIONS[0])
}

/// Parameters for every field of the row, whose secrets are or hold `secret`.
pub fn params(row: &Operation, secret: &str) -> Map<String, Value> {
    row.params.iter().map(|field| (field.name.to_owned(), value(field.kind, secret))).collect()
}

fn value(kind: Kind, secret: &str) -> Value {
    match kind {
        Kind::Text | Kind::NonEmpty => json!("text"),
        Kind::Secret => json!(secret),
        Kind::ClientSecret => json!("c4n4ry.client_secret"),
        Kind::Sid => json!("sid-1"),
        Kind::Email => json!("alice@example.test"),
        Kind::Country => json!("GB"),
        Kind::Uri => json!("app:/done"),
        Kind::Page => json!("https://accounts.example.test/"),
        Kind::Natural => json!(1),
        Kind::Boolean => json!(true),
        Kind::Object => json!({"type": "m.id.user", "user": "alice"}),
        Kind::AuthData => json!({
            "type": "m.login.password", "password": secret, "session": "c4n4ry.session",
            "threepid_creds": {"sid": "sid-1", "client_secret": "c4n4ry.client_secret"},
        }),
        Kind::Array => json!([]),
        Kind::Texts => json!(["text"]),
        Kind::Number => json!(0.5),
    }
}
