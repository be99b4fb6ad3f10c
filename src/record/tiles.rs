//! The logs as C2SP tlog-tiles gives them out: hashes and entries in tiles of 256, as far as they are signed.

use super::bundle::leaves;
use super::checkpoint::Checkpoint;
use super::log::{Hash, Hashes, TILE_HEIGHT, TILE_WIDTH, consistency_proof};
use super::notary::Kept;
use super::{Log, Record, RecordError};

/// Which tile of a level, and how many of its hashes or entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Its place on its level.
    pub index: u64,
    /// How many it holds: 256, or fewer at the end of the log.
    pub width: u64,
}

impl Place {
    /// Reads `x001/x234/067`, and `x001/x234/067.p/8` for a part; nothing is written in two ways.
    pub fn parse(path: &str) -> Option<Self> {
        let (path, width) = match path.split_once(".p/") {
            None => (path, TILE_WIDTH),
            Some((path, width)) => {
                let number: u64 = width.parse().ok()?;
                ((1..TILE_WIDTH).contains(&number) && number.to_string() == width).then_some((path, number))?
            }
        };
        let groups: Vec<&str> = path.split('/').collect();
        let mut index: u64 = 0;
        for (at, group) in groups.iter().enumerate() {
            let is_last = at + 1 == groups.len();
            let digits = if is_last { group } else { group.strip_prefix('x')? };
            let is_plain = digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit());
            let begins_with_nothing = at == 0 && !is_last && digits == "000";
            if !is_plain || begins_with_nothing {
                return None;
            }
            index = index.checked_mul(1000)?.checked_add(digits.parse().ok()?)?;
        }
        Some(Self { index, width })
    }
}

impl Record {
    /// How many entries of a log are signed.
    fn signed_size(&self, log: Log) -> u64 {
        let checkpoint = self.checkpoint(log).and_then(|note| Checkpoint::claimed(&note));
        checkpoint.map_or(0, |checkpoint| checkpoint.size)
    }

    /// The first and the one after the last of a tile, when all of them are signed.
    fn within(&self, log: Log, level: u32, place: Place) -> Result<(u64, u64), RecordError> {
        let on_level = self.signed_size(log).checked_shr(level.saturating_mul(TILE_HEIGHT)).unwrap_or(0);
        let start = place.index.checked_mul(TILE_WIDTH).ok_or(RecordError::NotFound)?;
        let end = start.checked_add(place.width).filter(|end| *end <= on_level);
        end.map(|end| (start, end)).ok_or(RecordError::NotFound)
    }

    /// The hashes of a tile.
    ///
    /// # Errors
    /// When the signed log has no such tile.
    pub fn tile(&self, log: Log, level: u32, place: Place) -> Result<Vec<Hash>, RecordError> {
        let (start, end) = self.within(log, level, place)?;
        Ok(self.store.read_at_once(|db| Kept { db, log }.hashes(level, start, end - start))?)
    }

    /// The entries of a tile.
    ///
    /// # Errors
    /// When the signed log has no such tile.
    pub fn tile_entries(&self, log: Log, place: Place) -> Result<Vec<String>, RecordError> {
        let (start, end) = self.within(log, 0, place)?;
        let leaves = self.store.read_at_once(|db| leaves(db, log, start, end))?;
        Ok(leaves.into_iter().map(|(_, leaf)| leaf).collect())
    }

    /// The last checkpoint of a log, and what proves that it continues the log as it was at a size.
    ///
    /// # Errors
    /// When the log was never so long.
    pub fn continues(&self, log: Log, since: u64) -> Result<(String, Vec<Hash>), RecordError> {
        let checkpoint = self.checkpoint(log).ok_or(RecordError::NotFound)?;
        let size = Checkpoint::claimed(&checkpoint).map_or(0, |checkpoint| checkpoint.size);
        if since > size {
            return Err(RecordError::NotFound);
        }
        Ok((checkpoint, self.store.read_at_once(|db| consistency_proof(since, size, &mut Kept { db, log }))?))
    }
}
