//! What people decide, join, write and answer. On the pages these faults stand beside the field that they are about.

use super::Of::{Decision, Letter};
use super::{Again, Row, explained};
use crate::json::FaultCode;

pub(super) const DECISIONS: &[Row] = &[
    (
        FaultCode::NotThatView,
        explained(
            "`view` says how the decision stands beside what the criteria indicate, and does not fit `level`: the \
             level that is indicated (the lower bound, while it is not settled) is `agrees`, a higher one \
             `decides_higher`, a lower one `decides_lower`. Deciding lower by mistake would take a second person and \
             a reason that nobody has.",
            "`suggestion` names the view that fits the level. Look which of the two is meant, and change the other.",
            Again::Changed,
        ),
    ),
    (
        FaultCode::MayNotDecide,
        explained(
            "The role of whoever acts, or of the second person who is named, does not decide this: the framework says \
             which roles may decide which level, and who may answer which stage of a disagreement.",
            "`detail` or `suggestion` says who may. Let one of them decide. Where a child cannot wait, it is passed \
             on to somebody who may: to the Emergency Duty Team, to the allocated worker, or to the authority where \
             the child lives.",
            Again::Changed,
        )
        .for_people("The page says which roles may decide this level. Ask one of them, or pass the child on to one."),
    ),
    (
        FaultCode::SamePerson,
        explained(
            "Two different people are needed, and the same is named twice: the second person of a lower decision is \
             whoever decides, or a stage of a disagreement is answered by somebody who took part before.",
            "Ask somebody else. Nobody confirms their own decision, or answers for it twice.",
            Again::Changed,
        ),
    ),
    (
        FaultCode::NeedsAManager,
        explained(
            "A manager is needed: as one of the two who decide lower, to close while a statutory level is still \
             possible, or to answer this stage of a disagreement.",
            "Let a manager do it, or name one as the second person.",
            Again::Changed,
        )
        .example(
            Decision,
            r#"{ "level": 2, "view": "decides_lower", "second_person": { "id": "a", "role": "social_worker" } }"#,
            r#"{ "level": 2, "view": "decides_lower", "second_person": { "id": "b", "role": "social_work_manager" } }"#,
        ),
    ),
    (
        FaultCode::NothingToConfirm,
        explained(
            "This decision waits for no second person: it needed none, was confirmed before, or is open again because \
             something came after it.",
            "Read the referral again. Where it is open again, it is decided again.",
            Again::Done,
        ),
    ),
    (
        FaultCode::NotTheSecondPerson,
        explained(
            "Another person, or another role, was named to confirm this decision. Whoever decided never confirms it, \
             and a second person is a social worker or a manager.",
            "Let the person who was named confirm it. Where that cannot be, it is decided again, naming somebody else.",
            Again::DealtWith,
        ),
    ),
    (
        FaultCode::NothingToAccept,
        explained(
            "This decision waits for no acceptance: it was accepted before, still waits for its second person, or is \
             open again because something came after it.",
            "Read the referral again. Of a decision that is open again, phone the hub before you act on it.",
            Again::Done,
        ),
    ),
    (
        FaultCode::NotTheHolder,
        explained(
            "This is for others to accept. Whoever sends a child on does not say for others that they have it, and \
             what was passed on by somebody who may not settle its level is taken by a social worker, a manager, or \
             the other organisation.",
            "Let somebody of the next holder accept. Until then it stays on the list, so that no child is lost \
             between two desks.",
            Again::DealtWith,
        ),
    ),
];

pub(super) const JOINING: &[Row] = &[
    (
        FaultCode::SameReferral,
        explained(
            "A referral is to be joined to itself.",
            "Name the other referral, which was received before.",
            Again::Changed,
        ),
    ),
    (
        FaultCode::Later,
        explained(
            "The referral to which this one is to be joined was received later. The later one is joined to the \
             earlier, so that the clock of the first goes on.",
            "Join them the other way round.",
            Again::Changed,
        ),
    ),
    (
        FaultCode::JoinedBefore,
        explained(
            "This child was joined to another referral before.",
            "Read the referral: it says to which. Decide about the child there.",
            Again::Done,
        ),
    ),
    (
        FaultCode::JoinedAway,
        explained(
            "The child to whom this one is to be joined was itself joined to a third referral, and is decided about \
             there.",
            "Join to the third referral, where the other child's page leads.",
            Again::Changed,
        ),
    ),
    (
        FaultCode::DecidedBefore,
        explained(
            "Somebody has decided about this child, and what was decided stands. Joining would leave a decision \
             without the referral that it is about.",
            "Look at both. Where one incident was decided about twice, add to the earlier referral as information \
             what only the later one says.",
            Again::Done,
        ),
    ),
    (
        FaultCode::WouldLower,
        explained(
            "Taken together, the two referrals would indicate a lower level for a child than one of them does alone. \
             Nothing here lowers a level by itself.",
            "Decide about each referral, and say why.",
            Again::Done,
        ),
    ),
    (
        FaultCode::ConfirmedBefore,
        explained(
            "It was confirmed before that this earlier referral is about the same child. It counts once.",
            "Nothing is left to do.",
            Again::Done,
        ),
    ),
    (
        FaultCode::NothingAsked,
        explained(
            "The rule set that is in force asks nothing about earlier referrals, so that confirming one would change \
             nothing.",
            "Say what matters of the earlier referral as information, or in the reason of the decision.",
            Again::Done,
        ),
    ),
];

pub(super) const TELLING: &[Row] = &[
    (
        FaultCode::NotSettled,
        explained(
            "The decision that the letter tells of does not stand yet: it waits for its second person, or is to be \
             taken again because something came after it.",
            "Wait until it stands. What is true whatever is decided, that the referral arrived and who has it, can be \
             said by telephone.",
            Again::DealtWith,
        ),
    ),
    (
        FaultCode::UnsafeToTell,
        explained(
            "Somebody said that telling the family is unsafe: it could raise the risk to the child or to somebody \
             else. The letter was not recorded as sent.",
            "Record instead why nobody is told (`withheld`), and have it looked at again later. A manager alone may \
             tell them all the same, and says why under `although`.",
            Again::Changed,
        )
        .for_people(
            "Do not send, post or read out the letter. Say why the family is not told, or ask a manager whether and \
             how they can be told safely.",
        ),
    ),
    (
        FaultCode::NamesSomebody,
        explained(
            "The letter to a family has in its words the name of somebody else: of whoever referred or told \
             something, of who else lives there, or of another child. Whoever reads it would learn it.",
            "Take the name out. Where it may stand there, because the family gave it or must know it, say with \
             `names_checked` that a person has looked.",
            Again::Changed,
        )
        .example(
            Letter,
            r#"{ "sent": { "text": "A. Teacher is worried about the mornings." } }"#,
            r#"{ "sent": { "text": "Somebody who knows your child is worried about the mornings." } }"#,
        ),
    ),
    (
        FaultCode::UnknownCriterion,
        explained(
            "The rules by which it was decided have no indicator, criterion or threshold of this name.",
            "Look at `suggestion` and at the reasons of the evaluation, each with its `id`; or leave `about` out, and \
             say it in words.",
            Again::Changed,
        ),
    ),
    (
        FaultCode::DisagreedBefore,
        explained(
            "The same party disagrees with the same decision already, and waits for an answer.",
            "Wait for the answer, and take it further if it is not accepted. What is new in the meantime is added to \
             the referral as information; what cannot wait is phoned to the hub.",
            Again::DealtWith,
        ),
    ),
    (
        FaultCode::NoSuchStage,
        explained(
            "The rules by which it was decided list fewer stages than this one.",
            "The partnership's own procedure goes on outside of this service; the record shows how far it came here.",
            Again::Done,
        ),
    ),
    (
        FaultCode::NothingToAnswer,
        explained(
            "This stage was answered before, and the disagreement was not taken further.",
            "Read the disagreement: it shows the answer and who gave it.",
            Again::Done,
        ),
    ),
    (
        FaultCode::NotAnsweredYet,
        explained(
            "A disagreement goes to its next stage when the present one was answered, and it was not yet.",
            "Wait for the answer; the disagreement says by when. Where a child cannot wait, phone the hub.",
            Again::DealtWith,
        ),
    ),
    (
        FaultCode::LastStage,
        explained(
            "The rules name no further stage of a disagreement.",
            "The partnership's own procedure goes on outside of this service. What is new is added to the referral as \
             information: it is evaluated, and a higher answer reopens the decision.",
            Again::Done,
        ),
    ),
];
