//! Submitting a token to the `submit_url` that a request for a token answered with.
//!
//! It is the identity service's submitToken: no path of the homeserver's, and no access token.

use url::Url;

use super::field::Kind;
use super::reach::is_no_nearer;
use super::{Auth, BaseUrl, Field, Method, Operation, Outcome, Prepared, Repeat, Request, Status};
use crate::json::Value;

static SUBMIT_TOKEN: Operation = Operation {
    id: "submitToken",
    method: Method::Post,
    path: "(submit_url)",
    auth: Auth::Never,
    repeat: Repeat::Harmless,
    params: &[
        Field::body("sid", Kind::Sid).required(),
        Field::body("client_secret", Kind::ClientSecret).required(),
        Field::body("token", Kind::Secret).required(),
    ],
    answer: &[Field::body("success", Kind::Boolean).required()],
};

/// Builds the request. The token must not be readable on the way, so the URL is https, or on the
/// homeserver's own origin; and a homeserver out there cannot send it into the person's network.
pub fn prepare(
    submit_url: &str,
    base: Option<&BaseUrl>,
    fields: impl FnOnce(Request) -> Request,
) -> Result<Prepared, Outcome> {
    let refused = |why: &str| Outcome::invalid_argument(format!("submitToken: submit_url {why}"));
    let url = Url::parse(submit_url).map_err(|_| refused("is not an absolute URL"))?;
    let own = base.is_some_and(|base| base.origin() == url.origin());
    if url.scheme() != "https" && !(url.scheme() == "http" && own) {
        return Err(refused("is neither https nor on the homeserver's own origin"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refused("must not hold a user name or password"));
    }
    if !is_no_nearer(&url, base.map(BaseUrl::url)) {
        return Err(refused("leads to this machine or its network, where the homeserver is not"));
    }
    Ok(Prepared { url: Some(url), ..fields(Request::new(&SUBMIT_TOKEN)).prepare()? })
}

/// `{"success": false}` is a refusal, whatever the HTTP status says.
pub fn judge(answer: Outcome) -> Outcome {
    let refused = answer.json("/success").and_then(Value::as_bool) == Some(false);
    match answer.status {
        Status::Ok if refused => {
            let message = "submitToken: the server did not accept the token";
            answer.judged(Status::Matrix, message)
        }
        _ => answer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepared(submit_url: &str, base: &str) -> Result<Prepared, Outcome> {
        let base = BaseUrl::parse(base, true).unwrap();
        prepare(submit_url, Some(&base), |request| {
            request
                .with("sid", Some("1"))
                .with("client_secret", Some("s"))
                .with("token", Some("123456"))
        })
    }

    #[test]
    fn a_token_travels_only_by_https_or_to_the_homeserver_itself() {
        assert!(prepared("https://is.example/submit", "https://hs.example").is_ok());
        assert!(prepared("http://127.0.0.1:8008/submit", "http://127.0.0.1:8008/prefix").is_ok());
        for (url, why) in [
            ("http://is.example/submit", "neither https"),
            ("http://127.0.0.1:8009/submit", "neither https"),
            ("ftp://hs.example/submit", "neither https"),
            ("/submit", "not an absolute URL"),
            ("https://user:pass@is.example/", "user name"),
        ] {
            let outcome = prepared(url, "http://127.0.0.1:8008").expect_err(url);
            assert!(outcome.message.contains(why), "{url}: {}", outcome.message);
        }
        for near in ["https://127.0.0.1:8008/", "https://localhost/", "https://192.168.1.1/"] {
            let outcome = prepared(near, "https://hs.example").expect_err(near);
            assert!(outcome.message.contains("leads to this machine"), "{}", outcome.message);
        }
    }

    #[test]
    fn success_false_is_a_refusal_even_with_status_200() {
        let answer = |success| Outcome {
            http_status: 200,
            ..Outcome::of_json(Status::Ok, "", &serde_json::json!({ "success": success }))
        };
        assert_eq!(judge(answer(true)).status, Status::Ok);
        assert_eq!(judge(answer(false)).status, Status::Matrix);
    }
}
