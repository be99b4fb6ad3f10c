//! The Merkle tree against two independent ones (`ct-merkle` and `tlog_tiles`), for every size to 300 and round the borders of tiles.

use std::convert::Infallible;

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use sha2::Sha256;
use windscreen::record::log::{
    Frontier, Hash, Hashes, consistency_proof, frontier, inclusion_proof, leaf_hash, root, shows_consistency,
    shows_inclusion,
};

/// What a store keeps: the hash of every entry, and of every full tile.
#[derive(Default)]
struct Kept {
    /// By level; the entries' own at 0.
    levels: [Vec<Hash>; 4],
    /// Which levels were read.
    read: [bool; 4],
    /// As it grows.
    head: Frontier,
}

impl Kept {
    fn push(&mut self, entry: &[u8]) {
        let hash = leaf_hash(entry);
        self.levels[0].push(hash);
        for full in self.head.push(hash) {
            let level = &mut self.levels[usize::try_from(full.level).unwrap()];
            assert_eq!(level.len() as u64, full.index, "each full tile is told once, in order");
            level.push(full.hash);
        }
    }
}

impl Hashes for Kept {
    type Error = Infallible;
    fn hashes(&mut self, level: u32, start: u64, count: u64) -> Result<Vec<Hash>, Infallible> {
        let (level, start) = (usize::try_from(level).unwrap(), usize::try_from(start).unwrap());
        self.read[level] = true;
        Ok(self.levels[level][start..start + usize::try_from(count).unwrap()].to_vec())
    }
}

fn entry(number: u64) -> Vec<u8> {
    format!("entry {number}").into_bytes()
}

/// Both trees with so many entries.
fn trees(size: u64) -> (Kept, MemoryBackedTree<Sha256, Vec<u8>>) {
    let (mut kept, mut oracle) = (Kept::default(), MemoryBackedTree::new());
    for number in 0..size {
        kept.push(&entry(number));
        oracle.push(entry(number));
    }
    (kept, oracle)
}

fn root_of(hash: &Hash, size: u64) -> RootHash<Sha256> {
    RootHash::new((*hash).into(), size)
}

/// A proof as the second oracle takes it.
fn steps(proof: &[Hash]) -> Vec<tlog_tiles::Hash> {
    proof.iter().copied().map(tlog_tiles::Hash).collect()
}

/// Whether all three think the same of a proof of inclusion; the oracles also know how long a proof must be.
fn inclusion_holds(number: u64, size: u64, proof: &[Hash], hash: &Hash) -> bool {
    let ours = shows_inclusion(&leaf_hash(&entry(number)), number, size, proof, hash);
    let theirs = InclusionProof::try_from_bytes(proof.concat()).unwrap();
    let theirs = root_of(hash, size).verify_inclusion(&entry(number), number, &theirs).is_ok();
    assert_eq!(ours, theirs, "entry {number} of {size}");
    let (root, leaf) = (tlog_tiles::Hash(*hash), tlog_tiles::record_hash(&entry(number)));
    let second = tlog_tiles::check_record(&steps(proof), size, root, number, leaf).is_ok();
    assert_eq!(ours, second, "entry {number} of {size}");
    ours
}

fn consistency_holds(old: u64, new: u64, proof: &[Hash], before: &Hash, after: &Hash) -> bool {
    let ours = shows_consistency(old, new, proof, before, after);
    let theirs = ConsistencyProof::try_from_bytes(proof.concat()).unwrap();
    let theirs = root_of(after, new).verify_consistency(&root_of(before, old), &theirs).is_ok();
    assert_eq!(ours, theirs, "{old} in {new}");
    let (older, newer) = (tlog_tiles::Hash(*before), tlog_tiles::Hash(*after));
    let second = tlog_tiles::check_tree(&steps(proof), new, newer, old, older).is_ok();
    assert_eq!(ours, second, "{old} in {new}");
    ours
}

/// Every way to spoil a proof by one step.
fn spoilt(proof: &[Hash]) -> Vec<Vec<Hash>> {
    let mut all = Vec::new();
    for place in 0..proof.len() {
        let mut flipped = proof.to_vec();
        flipped[place][place % 32] ^= 1 << (place % 8);
        let mut dropped = proof.to_vec();
        dropped.remove(place);
        all.extend([flipped, dropped]);
        if place > 0 && proof[place] != proof[place - 1] {
            let mut swapped = proof.to_vec();
            swapped.swap(place, place - 1);
            all.push(swapped);
        }
    }
    let mut longer = proof.to_vec();
    longer.push([7; 32]);
    all.push(longer);
    all
}

/// Every entry of a small tree, and every seventh of a large one; of all trees every entry where more is tried.
fn step(size: u64) -> usize {
    if size > 100 && crate::cases() == 1 { 7 } else { 1 }
}

#[test]
fn roots_and_proofs_of_inclusion_are_the_oracles_to_300() {
    for size in 0..=300 {
        let (mut kept, oracle) = trees(size);
        let hash = kept.head.root();
        assert_eq!(root_of(&hash, size), oracle.root(), "{size}");
        let Ok(again) = root(size, &mut kept);
        assert_eq!(again, hash, "{size}");
        let Ok(rebuilt) = frontier(size, &mut kept);
        assert_eq!(rebuilt, kept.head, "{size}");
        assert_eq!(Frontier::from_bytes(size, &kept.head.to_bytes()).as_ref(), Some(&kept.head));
        for number in (0..size).step_by(step(size)) {
            let Ok(proof) = inclusion_proof(number, size, &mut kept);
            let theirs = oracle.prove_inclusion(usize::try_from(number).unwrap());
            assert_eq!(proof.concat(), theirs.as_bytes(), "entry {number} of {size}");
            assert!(inclusion_holds(number, size, &proof, &hash));
        }
    }
}

#[test]
fn proofs_of_consistency_are_the_oracles_to_300() {
    let mut roots = vec![Frontier::default().root()];
    let mut growing = Kept::default();
    for new in 1..=300 {
        growing.push(&entry(new - 1));
        roots.push(growing.head.root());
        let (_, oracle) = trees(new);
        for old in (1..new).step_by(step(new)) {
            let Ok(proof) = consistency_proof(old, new, &mut growing);
            let theirs = oracle.prove_consistency(usize::try_from(new - old).unwrap());
            assert_eq!(proof.concat(), theirs.as_bytes(), "{old} in {new}");
            let (before, after) = (&roots[usize::try_from(old).unwrap()], &roots[usize::try_from(new).unwrap()]);
            assert!(consistency_holds(old, new, &proof, before, after));
        }
        let now = &roots[usize::try_from(new).unwrap()];
        assert!(shows_consistency(0, new, &[], &roots[0], now) && shows_consistency(new, new, &[], now, now));
        assert!(!shows_consistency(new, new - 1, &[], now, now) && !shows_consistency(0, new, &[], now, now));
    }
}

#[test]
fn a_spoilt_proof_shows_nothing() {
    for size in [1_u64, 2, 3, 7, 8, 100, 256, 257, 300] {
        let (mut kept, _) = trees(size);
        let hash = kept.head.root();
        for number in (0..size).step_by(7) {
            let Ok(proof) = inclusion_proof(number, size, &mut kept);
            for spoilt in spoilt(&proof) {
                assert!(!inclusion_holds(number, size, &spoilt, &hash), "entry {number} of {size}");
            }
            let mut other = hash;
            other[31] ^= 1;
            assert!(!inclusion_holds(number, size, &proof, &other));
            assert!(!inclusion_holds(size, size, &proof, &hash));
            if number > 0 {
                assert!(!inclusion_holds(number - 1, size, &proof, &hash), "at another place");
            }
        }
        for old in (1..size).step_by(5) {
            let Ok(proof) = consistency_proof(old, size, &mut kept);
            let Ok(before) = root(old, &mut kept);
            for spoilt in spoilt(&proof) {
                assert!(!consistency_holds(old, size, &spoilt, &before, &hash), "{old} in {size}");
            }
            let mut other = before;
            other[0] ^= 128;
            assert!(!consistency_holds(old, size, &proof, &other, &hash));
            assert!(!consistency_holds(old, size, &proof, &before, &before), "nothing has no later tree of that root");
        }
    }
}

#[test]
fn whole_tiles_are_read_as_one_hash() {
    let (mut kept, oracle) = trees(66_000);
    let Ok(hash) = root(66_000, &mut kept);
    assert_eq!((root_of(&hash, 66_000), hash), (oracle.root(), kept.head.root()));
    assert_eq!((kept.levels[1].len(), kept.levels[2].len()), (257, 1));
    for number in [0, 1, 255, 256, 32_767, 65_535, 65_536, 65_999] {
        let Ok(proof) = inclusion_proof(number, 66_000, &mut kept);
        assert!(inclusion_holds(number, 66_000, &proof, &hash));
    }
    for old in [1, 255, 256, 257, 511, 65_535, 65_536, 65_537, 65_999] {
        let Ok(proof) = consistency_proof(old, 66_000, &mut kept);
        let Ok(before) = root(old, &mut kept);
        assert!(consistency_holds(old, 66_000, &proof, &before, &hash));
    }
    assert_eq!(kept.read, [true, true, true, false]);
}
