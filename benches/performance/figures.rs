//! Where every benchmark leaves its figures: a file of its own under `target/performance`, from which the document is
//! made. A figure has a name, and is in seconds, bytes, or so many a second.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The figures of one benchmark.
pub struct Figures {
    of: &'static str,
    named: BTreeMap<String, f64>,
}

/// The folder of all figures.
pub fn folder() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let product = if package.ends_with("benches/engines") { &package.join("../..") } else { package };
    product.join("target/performance")
}

impl Figures {
    pub fn of(benchmark: &'static str) -> Self {
        Self { of: benchmark, named: BTreeMap::new() }
    }

    pub fn add(&mut self, name: impl Into<String>, figure: f64) {
        let name = name.into();
        let before = self.named.insert(name.clone(), figure);
        assert!(before.is_none(), "{name} is measured once");
    }

    /// Leaves them where the document finds them.
    pub fn write(&self) {
        let folder = folder();
        std::fs::create_dir_all(&folder).expect("a folder");
        let text = serde_json::to_string_pretty(&self.named).expect("JSON");
        std::fs::write(folder.join(format!("{}.json", self.of)), text).expect("written");
    }
}
