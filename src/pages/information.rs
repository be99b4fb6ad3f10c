//! What became known later: who said it, when, and which questions it answers. Nothing said before is overwritten.

use axum::http::StatusCode;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::asked::{Answer, Answered, Asked, Refused, TOKEN};
use super::fields::{capital, shown_below};
use super::referral::{names, read};
use crate::criteria::entries::About;
use crate::decision::Shown;
use crate::form::{
    Asks, Choice, Draft, Entered, Field, Line, Who, Wrong, answer_field, fields_answered, or_anonymous, whose_words,
    wrong,
};
use crate::record::case::Case;
use crate::record::once::{Once, Pending};
use crate::record::{RecordError, new_id};
use crate::referral::received::Referrer;

const BESIDES: [&str; 4] = [TOKEN, "once", "topic", "child"];
/// That whoever referred says more.
const REFERRER: &str = "referrer";
/// How many questions a page asks about several children together; about one it asks all that are worth asking.
const TOGETHER: usize = 20;

/// What is asked about a referral now: who says it, then what is not known and would change an answer.
struct Page {
    case: Case,
    fields: Vec<Field>,
    /// How many of them are not questions.
    plain: usize,
    /// What the sender calls each child, which may hold anything; on the page they are numbered.
    references: Vec<String>,
    topic: Option<usize>,
    /// The number of the one child that it asks about, when it is not all.
    child: Option<String>,
}

impl Page {
    fn of(asked: &Asked, sent: &Entered) -> Result<Self, Refused> {
        let (topic, child) = (sent.one("topic"), sent.one("child"));
        let case = read(asked)?;
        let rules = &*asked.rules;
        let topic = topic.and_then(|id| rules.topics().iter().position(|topic| topic.id == id));
        let only = asked.permit()?.only();
        let evaluated = asked.record()?.explained(&case, only)?;
        let references: Vec<String> = evaluated.children.iter().map(|child| child.reference.clone()).collect();
        let children: Vec<String> = (1..=references.len()).map(|number| number.to_string()).collect();
        let child = child.filter(|child| children.iter().any(|known| known == child)).map(str::to_owned);
        // All questions of a topic are many: they are asked about one child at a time, and without the others.
        let child = child.or_else(|| children.first().filter(|_| topic.is_some()).cloned());
        let asks_next = topic.is_none();
        let most = if child.is_some() { TOGETHER } else { (TOGETHER / children.len().max(1)).max(1) };
        let mut wanted: Vec<(usize, usize)> = Vec::new();
        let about = |place: usize| child.as_ref().is_none_or(|child| *child == children[place]);
        for (place, child) in evaluated.children.iter().enumerate().filter(|(place, _)| about(*place)) {
            let shown: Shown = serde_json::from_str(child.evaluation.get()).map_err(|_| Refused::Broken)?;
            let next = shown.asks().take(most).filter(|_| asks_next);
            wanted.extend(next.filter_map(|id| Some((place, rules.fact(id)?))));
            let more = rules.indicators().iter().enumerate();
            wanted.extend(
                more.filter(|(_, one)| Some(one.topic) == topic && one.retired.is_none())
                    .map(|(fact, _)| (place, fact)),
            );
        }
        let mut fields = plain(asked, &case, only);
        let count = fields.len();
        let names = names(&case)?;
        for (place, fact) in wanted {
            let about = rules.indicators()[fact].about;
            let (who, under) = match about {
                About::Child => (Who::Child(children[place].clone()), names.get(place).cloned().unwrap_or_default()),
                About::Household | About::Referral => (Who::Household, "The household".to_owned()),
            };
            let field = Field { needed: None, under: Some(under), ..answer_field(rules, &who, fact) };
            let known = fields.iter().any(|known| known.key == field.key);
            if !known {
                fields.push(field);
            }
        }
        // What an earlier page asked and was answered since, perhaps by this same form sent twice, is no tampering.
        fields.extend(fields_answered(rules, sent, &children, &fields));
        fields[count..].sort_by_key(|field| (field.under != Some("The household".into()), field.under.clone()));
        Ok(Self { case, fields, plain: count, references, topic, child })
    }

    fn show(&self, asked: &Asked, values: &[Vec<String>], wrong: &[Wrong], once: &str) -> Answered {
        let rules = &*asked.rules;
        let topics: Vec<_> = rules.topics().iter().map(|topic| (topic.id.clone(), topic.title.clone())).collect();
        let form = |fields: &[Field], values: &[Vec<String>]| shown_below(fields, values, wrong);
        let page = view! {
            id => self.case.listed.reference,
            once,
            plain => form(&self.fields[..self.plain], &values[..self.plain]),
            questions => form(&self.fields[self.plain..], &values[self.plain..]),
            topics,
            child => self.child,
            by => asked.query.one("by").filter(|by| *by == REFERRER),
            children => if self.references.len() > 1 { names(&self.case)?.into_iter().zip(1_usize..).collect() } else { Vec::new() },
            topic => self.topic.map(|topic| rules.topics()[topic].id.clone()),
            topic_title => self.topic.map(|topic| rules.topics()[topic].title.clone()),
        };
        match wrong {
            [] => asked.page("information.html", "Add what became known", page),
            _ => asked.page_as(
                StatusCode::UNPROCESSABLE_ENTITY,
                "information.html",
                "Error: Add what became known",
                page,
            ),
        }
    }
}

fn plain(asked: &Asked, case: &Case, only: Option<&str>) -> Vec<Field> {
    let rules = &*asked.rules;
    let kinds = [
        Choice::new("answers", "Somebody said something"),
        Choice::new("check", "An agency looked into its own records"),
        Choice::new("retraction", "Somebody takes back what they said").hint("What they said stands beside it"),
        Choice::new("correction", "An earlier entry was recorded wrongly").hint("Say which, and why; both are kept"),
        Choice::new("disputed", "The family or the child says that an earlier entry is wrong")
            .hint("Say which. Their words stand beside it, and lower nothing"),
    ];
    let today = rules.framework().calendar.london(asked.now).date();
    let agencies = rules.framework().agencies.iter().map(|agency| Choice::new(agency.id.clone(), agency.name.clone()));
    // As they are numbered on the referral's page, and only those that its reader sees there.
    let pieces = 1..=case.pieces().len() as i64 + 1;
    let is_theirs =
        |piece: &i64| only.is_none_or(|own| case.recorded_by(*piece).is_some_and(|by| by.organisation == own));
    let entries = pieces.filter(is_theirs).map(|piece| match piece {
        1 => Choice::new("1", "1: the referral itself"),
        piece => Choice::new(piece.to_string(), format!("{piece}: what became known later")),
    });
    let [anonymous, basis] = whose_words(rules, "said_by", "How do they know it?");
    vec![
        Field::new("kind", "What is this?", Asks::One(kinds.into())).needed("Say what this is"),
        Field::new("said_by.name", "Who said it", Asks::Line(Line::Name))
            .needed("Say who said it, or how they are known")
            .with(or_anonymous("said_by")),
        anonymous,
        Field::new("said_by.role", "Their role, or how they know the child", Asks::Line(Line::Plain)),
        Field::new("said_by.agency", "Kind of agency", Asks::Select(agencies.collect())),
        basis,
        Field::new("said.date", "Date it was said", Asks::Date(Some(Date::MIN..=today)))
            .hint("Leave empty if it was said just now"),
        Field::new("said.time", "Time it was said", Asks::Line(Line::Time)).hint("On the 24-hour clock, like 14:30"),
        Field::new("account", "What was said, in their words", Asks::Text(4500)),
        Field::new("corrects", "Which entry is wrong", Asks::Select(entries.collect())),
        Field::new("because", "Of a correction: why", Asks::Line(Line::Plain)),
        Field::new(
            "unsafe_to_share",
            "Must the family never see this?",
            Asks::Several(vec![Choice::new("yes", "Yes: it must not reach the family")]),
        )
        .hint("Nothing that stands in it alone is proposed for a letter, or given to somebody who asks for the record"),
    ]
}

pub(super) fn page(asked: &Asked) -> Answered {
    let page = Page::of(asked, &asked.query)?;
    let mut values = vec![Vec::new(); page.fields.len()];
    if asked.query.one("by") == Some(REFERRER) {
        prefill(&page, &mut values)?;
    }
    page.show(asked, &values, &[], &new_id())
}

/// Whoever referred rings again: who says it is known.
fn prefill(page: &Page, values: &mut [Vec<String>]) -> Result<(), Refused> {
    let (received, _) = page.case.said()?;
    let Referrer { name, role, agency, basis, anonymous, .. } = received.referrer;
    let basis = basis.and_then(|known| serde_json::to_value(known).ok()?.as_str().map(str::to_owned));
    let said_by = [
        ("kind", Some("answers".to_owned())),
        ("said_by.name", name),
        ("said_by.role", role),
        ("said_by.agency", agency),
        ("said_by.basis", basis),
        ("said_by.anonymous", anonymous.then(|| "yes".to_owned())),
    ];
    for (key, value) in said_by {
        let place = page.fields.iter().position(|field| field.key == key);
        if let Some(entered) = place.and_then(|place| values.get_mut(place)) {
            entered.extend(value);
        }
    }
    Ok(())
}

pub(super) fn add(asked: &Asked) -> Answered {
    let page = Page::of(asked, &asked.entered)?;
    let once = asked.entered.one("once").ok_or(Refused::Forged)?;
    let (record, permit) = (asked.record()?, asked.permit()?);
    let values = asked.entered.read(&page.fields, &BESIDES)?;
    let mut found = wrong(&page.fields, &values);
    if !found.is_empty() {
        return page.show(asked, &values, &found, once);
    }
    let request = request(asked, &page, &values).to_string();
    let id = &page.case.listed.id;
    let once_only = Once::new(permit, once, "what became known", request.as_bytes());
    let recorded = match record.before(once_only, asked.now)? {
        Some(_) => Ok(()),
        None => record
            .inform(permit, id, &asked.rules, request.as_bytes(), once_only, asked.now)
            .and_then(Pending::wait_here)
            .map(|_| ()),
    };
    match recorded {
        Ok(()) => Ok(Answer::SeeOther(format!("/referrals/{}", page.case.listed.reference))),
        Err(RecordError::Faults(faults)) => {
            let key = |pointer: &str| match pointer {
                "/corrects" => "corrects",
                "/because" => "because",
                "/said_at" => "said.date-day",
                "/said_by/anonymous" | "/said_by/agency" => "said_by.anonymous",
                _ => "account",
            };
            found.extend(
                faults.iter().map(|fault| Wrong { key: key(&fault.pointer).to_owned(), says: capital(&fault.detail) }),
            );
            page.show(asked, &values, &found, once)
        }
        Err(error) => Err(error.into()),
    }
}

/// The request of a piece of information, as a partner would send it.
fn request(asked: &Asked, page: &Page, values: &[Vec<String>]) -> Value {
    let mut said = Draft::default();
    for (field, values) in page.fields.iter().zip(values) {
        said.enter(&field.key, values.clone());
    }
    let text = |key: &str| Some(said.one(key)).filter(|text| !text.is_empty());
    let mut request = Map::new();
    request.insert("kind".into(), said.one("kind").into());
    let mut by: Map<String, Value> = ["name", "role", "agency", "basis"]
        .into_iter()
        .filter_map(|key| Some((key.to_owned(), text(&format!("said_by.{key}"))?.into())))
        .collect();
    by.extend(text("said_by.anonymous").map(|_| ("anonymous".to_owned(), true.into())));
    request.insert("said_by".into(), by.into());
    let at: Option<Timestamp> = said.moment(&asked.rules, "said");
    request.extend(at.map(|at| ("said_at".to_owned(), at.to_string().into())));
    for key in ["account", "because"] {
        request.extend(text(key).map(|text| (key.to_owned(), text.into())));
    }
    request.extend(
        text("corrects")
            .and_then(|number| number.parse::<i64>().ok())
            .map(|number| ("corrects".to_owned(), number.into())),
    );
    if text("unsafe_to_share").is_some() {
        request.insert("unsafe_to_share".into(), true.into());
    }
    let household = said.facts_of(&asked.rules, &Who::Household);
    if !household.is_empty() {
        request.insert("household".into(), json!({ "facts": household }));
    }
    let children: Vec<Value> = page
        .references
        .iter()
        .zip(1..)
        .map(|(child, number): (_, usize)| (child, said.facts_of(&asked.rules, &Who::Child(number.to_string()))))
        .filter(|(_, facts)| !facts.is_empty())
        .map(|(child, facts)| json!({ "ref": child, "facts": facts }))
        .collect();
    if !children.is_empty() {
        request.insert("children".into(), children.into());
    }
    request.into()
}
