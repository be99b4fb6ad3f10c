//! What the derived document leaves out, for every operation alike: who may call, what is answered to whoever may not,
//! what every answer carries, and what each parameter may hold.

use serde_json::{Map, Value, json};

use super::refusals::{refusals, shown_as};
use crate::api::{ANSWER_WITHIN, QUEUE_WITHIN, deprecated};
use crate::json::{MAX_BYTES, MAX_DEPTH};
use crate::ladder::MAX_RANK;
use crate::notifications::MAX_FILE;
use crate::referral::MAX_CHILDREN;
use crate::transfer::MAX_TRANSFER;

/// The routes that are for everybody, by how they begin: what runs, and whether it does.
const FOR_EVERYBODY: [&str; 4] = ["/v1/rule-sets", "/livez", "/readyz", "/version"];
/// Whole numbers that a program in any language holds exactly; the reader takes those of 64 bits.
const LARGEST: i64 = (1 << 53) - 1;

/// An answer that leads on: to which operations, with the parameters that it gives.
struct Lead {
    from: &'static str,
    status: &'static str,
    to: &'static [&'static str],
    with: &'static [(&'static str, &'static str)],
}

/// Every such answer. A test follows each to an operation that there is.
const LEADS: &[Lead] = &[
    Lead {
        from: "post_referrals",
        status: "201",
        to: &[
            "get_referrals_id",
            "post_referrals_id_information",
            "post_referrals_id_decisions",
            "get_referrals_id_decisions",
            "get_referrals_id_earlier",
            "post_referrals_id_letters",
            "post_referrals_id_disagreements",
            "post_referrals_id_joined",
        ],
        with: &[("id", "$response.body#/id")],
    },
    Lead {
        from: "post_referrals_id_decisions",
        status: "201",
        to: &["post_referrals_id_decisions_decision_confirmation", "post_referrals_id_decisions_decision_acceptance"],
        with: &[("id", "$request.path.id"), ("decision", "$response.body#/id")],
    },
    Lead {
        from: "post_referrals_id_decisions",
        status: "201",
        to: &["get_handed_over_decision"],
        with: &[("decision", "$response.body#/id")],
    },
    Lead {
        from: "post_referrals_id_disagreements",
        status: "201",
        to: &[
            "post_referrals_id_disagreements_disagreement_answers",
            "post_referrals_id_disagreements_disagreement_further",
        ],
        with: &[("id", "$request.path.id"), ("disagreement", "$response.body#/id")],
    },
    Lead { from: "post_batches", status: "201", to: &["get_batches_id"], with: &[("id", "$response.body#/id")] },
    Lead {
        from: "post_batches",
        status: "201",
        to: &["post_batches_id_rows_row"],
        with: &[("id", "$response.body#/id"), ("row", "$response.body#/not_mapped/0/row")],
    },
    Lead {
        from: "get_rule_sets_current",
        status: "200",
        to: &["get_rule_sets_digest_facts_schema_json"],
        with: &[("digest", "$response.body#/digest")],
    },
    Lead {
        from: "post_rule_drafts",
        status: "201",
        to: &["get_rule_drafts_id", "post_rule_drafts_id_proposal"],
        with: &[("id", "$response.body#/id")],
    },
    Lead {
        from: "post_rule_drafts_id_proposal",
        status: "201",
        to: &["get_rule_changes_id", "post_rule_changes_id_steps"],
        with: &[("id", "$response.body#/id")],
    },
    Lead { from: "post_transfers", status: "201", to: &["get_referrals_id"], with: &[("id", "$response.body#/id")] },
];

/// Links each answer to what it leads on to.
fn lead_on(paths: &mut Value) {
    for Lead { from, status, to: leads_to, with: values } in LEADS {
        let operations = paths.as_object_mut().into_iter().flatten();
        let mut operations = operations.flat_map(|(_, all)| all.as_object_mut().into_iter().flatten());
        let Some((_, operation)) = operations.find(|(_, operation)| operation["operationId"] == *from) else {
            continue;
        };
        let Some(response) = operation.pointer_mut(&format!("/responses/{status}")) else { continue };
        for to in *leads_to {
            let parameters: Map<String, Value> =
                values.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
            response["links"][*to] = json!({ "operationId": to, "parameters": parameters });
        }
    }
}

/// Completes the document.
pub(super) fn complete(document: &mut Value) {
    let description = document["info"]["description"].as_str().unwrap_or_default();
    document["info"]["description"] = format!("{description}\n\n{}", limits()).into();
    document["components"]["securitySchemes"] = security();
    document["components"]["parameters"] = json!({ "Windscreen-Organisation": organisation() });
    document["components"]["headers"] = headers();
    document["components"]["examples"] = refusals().into_iter().collect();
    mend_schemas(document);
    let mut paths = document["paths"].take();
    for (path, operations) in paths.as_object_mut().into_iter().flatten() {
        for (method, operation) in operations.as_object_mut().into_iter().flatten() {
            operation["operationId"] = operation_id(method, path).into();
            say_who_may_call(path, operation);
            bound_parameters(operation);
            add_statuses(path, operation);
            carry_headers(operation);
        }
    }
    lead_on(&mut paths);
    deprecated::mark(deprecated::DEPRECATED, &mut paths);
    document["paths"] = paths;
    bound_numbers(document);
}

/// What one request may cost, for people; where a schema has a word for it, it says the same.
fn limits() -> String {
    let kib = |bytes: usize| format!("{} KiB", bytes / 1024);
    format!(
        "Limits: a body or a line of a batch has at most {}, nested at most {MAX_DEPTH} deep, of which a referral names at \
         most {MAX_CHILDREN} children; a file of notifications has at most {}, a transfer {}; a page of a list holds 100. \
         A body comes whole within {} s; a request waits at most {} s for room. Each client has a rate, and beyond it is \
         answered 429 with `Retry-After`. Larger headers than 16 KiB or more than 64 of them are refused by the connection \
         itself, with 431. Text is UTF-8; lengths are of its bytes, so that text in other than ASCII letters has room for \
         fewer characters than `maxLength` says. A whole number is written without a fraction: 5.0 is refused, although \
         JSON Schema takes it for one.",
        kib(MAX_BYTES),
        kib(MAX_FILE),
        kib(MAX_TRANSFER),
        ANSWER_WITHIN.as_secs(),
        QUEUE_WITHIN.as_secs(),
    )
}

/// `get /v1/referrals/{id}` as `get_referrals_id`: each path and method is one operation, so no two are the same.
fn operation_id(method: &str, path: &str) -> String {
    let steps = path.trim_start_matches("/v1").split('/').filter(|step| !step.is_empty());
    let words = steps.map(|step| step.trim_matches(['{', '}']).replace(['-', '.'], "_"));
    std::iter::once(method.to_owned()).chain(words).collect::<Vec<_>>().join("_")
}

fn security() -> Value {
    json!({
        "api_key": {
            "type": "http", "scheme": "bearer", "bearerFormat": "wsk_ID_SECRET",
            "description": "A key that the partnership made for your system. Two are taken at a time, so that one can be \
                            put in the place of the other.",
        },
        "access_token": {
            "type": "http", "scheme": "bearer", "bearerFormat": "at+jwt",
            "description": "An access token of the partnership's authorisation server (OAuth 2 client credentials, \
                            RFC 9068), signed with RS256, PS256, ES256 or EdDSA, for this service's audience.",
        },
    })
}

fn organisation() -> Value {
    json!({
        "name": "Windscreen-Organisation", "in": "header", "required": false,
        "schema": { "type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$" },
        "description": "For which of its organisations a client acts, such as `urn:123456` or `ods:A81001`; needed \
                        where it may act for several.",
    })
}

/// What answers carry, each described once.
fn headers() -> Value {
    let header = |description: &str, schema: Value, always: bool| json!({ "description": description, "required": always, "schema": schema });
    let text = || json!({ "type": "string" });
    let quoted = || json!({ "type": "string", "pattern": "^\"sha256:[0-9a-f]{64}\"$" });
    json!({
        "X-Request-Id": header(
            "Ties the answer to its line in the log: the request's own `X-Request-Id` where that is 1 to 64 letters, \
             digits, `-`, `_` or `.`, else a new one",
            json!({ "type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9._-]+$" }), true),
        "Windscreen-Rule-Set": header(
            "The digest of the rule set under which it was answered",
            json!({ "type": "string", "pattern": "^sha256:[0-9a-f]{64}$" }), true),
        "Windscreen-Environment": header(
            "Whom this server serves", json!({ "enum": ["demonstration", "test", "live"] }), true),
        "ETag": header("The digest of the rule set, in quotes", quoted(), true),
        "Location": header("Where it is read", json!({ "type": "string", "format": "uri-reference" }), true),
        "Windscreen-Next-Rule-Set": header(
            "The digest of the rule set that was agreed and comes next, and from which day; only while there is one",
            json!({ "type": "string", "pattern": "^sha256:[0-9a-f]{64}; from=[0-9]{4}-[0-9]{2}-[0-9]{2}$" }), false),
        "Link": header("What comes next, `rel=\"next\"`; none after the last page of a list", text(), false),
        "Retry-After": header(
            "After how many seconds to send it again", json!({ "type": "integer", "minimum": 1 }), true),
        "WWW-Authenticate": header("How to say who calls", text(), true),
    })
}

/// Says how whoever calls is known.
fn say_who_may_call(path: &str, operation: &mut Value) {
    if is_for_everybody(path) {
        operation["security"] = json!([]);
        return;
    }
    let mut ways = vec![json!({ "api_key": [] }), json!({ "access_token": [] })];
    if path.starts_with("/v1/evaluations") {
        // In the demonstration anybody evaluates; its answers say so.
        ways.push(json!({}));
    }
    operation["security"] = ways.into();
    let parameter = json!({ "$ref": "#/components/parameters/Windscreen-Organisation" });
    match operation["parameters"].as_array_mut() {
        Some(parameters) => parameters.push(parameter),
        None => operation["parameters"] = json!([parameter]),
    }
}

fn is_for_everybody(path: &str) -> bool {
    FOR_EVERYBODY.iter().any(|open| path.starts_with(open))
}

/// What a parameter of that name may hold, wherever it stands.
fn bound_parameters(operation: &mut Value) {
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten() {
        let bounds = match parameter["name"].as_str() {
            // Tabs and spaces may stand within, where HTTP leaves them.
            Some("Idempotency-Key") => {
                json!({ "minLength": 1, "maxLength": 200, "pattern": "^[!-~]([\t -~]*[!-~])?$" })
            }
            // What is no id is nobody's, and answered as what never was.
            Some("id" | "decision" | "disagreement" | "earlier") => json!({ "minLength": 1, "maxLength": 64 }),
            Some("digest" | "old" | "new") => json!({ "maxLength": 71, "pattern": "^(sha256:)?[0-9a-f]{64}$" }),
            Some("log") => json!({ "enum": ["decisions", "rules"] }),
            Some("place") => json!({
                "maxLength": 40, "pattern": "^(x[0-9]{3}/){0,6}[0-9]{3}(\\.p/[1-9][0-9]{0,2})?$",
            }),
            Some("level") => json!({ "minimum": 0, "maximum": 63 }),
            Some("after") if parameter["schema"]["type"] == "integer" => json!({ "minimum": 0, "maximum": LARGEST }),
            Some("after") => {
                json!({ "type": "string", "maxLength": 84, "pattern": "^-?[0-9]{1,18}\\.[0-9a-f-]{1,64}$" })
            }
            Some("decided_by" | "organisation" | "mapping") => json!({ "type": "string", "maxLength": 200 }),
            Some("index" | "since" | "row") => json!({ "type": "integer", "minimum": 0, "maximum": LARGEST }),
            _ => continue,
        };
        if let (Some(schema), Value::Object(bounds)) = (parameter["schema"].as_object_mut(), bounds) {
            schema.extend(bounds);
        }
    }
}

/// Every status that an operation may answer with, each error with an example.
fn add_statuses(path: &str, operation: &mut Value) {
    let has_body = operation.get("requestBody").is_some();
    let has_key = has_parameter(operation, "Idempotency-Key");
    let keeps =
        ["/v1/referrals", "/v1/batches", "/v1/transfers", "/v1/handed-over", "/v1/rule-drafts", "/v1/rule-changes"];
    let keeps = keeps.iter().any(|route| path.starts_with(route));
    let known = !is_for_everybody(path);
    // Those that evaluated here are read from the record.
    let from_record = path == "/v1/rule-sets" || path.starts_with("/v1/rule-sets/{");
    let possible = [
        ("400", "Not a request that can be taken", known),
        ("401", "It is not known who calls", known),
        ("403", "For others to do, or for another organisation", known),
        ("408", "The body did not come in time, or no answer did", known || from_record),
        ("409", "The same request is still under way", has_key),
        // A stream of lines has no limit of its own: a line that is too long is answered on its own line.
        ("413", "Too large", has_body && path != "/v1/evaluations/batch"),
        ("415", "Another type of body, another character set, or compressed", has_body),
        ("422", "Every fault at once; or the key came with another request", has_key),
        ("429", "Too often: `Retry-After` says when to send it again", known),
        ("500", "A mistake of this program; nothing was evaluated", true),
        (
            "503",
            "Too busy, not known who calls, or nothing is recorded: `Retry-After` says when to send it again",
            known || from_record,
        ),
        ("507", "No room is left to record", keeps),
    ];
    let kinds: Vec<String> =
        operation["requestBody"]["content"].as_object().into_iter().flat_map(Map::keys).cloned().collect();
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    for (status, description, is_possible) in possible {
        if is_possible {
            responses.entry(status).or_insert_with(|| problem(description));
        }
    }
    responses.sort_keys();
    for (status, response) in responses {
        if let Some(content) = response.pointer_mut("/content/application~1problem+json") {
            for name in shown_as(status, path, has_key, &kinds) {
                content["examples"][name] = json!({ "$ref": format!("#/components/examples/{name}") });
            }
        }
    }
}

fn has_parameter(operation: &Value, name: &str) -> bool {
    operation["parameters"].as_array().into_iter().flatten().any(|parameter| parameter["name"] == name)
}

fn problem(description: &str) -> Value {
    let schema = json!({ "$ref": "#/components/schemas/Problem" });
    json!({ "description": description, "content": { "application/problem+json": { "schema": schema } } })
}

/// The headers of every answer, by reference.
fn carry_headers(operation: &mut Value) {
    for (status, response) in operation["responses"].as_object_mut().into_iter().flatten() {
        let own =
            response["headers"].as_object().map(|own| own.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
        let mut carried =
            vec!["X-Request-Id", "Windscreen-Rule-Set", "Windscreen-Next-Rule-Set", "Windscreen-Environment"];
        carried.extend(match status.as_str() {
            "304" => ["ETag"].as_slice(),
            "401" => &["WWW-Authenticate"],
            "429" | "503" => &["Retry-After"],
            _ => &[],
        });
        let carried = carried.into_iter().map(str::to_owned).chain(own);
        let refer = |name: String| {
            let reference = json!({ "$ref": format!("#/components/headers/{name}") });
            (name, reference)
        };
        response["headers"] = Value::Object(carried.map(refer).collect());
    }
}

/// What the types of answers and requests leave open.
fn mend_schemas(document: &mut Value) {
    let said = json!({ "$ref": "#/components/schemas/FactSaid" });
    let sent = json!({ "anyOf": [
        { "$ref": "#/components/schemas/ReferralRequest" }, { "$ref": "#/components/schemas/InformationRequest" },
    ] });
    for (pointer, schema) in [
        ("/components/schemas/AccountRead/properties/said", said),
        ("/components/schemas/SaidPiece/properties/request", sent),
    ] {
        if let (Some(open), Value::Object(schema)) =
            (document.pointer_mut(pointer).and_then(Value::as_object_mut), schema)
        {
            open.extend(schema);
        }
    }
    for (name, beyond) in super::requests::beyond_types() {
        if let (Some(schema), Value::Object(beyond)) = (document["components"]["schemas"][name].as_object_mut(), beyond)
        {
            schema.extend(beyond);
        }
    }
    // Each of its two forms is one key, and no other stands beside it.
    let forms = document.pointer_mut("/components/schemas/RuleChangeBegins/oneOf").and_then(Value::as_array_mut);
    for form in forms.into_iter().flatten() {
        form["additionalProperties"] = false.into();
    }
    // The one number of eight bits there is.
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        schemas.remove("u8");
        let about = "A level's place on the framework's ladder, from 1";
        let rank = json!({ "type": "integer", "description": about, "minimum": 1, "maximum": MAX_RANK });
        schemas.insert("Rank".to_owned(), rank);
    }
    rename(document, "#/components/schemas/u8", "#/components/schemas/Rank");
    let bytes = json!({ "type": "string", "format": "binary", "contentMediaType": "application/octet-stream" });
    for path in ["/v1/audit/{log}/tile/{level}/{place}", "/v1/audit/{log}/tile/entries/{place}"] {
        document["paths"][path]["get"]["responses"]["200"]["content"]["application/octet-stream"]["schema"] =
            bytes.clone();
    }
    // A file is taken as it comes, and what is no transfer is kept for a person: any JSON is fine.
    document["paths"]["/v1/transfers"]["post"]["requestBody"]["content"]["application/json"]["schema"] = json!({
        "title": "A transfer", "description": "The file as the other authority made it, byte for byte; 128 KiB at most.",
    });
}

/// Names a schema otherwise, wherever it is referred to.
fn rename(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::String(text) if text == from => to.clone_into(text),
        Value::Object(parts) => parts.values_mut().for_each(|part| rename(part, from, to)),
        Value::Array(parts) => parts.iter_mut().for_each(|part| rename(part, from, to)),
        _ => {}
    }
}

/// Numbers that a schema leaves without an end have one: what is read is of 64 bits.
fn bound_numbers(value: &mut Value) {
    match value {
        Value::Object(schema) => {
            if schema.get("type").is_some_and(is_whole) {
                let is_small = schema.get("format").is_some_and(|format| format == "int32");
                let most = if is_small { i64::from(i32::MAX) } else { LARGEST };
                schema.entry("minimum").or_insert_with(|| (-most).into());
                schema.entry("maximum").or_insert_with(|| most.into());
            }
            // An example is no schema.
            let parts =
                schema.iter_mut().filter(|(key, _)| !matches!(key.as_str(), "example" | "examples" | "default"));
            parts.for_each(|(_, part)| bound_numbers(part));
        }
        Value::Array(parts) => parts.iter_mut().for_each(bound_numbers),
        _ => {}
    }
}

/// Whether a schema's type is a whole number, or that or null.
fn is_whole(kind: &Value) -> bool {
    kind == "integer" || kind.as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "integer"))
}
