//! What is said about a child stays where it was said: a thousand requests with a child's name in every place of every
//! route, right and wrong, and afterwards no trace of it in the log, in a problem, or in an address that is answered.
//!
//! One header is the caller's own to fill, and comes back as it was sent: `X-Request-Id`. No name belongs in it.

use serde_json::Value;
use windscreen::pages::{Method, ROUTES};

use super::program::{Logged, Session};

/// No word of any rule, page or program is like it; a number behind it makes each its own.
const NAME: &str = "Zebulonquill";

/// Where something of the child's stands in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Path,
    Query,
    Headers,
    Value,
    Key,
    NotJson,
    WrongType,
    Form,
    File,
}

const PLACES: [Place; 9] = [
    Place::Path,
    Place::Query,
    Place::Headers,
    Place::Value,
    Place::Key,
    Place::NotJson,
    Place::WrongType,
    Place::Form,
    Place::File,
];

/// Every route of the pages and of the API: its method and its pattern.
fn routes(program: &Logged) -> Vec<(String, String)> {
    let answer = program.answer(b"GET /openapi.json HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    let document: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    let of_api = document["paths"].as_object().unwrap().iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().keys();
        methods.map(|method| (method.to_uppercase(), path.clone())).collect::<Vec<_>>()
    });
    let of_pages = ROUTES.iter().map(|route| {
        let method = if route.method == Method::Get { "GET" } else { "POST" };
        (method.to_owned(), route.path.to_owned())
    });
    of_api.chain(of_pages).collect()
}

/// A pattern with something in place of what varies: what the first is, and the others.
fn filled(pattern: &str, first: &str, others: &str) -> String {
    let mut with = std::iter::once(first).chain(std::iter::repeat(others));
    let parts = pattern.split('/').map(|part| if part.starts_with('{') { with.next().unwrap() } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// A referral with the name in everything that is somebody's words.
fn referral(name: &str) -> Value {
    let mut whole = crate::record::a_family();
    fn everywhere(value: &mut Value, name: &str) {
        match value {
            Value::Object(entries) => entries.iter_mut().for_each(|(key, value)| {
                let is_said =
                    ["name", "account", "own_words", "address", "people", "role", "contact"].contains(&key.as_str());
                if is_said && value.is_string() { *value = name.into() } else { everywhere(value, name) }
            }),
            Value::Array(values) => values.iter_mut().for_each(|value| everywhere(value, name)),
            _ => {}
        }
    }
    everywhere(&mut whole, name);
    whole
}

fn request(method: &str, pattern: &str, place: Place, name: &str, known: &str, session: &Session) -> String {
    let mut path = if place == Place::Path { filled(pattern, name, name) } else { filled(pattern, known, "1") };
    if place == Place::Query {
        path = format!("{path}?name={name}&explain={name}&to=/{name}&open={name}&after={name}&{name}");
    }
    let json = |text: String| ("application/json", text);
    let (kind, body) = match place {
        Place::Value => json(referral(name).to_string()),
        Place::Key => json(format!("{{\"{name}\":1,\"facts\":{{\"{name}\":\"{name}\"}},\"concerns\":[\"{name}\"]}}")),
        Place::NotJson => json(format!("{{\"facts\":{{}}, {name} \"{name}")),
        Place::WrongType => json(format!(
            "{{\"received_at\":\"{name}\",\"facts\":\"{name}\",\"referrer\":\"{name}\",\
             \"children\":[\"{name}\",{{\"name\":[\"{name}\"],\
             \"date_of_birth\":\"{name}\",\"nhs_number\":\"{name}\"}}],\"child\":\"{name}\",\"agrees\":\"{name}\"}}"
        )),
        Place::Form => {
            let keys = [
                "who",
                "to",
                "name",
                "account",
                "facts",
                "family_name",
                "given_name",
                "birth_date",
                "reason",
                "words",
                "go",
            ];
            let pairs: Vec<_> = keys.iter().map(|key| format!("{key}={name}")).collect();
            let form = format!("form-token={}&{}&{name}={name}", session.token, pairs.join("&"));
            ("application/x-www-form-urlencoded", form)
        }
        Place::File => {
            let token = &session.token;
            let file = format!(
                "--b\r\ncontent-disposition: form-data; name=\"form-token\"\r\n\r\n{token}\r\n--b\r\n\
                 content-disposition: form-data; name=\"file\"; filename=\"{name}.csv\"\r\n\r\n{name},name\r\n{name},{name}\r\n--b--\r\n"
            );
            if pattern.starts_with("/v1/batches") {
                ("text/csv", file)
            } else {
                ("multipart/form-data; boundary=b", file)
            }
        }
        Place::Path | Place::Query | Place::Headers => json("{\"facts\":{}}".to_owned()),
    };
    let headers = if place == Place::Headers {
        format!(
            "authorization: Bearer {name}\r\ncookie: windscreen_session={name}; {name}={name}\r\n\
             idempotency-key: {name}\r\n\
             if-match: \"{name}\"\r\nuser-agent: {name}\r\nreferer: http://{name}/{name}\r\nx-{name}: {name}\r\n\
             traceparent: {name}\r\nx-request-id: {name} {name}\r\nwindscreen-organisation: {name}\r\n\
             accept: text/html\r\n\
             x-forwarded-for: {name}\r\n"
        )
    } else {
        let who = if pattern.starts_with("/v1/audit") { "auditor" } else { "manager" };
        let who = if pattern == "/v1/referrals" && method == "POST" { "school-system" } else { who };
        format!(
            "authorization: Bearer demonstration-{who}\r\ncookie: {}\r\nidempotency-key: key-{}\r\n",
            session.cookie,
            &name[NAME.len()..]
        )
    };
    let kind = if pattern.ends_with("/batch") { "application/x-ndjson" } else { kind };
    let common = "host: 127.0.0.1\r\norigin: http://127.0.0.1\r\nconnection: close\r\n";
    let length = body.len();
    let body = if method == "GET" {
        String::new()
    } else {
        format!("content-type: {kind}\r\ncontent-length: {length}\r\n\r\n{body}")
    };
    let end = if method == "GET" { "\r\n" } else { "" };
    format!("{method} {path} HTTP/1.1\r\n{common}{headers}{body}{end}")
}

#[test]
fn a_childs_name_is_in_no_log_no_problem_and_no_address() {
    let program = Logged::start(&["--behind-proxy"]);
    let session = program.signed_in("manager");
    let routes = routes(&program);
    // A referral that is there, so that what is about one is read too.
    let recorded = request("POST", "/v1/referrals", Place::Value, &format!("{NAME}0000"), "first", &session);
    let recorded = program.answer(recorded.as_bytes());
    assert!(recorded.starts_with("HTTP/1.1 201 "), "{recorded}");
    let receipt: Value = serde_json::from_str(recorded.split_once("\r\n\r\n").unwrap().1).unwrap();
    let id = receipt["id"].as_str().unwrap().to_owned();
    let (mut sent, mut refused, mut kept) = (0, 0, 0);
    while sent < 1_000 || sent < routes.len() * PLACES.len() {
        let (method, pattern) = &routes[sent % routes.len()];
        let place = PLACES[(sent / routes.len()) % PLACES.len()];
        let name = format!("{NAME}{sent:04}");
        let answer = program.answer(request(method, pattern, place, &name, &id, &session).as_bytes());
        sent += 1;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        assert!(head.starts_with("HTTP/1.1 "), "{method} {pattern} {place:?}: {answer}");
        let is_problem = head.contains("application/problem+json") || head.contains("text/plain");
        refused += usize::from(is_problem);
        kept += usize::from(head.starts_with("HTTP/1.1 2"));
        // An address may say the one that was asked for, and a pointer the key that is meant: no value is either.
        let asked_for = filled(pattern, &name, &name);
        let others = head.replace(&asked_for, "").replace(&asked_for.replace('/', "%2F"), "");
        assert!(!others.contains(NAME), "{method} {pattern} {place:?}: {head}");
        if is_problem && place != Place::Key {
            assert!(!body.contains(NAME), "{method} {pattern} {place:?}: {body}");
        }
    }
    // Were all refused, or none, the test would say nothing.
    assert!(refused > 150 && kept > 150, "{refused} problems, {kept} answers to {sent}");
    let log = program.stop();
    assert!(log.matches("answered").count() >= sent, "the log has no line for each");
    let told: Vec<&str> = log.lines().filter(|line| line.to_lowercase().contains(&NAME.to_lowercase())).collect();
    assert!(told.is_empty(), "{told:#?}");
    assert!(!log.contains("panicked") && !log.contains(&session.token), "{log}");
    println!("{sent} requests, {refused} problems, {kept} taken; {} lines of log", log.lines().count());
}
