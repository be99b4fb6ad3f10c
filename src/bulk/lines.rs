//! Lines of JSON as they come: each bounded, empty ones passed over.

use std::io::{self, BufRead, BufReader, Read};

use super::Incoming;
use crate::json::MAX_BYTES;
use crate::notifications::table::unmarked;

/// The lines of an input.
pub(super) struct Lines<R> {
    input: BufReader<R>,
    number: usize,
}

impl<R: Read> Lines<R> {
    pub fn new(input: BufReader<R>) -> Self {
        Self { input, number: 0 }
    }

    /// The next line that is not empty. Of one that is too long no more is kept than shows that it is.
    pub fn next(&mut self) -> io::Result<Option<Incoming>> {
        loop {
            let mut line = Vec::new();
            let read = (&mut self.input).take(MAX_BYTES as u64 + 1).read_until(b'\n', &mut line)?;
            if read == 0 {
                return Ok(None);
            }
            self.number += 1;
            if line.len() > MAX_BYTES && line.last() != Some(&b'\n') {
                skip_line(&mut self.input)?;
            }
            let text = if self.number == 1 { unmarked(&line) } else { &line };
            let text = text.trim_ascii();
            if !text.is_empty() {
                return Ok(Some(Incoming::Line { number: self.number, text: text.to_vec() }));
            }
        }
    }

    /// Whether the next line may have to be waited for: what was read by then is answered first.
    pub fn may_wait(&self) -> bool {
        !self.input.buffer().contains(&b'\n')
    }
}

/// Passes over the rest of a line, and says how long that was.
pub(super) fn skip_line(input: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok(());
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(buffer.len(), |at| at + 1);
        input.consume(used);
        if end.is_some() {
            return Ok(());
        }
    }
}
