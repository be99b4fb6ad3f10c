//! A file of requests for an editor's HTTP client (the REST Client of VS Code, httpyac): one for each operation, from the
//! exchanges that the document shows as examples.
//!
//! What an operation needs to have happened before stands before it, so that every part can be sent from the top. A test
//! sends all of them in order.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::Value;

use super::examples::{exchange, exchanges, template, written};

/// How the file begins.
const HEAD: &str = "\
# A request for each operation of windscreen's API. Made by `windscreen schema http`; do not change it by hand.
#
# Send each part from its first request on, with the REST Client of VS Code or with httpyac; other editors' clients read
# the file too, and want the ids of earlier answers put in by hand. Beside another server than a demonstration, put your
# API key in place of `demonstration-...`. Every family in it is invented. There is a next rule set only where the server
# was started with `--next-rules`.

@host = http://127.0.0.1:8080
";

/// How the requests are named that ask for the digests of the rule sets in force and to come.
const CURRENT: &str = "_current";
const NEXT: &str = "_next";

/// A request of the file.
struct Sent {
    name: String,
    text: String,
}

/// The file: the document's operations in order, each with the first exchange under the example rules that it answers with
/// success.
pub(in crate::api) fn http_file(document: &Value) -> String {
    let mut people = BTreeSet::new();
    let mut parts = String::new();
    let paths = document["paths"].as_object();
    for (path, operations) in paths.into_iter().flatten() {
        for (method, operation) in operations.as_object().into_iter().flatten() {
            let is_of = |(_, exchange): &(&str, Value)| {
                let request = &exchange["request"];
                let sent = request["path"].as_str().and_then(|sent| sent.split('?').next());
                let template = sent.and_then(|sent| template(paths?.keys(), sent));
                template == Some(path) && request["method"].as_str() == Some(method.to_uppercase().as_str())
            };
            let fine =
                |(_, exchange): &(&str, Value)| exchange["response"]["status"].as_u64().is_some_and(|it| it < 300);
            // A set of three rules asks other questions; where it alone shows an operation, nothing hangs on them.
            let under = |(_, exchange): &(&str, Value)| u8::from(exchange["rules"] != "rules");
            let Some((name, _)) = exchanges().filter(is_of).filter(fine).min_by_key(under) else { continue };
            let id = operation["operationId"].as_str().unwrap_or_default();
            let summary = operation["summary"].as_str().unwrap_or_default();
            let _ = write!(parts, "\n### {summary}\n# {} {path}\n", method.to_uppercase());
            parts.push_str(&part(id, name, &mut people));
        }
    }
    let people: String = people.iter().map(|who| format!("@{} = demonstration-{who}\n", variable(who))).collect();
    format!("{HEAD}{people}{parts}")
}

/// An exchange, after those that it names.
fn part(operation: &str, name: &str, people: &mut BTreeSet<String>) -> String {
    let Some(last) = exchange(name) else { return String::new() };
    let before = last["after"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut sent: Vec<Sent> = Vec::new();
    let path = last["request"]["path"].as_str().unwrap_or_default();
    for (sign, known, which) in [("{digest}", "rule_set_current", CURRENT), ("{next}", "rule_set_next", NEXT)] {
        if let Some(asked) = exchange(known).filter(|_| path.contains(sign)) {
            let name = format!("{operation}{which}");
            sent.push(Sent { text: request(&asked, &name, &[], people), name });
        }
    }
    for (number, before) in before.filter_map(exchange).enumerate() {
        let name = format!("{operation}_{}", number + 1);
        sent.push(Sent { text: request(&before, &name, &sent, people), name });
    }
    sent.push(Sent { text: request(&last, operation, &sent, people), name: operation.to_owned() });
    let texts: Vec<String> = sent.into_iter().map(|one| one.text).collect();
    texts.join("\n###\n")
}

/// One request, with the answers before it in place of ids.
fn request(exchange: &Value, name: &str, sent: &[Sent], people: &mut BTreeSet<String>) -> String {
    let wanted = &exchange["request"];
    let answer = |one: Option<&Sent>, key: &str| {
        one.map(|one| format!("{{{{{}.response.body.$.{key}}}}}", one.name)).unwrap_or_default()
    };
    let fill = |text: &str| {
        text.replace("{id}", &answer(sent.last(), "id"))
            .replace("{first}", &answer(sent.first(), "id"))
            .replace("{digest}", &answer(sent.iter().find(|one| one.name.ends_with(CURRENT)), "digest"))
            .replace("{next}", &answer(sent.iter().find(|one| one.name.ends_with(NEXT)), "digest"))
    };
    let method = wanted["method"].as_str().unwrap_or_default();
    let mut text = format!("# @name {name}\n# answered with {}\n", exchange["response"]["status"]);
    let _ = writeln!(text, "{method} {{{{host}}}}{}", fill(wanted["path"].as_str().unwrap_or_default()));
    for (header, value) in wanted["headers"].as_object().into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        let value = match (header.as_str(), value.strip_prefix("Bearer demonstration-")) {
            (_, Some(who)) => {
                people.insert(who.to_owned());
                format!("Bearer {{{{{}}}}}", variable(who))
            }
            // Drawn anew each time that it is sent.
            ("idempotency-key", _) => "{{$guid}}".to_owned(),
            _ => value.to_owned(),
        };
        let _ = writeln!(text, "{header}: {value}");
    }
    let body = match (wanted.get("body"), &wanted["lines"]) {
        (Some(body), _) => format!("{body:#}"),
        (None, Value::Array(lines)) => lines.iter().map(written).collect::<Vec<_>>().join("\n"),
        _ => return text,
    };
    let _ = writeln!(text, "\n{}", fill(&body));
    text
}

/// A person of the demonstration as a variable is called.
fn variable(who: &str) -> String {
    who.replace('-', "_")
}
