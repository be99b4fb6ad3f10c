//! The accept loop: limits that a plain loop lacks, and an end that loses no answer.
//!
//! What is said here must travel under TLS: the server speaks it itself (`tls.rs`), or listens on this machine only,
//! where a proxy before it does.
//!
//! A connection is taken in when there is room. When there is none, the one that has waited longest without a request
//! gives way; where requests are under way on all, whoever comes is told so at once and to come again
//! (`connections.rs`). The head of a request, its body and its answer must move, and not only now and then
//! (`stall.rs`). A request is counted for the address that it comes from (`forwarded.rs`), and one that finds no room
//! is told so before anything reads it. A connection ends after an answer when it is old, and a stop waits for the
//! requests under way. Every limit stands in `docs/limits.md`.

mod connections;
mod forwarded;
mod stall;
mod turned_away;

pub mod numbers;
pub mod tls;

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Once};
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderValue, Request, header};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::{interval, sleep};

use crate::access::address::Address;
use connections::{About, Connections, Open};
use stall::Moving;
use tls::Tls;
use turned_away::TurnedAway;

/// More headers than any partner's system or proxy sends.
const MAX_HEADERS: usize = 64;
/// Headers of this size hold long cookies and traces of other systems many times over.
const MAX_HEADER_BYTES: usize = 16 * 1024;
/// How much of a connection is kept in memory in each direction: a largest body, so that a batch is taken no faster
/// than its answers are.
const MAX_BUFFER_BYTES: usize = 64 * 1024;

/// For a year a browser comes back over TLS alone, whatever a link says.
const OVER_TLS_ALONE: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// What the accept loop allows.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How long a connection may take to send its headers, the first or the next ones. A partner's system sends them
    /// in one packet, and one that waits for work can open another connection.
    pub header_timeout: Duration,
    /// How long a body or an answer may stand still: longer than any evaluation, shorter than anybody waits.
    pub stall_timeout: Duration,
    /// How often the pace of what is under way is looked at. Only a batch takes longer.
    pub pace_every: Duration,
    /// How much must have moved between two looks, in both directions together: a quarter of what the slowest line
    /// that a school still has carries in a minute.
    pub pace_bytes: u64,
    /// How old a connection gets before it ends with its next answer, so that what a proxy or a client once settled
    /// (a name's address, a replica) does not stand for ever.
    pub life: Duration,
    /// How old it gets at all. A million children over a slow line take an hour or two; nothing honest takes longer.
    pub longest_life: Duration,
    /// How many connections at once: well below the files a process may open, well above any one council's need.
    pub connections: usize,
    /// How many of them are for questions about health alone, so that a full server is not taken for a dead one.
    pub for_health: usize,
    /// On how many at most partners' requests are under way: people's pages have the others.
    pub for_partners: usize,
    /// On how many at most the requests of one address are: a hospital's systems need a few, and no address has all.
    pub for_address: usize,
    /// How long a stop waits for the requests under way.
    pub shutdown: Duration,
    /// Which address a request is counted for.
    pub counted: Counted,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_timeout: Duration::from_secs(10),
            stall_timeout: Duration::from_secs(30),
            pace_every: Duration::from_secs(60),
            pace_bytes: 64 * 1024,
            life: Duration::from_hours(1),
            longest_life: Duration::from_hours(6),
            connections: 512,
            for_health: 16,
            for_partners: 384,
            for_address: 128,
            shutdown: Duration::from_secs(20),
            counted: Counted::Socket,
        }
    }
}

/// Which address a request is counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// The other end of the socket; what a header says may be forged.
    Socket,
    /// What the proxy appended to `X-Forwarded-For`.
    Forwarded,
}

/// Why the server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is reachable from elsewhere.
    #[error(
        "{0} can be reached from other machines, and nothing here encrypts what is said about children on its way; \
         give `--tls-certificate` and `--tls-key`, or listen on 127.0.0.1 or [::1], behind a proxy that speaks TLS \
         (`--behind-proxy`)"
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

/// What is listened on, and whether it is under TLS.
#[derive(Debug)]
pub struct Listening {
    sockets: TcpListener,
    tls: Option<Tls>,
}

impl Listening {
    /// The address, with the port that was had.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.sockets.local_addr()
    }
}

/// Listens on an address: under TLS on any, without on this machine's own.
///
/// # Errors
/// When the address is reachable from elsewhere without TLS, or cannot be had.
pub async fn listen(address: SocketAddr, tls: Option<Tls>) -> Result<Listening, ServeError> {
    if tls.is_none() && !address.ip().is_loopback() {
        return Err(ServeError::BeyondThisMachine(address));
    }
    let sockets = TcpListener::bind(address).await.map_err(|source| ServeError::CannotListen { address, source })?;
    Ok(Listening { sockets, tls })
}

/// Listens for whoever watches, on any address: the numbers say nothing of anybody, and who reaches them is for the
/// operator to say.
///
/// # Errors
/// When the address cannot be had.
pub async fn listen_to_watchers(address: SocketAddr) -> Result<Listening, ServeError> {
    let sockets = TcpListener::bind(address).await.map_err(|source| ServeError::CannotListen { address, source })?;
    Ok(Listening { sockets, tls: None })
}

/// Serves until told to stop, then finishes what is under way.
pub async fn serve(listening: Listening, router: Router, limits: Limits, stop: impl Future<Output = ()>) {
    let Listening { sockets, tls } = listening;
    let service = TowerToHyperService::new(router);
    let connections = Arc::new(Connections::new(limits));
    let turned_away = TurnedAway::new();
    let (stopping, stopped) = watch::channel(false);
    // Each connection holds an end of it, so that it closes with the last of them.
    let (under_way, mut all_ended) = mpsc::channel::<Infallible>(1);
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = sockets.accept() => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, peer)) => match connections.admit() {
                Some(open) => {
                    // Answers of a batch go out one by one; waiting to fill a packet would only delay them.
                    let _ = stream.set_nodelay(true);
                    let kept = Kept { open: Arc::new(open), peer: Address::of(peer.ip()), limits };
                    let (service, turned_away, stopped) = (service.clone(), Arc::clone(&turned_away), stopped.clone());
                    let (tls, under_way) = (tls.clone(), under_way.clone());
                    tokio::spawn(async move {
                        match tls {
                            None => kept.run(stream, service, turned_away, stopped).await,
                            Some(tls) => kept.run_under(&tls, stream, service, turned_away, stopped).await,
                        }
                        drop(under_way);
                    });
                }
                None if tls.is_none() => turned_away.tell(stream),
                // It could be told only after a greeting, which costs more than a crowd should.
                None => turned_away.say("connection"),
            },
            Err(error) => {
                tracing::warn!(kind = ?error.kind(), "a connection could not be accepted");
                // Out of files, most likely: waiting lets some close.
                sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop((sockets, under_way));
    stopping.send_replace(true);
    if tokio::time::timeout(limits.shutdown, all_ended.recv()).await.is_err() {
        tracing::warn!("some requests were still under way at the end");
    }
}

/// Answers what comes on one connection that is taken in, whatever carries it.
pub async fn answer_one(stream: impl AsyncRead + AsyncWrite + Unpin, peer: IpAddr, router: Router, limits: Limits) {
    let Some(open) = Arc::new(Connections::new(limits)).admit() else { return };
    let (_stopping, stopped) = watch::channel(false);
    let kept = Kept { open: Arc::new(open), peer: Address::of(peer), limits };
    kept.run(stream, TowerToHyperService::new(router), TurnedAway::new(), stopped).await;
}

/// A connection that was taken in.
struct Kept {
    open: Arc<Open>,
    peer: Address,
    limits: Limits,
}

impl Kept {
    /// The same under TLS. A greeting has the time of a request's head, and gives way as a silent connection does.
    async fn run_under(
        self,
        tls: &Tls,
        stream: TcpStream,
        service: TowerToHyperService<Router>,
        turned_away: Arc<TurnedAway>,
        stopped: watch::Receiver<bool>,
    ) {
        let greeted = tokio::select! {
            greeted = tokio::time::timeout(self.limits.header_timeout, tls.greet(stream)) => greeted,
            () = self.open.gives_way() => return,
        };
        let Ok(Ok(stream)) = greeted else {
            tracing::debug!(why = "no greeting", "a connection ended");
            return;
        };
        let service = service_fn(move |request| {
            let answer = service.call(request);
            async move {
                let mut answer = answer.await?;
                answer.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, OVER_TLS_ALONE);
                Ok::<_, Infallible>(answer)
            }
        });
        self.run(stream, service, turned_away, stopped).await;
    }

    /// Answers its requests until it ends, or must.
    async fn run(
        self,
        stream: impl AsyncRead + AsyncWrite + Unpin,
        service: impl Service<Request<Incoming>, Response = Response, Error = Infallible>,
        turned_away: Arc<TurnedAway>,
        mut stopped: watch::Receiver<bool>,
    ) {
        let Self { open, peer, limits } = self;
        let stream = Moving::new(stream, Arc::clone(&open), limits.stall_timeout);
        let answered = service_fn(|mut request: Request<Incoming>| {
            let from = counted_for(&request, peer, limits.counted);
            let under_way = open.begin(about(&request), from);
            request.extensions_mut().insert(from);
            let (service, turned_away) = (&service, &turned_away);
            async move {
                let Some(under_way) = under_way else { return Ok(turned_away.answer(&request)) };
                let answer = service.call(request).await?;
                Ok::<_, Infallible>(answer.map(|body| under_way.until_sent(body)))
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.header_timeout)
            .max_headers(MAX_HEADERS)
            .max_header_size(MAX_HEADER_BYTES)
            .max_buf_size(MAX_BUFFER_BYTES)
            .serve_connection(TokioIo::new(stream), answered);
        let mut connection = std::pin::pin!(connection);
        let (mut old, mut too_old) = (std::pin::pin!(sleep(limits.life)), std::pin::pin!(sleep(limits.longest_life)));
        let mut pace = interval(limits.pace_every);
        let mut earlier = open.pace.mark();
        let mut is_last = false;
        let why = loop {
            tokio::select! {
                ended = connection.as_mut() => match ended {
                    Ok(()) => return,
                    Err(_) => break "it broke off",
                },
                () = open.gives_way() => break "it gave way to another",
                () = &mut too_old => break "it was too old",
                () = &mut old, if !is_last => {
                    is_last = true;
                    connection.as_mut().graceful_shutdown();
                }
                _ = stopped.wait_for(|stopped| *stopped), if !is_last => {
                    is_last = true;
                    connection.as_mut().graceful_shutdown();
                }
                _ = pace.tick() => {
                    let now = open.pace.mark();
                    if now.is_slow_since(earlier, limits.pace_bytes) {
                        break "it hardly moved";
                    }
                    earlier = now;
                }
            }
        };
        // What it was about is not logged, nor whose it was.
        tracing::debug!(why, "a connection ended");
    }
}

/// What a request is about, by the path alone: before anything is known of who sent it.
fn about(request: &Request<Incoming>) -> About {
    match request.uri().path() {
        "/livez" | "/readyz" => About::Health,
        path if path.starts_with("/v1/") => About::Partners,
        _ => About::People,
    }
}

/// Which address a request is counted for. What comes past a proxy that was declared is this machine's own.
fn counted_for(request: &Request<Incoming>, peer: Address, counted: Counted) -> Address {
    static SAID: Once = Once::new();
    match (counted, forwarded::last(request.headers())) {
        (Counted::Socket, _) => peer,
        (Counted::Forwarded, Some(address)) => address,
        (Counted::Forwarded, None) => {
            // A health check, perhaps; or a proxy that does not do as was said, so that no address has a limit.
            if about(request) != About::Health {
                SAID.call_once(|| tracing::warn!("a request came without the address that a proxy appends"));
            }
            peer
        }
    }
}
