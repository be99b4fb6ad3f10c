//! Reading age: how old somebody is who reads a text with ease, by the Flesch-Kincaid grade.
//!
//! A measure of sentence and word length and of nothing else: it is shown to whoever writes, and never stops a letter.

/// How a text reads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reads {
    /// How old its easy reader is, in years.
    pub age: f64,
    /// The words of its longest sentence.
    pub longest: usize,
}

/// How a text reads; `None` without words.
pub fn reads(text: &str) -> Option<Reads> {
    // A line of a list and a heading end a sentence as a full stop does.
    let sentences = text.split(['.', '!', '?', '\n', ':']).map(|sentence| {
        let words = sentence.split(|c: char| !(c.is_alphanumeric() || c == '\''));
        words.filter(|word| word.chars().any(char::is_alphanumeric)).collect::<Vec<_>>()
    });
    let sentences: Vec<Vec<&str>> = sentences.filter(|words| !words.is_empty()).collect();
    let longest = sentences.iter().map(Vec::len).max()?;
    let words: Vec<&str> = sentences.iter().flatten().copied().collect();
    let syllables: usize = words.iter().map(|word| syllables(word)).sum();
    let (sentences, words, syllables) = (sentences.len() as f64, words.len() as f64, syllables as f64);
    // The grade of an American school, which begins at six; a grade is a year below the age by five.
    let grade = 0.39 * (words / sentences) + 11.8 * (syllables / words) - 15.59;
    Some(Reads { age: (grade + 5.0).max(5.0), longest })
}

/// Groups of vowels, less a silent `e`; numbers count as one.
fn syllables(word: &str) -> usize {
    let word = word.to_lowercase();
    let letters: Vec<char> = word.chars().filter(|c| c.is_alphabetic()).collect();
    let vowel = |c: &char| "aeiouy".contains(*c);
    let groups =
        (0..letters.len()).filter(|at| vowel(&letters[*at]) && (*at == 0 || !vowel(&letters[*at - 1]))).count();
    let ends = |with: &str| word.ends_with(with);
    let silent = ends("e") && !ends("le")
        || ends("es") && !ends("ses") && !ends("ches")
        || ends("ed") && !ends("ted") && !ends("ded");
    groups.saturating_sub(usize::from(silent && groups > 1)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syllables_are_counted_as_one_speaks() {
        for (word, count) in [
            ("help", 1),
            ("family", 3),
            ("decided", 3),
            ("phoned", 1),
            ("table", 2),
            ("house", 1),
            ("safeguarding", 4),
            ("people", 2),
            ("9", 1),
        ] {
            // A silent `e` inside a word counts, as in most counts of this kind.
            assert_eq!(syllables(word), count, "{word}");
        }
    }

    #[test]
    fn short_words_in_short_sentences_read_young() {
        let easy = reads("We think you need help. A worker will phone you. You can say no.").unwrap();
        let hard = reads(
            "Notwithstanding the aforementioned multi-agency deliberations, statutory intervention predicated upon \
             significant impairment necessitates proportionate, contemporaneous assessment.",
        )
        .unwrap();
        assert!(easy.age < 8.0 && easy.longest == 5, "{easy:?}");
        assert!(hard.age > 20.0 && hard.longest > 14, "{hard:?}");
        assert_eq!(reads(" - . "), None);
    }
}
