//! What partners send, as the document describes it.
//!
//! The readers (`referral/request.rs`, `referral/received.rs`, `referral/unfold.rs`) take requests apart by hand, so that
//! every fault is told at once; these types say the same in the words of a schema. Tests hold the two together.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::facts::Scope;
use crate::level::Explain;
use crate::referral::caller::{Basis, ReadBack};
use crate::referral::received::{Agreement, Disability, Ethnicity, FamilyTold, Sex, SharingBasis};
use crate::referral::unfold::Sort;

/// What is evaluated: `facts` for one child, or `children` with what their household shares.
///
/// The facts are those of the rule set: `/v1/rule-sets/{digest}/facts.schema.json`.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes what `Referral::read` reads; a test holds the two together")]
pub(in crate::api) struct EvaluationRequest {
    /// When it was received, with its offset; starts the clock.
    #[schema(required = false, format = DateTime, max_length = 200, example = "2026-11-24T10:30:00+00:00")]
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
    concerns: Vec<Topic>,
    /// What was said about the one child.
    #[schema(required = false)]
    facts: BTreeMap<String, FactSaid>,
    /// When the one child was born; needs `received_at`.
    #[schema(required = false, format = Date, max_length = 10)]
    date_of_birth: String,
    /// When the one baby is due; needs `received_at`.
    #[schema(required = false, format = Date, max_length = 10)]
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
    #[schema(required = false)]
    facts: BTreeMap<String, FactSaid>,
    /// The topics raised about the household.
    #[schema(required = false)]
    concerns: Vec<Topic>,
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
    #[schema(required = false)]
    facts: BTreeMap<String, FactSaid>,
    /// The topics raised about this child.
    #[schema(required = false)]
    concerns: Vec<Topic>,
    /// When the child was born; needs `received_at`.
    #[schema(required = false, format = Date, max_length = 10)]
    date_of_birth: String,
    /// When the baby is due; needs `received_at`.
    #[schema(required = false, format = Date, max_length = 10)]
    due_date: String,
}

/// A topic of the rule set.
#[derive(ToSchema)]
#[schema(max_length = 200, example = "harm_now")]
#[expect(dead_code, reason = "as above")]
pub(super) struct Topic(String);

/// What is said about one fact: an answer, `null` or `"not_known"` where nobody knows, `"refused"` where nobody would say,
/// or two accounts that disagree.
///
/// Which answers a fact takes stands in the schema of the rule set's facts. Nothing is coerced.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "as above")]
pub(super) enum FactSaid {
    /// To a yes/no question.
    YesNo(bool),
    /// To a question for a number.
    Number(i64),
    /// One of a choice, `never`, `not_known` or `refused`.
    Word(String),
    /// Two accounts.
    Two(TwoAccounts),
    /// Not known.
    NotKnown,
}

/// Two accounts of one fact; the one of greater concern is used and both are kept.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "as above")]
pub(super) struct TwoAccounts {
    /// The one.
    answer: Account,
    /// The other.
    also_said: Account,
}

/// One account of a fact.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "as above")]
pub(super) enum Account {
    /// To a yes/no question.
    YesNo(bool),
    /// To a question for a number.
    Number(i64),
    /// One of a choice, `never`, `not_known` or `refused`.
    Word(String),
    /// Not known.
    NotKnown,
}

/// A referral that is recorded: who sends it, who the children are, and what is said.
///
/// Lengths are of bytes in UTF-8: text in other than ASCII letters has room for fewer characters.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes what `Received::read` reads; a test holds the two together")]
pub(in crate::api) struct ReferralRequest {
    /// When it was received, with its offset; starts the clock. Now, when nothing is said; never later than now.
    #[schema(required = false, format = DateTime, max_length = 200, example = "2026-11-24T10:30:00+00:00")]
    received_at: String,
    /// How much explanation is wanted; `full` when nothing is said.
    #[schema(required = false)]
    explain: Explain,
    /// The digest of the rule set that the sender insists on.
    #[schema(required = false, max_length = 200)]
    rule_set: String,
    /// The sender's own reference.
    #[serde(rename = "ref")]
    #[schema(required = false, max_length = 200)]
    reference: String,
    /// How much is considered.
    #[schema(required = false)]
    scope: Scope,
    /// The topics that the referrer raises.
    #[schema(required = false)]
    concerns: Vec<Topic>,
    /// Who sends it.
    referrer: ReferrerRequest,
    /// The account in free text.
    #[schema(required = false, max_length = 20_000)]
    account: String,
    /// The level that the referrer thinks it is, by its rank on the framework's ladder.
    #[schema(required = false, minimum = 1, maximum = 8)]
    referrers_level: i64,
    /// Whether the family knows that the referral is made.
    #[schema(required = false)]
    family_told: FamilyTold,
    /// Whether the family agrees to help.
    #[schema(required = false)]
    agrees_to_help: Agreement,
    /// On what basis information is shared.
    #[schema(required = false)]
    sharing_basis: SharingBasis,
    /// Whether what it says must reach nobody of the family.
    #[schema(required = false)]
    unsafe_to_share: bool,
    /// Of a referral that was telephoned: when, and whether it was read back.
    #[schema(required = false)]
    call: CallRequest,
    /// What holds for every child, and where they live.
    #[schema(required = false)]
    household: RecordedHousehold,
    /// The children, the unborn among them.
    #[schema(min_items = 1, max_items = 50)]
    children: Vec<RecordedChild>,
}

/// Who sends a referral. A professional gives a name; a member of the public may stay anonymous.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "as above")]
pub(super) struct ReferrerRequest {
    /// The organisation that sends it, by its code.
    #[schema(min_length = 1, max_length = 200, example = "urn:123456")]
    organisation: String,
    /// The kind of agency, as the framework lists them.
    #[schema(required = false, max_length = 200)]
    agency: String,
    /// The census code of the source.
    #[schema(required = false, max_length = 200)]
    source_code: String,
    /// Who it is.
    #[schema(required = false, max_length = 200)]
    name: String,
    /// Their role.
    #[schema(required = false, max_length = 200)]
    role: String,
    /// How to reach them.
    #[schema(required = false, max_length = 200)]
    contact: String,
    /// How they know what they say.
    #[schema(required = false)]
    basis: Basis,
    /// Whether they would not say who they are.
    #[schema(required = false)]
    anonymous: bool,
}

/// What is noted of a telephone call.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "as above")]
pub(super) struct CallRequest {
    /// When it began.
    #[schema(required = false, format = DateTime, max_length = 200)]
    began_at: String,
    /// Whether it was read back.
    #[schema(required = false)]
    read_back: ReadBack,
    /// When it was read back, or the caller was found to be gone.
    #[schema(required = false, format = DateTime, max_length = 200)]
    read_back_at: String,
}

/// What holds for every child of a referral, and where they live.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "as above")]
pub(super) struct RecordedHousehold {
    /// The address.
    #[schema(required = false, max_length = 20_000)]
    address: String,
    /// Who lives there, and who else matters to the children.
    #[schema(required = false, max_length = 20_000)]
    people: String,
    /// What was said about the household; a child's own fact beats it.
    #[schema(required = false)]
    facts: BTreeMap<String, FactSaid>,
    /// The topics raised about the household.
    #[schema(required = false)]
    concerns: Vec<Topic>,
}

/// One child of a referral that is recorded.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "as above")]
pub(super) struct RecordedChild {
    /// The sender's own reference, one a child; its number in the list when nothing is said.
    #[serde(rename = "ref")]
    #[schema(required = false, max_length = 200)]
    reference: String,
    /// The child's name.
    #[schema(required = false, max_length = 200)]
    name: String,
    /// The NHS number: ten digits, the last of which fits the others.
    #[schema(required = false, max_length = 200)]
    nhs_number: String,
    /// The unique pupil number: a letter that fits the others, eleven digits, and a digit or a letter.
    #[schema(required = false, max_length = 200)]
    upn: String,
    /// The child's own words.
    #[schema(required = false, max_length = 20_000)]
    own_words: String,
    /// For monitoring alone: no rule reads it, and no page of those who decide shows it.
    #[schema(required = false)]
    monitoring: MonitoringRequest,
    /// When the child was born.
    #[schema(required = false, format = Date, max_length = 10)]
    date_of_birth: String,
    /// When the baby is due.
    #[schema(required = false, format = Date, max_length = 10)]
    due_date: String,
    /// What was said about this child.
    #[schema(required = false)]
    facts: BTreeMap<String, FactSaid>,
    /// The topics raised about this child.
    #[schema(required = false)]
    concerns: Vec<Topic>,
}

/// What is known of a child for monitoring alone.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Monitoring)]
#[expect(dead_code, reason = "as above")]
pub(super) struct MonitoringRequest {
    /// The child's sex.
    #[schema(required = false)]
    sex: Sex,
    /// The child's ethnic group.
    #[schema(required = false)]
    ethnicity: Ethnicity,
    /// Whether the child is disabled.
    #[schema(required = false)]
    disability: Disability,
}

/// What became known later: who said it, and `account`, `household` or `children`.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes what `Information::read` reads; a test holds the two together")]
pub(in crate::api) struct InformationRequest {
    /// What kind of piece it is; `answers` when nothing is said.
    #[schema(required = false)]
    kind: Sort,
    /// When it was said.
    #[schema(required = false, format = DateTime, max_length = 200)]
    said_at: String,
    /// Who said it.
    said_by: SaidByRequest,
    /// In free text.
    #[schema(required = false, max_length = 20_000)]
    account: String,
    /// Whether what it says must reach nobody of the family.
    #[schema(required = false)]
    unsafe_to_share: bool,
    /// Of a correction, or of what the family disputes: the number of the piece that was wrong; the referral itself is 1.
    #[schema(required = false, minimum = 1)]
    corrects: i64,
    /// Of a correction: why.
    #[schema(required = false, max_length = 20_000)]
    because: String,
    /// About the household.
    #[schema(required = false)]
    household: HouseholdRequest,
    /// About children, each by its `ref`; only a correction changes a date.
    #[schema(required = false, max_items = 50)]
    children: Vec<ToldChild>,
}

/// Who said it: the organisation, the agency, a name or a role; or somebody who stays anonymous.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "as above")]
pub(super) struct SaidByRequest {
    /// The organisation, if any.
    #[schema(required = false, max_length = 200)]
    organisation: String,
    /// The kind of agency, as the framework lists them.
    #[schema(required = false, max_length = 200)]
    agency: String,
    /// Who.
    #[schema(required = false, max_length = 200)]
    name: String,
    /// In which role, or how related.
    #[schema(required = false, max_length = 200)]
    role: String,
    /// How they know it.
    #[schema(required = false)]
    basis: Basis,
    /// Whether they would not say who they are.
    #[schema(required = false)]
    anonymous: bool,
}

/// What became known about one child.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "as above")]
pub(super) struct ToldChild {
    /// Which child.
    #[serde(rename = "ref")]
    #[schema(max_length = 200)]
    reference: String,
    /// What was said about this child.
    #[schema(required = false)]
    facts: BTreeMap<String, FactSaid>,
    /// The topics raised about this child.
    #[schema(required = false)]
    concerns: Vec<Topic>,
    /// Of a correction: when the child was born.
    #[schema(required = false, format = Date, max_length = 10)]
    date_of_birth: String,
    /// Of a correction: when the baby is due.
    #[schema(required = false, format = Date, max_length = 10)]
    due_date: String,
}

/// What a struct cannot say of a request, by its schema.
pub(super) fn beyond_types() -> Vec<(&'static str, Value)> {
    // Written with `not` and `if`, which makers of clients pass over: their types stay plain.
    let named_and_anonymous =
        json!({ "required": ["name", "anonymous"], "properties": { "anonymous": { "const": true } } });
    let nobody = json!({ "properties": {
        "organisation": false, "agency": false, "name": false, "role": false, "anonymous": { "const": false },
    } });
    let says_nothing = json!({ "properties": { "account": false, "household": false, "children": { "maxItems": 0 } } });
    let is = |kind: &str| json!({ "required": ["kind"], "properties": { "kind": { "const": kind } } });
    let undated = json!({ "properties": { "children": { "items": {
        "properties": { "date_of_birth": false, "due_date": false },
    } } } });
    vec![
        // The one child's keys, or the children's.
        (
            "EvaluationRequest",
            json!({ "oneOf": [
                { "required": ["facts"], "properties": { "household": false, "children": false } },
                {
                    "required": ["children"],
                    "properties": { "facts": false, "date_of_birth": false, "due_date": false },
                },
            ] }),
        ),
        (
            "Letter",
            json!({ "not": { "anyOf": [
                { "properties": { "sent": { "type": "null" }, "withheld": { "type": "null" } } },
                {
                    "required": ["sent", "withheld"],
                    "properties": { "sent": { "type": "object" }, "withheld": { "type": "object" } },
                },
            ] } }),
        ),
        ("ReferrerRequest", json!({ "not": named_and_anonymous })),
        ("SaidByRequest", json!({ "not": { "anyOf": [named_and_anonymous, nobody] } })),
        (
            "InformationRequest",
            json!({
                "not": says_nothing,
                "if": is("correction"),
                "then": { "required": ["corrects", "because"] },
                "else": {
                    "properties": { "because": false, "children": undated["properties"]["children"] },
                    "if": is("disputed"),
                    "then": { "required": ["corrects", "account"] },
                    "else": { "properties": { "corrects": false } },
                },
            }),
        ),
    ]
}
