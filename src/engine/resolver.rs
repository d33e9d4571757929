//! Resolves host names by the system, on the runtime's threads for what blocks.

use std::io;
use std::net::ToSocketAddrs;
use std::panic::catch_unwind;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::task::spawn_blocking;

/// `getaddrinfo`. That a thread cannot be started is an error like any other, where tokio panics.
pub struct Resolver;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let lookup = move || (name.as_str(), 0).to_socket_addrs();
            let started = catch_unwind(|| spawn_blocking(lookup));
            let no_thread = |_| io::Error::other("no thread to resolve names on could be started");
            let addresses = started.map_err(no_thread)?.await.map_err(io::Error::other)??;
            Ok(Box::new(addresses) as Addrs)
        })
    }
}
