//! What must move: a stream that breaks off when nothing has moved on it for too long, and the pace of what does.
//!
//! A body that stops coming and an answer that nobody takes are covered by neither the header timeout of hyper nor the
//! time that a handler has; a byte now and then starts the clock of a stall again, and its pace betrays it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use super::connections::Open;

/// How far a connection has come.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// Bytes, in both directions.
    moved: AtomicU64,
    /// Beginnings and ends of requests: while one is under way, an odd number.
    turns: AtomicU64,
}

impl Pace {
    /// A request begins, or has ended.
    pub(super) fn turn(&self) {
        self.turns.fetch_add(1, Ordering::Relaxed);
    }

    /// Where it stands now.
    pub(super) fn mark(&self) -> Mark {
        Mark { moved: self.moved.load(Ordering::Relaxed), turns: self.turns.load(Ordering::Relaxed) }
    }
}

/// How far a connection had come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    moved: u64,
    turns: u64,
}

impl Mark {
    /// Whether one and the same request was under way since an earlier mark, and hardly moved.
    pub(super) fn is_slow_since(self, earlier: Self, least: u64) -> bool {
        let is_the_same = self.turns == earlier.turns && self.turns % 2 == 1;
        is_the_same && self.moved.wrapping_sub(earlier.moved) < least
    }
}

/// A connection on which something moves, or which ends.
pub(super) struct Moving<S> {
    stream: S,
    open: Arc<Open>,
    allowed: Duration,
    stalled: Pin<Box<Sleep>>,
}

impl<S> Moving<S> {
    pub(super) fn new(stream: S, open: Arc<Open>, allowed: Duration) -> Self {
        Self { stream, open, allowed, stalled: Box::pin(sleep(allowed)) }
    }

    /// Passes on what moved and starts the clock again; what waits too long has failed.
    fn or_stalled(&mut self, cx: &mut Context<'_>, moved: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(moved) = moved {
            let bytes = moved.as_ref().map_or(0, |bytes| *bytes);
            self.open.pace.moved.fetch_add(bytes as u64, Ordering::Relaxed);
            self.stalled.as_mut().reset(Instant::now() + self.allowed);
            return Poll::Ready(moved);
        }
        ready!(self.stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Moving<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let moved = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let moved = moved.map_ok(|()| buffer.filled().len() - before);
        self.or_stalled(cx, moved).map_ok(drop)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Moving<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let moved = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.or_stalled(cx, moved)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let moved = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.or_stalled(cx, moved)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // hyper flushes when it holds nothing more to write. Of a socket it is done at once; it moves nothing.
        self.open.is_written();
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
