//! Transfers between authorities, and what only those who run the service meet.

use super::{Again, Row, explained};
use crate::json::FaultCode;

pub(super) const TRANSFERS: &[Row] = &[
    (
        FaultCode::TooManyWaiting,
        explained(
            "So many transfers that could not be taken wait for a person already that this one was not kept. There \
             may be a child behind it.",
            "Phone whoever sent it now: nobody here has it. Then deal with those that wait, and hand it in again.",
            Again::DealtWith,
        )
        .for_people(
            "This transfer is not kept here. Phone the authority that sent it, then deal with those that wait.",
        ),
    ),
    (
        FaultCode::Reopened,
        explained(
            "The decision to send the child to another authority does not hold any more: the answer rose since, or \
             something else came that asks for another decision. The child would go under the duty of a level that is \
             no longer right.",
            "Decide again, and make the transfer from that decision.",
            Again::DealtWith,
        ),
    ),
    (
        FaultCode::NoTransfer,
        explained(
            "This decision sends the child to no other authority, or waits for its second person.",
            "Look at the decision's outcome. Where it waits, let the second person confirm it first.",
            Again::DealtWith,
        ),
    ),
];

pub(super) const OPERATING: &[Row] = &[
    (
        FaultCode::Held,
        explained(
            "A legal hold lies on this referral, so that it is not erased, whatever its time.",
            "Whoever laid the hold lifts it. Erase the referral after that.",
            Again::DealtWith,
        )
        .for_people("At the terminal, `windscreen retention lift` lifts a hold, and asks why."),
    ),
    (
        FaultCode::Pending,
        explained(
            "Nobody has taken this referral to its end: it waits for a decision, for its second person, for its next \
             holder, or for somebody who disagrees to be answered. Its time to be erased does not come before.",
            "Let what waits be done first.",
            Again::DealtWith,
        ),
    ),
    (
        FaultCode::NotAName,
        explained(
            "A client of the API cannot be called so: letters, digits and hyphens alone, and not too many of them. \
             The name stands in the record's log.",
            "Give it a short plain name, such as `example-primary-mis`.",
            Again::Changed,
        ),
    ),
    (
        FaultCode::NotASystems,
        explained(
            "A key is made for a system, and this is a person's role. People sign in, so that each act is somebody's \
             own.",
            "`suggestion` lists the roles that a system has.",
            Again::Changed,
        ),
    ),
    (
        FaultCode::NotOrganisations,
        explained(
            "The organisations that a client may act for are not named as they must be: at least one, not too many, \
             each a code without spaces and commas.",
            "Name a school by its URN and a provider by its ODS code: `urn:123456`, `ods:A81001`.",
            Again::Changed,
        ),
    ),
];
