//! What is sent, whatever it is about: JSON, keys, kinds of values, limits.

use super::Of::{Decision, Evaluation};
use super::{Again, Explained, Row, explained};
use crate::json::FaultCode;

pub(super) const TOO_LARGE: Explained = explained(
    "The body, a line of a batch, a file of notifications or a transfer is larger than what is read. Nothing of it \
     was evaluated or recorded; of a batch, the other lines were answered. Of a transfer that is made here it says \
     that it would be larger than other authorities take.",
    "`detail` says how many bytes are read. Shorten the account, or send later what came to light besides, as \
     information that is added to the referral. Send a file of notifications in parts: of one incident all rows in \
     the same part. Of a transfer that came too large nothing is kept: phone whoever sent it. One that is made here \
     becomes smaller when the decision is taken again without the account or the child's own words.",
    Again::Changed,
);

pub(super) const RULE_SET_MOVED: Explained = explained(
    "You insist on a rule set, with `If-Match` or `rule_set`, and another is in force here. Nothing was evaluated: \
     the criteria that you know may have changed.",
    "Read `/v1/rule-sets/current` and the schema of its facts, look what has changed, and name the digest that is in \
     force now. Whoever does not insist is evaluated under what is in force, and each answer says under which.",
    Again::Changed,
);

pub(super) const ROWS: &[Row] = &[
    (
        FaultCode::NotJson,
        explained(
            "The body, or the line, is not one whole JSON value in UTF-8: it ends too early, has something after its \
             end, nests deeper than any request does, or is no JSON at all. `detail` says line and column, and \
             repeats nothing that stands there.",
            "Let a JSON library write it, and do not put it together from pieces of text. No byte order mark, no \
             comments, no comma after the last item.",
            Again::Changed,
        )
        .example(
            Evaluation,
            r#"{ "facts": { "immediate_danger_now": true, } }"#,
            r#"{ "facts": { "immediate_danger_now": true } }"#,
        ),
    ),
    (
        FaultCode::DuplicateKey,
        explained(
            "An object has the same key twice, or a row names the same column twice. Which of the two holds cannot be \
             told: a program that takes the last could lose the danger that the first tells of.",
            "Send each key once. Where two people say different things about one fact, send both accounts: the more \
             protective one is used, and both are shown.",
            Again::Changed,
        )
        .example(
            Evaluation,
            r#"{ "facts": { "basic_care": "struggling", "basic_care": "not_known" } }"#,
            r#"{ "facts": { "basic_care": { "answer": "struggling", "also_said": "not_known" } } }"#,
        ),
    ),
    (FaultCode::TooLarge, TOO_LARGE),
    (
        FaultCode::WrongType,
        explained(
            "A value is of another kind than is expected at this place: text instead of a number, a number that is \
             not whole, a date or a time that is none. Nothing is turned into what it may have meant: `\"5\"` is not \
             `5`, and `\"no\"` is not `false`. Of decisions, letters, disagreements and rows it may also be a word \
             that is none of those that stand there.",
            "`detail` says what is expected. A date is written `2026-11-24`, a time with its offset, \
             `2026-11-24T10:30:00+00:00`. The schema of the facts, `/v1/rule-sets/current` leads to it, has every \
             fact's kind and answers.",
            Again::Changed,
        )
        .example(
            Evaluation,
            r#"{ "facts": { "child_age_months": "30" } }"#,
            r#"{ "facts": { "child_age_months": 30 } }"#,
        ),
    ),
    (
        FaultCode::MissingKey,
        explained(
            "Something that this request needs is not there, or is empty. Of a letter it may also say that both \
             `sent` and `withheld` are there, of which there is one.",
            "`pointer` says which key, `detail` what belongs there. Where nothing is known yet, say so: `\"facts\": \
             {}`.",
            Again::Changed,
        )
        .for_people("The page says what is missing beside the field.")
        .example(Evaluation, "{ }", r#"{ "facts": { } }"#),
    ),
    (
        FaultCode::UnknownKey,
        explained(
            "No key of this name may stand at this place. It is refused and not passed over: a key that was mistyped \
             could hold what matters most.",
            "Look at `suggestion` and at how the request is described under `/docs`. Send nothing that has no place \
             here.",
            Again::Changed,
        )
        .example(
            Evaluation,
            r#"{ "fact": { "immediate_danger_now": true } }"#,
            r#"{ "facts": { "immediate_danger_now": true } }"#,
        ),
    ),
    (
        FaultCode::MisplacedKey,
        explained(
            "The key is a known one, and may not stand beside the others that are there, because its meaning could \
             not be told: facts of one child beside several children, a name beside `anonymous`, a next holder where \
             nobody holds it next, another date of birth without a correction.",
            "`detail` says what it stands in the way of. Move it, or leave it out.",
            Again::Changed,
        )
        .example(
            Evaluation,
            r#"{ "facts": { "basic_care": "struggling" }, "children": [{ "facts": { } }] }"#,
            r#"{ "children": [{ "facts": { "basic_care": "struggling" } }] }"#,
        ),
    ),
    (
        FaultCode::MissingWords,
        explained(
            "A place for words is empty: somebody's own words why they decide, disagree or answer so, or who has a \
             child next. Somebody will read them later; a code alone is no reason.",
            "Let a person write them. Do not fill them in by program.",
            Again::Changed,
        )
        .for_people("Say it in your own words; one sentence may be enough.")
        .example(
            Decision,
            r#"{ "reason": { "code": "VOICE", "says": "" } }"#,
            r#"{ "reason": { "code": "VOICE", "says": "What she drew in class says more than the answers" } }"#,
        ),
    ),
    (
        FaultCode::TooLong,
        explained(
            "A text is longer than what is kept of it. It is not cut off: what stands at its end may matter most. \
             Bytes are counted, and a letter with an accent has two. Of a file it is a heading that is longer than \
             any: its line of headings may be missing.",
            "`detail` says how much is kept. Say it more shortly, or add the rest as information later.",
            Again::Changed,
        )
        .for_people("Shorten the text, or add the rest as information once the referral is recorded."),
    ),
    (
        FaultCode::TooMany,
        explained(
            "There are more of something than are taken at once: children of a referral, pieces of information, rows \
             or columns of a file, decisions in a letter to a family, keys of a client.",
            "`detail` says of what and how many. Send them in parts: of a file, all rows of one incident in the same \
             part.",
            Again::Changed,
        ),
    ),
    (
        FaultCode::OutOfRange,
        explained(
            "A number or a date lies outside of what it can be here: a fact's lowest and highest number, the levels \
             of this framework, an age that the criteria are not for, the number of a piece of information that there \
             is not.",
            "`detail` says what it may be. Look whether the unit is right: an age is given in months. Where it is \
             really so, and the criteria have no place for it, phone the hub.",
            Again::Changed,
        )
        .example(
            Evaluation,
            r#"{ "facts": { "child_age_months": -3 } }"#,
            r#"{ "facts": { "is_unborn": true } }"#,
        ),
    ),
    (
        FaultCode::UnknownWord,
        explained(
            "One of a few words is expected here, and another was sent. Of a row of a file, the mapping does not say \
             what the word in this column means. Of a letter, a family cannot be told `here`, because it does not \
             sign in.",
            "`suggestion` lists the words. Of a row, ask whoever keeps the mapping to add the word; it is never \
             guessed.",
            Again::Changed,
        )
        .example(Evaluation, r#"{ "explain": "all", "facts": { } }"#, r#"{ "explain": "full", "facts": { } }"#),
    ),
    (
        FaultCode::MisplacedWord,
        explained(
            "The word is a known one, and is not taken in this case: what others said, and the child's own words, go \
             along to another authority alone, never to another organisation.",
            "Leave it out of `along`, and say under `told` what the next holder must know.",
            Again::Changed,
        )
        .example(
            Decision,
            r#"{ "next_holder": { "organisation": "charity:example", "told": "…", "along": ["account"] } }"#,
            r#"{ "next_holder": { "organisation": "charity:example", "told": "…", "along": ["reasons"] } }"#,
        ),
    ),
    (FaultCode::RuleSetMoved, RULE_SET_MOVED),
];
