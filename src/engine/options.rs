//! What a client can be told, and what it does when told nothing.

use std::sync::Arc;
use std::time::Duration;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::proxy;
use super::queue::Queue;
use crate::api::Outcome;
use crate::secret::SecretString;

pub struct Options {
    pub timeout: Duration,
    pub connect_timeout: Duration,
    pub user_agent: String,
    pub access_token: Option<SecretString>,
    pub proxy: Option<SecretString>,
    pub roots: Vec<CertificateDer<'static>>,
    pub bundled_roots: bool,
    pub max_retries: u32,
    pub retry_delay: Duration,
    pub max_rate_limit_wait: Duration,
    pub max_response_bytes: usize,
    pub max_idle_connections: usize,
    pub idle_timeout: Duration,
    pub allow_plain_http: bool,
    pub malloc_trim: bool,
    pub queue: Option<Arc<Queue>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            user_agent: concat!("matrix-capi/", env!("CARGO_PKG_VERSION")).to_owned(),
            access_token: None,
            proxy: None,
            roots: Vec::new(),
            bundled_roots: false,
            max_retries: 2,
            retry_delay: Duration::from_millis(300),
            max_rate_limit_wait: Duration::from_secs(3),
            max_response_bytes: 16 * 1024 * 1024,
            max_idle_connections: 128,
            idle_timeout: Duration::from_secs(60),
            allow_plain_http: false,
            malloc_trim: false,
            queue: None,
        }
    }
}

impl Options {
    pub fn check_proxy(url: &str) -> Result<(), Outcome> {
        proxy::parse(&url.into()).map(drop)
    }

    /// Adds every certificate of the text; one that cannot be used refuses them all.
    pub fn add_root_pem(&mut self, pem: &str) -> Result<(), Outcome> {
        let mut roots = Vec::new();
        for (index, root) in CertificateDer::pem_slice_iter(pem.as_bytes()).enumerate() {
            let unusable = |why: String| {
                Outcome::invalid_argument(format!(
                    "pem: certificate {} cannot be used: {why}",
                    index + 1
                ))
            };
            let root = root.map_err(|error| unusable(error.to_string()))?;
            RootCertStore::empty()
                .add(root.clone())
                .map_err(|error| unusable(error.to_string()))?;
            roots.push(root);
        }
        if roots.is_empty() {
            return Err(Outcome::invalid_argument(
                "pem holds no certificate: no BEGIN CERTIFICATE block",
            ));
        }
        self.roots.append(&mut roots);
        Ok(())
    }
}
