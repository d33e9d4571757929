//! Debug output shows no secret: tried with every call and every answer of the contract table.

use std::collections::BTreeSet;
use std::time::SystemTime;

use serde_json::Value;

use super::{CheckedBody, Head, Headers, Request, read_answer, secrets, table};
use crate::secret::SecretBytes;

const FILES: [&str; 6] = [
    include_str!("../../tests/contract/answers.json"),
    include_str!("../../tests/contract/arguments.json"),
    include_str!("../../tests/contract/bad_responses.json"),
    include_str!("../../tests/contract/errors.json"),
    include_str!("../../tests/contract/faults.json"),
    include_str!("../../tests/contract/requests.json"),
];
/// Fields that are secret by their kind; inside of objects [`secrets::MEMBERS`] says.
const SECRETS: [&str; 2] = ["new_password", "access_token"];

fn is_secret(name: &str) -> bool {
    SECRETS.contains(&name) || secrets::MEMBERS.contains(&name)
}

/// The texts of members with such names, wherever they are; shorter ones would be found in any word.
fn collect(value: &Value, name: &str, secrets: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if is_secret(name) && text.len() > 5 => {
            secrets.insert(text.clone());
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, name, secrets)),
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| collect(value, name, secrets));
        }
        _ => {}
    }
}

/// The debug output of what is made of a case: its parameters and request or refusal, and the outcome of
/// each answer.
fn shown(case: &Value) -> Vec<String> {
    let call = &case["call"];
    let fields = call["params_text"].as_str().map_or(call["params"].to_string(), str::to_owned);
    let mut shown = Vec::new();
    let Some(row) = table::find(call["operation"].as_str().unwrap()) else { return shown };
    let request = Request::from_json(row, &fields);
    shown.push(format!("{request:?}"));
    let Ok(request) = request else { return shown };
    let request = request.prepare();
    shown.push(format!("{request:?}"));
    let Ok(request) = request else { return shown };
    for reply in case["server"].as_array().into_iter().flatten() {
        let mut body = SecretBytes::default();
        let text = reply["body"].as_str().map_or(reply["json"].to_string(), str::to_owned);
        body.extend(text.as_bytes());
        let mut headers = Headers::default();
        headers.set("location", text.as_bytes());
        let head = Head {
            status: reply["status"].as_u64().unwrap_or(200).try_into().unwrap(),
            headers,
            ..Head::default()
        };
        let token = case["options"]["access_token"].as_str();
        let body = CheckedBody::new(body, head.status, row.answer);
        let outcome = read_answer(&request, None, token, head, body, SystemTime::now());
        shown.push(format!("{outcome:?}"));
    }
    shown
}

#[test]
fn no_debug_output_of_any_case_shows_a_secret() {
    let cases: Vec<Value> = FILES
        .into_iter()
        .flat_map(|file| serde_json::from_str::<Vec<Value>>(file).unwrap())
        .collect();
    let mut secrets = BTreeSet::new();
    cases.iter().for_each(|case| collect(case, "", &mut secrets));
    assert!(secrets.len() > 5, "{secrets:?}");
    let shown: Vec<_> = cases.iter().flat_map(shown).collect();
    assert!(shown.len() > 2 * cases.len());
    for text in shown {
        let told = secrets.iter().find(|secret| text.contains(*secret));
        assert_eq!(told, None, "{text}");
    }
}
