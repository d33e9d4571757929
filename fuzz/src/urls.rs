//! Everything that is an address: homeservers, submit_url, Matrix IDs and server names, proxies,
//! redirect targets; and the other texts that become headers or certificates.
//!
//! Input: a homeserver's URL for the client, a line; then the text.

use std::ffi::CString;
use std::time::UNIX_EPOCH;

use matrix_capi::api::{
    BaseUrl, CheckedBody, Head, Headers, Outcome, Request, Status, is_this_machine, read_answer,
    submit_token, table,
};
use matrix_capi::ffi::*;
use matrix_capi::flow::Server;
use matrix_capi::secret::SecretBytes;
use url::Url;

use crate::c::text;
use crate::client::{Client, Options};
use crate::input::{Input, without_nul};
use crate::words::{CANARY, check_message};

pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let base = BaseUrl::parse(&input.text(), true).ok();
    let bytes = input.rest();
    let given = String::from_utf8_lossy(bytes);
    let given = without_nul(&given);
    check_base_url(given, false);
    check_base_url(given, true);
    check_server(given, false);
    check_server(given, true);
    check_submit_url(given, base.as_ref());
    check_redirect(given);
    check_options(bytes);
    check_client(given);
}

fn check_base_url(given: &str, allow_plain_http: bool) {
    match BaseUrl::parse(given, allow_plain_http) {
        Ok(base) => check_base(&base, allow_plain_http),
        Err(outcome) => check_refusal(given, &outcome),
    }
}

fn check_base(base: &BaseUrl, allow_plain_http: bool) {
    let root = base.root();
    let near = is_this_machine(&root.host().unwrap());
    assert!(root.scheme() == "https" || root.scheme() == "http" && (near || allow_plain_http));
    assert_eq!(base.is_plain_loopback(), root.scheme() == "http" && near);
    assert_eq!((root.path(), root.query(), root.fragment()), ("/", None, None));

    let shown = base.as_str();
    let again = BaseUrl::parse(shown, allow_plain_http).expect("what is shown is taken again");
    assert_eq!(again.as_str(), shown);
    let paths = ["/_matrix/client/versions", "/a%2Fb/%2E%2E/c", "/x?a=%26&b=%23%20"];
    for path in paths {
        let url = base.join(path);
        assert_eq!(url.origin(), base.origin());
        assert_eq!((url.username(), url.password(), url.fragment()), ("", None, None));
        if !path.contains("%2E") {
            assert_eq!(url.as_str(), format!("{shown}{path}"));
        }
        assert_eq!(again.join(path), url);
    }
}

fn check_refusal(given: &str, outcome: &Outcome) {
    assert_eq!(outcome.status, Status::InvalidArgument);
    // Scheme and host are named; what stands before an "@" or behind a "?" never is.
    let named = Url::parse(given).is_ok_and(|url| {
        url.scheme().contains(CANARY) || url.host_str().is_some_and(|host| host.contains(CANARY))
    });
    check_message(&outcome.message, named);
}

fn check_server(given: &str, allow_plain_http: bool) {
    match Server::parse(given, allow_plain_http) {
        Ok(Server::Url(base)) => check_base(&base, allow_plain_http),
        Ok(Server::Name { host, with_port }) => {
            for base in std::iter::once(&host).chain(&with_port) {
                check_base(base, false);
                assert_eq!(
                    (base.root().scheme(), base.root().as_str()),
                    ("https", &*format!("{}/", base.as_str()))
                );
                assert_eq!(base.root().host(), host.root().host());
            }
            assert_eq!(host.root().port(), None);
        }
        Err(outcome) => check_refusal(given.trim(), &outcome),
    }
}

fn check_submit_url(given: &str, base: Option<&BaseUrl>) {
    let fields = |request: Request| {
        request
            .with("sid", Some("sid-1"))
            .with("client_secret", Some("c4n4ry.client_secret"))
            .with("token", Some("c4n4ry-123456"))
    };
    match submit_token::prepare(given, base, fields) {
        Ok(request) => {
            let url = request.url.as_ref().unwrap();
            let own = base.is_some_and(|base| base.origin() == url.origin());
            assert!(url.scheme() == "https" || url.scheme() == "http" && own, "{url}");
            assert!(url.has_host());
            assert_eq!((url.username(), url.password()), ("", None));
        }
        Err(outcome) => {
            assert_eq!(outcome.status, Status::InvalidArgument);
            check_message(&outcome.message, false);
        }
    }
}

/// A redirect's target is named without user, password, query and fragment.
fn check_redirect(given: &str) {
    let request = Request::new(&table::GET_VERSIONS).prepare().unwrap();
    let mut headers = Headers::default();
    headers.set("location", given.as_bytes());
    let head = Head { status: 302, retry_after: None, headers };
    let body = CheckedBody::new(SecretBytes::default(), head.status, &[]);
    let outcome = read_answer(&request, None, None, head, body, UNIX_EPOCH);
    assert_eq!(outcome.status, Status::BadResponse);
    let named = Url::parse(given).is_ok_and(|url| {
        let host = url.host_str().unwrap_or_default();
        [url.scheme(), host, url.path()].iter().any(|part| part.contains(CANARY))
    });
    check_message(&outcome.message, named);
}

/// Setters refuse or take any bytes at all, and say nothing of them.
fn check_options(bytes: &[u8]) {
    let options = Options::new();
    let c_text = CString::new(bytes.split(|byte| *byte == 0).next().unwrap()).unwrap();
    let c_text = c_text.as_ptr();
    // SAFETY: the options are alive, and the text ends with NUL.
    let statuses = unsafe {
        [
            mx_client_options_set_proxy(options.0, c_text),
            mx_client_options_set_user_agent(options.0, c_text),
            mx_client_options_set_access_token(options.0, c_text),
            mx_client_options_add_root_pem(options.0, c_text),
        ]
    };
    for status in statuses {
        assert!(matches!(status, MX_OK | MX_ERR_INVALID_ARGUMENT | MX_ERR_INVALID_UTF8));
    }
    if statuses.iter().any(|status| *status != MX_OK) {
        check_message(&text(mx_refusal_message()).unwrap(), false);
    }
}

/// What makes a client takes exactly what the checks above took.
fn check_client(given: &str) {
    let taken = BaseUrl::parse(given, false).is_ok();
    // A client is dear: only for some texts that look like its URL.
    let some = given.bytes().fold(0, |sum: u8, byte| sum.wrapping_add(byte)) % 16 == 0;
    if !given.starts_with("http") || !some {
        return;
    }
    match Client::try_new(given, &Options::new()) {
        Ok(_) => assert!(taken),
        Err((status, why)) => {
            assert!(!taken);
            assert_eq!((status, why.status()), (MX_ERR_INVALID_ARGUMENT, MX_ERR_INVALID_ARGUMENT));
            check_message(&why.message(), true);
        }
    }
}
