//! Transfers from other authorities: handed in by pasting the file, taken as a referral, or kept for a person with why.

use axum::http::StatusCode;

use super::asked::{Answer, Answered, Asked, Refused, TOKEN};
use super::fields::{capital, shown_below};
use super::look::{day, said};
use crate::form::{Asks, Choice, Field, Line, Wrong, wrong};
use crate::record::RecordError;
use crate::record::case::What;
use crate::record::transfer::Came;
use crate::record::transfer::kept::KeptTransfer;
use crate::transfer::{DealtWith, MAX_TRANSFER, Transfer};

/// How much of a file that cannot be read in parts is shown; all of it can be downloaded.
const BEGINNING: usize = 4000;

fn paste() -> [Field; 1] {
    let field = Field::new("file", "What the other authority sent", Asks::Text(MAX_TRANSFER));
    [field.hint("Open the file, copy all of it, and paste it here").needed("Paste what the other authority sent")]
}

pub(super) fn page(asked: &Asked) -> Answered {
    show(asked, &[Vec::new()], &[])
}

fn show(asked: &Asked, values: &[Vec<String>], wrong: &[Wrong]) -> Answered {
    let list = asked.record()?.list_kept_transfers(asked.permit()?, asked.now)?;
    let row = |one: &KeptTransfer| {
        view! {
            href => format!("/transfers/{}", one.id),
            from => one.says_from.clone().unwrap_or_else(|| "not to be read".to_owned()),
            at => said(one.kept_at),
            because => capital(one.refusal.says()),
            dealt => one.dealt_with.map(dealt_says),
        }
    };
    let page = view! {
        form => shown_below(&paste(), values, wrong),
        rows => list.kept.iter().map(row).collect::<Vec<_>>(),
        damaged => list.damaged,
        more => list.more,
        organisation => asked.front.serving.transfers().organisation,
    };
    match wrong {
        [] => asked.page("transfers.html", "Transfers from other authorities", page),
        _ => {
            let title = "Error: Transfers from other authorities";
            asked.page_as(StatusCode::UNPROCESSABLE_ENTITY, "transfers.html", title, page)
        }
    }
}

pub(super) fn take(asked: &Asked) -> Answered {
    let fields = paste();
    let values = asked.entered.read(&fields, &[TOKEN])?;
    let mut found = wrong(&fields, &values);
    let file = values.first().and_then(|values| values.first()).map_or("", String::as_str);
    if file.is_empty() {
        return show(asked, &values, &found);
    }
    let (record, transfers) = (asked.record()?, asked.front.serving.transfers());
    match record.take_transfer(asked.permit()?, transfers, &asked.rules, file, asked.now) {
        Ok(Came::Taken(written)) => match record.answered(written)?.what {
            What::Referral(body) => Ok(Answer::SeeOther(format!("/referrals/{}", body.reference))),
            _ => Err(Refused::Broken),
        },
        Ok(Came::Kept { id, .. }) => Ok(Answer::SeeOther(format!("/transfers/{id}"))),
        Err(RecordError::Faults(faults)) => {
            found.extend(faults.iter().map(|fault| Wrong { key: "file".to_owned(), says: capital(&fault.detail) }));
            show(asked, &values, &found)
        }
        Err(error) => Err(error.into()),
    }
}

/// What became of one, in words.
fn dealt_says(dealt: DealtWith) -> &'static str {
    match dealt {
        DealtWith::AskedSender => "The sender was asked to send it again",
        DealtWith::EnteredByHand => "Entered by hand, as a referral",
        DealtWith::NotForUs => "Not for us, and the sender knows",
    }
}

fn dealing() -> [Field; 2] {
    let choices = DealtWith::ALL.map(|dealt| Choice::new(dealt.word(), dealt_says(dealt)));
    [
        Field::new("dealt", "What became of it?", Asks::One(choices.into())).needed("Say what became of it"),
        Field::new("referral", "Of what was entered by hand: the referral's reference", Asks::Line(Line::Plain))
            .hint("As it is spoken, like 4F7K-2M9Q-X"),
    ]
}

pub(super) fn kept(asked: &Asked) -> Answered {
    show_kept(asked, &[Vec::new(), Vec::new()], &[])
}

fn show_kept(asked: &Asked, values: &[Vec<String>], wrong: &[Wrong]) -> Answered {
    let kept = asked.record()?.view_kept_transfer(asked.permit()?, asked.part("kept"), asked.now)?;
    let read = Transfer::opened(&kept.file).and_then(|(text, _)| Transfer::read(&text)).ok();
    let says = read.as_ref().map(|transfer| {
        let child = &transfer.child;
        let who = [
            ("Name", child.name.clone()),
            ("Date of birth", child.date_of_birth.map(day)),
            ("Due", child.due_date.map(day)),
            ("Their reference", Some(transfer.referral.reference.clone())),
            ("For", Some(transfer.to.clone())),
            ("Sent", Some(said(transfer.sent_at))),
        ];
        let who: Vec<_> = who.into_iter().filter_map(|(says, value)| Some((says, value?))).collect();
        let facts: Vec<String> = transfer.facts.iter().map(crate::transfer::TransferredFact::in_words).collect();
        view! { who, act_now => transfer.act_now, facts }
    });
    let page = view! {
        id => kept.id,
        from => kept.says_from,
        by => kept.by,
        at => said(kept.kept_at),
        because => capital(kept.refusal.says()),
        dealt => kept.dealt_with.map(dealt_says),
        dealt_at => kept.dealt_at.map(said),
        says,
        beginning => read.is_none().then(|| kept.file.chars().take(BEGINNING).collect::<String>()),
        form => shown_below(&dealing(), values, wrong),
    };
    let status = if wrong.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = if wrong.is_empty() { "A transfer that was not taken" } else { "Error: A transfer that was not taken" };
    asked.page_as(status, "kept_transfer.html", title, page)
}

pub(super) fn deal(asked: &Asked) -> Answered {
    let fields = dealing();
    let values = asked.entered.read(&fields, &[TOKEN])?;
    let mut found = wrong(&fields, &values);
    let one = |place: usize| values.get(place).and_then(|values| values.first()).filter(|value| !value.is_empty());
    let Some(dealt) = one(0).and_then(|word| DealtWith::named(word)).filter(|_| found.is_empty()) else {
        return show_kept(asked, &values, &found);
    };
    let (record, id) = (asked.record()?, asked.part("kept"));
    match record.deal_with_transfer(asked.permit()?, id, dealt, one(1).map(String::as_str), asked.now) {
        Ok(()) => Ok(Answer::SeeOther("/transfers".to_owned())),
        Err(RecordError::Faults(faults)) => {
            let says = |fault: &crate::json::Fault| Wrong { key: "referral".into(), says: capital(&fault.detail) };
            found.extend(faults.iter().map(says));
            show_kept(asked, &values, &found)
        }
        Err(error) => Err(error.into()),
    }
}

/// The whole of one that was kept, as it came.
pub(super) fn file(asked: &Asked) -> Answered {
    let kept = asked.record()?.view_kept_transfer(asked.permit()?, asked.part("kept"), asked.now)?;
    Ok(Answer::Download("application/json", format!("kept-transfer-{}.json", kept.id), kept.file.into_bytes()))
}

/// The whole of one that became a referral, as it came.
pub(super) fn taken(asked: &Asked) -> Answered {
    let case = super::referral::read(asked)?;
    let reference = &case.listed.reference;
    match case.first()?.transfer.clone() {
        Some(file) => {
            Ok(Answer::Download("application/json", format!("transferred-here-{reference}.json"), file.into_bytes()))
        }
        None => Ok(Answer::SeeOther(format!("/referrals/{reference}"))),
    }
}
