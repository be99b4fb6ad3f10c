//! The lines of a body: each bounded, numbered, and read only as fast as it is taken.

use axum::body::{BodyDataStream, Bytes};
use bytes::BytesMut;
use futures_util::{Stream, StreamExt, stream};

use crate::json::{Fault, FaultCode, MAX_BYTES};

/// One line that is not empty.
#[derive(Debug)]
pub(super) struct Line {
    /// Its number in the body, from 1.
    pub number: usize,
    /// Its text without its end, or that it is too long; the rest of a long line is passed over.
    pub text: Result<Bytes, Fault>,
}

/// The lines of a body. A body that breaks off ends in an error, so that its answer does not end as if it were whole.
pub(super) fn lines(body: BodyDataStream) -> impl Stream<Item = Result<Line, axum::Error>> {
    let lines = Lines { body, buffer: BytesMut::new(), searched: 0, number: 0, too_long: false, ended: false };
    stream::unfold(lines, |mut lines| async move { Some((lines.next().await.transpose()?, lines)) })
}

struct Lines {
    body: BodyDataStream,
    buffer: BytesMut,
    /// So much of the buffer holds no end of a line.
    searched: usize,
    number: usize,
    /// The line that is being read is too long, and was told to be.
    too_long: bool,
    ended: bool,
}

impl Lines {
    async fn next(&mut self) -> Result<Option<Line>, axum::Error> {
        while !self.ended {
            let rest = self.buffer.get(self.searched..).unwrap_or_default();
            if let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                let text = self.buffer.split_to(self.searched + end + 1).freeze();
                self.searched = 0;
                if let Some(line) = self.line(&text) {
                    return Ok(Some(line));
                }
                continue;
            }
            self.searched = self.buffer.len();
            // One more than the most, for the `\r` before an end that is still to come.
            if self.searched > MAX_BYTES + 1 {
                self.buffer.clear();
                self.searched = 0;
                if !std::mem::replace(&mut self.too_long, true) {
                    return Ok(Some(self.told_too_long()));
                }
            }
            match self.body.next().await {
                Some(more) => self.buffer.extend_from_slice(&more?),
                None => self.ended = true,
            }
        }
        let rest = self.buffer.split().freeze();
        Ok(self.line(&rest))
    }

    /// A whole line; `None` for an empty one, and for the end of one that was told already.
    fn line(&mut self, text: &Bytes) -> Option<Line> {
        if std::mem::take(&mut self.too_long) {
            return None;
        }
        let plain = text.trim_ascii();
        if plain.len() > MAX_BYTES {
            return Some(self.told_too_long());
        }
        self.number += 1;
        (!plain.is_empty()).then(|| Line { number: self.number, text: Ok(text.slice_ref(plain)) })
    }

    fn told_too_long(&mut self) -> Line {
        self.number += 1;
        let detail = format!("a line has at most {MAX_BYTES} bytes");
        Line { number: self.number, text: Err(Fault::new("", FaultCode::TooLarge, detail)) }
    }
}
