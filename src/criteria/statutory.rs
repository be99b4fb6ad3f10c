//! What statutory guidance says that a threshold document must cover.

/// A part of the document, and the words by which rules that cover it are known.
#[derive(Debug, Clone, Copy)]
pub struct StatutoryPart {
    /// What it is about.
    pub name: &'static str,
    words: &'static [&'static str],
}

impl StatutoryPart {
    /// Whether a text is about it.
    pub fn is_in(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.words.iter().any(|word| text.contains(word))
    }
}

/// Every part.
pub const STATUTORY_PARTS: [StatutoryPart; 8] = [
    StatutoryPart { name: "early help", words: &["early help", "family help"] },
    StatutoryPart { name: "children in need (s17)", words: &["s17", "section 17"] },
    StatutoryPart { name: "protection (s47)", words: &["s47", "section 47"] },
    StatutoryPart { name: "care proceedings (s31)", words: &["s31", "section 31"] },
    StatutoryPart { name: "accommodation (s20)", words: &["s20", "section 20"] },
    StatutoryPart { name: "exploitation", words: &["exploit"] },
    StatutoryPart { name: "children in the secure estate", words: &["secure estate", "secure care", "custody"] },
    StatutoryPart { name: "disabled children", words: &["disab"] },
];
