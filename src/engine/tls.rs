//! Which certificates are trusted: the application's own roots, then the system's or Mozilla's,
//! which are loaded only when a connection needs them.

use std::sync::Arc;

use once_cell::sync::OnceCell;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, KeyProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::SigningKey;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

use super::options::Options;
use crate::api::Outcome;

type Verifier = Arc<dyn ServerCertVerifier>;

const UNKNOWN_ISSUER: Error = Error::InvalidCertificate(CertificateError::UnknownIssuer);

/// TLS 1.2 and 1.3 with ring and the roots that the options name.
pub fn client_config(options: &Options) -> Result<ClientConfig, Outcome> {
    let provider = Arc::new(CryptoProvider {
        key_provider: &NoKeys,
        ..rustls::crypto::ring::default_provider()
    });
    let verifier = LazyVerifier {
        own: match options.roots.as_slice() {
            [] => None,
            roots => Some(with_roots(roots.iter().cloned(), &provider).map_err(unusable)?),
        },
        // Android's store needs set-up in Java, which a C library cannot ask for.
        bundled: options.bundled_roots || cfg!(target_os = "android"),
        provider: Arc::clone(&provider),
    };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(config)
}

/// There are no client certificates; with a provider of keys, all that signs would be in the library.
#[derive(Debug)]
struct NoKeys;

impl KeyProvider for NoKeys {
    fn load_private_key(&self, _key: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, Error> {
        Err(Error::General("this library has no client certificates".to_owned()))
    }
}

fn unusable(error: Error) -> Outcome {
    Outcome::internal(format!("TLS cannot be set up: {error}"))
}

fn with_roots(
    roots: impl IntoIterator<Item = CertificateDer<'static>>,
    provider: &Arc<CryptoProvider>,
) -> Result<Verifier, Error> {
    let mut store = RootCertStore::empty();
    for root in roots {
        store.add(root)?;
    }
    with_store(store, provider)
}

fn with_store(store: RootCertStore, provider: &Arc<CryptoProvider>) -> Result<Verifier, Error> {
    let builder = WebPkiServerVerifier::builder_with_provider(store.into(), Arc::clone(provider));
    Ok(builder.build().map_err(|error| Error::General(error.to_string()))?)
}

/// The public roots, shared by all clients: reading the system's costs some milliseconds and half a
/// megabyte. A failure is not kept.
static SYSTEM: OnceCell<Verifier> = OnceCell::new();
static BUNDLED: OnceCell<Verifier> = OnceCell::new();

#[derive(Debug)]
struct LazyVerifier {
    own: Option<Verifier>,
    bundled: bool,
    provider: Arc<CryptoProvider>,
}

impl LazyVerifier {
    fn public(&self) -> Result<&'static Verifier, Error> {
        if self.bundled {
            return BUNDLED.get_or_try_init(|| {
                let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
                with_store(roots, &self.provider)
            });
        }
        SYSTEM.get_or_try_init(|| {
            let provider = Arc::clone(&self.provider);
            Ok(Arc::new(rustls_platform_verifier::Verifier::new(provider)?) as Verifier)
        })
    }
}

impl ServerCertVerifier for LazyVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verify = |verifier: &Verifier| {
            verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
        };
        // The application's own roots first: with a private CA the public ones are never loaded.
        let own = self.own.as_ref().map(verify);
        if let Some(Ok(verified)) = own {
            return Ok(verified);
        }
        self.public().and_then(verify).map_err(|public| match own {
            // What the certificate's own authority has against it says more than that it is not
            // one of the public ones.
            Some(Err(own)) if own != UNKNOWN_ISSUER => own,
            _ => public,
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
