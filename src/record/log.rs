//! The Merkle log: how entries become one hash, and how that hash proves what it holds (RFC 6962, section 2).
//!
//! Only arithmetic: where hashes are kept is the caller's affair. What is kept beside the entries is one hash for every
//! 256 entries, one for every 65,536, and so on: the tiles of C2SP tlog-tiles. Everything between is reckoned again.

use sha2::{Digest, Sha256};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// How many levels of the tree a tile spans (C2SP tlog-tiles).
pub const TILE_HEIGHT: u32 = 8;
/// How many hashes a full tile holds.
pub const TILE_WIDTH: u64 = 1 << TILE_HEIGHT;

/// The hash of an entry.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(entry).finalize().into()
}

/// The hash of two subtrees.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// What is enough of a tree to add to it and to know its root: its complete subtrees, the largest first.
// INVARIANT: there are as many peaks as `size` has bits set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

/// The hash of a full tile, kept as an entry of the tile above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TileHash {
    /// The level of the tile that it stands in: 1 for the hash of 256 entries.
    pub level: u32,
    /// Its place on that level.
    pub index: u64,
    /// The hash.
    pub hash: Hash,
}

impl Frontier {
    /// A frontier as it was kept; `None` when it cannot be one.
    pub fn from_bytes(size: u64, bytes: &[u8]) -> Option<Self> {
        let (peaks, rest) = bytes.as_chunks::<32>();
        (rest.is_empty() && peaks.len() == size.count_ones() as usize).then(|| Self { size, peaks: peaks.to_vec() })
    }

    /// The peaks, to be kept.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.peaks.concat()
    }

    /// How many entries there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds an entry's hash; what must be kept besides, for every tile that is now full.
    pub fn push(&mut self, leaf: Hash) -> Vec<TileHash> {
        let mut full = Vec::new();
        let mut hash = leaf;
        // Every trailing one bit of the size is a peak that the new entry completes.
        for height in 1..=self.size.trailing_ones() {
            // As many peaks as one bits, so there is one here.
            let Some(left) = self.peaks.pop() else { break };
            hash = node_hash(&left, &hash);
            if height.is_multiple_of(TILE_HEIGHT) {
                full.push(TileHash { level: height / TILE_HEIGHT, index: self.size >> height, hash });
            }
        }
        self.peaks.push(hash);
        self.size += 1;
        full
    }

    /// The root of the tree.
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else { return Sha256::digest([]).into() };
        peaks.fold(*last, |right, left| node_hash(left, &right))
    }
}

/// Where hashes are read: `count` of them from `start`, on the level of a tile (0 for the entries themselves).
pub trait Hashes {
    /// Why they cannot be read.
    type Error;
    /// Reads hashes that the tree has.
    ///
    /// # Errors
    /// When they cannot be read; fewer than asked for are an error too.
    fn hashes(&mut self, level: u32, start: u64, count: u64) -> Result<Vec<Hash>, Self::Error>;
}

/// The root of the tree's first `size` entries.
///
/// # Errors
/// When hashes cannot be read.
pub fn root<H: Hashes>(size: u64, from: &mut H) -> Result<Hash, H::Error> {
    if size == 0 { Ok(Sha256::digest([]).into()) } else { subtree(0, size, from) }
}

/// The frontier of the tree's first `size` entries.
///
/// # Errors
/// When hashes cannot be read.
pub fn frontier<H: Hashes>(size: u64, from: &mut H) -> Result<Frontier, H::Error> {
    let (mut peaks, mut start) = (Vec::new(), 0);
    for height in (0..64).rev().filter(|height| size >> height & 1 == 1) {
        peaks.push(complete(start, height, from)?);
        start += 1 << height;
    }
    Ok(Frontier { size, peaks })
}

/// What proves that the tree of `size` entries has an entry at `index`, from the entry upwards.
///
/// # Errors
/// When hashes cannot be read.
pub fn inclusion_proof<H: Hashes>(index: u64, size: u64, from: &mut H) -> Result<Vec<Hash>, H::Error> {
    let (mut start, mut end, mut proof) = (0, size, Vec::new());
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            proof.push(subtree(middle, end, from)?);
            end = middle;
        } else {
            proof.push(subtree(start, middle, from)?);
            start = middle;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// What proves that the tree of `new` entries begins with the tree of `old` entries.
///
/// # Errors
/// When hashes cannot be read.
pub fn consistency_proof<H: Hashes>(old: u64, new: u64, from: &mut H) -> Result<Vec<Hash>, H::Error> {
    if old == 0 || old >= new {
        return Ok(Vec::new());
    }
    let (mut start, mut end, mut proof) = (0, new, Vec::new());
    while old != end {
        let middle = start + split(end - start);
        if old <= middle {
            proof.push(subtree(middle, end, from)?);
            end = middle;
        } else {
            proof.push(subtree(start, middle, from)?);
            start = middle;
        }
    }
    // Where the old tree is one of the new tree's own left subtrees, its root is known to who checks.
    if start != 0 {
        proof.push(subtree(start, end, from)?);
    }
    proof.reverse();
    Ok(proof)
}

/// The largest power of two below `n`, which is at least 2.
fn split(n: u64) -> u64 {
    1 << (n - 1).ilog2()
}

fn subtree<H: Hashes>(start: u64, end: u64, from: &mut H) -> Result<Hash, H::Error> {
    let size = end - start;
    if size.is_power_of_two() {
        return complete(start, size.ilog2(), from);
    }
    let middle = start + split(size);
    Ok(node_hash(&subtree(start, middle, from)?, &subtree(middle, end, from)?))
}

/// The hash of 2^height entries, from at most 128 hashes of the nearest tile below.
fn complete<H: Hashes>(start: u64, height: u32, from: &mut H) -> Result<Hash, H::Error> {
    let level = height / TILE_HEIGHT;
    let mut hashes = from.hashes(level, start >> (level * TILE_HEIGHT), 1 << (height % TILE_HEIGHT))?;
    while hashes.len() > 1 {
        hashes = hashes.as_chunks::<2>().0.iter().map(|[left, right]| node_hash(left, right)).collect();
    }
    Ok(hashes.pop().unwrap_or_default())
}

/// Whether a proof shows that the tree of `size` entries with this root has this entry at `index`.
pub fn shows_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], expected: &Hash) -> bool {
    if index >= size {
        return false;
    }
    // As RFC 9162, section 2.1.3.2.
    let (mut place, mut last, mut hash) = (index, size - 1, *leaf);
    for step in proof {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            hash = node_hash(step, &hash);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, step);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *expected
}

/// Whether a proof shows that the tree of `new` entries begins with the tree of `old` entries.
pub fn shows_consistency(old: u64, new: u64, proof: &[Hash], old_root: &Hash, new_root: &Hash) -> bool {
    if old == new {
        return proof.is_empty() && old_root == new_root;
    }
    if old > new {
        return false;
    }
    if old == 0 {
        return proof.is_empty() && *old_root == Hash::from(Sha256::digest([]));
    }
    // As RFC 9162, section 2.1.4.2.
    let mut steps = proof.iter();
    let first = if old.is_power_of_two() { Some(old_root) } else { steps.next() };
    let Some(first) = first else { return false };
    let (mut place, mut last) = (old - 1, new - 1);
    let shift = place.trailing_ones();
    place >>= shift;
    last >>= shift;
    let (mut before, mut after) = (*first, *first);
    for step in steps {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            before = node_hash(step, &before);
            after = node_hash(step, &after);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            after = node_hash(&after, step);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && before == *old_root && after == *new_root
}
