//! Endpoints that no table lists: of unstable features, of proposals (MSCs), of vendors.

use std::sync::Arc;

use super::operation::Custom;
use super::{Method, Outcome, Row};

/// Describes an endpoint by its method and by a path below `/_matrix/`, in which `{name}` stands for the
/// field `name`. A query may follow the path.
pub fn describe(method: &str, path: &str) -> Result<Row, Outcome> {
    let refused = |why: String| Outcome::invalid_argument(why);
    let found = Method::ALL.into_iter().find(|known| known.name() == method);
    let method = found.ok_or_else(|| refused("method must be GET, POST, PUT or DELETE".into()))?;
    check_path(path).map_err(|why| refused(format!("path {why}")))?;
    let (id, path) = (format!("{} {path}", method.name()), path.to_owned());
    Ok(Row::Custom(Arc::new(Custom { method, path, id })))
}

fn check_path(path: &str) -> Result<(), String> {
    if !path.starts_with("/_matrix/") {
        return Err("must begin with /_matrix/".into());
    }
    let mut literal = String::new();
    let mut rest = path;
    while let Some((before, behind)) = rest.split_once('{') {
        let (name, after) = behind.split_once('}').ok_or("has a '{' without its '}'")?;
        if name.is_empty() || name.contains(['{', '/', '?', '&', '=']) {
            return Err("has a '{' and '}' that name no field".into());
        }
        literal.push_str(before);
        // In place of the value, which is encoded and so cannot leave its segment.
        literal.push('x');
        rest = after;
    }
    literal.push_str(rest);
    let allowed =
        |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@%/?".contains(byte);
    if let Some(at) = literal.bytes().position(|byte| !allowed(&byte)) {
        let character = literal[at..].chars().next().unwrap_or_default();
        return Err(format!(
            "may hold letters, digits and -._~!$&'()*+,;=:@%/? outside of {{names}}, not {character:?}"
        ));
    }
    check_segments(&literal)
}

/// A parser of URLs would take such segments away, and others with them.
pub fn check_segments(path: &str) -> Result<(), String> {
    let path = path.split('?').next().unwrap_or_default();
    let is_dots = |segment: &str| {
        matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
    };
    if path.split('/').any(is_dots) {
        return Err("must not hold a segment \".\" or \"..\"".into());
    }
    Ok(())
}

/// The fields that a path names.
pub fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|part| part.split('}').next())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Repeat;

    #[test]
    fn a_path_below_matrix_is_taken_and_names_its_fields() {
        let path = "/_matrix/client/unstable/org.example/rooms/{roomId}/x?dir={dir}&a=b";
        let row = describe("GET", path).unwrap();
        assert_eq!((row.id(), row.repeat()), (&*format!("GET {path}"), Repeat::Harmless));
        assert_eq!(names(path).collect::<Vec<_>>(), ["roomId", "dir"]);
        assert_eq!(describe("PUT", "/_matrix/x").unwrap().repeat(), Repeat::Unsafe);
    }

    #[test]
    fn anything_else_is_refused_with_the_reason() {
        for (method, path, why) in [
            ("get", "/_matrix/x", "method must be"),
            ("PATCH", "/_matrix/x", "method must be"),
            ("GET", "", "must begin with /_matrix/"),
            ("GET", "/_synapse/x", "must begin with /_matrix/"),
            ("GET", "https://evil.example/_matrix/x", "must begin with /_matrix/"),
            ("GET", "/_matrix/../x", "segment"),
            ("GET", "/_matrix/a/./x", "segment"),
            ("GET", "/_matrix/%2E%2e/x", "segment"),
            ("GET", "/_matrix/a b", "not ' '"),
            ("GET", "/_matrix/a#b", "not '#'"),
            ("GET", "/_matrix/ä", "not 'ä'"),
            ("GET", "/_matrix/a\\b", "not '\\\\'"),
            ("GET", "/_matrix/{a", "without its '}'"),
            ("GET", "/_matrix/a}", "not '}'"),
            ("GET", "/_matrix/{}", "name no field"),
            ("GET", "/_matrix/{a/b}", "name no field"),
        ] {
            let message = describe(method, path).expect_err(path).message;
            assert!(message.contains(why), "{method} {path}: {message}");
        }
    }
}
