//! The homeserver's base URL: which ones are taken, and how paths are added to it.

use std::net::IpAddr;

use url::{Host, Origin, Url};

use super::outcome::Outcome;

/// A checked base URL. A path prefix is kept, with or without a trailing slash.
#[derive(Clone, Debug)]
pub struct BaseUrl {
    url: Url,
    /// The path without its trailing slash: `""` or `"/prefix"`.
    prefix: String,
}

impl BaseUrl {
    /// Takes `https` URLs, and `http` ones to this machine or where `allow_plain_http` says so.
    pub fn parse(text: &str, allow_plain_http: bool) -> Result<Self, Outcome> {
        let refused = |why: String| Outcome::invalid_argument(format!("homeserver_url {why}"));
        if text.is_empty() {
            return Err(refused("is empty".into()));
        }
        // The parser drops or mends these without a word.
        if text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\') {
            return Err(refused("holds a space, a control character or a backslash".into()));
        }
        let url = Url::parse(text).map_err(|error| refused(format!("is not a URL: {error}")))?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(refused(format!("must begin with https://, not {}:", url.scheme())));
        }
        let after_scheme = &text[url.scheme().len()..];
        let has_host = after_scheme.starts_with("://") && !after_scheme.starts_with(":///");
        let Some(host) = url.host().filter(|_| has_host) else {
            return Err(refused("has no host".into()));
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("must not hold a user name or password".into()));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refused("must not have a query (?) or a fragment (#)".into()));
        }
        if url.scheme() == "http" && !is_this_machine(&host) && !allow_plain_http {
            return Err(refused(format!(
                "is plain http to {host}, where anyone on the way can read passwords: use https, or allow it by mx_client_options_set_allow_plain_http"
            )));
        }
        let prefix = url.path().trim_end_matches('/').to_owned();
        Ok(Self { url, prefix })
    }

    /// The URL of `path_and_query`, which begins with `/` and is percent-encoded already.
    pub fn join(&self, path_and_query: &str) -> Url {
        let (path, query) = match path_and_query.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path_and_query, None),
        };
        let mut url = self.url.clone();
        url.set_path(&format!("{}{path}", self.prefix));
        url.set_query(query);
        url
    }

    pub fn url(&self) -> &Url {
        &self.url
    }

    pub fn origin(&self) -> Origin {
        self.url.origin()
    }

    /// The top of the site: the URL without its path.
    pub fn root(&self) -> Url {
        let mut url = self.url.clone();
        url.set_path("/");
        url
    }

    /// Whether it is plain http to this machine.
    pub fn is_plain_loopback(&self) -> bool {
        self.url.scheme() == "http" && self.url.host().is_some_and(|host| is_this_machine(&host))
    }

    /// The URL without a trailing slash.
    pub fn as_str(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }
}

/// Whether the host can only be this machine, so that plain http to it crosses no network.
pub fn is_this_machine(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => name.eq_ignore_ascii_case("localhost"),
        Host::Ipv4(address) => IpAddr::V4(*address).is_loopback(),
        Host::Ipv6(address) => IpAddr::V6(*address).is_loopback(),
    }
}

/// A URL from outside, for messages and logs: without user, password, query and fragment.
pub fn redacted(text: &str) -> String {
    match Url::parse(text) {
        Ok(url) if url.has_host() => {
            let host = url.host_str().unwrap_or_default();
            let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
            format!("{}://{host}{port}{}", url.scheme(), url.path())
        }
        _ => "a relative or ill-formed URL".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(base: &str) -> String {
        BaseUrl::parse(base, false).unwrap().join("/_matrix/client/versions").to_string()
    }

    #[test]
    fn a_path_is_added_to_every_form_of_base_url() {
        assert_eq!(joined("https://hs.example"), "https://hs.example/_matrix/client/versions");
        assert_eq!(joined("https://hs.example/"), "https://hs.example/_matrix/client/versions");
        assert_eq!(
            joined("https://hs.example/a/b"),
            "https://hs.example/a/b/_matrix/client/versions"
        );
        assert_eq!(
            joined("https://hs.example/a/b/"),
            "https://hs.example/a/b/_matrix/client/versions"
        );
        assert_eq!(
            joined("https://hs.example:8448"),
            "https://hs.example:8448/_matrix/client/versions"
        );
        assert_eq!(
            joined("https://[2001:db8::1]:8448/"),
            "https://[2001:db8::1]:8448/_matrix/client/versions"
        );
        assert_eq!(joined("http://[::1]:8008"), "http://[::1]:8008/_matrix/client/versions");
        assert_eq!(joined("http://127.1.2.3"), "http://127.1.2.3/_matrix/client/versions");
        assert_eq!(joined("HTTP://LOCALHOST:80"), "http://localhost/_matrix/client/versions");
    }

    #[test]
    fn a_query_and_encoded_characters_stay_as_they_are() {
        let base = BaseUrl::parse("https://hs.example/p", false).unwrap();
        assert_eq!(base.join("/a%2Fb/c?d=e%26f").as_str(), "https://hs.example/p/a%2Fb/c?d=e%26f");
    }

    #[test]
    fn a_bad_base_url_is_refused_with_the_reason() {
        for (url, why) in [
            ("", "is empty"),
            ("hs.example", "is not a URL"),
            ("https://", "is not a URL"),
            ("https:///path", "has no host"),
            ("https:hs.example", "has no host"),
            ("https://hs.example\n", "control character"),
            ("https:\\\\hs.example", "backslash"),
            ("ftp://hs.example", "must begin with https://"),
            ("file:///etc/passwd", "must begin with https://"),
            ("https://alice:hunter2@hs.example", "user name or password"),
            ("https://hs.example/?a=b", "query"),
            ("https://hs.example/#a", "fragment"),
            ("http://hs.example", "plain http to hs.example"),
            ("http://localhost.example", "plain http"),
            ("http://192.168.0.1:8008", "plain http"),
        ] {
            let message = BaseUrl::parse(url, false).expect_err(url).message;
            assert!(
                message.starts_with("homeserver_url ") && message.contains(why),
                "{url}: {message}"
            );
            assert!(!message.contains("hunter2"));
        }
    }

    #[test]
    fn plain_http_to_another_machine_is_taken_where_allowed() {
        assert!(BaseUrl::parse("http://192.168.0.1:8008", true).is_ok());
    }

    #[test]
    fn a_redacted_url_has_no_credentials_query_or_fragment() {
        let shown = redacted("https://u:p@hs.example:8448/a/@b?token=x#y");
        assert_eq!(shown, "https://hs.example:8448/a/@b");
        assert_eq!(redacted("/relative?token=x"), "a relative or ill-formed URL");
    }
}
