//! What authors and delegates meet when rules are proposed and agreed.

use super::{Again, Row, explained};
use crate::json::FaultCode;

pub(super) const RULE_CHANGES: &[Row] = &[
    (
        FaultCode::NotARulesFolder,
        explained(
            "A draft is begun from a zip archive of a rules folder: framework.yaml and what belongs to it, alone or in \
             one folder. This file is no such archive, has a password, or is larger than a rules folder.",
            "`detail` says what is wrong with it. Make the archive of the folder itself, without a password.",
            Again::Changed,
        ),
    ),
    (
        FaultCode::NotWorkedOut,
        explained(
            "Rules are proposed with what they do: their problems, what is proved of them, the worked examples, and the \
             children whom they would move. That is worked out for each version of a draft, and this version's is not \
             there yet.",
            "Read the draft again until its `evidence` is there; with many referrals on record that takes minutes.",
            Again::DealtWith,
        ),
    ),
    (
        FaultCode::RulesHaveErrors,
        explained(
            "Something in the rules is wrong, or something that must hold for every possible referral does not. Such \
             rules would not run.",
            "The draft lists each problem with its file, line and what to do. Mend them, and propose the next version.",
            Again::Changed,
        ),
    ),
    (
        FaultCode::ExamplesFail,
        explained(
            "A worked example says what the partnership means. Rules under which one fails mean something else, which \
             may be right; then whoever proposes them says so by naming each example that fails, and the partners read \
             it before they agree.",
            "`suggestion` lists the examples that fail. Mend the rules or the examples; or send all of these names, and \
             no other, as `failing`.",
            Again::Changed,
        ),
    ),
    (
        FaultCode::NotADelegate,
        explained(
            "Only delegates whom a partner has named agree, refuse, confirm or undo for it. A role is not enough.",
            "Ask one of the partner's delegates; they are listed beside each rule change. Whoever runs the service names \
             another, and the log of rules says so.",
            Again::Changed,
        ),
    ),
    (
        FaultCode::OtherRulesInForce,
        explained(
            "What a rule change does was worked out against the rules that were to be in force until then. Others will \
             be: another change was agreed, lapsed or was undone meanwhile. What was worked out is not what would happen.",
            "The author opens the draft again, looks at what it does now, and proposes that. Everybody agrees anew.",
            Again::Changed,
        ),
    ),
    (
        FaultCode::StepNotTaken,
        explained(
            "The life of a rule change has an order: proposed, agreed by the partners, in force, and undone within two \
             weeks at the latest. Nobody agrees rules that they wrote, no partner says the same twice, and whoever \
             answers answers the rules that are proposed now.",
            "`detail` says what stands against it. Read the rule change again.",
            Again::Done,
        ),
    ),
];
