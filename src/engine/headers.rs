//! The headers of a request: made once for a client, copied for each request.

use bytes::Bytes;
use reqwest::Url;
use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderValue, USER_AGENT,
};
use url::Position;

use crate::api::Outcome;
use crate::secret::{SecretBytes, SecretString};

/// An access token as the header that carries it.
#[derive(Clone)]
pub struct Token {
    header: HeaderValue,
    /// For redaction: a server may echo it.
    text: SecretString,
}

impl Token {
    pub fn new(token: &str) -> Result<Self, Outcome> {
        let unusable = || {
            Outcome::invalid_argument("access_token must be visible ASCII characters, at least one")
        };
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(unusable());
        }
        let mut bytes = SecretBytes::with_capacity("Bearer ".len() + token.len());
        bytes.extend(b"Bearer ");
        bytes.extend(token.as_bytes());
        let value = HeaderValue::from_maybe_shared(Bytes::from_owner(bytes));
        let mut value = value.map_err(|_| unusable())?;
        value.set_sensitive(true);
        Ok(Self { header: value, text: token.into() })
    }

    pub fn text(&self) -> &str {
        self.text.as_str()
    }
}

/// What requests to one homeserver have in common.
pub struct Headers {
    with_body: HeaderMap,
    without_body: HeaderMap,
}

impl Headers {
    /// `base` is where the client's requests go; a request that goes elsewhere says so.
    pub fn new(base: Option<&Url>, user_agent: &str) -> Result<Self, Outcome> {
        let agent = HeaderValue::from_str(user_agent)
            .map_err(|_| Outcome::invalid_argument("user_agent must be visible ASCII"))?;
        // What the layers below would add to each request anew is here already: their look-ups, and
        // the growing of the map, are a tenth of a request's cost.
        let mut without_body = HeaderMap::with_capacity(6);
        if let Some(base) = base {
            without_body.insert(HOST, host(base)?);
        }
        without_body.insert(USER_AGENT, agent);
        without_body.insert(ACCEPT, HeaderValue::from_static("*/*"));
        let mut with_body = without_body.clone();
        with_body.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        with_body.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        Ok(Self { with_body, without_body })
    }

    /// The headers of one request: to `elsewhere` or to the base URL, with a body of that length or
    /// without one, with the access token or without it.
    pub fn for_request(
        &self,
        elsewhere: Option<&Url>,
        body_length: Option<usize>,
        token: Option<&Token>,
    ) -> Result<HeaderMap, Outcome> {
        let mut headers = match body_length {
            Some(length) => {
                let mut headers = self.with_body.clone();
                headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
                headers
            }
            None => self.without_body.clone(),
        };
        if let Some(url) = elsewhere {
            headers.insert(HOST, host(url)?);
        }
        if let Some(token) = token {
            headers.insert(AUTHORIZATION, token.header.clone());
        }
        Ok(headers)
    }
}

/// The host, and the port where it is not the scheme's own.
fn host(url: &Url) -> Result<HeaderValue, Outcome> {
    HeaderValue::from_str(&url[Position::BeforeHost..Position::AfterPort])
        .map_err(|_| Outcome::invalid_argument("the host of the URL cannot stand in a header"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host_of(url: &str) -> HeaderValue {
        host(&Url::parse(url).unwrap()).unwrap()
    }

    #[test]
    fn the_port_is_named_only_where_it_is_not_the_schemes_own() {
        assert_eq!(host_of("https://hs.example/_matrix"), "hs.example");
        assert_eq!(host_of("https://hs.example:443/"), "hs.example");
        assert_eq!(host_of("https://hs.example:8448/"), "hs.example:8448");
        assert_eq!(host_of("http://127.0.0.1:80/"), "127.0.0.1");
        assert_eq!(host_of("https://[2001:db8::1]:8448/"), "[2001:db8::1]:8448");
    }

    #[test]
    fn a_request_has_what_it_needs_and_nothing_else() {
        let base = Url::parse("https://hs.example").unwrap();
        let headers = Headers::new(Some(&base), "app/1").unwrap();
        let token = Token::new("abc").unwrap();
        let names = |map: &HeaderMap| map.keys().map(|name| name.to_string()).collect::<Vec<_>>();

        let get = headers.for_request(None, None, None).unwrap();
        assert_eq!(names(&get), ["host", "user-agent", "accept"]);

        let post = headers.for_request(None, Some(12), Some(&token)).unwrap();
        assert_eq!(post[CONTENT_LENGTH], "12");
        assert_eq!(post[AUTHORIZATION], "Bearer abc");
        assert_eq!(post.len(), 6);

        let elsewhere = Url::parse("https://is.example:8090/").unwrap();
        let post = headers.for_request(Some(&elsewhere), Some(0), None).unwrap();
        assert_eq!(post[HOST], "is.example:8090");
        assert_eq!(post.len(), 5);
    }
}
