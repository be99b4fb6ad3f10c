//! Who is told what was decided: the feedback to whoever referred, the letter to a family, and who is still to be told.
//!
//! A text is proposed, a person edits it and says how it was sent, or why nobody is told.

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};

use super::answer::who_knows;
use super::asked::{Answer, Answered, Asked, Refused, TOKEN};
use super::fields::{capital, shown_below};
use super::look::{day, said};
use super::referral::{at, names, outcome, read};
use crate::access::Operation;
use crate::criteria::RuleSet;
use crate::decision::{Reason, Role};
use crate::form::{Asks, Choice, Field, Line, Wrong, wrong};
use crate::letters::reading_age::reads;
use crate::letters::{FamilyLetter, Feedback, FeedbackChild, Letter, MAX_LETTER, Reader, Sent, Way, names_in};
use crate::record::case::{Case, ChildStands, Decided, Owes, What};
use crate::record::once::{Once, Pending};
use crate::record::{RecordError, new_id};
use crate::referral::received::is_of_an_agency;

const BESIDES: [&str; 3] = [TOKEN, "once", "do"];
/// How many reasons and questions a feedback proposes.
const MOST: usize = 8;
/// The way of a letter that is not sent: once chosen, a radio button lets go only for another.
const NOT_SENT: &str = "not_sent";
/// How many referrals the list of who is to be told opens.
const LISTED: i64 = 100;

/// A letter that is being written.
struct Writing {
    case: Case,
    rules: std::sync::Arc<RuleSet>,
    to: Reader,
    /// The children that it is about, by place.
    children: Vec<usize>,
    decisions: Vec<String>,
    names: Vec<String>,
    is_unsafe: bool,
    proposed: String,
}

/// A decision that stands and of which somebody is still to be told.
pub(super) fn to_tell(stands: &ChildStands, to: Reader) -> Option<&Decided> {
    let stands_now = |decided: &&Decided| decided.confirmed && !stands.reopened && decided.tell_by.contains_key(&to);
    stands.decided.as_ref().filter(stands_now)
}

/// What is still owed to whoever referred a child that was joined to another referral's.
pub(super) fn owed_for_joining(stands: &ChildStands) -> Option<&Owes> {
    stands.owes.as_ref().filter(|owes| owes.tell_by.contains_key(&Reader::Referrer))
}

impl Writing {
    fn of_family(asked: &Asked) -> Result<Self, Refused> {
        let case = read(asked)?;
        let number: usize = asked.part("child").parse().map_err(|_| Refused::NotFound)?;
        let child = number.checked_sub(1).ok_or(Refused::NotFound)?;
        let record = asked.record()?;
        let rules = record.rule_set(&case.evaluated()?.rule_set)?;
        let stands = case.children();
        let decided = stands.get(child).and_then(|one| to_tell(one, Reader::Family));
        let name = case.said()?.0.children.into_iter().nth(child).and_then(|child| child.name);
        let facts = case.reasons_to_share(&rules, child)?.into_iter().flat_map(|reason| reason.facts);
        let council = &asked.front.council;
        let letter = decided.map(|decided| FamilyLetter {
            rules: &rules,
            council: &council.name,
            phone: &council.hub_phone,
            child: name.as_deref(),
            level: decided.wanted.level,
            outcome: decided.wanted.outcome,
            facts: facts.map(|fact| fact.fact).collect(),
        });
        let proposed = letter.map(|letter| letter.text()).unwrap_or_default();
        let decisions = decided.map(|decided| decided.id.clone()).into_iter().collect();
        let (names, is_unsafe) = (case.names_of_others(child)?, record.is_unsafe_to_tell(&case)?);
        Ok(Self { case, rules, to: Reader::Family, children: vec![child], decisions, names, is_unsafe, proposed })
    }

    fn of_referrer(asked: &Asked) -> Result<Self, Refused> {
        let case = read(asked)?;
        let record = asked.record()?;
        let rules = record.rule_set(&case.evaluated()?.rule_set)?;
        let (stands, called) = (case.children(), names(&case)?);
        let own = record.own_words(&case)?;
        let (mut children, mut decisions, mut of) = (Vec::new(), Vec::new(), Vec::new());
        let mut erased = Vec::new();
        for (place, stands) in stands.iter().enumerate().take(own.evaluations.len()) {
            let name = called.get(place).cloned().unwrap_or_default();
            if let Some(decided) = to_tell(stands, Reader::Referrer) {
                let under = record.decided_under(&case, &decided.id)?;
                of.push(feedback_child(&under, decided, name, own.evaluations.get(place), own.more_was_said)?);
                decisions.push(decided.id.clone());
            } else if let Some(owes) = owed_for_joining(stands) {
                // Where the other was erased, nobody can say what was decided; that is recorded too.
                match record.decided_with(stands) {
                    Ok(Some((decided, under))) => {
                        of.push(feedback_child(&under, &decided, name, own.evaluations.get(place), true)?);
                    }
                    Ok(None) => continue,
                    Err(RecordError::NotFound) => {
                        erased.push((place, owes.id.clone()));
                        continue;
                    }
                    Err(error) => return Err(error.into()),
                }
                decisions.push(owes.id.clone());
            } else {
                continue;
            }
            children.push(place);
        }
        // Of itself, once nothing else is to be told: it can only be said why they are not.
        if decisions.is_empty() {
            (children, decisions) = erased.into_iter().unzip();
        }
        let council = &asked.front.council;
        let letter = Feedback {
            rules: &rules,
            council: &council.name,
            phone: &council.hub_phone,
            reference: &case.listed.reference,
            received: said(case.listed.received_at),
            is_professional: is_professional(&case)?,
            children: of,
        };
        let proposed = if letter.children.is_empty() { String::new() } else { letter.text() };
        let to = Reader::Referrer;
        Ok(Self { case, rules, to, children, decisions, names: Vec::new(), is_unsafe: false, proposed })
    }

    fn of(asked: &Asked, to: Reader) -> Result<Self, Refused> {
        match to {
            Reader::Family => Self::of_family(asked),
            Reader::Referrer => Self::of_referrer(asked),
        }
    }

    fn fields(&self, asked: &Asked) -> Result<Vec<Field>, Refused> {
        let codes = |list: &str| -> Vec<Choice> {
            let listed = self.rules.framework().code_lists.iter().filter(|one| one.id == list);
            listed.flat_map(|one| &one.codes).map(|code| Choice::new(code.code.clone(), code.means.clone())).collect()
        };
        let is_manager = asked.permit()?.actor().role == Role::SocialWorkManager;
        let family = self.to == Reader::Family;
        let mut fields = Vec::new();
        if !self.is_unsafe || is_manager {
            let ways = [
                ("here", "They read it here"),
                ("secure_email", "By secure e-mail"),
                ("post", "By post"),
                ("telephone", "By telephone"),
                ("in_person", "In person"),
                (NOT_SENT, "Not at all: nobody is told"),
            ];
            let ways = ways.into_iter().filter(|(way, _)| !family || *way != "here");
            let ways: Vec<Choice> = ways.map(|(way, says)| Choice::new(way, says)).collect();
            fields.extend([
                Field::new("text", "The letter", Asks::Text(MAX_LETTER))
                    .hint("Change it as you like. A line alone is a heading; lines that begin with “- ” are a list"),
                Field::new("name", "To whom", Asks::Line(Line::Name)),
                Field::new("way", "How", Asks::One(ways)),
                Field::new("address", "Address", Asks::Text(1000)).hint("Needed by post and by e-mail"),
            ]);
            if family {
                fields.extend([
                    Field::new(
                        "safe",
                        "How is it known to be safe?",
                        Asks::Select(codes("reasons_an_address_is_safe")),
                    )
                    .hint("Who else opens the post there? A letter goes only where it is known to be safe"),
                    Field::new("safe_words", "Who said so, and when", Asks::Line(Line::Plain)),
                ]);
            }
            if self.is_unsafe {
                fields.push(
                    Field::new("although", "Telling was said to be unsafe. Why are they told?", Asks::Text(1000))
                        .hint("For a manager. Name what has changed, and who agrees"),
                );
            }
            if family {
                let seen = Choice::new("yes", "I have looked at every name in the letter, and each may stand there");
                fields.push(Field::new("names_checked", "Names of others", Asks::Several(vec![seen])));
            }
        }
        fields.extend([
            Field::new("withheld", "Nobody is told, because", Asks::Select(codes("reasons_not_to_tell")))
                .hint("Instead of a letter"),
            Field::new("withheld_words", "Why, in your own words", Asks::Line(Line::Plain)),
        ]);
        Ok(fields)
    }

    /// Where it was asked for.
    fn back(&self) -> String {
        match (self.to, self.children.first()) {
            (Reader::Family, Some(child)) => at(&self.case.listed.reference, self.case.children().len(), child + 1),
            _ => format!("/referrals/{}", self.case.listed.reference),
        }
    }

    fn show(&self, asked: &Asked, fields: &[Field], values: &[Vec<String>], wrong: &[Wrong], once: &str) -> Answered {
        let text = value(fields, values, "text");
        let found: Vec<&str> = names_in(text, &self.names).collect();
        let family = self.to == Reader::Family;
        let page = view! {
            id => self.case.listed.reference,
            back => self.back(),
            action => asked.address,
            once,
            heading => if family { "Tell the family" } else { "Tell whoever referred" },
            is_family => family,
            is_unsafe => self.is_unsafe,
            nothing => self.decisions.is_empty(),
            looked => asked.entered.one("do") == Some("look"),
            blocks => blocks(text),
            reads => reads(text).map(|reads| view! { age => format!("{:.0}", reads.age.round()), longest => reads.longest }),
            found,
            form => shown_below(fields, values, wrong),
        };
        let title = if family { "Tell the family" } else { "Tell whoever referred" };
        match wrong {
            [] => asked.page("letter.html", title, page),
            _ => asked.page_as(StatusCode::UNPROCESSABLE_ENTITY, "letter.html", &format!("Error: {title}"), page),
        }
    }

    fn letter(&self, fields: &[Field], values: &[Vec<String>]) -> Result<Letter, Refused> {
        let one = |key: &str| Some(value(fields, values, key)).filter(|value| !value.trim().is_empty());
        let reason = |code: Option<&str>, says: Option<&str>| {
            (code.is_some() || says.is_some()).then(|| Reason {
                code: code.unwrap_or_default().to_owned(),
                says: says.unwrap_or_default().to_owned(),
            })
        };
        let withheld = reason(one("withheld"), one("withheld_words"));
        let sent = match one("way").filter(|way| *way != NOT_SENT) {
            None => None,
            Some(way) => Some(Sent {
                name: one("name").unwrap_or_default().to_owned(),
                address: one("address").map(str::to_owned),
                safe: reason(one("safe"), one("safe_words")),
                way: serde_json::from_value::<Way>(json!(way)).map_err(|_| Refused::Forged)?,
                text: one("text").unwrap_or_default().replace('\r', ""),
                although: one("although").map(str::to_owned),
                names_checked: one("names_checked").is_some(),
            }),
        };
        Ok(Letter { decisions: self.decisions.clone(), to: self.to, sent, withheld })
    }
}

/// What was entered in a field.
pub(super) fn value<'v>(fields: &[Field], values: &'v [Vec<String>], key: &str) -> &'v str {
    let place = fields.iter().position(|field| field.key == key);
    place.and_then(|place| values.get(place)?.first()).map_or("", String::as_str)
}

fn feedback_child(
    rules: &RuleSet,
    decided: &Decided,
    name: String,
    own: Option<&Value>,
    more_was_said: bool,
) -> Result<FeedbackChild, Refused> {
    let read = serde_json::to_value(own).map_err(|_| Refused::Broken)?;
    let list = |key: &str| read[key].as_array().into_iter().flatten().take(MOST);
    let level = rules.ladder().level(decided.wanted.level);
    let asks = |question: &Value| {
        let known: Vec<String> = question["would_know"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        let who = who_knows(rules, &known);
        let ask = question["ask"].as_str()?;
        Some(if who.is_empty() { ask.to_owned() } else { format!("{ask} ({who})") })
    };
    Ok(FeedbackChild {
        name,
        level: format!("level {}, {}", level.rank, level.name),
        outcome: outcome(decided.wanted.outcome),
        reasons: list("reasons").filter_map(|reason| reason["says"].as_str()).map(str::to_owned).collect(),
        would_change: list("ask_next").filter_map(asks).collect(),
        // A person may decide otherwise on what was said alone.
        rests_on_more: more_was_said && read["at_least"]["rank"].as_u64() != Some(u64::from(decided.wanted.level)),
    })
}

/// Whether whoever referred may be told the outcome: their organisation signs in here, or their source is an agency.
fn is_professional(case: &Case) -> Result<bool, Refused> {
    let (received, _) = case.said()?;
    let signs_in = matches!(case.first()?.by.role, Role::Practitioner | Role::PartnerSystem);
    Ok(signs_in || received.referrer.source_code.as_deref().is_some_and(is_of_an_agency))
}

/// A part of a letter on paper.
#[derive(Debug, Serialize)]
struct Block {
    is_heading: bool,
    is_list: bool,
    lines: Vec<String>,
}

/// A text as it is printed: what stands apart by an empty line is a paragraph, a list or a heading.
fn blocks(text: &str) -> Vec<Block> {
    let text = text.replace('\r', "");
    let parts: Vec<&str> = text.split("\n\n").map(str::trim).filter(|part| !part.is_empty()).collect();
    let last = parts.len().saturating_sub(1);
    let block = |(place, part): (usize, &&str)| {
        let is_list = part.lines().all(|line| line.starts_with("- "));
        let is_heading =
            !is_list && place != last && part.lines().count() == 1 && !part.ends_with(['.', '!', '?', ':']);
        let lines = part.lines().map(|line| line.strip_prefix("- ").filter(|_| is_list).unwrap_or(line).to_owned());
        Block { is_heading, is_list, lines: lines.collect() }
    };
    parts.iter().enumerate().map(block).collect()
}

pub(super) fn family(asked: &Asked) -> Answered {
    begin(asked, Reader::Family)
}

pub(super) fn referrer(asked: &Asked) -> Answered {
    begin(asked, Reader::Referrer)
}

fn begin(asked: &Asked, to: Reader) -> Answered {
    let writing = Writing::of(asked, to)?;
    let fields = writing.fields(asked)?;
    let referrer = writing.case.said()?.0.referrer.name.filter(|_| to == Reader::Referrer);
    let begun = |field: &Field| match (field.key.as_str(), &referrer) {
        ("text", _) => vec![writing.proposed.clone()],
        ("name", Some(name)) => vec![name.clone()],
        _ => Vec::new(),
    };
    let values: Vec<Vec<String>> = fields.iter().map(begun).collect();
    writing.show(asked, &fields, &values, &[], &new_id())
}

pub(super) fn tell_family(asked: &Asked) -> Answered {
    tell(asked, Reader::Family)
}

pub(super) fn tell_referrer(asked: &Asked) -> Answered {
    tell(asked, Reader::Referrer)
}

fn tell(asked: &Asked, to: Reader) -> Answered {
    let writing = Writing::of(asked, to)?;
    let once = asked.entered.one("once").ok_or(Refused::Forged)?;
    let fields = writing.fields(asked)?;
    let values = asked.entered.read(&fields, &BESIDES)?;
    let mut found = wrong(&fields, &values);
    if !found.is_empty() || asked.entered.one("do") == Some("look") {
        return writing.show(asked, &fields, &values, &found, once);
    }
    let letter = writing.letter(&fields, &values)?;
    let is_both = letter.sent.is_some() && letter.withheld.is_some();
    let (record, permit) = (asked.record()?, asked.permit()?);
    // Plain data: it always serialises.
    let sent = serde_json::to_vec(&(&asked.address, &values)).unwrap_or_default();
    let once_only = Once::new(permit, once, "a letter", &sent);
    let id = &writing.case.listed.id;
    let recorded = match record.before(once_only, asked.now)? {
        Some(before) => Ok(record.answered(before)?),
        None => record
            .tell(permit, id, &writing.rules, letter, once_only, asked.now)
            .and_then(Pending::wait_here)
            .and_then(|written| record.answered(written)),
    };
    match recorded {
        Ok(event) => match &event.what {
            What::Letter(body) if body.told.sent.is_some() => {
                Ok(Answer::SeeOther(format!("/referrals/{}/letters/{}", writing.case.listed.reference, body.letter)))
            }
            _ => Ok(Answer::SeeOther(writing.back())),
        },
        Err(RecordError::Faults(faults)) => {
            found.extend(faults.iter().map(|fault| {
                let (key, says) = match (fault.pointer.as_str(), fault.code) {
                    ("", _) if is_both => {
                        ("withheld", "Either a letter is sent, or nobody is told. Take one of them out".to_owned())
                    }
                    ("", _) => ("way", "Say how it is sent, or why nobody is told".to_owned()),
                    ("/sent/name", _) => ("name", "Say to whom it goes".to_owned()),
                    ("/sent/text", _) => ("text", capital(&fault.detail)),
                    ("/sent/address", _) => ("address", "Say where it goes. Without an address it cannot be sent".to_owned()),
                    ("/sent/safe/says", _) => ("safe_words", "Say who said so, and when".to_owned()),
                    ("/sent/safe" | "/sent/safe/code", _) => {
                        ("safe", "Say how the address is known to be safe. Without that the letter cannot be sent".to_owned())
                    }
                    ("/sent/way", _) => ("way", capital(&fault.detail)),
                    ("/sent/although", _) => ("although", capital(&fault.detail)),
                    ("/sent/names_checked", _) => {
                        let named = fault.suggestion.clone().unwrap_or_default();
                        ("names_checked", format!("The letter names somebody else: {named}. Take the name out, or say that it may stand there"))
                    }
                    ("/withheld/says", _) => ("withheld_words", "Say why in your own words".to_owned()),
                    ("/withheld/code", _) => ("withheld", "Choose why nobody is told".to_owned()),
                    _ => ("withheld", capital(&fault.detail)),
                };
                Wrong { key: key.to_owned(), says }
            }));
            writing.show(asked, &fields, &values, &found, once)
        }
        Err(error) => Err(error.into()),
    }
}

/// A letter as it was sent, to be printed.
pub(super) fn print(asked: &Asked) -> Answered {
    let case = read(asked)?;
    let only = asked.permit()?.only();
    let may_see = |to: Reader| only.is_none() || to == Reader::Referrer;
    let found = case.letters().find(|(_, body)| body.letter == asked.part("letter") && may_see(body.told.to));
    let (event, body) = found.ok_or(Refused::NotFound)?;
    let sent = body.told.sent.as_ref().ok_or(Refused::NotFound)?;
    let page = view! {
        id => case.listed.reference,
        name => sent.name,
        address => sent.address.as_deref().unwrap_or_default().lines().collect::<Vec<_>>(),
        at => day(asked.rules.framework().calendar.london(event.leaf.at).date()),
        by => body.by.name,
        way => way(sent.way),
        blocks => blocks(&sent.text),
    };
    asked.page("letter_print.html", "Letter", page)
}

/// How somebody was told, in words.
pub(super) fn way(way: Way) -> &'static str {
    match way {
        Way::Here => "to be read here",
        Way::SecureEmail => "by secure e-mail",
        Way::Post => "by post",
        Way::Telephone => "by telephone",
        Way::InPerson => "in person",
    }
}

/// Who is still to be told, the soonest first.
pub(super) fn list(asked: &Asked) -> Answered {
    let record = asked.record()?;
    let listed = record.list_to_tell(LISTED + 1)?;
    let mut rows = Vec::new();
    for one in listed.iter().take(LISTED as usize) {
        // Erased meanwhile, or damaged: one must not hide all others.
        let Ok(case) = record.case(&one.id) else { continue };
        let called = names(&case).unwrap_or_default();
        for (place, stands) in case.children().iter().enumerate() {
            let decided = stands.decided.iter().flat_map(|decided| &decided.tell_by);
            for (to, by) in decided.chain(stands.owes.iter().flat_map(|owes| &owes.tell_by)) {
                let waits = match (&stands.decided, &stands.owes) {
                    _ if stands.reopened => "Decide again first",
                    (Some(decided), _) if !decided.confirmed => "Waits for a second person",
                    (None, Some(_)) if matches!(record.decided_with(stands), Ok(None)) => {
                        "Decided with another referral"
                    }
                    _ => "",
                };
                let name = called.get(place).cloned().unwrap_or_default();
                let href = match to {
                    Reader::Referrer => format!("/referrals/{}/feedback", one.reference),
                    Reader::Family => format!("/referrals/{}/children/{}/letter", one.reference, place + 1),
                };
                rows.push((
                    *by,
                    view! {
                        reference => one.reference,
                        who => match to {
                            Reader::Referrer => format!("{}, about {name}", one.organisation),
                            Reader::Family => format!("The family of {name}"),
                        },
                        href => waits.is_empty().then_some(href),
                        waits,
                        by => said(*by),
                        is_overdue => *by < asked.now,
                    },
                ));
            }
        }
    }
    rows.sort_by_key(|(by, _)| *by);
    let rows: Vec<Value> = rows.into_iter().map(|(_, row)| row).collect();
    let page = view! {
        rows,
        is_cut => i64::try_from(listed.len()).is_ok_and(|count| count > LISTED),
        may_list => asked.may(Operation::List).is_some(),
    };
    asked.page("to_tell.html", "Who is still to be told", page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_falls_into_headings_lists_and_paragraphs() {
        let text = "First words.\r\n\r\nWhy\n\n- one\n- two\n\nTwo lines\nof one paragraph.\n\nThe council";
        let kinds =
            blocks(text).iter().map(|block| (block.is_heading, block.is_list, block.lines.len())).collect::<Vec<_>>();
        assert_eq!(
            kinds,
            [(false, false, 1), (true, false, 1), (false, true, 2), (false, false, 2), (false, false, 1)]
        );
    }
}
