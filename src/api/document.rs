//! The OpenAPI document: paths from the routes, schemas from the types, examples from the exchanges that the tests run.

use serde_json::{Value, json};
use utoipa::openapi::OpenApi as Paths;
use utoipa::{OpenApi, ToSchema};

use crate::facts::Scope;
use crate::level::Explain;

/// The document's head.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "windscreen",
        description = "Which level of need a partnership's agreed criteria indicate for what a referral says about a \
                       child, why, what is not yet known, and what to do by when. A person decides. Every answer names \
                       its rule set in `Windscreen-Rule-Set` and its request in `X-Request-Id`. Version 1 only ever adds.",
        license(name = "EUPL-1.2", identifier = "EUPL-1.2"),
    ),
    external_docs(url = "/docs/problems", description = "What each problem and each fault means, and what to do about it"),
    components(schemas(super::batch::BatchAnswer, Explain)),
    tags(
        (name = "evaluations", description = "Evaluate facts; nothing is recorded"),
        (name = "referrals", description = "Record referrals, what became known later, and what people decide"),
        (name = "events", description = "Hear what was decided, and when other rules evaluate"),
        (name = "batches", description = "Send files of notifications, and see what became of them"),
        (name = "audit", description = "Watch the record from outside: checkpoints, tiles, entries, proofs"),
        (name = "rule sets", description = "What runs, what will run, and what ran"),
        (name = "health", description = "For operators"),
    )
)]
pub(super) struct Head;

/// What is evaluated: `facts` for one child, or `children` with what their household shares.
///
/// The facts are those of the rule set: `/v1/rule-sets/{digest}/facts.schema.json`.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes what `Referral::read` reads; a test holds the two together")]
pub(super) struct EvaluationRequest {
    /// When it was received, with its offset; starts the clock.
    #[schema(required = false, format = DateTime, example = "2026-11-24T10:30:00+00:00")]
    received_at: String,
    /// How much explanation is wanted; `full` when nothing is said.
    #[schema(required = false)]
    explain: Explain,
    /// The digest of the rule set that the caller insists on.
    #[schema(required = false, max_length = 200)]
    rule_set: String,
    /// The sender's own reference, echoed by a batch.
    #[serde(rename = "ref")]
    #[schema(required = false, max_length = 200)]
    reference: String,
    /// How much is considered.
    #[schema(required = false)]
    scope: Scope,
    /// The topics that the referrer raises.
    #[schema(required = false)]
    concerns: Vec<String>,
    /// What was said about the one child.
    #[schema(required = false, value_type = Object, additional_properties = true)]
    facts: (),
    /// When the one child was born; needs `received_at`.
    #[schema(required = false, format = Date)]
    date_of_birth: String,
    /// When the one baby is due; needs `received_at`.
    #[schema(required = false, format = Date)]
    due_date: String,
    /// What holds for every child.
    #[schema(required = false)]
    household: HouseholdRequest,
    /// The children.
    #[schema(required = false, min_items = 1, max_items = 50)]
    children: Vec<ChildRequest>,
}

/// What holds for every child of a referral.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "as above")]
pub(super) struct HouseholdRequest {
    /// What was said about the household; a child's own fact beats it.
    #[schema(required = false, value_type = Object, additional_properties = true)]
    facts: (),
    /// The topics raised about the household.
    #[schema(required = false)]
    concerns: Vec<String>,
}

/// One child of a referral.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "as above")]
pub(super) struct ChildRequest {
    /// The sender's own reference, one a child.
    #[serde(rename = "ref")]
    #[schema(required = false, max_length = 200)]
    reference: String,
    /// What was said about this child.
    #[schema(required = false, value_type = Object, additional_properties = true)]
    facts: (),
    /// The topics raised about this child.
    #[schema(required = false)]
    concerns: Vec<String>,
    /// When the child was born; needs `received_at`.
    #[schema(required = false, format = Date)]
    date_of_birth: String,
    /// When the baby is due; needs `received_at`.
    #[schema(required = false, format = Date)]
    due_date: String,
}

/// Exchanges by name, in the order in which the document shows them.
macro_rules! exchanges {
    ($($name:literal)*) => { &[$(($name, include_str!(concat!("../../fixtures/exchanges/", $name, ".json")))),*] };
}

const EXCHANGES: &[(&str, &str)] = exchanges![
    "one_child" "household" "danger_now" "several_children" "not_known_and_refused" "two_accounts" "explain_none"
    "explain_in_body" "with_character_set" "pinned" "batch" "unknown_fact" "unknown_answer" "wrong_type"
    "not_a_whole_number" "form_before_content" "out_of_range" "unknown_topic" "unknown_key" "facts_missing"
    "date_of_birth_without_receipt" "about_one_child" "explain_unknown" "query_unknown" "duplicate_key"
    "trailing_bytes" "nested_too_deep" "not_json" "empty_body" "not_json_content_type" "no_content_type"
    "other_character_set" "compressed" "rule_set_moved" "if_match_moved" "batch_content_type" "batch_moved"
    "wrong_method" "no_such_route" "referral_recorded" "referral_read" "referrals_listed" "referral_of_another_agency"
    "referral_by_telephone" "professional_without_a_name" "where_answers_came_from"
    "information_added" "decision_recorded" "decisions_read" "decision_lower_alone" "decision_on_an_old_evaluation"
    "confirmation_of_nothing" "acceptance_of_nothing" "handed_over_listed" "handed_over_read" "transfer_kept" "transfers_listed"
    "referral_of_the_same_child" "earlier_looked_up" "earlier_confirmed" "earlier_not_for_referrers"
    "letter_to_the_referrer" "letter_without_a_safe_address" "disagreement_recorded" "disagreement_answered"
    "disagreement_taken_further"     "earlier_confirmed_without_a_match" "batch_received" "batch_read" "batch_unknown_mapping" "batch_unknown_column" "batch_row_dealt_with"
    "batch_row_without_its_referral" "batch_of_another_agency" "referral_joined" "referral_joined_backwards"
    "no_idempotency_key" "not_identified" "not_permitted"
    "audit_of_entries_not_permitted" "audit_proof_not_signed" "audit_proof_of_what" "rule_set_current"
    "rule_set_unchanged" "rule_sets_listed" "rule_set_next" "rule_set_next_none" "rule_set_by_digest" "rule_set_by_digest_unchanged"
    "rule_set_by_digest_unknown" "evaluated_under_the_next" "events_listed" "events_none_new" "events_wrong_query" "facts_schema" "facts_schema_unchanged" "facts_schema_unknown" "facts_schema_not_text" "live" "ready" "version"
];

/// The document as it is served: the paths of the routes, with every exchange as an example where it belongs.
pub(super) fn document(paths: &Paths) -> Value {
    let mut document = json!(paths);
    if let Some(paths) = document.pointer_mut("/paths").and_then(Value::as_object_mut) {
        // The router's sign for several steps is none of OpenAPI's.
        let plain = std::mem::take(paths).into_iter().map(|(path, operations)| (path.replace("{*", "{"), operations));
        paths.extend(plain);
    }
    if let Some(request) = document.pointer_mut("/components/schemas/EvaluationRequest") {
        // What a struct cannot say: the one child's keys, or the children's.
        request["oneOf"] = json!([
            { "required": ["facts"], "properties": { "household": false, "children": false } },
            { "required": ["children"], "properties": { "facts": false, "date_of_birth": false, "due_date": false } },
        ]);
    }
    say_who_may_call(&mut document);
    for (name, text) in EXCHANGES {
        let text = text.replace("{digest}", "sha256:6c0f…").replace("{next}", "sha256:91be…");
        let text = text.replace("{engine}", concat!("windscreen ", env!("CARGO_PKG_VERSION")));
        // A test reads each of them.
        if let Ok(exchange) = serde_json::from_str(&text) {
            show(&mut document, name, &exchange);
        }
    }
    document
}

/// The routes that are for everybody, by how they begin: what runs, and whether it does.
const FOR_EVERYBODY: [&str; 4] = ["/v1/rule-sets", "/livez", "/readyz", "/version"];

/// Says how whoever calls is known, and what is answered to whoever is not or calls too often.
fn say_who_may_call(document: &mut Value) {
    document["components"]["securitySchemes"] = json!({
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
    });
    document["components"]["parameters"] = json!({
        "Windscreen-Organisation": {
            "name": "Windscreen-Organisation", "in": "header", "required": false, "schema": { "type": "string", "maxLength": 200 },
            "description": "For which of its organisations a client acts, such as `urn:123456` or `ods:A81001`; needed \
                            where it may act for several.",
        },
    });
    let problem = |description: &str| {
        let schema = json!({ "$ref": "#/components/schemas/Problem" });
        json!({ "description": description, "content": { "application/problem+json": { "schema": schema } } })
    };
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    for (path, operations) in paths {
        let everybody = FOR_EVERYBODY.iter().any(|open| path.starts_with(open));
        for operation in operations.as_object_mut().into_iter().flat_map(|all| all.values_mut()) {
            if everybody {
                operation["security"] = json!([]);
                continue;
            }
            operation["security"] = json!([{ "api_key": [] }, { "access_token": [] }]);
            if path.starts_with("/v1/evaluations")
                && let Some(ways) = operation["security"].as_array_mut()
            {
                // In the demonstration anybody evaluates; its answers say so.
                ways.push(json!({}));
            }
            let parameter = json!({ "$ref": "#/components/parameters/Windscreen-Organisation" });
            match operation["parameters"].as_array_mut() {
                Some(parameters) => parameters.push(parameter),
                None => operation["parameters"] = json!([parameter]),
            }
            let Some(responses) = operation["responses"].as_object_mut() else { continue };
            for (status, description) in [
                ("400", "Not a request that can be taken; or not said for which organisation"),
                ("401", "It is not known who calls"),
                ("403", "For others to do, or for another organisation"),
                ("429", "Too often: `Retry-After` says when to send it again"),
                (
                    "503",
                    "Too busy, not known who calls, or nothing is recorded: `Retry-After` says when to send it again",
                ),
            ] {
                responses.entry(status).or_insert_with(|| problem(description));
            }
            responses.sort_keys();
        }
    }
}

fn show(document: &mut Value, name: &str, exchange: &Value) {
    let (request, response) = (&exchange["request"], &exchange["response"]);
    let Some(operation) = operation(document, request) else { return };
    let status = response["status"].to_string();
    // An example of a request is one to follow.
    if status.starts_with('2') {
        show_in(operation.pointer_mut("/requestBody/content"), name, exchange, request);
    }
    show_in(operation.pointer_mut(&format!("/responses/{status}/content")), name, exchange, response);
}

/// The operation of a request; a `{...}` of the document's path stands for any one step.
fn operation<'d>(document: &'d mut Value, request: &Value) -> Option<&'d mut Value> {
    let path = request["path"].as_str()?.split('?').next()?;
    let is_of = |template: &str| {
        let mut steps = template.split('/').zip(path.split('/'));
        template.split('/').count() == path.split('/').count()
            && steps.all(|(wanted, step)| wanted == step || wanted.starts_with('{'))
    };
    let paths = document.get_mut("paths")?.as_object_mut()?;
    let (_, operations) = paths.iter_mut().find(|(template, _)| is_of(template))?;
    operations.get_mut(request["method"].as_str()?.to_lowercase())
}

/// Shows a whole body as an example; a body of which the exchange has only a part would mislead.
fn show_in(content: Option<&mut Value>, name: &str, exchange: &Value, message: &Value) {
    let Some((_, media)) = content.and_then(Value::as_object_mut).and_then(|kinds| kinds.iter_mut().next()) else {
        return;
    };
    let value = match (message.get("body"), &message["lines"]) {
        (Some(body), _) => body.clone(),
        (None, Value::Array(lines)) => lines.iter().map(|line| written(line) + "\n").collect::<String>().into(),
        _ => return,
    };
    media["examples"][name] = json!({ "summary": exchange["story"], "value": value });
}

/// A line of a batch: a value, or text that is sent as it stands.
fn written(line: &Value) -> String {
    line.as_str().map_or_else(|| line.to_string(), str::to_owned)
}
