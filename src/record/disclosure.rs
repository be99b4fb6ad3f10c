//! What is recorded about a child, for somebody who asks for it: part by part, each with whom else it is about, for a
//! person to review. What they gave and what they left out, and why, is recorded with the rest.

use std::sync::Arc;

use jiff::Timestamp;

use super::body::{DisclosureBody, PartDisclosed};
use super::case::{Case, Event, What};
use super::disagreements::disagreements;
use super::entry::Ready;
use super::keep::Change;
use super::leaf::{Kind, Leaf};
use super::once::{Once, Pending};
use super::{Record, RecordError, new_id};
use crate::access::Permit;
use crate::criteria::RuleSet;
use crate::criteria::entries::About;
use crate::disagreement::Party;
use crate::facts::{Answer, Said};
use crate::json::Fault;
use crate::letters::Reader;
use crate::referral::Referral;
use crate::referral::unfold::{Information, Sort};

const REASONS: &str = "reasons_to_leave_out";
const MAX_NAME: usize = 200;

/// Whom a part is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AboutWhom {
    /// The child alone.
    Child,
    /// The child and others, in words that only a person can take apart.
    Both,
    /// Others.
    Others,
}

/// A part of the record, to be reviewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Which part.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// What it says.
    pub text: String,
    /// Whom it is about.
    pub about: AboutWhom,
    /// The reason, by code, for which it may have to be left out.
    pub exempt: Option<&'static str>,
}

/// What a person does with each part.
#[derive(Debug, Clone)]
pub struct Reviewed {
    /// To whom it is given.
    pub to: String,
    /// Each part, in the order of `parts`.
    pub parts: Vec<PartDisclosed>,
}

impl Case {
    /// Everything recorded about one child, part by part, in the order in which it happened.
    ///
    /// # Errors
    /// When what was kept cannot be read again.
    pub fn parts(&self, rules: &RuleSet, child: usize) -> Result<Vec<Part>, RecordError> {
        let (received, pieces) = self.said()?;
        let mut parts = Parts(Vec::new());
        let identity = received.children.get(child).cloned().unwrap_or_default();
        let dated = received.referral.children.get(child);
        let lines = [
            identity.name.map(|name| format!("Name: {name}")),
            dated.and_then(|dated| dated.date_of_birth).map(|date| format!("Date of birth: {date}")),
            dated.and_then(|dated| dated.due_date).map(|date| format!("Due: {date}")),
            identity.nhs_number.map(|number| format!("NHS number: {number}")),
            identity.upn.map(|number| format!("Unique pupil number: {number}")),
        ];
        let lines: Vec<String> = lines.into_iter().flatten().collect();
        parts.add("identity", "Who the child is", lines.join("\n"), AboutWhom::Child, None);
        parts.add("own_words", "The child's own words", identity.own_words, AboutWhom::Child, None);
        let source = [&received.referrer.name, &received.referrer.role, &received.referrer.contact];
        let source: Vec<&str> = source.into_iter().flatten().map(String::as_str).collect();
        let source = [received.referrer.organisation.as_str(), &source.join(", ")].join("\n");
        let code = received.referrer.source_code.as_deref();
        let is_public = code.is_none_or(|code| code == "9" || code.starts_with('1') && code.len() == 2);
        parts.add("referrer", "Who referred", source, AboutWhom::Both, is_public.then_some("SOURCE"));
        let unsafe_first = received.unsafe_to_share.then_some("HARM");
        parts.add("account", "The account of whoever referred", received.account, AboutWhom::Both, unsafe_first);
        parts.add("address", "Where the children live", received.home.address, AboutWhom::Both, None);
        parts.add("people", "Who lives there", received.home.people, AboutWhom::Others, Some("THIRD"));
        self.answers(rules, child, &received.referral, &pieces, &mut parts);
        for (number, piece) in (2..).zip(&pieces) {
            let by = [&piece.said_by.name, &piece.said_by.role, &piece.said_by.agency, &piece.said_by.organisation];
            let by: Vec<&str> = by.into_iter().flatten().map(String::as_str).collect();
            let theirs = piece.sort == Sort::Disputed;
            let about = if theirs { AboutWhom::Child } else { AboutWhom::Both };
            let text = piece.account.iter().chain(&piece.because).cloned().collect::<Vec<_>>().join("\n");
            let title = format!("What became known later ({number}), from {}", by.join(", "));
            let exempt = piece.unsafe_to_share.then_some("HARM");
            parts.add(&format!("piece.{number}"), &title, text, about, exempt);
        }
        self.indicated(rules, child, &mut parts);
        self.acts(rules, child, &mut parts);
        let others = received.children.iter().enumerate().filter(|(place, _)| *place != child);
        let others: Vec<String> =
            others.map(|(place, other)| other.name.clone().unwrap_or_else(|| format!("Child {}", place + 1))).collect();
        parts.add("others", "The other children", others.join("\n"), AboutWhom::Others, Some("THIRD"));
        Ok(parts.0)
    }

    /// What was answered: about the child, about the household, and what stands only in what is unsafe to share.
    fn answers(&self, rules: &RuleSet, child: usize, first: &Referral, pieces: &[Information], parts: &mut Parts) {
        let told = |referral: &Referral| {
            let own = referral.children.get(child).map(|child| child.answers.said.clone()).unwrap_or_default();
            let household = referral.household.clone().map(|household| household.said).unwrap_or_default();
            let mut all: Vec<(String, Said)> = Vec::new();
            for (id, said) in own.into_iter().chain(household) {
                if !all.iter().any(|(known, _)| *known == id) {
                    all.push((id, said));
                }
            }
            all
        };
        let whole = told(&first.unfolded(pieces, rules));
        let shared: Vec<Information> = pieces
            .iter()
            .map(|piece| if piece.unsafe_to_share { Information::default() } else { piece.clone() })
            .collect();
        let shared = told(&first.unfolded(&shared, rules));
        let (mut own, mut household, mut exempt) = (Vec::new(), Vec::new(), Vec::new());
        for (id, said) in &whole {
            let asks = rules.says_of(id).unwrap_or(id);
            let line = format!("{asks} {}", in_words(said));
            let about = rules.fact(id).map(|fact| rules.indicators()[fact].about);
            if !shared.iter().any(|one| one.0 == *id && one.1 == *said) {
                exempt.push(line);
            } else if about.is_none_or(|about| about == About::Child) {
                own.push(line);
            } else {
                household.push(line);
            }
        }
        // Whether an answer about the child tells of somebody else, such as who harmed, a person sees.
        parts.add("answers", "What was answered about the child", own.join("\n"), AboutWhom::Both, None);
        parts.add(
            "household",
            "What was answered about the household",
            household.join("\n"),
            AboutWhom::Both,
            Some("THIRD"),
        );
        let title = "What was answered, and was said to be unsafe to share";
        parts.add("unsafe", title, exempt.join("\n"), AboutWhom::Both, Some("HARM"));
    }

    fn indicated(&self, rules: &RuleSet, child: usize, parts: &mut Parts) {
        let evaluated = self.evaluated().ok().and_then(|evaluated| evaluated.children.get(child));
        let read = evaluated.and_then(|child| serde_json::from_str::<serde_json::Value>(child.evaluation.get()).ok());
        let Some(read) = read else { return };
        let levels = format!(
            "{}, version {}: at least level {}, at most level {}.",
            rules.framework().title,
            rules.id().version,
            read["at_least"]["rank"],
            read["at_most"]["rank"],
        );
        let reasons = read["reasons"].as_array().into_iter().flatten().filter_map(|reason| reason["says"].as_str());
        let text = std::iter::once(levels.as_str()).chain(reasons).collect::<Vec<_>>().join("\n");
        parts.add("indicated", "What the criteria indicated last", text, AboutWhom::Both, None);
    }

    /// What people did about the child: decided, told, answered.
    fn acts(&self, rules: &RuleSet, child: usize, parts: &mut Parts) {
        let day = |at: Timestamp| rules.framework().calendar.london(at).strftime("%-d %B %Y").to_string();
        let mut theirs: Vec<&str> = Vec::new();
        for event in &self.events {
            match &event.what {
                What::Decision(body) if event.leaf.decided.as_ref().is_some_and(|one| one.child == child) => {
                    theirs.push(&body.decision);
                    let holder = body.decided.next_holder.as_ref();
                    let lines = [
                        Some(format!(
                            "Level {} was decided by {} on {}.",
                            body.decided.level,
                            body.by.name,
                            day(event.leaf.at)
                        )),
                        body.decided.reason.as_ref().map(|reason| reason.says.clone()),
                        holder.map(|holder| format!("It was passed to {}.", holder.organisation)),
                    ];
                    let text = lines.into_iter().flatten().collect::<Vec<_>>().join("\n");
                    parts.add(&format!("decision.{}", event.place), "A decision", text, AboutWhom::Both, None);
                }
                What::Letter(body) if body.told.decisions.iter().any(|one| theirs.contains(&one.as_str())) => {
                    let (title, about) = match body.told.to {
                        Reader::Family => ("A letter to the family", AboutWhom::Child),
                        Reader::Referrer => ("What whoever referred was told", AboutWhom::Both),
                    };
                    let text = body.told.sent.as_ref().map(|sent| sent.text.clone());
                    parts.add(&format!("letter.{}", event.place), title, text, about, None);
                }
                _ => {}
            }
        }
        for one in disagreements(&self.events, None) {
            if theirs.contains(&one.disagrees.decision.as_str()) {
                let is_theirs = matches!(one.disagrees.party, Party::Family | Party::Child);
                let about = if is_theirs { AboutWhom::Child } else { AboutWhom::Both };
                let text = one.disagrees.says.clone();
                parts.add(&format!("disagreement.{}", one.id), "Somebody disagreed", text, about, None);
            }
        }
    }

    /// What was given to somebody who asked, by its id.
    pub fn disclosure(&self, id: &str) -> Option<(&Event, &DisclosureBody)> {
        self.events.iter().find_map(|event| match &event.what {
            What::Disclosure(body) if body.disclosure == id => Some((event, &**body)),
            _ => None,
        })
    }
}

struct Parts(Vec<Part>);

impl Parts {
    /// Adds a part that says something.
    fn add(
        &mut self,
        id: &str,
        title: &str,
        text: impl Into<Option<String>>,
        about: AboutWhom,
        exempt: Option<&'static str>,
    ) {
        let text = text.into().unwrap_or_default();
        if !text.trim().is_empty() {
            self.0.push(Part { id: id.to_owned(), title: title.to_owned(), text, about, exempt });
        }
    }
}

fn in_words(said: &Said) -> String {
    let one = |answer: &Answer| match answer {
        Answer::YesNo(true) => "Yes".to_owned(),
        Answer::YesNo(false) => "No".to_owned(),
        Answer::Number(number) => number.to_string(),
        Answer::Word(word) => word.replace('_', " "),
    };
    match said {
        Said::Answer(answer) => one(answer),
        Said::TwoAccounts(first, second) => format!("{}; also said: {}", one(first), one(second)),
        Said::NotKnown => "Not known".to_owned(),
        Said::Refused => "Asked, and would not say".to_owned(),
    }
}

impl Record {
    /// Records what was given to somebody who asked for what is recorded about a child, and what was left out.
    ///
    /// # Errors
    /// When there is no such child within reach, something was added meanwhile, or a part was not reviewed.
    #[expect(clippy::too_many_arguments, reason = "what a disclosure is made of")]
    pub fn disclose(
        &self,
        permit: &Permit,
        id: &str,
        child: usize,
        rules: &RuleSet,
        reviewed: Reviewed,
        once: Once,
        now: Timestamp,
    ) -> Result<Pending, RecordError> {
        self.writable()?;
        let case = self.reached(permit, id)?;
        if child >= case.children().len() {
            return Err(RecordError::NotFound);
        }
        let parts = case.parts(rules, child)?;
        if parts.iter().map(|part| &part.id).ne(reviewed.parts.iter().map(|part| &part.part)) {
            return Err(RecordError::Moved("something was recorded meanwhile; review it again".into()));
        }
        let mut faults = Vec::new();
        let name = reviewed.to.trim();
        if name.is_empty() || name.len() > MAX_NAME {
            faults.push(Fault::new("/to", "missing-key", "say to whom it is given"));
        }
        let lists = rules.framework().code_lists.iter().filter(|list| list.id == REASONS);
        let codes: Vec<&str> = lists.flat_map(|list| &list.codes).map(|code| code.code.as_str()).collect();
        for (index, (part, done)) in parts.iter().zip(&reviewed.parts).enumerate() {
            let whole = done.given.as_ref() == Some(&part.text);
            let known = done.left_out.as_deref().is_some_and(|code| codes.contains(&code));
            if !whole && !known {
                let fault = Fault::new(format!("/parts/{index}/left_out"), "unknown-code", "say why it is left out");
                faults.push(fault.instead(codes.join(", ")));
            }
        }
        if !faults.is_empty() {
            return Err(RecordError::Faults(faults));
        }
        let (id, by) = (new_id(), permit.actor().clone());
        let leaf = Leaf::by(&by, Kind::Disclosed, id.clone(), now);
        let body = DisclosureBody { by, disclosure: id, child, to: name.to_owned(), parts: reviewed.parts };
        let ready = Ready::new(&case.key, &case.listed.id, leaf, What::Disclosure(Arc::new(body)))?;
        let listed = case.listed.clone();
        Ok(self.go_on(Change::of(case, listed, vec![ready]), once, now))
    }
}
