//! From what a person types, a Matrix ID, a server name or a URL, to the homeserver's base URL and
//! the way in which passwords are reset there.

use serde_json::{Value, json};
use url::Url;

use super::web::{is_unrecognized, oauth_metadata};
use crate::api::{BaseUrl, Operation, Outcome, Prepared, Request, Status, may_lead, table};
use crate::engine::Call;
use crate::json;

/// The spec wants a limit; Fetch's is 20, and nobody needs more than a few.
const MOST_REDIRECTS: usize = 5;

/// What the person typed.
#[derive(Debug)]
pub enum Server {
    Url(BaseUrl),
    /// A server name as `https://host` and, where it has a port, as `https://host:port`.
    Name {
        host: BaseUrl,
        with_port: Option<BaseUrl>,
    },
}

impl Server {
    /// Reads `@alice:example.org`, `example.org`, `example.org:8448`, `[2001:db8::1]:8448` or
    /// `https://matrix.example.org`.
    pub fn parse(text: &str, allow_plain_http: bool) -> Result<Self, Outcome> {
        let refused = |why: &str| Outcome::invalid_argument(format!("server {why}"));
        let text = text.trim();
        if text.contains("://") {
            let renamed = |mut outcome: Outcome| {
                outcome.message = outcome.message.replacen("homeserver_url", "server", 1).into();
                outcome
            };
            return BaseUrl::parse(text, allow_plain_http).map(Self::Url).map_err(renamed);
        }
        let name = match text.strip_prefix('@') {
            Some(id) => {
                id.split_once(':')
                    .ok_or_else(|| refused("is a Matrix ID without a server name: no ':'"))?
                    .1
            }
            None => text,
        };
        let no_server_name = || refused("is no server name, Matrix ID or URL");
        if name.is_empty() {
            return Err(refused("is empty"));
        }
        // A URL's parser takes more than a host and a port; a server name is nothing else.
        if name.contains(|c: char| matches!(c, '/' | '?' | '#' | '@' | '\\') || c.is_whitespace()) {
            return Err(no_server_name());
        }
        let url = Url::parse(&format!("https://{name}")).map_err(|_| no_server_name())?;
        let host = url.host_str().ok_or_else(no_server_name)?;
        Ok(Self::Name {
            host: BaseUrl::parse(&format!("https://{host}"), false)?,
            with_port: port_of(name)
                .map(|_| BaseUrl::parse(&format!("https://{name}"), false))
                .transpose()?,
        })
    }
}

/// The port in a server name, whose IPv6 addresses stand in brackets.
fn port_of(name: &str) -> Option<&str> {
    name.rsplit_once(':').map(|(_, port)| port).filter(|port| !port.contains(']'))
}

/// Finds the homeserver and says how passwords are reset there.
pub async fn discover(mut call: Call, server: Server) -> Outcome {
    call.forget_token();
    let found = match find(&call, server).await {
        Ok(found) => found,
        Err(outcome) => return outcome,
    };
    match describe(&call, found).await {
        Ok(json) => Outcome { http_status: 200, ..Outcome::of_json(Status::Ok, "OK", &json) },
        Err(outcome) => outcome,
    }
}

/// A base URL that has answered /versions, and the answer.
struct Found {
    base: BaseUrl,
    versions: Value,
}

async fn find(call: &Call, server: Server) -> Result<Found, Outcome> {
    let base = match server {
        Server::Url(base) => {
            let outcome = match versions(call, base.clone()).await {
                Ok(found) => return Ok(found),
                Err(outcome) => outcome,
            };
            // A web site's address rather than its homeserver's?
            match (outcome.status, well_known(call, base.root()).await) {
                (Status::BadResponse | Status::Matrix, Ok(Some(base))) => base,
                _ => return Err(outcome),
            }
        }
        Server::Name { host, with_port } => {
            let mut documents = std::iter::once(&host).chain(&with_port);
            loop {
                // The spec asks the host without the port; many servers answer only with it.
                let Some(document) = documents.next() else { break with_port.unwrap_or(host) };
                match well_known(call, document.root()).await {
                    Ok(Some(base)) => break base,
                    Ok(None) => {}
                    Err(outcome) if outcome.status == Status::Connect => {}
                    Err(outcome) => return Err(outcome),
                }
            }
        }
    };
    versions(call, base).await
}

/// Reads `/.well-known/matrix/client`, following redirects. `None` if there is none.
async fn well_known(call: &Call, site: Url) -> Result<Option<BaseUrl>, Outcome> {
    let operation = &table::GET_WELLKNOWN;
    let mut url =
        site.join(operation.path).map_err(|_| Outcome::internal("getWellknown: no URL"))?;
    for _ in 0..=MOST_REDIRECTS {
        let request = Request::new(operation).prepare()?;
        let answer = call.run(Ok(Prepared { url: Some(url.clone()), ..request })).await;
        match (answer.status, answer.http_status, answer.headers.location()) {
            (Status::Ok, ..) => return named_base(call, &url, answer).map(Some),
            (_, 404, _) => return Ok(None),
            (_, 300..400, Some(location)) => match url.join(location) {
                Ok(target) if may_lead(&url, &target, call.allows_plain_http()) => url = target,
                _ => return Err(answer),
            },
            _ => return Err(answer),
        }
    }
    Err(Outcome::new(
        Status::BadResponse,
        format!("getWellknown: more than {MOST_REDIRECTS} redirects"),
    ))
}

/// The base URL that a well-known document names.
fn named_base(call: &Call, document: &Url, answer: Outcome) -> Result<BaseUrl, Outcome> {
    let named = answer.text("/m.homeserver/base_url").and_then(|text| {
        let base = BaseUrl::parse(text, call.allows_plain_http()).ok()?;
        may_lead(document, base.url(), call.allows_plain_http()).then_some(base)
    });
    named.ok_or_else(|| {
        let message =
            "getWellknown: m.homeserver.base_url is missing or is no URL that may be used";
        answer.judged(Status::BadResponse, message)
    })
}

async fn versions(call: &Call, base: BaseUrl) -> Result<Found, Outcome> {
    let answer = call.run(at(&base, &table::GET_VERSIONS)).await;
    // Its text is JSON, so it can be read again.
    let versions =
        answer.json("/versions").and_then(|list| serde_json::from_slice(list.json()).ok());
    match (answer.status, versions) {
        (Status::Ok, Some(versions)) => Ok(Found { versions, base }),
        (Status::Ok | Status::Matrix | Status::BadResponse, _) => {
            let message =
                format!("{} is no homeserver's base URL: {}", base.as_str(), answer.message);
            Err(Outcome { errcode: None, ..answer.judged(Status::BadResponse, message) })
        }
        _ => Err(answer),
    }
}

/// What the result says: OAuth first, because such servers may still list the old ways.
async fn describe(call: &Call, found: Found) -> Result<Value, Outcome> {
    let base = found.base;
    let mut json = json!({"base_url": base.as_str(), "versions": found.versions});
    if let Some(metadata) = oauth_metadata(call, Some(&base)).await? {
        json["reset"] = "web".into();
        for name in ["account_management_uri", "issuer"] {
            // Empty is as good as absent.
            if let Some(text) = metadata.text(&format!("/{name}")).filter(|text| !text.is_empty()) {
                json[name] = text.into();
            }
        }
        return Ok(json);
    }
    let answer = call.run(at(&base, &table::GET_LOGIN_FLOWS)).await;
    let password = match answer.status {
        Status::Ok => offers_password(&answer),
        _ if is_unrecognized(&answer) => false,
        _ => return Err(answer),
    };
    json["reset"] = if password { "email" } else { "unavailable" }.into();
    Ok(json)
}

fn offers_password(answer: &Outcome) -> bool {
    let mut flows = answer.json("/flows").into_iter().flat_map(json::Value::values);
    flows.any(|flow| flow.get("/type").and_then(json::Value::as_str) == Some("m.login.password"))
}

/// An operation without parameters at a homeserver that is not the client's own.
fn at(base: &BaseUrl, operation: &'static Operation) -> Result<Prepared, Outcome> {
    Ok(Request::new(operation).prepare()?.at(base))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> (String, Option<String>) {
        match Server::parse(text, false) {
            Ok(Server::Name { host, with_port }) => {
                (host.as_str().to_owned(), with_port.map(|base| base.as_str().to_owned()))
            }
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn a_matrix_id_and_a_server_name_give_host_and_port() {
        assert_eq!(named("example.org"), ("https://example.org".into(), None));
        assert_eq!(named(" @alice:example.org "), ("https://example.org".into(), None));
        let with_port = ("https://example.org".into(), Some("https://example.org:8448".into()));
        assert_eq!(named("example.org:8448"), with_port);
        assert_eq!(named("@alice:example.org:8448"), with_port);
        assert_eq!(named("[2001:db8::1]"), ("https://[2001:db8::1]".into(), None));
        assert_eq!(
            named("@alice:[2001:db8::1]:8448"),
            ("https://[2001:db8::1]".into(), Some("https://[2001:db8::1]:8448".into()))
        );
        assert_eq!(named("192.0.2.1:80").1, Some("https://192.0.2.1:80".into()));
    }

    #[test]
    fn a_url_is_a_base_url() {
        let url = Server::parse("https://matrix.example.org/", false);
        assert!(
            matches!(url, Ok(Server::Url(base)) if base.as_str() == "https://matrix.example.org")
        );
    }

    #[test]
    fn anything_else_is_refused_with_the_reason() {
        for (text, why) in [
            ("", "is empty"),
            ("  ", "is empty"),
            ("@alice", "without a server name"),
            ("@alice:", "is empty"),
            ("exa mple.org", "is no server name"),
            ("example.org/path", "is no server name"),
            ("alice@example.org", "is no server name"),
            ("example.org:port", "is no server name"),
            ("2001:db8::1", "is no server name"),
            ("http://example.org", "server is plain http"),
            ("https://u:p@example.org", "user name or password"),
            ("ftp://example.org", "must begin with https://"),
        ] {
            let message = Server::parse(text, false).expect_err(text).message;
            assert!(message.starts_with("server ") && message.contains(why), "{text}: {message}");
        }
    }
}
