//! The strict reader: what is refused before anything is typed, and in which words.

use serde_saphyr::{DuplicateKeyPolicy, MergeKeyPolicy, Options};

use super::tree::{Source, is_hidden};
use crate::diagnostic::Diagnostic;

/// The largest rule file: ten times the largest of the default set.
pub const MAX_FILE_BYTES: usize = 256 * 1024;

/// The deepest nesting of a rule file: conditions nest six deep in practice.
pub const MAX_DEPTH: usize = 16;

/// Why a text is not given to a reader at all.
pub(super) fn refused_before_reading(source: Source<'_>) -> Option<Diagnostic> {
    let Source { text, .. } = source;
    let whole = |code, message: &str| Diagnostic::error(code, message).at(Some(source.place(1, 1, 1)));
    if text.len() > MAX_FILE_BYTES {
        let message = format!("the file is {} bytes; at most {MAX_FILE_BYTES} are read", text.len());
        return Some(whole("file-too-large", &message).help("split the topic in two"));
    }
    if text.starts_with('\u{feff}') {
        let problem = whole("byte-order-mark", "the file starts with a byte order mark, which cannot be seen");
        return Some(problem.help("save it as UTF-8 without BOM"));
    }
    if text.contains('\r') {
        let line = text.lines().position(|line| line.ends_with('\r')).unwrap_or(0) + 1;
        let message = "the file has Windows line ends, which would change the rule set's digest";
        let problem = Diagnostic::error("windows-line-ends", message).at(Some(source.place(line, 1, 1)));
        return Some(problem.help("save it with LF line ends (in an editor: CRLF -> LF; or `sed -i 's/\\r$//' FILE`)"));
    }
    let indent = |line: &str| line.chars().take_while(|c| c.is_whitespace()).position(|c| c == '\t');
    if let Some((index, column)) = text.lines().enumerate().find_map(|(index, line)| Some((index, indent(line)?))) {
        let message = "this line is indented with a tab, which YAML does not read";
        let place = source.place(index + 1, column + 1, 1);
        return Some(Diagnostic::error("tab-indent", message).at(Some(place)).help("indent with spaces"));
    }
    let (index, line) = text.lines().enumerate().find(|(_, line)| line.contains(is_hidden))?;
    let column = line.chars().position(is_hidden).unwrap_or(0) + 1;
    let message = "this line has a control character, which cannot be seen and may hide what the rule says";
    Some(Diagnostic::error("control-character", message).at(Some(source.place(index + 1, column, 1))))
}

/// The strict reader's settings (design §7).
pub(super) fn strict() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_documents: 1,
            max_depth: MAX_DEPTH,
            max_anchors: 0,
            max_aliases: 0,
            max_merge_keys: 0,
        },
        duplicate_keys: DuplicateKeyPolicy::Error,
        merge_keys: MergeKeyPolicy::Error,
        strict_booleans: true,
        reject_unsupported_tags: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        with_snippet: false,
    }
}

pub(super) fn from_first_reader(source: Source<'_>, error: &serde_saphyr::Error) -> Diagnostic {
    let place = error.location().filter(|at| at.line() > 0).map(|at| source.at(at, 1));
    let text = error.to_string();
    let has = |needle: &str| text.to_lowercase().contains(needle);
    let at_text = |needle: &str| source.find(needle).or_else(|| place.clone());
    if matches!(error, serde_saphyr::Error::MultipleDocuments { .. }) || has("documents:") {
        let problem = Diagnostic::error("second-document", "the file holds a second YAML document").at(place);
        return problem.help("one file is one document: take out the line `---`");
    }
    if has("duplicate") {
        let problem = Diagnostic::error("duplicate-key", "this key stands twice in the same mapping").at(place);
        return problem.help("which one holds cannot be told; remove one");
    }
    if has("alias") || has("anchor") {
        let message = "anchors and aliases (`&name`, `*name`) are not read";
        let place = place.clone().or_else(|| at_text("&")).or_else(|| at_text("*"));
        return Diagnostic::error("yaml-anchor", message).at(place).help("write the value out where it is meant");
    }
    if has("merge") {
        let message = "merge keys (`<<`) are not read";
        return Diagnostic::error("yaml-merge", message).at(at_text("<<")).help("write the keys out");
    }
    if has("depth") || has("nest") {
        let message = format!("the file nests deeper than {MAX_DEPTH}");
        return Diagnostic::error("yaml-too-deep", message).at(place).help("name a part as a criterion of its own");
    }
    if has("tag") {
        let message = "tags (`!name`) are not read";
        return Diagnostic::error("yaml-tag", message).at(at_text("!")).help("take the tag out, or quote the value");
    }
    let first_line = text.lines().next().unwrap_or_default();
    let sentence = first_line.split(" at line ").next().unwrap_or(first_line);
    let sentence = sentence.strip_prefix("error: ").unwrap_or(sentence);
    // Most syntax errors of a new author are a colon or a quote inside plain text.
    let help = "text with `: `, ` #`, or a leading `-`, `?`, `[`, `{`, `*`, `&`, `!`, `%`, `@` goes in quotes; indent with spaces";
    Diagnostic::error("yaml-syntax", format!("this is not YAML that can be read: {sentence}")).at(place).help(help)
}
