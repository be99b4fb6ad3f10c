//! What the type of a whole answer says. The `detail` beside it says more of this one request.

use super::reading::{RULE_SET_MOVED, TOO_LARGE};
use super::{Again, Explained, explained};
use crate::api::problem::ProblemType;

pub(super) const fn explained_type(kind: ProblemType) -> Explained {
    match kind {
        ProblemType::NotStrictJson => explained(
            "The body is not JSON as it must be here: not JSON at all, or one whose meaning cannot be told, because a \
             key stands in it twice. Nothing of it was evaluated or recorded. `errors` says where.",
            "Look up the code of each fault in `errors`. Let a JSON library write the body.",
            Again::Changed,
        ),
        ProblemType::BadRequest => explained(
            "The request cannot be taken for a reason that has nothing to do with a child: its query has a name or a \
             word that is not taken there, `Idempotency-Key` is missing or too long, it is not said for which \
             organisation a client acts, or the body broke off before its end. Nothing was evaluated or recorded.",
            "Do what `detail` says. Every request that is recorded has an `Idempotency-Key` of up to 200 characters, \
             drawn anew for each request and kept for its repetitions. A client that acts for several organisations \
             names one in `Windscreen-Organisation`.",
            Again::Changed,
        ),
        ProblemType::NotIdentified => explained(
            "It is not known who calls: there is no `Authorization: Bearer`, or what stands behind it is not taken, \
             because it is unknown, has ended, was revoked or is meant for another service. Nothing was evaluated or \
             recorded.",
            "Send the API key that the partnership gave you, or a token of its authorisation server. `detail` says \
             why this one is not taken. Ask the partnership for another key before yours ends: two are taken at a \
             time.",
            Again::OtherKey,
        )
        .for_people("People sign in at the start page. A key is for a program, and nobody types one into a page."),
        ProblemType::NotPermitted => explained(
            "It is known who calls, and it is not theirs to do: their role does not do this, or they named an \
             organisation that they do not act for. A partner's system never decides about a child.",
            "Look whether the right key was used and the right organisation named. What your organisation may do is \
             for the partnership to say.",
            Again::Changed,
        )
        .for_people("The page says that this is for others to do. Ask a colleague whose role does it."),
        ProblemType::NotFound => explained(
            "There is nothing at this address, or nothing that whoever asks may see: what belongs to another \
             organisation is answered like what never was.",
            "Check the address and the id. Ids are those that the answer to the first request gave; the spoken \
             reference of a referral is taken too. A referral that was erased when its time came is not found any \
             more.",
            Again::Changed,
        )
        .for_people("Check the address or the reference that you were given."),
        ProblemType::MethodNotAllowed => explained(
            "There is such a route, and it takes another method.",
            "Use one of the methods that the header `Allow` of the answer lists.",
            Again::Changed,
        ),
        ProblemType::TooSlow => explained(
            "The body did not come in time, or the answer took too long. It is not known whether something was \
             recorded: work that was begun may still have ended.",
            "Send the whole body at once. Send what is recorded again with the same `Idempotency-Key`, or look \
             whether it is there.",
            Again::SameKey,
        ),
        ProblemType::Moved => explained(
            "Something else was recorded meanwhile: a colleague added what they know, or decided, after what you had \
             read; or the same request, with the same `Idempotency-Key`, is still under way. Nothing of yours was \
             recorded.",
            "Read the referral again and look whether what you want to do still holds; the evaluation may have \
             changed. Where the same request is under way, send it again in a moment: it is answered then as it was \
             the first time.",
            Again::ReadAgain,
        )
        .for_people(
            "The page says that something changed meanwhile. Go back, load it again, read what came, and send it \
             again if you still want to.",
        ),
        ProblemType::RuleSetMoved => RULE_SET_MOVED,
        ProblemType::TooLarge => TOO_LARGE,
        ProblemType::ContentType => explained(
            "The body is of another kind than this route takes, is compressed, is in another character set than \
             UTF-8, or does not say what it is. Nothing is guessed.",
            "Send the header `Content-Type` that `detail` names, once, and leave the body uncompressed.",
            Again::Changed,
        ),
        ProblemType::Faults => explained(
            "The request was read, and there is something in it that cannot be taken: an unknown fact, an answer that \
             a fact does not have, something that is missing, something that people must do first. Nothing was \
             evaluated or recorded: an answer to a part of it could say less than the whole. `errors` lists every \
             fault at once, each with its place, its code and, where one is near, what was probably meant.",
            "Look up the code of each fault in `errors`. `pointer` is a JSON Pointer into the request; an empty one \
             is the whole. Change all of them, and send it again.",
            Again::Changed,
        )
        .for_people("The page names each fault beside the field that it is about."),
        ProblemType::KeyReused => explained(
            "This `Idempotency-Key` came with another request before, and that one was recorded. This one was not.",
            "Draw a new key for each new request, at random, and keep it with the request until that is answered. If \
             this was meant to repeat the first, send the first as it was, byte for byte.",
            Again::Changed,
        ),
        ProblemType::TooManyRequests => explained(
            "Too many requests came in a short time.",
            "Wait as many seconds as `Retry-After` says, then go on more slowly. Send many evaluations as one batch, \
             a line each, and a whole export of notifications as one file.",
            Again::Soon,
        ),
        ProblemType::Busy => explained(
            "Too much is under way here at this moment, and there was no room for the request in time. It was not \
             begun.",
            "Wait as many seconds as `Retry-After` says, and send it again. A referral that cannot wait is phoned to \
             the hub.",
            Again::Soon,
        ),
        ProblemType::Stopping => explained(
            "This replica was told to stop and ends in a moment. It says so where a load balancer asks whether it is \
             ready; whatever else is sent to it until then is answered.",
            "Send requests to another replica. Where there is none, wait until it was started again.",
            Again::Soon,
        ),
        ProblemType::NotReached => explained(
            "Who calls cannot be told at this moment: the keys of the authorisation server, or the API keys of this \
             service, cannot be looked up. Nothing is said about whether yours is right.",
            "Wait as many seconds as `Retry-After` says, and send it again. A referral that cannot wait is phoned to \
             the hub.",
            Again::Soon,
        ),
        ProblemType::NotRecorded => explained(
            "It cannot be recorded now, and so it is not acknowledged: no partner may believe that a referral arrived \
             which is not on disk. Evaluating may still work.",
            "Keep the request, and send it again with the same `Idempotency-Key`. Tell a person meanwhile: they use \
             the printed threshold document, and phone the hub.",
            Again::Soon,
        )
        .for_people(
            "What you sent is not acknowledged. Use the printed threshold document and phone the hub; then send it \
             again: it is recorded once.",
        ),
        ProblemType::NoRoom => explained(
            "There is no room left on the disk of the record, and so it is not acknowledged. Only the operator can \
             mend it.",
            "Keep the request, and send it again with the same `Idempotency-Key` when the operator has made room. \
             Tell a person meanwhile: they use the printed threshold document, and phone the hub.",
            Again::DealtWith,
        )
        .for_people(
            "What you sent is not acknowledged. Use the printed threshold document and phone the hub; then send it \
             again: it is recorded once.",
        ),
        ProblemType::Internal => explained(
            "A mistake of this program. It is not known whether something was recorded. The answer says nothing of \
             the cause, because that may hold facts about a child.",
            "Send it again with the same `Idempotency-Key`. If it stays so, tell the operator the `X-Request-Id` of \
             the answer, and phone the hub about what cannot wait.",
            Again::SameKey,
        )
        .for_people(
            "It is not known whether what you sent was recorded. Load the page before it and look; if it goes on, \
             phone the hub.",
        ),
    }
}
