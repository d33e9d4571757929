//! `params_json` for every row: what is refused, in which words, and what is sent of what is taken.
//!
//! Input: the operation and a homeserver's URL, a line each; then the JSON.

use matrix_capi::api::{
    BaseUrl, Method, Operation, Outcome, Place, Prepared, Request, Status, secrets,
};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::input::Input;
use crate::rows;
use crate::words::{CANARY, check_message};

pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let row = rows::row(input.line());
    let base = BaseUrl::parse(&input.text(), true);
    let base = base.or_else(|_| BaseUrl::parse("https://hs.example/a%2Fb/", false)).unwrap();
    let json = String::from_utf8_lossy(input.rest());

    match Request::from_json(row, &json).and_then(Request::prepare) {
        Ok(request) => check_request(row, &base, request, &json),
        Err(outcome) => check_refusal(&outcome, &json),
    }
    if let Ok(request) = Request::new(&rows::EVERY_PLACE).with_json("auth", Some(&json)) {
        assert!(request.prepare().is_err(), "the other parameters are missing");
    }
}

/// Names are the caller's words and may be repeated; values never are.
fn check_refusal(outcome: &Outcome, json: &str) {
    assert_eq!((outcome.status, outcome.http_status), (Status::InvalidArgument, 0));
    let members = serde_json::from_str::<Map<String, Value>>(json).unwrap_or_default();
    check_message(&outcome.message, members.keys().any(|name| name.contains(CANARY)));
}

fn check_request(row: &'static Operation, base: &BaseUrl, request: Prepared, json: &str) {
    // What only the library reads cannot be compared.
    let Some(given) = crate::json::as_serde_reads(json.as_bytes()) else { return };
    let given = given.expect("what is taken is JSON");
    let given = given.as_object().expect("and an object");
    let of = |place: Place| row.params.iter().filter(move |field| field.place == place);
    let known = |name: &str| row.params.iter().any(|field| field.name == name);
    assert!(given.keys().all(|name| known(name) || name.contains('.')));
    let others: Vec<_> = given.iter().filter(|(name, _)| !known(name)).collect();
    let others_in = |place: Place| {
        let here = row.method.place_of_others() == place;
        others.iter().filter(move |_| here).map(|(name, value)| ((*name).clone(), (*value).clone()))
    };
    // What stands in the path or the query is no secret of its row.
    let in_url = [Place::Path, Place::Query].into_iter().flat_map(of);
    let in_url = in_url.filter_map(|field| given.get(field.name)?.as_str());
    let shown = in_url.into_iter().any(|text| text.contains(CANARY));
    let shown = shown || others.iter().any(|(name, _)| name.contains(CANARY));
    assert!(shown || !format!("{request:?}").contains(CANARY), "{request:?}");
    check_secrets(row, &request, given);

    match &request.body {
        Some(body) => {
            let sent: Value = serde_json::from_slice(body.as_ref()).expect("the body is JSON");
            let expected = match of(Place::WholeBody).next() {
                Some(field) => given[field.name].clone(),
                None => of(Place::Body)
                    .filter_map(|field| {
                        Some((field.name.to_owned(), given.get(field.name)?.clone()))
                    })
                    .chain(others_in(Place::Body))
                    .collect::<Map<_, _>>()
                    .into(),
            };
            assert_eq!(sent, expected, "exactly the fields that were given");
        }
        None => assert_eq!((row.method, of(Place::Body).count()), (Method::Get, 0)),
    }

    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let url = request.at(base).url.unwrap();
    assert_eq!(url.origin(), base.origin());
    assert_eq!((url.username(), url.password(), url.fragment()), ("", None, None));
    let site = base.as_str();
    let rest = url.as_str().strip_prefix(site).expect("the URL is below the base URL");
    let path = rest.split('?').next().unwrap();
    let template: Vec<_> = row.path.split('/').collect();
    let segments: Vec<_> = path.split('/').collect();
    assert_eq!(segments.len(), template.len(), "{url}");
    for (segment, template) in segments.iter().zip(template) {
        let decoded = percent_decode_str(segment).decode_utf8().expect("UTF-8");
        let name = template.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        let expected = name.map_or_else(|| template.to_owned(), |name| text(&given[name]));
        assert_eq!(decoded, expected, "{url}");
    }
    let query: Vec<_> = url.query_pairs().into_owned().collect();
    let known = of(Place::Query)
        .filter_map(|field| Some((field.name.to_owned(), given.get(field.name)?.clone())));
    let mut expected = Vec::new();
    for (name, value) in known {
        match value {
            Value::Array(list) => expected.extend(list.iter().map(|e| (name.clone(), text(e)))),
            value => expected.push((name, text(&value))),
        }
    }
    assert!(query.starts_with(&expected), "{url}");
    assert!(query.len() >= expected.len() + others_in(Place::Query).count() || !others.is_empty());
}

/// Every string of a secret field is listed for redaction.
fn check_secrets(row: &Operation, request: &Prepared, given: &Map<String, Value>) {
    let listed = secrets::of_request(&request.request);
    for field in row.params.iter().filter(|field| field.kind.is_secret()) {
        if let Some(Value::String(text)) = given.get(field.name) {
            assert!(listed.contains(&text.as_str().into()), "{} is not listed", field.name);
        }
    }
}
