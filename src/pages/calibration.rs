//! Calibration rounds: opened by the board, rated blind, and told once they are over.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::StatusCode;
use indexmap::IndexMap;
use jiff::civil::Date;
use serde_json::Value;

use super::asked::{Answer, Answered, Asked, Refused, TOKEN};
use super::fields::{capital, shown_below};
use super::look::{day, said};
use crate::access::{Operation, Permit};
use crate::calibration::{
    Agreed, FEWEST_TOLD, OfAgency, OfQuestion, Rating, Results, Round, THE_REST, Vignette, agreement_lines,
    rating_lines,
};
use crate::criteria::{RuleFile, RuleSet};
use crate::examples::read_examples;
use crate::facts::FactIndex;
use crate::form::{
    Asks, Choice, Entered, Field, Line, UNSURE, Who, Wrong, answer_field, answer_of, chosen_of, date, level_field,
    wrong,
};
use crate::ladder::Rank;
use crate::record::RecordError;
use crate::record::calibration::RoundTold;

/// The file of examples that were written to be rated.
const VIGNETTES: &str = "vignettes";
const BESIDES: [&str; 2] = [TOKEN, "do"];
/// The longest text of examples that is pasted.
const MAX_PASTED: usize = 60_000;
/// How many questions are told answer by answer; the others stand in the table.
const TOLD_WHOLE: usize = 5;

/// Every round, the latest first; of those that are over, what came of them.
pub(super) fn list(asked: &Asked) -> Answered {
    let record = asked.record()?;
    let told = record.rules_told()?;
    let person = asked.visitor.as_ref().map_or("", |visitor| visitor.actor.id.as_str());
    let (mut rows, mut agencies) = (Vec::new(), BTreeMap::<String, Vec<(usize, String)>>::new());
    let mut over = Vec::new();
    for round in told.rounds.iter().rev() {
        let is_over = round.is_over(asked.now);
        let results = if is_over { Some(record.round_results(&round.id, asked.now)?) } else { None };
        let results = results.filter(|results| results.raters >= FEWEST_TOLD);
        rows.push(view! {
            href => format!("/calibration/{}", round.id),
            title => round.round.title,
            until => day(round.round.until),
            is_over,
            children => round.round.vignettes.len(),
            mine => round.rated_by(person).len(),
            raters => results.as_ref().map(|results| results.raters),
            levels => results.as_ref().map(|results| shown_agreed(&results.levels)),
        });
        if let Some(results) = results {
            for of in &results.agencies {
                let share = percent(of.as_indicated, of.levels);
                agencies.entry(agency_name(&of.agency)).or_default().push((over.len(), share));
            }
            over.push(round.round.title.clone());
        }
    }
    let agencies = agencies.into_iter().map(|(agency, shares)| {
        let mut cells = vec![String::new(); over.len()];
        shares.into_iter().for_each(|(place, share)| cells[place] = share);
        view! { agency, cells }
    });
    let page = view! {
        rows,
        over,
        agencies => agencies.collect::<Vec<_>>(),
        may_open => asked.may(Operation::Calibrate).is_some(),
        may_rate => asked.may(Operation::Rate).is_some(),
        back => asked.may(Operation::FollowRules).is_some(),
    };
    asked.page("calibration.html", "Calibration", page)
}

/// A round that is to be opened: its fields, and the examples that it may be of.
struct New {
    fields: Vec<Field>,
    vignettes: Vec<Vignette>,
}

impl New {
    /// Of all files of examples those that were written to be rated are shown, and those that somebody wants to see.
    fn of(asked: &Asked, sent: &Entered) -> Result<Self, Refused> {
        let rules = &asked.rules;
        let files = asked.record()?.rule_set_files(&rules.id().digest)?;
        let mut fields = vec![
            Field::new("title", "Title", Asks::Line(Line::Plain))
                .hint("For example, Spring round: neglect")
                .needed("Enter what the round is called"),
            Field::new("until", "The last day on which it is rated", Asks::Date(None))
                .hint("For example, 27 3 2027")
                .needed("Enter the last day on which it is rated"),
        ];
        let mut vignettes: Vec<Vignette> = Vec::new();
        let mut others: Vec<Choice> = Vec::new();
        for file in files.iter().filter(|file| file.path.ends_with("_test.yaml")) {
            let name = file.path.rsplit('/').next().unwrap_or_default().trim_end_matches("_test.yaml");
            let title = capital(&name.replace('_', " "));
            if name != VIGNETTES {
                others.push(Choice::new(name, title.clone()));
                if !sent.all("files").any(|wanted| wanted == name) {
                    continue;
                }
            }
            let entries = read_examples(std::slice::from_ref(file)).entries;
            let known: Vec<Vignette> = entries.iter().filter_map(|(_, example)| Vignette::of(example, rules)).collect();
            let choices =
                known.iter().map(|one| Choice::new(one.id.clone(), one.story.clone()).hint(in_short(one, rules)));
            let choices: Vec<Choice> = choices.collect();
            if !choices.is_empty() {
                fields.push(Field::new(format!("examples.{name}"), title, Asks::Several(choices)));
            }
            vignettes.extend(known);
        }
        fields
            .push(Field::new("pasted", "Examples of your own", Asks::Text(MAX_PASTED)).hint(
                "As a file of examples has them, and as windscreen vignettes writes them. All of them are rated",
            ));
        fields.push(Field::new("files", "Show these examples too", Asks::Several(others)));
        Ok(Self { fields, vignettes })
    }

    fn show(&self, asked: &Asked, values: &[Vec<String>], wrong: &[Wrong]) -> Answered {
        let last = self.fields.len() - 1;
        let page = view! {
            form => shown_below(&self.fields[..last], &values[..last], wrong),
            files => shown_below(&self.fields[last..], &values[last..], &[]),
        };
        let title = "Open a calibration round";
        match wrong {
            [] => asked.page("calibration_new.html", title, page),
            _ => {
                let title = format!("Error: {title}");
                asked.page_as(StatusCode::UNPROCESSABLE_ENTITY, "calibration_new.html", &title, page)
            }
        }
    }
}

/// What the criteria indicate of an example, for whoever chooses it.
fn in_short(vignette: &Vignette, rules: &RuleSet) -> String {
    let bounds = vignette.meant(rules).map_or_else(|_| String::new(), levels);
    let count = vignette.asked(rules).len();
    format!("{bounds}; {count} {}", if count == 1 { "question" } else { "questions" })
}

/// Bounds of a level in words.
fn levels((least, most): (Rank, Rank)) -> String {
    if least == most { format!("Level {least}") } else { format!("At least {least}, at most {most}") }
}

pub(super) fn begin(asked: &Asked) -> Answered {
    let new = New::of(asked, &asked.query)?;
    let values = vec![Vec::new(); new.fields.len()];
    new.show(asked, &values, &[])
}

pub(super) fn open(asked: &Asked) -> Answered {
    let new = New::of(asked, &asked.entered)?;
    let values = asked.entered.still_asked(&new.fields, &BESIDES).read(&new.fields, &BESIDES)?;
    if asked.entered.one("do") == Some("show") {
        return new.show(asked, &values, &[]);
    }
    let mut found = wrong(&new.fields, &values);
    let last = values.len() - 1;
    let chosen: Vec<&String> = values[2..last - 1].iter().flatten().collect();
    let mut vignettes: Vec<Vignette> = new.vignettes.iter().filter(|one| chosen.contains(&&one.id)).cloned().collect();
    let (pasted, refused) = pasted(&values[last - 1].concat(), &asked.rules);
    found.extend(refused.map(|says| Wrong { key: "pasted".to_owned(), says }));
    vignettes.extend(pasted);
    if vignettes.is_empty() && found.iter().all(|wrong| wrong.key != "pasted") {
        found.push(Wrong { key: "pasted".to_owned(), says: "Choose at least one example".to_owned() });
    }
    if found.is_empty() {
        let round = Round {
            title: values[0].concat(),
            rules: asked.rules.id().digest.clone(),
            until: date(&values[1]).unwrap_or(Date::MIN),
            vignettes,
        };
        match asked.record()?.open_round(asked.permit()?, round, asked.now) {
            Ok(id) => return Ok(Answer::SeeOther(format!("/calibration/{id}"))),
            Err(RecordError::Faults(faults)) => found.extend(faults.iter().map(|fault| {
                let key = match fault.pointer.as_str() {
                    "/title" => "title".to_owned(),
                    "/until" => "until-day".to_owned(),
                    _ => "pasted".to_owned(),
                };
                Wrong { key, says: capital(&fault.detail) }
            })),
            Err(error) => return Err(error.into()),
        }
    }
    new.show(asked, &values, &found)
}

/// Vignettes as they were pasted, or what is wrong with them.
fn pasted(text: &str, rules: &RuleSet) -> (Vec<Vignette>, Option<String>) {
    if text.trim().is_empty() {
        return (Vec::new(), None);
    }
    let file = RuleFile { path: "criteria/pasted_test.yaml".to_owned(), bytes: format!("{text}\n").into_bytes() };
    let read = read_examples(&[file]);
    if let Some(problem) = read.problems.first() {
        let line = problem.place.as_ref().map(|place| format!("line {}: ", place.line)).unwrap_or_default();
        return (Vec::new(), Some(format!("Examples of your own: {line}{}", problem.message)));
    }
    let mut vignettes = Vec::new();
    for (_, example) in &read.entries {
        let Some(vignette) = Vignette::of(example, rules) else {
            let says =
                format!("Examples of your own: `{}` is not of one child with plain answers to questions", example.id);
            return (Vec::new(), Some(says));
        };
        vignettes.push(vignette);
    }
    (vignettes, None)
}

/// The round of the path.
fn found(asked: &Asked) -> Result<Arc<RoundTold>, Refused> {
    Ok(Arc::clone(asked.record()?.rules_told()?.round(asked.part("round"))?))
}

/// A round: to whoever rates, what is left; once it is over, what came of it.
pub(super) fn round(asked: &Asked) -> Answered {
    let told = found(asked)?;
    let record = asked.record()?;
    let rules = record.rule_set(&told.round.rules)?;
    let person = asked.visitor.as_ref().map_or("", |visitor| visitor.actor.id.as_str());
    let mine = told.rated_by(person);
    let is_over = told.is_over(asked.now);
    let results = if is_over { Some(record.round_results(&told.id, asked.now)?) } else { None };
    let enough = results.as_ref().filter(|results| results.raters >= FEWEST_TOLD);
    let stories = told.round.vignettes.iter().enumerate().map(|(place, vignette)| {
        let rated = mine.get(&place);
        view! {
            number => place + 1,
            href => format!("/calibration/{}/{}", told.id, place + 1),
            is_rated => rated.is_some(),
            story => is_over.then(|| vignette.story.clone()),
            level => rated.and_then(|rating| rating.level),
            own => rated.and_then(|rating| vignette.indicated(&rules, &rating.answers).ok()).map(levels),
            indicated => is_over.then(|| vignette.meant(&rules).ok().map(levels)).flatten(),
        }
    });
    let (whole, begun) = told.raters();
    let page = view! {
        href => format!("/calibration/{}", told.id),
        title => told.round.title,
        until => day(told.round.until),
        closed => told.closed.map(said),
        is_over,
        rules => format!("{} {}", rules.id().framework, rules.id().version),
        stories => stories.collect::<Vec<_>>(),
        left => told.round.vignettes.len() - mine.len(),
        has_rated => !mine.is_empty(),
        may_rate => asked.may(Operation::Rate).is_some(),
        may_close => asked.may(Operation::Calibrate).is_some(),
        whole,
        begun,
        fewest => FEWEST_TOLD,
        results => enough.map(|results| shown_results(results, &told.round, &rules)),
    };
    asked.page("calibration_round.html", &told.round.title, page)
}

/// Closes a round before its day.
pub(super) fn close(asked: &Asked) -> Answered {
    let told = found(asked)?;
    asked.record()?.close_round(asked.permit()?, &told.id, asked.now)?;
    Ok(Answer::SeeOther(format!("/calibration/{}", told.id)))
}

/// A vignette as it is rated.
struct Blind {
    told: Arc<RoundTold>,
    place: usize,
    rules: Arc<RuleSet>,
    facts: Vec<FactIndex>,
    fields: Vec<Field>,
}

impl Blind {
    fn of(asked: &Asked) -> Result<Self, Refused> {
        let told = found(asked)?;
        let place = asked.part("vignette").parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        let place = place.filter(|place| *place < told.round.vignettes.len()).ok_or(Refused::NotFound)?;
        if told.is_over(asked.now) {
            return Err(Refused::Moved("this calibration round is over".into()));
        }
        let rules = asked.record()?.rule_set(&told.round.rules)?;
        let facts = told.round.vignettes[place].asked(&rules);
        let mut fields: Vec<Field> = facts.iter().map(|fact| asks(&rules, *fact)).collect();
        fields.push(level_field(&rules));
        Ok(Self { told, place, rules, facts, fields })
    }

    fn show(&self, asked: &Asked, values: &[Vec<String>], wrong: &[Wrong]) -> Answered {
        let vignette = &self.told.round.vignettes[self.place];
        let page = view! {
            round => self.told.round.title,
            back => format!("/calibration/{}", self.told.id),
            action => format!("/calibration/{}/{}", self.told.id, self.place + 1),
            number => self.place + 1,
            count => self.told.round.vignettes.len(),
            story => vignette.story,
            age => vignette.age_in_months(&self.rules).map(age),
            form => shown_below(&self.fields, values, wrong),
        };
        let title = format!("Child {} of {}", self.place + 1, self.told.round.vignettes.len());
        match wrong {
            [] => asked.page("calibration_rate.html", &title, page),
            _ => {
                let title = format!("Error: {title}");
                asked.page_as(StatusCode::UNPROCESSABLE_ENTITY, "calibration_rate.html", &title, page)
            }
        }
    }
}

/// An age as one says it.
pub(super) fn age(months: i64) -> String {
    let count = |number: i64, one: &str| format!("{number} {one}{}", if number == 1 { "" } else { "s" });
    match (months / 12, months % 12) {
        (0, months) => count(months, "month"),
        (years, 0) => count(years, "year"),
        (years, months) => format!("{} and {}", count(years, "year"), count(months, "month")),
    }
}

/// A question to whoever has only a story: nobody is there to be asked.
fn asks(rules: &RuleSet, fact: FactIndex) -> Field {
    let mut field = answer_field(rules, &Who::Child("story".to_owned()), fact);
    field.needed = Some(format!("Answer this, or choose that the story does not say: {}", field.says));
    if let Asks::One(choices) | Asks::Whole { instead: choices, .. } = &mut field.asks {
        choices.retain(|choice| choice.value != "refused");
        for choice in choices.iter_mut().filter(|choice| choice.value == "not_known") {
            choice.says = "The story does not say".to_owned();
        }
    }
    field
}

/// What was chosen before, as the fields of a page have it.
fn chosen(blind: &Blind, rating: &Rating) -> Vec<Vec<String>> {
    let of = |(fact, field): (&FactIndex, &Field)| {
        let answer = rating.answers.get(&blind.rules.indicators()[*fact].id).map(chosen_of).unwrap_or_default();
        match &field.asks {
            Asks::Whole { .. } if answer.parse::<i64>().is_err() => vec![String::new(), answer],
            Asks::Whole { .. } => vec![answer, String::new()],
            _ => vec![answer],
        }
    };
    let level = rating.level.map_or_else(|| UNSURE.to_owned(), |level| level.to_string());
    blind.facts.iter().zip(&blind.fields).map(of).chain([vec![level]]).collect()
}

pub(super) fn read(asked: &Asked) -> Answered {
    let blind = Blind::of(asked)?;
    let person = asked.permit()?.actor().id.clone();
    let values = match blind.told.rated_by(&person).get(&blind.place) {
        Some(rating) => chosen(&blind, rating),
        None => vec![Vec::new(); blind.fields.len()],
    };
    blind.show(asked, &values, &[])
}

pub(super) fn rate(asked: &Asked) -> Answered {
    let blind = Blind::of(asked)?;
    let values = asked.entered.read(&blind.fields, &[TOKEN])?;
    let found = wrong(&blind.fields, &values);
    if !found.is_empty() {
        return blind.show(asked, &values, &found);
    }
    let mut answers: IndexMap<String, Value> = IndexMap::new();
    for (fact, values) in blind.facts.iter().zip(&values) {
        let answer = answer_of(&blind.rules, *fact, values).ok_or(Refused::Forged)?;
        answers.insert(blind.rules.indicators()[*fact].id.clone(), answer);
    }
    let level = values.last().and_then(|values| values.first()).and_then(|level| level.parse::<Rank>().ok());
    let permit: &Permit = asked.permit()?;
    let rating = Rating { vignette: blind.place, answers, level };
    asked.record()?.rate(permit, &blind.told.id, rating, asked.now)?;
    // On to the next that is left, from here round to here.
    let mine = Arc::clone(asked.record()?.rules_told()?.round(&blind.told.id)?);
    let rated = mine.rated_by(&permit.actor().id);
    let count = blind.told.round.vignettes.len();
    let next = (1..count).map(|step| (blind.place + step) % count).find(|place| !rated.contains_key(place));
    let home = format!("/calibration/{}", blind.told.id);
    Ok(Answer::SeeOther(next.map_or(home.clone(), |next| format!("{home}/{}", next + 1))))
}

/// What a round that is over is reckoned again from, and what was reckoned.
pub(super) fn file(asked: &Asked) -> Answered {
    let told = found(asked)?;
    let results = asked.record()?.round_results(&told.id, asked.now)?;
    if results.raters < FEWEST_TOLD {
        return Err(Refused::NotFound);
    }
    let lines = match asked.part("file") {
        "agreement.csv" => agreement_lines(&results),
        "ratings.csv" => rating_lines(&results),
        _ => return Err(Refused::NotFound),
    };
    let name = format!("calibration-{}-{}", told.round.until, asked.part("file"));
    Ok(Answer::Download("text/csv; charset=utf-8", name, lines.map_err(|_| Refused::Broken)?))
}

fn percent(part: usize, of: usize) -> String {
    if of == 0 { "not available".to_owned() } else { format!("{:.0} %", 100.0 * part as f64 / of as f64) }
}

fn share(of: Option<f64>) -> String {
    of.map_or_else(|| "not available".to_owned(), |share| format!("{:.0} %", 100.0 * share))
}

fn decimals(of: Option<f64>) -> String {
    of.map_or_else(|| "not available".to_owned(), |value| format!("{value:.2}").replace('-', "\u{2212}"))
}

/// What an agency is called: as organisations' codes begin.
fn agency_name(agency: &str) -> String {
    if agency == THE_REST { agency.to_owned() } else { capital(&agency.replace('_', " ")) }
}

fn shown_agreed(agreed: &Agreed) -> Value {
    view! {
        same => share(agreed.same),
        ac => decimals(agreed.ac),
        interval => agreed.interval.map(|(low, high)| (decimals(Some(low)), decimals(Some(high)))),
    }
}

fn shown_agency(of: &OfAgency) -> Value {
    view! {
        agency => agency_name(&of.agency),
        raters => of.raters,
        as_indicated => percent(of.as_indicated, of.levels),
        higher => percent(of.higher, of.levels),
        lower => percent(of.lower, of.levels),
        facts_higher => percent(of.facts_higher, of.ratings),
        facts_lower => percent(of.facts_lower, of.ratings),
        agreed => shown_agreed(&of.agreed),
    }
}

fn shown_question(of: &OfQuestion, rules: &RuleSet) -> Value {
    let fact = rules.fact(&of.fact);
    let field = fact.map(|fact| asks(rules, fact));
    let says = |answer: &Value| -> String {
        let word = chosen_of(answer);
        let choices = match field.as_ref().map(|field| &field.asks) {
            Some(Asks::One(choices) | Asks::Whole { instead: choices, .. }) => choices.as_slice(),
            _ => &[],
        };
        choices.iter().find(|choice| choice.value == word).map_or(word, |choice| choice.says.clone())
    };
    let answered = of.of.iter().map(|(place, answers)| {
        let answers = answers.iter().map(|one| {
            view! {
                says => says(&one.answer), count => one.count, is_meant => one.is_meant
            }
        });
        view! { number => place + 1, answers => answers.collect::<Vec<_>>() }
    });
    view! {
        ask => field.as_ref().map_or(of.fact.clone(), |field| field.says.clone()),
        as_meant => percent(of.as_meant, of.answers),
        moved => of.moved,
        answers => of.answers,
        agreed => shown_agreed(&of.agreed),
        of => answered.collect::<Vec<_>>(),
    }
}

fn shown_results(results: &Results, round: &Round, rules: &RuleSet) -> Value {
    let questions: Vec<_> = results.questions.iter().map(|of| shown_question(of, rules)).collect();
    let first = results.questions.first().filter(|of| of.as_meant < of.answers);
    let first = first.and_then(|of| Some(rules.indicators()[rules.fact(&of.fact)?].ask.clone()));
    let vignettes = results.vignettes.iter().zip(&round.vignettes).enumerate().map(|(place, (of, vignette))| {
        let seen = of.levels.iter().map(|(rank, count)| {
            let (least, most) = of.indicated;
            view! { rank, count, is_indicated => (least..=most).contains(rank) }
        });
        view! {
            number => place + 1,
            story => vignette.story,
            indicated => levels(of.indicated),
            seen => seen.collect::<Vec<_>>(),
            cannot_say => of.cannot_say,
            facts_as_meant => percent(of.facts_as_meant, of.ratings),
        }
    });
    view! {
        raters => results.raters,
        levels => shown_agreed(&results.levels),
        all => shown_agency(&results.all),
        agencies => results.agencies.iter().map(shown_agency).collect::<Vec<_>>(),
        first,
        told_whole => TOLD_WHOLE,
        questions,
        ranks => rules.ladder().levels().iter().map(|level| level.rank).collect::<Vec<_>>(),
        vignettes => vignettes.collect::<Vec<_>>(),
    }
}
