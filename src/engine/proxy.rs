//! A proxy's URL.

use reqwest::Url;

use crate::api::{Outcome, is_this_machine};
use crate::secret::SecretString;

/// Reads a proxy's URL; the message never repeats it, since it may hold a password.
pub fn parse(url: &SecretString) -> Result<reqwest::Proxy, Outcome> {
    let unusable =
        || Outcome::invalid_argument("proxy must be a URL such as http://proxy.example:3128");
    let parsed = Url::parse(url.as_str()).map_err(|_| unusable())?;
    if !matches!(parsed.scheme(), "http" | "https") || !parsed.has_host() {
        return Err(unusable());
    }
    reqwest::Proxy::all(parsed).map_err(|_| unusable())
}

/// Whether a proxy is on this machine.
pub fn is_here(proxy: &SecretString) -> bool {
    let url = Url::parse(proxy.as_str()).ok();
    url.is_some_and(|url| url.host().is_some_and(|host| is_this_machine(&host)))
}
