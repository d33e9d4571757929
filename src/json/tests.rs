//! Texts that are JSON and texts that are not, and what is read in them.

use bytes::Bytes;

use super::*;

fn document(text: &str) -> Box<Document> {
    let text = Bytes::copy_from_slice(text.as_bytes());
    let (checked, _) = check(&text, |_| None).unwrap_or_else(|fault| panic!("{fault}"));
    Document::new(text, checked)
}

fn fault(text: &[u8]) -> String {
    match check(text, |_| None) {
        Ok(_) => panic!("taken: {:?}", String::from_utf8_lossy(text)),
        Err(fault) => fault.to_string(),
    }
}

/// A value as the library's own tree has it, written as serde_json writes it.
fn written(value: Value<'_>) -> serde_json::Value {
    match value.kind() {
        Type::Null => serde_json::Value::Null,
        Type::Bool => value.as_bool().unwrap().into(),
        Type::Int => value.as_i64().unwrap().into(),
        Type::Double => serde_json::from_slice(value.json()).unwrap(),
        Type::String => value.as_str().unwrap().into(),
        Type::Array => value.values().map(written).collect(),
        Type::Object => {
            let member = |value: Value<'_>| (value.name().unwrap().to_owned(), written(value));
            serde_json::Value::Object(value.values().map(member).collect())
        }
    }
}

#[test]
fn a_tree_is_what_serde_json_reads() {
    for text in [
        "0",
        " -0.5e-3 ",
        "\"\"",
        "[]",
        "{}",
        "\t\r\n[ ]\n",
        r#"[1,[2,[3,[]],{}],{"a":{"b":[true,false,null]}}]"#,
        r#"{"a":1,"b":{"a":2},"":"","c d":[{"a":3}]}"#,
        r#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00""#,
        r#"{"\u0061":"x","é":"ü","😀":"\u0000"}"#,
        r#"{"a":1,"a":2,"b":3,"a":{"c":[4]}}"#,
        r#"{"a":{"x":1},"b":2,"a":3}"#,
        "[9223372036854775807,-9223372036854775808,9223372036854775808,-0,1e3,1E+2]",
    ] {
        let wanted: serde_json::Value = serde_json::from_str(text).unwrap();
        assert_eq!(written(document(text).root()), wanted, "{text}");
    }
}

#[test]
fn what_is_not_json_is_refused_with_its_place() {
    for (text, why) in [
        ("", "ends too early at line 1, column 1"),
        (" ", "ends too early"),
        ("{", "ends too early"),
        ("{\"a\"", "ends too early"),
        ("{\"a\":", "ends too early"),
        ("[1,", "ends too early"),
        ("tru", "ends too early"),
        ("-", "ends too early"),
        ("1.", "ends too early"),
        ("\"a", "ends too early"),
        ("[1,]", "a value was expected at line 1, column 4"),
        ("{\"a\":1,}", "a member's name was expected"),
        ("{a:1}", "a member's name was expected"),
        ("{\"a\" 1}", "':' was expected"),
        ("[1 2]", "',' or ']' was expected"),
        ("[1}", "',' or ']' was expected"),
        ("{\"a\":1]", "',' or '}' was expected"),
        ("{}\n x", "more text follows the value at line 2, column 2"),
        ("nul1", "a value was expected"),
        ("'a'", "a value was expected"),
        ("01", "more text follows"),
        ("+1", "a value was expected"),
        (".5", "a value was expected"),
        ("1.e5", "a number is not well-formed"),
        ("1e+", "ends too early"),
        ("-a", "a number is not well-formed"),
        ("\"\\x\"", "an escape in a string is unknown"),
        ("\"\\u12g4\"", "an escape in a string is unknown"),
        ("\"\\u+123\"", "an escape in a string is unknown"),
        ("\"a\nb\"", "a control character stands in a string"),
        ("\"01234567\u{1f}\"", "a control character stands in a string"),
        ("\u{feff}{}", "a value was expected"),
        ("NaN", "a value was expected"),
        ("[1]\0", "more text follows"),
    ] {
        let found = fault(text.as_bytes());
        assert!(found.contains(why), "{text:?}: {found}");
    }
    assert!(fault(b"\"\xff\"").contains("not UTF-8 at line 1, column 2"));
    assert!(fault(b"\"\xed\xa0\x80\"").contains("not UTF-8"));
}

#[test]
fn nesting_is_taken_to_128() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let nested = |depth| format!("{}1{}", open.repeat(depth), close.repeat(depth));
        assert!(check(nested(MAX_DEPTH).as_bytes(), |_| None).is_ok());
        assert!(fault(nested(MAX_DEPTH + 1).as_bytes()).contains("deeper than 128"));
        let document = document(&nested(MAX_DEPTH));
        let deepest = (0..MAX_DEPTH).try_fold(document.root(), |value, _| value.first());
        assert_eq!(deepest.and_then(Value::as_i64), Some(1));
    }
}

#[test]
fn half_of_a_surrogate_pair_reads_as_the_replacement_character() {
    for (text, read) in [
        (r#""\ud800""#, "\u{fffd}"),
        (r#""\udc00x""#, "\u{fffd}x"),
        (r#""\ud800\ud800\udc00""#, "\u{fffd}\u{10000}"),
        (r#""\ud800\u0041""#, "\u{fffd}A"),
        (r#""\ud800\n""#, "\u{fffd}\n"),
        (r#""\uDBFF\uDFFF""#, "\u{10ffff}"),
    ] {
        assert_eq!(document(text).root().as_str(), Some(read), "{text}");
    }
}

#[test]
fn a_number_has_the_type_and_the_value_that_it_is_written_with() {
    for (text, kind, int, double) in [
        ("0", Type::Int, Some(0), Some(0.0)),
        ("-7", Type::Int, Some(-7), Some(-7.0)),
        ("-0", Type::Double, None, Some(-0.0)),
        ("9223372036854775807", Type::Int, Some(i64::MAX), Some(9.223_372_036_854_776e18)),
        ("9223372036854775808", Type::Double, None, Some(9.223_372_036_854_776e18)),
        ("1.0", Type::Double, None, Some(1.0)),
        ("1e2", Type::Double, None, Some(100.0)),
        ("1e400", Type::Double, None, None),
        ("-1e400", Type::Double, None, None),
        ("1e-400", Type::Double, None, Some(0.0)),
    ] {
        let document = document(text);
        let value = document.root();
        assert_eq!((value.kind(), value.as_i64(), value.as_f64()), (kind, int, double), "{text}");
    }
}

#[test]
fn of_a_member_given_twice_only_the_last_is_seen() {
    let small = document(r#"{"a":1,"b":2,"a":{"c":3},"d":4}"#);
    // Over 32 members there is an index.
    let many: Vec<_> = (0..50).map(|n| format!("\"k{}\":{n}", n % 40)).collect();
    let large = document(&format!("{{{}}}", many.join(",")));
    assert_eq!(small.root().count(), 3);
    assert_eq!(small.root().get("/a/c").and_then(Value::as_i64), Some(3));
    let names: Vec<_> = small.root().values().filter_map(Value::name).collect();
    assert_eq!(names, ["b", "a", "d"]);
    assert_eq!(large.root().count(), 40);
    assert_eq!(large.root().values().count(), 40);
    assert_eq!(large.root().get("/k3").and_then(Value::as_i64), Some(43));
    assert_eq!(large.root().get("/k30").and_then(Value::as_i64), Some(30));
    assert_eq!(large.root().first().and_then(Value::name), Some("k10"));
}

#[test]
fn a_pointer_finds_what_it_names_and_nothing_else() {
    let text = r#"{"a/b":1,"m~n":2,"":{"":3},"list":[10,[11]],"1":"one"}"#;
    let document = document(text);
    let found = |pointer: &str| {
        document.root().get(pointer).map(|value| String::from_utf8_lossy(value.json()).into_owned())
    };
    for (pointer, json) in [
        ("", Some(text)),
        ("/a~1b", Some("1")),
        ("/m~0n", Some("2")),
        ("/", Some("{\"\":3}")),
        ("//", Some("3")),
        ("/list/0", Some("10")),
        ("/list/1/0", Some("11")),
        ("/1", Some("\"one\"")),
        ("a", None),
        ("/a", None),
        ("/list/2", None),
        ("/list/00", None),
        ("/list/+1", None),
        ("/list/-", None),
        ("/list/", None),
        ("/list/18446744073709551616", None),
        ("/1/0", None),
    ] {
        assert_eq!(found(pointer).as_deref(), json, "{pointer}");
    }
    let inner = document.root().get("/list").unwrap();
    assert_eq!(inner.get("/1/0").and_then(Value::as_i64), Some(11));
    assert_eq!(inner.next().and_then(Value::name), Some("1"));
    assert!(inner.get("/1/0").unwrap().next().is_none());
    assert!(document.root().next().is_none());
}

#[test]
fn large_arrays_and_objects_are_found_by_their_index() {
    let count = 5000;
    let list: Vec<_> = (0..count).map(|n| format!("[{n}]")).collect();
    let members: Vec<_> = (0..count).map(|n| format!("\"n{n}\":[[{n}]]")).collect();
    let text = format!("{{\"l\":[{}],\"m\":{{{}}}}}", list.join(","), members.join(","));
    let document = document(&text);
    for n in [0, 1, 31, 32, 33, 4998, 4999] {
        for pointer in [format!("/l/{n}/0"), format!("/m/n{n}/0/0")] {
            assert_eq!(document.root().get(&pointer).and_then(Value::as_i64), Some(n), "{pointer}");
        }
    }
    assert!(document.root().get("/l/5000").is_none());
    assert!(document.root().get("/m/n5000").is_none());
}

#[test]
fn wanted_members_are_those_of_the_outermost_object() {
    let number = |name: &str| ["a", "b"].iter().position(|wanted| *wanted == name);
    let found = |text: &str| {
        let (_, wanted) = check(text.as_bytes(), number).unwrap();
        [0, 1].map(|at| wanted.get(at).map(|range| text[range].to_owned()))
    };
    assert_eq!(
        found(r#"{"a": [1, {"b": 2}] , "c": {"a": 3}}"#),
        [Some(r#"[1, {"b": 2}]"#.into()), None]
    );
    assert_eq!(
        found(r#"{"\u0061":1,"b":"x\"y","a":2}"#),
        [Some("2".into()), Some(r#""x\"y""#.into())]
    );
    assert_eq!(found(r#"[{"a":1}]"#), [None, None]);
}

const MIB: usize = 1024 * 1024;

fn list_of(item: &str, size: usize) -> String {
    format!("[{}0]", format!("{item},").repeat(size / (item.len() + 1)))
}

#[test]
fn a_text_whose_tree_would_be_vast_is_refused() {
    let found = fault(list_of("0", 16 * MIB).as_bytes());
    assert!(found.contains("would take too much memory"), "{found}");
    let short = list_of("[]", MIB);
    assert!(check(short.as_bytes(), |_| None).is_ok());
}

#[test]
fn what_a_homeserver_sends_is_not_too_heavy() {
    let event = r#"{"type":"m.room.member","sender":"@alice:example.org","state_key":"@alice:example.org","content":{"membership":"join","displayname":"Alice","avatar_url":"mxc://example.org/AAAAAAAAAAAAAAAAAAAA"},"origin_server_ts":1700000000000,"unsigned":{"age":100},"event_id":"$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","room_id":"!AAAAAAAAAAAAAAAAAA:example.org"}"#;
    for text in [list_of(event, 20 * MIB), format!("[\"{}\"]", "Well, well. ".repeat(MIB))] {
        assert!(check(text.as_bytes(), |_| None).is_ok());
    }
}

#[test]
fn what_is_quoted_reads_as_it_was() {
    for text in ["", "plain", "\"\\/\n\r\t\u{0}\u{1f}\u{7f}", "é😀 and more than eight bytes\u{1}"]
    {
        let mut quoted = crate::secret::SecretBytes::default();
        quote(text, &mut quoted);
        let json = std::str::from_utf8(quoted.as_ref()).unwrap();
        assert_eq!(document(json).root().as_str(), Some(text));
        assert_eq!(serde_json::from_str::<String>(json).unwrap(), text);
    }
}
