//! Our components against the fixtures of the package whose styles they wear.

use std::path::Path;

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde_json::Value;

use super::browser::unescaped;

/// Each component: its folder, our macro, the options that ours takes, and how many fixtures need no other. Fewer would
/// mean that a new version says things in another way.
const COMPONENTS: [(&str, &str, &str, usize); 18] = [
    ("radios", "radios", CHOICES, 8),
    ("checkboxes", "checkboxes", CHOICES, 8),
    ("input", "input", INPUT, 8),
    ("textarea", "textarea", TEXT, 5),
    ("file-upload", "file_upload", "id name label.text label.classes hint.text errorMessage.text classes", 3),
    (
        "select",
        "select",
        "id name label.text label.classes hint.text errorMessage.text value items.value items.text items.selected classes",
        4,
    ),
    (
        "date-input",
        "date_input",
        "id namePrefix fieldset.legend.text fieldset.legend.classes hint.text errorMessage.text items.name items.classes items.value",
        3,
    ),
    ("error-summary", "error_summary", "titleText errorList.text errorList.href", 3),
    (
        "summary-list",
        "summary_list",
        "rows.key.text rows.value.text rows.actions.items.href rows.actions.items.text rows.actions.items.visuallyHiddenText classes",
        3,
    ),
    (
        "task-list",
        "task_list",
        "items.title.text items.href items.hint.text items.status.text items.status.tag.text items.status.tag.classes",
        2,
    ),
    ("tag", "tag", "text classes", 9),
    (
        "table",
        "table",
        "caption captionClasses firstCellIsHeader head.text head.format head.classes rows.text rows.format rows.classes classes",
        4,
    ),
    ("details", "details", "summaryText text id open classes", 2),
    ("button", "button", "text href name value type classes", 5),
    ("inset-text", "inset_text", "text classes", 2),
    ("warning-text", "warning_text", "text iconFallbackText classes", 2),
    ("breadcrumbs", "breadcrumbs", "items.text items.href classes", 3),
    (
        "pagination",
        "pagination",
        "previous.href previous.text next.href next.text items.number items.href items.current items.ellipsis items.visuallyHiddenText classes",
        5,
    ),
];

/// Of radios and checkboxes.
const CHOICES: &str = "name idPrefix value values classes fieldset.legend.text fieldset.legend.classes fieldset.legend.isPageHeading \
                       hint.text errorMessage.text items.value items.text items.hint.text items.checked items.divider items.id";
const TEXT: &str =
    "id name label.text label.classes label.isPageHeading hint.text errorMessage.text value classes rows";
/// Of lines of text, one or several.
const INPUT: &str = "id name label.text label.classes label.isPageHeading hint.text errorMessage.text value classes type inputmode \
                     autocomplete suffix.text rows";

/// Whether a fixture needs only options that ours takes; of values that are nothing at all, ours are never given any.
fn is_ours(options: &Value, path: &str, known: &str) -> bool {
    let under = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match options {
        Value::Object(map) => !map.is_empty() && map.iter().all(|(key, value)| is_ours(value, &under(key), known)),
        Value::Array(list) => {
            list.iter().all(|one| (one.is_object() || one.is_array() || path == "values") && is_ours(one, path, known))
        }
        // We never give these.
        Value::Null | Value::Number(_) if !path.ends_with("number") => false,
        value => {
            known.split_whitespace().any(|one| one == path)
                && (value != "" || path.ends_with("value"))
                && (*value != Value::Bool(false) || !path.ends_with("value"))
        }
    }
}

/// Tags with their attributes in order, and the text between them, without white space that no reader sees.
fn plain(html: &str) -> Vec<String> {
    let mut parts = Vec::new();
    for part in html.split('<') {
        let Some((tag, text)) = part.split_once('>') else { continue };
        let (name, mut rest) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        let mut attributes = Vec::new();
        while let Some(begin) = rest.find(|letter: char| !letter.is_whitespace()) {
            rest = &rest[begin..];
            let end = rest.find(|letter: char| letter == '=' || letter.is_whitespace()).unwrap_or(rest.len());
            let (key, after) = rest.split_at(end);
            let (value, after) = match after.strip_prefix("=\"") {
                Some(quoted) => quoted.split_once('"').unwrap(),
                None => ("", after),
            };
            // What scripts alone use; and the focus, which their script gives and we give by a word of HTML.
            if !["data-module", "data-prevent-double-click", "autofocus", "tabindex"].contains(&key) && key != "/" {
                let words: Vec<&str> = value.split_whitespace().collect();
                attributes.push(format!("{key}={}", unescaped(&words.join(" "))));
            }
            rest = after;
        }
        attributes.sort();
        parts.push(format!("<{} {}>", name.trim_end_matches('/'), attributes.join(" ")));
        let words: Vec<&str> = text.split_whitespace().collect();
        if !words.is_empty() {
            parts.push(unescaped(&words.join(" ")));
        }
    }
    parts
}

#[test]
fn components_are_marked_up_as_the_package_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let components = std::fs::read_to_string(root.join("src/pages/components.html")).unwrap();
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_template("components.html", &components).unwrap();
    let mut wrong = Vec::new();
    for (folder, macro_name, known, at_least) in COMPONENTS {
        let path = root.join(format!("web/node_modules/govuk-frontend/dist/govuk/components/{folder}/fixtures.json"));
        let fixtures: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let mut checked = 0;
        for fixture in fixtures["fixtures"].as_array().unwrap() {
            let options = &fixture["options"];
            let is_whole = match folder {
                // A group of ours always has its question as a legend, and its parts their names.
                "radios" | "checkboxes" => {
                    options["fieldset"].is_object() || (options["hint"].is_null() && options["errorMessage"].is_null())
                }
                "date-input" => {
                    let parts = options["items"].as_array();
                    let named = |part: &Value| part["name"].is_string() && !part.to_string().contains("error");
                    options["fieldset"].is_object()
                        && parts.is_none_or(|parts| !parts.is_empty() && parts.iter().all(named))
                }
                "select" => options["items"].is_array(),
                "warning-text" => options["text"].is_string(),
                _ => true,
            };
            if !is_whole || !is_ours(options, "", known) {
                continue;
            }
            let call = format!("{{% import \"components.html\" as c %}}{{{{ c.{macro_name}(options) }}}}");
            let context = serde_json::json!({ "options": fixture["options"] });
            let name = format!("{folder}: {}", fixture["name"].as_str().unwrap());
            match environment.render_str(&call, Serde(context)) {
                Ok(html) if plain(&html) == plain(&fixture["html"].as_str().unwrap().replace("&ctdot;", "⋯")) => {
                    checked += 1
                }
                Ok(html) => wrong.push(format!(
                    "{name}\n  ours   {:?}\n  theirs {:?}",
                    plain(&html),
                    plain(fixture["html"].as_str().unwrap())
                )),
                Err(error) => wrong.push(format!("{name}: {error:#}")),
            }
        }
        if checked < at_least {
            wrong.push(format!("{folder}: only {checked} of its fixtures are checked"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn neither_the_typeface_nor_the_crown_ships() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let styles = std::fs::read_to_string(root.join("web/dist/windscreen.css")).unwrap().to_lowercase();
    for banned in ["gds transport", "@font-face", "crown", "url(", "@import", "woff"] {
        assert!(!styles.contains(banned), "{banned}");
    }
    let files = std::fs::read_dir(root.join("src/pages")).unwrap().flatten();
    for entry in files.filter(|entry| entry.path().is_file()) {
        let text = std::fs::read_to_string(entry.path()).unwrap().to_lowercase();
        for banned in ["gds transport", "crown", "<script", "style=\"", "onclick", "javascript:"] {
            assert!(!text.contains(banned), "{} has {banned}", entry.path().display());
        }
    }
}
