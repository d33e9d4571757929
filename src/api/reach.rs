//! Where a server may lead: which URLs out of answers and documents are followed, sent to, or handed
//! on as a page to open.
//!
//! A host is judged by what stands in the URL. What a name resolves to is the resolver's affair.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use super::base_url::is_this_machine;

/// How near a host is. A server out there has no business with a person's network, and nobody else's
/// server with a person's machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Nearness {
    Anywhere,
    Network,
    Machine,
}

/// Whether what came from one URL may lead to another: never to anything but http and https, never
/// from https to plain http, and in plain http only on this machine or where `allow_plain_http` says
/// so; never nearer than it is itself; and with no user name, which would travel as a header.
pub fn may_lead(from: &Url, to: &Url, allow_plain_http: bool) -> bool {
    let scheme = match (from.scheme(), to.scheme()) {
        (_, "https") => true,
        ("http", "http") => {
            allow_plain_http || to.host().is_some_and(|host| is_this_machine(&host))
        }
        _ => false,
    };
    let anonymous = to.username().is_empty() && to.password().is_none();
    scheme && anonymous && is_no_nearer(to, Some(from))
}

/// Whether a URL is on a host as far away as another, or farther; without another, out there.
pub fn is_no_nearer(url: &Url, than: Option<&Url>) -> bool {
    nearness(url) <= than.map_or(Nearness::Anywhere, nearness)
}

fn nearness(url: &Url) -> Nearness {
    match url.host() {
        Some(Host::Domain(name)) => nearness_of_name(name),
        Some(Host::Ipv4(address)) => nearness_of_address(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => nearness_of_address(IpAddr::V6(address)),
        None => Nearness::Machine,
    }
}

/// Names that mean this machine (RFC 6761), or something in its network, wherever they are resolved.
fn nearness_of_name(name: &str) -> Nearness {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let ends = |suffix: &str| name.strip_suffix(suffix).is_some_and(|rest| rest.ends_with('.'));
    if name == "localhost" || name == "localhost.localdomain" || ends("localhost") {
        Nearness::Machine
    } else if !name.contains('.') || ["local", "internal", "home.arpa"].into_iter().any(ends) {
        Nearness::Network
    } else {
        Nearness::Anywhere
    }
}

fn nearness_of_address(address: IpAddr) -> Nearness {
    let address = match address {
        IpAddr::V4(v4) => v4,
        IpAddr::V6(v6) => match embedded_v4(v6) {
            Some(v4) => v4,
            None => return nearness_of_v6(v6),
        },
    };
    match address.octets() {
        // 0.0.0.0 connects to this machine.
        [0 | 127, ..] => Nearness::Machine,
        [100, 64..128, ..] | [224..=255, ..] => Nearness::Network,
        _ if address.is_private() || address.is_link_local() => Nearness::Network,
        _ => Nearness::Anywhere,
    }
}

fn nearness_of_v6(address: Ipv6Addr) -> Nearness {
    match address.segments()[0] {
        _ if address.is_loopback() || address.is_unspecified() => Nearness::Machine,
        // Unique local, link local, the old site local, multicast.
        0xfc00..0xfe00 | 0xfe80.. => Nearness::Network,
        _ => Nearness::Anywhere,
    }
}

/// The IPv4 address that an IPv6 one stands for: mapped, compatible, or behind NAT64.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    match address.segments() {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
            if !(address.is_loopback() || address.is_unspecified()) =>
        {
            Some(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leads(from: &str, to: &str) -> bool {
        may_lead(&Url::parse(from).unwrap(), &Url::parse(to).unwrap(), false)
    }

    #[test]
    fn a_server_out_there_leads_only_to_others_out_there_over_https() {
        let from = "https://hs.example/.well-known/matrix/client";
        for good in ["https://hs.example", "https://other.example:8448/p", "https://[2001:db8::1]"]
        {
            assert!(leads(from, good), "{good}");
        }
        for bad in [
            "http://hs.example",
            "http://127.0.0.1:8008",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "intent://scan/#Intent;scheme=zxing;end",
            "ftp://hs.example",
            "data:text/html,x",
            "https://user@hs.example",
            "https://:password@hs.example",
            "https://localhost",
            "https://LOCALHOST.",
            "https://a.localhost",
            "https://127.0.0.1",
            "https://127.1",
            "https://2130706433",
            "https://0x7f.0.0.1",
            "https://0.0.0.0",
            "https://[::1]",
            "https://[::]",
            "https://[::ffff:127.0.0.1]",
            "https://[::127.0.0.1]",
            "https://[64:ff9b::10.0.0.1]",
            "https://10.0.0.1",
            "https://172.16.0.1",
            "https://192.168.1.1",
            "https://169.254.169.254",
            "https://100.64.0.1",
            "https://224.0.0.1",
            "https://255.255.255.255",
            "https://[fe80::1]",
            "https://[fd00::1]",
            "https://[ff02::1]",
            "https://router",
            "https://printer.local",
            "https://metadata.google.internal",
            "https://nas.home.arpa.",
        ] {
            assert!(!leads(from, bad), "{bad}");
        }
    }

    #[test]
    fn what_is_near_may_lead_as_near() {
        assert!(leads("http://127.0.0.1:1", "http://[::1]:2"));
        assert!(leads("https://localhost", "https://192.168.0.1"));
        assert!(leads("https://10.0.0.1", "https://matrix.local"));
        assert!(leads("https://10.0.0.1", "https://hs.example"));
        assert!(!leads("https://10.0.0.1", "https://localhost"));
        assert!(!leads("https://localhost", "http://localhost"));
        assert!(!leads("http://127.0.0.1", "http://hs.example"));
    }

    #[test]
    fn plain_http_leads_to_plain_http_where_allowed_and_never_from_https() {
        let url = |text| Url::parse(text).unwrap();
        assert!(may_lead(&url("http://hs.example"), &url("http://other.example"), true));
        assert!(!may_lead(&url("https://hs.example"), &url("http://hs.example"), true));
        assert!(!may_lead(&url("http://hs.example"), &url("http://192.168.0.1"), true));
    }
}
