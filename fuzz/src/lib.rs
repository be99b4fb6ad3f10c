//! What is fuzzed: each way in that takes bytes from elsewhere, and what must be so whatever they are. A function that
//! returns has found nothing.
//!
//! The fuzzer calls these, and so does `tests/it/fuzzed.rs` with every file of `corpus/`, so that what was found once is
//! found again by `make test`.

mod rules;
mod served;
mod shown;

pub use rules::{rules, script, yaml};
pub use served::{form, http};
pub use shown::{bundle, checkpoint, notifications, proof, request};

use std::path::{Path, PathBuf};

/// What is done with some bytes.
pub type Target = fn(&[u8]);

/// Every target, by its name.
pub const ALL: [(&str, Target); 10] = [
    ("yaml", yaml),
    ("rules", rules),
    ("script", script),
    ("request", request),
    ("checkpoint", checkpoint),
    ("bundle", bundle),
    ("proof", proof),
    ("http", http),
    ("form", form),
    ("notifications", notifications),
];

/// The product's folder, from the fuzzer's package or from the product's own tests.
fn product(path: &str) -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let product = if env!("CARGO_PKG_NAME") == "windscreen" { package } else { &package.join("..") };
    product.join(path)
}
