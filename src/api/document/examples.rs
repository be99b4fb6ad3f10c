//! Examples: every exchange of `fixtures/exchanges/` where it belongs, with the answers of `fixtures/openapi/answers.json`
//! where an exchange shows a part.
//!
//! A test runs each exchange and compares; another writes the answers anew.

use serde_json::{Value, json};

/// The digest in examples; no rule set has it.
pub(super) const DIGEST: &str = "sha256:6c0f000000000000000000000000000000000000000000000000000000000000";
/// The digest of the next in examples; no rule set has it either.
const NEXT_DIGEST: &str = "sha256:91be000000000000000000000000000000000000000000000000000000000000";
/// The ids in examples: of what an exchange is about, and of what came first.
const IDS: [(&str, &str); 2] =
    [("{id}", "01a20000-0000-7000-8000-000000000002"), ("{first}", "01a20000-0000-7000-8000-000000000001")];

/// Exchanges by name, in the order in which the document shows them.
macro_rules! exchanges {
    ($($name:literal)*) => { &[$(($name, include_str!(concat!("../../../fixtures/exchanges/", $name, ".json")))),*] };
}

const EXCHANGES: &[(&str, &str)] = exchanges![
    "one_child" "household" "danger_now" "several_children" "not_known_and_refused" "two_accounts" "explain_none"
    "explain_in_body" "with_character_set" "pinned" "batch" "unknown_fact" "unknown_answer" "wrong_type"
    "not_a_whole_number" "form_before_content" "out_of_range" "unknown_topic" "unknown_key" "facts_missing"
    "date_of_birth_without_receipt" "about_one_child" "explain_unknown" "query_unknown" "duplicate_key"
    "trailing_bytes" "nested_too_deep" "not_json" "empty_body" "not_json_content_type" "no_content_type"
    "other_character_set" "compressed" "rule_set_moved" "if_match_moved" "batch_content_type" "batch_explain_unknown" "batch_moved"
    "wrong_method" "no_such_route" "referral_recorded" "referral_read" "referrals_listed" "referral_of_another_agency"
    "referral_by_telephone" "professional_without_a_name" "where_answers_came_from" "information_added"
    "decision_recorded" "decisions_read" "decision_lower_alone" "decision_lower" "decision_on_an_old_evaluation"
    "confirmation_of_nothing" "decision_confirmed" "acceptance_of_nothing" "decision_accepted" "handed_over_listed"
    "handed_over_read" "transfer_kept" "transfers_listed" "referral_of_the_same_child" "earlier_looked_up"
    "earlier_confirmed" "earlier_not_for_referrers" "letter_to_the_referrer" "letter_without_a_safe_address"
    "disagreement_recorded" "disagreement_answered" "disagreement_taken_further" "earlier_confirmed_without_a_match"
    "batch_received" "batch_read" "batch_unknown_mapping" "batch_unknown_column" "batch_row_dealt_with"
    "batch_row_without_its_referral" "batch_of_another_agency" "referral_joined" "referral_joined_backwards"
    "no_idempotency_key" "not_identified" "not_permitted" "audit_checkpoints" "audit_checkpoint" "audit_tile"
    "audit_entries" "audit_of_entries_not_permitted" "audit_proof" "audit_proof_since" "audit_proof_not_signed"
    "audit_proof_of_what" "rule_set_current" "rule_set_unchanged" "facts_schema" "facts_schema_unchanged"
    "facts_schema_unknown" "facts_schema_not_text" "rule_sets_listed" "rule_set_next" "rule_set_next_none"
    "rule_set_by_digest" "rule_set_by_digest_unchanged" "rule_set_by_digest_unknown" "rule_set_difference"
    "rule_set_difference_unknown" "evaluated_under_the_next"
    "evaluated_as_of" "as_of_before_the_rules" "as_of_no_day"
    "rule_set_history" "rule_draft_begun" "rule_draft_without_a_title" "rule_draft_read" "rule_change_proposed"
    "rule_change_in_the_past" "rule_changes_listed" "rule_change_read" "rule_change_remarked"
    "rule_change_agreed_by_no_delegate" "rule_change_step_incomplete"
    "events_listed" "events_none_new" "events_wrong_query" "live" "ready" "stopping" "version"
];

/// Whole answers by the name of their exchange, as the program gave them once; ids, times and hashes differ each time.
const ANSWERS: &str = include_str!("../../../fixtures/openapi/answers.json");

/// An exchange as it is written.
pub(super) fn exchange(name: &str) -> Option<Value> {
    let (_, text) = EXCHANGES.iter().find(|(known, _)| *known == name)?;
    serde_json::from_str(text).ok()
}

/// Every exchange with what it names filled in, in order.
pub(super) fn exchanges() -> impl Iterator<Item = (&'static str, Value)> {
    EXCHANGES.iter().filter_map(|(name, text)| {
        let text = text.replace("{digest}", DIGEST).replace("{next}", NEXT_DIGEST);
        let text = text.replace("{engine}", concat!("windscreen ", env!("CARGO_PKG_VERSION")));
        let text = IDS.iter().fold(text, |text, (name, id)| text.replace(name, id));
        // A test reads each of them.
        serde_json::from_str(&text).ok().map(|exchange| (*name, exchange))
    })
}

/// Shows every exchange in the document.
pub(super) fn show_all(document: &mut Value) {
    let answers: Value = serde_json::from_str(ANSWERS).unwrap_or_default();
    for (name, mut exchange) in exchanges() {
        if let Some(whole) = answers.get(name) {
            exchange["response"]["body"] = whole.clone();
        }
        show(document, name, &exchange);
    }
    // It takes another authority that is known here; the test of two authorities sees the same keys.
    let taken = json!({ "id": IDS[0].1, "reference": "4F7K-2M9Q-X" });
    let of_transfers = "/paths/~1v1~1transfers/post/responses/201/content/application~1json";
    if let Some(media) = document.pointer_mut(of_transfers) {
        media["examples"]["transfer_taken"] =
            json!({ "summary": "The transfer is a referral here, on disk.", "value": taken });
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

/// The operation of a request.
fn operation<'d>(document: &'d mut Value, request: &Value) -> Option<&'d mut Value> {
    let path = request["path"].as_str()?.split('?').next()?;
    let paths = document.get_mut("paths")?.as_object_mut()?;
    let template = template(paths.keys(), path)?.to_owned();
    paths.get_mut(&template)?.get_mut(request["method"].as_str()?.to_lowercase())
}

/// The document's path for a request's: a `{...}` stands for any one step, that of a tile's place for several. Where two
/// fit, the one that writes out more.
pub(super) fn template<'t>(templates: impl Iterator<Item = &'t String>, path: &str) -> Option<&'t String> {
    let steps: Vec<&str> = path.split('/').collect();
    let fits = |template: &&String| {
        let wanted: Vec<&str> = template.split('/').collect();
        let several = template.ends_with("/{place}") && wanted.len() <= steps.len();
        (several || wanted.len() == steps.len())
            && wanted.iter().zip(&steps).all(|(wanted, step)| wanted == step || wanted.starts_with('{'))
    };
    templates.filter(fits).min_by_key(|template| template.matches('{').count())
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
pub(super) fn written(line: &Value) -> String {
    line.as_str().map_or_else(|| line.to_string(), str::to_owned)
}
