//! Requests: which fields are taken, and where each travels.

use super::{
    Auth, Field, Kind, Method, Operation, Prepared, Repeat, Request, Status, custom, secrets,
};
use crate::secret::SecretString;

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
        Field::query("via", Kind::Texts),
        Field::body("name", Kind::Text).required(),
        Field::body("order", Kind::Number),
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

const LEAST: &str = r#"{"roomId": "r", "key": "k", "name": "n"}"#;

fn prepare(operation: &'static Operation, json: &str) -> Result<Prepared, super::Outcome> {
    Request::from_json(operation, json)?.prepare()
}

fn body(prepared: &Prepared) -> &str {
    std::str::from_utf8(prepared.body.as_ref().unwrap()).unwrap()
}

fn complaint(operation: &'static Operation, json: &str) -> String {
    let outcome = prepare(operation, json).expect_err(json);
    assert_eq!(outcome.status, Status::InvalidArgument);
    outcome.message.into()
}

fn least() -> Request {
    Request::from_json(&EVERY_PLACE, LEAST).unwrap()
}

fn endpoint(method: &str, path: &str) -> Request {
    Request::new(custom::describe(method, path).unwrap())
}

#[test]
fn each_field_travels_in_its_place() {
    let prepared = prepare(
        &EVERY_PLACE,
        r#"{"roomId": "!a/b:hs", "key": "ö ?", "limit": 5, "filter": "x&y=z", "name": "n"}"#,
    )
    .unwrap();
    assert_eq!(
        prepared.path_and_query,
        "/_matrix/client/v3/rooms/%21a%2Fb%3Ahs/%C3%B6%20%3F?limit=5&filter=x%26y%3Dz"
    );
    assert_eq!(body(&prepared), r#"{"name":"n"}"#);
}

#[test]
fn a_value_is_sent_byte_for_byte() {
    let spaced = r#"{"body": {"x": 4.50e300 ,"y":"\u00e9" }}"#;
    assert_eq!(body(&prepare(&FREE_BODY, spaced).unwrap()), r#"{"x": 4.50e300 ,"y":"\u00e9" }"#);
    let mut request = least();
    request.set("order", &0.25).unwrap();
    assert_eq!(body(&request.prepare().unwrap()), r#"{"name":"n","order":0.25}"#);
}

#[test]
fn absent_is_omitted_and_null_is_sent_as_null() {
    let null = r#"{"roomId": "r", "key": "k", "name": "n", "password": null}"#;
    assert_eq!(body(&prepare(&EVERY_PLACE, null).unwrap()), r#"{"name":"n","password":null}"#);
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
        (with(r#", "server": "s", "password": null"#), "so password must be given too"),
        (with(r#", "via": ["a", 1]"#), "via must hold nothing but strings"),
        (with(r#", "order": "1""#), "order must be of type number, not string"),
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
fn an_object_is_taken_and_anything_else_is_refused_by_place() {
    for bad in ["", "[]", "1", "\"hunter2\"", "{", "{} x", "{\"a\":}", "null"] {
        let message = complaint(&NOTHING, bad);
        assert!(message.starts_with("params_json is not "), "{bad}: {message}");
        assert!(!message.contains("hunter2"));
    }
}

#[test]
fn a_member_given_twice_is_refused_at_every_depth() {
    for twice in [
        r#"{"email": "a@b", "email": "c@d"}"#,
        r#"{"body": {"a": 1, "a": 1}}"#,
        r#"{"body": {"a": [[{"b": {"c": 1, "\u0063": 2}}]]}}"#,
    ] {
        let message = complaint(&FREE_BODY, twice);
        assert!(message.contains("params_json gives a member twice, at line 1"), "{message}");
    }
    let error = Request::new(&FREE_BODY).set_json("body", r#"{"a": {"b": 1, "b": 1}}"#);
    assert!(error.unwrap_err().contains("body gives a member twice"));
}

#[test]
fn a_setter_refuses_at_once_and_leaves_the_value_before() {
    let mut request = least();
    request.set("limit", &7_i64).unwrap();
    for (result, why) in [
        (request.set("limit", &-1_i64), "between 0 and"),
        (request.set("limit", &"7"), "not string"),
        (request.set("nmae", &"n"), "there is no parameter nmae"),
        (request.set("roomId", &".."), "must not be empty"),
        (request.set_json("filter", "{"), "is not JSON: the text ends too early"),
        (request.set_json("filter", "{}"), "not object"),
        (request.unset("nmae"), "there is no parameter nmae"),
    ] {
        let complaint = result.unwrap_err();
        assert!(complaint.contains(why), "{complaint}");
    }
    assert!(request.prepare().unwrap().path_and_query.ends_with("/r/k?limit=7"));
}

#[test]
fn a_scalar_is_replaced_a_list_grows_and_none_leaves_it_out() {
    let mut request = least();
    for name in ["one", "two"] {
        request.set("filter", &name).unwrap();
        request.set("via", &name).unwrap();
    }
    let path = |request: &Request| request.clone().prepare().unwrap().path_and_query.into_owned();
    assert!(path(&request).ends_with("?filter=two&via=one&via=two"));
    request.set_json("via", "[ ]").unwrap();
    request.set("via", &"a&b").unwrap();
    request.unset("filter").unwrap();
    assert!(path(&request).ends_with("/k?via=a%26b"), "{}", path(&request));
}

#[test]
fn copies_go_their_own_ways() {
    let mut request = least();
    let sent = request.clone();
    request.set("name", &"other").unwrap();
    assert_eq!(body(&sent.prepare().unwrap()), r#"{"name":"n"}"#);
    assert_eq!(body(&request.prepare().unwrap()), r#"{"name":"other"}"#);
}

#[test]
fn names_with_a_dot_are_taken_by_every_operation() {
    let mut request = Request::new(&NOTHING);
    request.set("org.matrix.msc4222.use", &true).unwrap();
    let path = request.prepare().unwrap().path_and_query;
    assert!(path.ends_with("/free?org.matrix.msc4222.use=true"), "{path}");
    let mut request = least();
    request.set_json("org.example.x", "[1,2]").unwrap();
    assert_eq!(body(&request.prepare().unwrap()), r#"{"name":"n","org.example.x":[1,2]}"#);
    let beside = r#"{"body": {}, "org.example.x": 1}"#;
    assert!(complaint(&FREE_BODY, beside).contains("org.example.x has no place beside body"));
}

#[test]
fn an_endpoint_of_the_applications_own_takes_any_field() {
    let mut get = endpoint("GET", "/_matrix/client/unstable/rooms/{roomId}/x?dir={dir}");
    for (name, value) in [("roomId", "!r:hs"), ("dir", "b"), ("from", "a b"), ("a&b", "1")] {
        get.set(name, &value).unwrap();
    }
    get.set_json("ids", "[1, \"two\"]").unwrap();
    let path = get.clone().prepare().unwrap().path_and_query;
    let tail = "/%21r%3Ahs/x?dir=b&from=a%20b&a%26b=1&ids=1&ids=two";
    assert!(path.ends_with(tail), "{path}");
    assert!(get.set("body", &"x").unwrap_err().contains("a GET has none"));
    assert!(get.set_json("q", "{}").unwrap_err().contains("must not be of type object"));
    get.unset("dir").unwrap();
    assert!(get.prepare().unwrap_err().message.contains("dir is missing"));

    let mut post = endpoint("POST", "/_matrix/client/unstable/x");
    post.set("a", &1_i64).unwrap();
    post.set_json("b", "{\"c\": null}").unwrap();
    assert_eq!(body(&post.clone().prepare().unwrap()), r#"{"a":1,"b":{"c": null}}"#);
    post.set_json("body", "[1]").unwrap();
    assert!(post.clone().prepare().unwrap_err().message.contains("a has no place beside body"));
    post.unset("a").unwrap();
    post.unset("b").unwrap();
    assert_eq!(body(&post.prepare().unwrap()), "[1]");
}

#[test]
fn no_value_changes_which_endpoint_is_asked() {
    let mut request = endpoint("GET", "/_matrix/client/a.{x}/.{y}");
    request.set("x", &"/../../_synapse").unwrap();
    request.set("y", &"b?c#d").unwrap();
    let path = request.clone().prepare().unwrap().path_and_query;
    assert_eq!(path, "/_matrix/client/a.%2F..%2F..%2F_synapse/.b%3Fc%23d");
    assert!(request.set("y", &".").is_err());
    request.set_json("y", "\"\\u002e\"").unwrap_err();
    let mut request = endpoint("GET", "/_matrix/client/{x}.");
    request.set("x", &"").unwrap();
    assert!(request.prepare().unwrap_err().message.contains("segment"));
}

#[test]
fn secrets_are_known_by_kind_and_by_name_and_every_unknown_field_is_one() {
    let json = r#"{"roomId": "r", "key": "k", "name": "n", "password": "hunter2", "auth":
        {"type": "x", "threepid_creds": {"sid": "y", "client_secret": "hunter3"}}}"#;
    let request = Request::from_json(&EVERY_PLACE, json).unwrap();
    let secrets = |request: &Request| {
        let secrets = secrets::of_request(request);
        secrets.iter().map(SecretString::as_str).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(secrets(&request), ["hunter2", "hunter3"]);
    assert!(!format!("{request:?}{:?}", request.clone().prepare()).contains("hunter"));

    let mut vendors = least();
    vendors.set("org.example.x", &"hunter4").unwrap();
    assert_eq!(secrets(&vendors), ["hunter4"]);

    let mut own = endpoint("POST", "/_matrix/client/unstable/x");
    own.set("a", &"one").unwrap();
    own.set_json("b", r#"{"c": ["two", {"d": "three", "e": 4.50}]}"#).unwrap();
    assert_eq!(secrets(&own), ["one", "two", "three", "4.50"]);
}
