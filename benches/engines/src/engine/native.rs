//! The rules written out as plain Rust by the build: a struct of the facts, and an `if` for each criterion.
#![allow(clippy::all, unused_parens, reason = "the build writes it")]

use std::hint::black_box;

use super::Engine;
use crate::combine::Answer;

include!(concat!(env!("OUT_DIR"), "/native.rs"));

#[derive(serde::Deserialize)]
struct Referral {
    facts: Facts,
}

#[derive(serde::Serialize)]
struct Written {
    level: u8,
    found: Vec<u16>,
}

#[derive(Default)]
pub struct Native {
    kept: Vec<Facts>,
}

fn read(bytes: &[u8]) -> Facts {
    serde_json::from_slice::<Referral>(bytes).expect("a referral").facts
}

fn found(bits: [u64; 2]) -> Vec<u16> {
    (0..128).filter(|index| bits[usize::from(index / 64)] >> (index % 64) & 1 == 1).collect()
}

impl Engine for Native {
    fn keep(&mut self, bytes: &[u8]) {
        self.kept.push(read(bytes));
    }

    fn answer(&mut self, kept: usize) -> Answer {
        let (level, bits) = level(&self.kept[kept]);
        Answer { level, found: found(bits) }
    }

    fn work(&mut self, kept: usize) {
        black_box(level(black_box(&self.kept[kept])));
    }

    fn json_to_json(&mut self, bytes: &[u8]) -> Vec<u8> {
        let (level, bits) = level(&read(bytes));
        serde_json::to_vec(&Written { level, found: found(bits) }).expect("JSON")
    }
}
