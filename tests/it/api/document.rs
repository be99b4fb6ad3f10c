//! The OpenAPI document: valid, complete, true to what is answered; and its page, which brings everything itself.

use std::collections::BTreeSet;
use std::fs;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use windscreen::json::Json;
use windscreen::referral::Referral;

use super::{ask, bytes, exchanges, folder, get, tiny};

pub(super) async fn document() -> Value {
    super::json(ask(&tiny(), get("/openapi.json")).await).await
}

/// A validator for one of the document's schemas.
fn schema(document: &Value, schema: &Value) -> jsonschema::Validator {
    let mut whole = schema.clone();
    whole["components"] = document["components"].clone();
    jsonschema::draft202012::options().should_validate_formats(true).build(&whole).unwrap()
}

/// The operation that a request is for.
pub(super) fn operation<'d>(document: &'d Value, request: &Value) -> Option<&'d Value> {
    let path = request["path"].as_str().unwrap().split('?').next().unwrap();
    let steps: Vec<&str> = path.split('/').collect();
    let is_of = |template: &str| {
        let wanted: Vec<&str> = template.split('/').collect();
        // The last step of a tile's path stands for several.
        let many = template.ends_with("/{place}") && wanted.len() <= steps.len();
        let mut same = wanted.iter().zip(&steps);
        (many || wanted.len() == steps.len()) && same.all(|(wanted, step)| wanted == step || wanted.starts_with('{'))
    };
    let paths = document["paths"].as_object().unwrap();
    // A step that is written out comes before one that may be anything.
    let plain = |template: &&String| template.matches('{').count();
    let template = paths.keys().filter(|template| is_of(template)).min_by_key(plain)?;
    paths[template].get(request["method"].as_str().unwrap().to_lowercase())
}

#[tokio::test]
async fn the_document_is_valid_openapi_3_1() {
    let of_openapi = fs::read_to_string(folder("fixtures/openapi/schema-3.1.json")).unwrap();
    let validator = jsonschema::draft202012::new(&serde_json::from_str(&of_openapi).unwrap()).unwrap();
    let document = document().await;
    let faults: Vec<String> =
        validator.iter_errors(&document).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(document["components"]["schemas"].get(name).is_some(), "{name} is defined");
    }
}

#[tokio::test]
async fn every_route_is_in_the_document_and_the_other_way_round() {
    // The router tells its paths only to whoever debugs it.
    let told = format!("{:?}", tiny());
    let paths = told.split("paths: {").nth(1).unwrap().split("} }").next().unwrap();
    let routed = paths.split('"').skip(1).step_by(2).filter(|path| path.starts_with('/'));
    let routed: BTreeSet<String> = routed.map(|path| path.replace("{*", "{")).collect();
    let about_itself = ["/openapi.json", "/docs", "/docs/", "/docs/{rest}", "/docs/changes"].map(str::to_owned);
    let document = document().await;
    let documented: BTreeSet<String> = document["paths"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(documented.len(), 43);
    assert_eq!(routed, documented.union(&BTreeSet::from(about_itself)).cloned().collect());

    let router = tiny();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let documented: BTreeSet<String> = operations.as_object().unwrap().keys().map(|m| m.to_uppercase()).collect();
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let request = Request::builder().method(method).uri(path.replace("{digest}", "none"));
            let answer = ask(&router, request.body(Body::empty()).unwrap()).await;
            let taken = answer.status() != StatusCode::METHOD_NOT_ALLOWED;
            assert_eq!(taken, documented.contains(method), "{method} {path}");
            assert!(taken || answer.headers().contains_key("allow"), "{method} {path}");
        }
    }
}

/// Examples of a message's content, those that are named by reference among them.
fn examples<'d>(document: &'d Value, content: &'d Value) -> Vec<(&'d String, &'d Value)> {
    let media = content.as_object().into_iter().flatten();
    let all = media.flat_map(|(_, media)| media["examples"].as_object().into_iter().flatten());
    let read = |(name, example): (&'d String, &'d Value)| match example["$ref"].as_str() {
        Some(reference) => (name, document.pointer(reference.trim_start_matches('#')).unwrap()),
        None => (name, example),
    };
    all.map(read).collect()
}

#[tokio::test]
async fn every_operation_says_what_it_does_with_an_example_of_every_answer() {
    let document = document().await;
    let (mut missing, mut count) = (Vec::new(), 0);
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            assert!(operation["summary"].is_string(), "{method} {path}");
            if let Some(body) = operation.get("requestBody") {
                assert!(!examples(&document, &body["content"]).is_empty(), "{method} {path}: no example of a request");
            }
            let responses = operation["responses"].as_object().unwrap();
            assert!(responses.keys().any(|status| status.starts_with('2')), "{method} {path}");
            for (status, response) in responses {
                assert!(response["description"].is_string(), "{method} {path} {status}");
                // What has not changed has no body.
                let shown = status == "304" || !examples(&document, &response["content"]).is_empty();
                missing.extend((!shown).then(|| format!("{method} {path} {status}")));
                count += 1;
                for (name, example) in examples(&document, &response["content"]) {
                    let is_problem = response["content"].get("application/problem+json").is_some();
                    assert!(
                        !is_problem || example["value"]["status"].as_u64() == status.parse().ok(),
                        "{name} {status}"
                    );
                }
            }
        }
    }
    assert!(missing.is_empty(), "no example of\n{}", missing.join("\n"));
    assert!(count > 300, "{count}");
    let first = document["paths"]["/v1/evaluations"]["post"]["requestBody"]["content"]["application/json"]["examples"]
        .as_object()
        .unwrap()
        .keys()
        .next();
    assert_eq!(first.map(String::as_str), Some("one_child"), "the page proposes what the example rules take");
}

#[tokio::test]
async fn what_is_answered_is_as_the_document_says() {
    let document = document().await;
    let mut count = 0;
    for exchange in exchanges::answered().await {
        let Some(operation) = operation(&document, &exchange.filled["request"]) else { continue };
        let status = exchange.status.as_u16().to_string();
        let described = operation["responses"].get(&status);
        let described = described.unwrap_or_else(|| panic!("{}: {status} is not described", exchange.name));
        let Some(content) = described.get("content") else { continue };
        let (kind, body) = (exchange.kind(), &exchange.body);
        let media = content.get(kind).unwrap_or_else(|| panic!("{}: {kind} is not described", exchange.name));
        if !kind.contains("json") {
            count += 1;
            continue;
        }
        let (values, schema) = if kind == "application/x-ndjson" {
            let lines = body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
            let values = lines.map(|line| serde_json::from_slice(line).unwrap()).collect();
            (values, schema(&document, &json!({ "$ref": "#/components/schemas/BatchAnswer" })))
        } else {
            (vec![serde_json::from_slice::<Value>(body).unwrap()], schema(&document, &media["schema"]))
        };
        for value in values {
            let faults: Vec<String> =
                schema.iter_errors(&value).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
            assert!(faults.is_empty(), "{}: {}", exchange.name, faults.join("\n"));
        }
        count += 1;
    }
    assert!(count > 35, "{count}");
}

#[tokio::test]
async fn the_request_is_described_as_it_is_read() {
    let document = document().await;
    let request = schema(&document, &json!({ "$ref": "#/components/schemas/EvaluationRequest" }));
    for exchange in exchanges::answered().await {
        let filled = &exchange.filled;
        let body = &filled["request"]["body"];
        if filled["request"]["path"].as_str().unwrap().starts_with("/v1/evaluations")
            && filled["response"]["status"] == 200
            && body.is_object()
        {
            let faults: Vec<String> = request.iter_errors(body).map(|fault| fault.to_string()).collect();
            assert!(faults.is_empty(), "{}: {}", exchange.name, faults.join("\n"));
        }
    }
    for (body, fine) in [
        (json!({ "facts": {} }), true),
        (json!({}), false),
        (json!({ "children": [{}] }), true),
        (json!({ "children": [] }), false),
        (json!({ "household": {} }), false),
        (json!({ "facts": {}, "children": [{}] }), false),
        (json!({ "due_date": "2027-01-01", "children": [{}] }), false),
    ] {
        let read = Json::read(body.to_string().as_bytes()).and_then(|json| Referral::read(&json));
        assert_eq!((request.is_valid(&body), read.is_ok()), (fine, fine), "{body}");
    }
    // Every key that is described is read, and a key that is not described is refused by both.
    let schemas = &document["components"]["schemas"];
    let read = |body: &Value| Json::read(body.to_string().as_bytes()).and_then(|json| Referral::read(&json));
    let unknown = |body: &Value| {
        read(body).err().is_some_and(|faults| faults.iter().any(|fault| fault.code.word() == "unknown-key"))
    };
    let within = |name: &str, key: &str| match name {
        "EvaluationRequest" => json!({ key: null }),
        "HouseholdRequest" => json!({ "household": { key: null }, "children": [{}] }),
        _ => json!({ "children": [{ key: null }] }),
    };
    for (name, keys) in [("EvaluationRequest", 11), ("HouseholdRequest", 2), ("ChildRequest", 5)] {
        let described = schemas[name]["properties"].as_object().unwrap();
        assert_eq!(described.len(), keys, "{name}");
        for key in described.keys() {
            assert!(!unknown(&within(name, key)), "{name}: `{key}` is read");
            assert!(!request.is_valid(&within(name, key)), "{name}: `{key}` is not null, as the reader says too");
        }
        assert!(unknown(&within(name, "nothing")) && !request.is_valid(&within(name, "nothing")), "{name}");
        assert_eq!(schemas[name]["additionalProperties"], false, "{name}");
    }
}

#[tokio::test]
async fn the_documentation_page_brings_everything_itself() {
    let router = tiny();
    let page = ask(&router, get("/docs/")).await;
    assert_eq!(page.status(), StatusCode::OK);
    assert!(page.headers()["content-security-policy"].to_str().unwrap().contains("script-src 'self'"));
    let html = String::from_utf8(bytes(page).await).unwrap();
    assert!(!html.contains("http://") && !html.contains("https://"), "{html}");
    let mut count = 0;
    for asset in html.split(['"', '\'']).filter(|part| part.starts_with("./")) {
        let path = format!("/docs/{}", asset.trim_start_matches("./"));
        assert_eq!(ask(&router, get(&path)).await.status(), StatusCode::OK, "{path}");
        count += 1;
    }
    assert!(count >= 5, "{count}");
    let start = String::from_utf8(bytes(ask(&router, get("/docs/swagger-initializer.js")).await).await).unwrap();
    assert!(start.contains("/openapi.json") && start.contains("\"validatorUrl\": \"none\""), "{start}");
    let missing = ask(&router, get("/docs/no-such-thing.js")).await;
    assert_eq!(missing.headers()["content-type"], "application/problem+json");
}

#[tokio::test]
async fn every_request_that_is_answered_with_success_is_as_the_document_says() {
    let document = document().await;
    let mut count = 0;
    for exchange in exchanges::all() {
        let written = exchange.written();
        let (request, response) = (&written["request"], &written["response"]);
        let Some(operation) = operation(&document, request).filter(|_| request["body"].is_object()) else { continue };
        if response["status"].as_u64().unwrap() >= 300 {
            continue;
        }
        let media = &operation["requestBody"]["content"]["application/json"];
        let schema = schema(&document, &media["schema"]);
        let faults: Vec<String> =
            schema.iter_errors(&request["body"]).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
        assert!(faults.is_empty(), "{}: {}", exchange.name, faults.join("\n"));
        count += 1;
    }
    assert!(count > 20, "{count}");
}

#[tokio::test]
async fn examples_and_links_of_the_document_are_true_to_it() {
    let document = document().await;
    let operations =
        || document["paths"].as_object().unwrap().values().flat_map(|all| all.as_object().unwrap().values());
    let known: BTreeSet<&str> = operations().map(|operation| operation["operationId"].as_str().unwrap()).collect();
    assert_eq!(known.len(), operations().count(), "each operation has an id of its own");
    let (mut shown, mut linked) = (0, 0);
    for operation in operations() {
        let bodies = operation.get("requestBody").into_iter();
        for message in bodies.chain(operation["responses"].as_object().unwrap().values()) {
            for (kind, media) in message["content"].as_object().into_iter().flatten() {
                if !kind.contains("json") || kind.contains("ndjson") {
                    continue;
                }
                let schema = schema(&document, &media["schema"]);
                for (name, example) in examples(&document, &json!({ kind: media })) {
                    let faults: Vec<String> = schema
                        .iter_errors(&example["value"])
                        .map(|fault| format!("{}: {fault}", fault.instance_path()))
                        .collect();
                    assert!(faults.is_empty(), "{} {name}: {}", operation["operationId"], faults.join("\n"));
                    shown += 1;
                }
            }
            for (name, link) in message["links"].as_object().into_iter().flatten() {
                let to = link["operationId"].as_str().unwrap();
                assert!(known.contains(to), "{name} leads to no operation");
                let parameters = operations().find(|one| one["operationId"] == to).unwrap();
                let parameters = parameters["parameters"].as_array().unwrap();
                for parameter in link["parameters"].as_object().unwrap().keys() {
                    assert!(parameters.iter().any(|known| known["name"] == parameter.as_str()), "{name} {parameter}");
                }
                linked += 1;
            }
        }
    }
    assert!(shown > 300 && linked >= 15, "{shown} {linked}");
}

#[test]
fn the_contract_is_checked_as_everybody_whom_the_demonstration_knows() {
    let checker = fs::read_to_string(folder("tests/contract/contract.py")).unwrap();
    for (id, ..) in windscreen::access::DEMONSTRATION {
        assert!(checker.contains(&format!("\"{id}\"")), "tests/contract/contract.py does not call as {id}");
    }
}
