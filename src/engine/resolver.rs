//! Resolves host names by the system, on the runtime's threads for what blocks.

use std::io;
use std::net::ToSocketAddrs;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;

use super::blocking::run_blocking;
use super::runtime::MOST_BLOCKING_THREADS;

/// `getaddrinfo` can wait for a silent DNS server for a long time, and cannot be ended. So names
/// leave a thread for what else blocks; and a name waits where it is given up with its call, for
/// what tokio has queued is looked up whether anybody still waits for it or not.
static LOOKUPS: Semaphore = Semaphore::const_new(MOST_BLOCKING_THREADS - 1);

/// `getaddrinfo`. That a thread cannot be started is an error like any other, where tokio panics.
pub struct Resolver;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let turn = LOOKUPS.acquire().await.map_err(io::Error::other)?;
            let lookup = move || {
                let addresses = (name.as_str(), 0).to_socket_addrs();
                drop(turn);
                addresses
            };
            let no_thread = |_| io::Error::other("no thread to resolve names on could be started");
            let addresses = run_blocking(lookup).await.map_err(no_thread)??;
            Ok(Box::new(addresses) as Addrs)
        })
    }
}
