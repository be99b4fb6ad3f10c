//! The quality audit: a month's children are drawn, two people read each without what was decided, then they learn what
//! was, and say what there is to learn. Of one that teaches something a worked example is made, without the child.

use axum::http::StatusCode;
use serde_json::Value;

use super::asked::{Answer, Answered, Asked, Refused, TOKEN};
use super::calibration::age;
use super::fields::{capital, shown_below};
use super::look::said;
use crate::access::Operation;
use crate::criteria::{RuleFile, RuleSet};
use crate::decision::{Outcome, View};
use crate::examples::{as_entry, without_the_child};
use crate::figures::Month;
use crate::form::{Asks, Choice, Field, Line, UNSURE, Wrong, level_field, wrong};
use crate::ladder::Rank;
use crate::quality::{Audited, Blind, Conclusion, FINDINGS, MAX_EACH, REVIEWERS, Reviewed, Why};
use crate::record::RecordError;
use crate::record::quality::{Reading, ReviewStep};
use crate::record::rule_changes::MAX_WORDS;

/// How many months back children are drawn of.
const MONTHS: i32 = 13;
/// What whoever reads a child need not know: who and where it is; and what they must not, which is what was indicated.
const NOT_NEEDED: [&str; 3] = ["identity", "address", "indicated"];
/// The draft of rules into which worked examples go, and its file.
const DRAFT: &str = "Worked examples from the quality audit";
const FILE: &str = "criteria/from_audits_test.yaml";

/// Every month that is over: drawn, or to be drawn.
pub(super) fn list(asked: &Asked) -> Answered {
    show_list(asked, &vec![Vec::new(); 2], &[])
}

fn fields(asked: &Asked) -> Result<Vec<Field>, Refused> {
    let told = asked.record()?.rules_told()?;
    let today = asked.rules.framework().calendar.london(asked.now).date();
    let months = (1..MONTHS).map(|back| Month::of(today).before(back));
    let months = months.filter(|month| told.sample(&month.to_string()).is_none());
    let choices = months.map(|month| Choice::new(month.to_string(), month.says())).collect();
    Ok(vec![
        Field::new("month", "Month", Asks::Select(choices)).needed("Choose a month"),
        Field::new("each", "How many children for each reason", Asks::Line(Line::Plain))
            .hint(format!(
                "A number from 1 to {MAX_EACH}. There are five reasons; five of each are enough to see a pattern"
            ))
            .needed("Enter how many children for each reason"),
    ])
}

fn show_list(asked: &Asked, values: &[Vec<String>], wrong: &[Wrong]) -> Answered {
    let told = asked.record()?.rules_told()?;
    let rows = told.samples.iter().rev().map(|sample| {
        view! {
            href => format!("/quality/{}", sample.body.month),
            month => says(&sample.body.month),
            children => count(sample.body.children.len(), small(asked)),
            drawn => said(sample.at),
        }
    });
    let may_draw = asked.may(Operation::DrawSample).is_some();
    let page = view! {
        rows => rows.collect::<Vec<_>>(),
        reasons => Why::ALL.map(|(_, says)| says),
        may_draw,
        back => asked.may(Operation::FollowRules).is_some(),
        form => shown_below(&fields(asked)?, values, wrong),
    };
    match wrong {
        [] => asked.page("quality.html", "Quality audit", page),
        _ => asked.page_as(StatusCode::UNPROCESSABLE_ENTITY, "quality.html", "Error: Quality audit", page),
    }
}

fn says(month: &str) -> String {
    Month::parse(month).map_or_else(|| month.to_owned(), Month::says)
}

/// Draws a month's children.
pub(super) fn draw(asked: &Asked) -> Answered {
    let fields = fields(asked)?;
    let values = asked.entered.read(&fields, &[TOKEN])?;
    let mut found = wrong(&fields, &values);
    let each = values[1].concat().trim().parse::<usize>();
    if found.is_empty()
        && let Some(month) = Month::parse(&values[0].concat())
    {
        // What is no number at all is out of range like nought.
        match asked.record()?.draw_sample(asked.permit()?, month, each.unwrap_or_default(), asked.now) {
            Ok(()) => return Ok(Answer::SeeOther(format!("/quality/{month}"))),
            Err(RecordError::Faults(faults)) => found.extend(faults.iter().map(|fault| Wrong {
                key: fault.pointer.trim_start_matches('/').to_owned(),
                says: capital(&fault.detail),
            })),
            Err(error) => return Err(error.into()),
        }
    }
    show_list(asked, &values, &found)
}

/// A month: what is to be read, and what those who read say together.
pub(super) fn month(asked: &Asked) -> Answered {
    let month = asked.part("month");
    let record = asked.record()?;
    let told = record.rules_told()?;
    let sample = told.sample(month).ok_or(Refused::NotFound)?;
    let readings = record.readings(month)?;
    let person = asked.visitor.as_ref().map_or("", |visitor| visitor.actor.id.as_str());
    let may_review = asked.may(Operation::ReviewCase).is_some();
    // Why a child was drawn says what was decided, which whoever reads it must not know, and of a handful nobody else.
    let rows = readings.iter().enumerate().map(|(place, reading)| {
        let mine = reading.as_ref().is_some_and(|one| one.blind.iter().any(|(by, _)| by.id == person));
        let stands = match reading {
            None => "Erased, or not decided any more".to_owned(),
            Some(one) if one.conclusion.is_some() => "Concluded".to_owned(),
            Some(one) if one.blind.len() >= REVIEWERS => {
                "Read by two; what there is to learn is not said yet".to_owned()
            }
            Some(one) => format!("Read by {} of {REVIEWERS}", one.blind.len()),
        };
        let is_mine = reading.as_ref().is_some_and(|one| mine || one.may_be_read_by(person));
        view! {
            number => place + 1,
            href => is_mine.then(|| format!("/quality/{month}/{}", place + 1)),
            stands,
            mine,
        }
    });
    let highest = asked.rules.ladder().highest();
    let counted: Vec<Reviewed> = readings.iter().flatten().map(Reading::reviewed).collect();
    let audited = Audited::of(&counted, highest);
    let small = small(asked);
    let page = view! {
        month => says(month),
        rows => may_review.then(|| rows.collect::<Vec<_>>()),
        drawn => count(readings.len(), small),
        may_review,
        each => sample.body.each,
        seed => sample.body.seed,
        audited => (audited.read_by_two > small).then(|| shown_audited(&audited, small, &asked.rules)),
        read_by_two => if audited.read_by_two > small { audited.read_by_two } else { 0 },
        small,
    };
    asked.page("quality_month.html", &format!("Quality audit: {}", says(month)), page)
}

/// Counts from one to so many are not told.
fn small(asked: &Asked) -> usize {
    usize::try_from(asked.front.serving.small_counts()).unwrap_or(usize::MAX)
}

/// A count, as far as it may be told.
fn count(count: usize, small: usize) -> String {
    if count == 0 || count > small { count.to_string() } else { "c".to_owned() }
}

fn shown_audited(audited: &Audited, small: usize, rules: &RuleSet) -> Value {
    let decimals = |value: f64| format!("{value:.2}").replace('-', "\u{2212}");
    let not_available = || "not available".to_owned();
    let findings = FINDINGS.iter().map(|(code, says)| {
        view! { says, count => count(audited.findings.get(*code).copied().unwrap_or_default(), small) }
    });
    let mut otherwise: Vec<(&String, usize)> = audited.otherwise.iter().map(|(fact, count)| (fact, *count)).collect();
    otherwise.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let ask =
        |fact: &str| rules.fact(fact).map_or_else(|| fact.to_owned(), |fact| rules.indicators()[fact].ask.clone());
    // Which question it was of a handful would tell of them.
    let otherwise = otherwise.into_iter().filter(|(_, count)| *count > small);
    view! {
        same => audited.same.map_or_else(not_available, |same| format!("{:.0} %", 100.0 * same)),
        ac => audited.ac.map_or_else(not_available, decimals),
        interval => audited.interval.map(|(low, high)| (decimals(low), decimals(high))),
        both_higher => count(audited.both_higher, small),
        both_lower => count(audited.both_lower, small),
        concluded => count(audited.concluded, small),
        findings => findings.collect::<Vec<_>>(),
        otherwise => otherwise.map(|(fact, count)| view! { ask => ask(fact), count }).collect::<Vec<_>>(),
    }
}

/// A child as it is read.
struct Read {
    month: String,
    place: usize,
    reading: Reading,
    child: usize,
    rules: std::sync::Arc<RuleSet>,
}

impl Read {
    fn of(asked: &Asked) -> Result<Self, Refused> {
        let place = asked.part("place").parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        let place = place.ok_or(Refused::NotFound)?;
        let month = asked.part("month").to_owned();
        let record = asked.record()?;
        let told = record.rules_told()?;
        let sampled =
            told.sample(&month).and_then(|sample| sample.body.children.get(place)).ok_or(Refused::NotFound)?;
        let reading = record.reading(asked.permit()?, &month, place, asked.now)?;
        let rules = record.rule_set(&reading.until_decided.evaluated()?.rule_set)?;
        let read = Self { month, place, reading, child: sampled.child, rules };
        let person = asked.permit()?.actor();
        if read.reading.may_be_read_by(&person.id) || read.is_of(&person.id) {
            Ok(read)
        } else {
            Err(Refused::Moved("this child was read by others, or is not for you to read".into()))
        }
    }

    /// Whether somebody read it.
    fn is_of(&self, person: &str) -> bool {
        self.reading.blind.iter().any(|(by, _)| by.id == person)
    }

    fn address(&self) -> String {
        format!("/quality/{}/{}", self.month, self.place + 1)
    }

    /// The child's age when it was referred.
    fn age(&self) -> Result<Option<String>, Refused> {
        let (received, _) = self.reading.until_decided.said()?;
        let child = received.referral.children.get(self.child);
        let months = child.zip(received.referral.received_at).and_then(|(child, at)| child.age_in_months(at));
        Ok(months.map(|months| if months < 0 { "not yet born".to_owned() } else { age(months) }))
    }

    /// The answers that were given, each with its question: what a reviewer would have answered otherwise.
    fn answered(&self) -> Result<Vec<Choice>, Refused> {
        let referral = self.reading.until_decided.unfolded(&self.rules)?;
        let Some(child) = referral.children.get(self.child) else { return Ok(Vec::new()) };
        let answers = referral.answers_of(&self.rules, child);
        let choice = |(id, said): &(String, crate::facts::Said)| {
            let indicator = &self.rules.indicators()[self.rules.fact(id)?];
            let said = match said.answers().as_slice() {
                [] => "not known".to_owned(),
                answers => answers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", also said: "),
            };
            Some(Choice::new(id.clone(), format!("{} {}", indicator.ask, capital(&said))))
        };
        Ok(answers.said.iter().filter_map(choice).collect())
    }

    /// What is asked now: of whoever has not read it, their own view; of whoever did, what there is to learn.
    fn fields(&self, person: &str) -> Result<Vec<Field>, Refused> {
        if self.reading.may_be_read_by(person) {
            let level = level_field(&self.rules);
            let level = Field {
                says: "Which level would you have decided on what was known?".to_owned(),
                hint: Some(
                    "Your own view, before you see what was decided and what the other reader thinks".to_owned(),
                ),
                ..level
            };
            return Ok(vec![
                level,
                Field::new(
                    "otherwise",
                    "Which of these would you have answered otherwise?",
                    Asks::Several(self.answered()?),
                )
                .hint("By what was told. Choose none if all are right"),
                Field::new("missing", "What should have been known before a decision?", Asks::Text(MAX_WORDS))
                    .hint("Leave it empty if nothing"),
            ]);
        }
        let findings = FINDINGS.iter().map(|(code, says)| Choice::new(*code, *says)).collect();
        Ok(vec![
            Field::new("findings", "What is there to learn?", Asks::Several(findings))
                .hint("Agree it with the other reader")
                .needed("Choose what was found, or that it was done as it should be"),
            Field::new("words", "In your own words", Asks::Text(MAX_WORDS))
                .hint("It is kept with the referral, and goes when that is erased"),
        ])
    }

    fn show(&self, asked: &Asked, values: Option<&[Vec<String>]>, wrong: &[Wrong]) -> Answered {
        let person = asked.permit()?.actor().id.clone();
        let is_blind = self.reading.may_be_read_by(&person);
        let are_both_read = self.reading.blind.len() >= REVIEWERS;
        let fields = self.fields(&person)?;
        let nothing = vec![Vec::new(); fields.len()];
        let parts = asked.record()?.parts(&self.reading.until_decided, &self.rules, self.child)?;
        let parts = parts.into_iter().filter(|part| !NOT_NEEDED.contains(&part.id.as_str()));
        let asks = is_blind || self.reading.may_be_concluded_by(&person);
        let page = view! {
            month => says(&self.month),
            back => format!("/quality/{}", self.month),
            action => self.address(),
            number => self.place + 1,
            parts => parts.map(|part| view! { title => part.title, text => part.text }).collect::<Vec<_>>(),
            age => self.age()?,
            is_blind,
            waits => !is_blind && !are_both_read,
            after => (!is_blind && are_both_read).then(|| self.after()).transpose()?,
            form => asks.then(|| shown_below(&fields, values.unwrap_or(&nothing), wrong)),
            may_become_example => self.reading.conclusion.is_some() && !is_blind,
            is_example => self.is_example(asked)?,
        };
        let title = format!("Quality audit: child {}", self.place + 1);
        match wrong {
            [] => asked.page("quality_child.html", &title, page),
            _ => {
                let title = format!("Error: {title}");
                asked.page_as(StatusCode::UNPROCESSABLE_ENTITY, "quality_child.html", &title, page)
            }
        }
    }

    /// What was decided, and what both readers said.
    fn after(&self) -> Result<Value, Refused> {
        let decided = &self.reading.decided;
        let (least, most) = self.reading.indicated;
        let ask = |id: &String| {
            self.rules.fact(id).map_or_else(|| id.clone(), |fact| self.rules.indicators()[fact].ask.clone())
        };
        let views = self.reading.blind.iter().map(|(by, blind)| {
            view! {
                by => by.name,
                level => blind.level,
                otherwise => blind.otherwise.iter().map(ask).collect::<Vec<_>>(),
                missing => blind.missing,
            }
        });
        let found = self.reading.conclusion.as_ref().map(|(by, conclusion)| {
            let found = FINDINGS.iter().filter(|(code, _)| conclusion.findings.iter().any(|one| one == code));
            view! { by => by.name, found => found.map(|(_, says)| *says).collect::<Vec<_>>(), words => conclusion.words }
        });
        Ok(view! {
            indicated => if least == most { format!("Level {least}") } else { format!("At least {least}, at most {most}") },
            level => decided.level,
            view => match decided.view {
                View::Agrees => "as indicated",
                View::DecidesHigher => "higher than indicated",
                View::DecidesLower => "lower than indicated",
            },
            why => decided.reason.as_ref().map(|reason| reason.says.clone()),
            outcome => outcome(decided.outcome),
            views => views.collect::<Vec<_>>(),
            found,
        })
    }

    /// What the worked example of this child is called.
    fn example_id(&self) -> String {
        format!("audit_{}_{}", self.month.replace('-', "_"), self.place + 1)
    }

    /// Whether it is a worked example of the draft already.
    fn is_example(&self, asked: &Asked) -> Result<bool, Refused> {
        let Some(id) = draft(asked)? else { return Ok(false) };
        let draft = asked.record()?.find_rule_draft(&id)?;
        let file = draft.files.iter().find(|file| file.path == FILE);
        let line = format!("id: {}\n", self.example_id());
        Ok(file.is_some_and(|file| String::from_utf8_lossy(&file.bytes).contains(&line)))
    }
}

fn outcome(outcome: Outcome) -> String {
    capital(&outcome.word().replace('_', " "))
}

/// The draft into which worked examples go, if there is one.
fn draft(asked: &Asked) -> Result<Option<String>, Refused> {
    let drafts = asked.record()?.list_rule_drafts()?;
    Ok(drafts.into_iter().find(|draft| draft.title == DRAFT && draft.change.is_none()).map(|draft| draft.id))
}

pub(super) fn child(asked: &Asked) -> Answered {
    Read::of(asked)?.show(asked, None, &[])
}

/// Records what somebody who read it says.
pub(super) fn review(asked: &Asked) -> Answered {
    let read = Read::of(asked)?;
    let person = asked.permit()?.actor().id.clone();
    let is_blind = read.reading.may_be_read_by(&person);
    if !is_blind && !read.reading.may_be_concluded_by(&person) {
        return Err(Refused::Moved("this was said already, or waits for the other reader".into()));
    }
    let fields = read.fields(&person)?;
    // A page that was loaded before the other reader was done asks something else.
    if asked.entered.one("step") != Some(if is_blind { "blind" } else { "conclusion" }) {
        return Err(Refused::Moved("this was said already".into()));
    }
    let values = asked.entered.read(&fields, &[TOKEN, "step"])?;
    let found = wrong(&fields, &values);
    if !found.is_empty() {
        return read.show(asked, Some(&values), &found);
    }
    let words = |text: &[String]| Some(text.concat().trim().to_owned()).filter(|text| !text.is_empty());
    let step = if is_blind {
        let level = values[0].first().filter(|level| *level != UNSURE).and_then(|level| level.parse::<Rank>().ok());
        ReviewStep::Blind(Blind { level, otherwise: values[1].clone(), missing: words(&values[2]) })
    } else {
        ReviewStep::Concluded(Conclusion { findings: values[0].clone(), words: words(&values[1]) })
    };
    match asked.record()?.review(asked.permit()?, &read.month, read.place, step, asked.now) {
        Ok(()) => Ok(Answer::SeeOther(read.address())),
        Err(RecordError::Faults(faults)) => {
            let key = fields[fields.len() - 1].key.clone();
            let told = faults.iter().map(|fault| Wrong { key: key.clone(), says: capital(&fault.detail) });
            read.show(asked, Some(&values), &told.collect::<Vec<_>>())
        }
        Err(error) => Err(error.into()),
    }
}

/// Makes a worked example of what was known of the child, without the child, in the draft of rules that such examples go
/// into.
pub(super) fn example(asked: &Asked) -> Answered {
    let read = Read::of(asked)?;
    if read.reading.conclusion.is_none() || read.is_example(asked)? {
        return Err(Refused::Moved("it is a worked example already, or what there is to learn is not said yet".into()));
    }
    let referral = read.reading.until_decided.unfolded(&asked.rules)?;
    let child = referral.children.get(read.child).ok_or(Refused::NotFound)?;
    let answers = referral.all_said_of(&asked.rules, child);
    let example = without_the_child(&asked.rules, &read.example_id(), &answers);
    let example = example.ok_or_else(|| Refused::Moved("the rules in force do not take its answers".into()))?;
    let entry = as_entry(&example).map_err(|_| Refused::Broken)?;
    let record = asked.record()?;
    let permit = asked.permit()?;
    let found = draft(asked)?.map(|id| record.find_rule_draft(&id)).transpose()?;
    let files = match &found {
        Some(draft) => draft.files.clone(),
        None => record.rule_set_files(&asked.rules.id().digest)?,
    };
    let files = with_entry(files, &entry);
    let (id, version) = match found {
        Some(draft) => {
            let listed = draft.listed;
            record.revise_rule_draft(permit, &listed.id, listed.version, &files, asked.now)?;
            (listed.id, listed.version + 1)
        }
        None => (record.begin_rule_draft(permit, DRAFT, &files, None, asked.now)?, 1),
    };
    asked.front.serving.work_out(&id, version);
    Ok(Answer::SeeOther(read.address()))
}

/// The files with one more example.
fn with_entry(mut files: Vec<RuleFile>, entry: &str) -> Vec<RuleFile> {
    match files.iter_mut().find(|file| file.path == FILE) {
        Some(file) => file.bytes.extend_from_slice(entry.as_bytes()),
        None => {
            let head = "# What was learnt in quality audits. No child can be recognised by these answers; write each story anew.\n\
                        examples:\n";
            files.push(RuleFile { path: FILE.to_owned(), bytes: format!("{head}{entry}").into_bytes() });
            files.sort_by(|a, b| a.path.cmp(&b.path));
        }
    }
    files
}
