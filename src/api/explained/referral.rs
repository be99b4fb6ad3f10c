//! What the rules ask about a child, and what is said around it: who sends it, when, and about whom.

use super::Of::{Evaluation, Information, Referral};
use super::{Again, Row, explained};
use crate::json::FaultCode;

pub(super) const FACTS: &[Row] = &[
    (
        FaultCode::UnknownFact,
        explained(
            "The rule set that is in force has no fact of this name. It is refused and not passed over: it could be \
             the one that matters. Of a decision it says that what it lists under `not_known` was not among what is \
             asked next.",
            "Look at `suggestion`, and at the schema of the facts, to which `/v1/rule-sets/current` leads. A fact \
             that the partnership has retired is taken for a stated time; rules change, so read the schema again from \
             time to time.",
            Again::Changed,
        )
        .example(
            Evaluation,
            r#"{ "facts": { "imediate_danger_now": true } }"#,
            r#"{ "facts": { "immediate_danger_now": true } }"#,
        ),
    ),
    (
        FaultCode::UnknownAnswer,
        explained(
            "The fact is known, and has no such answer. The nearest one is never taken instead.",
            "`detail` lists the answers, `suggestion` names the nearest. Where none of them fits, send `not_known`, \
             and say in the account what is known.",
            Again::Changed,
        )
        .example(
            Evaluation,
            r#"{ "facts": { "basic_care": "strugling" } }"#,
            r#"{ "facts": { "basic_care": "struggling" } }"#,
        ),
    ),
    (
        FaultCode::UnknownTopic,
        explained(
            "A concern names no topic of the rule set that is in force. Which topics are raised decides which \
             questions count as considered, so none is passed over.",
            "Look at `suggestion`; the topics stand with the facts in their schema, as `x-topic`.",
            Again::Changed,
        )
        .example(
            Evaluation,
            r#"{ "concerns": ["domestic_violence"], "facts": { } }"#,
            r#"{ "concerns": ["domestic_abuse"], "facts": { } }"#,
        ),
    ),
    (
        FaultCode::AboutOneChild,
        explained(
            "The fact is about one child, and was given for the household. Of which child it holds cannot be told.",
            "Give it under each child of whom it holds. Facts of the household have `x-about` `household` in their \
             schema.",
            Again::Changed,
        )
        .example(
            Evaluation,
            r#"{ "household": { "facts": { "basic_care": "struggling" } }, "children": [{ "facts": { } }] }"#,
            r#"{ "household": { "facts": { } }, "children": [{ "facts": { "basic_care": "struggling" } }] }"#,
        ),
    ),
    (
        FaultCode::ReceivedAtNeeded,
        explained(
            "A date of birth or a due date is given without the time of receipt. An age is reckoned at that time, \
             never at the time of this computer, so that the same request always has the same answer.",
            "Send `received_at` with its offset; or send the age in months as a fact.",
            Again::Changed,
        )
        .example(
            Evaluation,
            r#"{ "date_of_birth": "2024-05-01", "facts": { } }"#,
            r#"{ "received_at": "2026-11-24T10:30:00+00:00", "date_of_birth": "2024-05-01", "facts": { } }"#,
        ),
    ),
    (
        FaultCode::BornAfterReceipt,
        explained(
            "The date of birth is later than the day on which the referral was received.",
            "Check both dates, and that day and month were not exchanged. For a baby not yet born send `due_date`.",
            Again::Changed,
        )
        .example(
            Evaluation,
            r#"{ "received_at": "2026-11-24T10:30:00+00:00", "date_of_birth": "2027-02-01", "facts": { } }"#,
            r#"{ "received_at": "2026-11-24T10:30:00+00:00", "due_date": "2027-02-01", "facts": { } }"#,
        ),
    ),
    (
        FaultCode::DuplicateRef,
        explained(
            "Two children of one request have the same `ref`, or one has as its `ref` the number by which another \
             without a `ref` is called. What is said or decided later could reach the wrong child.",
            "Give every child a `ref` of its own, from your system's own key.",
            Again::Changed,
        )
        .example(
            Evaluation,
            r#"{ "children": [{ "ref": "A", "facts": { } }, { "ref": "A", "facts": { } }] }"#,
            r#"{ "children": [{ "ref": "A", "facts": { } }, { "ref": "B", "facts": { } }] }"#,
        ),
    ),
];

pub(super) const SENDER: &[Row] = &[
    (
        FaultCode::UnknownAgency,
        explained(
            "The framework lists no kind of agency of this name.",
            "Look at `suggestion`. Which there are, the partnership's framework says, under `agencies`; leave it out \
             where none fits.",
            Again::Changed,
        )
        .example(Referral, r#"{ "referrer": { "agency": "shcool" } }"#, r#"{ "referrer": { "agency": "school" } }"#),
    ),
    (
        FaultCode::UnknownCode,
        explained(
            "A code is not in the list that it belongs to: the source of a referral, a reason to decide so, why \
             nobody is told, how an address is known to be safe, why a part is left out. Codes go into the record's \
             log, so nothing else may stand in their place.",
            "`suggestion` lists the codes. Take the one that fits, and say the rest in your own words beside it.",
            Again::Changed,
        )
        .for_people("Choose one of the reasons that the page lists.")
        .example(Referral, r#"{ "referrer": { "source_code": "2Z" } }"#, r#"{ "referrer": { "source_code": "2A" } }"#),
    ),
    (
        FaultCode::NotAnonymous,
        explained(
            "Somebody is said to stay anonymous who is a professional by their agency or their source. A member of \
             the public may; a professional is named, so that somebody can ask them.",
            "Send the professional's `name`. Of a member of the public send the agency, and the source, that say so.",
            Again::Changed,
        )
        .example(
            Referral,
            r#"{ "referrer": { "agency": "school", "anonymous": true } }"#,
            r#"{ "referrer": { "agency": "public", "anonymous": true } }"#,
        ),
    ),
    (
        FaultCode::NotThatNumber,
        explained(
            "An NHS number or a unique pupil number (UPN) cannot be right: it is too long, too short, or its check \
             character does not fit. A wrong one could lead to another child.",
            "Read it again from where it comes. Where it cannot be found out, leave it out: the referral is taken \
             without.",
            Again::Changed,
        )
        .example(
            Referral,
            r#"{ "children": [{ "nhs_number": "999 000 0001", "facts": { } }] }"#,
            r#"{ "children": [{ "facts": { } }] }"#,
        ),
    ),
    (
        FaultCode::InTheFuture,
        explained(
            "Something is said to have happened later than now: a receipt, a call, a piece of information, or that \
             somebody was told. It would start a clock too late.",
            "Check that the clock of your system is right, and that the time has its offset: in summer, London is an \
             hour ahead of `Z`. Leave `received_at` out to have the time at which it arrives.",
            Again::Changed,
        )
        .example(
            Referral,
            r#"{ "received_at": "2126-11-24T10:30:00+00:00" }"#,
            r#"{ "received_at": "2026-11-23T10:30:00+00:00" }"#,
        ),
    ),
    (
        FaultCode::TooEarly,
        explained(
            "A call is said to have been read back before it began.",
            "Check both times.",
            Again::Changed,
        )
        .example(
            Referral,
            r#"{ "call": { "began_at": "2026-11-23T10:30:00+00:00", "read_back_at": "2026-11-23T09:30:00+00:00" } }"#,
            r#"{ "call": { "began_at": "2026-11-23T10:30:00+00:00", "read_back_at": "2026-11-23T10:45:00+00:00" } }"#,
        ),
    ),
    (
        FaultCode::NotYours,
        explained(
            "It is sent in the name of another organisation than the one that you act for; or it corrects what \
             another organisation recorded; or whoever referred disagrees in the name of somebody else.",
            "Name your own organisation, as `suggestion` does. Instead of correcting what another said, add what you \
             know as information beside it: both accounts are kept.",
            Again::Changed,
        ),
    ),
    (
        FaultCode::NothingSaid,
        explained(
            "The piece of information has neither an account nor an answer.",
            "Send `account`, `household` or `children`.",
            Again::Changed,
        )
        .example(
            Information,
            r#"{ "kind": "answers" }"#,
            r#"{ "kind": "answers", "account": "We rang back: her aunt is with them until Sunday." }"#,
        ),
    ),
    (
        FaultCode::UnknownChild,
        explained(
            "No child of this referral is called so.",
            "`suggestion` lists what they are called: the `ref` that the referral gave, or the child's place from 1.",
            Again::Changed,
        ),
    ),
    (
        FaultCode::UnknownReferral,
        explained(
            "There is no referral with this id or spoken reference within your reach.",
            "Check the reference; the letters of a spoken one can be mistaken on the telephone.",
            Again::Changed,
        ),
    ),
];
