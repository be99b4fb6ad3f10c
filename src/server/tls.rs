//! TLS spoken by the server itself, with a certificate that is read again when it changes.
//!
//! Versions 1.2 and 1.3, as rustls offers them: no older one, no cipher without forward secrecy, nothing to be chosen.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use x509_cert::der::Decode;

/// Why the server cannot speak TLS. Nothing of a key stands in it.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("`{0}` cannot be read")]
    Read(PathBuf, #[source] io::Error),
    /// It holds no certificate.
    #[error("`{0}` holds no certificate in PEM (`-----BEGIN CERTIFICATE-----`)")]
    NoCertificate(PathBuf),
    /// It holds no key.
    #[error("`{0}` holds no private key in PEM (`-----BEGIN PRIVATE KEY-----`), without a passphrase")]
    NoKey(PathBuf),
    /// They do not belong together, or are of no use.
    #[error("the key in `{key}` is not that of the first certificate in `{certificate}`: {why}")]
    Apart {
        /// The certificates.
        certificate: PathBuf,
        /// The key.
        key: PathBuf,
        /// What is wrong.
        why: rustls::Error,
    },
    /// The certificate's time is over.
    #[error("the certificate in `{0}` ended at {1}")]
    Ended(PathBuf, Timestamp),
}

/// What speaks TLS.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    current: Arc<Current>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("certificate", &self.current.certificate).finish_non_exhaustive()
    }
}

/// The certificate that is shown now.
struct Current {
    certificate: PathBuf,
    key: PathBuf,
    provider: Arc<CryptoProvider>,
    read: ArcSwap<Read>,
}

struct Read {
    shown: Arc<CertifiedKey>,
    ends_at: Timestamp,
    /// As the files say it, to see whether they changed.
    chain: Vec<u8>,
}

impl Tls {
    /// Reads a certificate, with those that vouch for it behind it, and its key; both in PEM.
    ///
    /// # Errors
    /// When a file cannot be read, they do not belong together, or the certificate's time is over.
    pub fn read(certificate: &Path, key: &Path, now: Timestamp) -> Result<Self, TlsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let read = read(certificate, key, &provider)?;
        if read.ends_at <= now {
            return Err(TlsError::Ended(certificate.to_owned(), read.ends_at));
        }
        let current = Arc::new(Current {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            provider: Arc::clone(&provider),
            read: ArcSwap::from_pointee(read),
        });
        let versions = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider's own versions are its own");
        let shown: Arc<dyn ResolvesServerCert> = Arc::clone(&current) as Arc<dyn ResolvesServerCert>;
        let mut config = versions.with_no_client_auth().with_cert_resolver(shown);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), current })
    }

    /// Reads the files again; whether they hold another certificate, which is shown from now on.
    ///
    /// # Errors
    /// As `read`; the one that was shown stays.
    pub fn read_again(&self) -> Result<bool, TlsError> {
        let Current { certificate, key, provider, .. } = &*self.current;
        if fs::read(certificate).is_ok_and(|chain| chain == self.current.read.load().chain) {
            return Ok(false);
        }
        self.current.read.store(Arc::new(read(certificate, key, provider)?));
        Ok(true)
    }

    /// When the certificate that is shown ends.
    pub fn ends_at(&self) -> Timestamp {
        self.current.read.load().ends_at
    }

    /// Greets a client; the caller bounds how long that may take.
    pub(super) async fn greet(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.acceptor.accept(stream).await
    }
}

fn read(certificate: &Path, key: &Path, provider: &CryptoProvider) -> Result<Read, TlsError> {
    let bytes = |path: &Path| fs::read(path).map_err(|error| TlsError::Read(path.to_owned(), error));
    let (chain, key_bytes) = (bytes(certificate)?, bytes(key)?);
    let certificates: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&chain)
        .collect::<Result<_, _>>()
        .map_err(|_| TlsError::NoCertificate(certificate.to_owned()))?;
    let first = certificates.first().ok_or_else(|| TlsError::NoCertificate(certificate.to_owned()))?;
    let ends_at = ends_at(first).ok_or_else(|| TlsError::NoCertificate(certificate.to_owned()))?;
    let secret = PrivateKeyDer::from_pem_slice(&key_bytes).map_err(|_| TlsError::NoKey(key.to_owned()))?;
    let apart = |why| TlsError::Apart { certificate: certificate.to_owned(), key: key.to_owned(), why };
    let shown = Arc::new(CertifiedKey::from_der(certificates, secret, provider).map_err(apart)?);
    Ok(Read { shown, ends_at, chain })
}

fn ends_at(certificate: &CertificateDer<'_>) -> Option<Timestamp> {
    let read = x509_cert::Certificate::from_der(certificate).ok()?;
    let ends = read.tbs_certificate.validity.not_after.to_unix_duration();
    Timestamp::from_second(i64::try_from(ends.as_secs()).ok()?).ok()
}

impl fmt::Debug for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Current").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.read.load().shown))
    }
}
