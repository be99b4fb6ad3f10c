//! The accept loop: limits that a plain loop lacks, and an end that loses no answer.
//!
//! A socket that stays silent is closed; so is one whose header, body or answer stops moving. Connections are counted;
//! a stop waits for the requests under way. It binds to this machine only, until partners and people can be identified.

mod stall;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use stall::Moving;

/// More headers than any partner's system or proxy sends.
const MAX_HEADERS: usize = 64;
/// Headers of this size hold long cookies and traces of other systems many times over.
const MAX_HEADER_BYTES: usize = 16 * 1024;
/// How much of a connection is kept in memory in each direction: a largest body, so that a batch is taken no faster
/// than its answers are.
const MAX_BUFFER_BYTES: usize = 64 * 1024;

/// What the accept loop allows.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How long a connection may take to send its headers, the first or the next ones. A partner's system sends them
    /// in one packet, and one that waits for work can open another connection.
    pub header_timeout: Duration,
    /// How long a body or an answer may stand still: longer than any evaluation, shorter than anybody waits.
    pub stall_timeout: Duration,
    /// How many connections at once: well below the files a process may open, well above any one council's need.
    pub connections: usize,
    /// How long a stop waits for the requests under way.
    pub shutdown: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_timeout: Duration::from_secs(10),
            stall_timeout: Duration::from_secs(30),
            connections: 512,
            shutdown: Duration::from_secs(20),
        }
    }
}

/// Why the server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is reachable from elsewhere.
    #[error(
        "{0} can be reached from other machines, and neither partners nor people can be identified yet; \
         listen on 127.0.0.1 or [::1]"
    )]
    BeyondThisMachine(SocketAddr),
    /// The address cannot be had.
    #[error("{address} cannot be listened on")]
    CannotListen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
}

/// Listens on an address of this machine.
///
/// # Errors
/// When the address is reachable from elsewhere, or cannot be had.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, ServeError> {
    if !address.ip().is_loopback() {
        return Err(ServeError::BeyondThisMachine(address));
    }
    TcpListener::bind(address).await.map_err(|source| ServeError::CannotListen { address, source })
}

/// Serves until told to stop, then finishes what is under way.
pub async fn serve(listener: TcpListener, router: Router, limits: Limits, stop: impl Future<Output = ()>) {
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(limits.connections));
    let mut stop = std::pin::pin!(stop);
    loop {
        let permit = tokio::select! {
            permit = Arc::clone(&room).acquire_owned() => permit,
            () = &mut stop => break,
        };
        // The semaphore is never closed; were it, serving would be over.
        let Ok(permit) = permit else { break };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, _)) => {
                // Answers of a batch go out one by one; waiting to fill a packet would only delay them.
                let _ = stream.set_nodelay(true);
                let connection = graceful.watch(connection(stream, router.clone(), limits));
                tokio::spawn(async move {
                    // A connection that breaks off is the other side's affair; what it was about is not logged.
                    if connection.await.is_err() {
                        tracing::debug!("a connection broke off");
                    }
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::warn!(kind = ?error.kind(), "a connection could not be accepted");
                // Out of files, most likely: waiting lets some close.
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(limits.shutdown, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests were still under way at the end");
    }
}

fn connection(
    stream: TcpStream,
    router: Router,
    limits: Limits,
) -> http1::Connection<TokioIo<Moving>, TowerToHyperService<Router>> {
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_headers(MAX_HEADERS)
        .max_header_size(MAX_HEADER_BYTES)
        .max_buf_size(MAX_BUFFER_BYTES)
        .serve_connection(TokioIo::new(Moving::new(stream, limits.stall_timeout)), TowerToHyperService::new(router))
}
