//! The way to a host: its addresses are looked up once, each is held against the grants, and the connection goes to one of
//! those that were held, and nowhere else.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use policy::network::{Host, HttpGrant, Scheme, Target};
use rustls::ClientConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use wasmtime_wasi_http::Error;

use super::stand_in::{self, HttpAnswering};

/// What looks the addresses of a name up.
pub type Resolver = Arc<dyn Fn(String) -> Resolving + Send + Sync>;

/// What becomes of a look-up.
pub type Resolving = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Makes the connections of plugins. Cheap to clone.
#[derive(Clone)]
pub struct Connector(Hosts);

/// What is at the other end.
#[derive(Clone)]
enum Hosts {
    /// Other hosts.
    Real {
        resolver: Resolver,
        /// How hosts prove who they are; why not, on a machine without any certificates.
        tls: Result<Arc<ClientConfig>, Arc<str>>,
    },
    /// Something in this process, and never another host.
    StandIn(HttpAnswering),
}

/// A connection, encrypted or not.
pub(super) trait Connection: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Connection for T {}

/// Why there is no connection.
#[derive(Debug)]
pub(super) enum ConnectError {
    /// The name has an address that no line admits.
    Refused(IpAddr),
    /// As the guest is told.
    Failed(Error),
}

impl Connector {
    /// Trusts the certificates of the operating system, and those of files in PEM besides. The files were read before.
    #[must_use]
    pub fn new(resolver: Resolver, ca_certificates: &[Vec<u8>]) -> Self {
        let pems = ca_certificates.iter().flat_map(|pem| CertificateDer::pem_slice_iter(pem));
        let tls = tls(pems.filter_map(Result::ok).collect());
        let tls = tls.map(Arc::new).map_err(|error| error.to_string().into());
        Self(Hosts::Real { resolver, tls })
    }

    /// Reaches no host: what is granted is answered by this, whatever address its host has.
    #[must_use]
    pub fn answered_by(answering: HttpAnswering) -> Self {
        Self(Hosts::StandIn(answering))
    }

    /// Asks the operating system.
    #[must_use]
    pub fn system_resolver() -> Resolver {
        Arc::new(|name| {
            Box::pin(async move {
                let addresses = tokio::net::lookup_host((name, 0)).await?;
                Ok(addresses.map(|address| address.ip()).collect())
            })
        })
    }

    /// The addresses of a target and the first of the lines that admits every one of them. A name that has one address too
    /// many is not connected to at all.
    pub(super) async fn check<'g>(
        &self,
        target: &Target,
        allowing: &'g [HttpGrant],
    ) -> Result<(Vec<SocketAddr>, &'g HttpGrant), ConnectError> {
        let resolver = match (&self.0, allowing.first()) {
            (Hosts::Real { resolver, .. }, _) => resolver,
            (Hosts::StandIn(_), Some(grant)) => return Ok((Vec::new(), grant)),
            (Hosts::StandIn(_), None) => {
                return Err(ConnectError::Failed(Error::HttpRequestDenied));
            }
        };
        let addresses = match &target.host {
            Host::Address(address) => vec![*address],
            Host::Name(name) => {
                let looked_up = resolver(name.clone()).await;
                looked_up.map_err(|_| ConnectError::Failed(name_error()))?
            }
        };
        if addresses.is_empty() {
            return Err(ConnectError::Failed(name_error()));
        }
        let mut refused = None;
        for grant in allowing {
            match addresses.iter().find(|address| !grant.line.admits(**address)) {
                Some(address) => refused = refused.or(Some(*address)),
                None => {
                    let at_port = addresses.iter().map(|address| (*address, target.port).into());
                    return Ok((at_port.collect(), grant));
                }
            }
        }
        Err(ConnectError::Refused(refused.unwrap_or(addresses[0])))
    }

    /// Connects to one of the addresses, the first that answers.
    pub(super) async fn connect(
        &self,
        target: &Target,
        addresses: &[SocketAddr],
    ) -> Result<Box<dyn Connection>, Error> {
        let tls = match &self.0 {
            Hosts::Real { tls, .. } => tls.clone(),
            Hosts::StandIn(answering) => return Ok(stand_in::connect(answering, target.origin())),
        };
        let stream = TcpStream::connect(addresses).await.map_err(|error| tcp_error(&error))?;
        // Small requests are not held back; without it they are only slower.
        let _ = stream.set_nodelay(true);
        if target.scheme == Scheme::Http {
            return Ok(Box::new(stream));
        }
        let tls = tls.map_err(|_| Error::TlsCertificateError)?;
        let name = match &target.host {
            Host::Address(address) => ServerName::from(*address),
            Host::Name(name) => {
                ServerName::try_from(name.clone()).map_err(|_| Error::HttpRequestUriInvalid)?
            }
        };
        let stream = TlsConnector::from(tls).connect(name, stream).await;
        Ok(Box::new(stream.map_err(|error| tls_error(&error))?))
    }
}

fn tls(extra: Vec<CertificateDer<'static>>) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier =
        rustls_platform_verifier::Verifier::new_with_extra_roots(extra, provider.clone())?;
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn name_error() -> Error {
    Error::DnsError { rcode: None, info_code: None }
}

fn tcp_error(error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Error::ConnectionRefused,
        io::ErrorKind::TimedOut => Error::ConnectionTimeout,
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            Error::DestinationIpUnroutable
        }
        _ => Error::DestinationUnavailable,
    }
}

fn tls_error(error: &io::Error) -> Error {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidCertificate(_)) => Error::TlsCertificateError,
        _ => Error::TlsProtocolError,
    }
}

#[cfg(test)]
pub(super) mod tests;
