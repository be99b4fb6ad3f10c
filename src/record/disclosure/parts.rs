//! The parts of a record, as somebody who asks for it may be given them: each with whom else it is about, and why it may
//! have to be left out.
//!
//! No part has a heading that tells anything: a heading cannot be cut. Not among the parts, as the page says: what was
//! indicated before the last time, who read the record, how long it is kept, the codes that statistics are made of, and
//! the file in which a batch or another authority's transfer came.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::{AboutWhom, Part};
use crate::criteria::RuleSet;
use crate::criteria::entries::About;
use crate::decision::{Reason, View};
use crate::disagreement::{Disagrees, Party, Ruling};
use crate::facts::{Answer, Said};
use crate::letters::{Reader, Sent};
use crate::quality::FINDINGS;
use crate::record::RecordError;
use crate::record::body::{DecisionBody, DisagreementBody, DisagreementStep, LetterBody};
use crate::record::case::{Case, Event, What};
use crate::record::leaf::Kind;
use crate::record::quality::{ReviewBody, ReviewStep};
use crate::referral::Referral;
use crate::referral::received::{Monitoring, Received, is_of_an_agency};
use crate::referral::unfold::{Information, Sort};

/// It is about somebody else.
const THIRD: &str = "THIRD";
/// It shows who told us, who may be no professional.
const SOURCE: &str = "SOURCE";
/// It may do harm.
const HARM: &str = "HARM";

/// Why parts may have to be left out, as far as several share it.
struct Marks {
    /// Of what the first entry says.
    first: Option<&'static str>,
    /// Of what may rest on anything that was said.
    any: Option<&'static str>,
    /// Of where the family is, and how it was or was not told.
    told: Option<&'static str>,
    /// Of what shows who referred.
    source: Option<&'static str>,
}

impl Marks {
    fn of(rules: &RuleSet, received: &Received, pieces: &[Information], is_unsafe_to_tell: bool) -> Self {
        let referrer = &received.referrer;
        let code = referrer.source_code.as_deref();
        let is_public = code.is_none_or(|code| !is_of_an_agency(code))
            || referrer.agency.as_deref().is_some_and(|agency| rules.framework().is_public(agency))
            || referrer.anonymous;
        let is_any_unsafe = received.unsafe_to_share || pieces.iter().any(|piece| piece.unsafe_to_share);
        Self {
            first: received.unsafe_to_share.then_some(HARM),
            any: is_any_unsafe.then_some(HARM),
            told: (is_any_unsafe || is_unsafe_to_tell).then_some(HARM),
            source: is_public.then_some(SOURCE),
        }
    }
}

impl Case {
    /// Everything about one child that may be given, part by part: what came first, what came after in the order in
    /// which it happened, and what all of it comes to.
    ///
    /// # Errors
    /// When what was kept cannot be read again.
    pub(super) fn parts(
        &self,
        rules: &RuleSet,
        child: usize,
        is_unsafe_to_tell: bool,
    ) -> Result<Vec<Part>, RecordError> {
        let (received, pieces) = self.said()?;
        let marks = Marks::of(rules, &received, &pieces, is_unsafe_to_tell);
        let mut parts = Parts(Vec::new());
        self.came(rules, child, &received, &marks, &mut parts);
        self.happened(rules, child, &pieces, &marks, &mut parts);
        answers(rules, child, &received, &pieces, &mut parts);
        self.indicated(rules, child, &marks, &mut parts);
        let others = received.children.iter().enumerate().filter(|(place, _)| *place != child);
        let others: Vec<String> =
            others.map(|(place, other)| other.name.clone().unwrap_or_else(|| format!("Child {}", place + 1))).collect();
        parts.add("others", "The other children", others.join("\n"), AboutWhom::Others, Some(THIRD));
        Ok(parts.0)
    }

    /// What came first: who the child is, who referred, and what they said besides the answers.
    fn came(&self, rules: &RuleSet, child: usize, received: &Received, marks: &Marks, parts: &mut Parts) {
        let identity = received.children.get(child).cloned().unwrap_or_default();
        let dated = received.referral.children.get(child);
        let who = lines([
            identity.name.map(|name| format!("Name: {name}")),
            dated.and_then(|dated| dated.date_of_birth).map(|date| format!("Date of birth: {date}")),
            dated.and_then(|dated| dated.due_date).map(|date| format!("Due: {date}")),
            identity.nhs_number.map(|number| format!("NHS number: {number}")),
            identity.upn.map(|number| format!("Unique pupil number: {number}")),
            monitoring(identity.monitoring),
        ]);
        parts.add("identity", "Who the child is", who, AboutWhom::Child, None);
        // A child speaks of others, and whoever asks may be whom they spoke of.
        parts.add("own_words", "The child's own words", identity.own_words, AboutWhom::Both, marks.first);
        let referrer = &received.referrer;
        let named = [&referrer.name, &referrer.role, &referrer.contact];
        let named: Vec<&str> = named.into_iter().flatten().map(String::as_str).collect();
        let source = lines([
            Some(referrer.organisation.clone()),
            Some(named.join(", ")).filter(|named| !named.is_empty()),
            referrer.agency.as_deref().map(|id| format!("Kind of agency: {}", agency(rules, id))),
            referrer.basis.and_then(word).map(|basis| format!("How they know: {basis}")),
            referrer.anonymous.then(|| "They would not say who they are.".to_owned()),
        ]);
        let of_source = marks.source.or(marks.first);
        parts.add("referrer", "Who referred", source, AboutWhom::Both, of_source);
        let by = self.events.first().map(|event| event.by().name.as_str()).unwrap_or_default();
        let besides = lines([
            received.referral.received_at.map(|at| format!("It came at {}; {by} recorded it.", moment(rules, at))),
            received.referrers_level.map(|level| format!("Whoever referred thought that it was level {level}.")),
            received.family_told.and_then(word).map(|told| format!("Does the family know? {told}")),
            received.agrees_to_help.and_then(word).map(|agrees| format!("Does the family agree to help? {agrees}")),
            received.sharing_basis.and_then(word).map(|basis| format!("Shared on the basis of: {basis}")),
        ]);
        let title = "When it came, and what was said of the family and of sharing";
        parts.add("besides", title, besides, AboutWhom::Both, marks.told);
        if let Some(call) = &received.call {
            let read_back_at = call.read_back_at.map(|at| format!(", at {}", moment(rules, at))).unwrap_or_default();
            let noted = lines([
                call.began_at.map(|at| format!("It began at {}.", moment(rules, at))),
                call.read_back.and_then(word).map(|came| format!("Read back: {came}{read_back_at}")),
            ]);
            parts.add("call", "What was noted of the telephone call", noted, AboutWhom::Both, of_source);
        }
        parts.add("account", "The account of whoever referred", received.account.clone(), AboutWhom::Both, marks.first);
        let home = &received.home;
        parts.add("address", "Where the children live", home.address.clone(), AboutWhom::Both, marks.told);
        let of_people = marks.first.or(Some(THIRD));
        parts.add("people", "Who lives there", home.people.clone(), AboutWhom::Others, of_people);
    }

    /// What came after: what became known, what was decided, who was told, who disagreed.
    fn happened(&self, rules: &RuleSet, child: usize, pieces: &[Information], marks: &Marks, parts: &mut Parts) {
        let mut pieces = (2..).zip(pieces);
        let mut theirs: Vec<&str> = Vec::new();
        let mut parties: BTreeMap<&str, Party> = BTreeMap::new();
        for event in &self.events {
            let on = day(rules, event.leaf.at);
            match &event.what {
                What::Information(_) => {
                    if let Some((number, piece)) = pieces.next() {
                        became_known(rules, number, piece, event, parts);
                    }
                }
                What::Decision(body) if event.leaf.decided.as_ref().is_some_and(|one| one.child == child) => {
                    theirs.push(&body.decision);
                    decided(rules, event, body, marks, parts);
                }
                What::Letter(body) if body.told.decisions.iter().any(|one| theirs.contains(&one.as_str())) => {
                    letter(rules, event, body, marks, parts);
                }
                What::Disagreement(body) if theirs.contains(&body.decision.as_str()) => {
                    if let DisagreementStep::Disagreed(disagrees) = &body.step {
                        parties.insert(&body.disagreement, disagrees.party);
                    }
                    let is_referrers = parties.get(body.disagreement.as_str()) == Some(&Party::Referrer);
                    let source = marks.source.filter(|_| is_referrers);
                    disagreement(rules, event, body, source, marks, parts);
                }
                What::Act(body) if body.decision.as_deref().is_some_and(|one| theirs.contains(&one)) => {
                    let did = match event.leaf.kind {
                        Kind::DecisionConfirmed => "confirmed",
                        Kind::DecisionAccepted => "accepted",
                        _ => continue,
                    };
                    let text = format!("{} {did} the decision on {on}.", body.by.name);
                    let id = format!("act.{}", event.place);
                    parts.add(&id, "What followed a decision", text, AboutWhom::Both, None);
                }
                What::Act(body) if body.joined.as_ref().is_some_and(|joined| joined.child == child) => {
                    // Whoever referred is told of what is decided with the other, by this.
                    theirs.push(&event.leaf.id);
                    let text =
                        format!("{} joined this to another referral of the same incident on {on}.", body.by.name);
                    parts.add(&format!("act.{}", event.place), "It was joined", text, AboutWhom::Both, marks.any);
                }
                What::Review(body) if body.child == child => {
                    let title = "What was said of it in a quality audit";
                    let id = format!("review.{}", event.place);
                    parts.add(&id, title, reviewed(rules, body, &on), AboutWhom::Both, marks.any);
                }
                What::Disclosure(body) if body.child == child => {
                    let text = format!("What is recorded was given to {} on {on}.", body.to);
                    let id = format!("disclosure.{}", event.place);
                    parts.add(&id, "What was given before", text, AboutWhom::Others, Some(THIRD));
                }
                _ => {}
            }
        }
    }

    fn indicated(&self, rules: &RuleSet, child: usize, marks: &Marks, parts: &mut Parts) {
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
        // Which of the reasons rest on what is unsafe to share, a list of them does not say.
        parts.add("indicated", "What the criteria indicated last", text, AboutWhom::Both, marks.any);
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

/// What became known later, and who said it.
fn became_known(rules: &RuleSet, number: usize, piece: &Information, event: &Event, parts: &mut Parts) {
    let said_by = &piece.said_by;
    let harm = piece.unsafe_to_share.then_some(HARM);
    let entry = piece.corrects.map(|number| format!("entry {number}")).unwrap_or_default();
    let kind = match piece.sort {
        Sort::Answers => None,
        Sort::Check => Some("An agency looked into its own records.".to_owned()),
        Sort::Retraction => Some("Somebody took back what they said.".to_owned()),
        Sort::Correction => Some(format!("It was recorded wrongly in {entry}.")),
        Sort::Disputed => Some(format!("The family or the child says that {entry} is wrong.")),
    };
    let text = lines([kind, piece.account.clone(), piece.because.clone()]);
    let title = format!("What became known later ({number})");
    parts.add(&format!("piece.{number}"), &title, text, AboutWhom::Both, harm);
    let agency_of = said_by.agency.as_deref().map(|id| agency(rules, id));
    let named = [&said_by.name, &said_by.role, &agency_of, &said_by.organisation];
    let named: Vec<&str> = named.into_iter().flatten().map(String::as_str).collect();
    let who = lines([
        Some(named.join(", ")).filter(|named| !named.is_empty()),
        said_by.basis.and_then(word).map(|basis| format!("How they know: {basis}")),
        said_by.anonymous.then(|| "They would not say who they are.".to_owned()),
        piece.said_at.map(|at| format!("Said at {}.", moment(rules, at))),
        Some(format!("{} recorded it on {}.", event.by().name, day(rules, event.leaf.at))),
    ]);
    // Of whom no agency was said, they may be no professional.
    let is_public = said_by.agency.as_deref().is_none_or(|agency| rules.framework().is_public(agency));
    let source = (said_by.anonymous || is_public).then_some(SOURCE);
    let title = format!("Who said what became known later ({number})");
    parts.add(&format!("piece.{number}.by"), &title, who, AboutWhom::Both, source.or(harm));
}

/// A decision, and what its next holder was told.
fn decided(rules: &RuleSet, event: &Event, body: &DecisionBody, marks: &Marks, parts: &mut Parts) {
    let decided = &body.decided;
    let (view, list) = match decided.view {
        View::Agrees => ("as the criteria indicated", "reasons_to_close_unsettled"),
        View::DecidesHigher => ("higher than the criteria indicated", "reasons_to_decide_higher"),
        View::DecidesLower => ("lower than the criteria indicated", "reasons_to_decide_lower"),
    };
    let outcome = decided.outcome.word().replace('_', " ");
    let not_known: Vec<&str> = decided.not_known.iter().map(|fact| rules.says_of(fact).unwrap_or(fact)).collect();
    let holder = decided.next_holder.as_ref();
    let to = holder.map(|holder| holder.name.iter().chain([&holder.organisation]).cloned().collect::<Vec<_>>());
    let text = lines([
        Some(format!(
            "Level {} was decided by {} on {}: {view}.",
            decided.level,
            body.by.name,
            day(rules, event.leaf.at)
        )),
        Some(format!("What happens next: {outcome}.")),
        decided.reason.as_ref().map(|reason| listed(rules, list, reason)),
        Some(format!("Not known then: {}", not_known.join(" "))).filter(|_| !not_known.is_empty()),
        to.map(|to| format!("It was passed to {}.", to.join(", "))),
    ]);
    let id = format!("decision.{}", event.place);
    parts.add(&id, "A decision", text, AboutWhom::Both, marks.any);
    let Some(holder) = holder else { return };
    let along: Vec<String> = holder.along.iter().map(|along| along.word().replace('_', " ")).collect();
    let told = lines([
        holder.told.clone(),
        holder.telephoned_at.map(|at| format!("They were told by telephone at {}.", moment(rules, at))),
        Some(format!("With it went: {}.", along.join(", "))).filter(|_| !along.is_empty()),
    ]);
    parts.add(&format!("{id}.told"), "What the next holder was told", told, AboutWhom::Both, marks.any);
}

/// A letter and how it was sent; or why there was none.
/// What somebody who read it for the quality audit said.
fn reviewed(rules: &RuleSet, body: &ReviewBody, on: &str) -> String {
    let ask = |id: &String| rules.fact(id).map_or_else(|| id.clone(), |fact| rules.indicators()[fact].ask.clone());
    match &body.step {
        ReviewStep::Blind(blind) => lines([
            Some(format!("{} read it on {on}, without what was decided.", body.by.name)),
            blind.level.map(|level| format!("They would have decided level {level}.")),
            Some(blind.otherwise.iter().map(ask).collect::<Vec<_>>().join("; "))
                .filter(|otherwise| !otherwise.is_empty())
                .map(|otherwise| format!("They would have answered otherwise: {otherwise}")),
            blind.missing.as_ref().map(|missing| format!("What should have been known first: {missing}")),
        ]),
        ReviewStep::Concluded(conclusion) => {
            let found = FINDINGS.iter().filter(|(code, _)| conclusion.findings.iter().any(|one| one == code));
            let found: Vec<&str> = found.map(|(_, says)| *says).collect();
            lines([
                Some(format!("{} concluded on {on}: {}.", body.by.name, found.join("; "))),
                conclusion.words.clone(),
            ])
        }
    }
}

fn letter(rules: &RuleSet, event: &Event, body: &LetterBody, marks: &Marks, parts: &mut Parts) {
    let id = format!("letter.{}", event.place);
    let is_family = body.told.to == Reader::Family;
    if let Some(reason) = &body.told.withheld {
        let title = if is_family { "Why the family was not told" } else { "Why whoever referred was not told" };
        // What it would have done to tell, it may do to read that.
        let text = listed(rules, "reasons_not_to_tell", reason);
        parts.add(&id, title, text, AboutWhom::Both, Some(HARM));
    }
    let Some(Sent { name, address, safe, way, text, although, names_checked }) = &body.told.sent else { return };
    let of_several = (body.told.decisions.len() > 1).then_some(THIRD);
    let of_source = marks.source.or(marks.first);
    let (title, about, exempt, how, of_how) = match body.told.to {
        // One that names somebody was sent because a person said that the name may stand there.
        Reader::Family if *names_checked => ("A letter to the family", AboutWhom::Both, None, "the family", marks.told),
        Reader::Family => ("A letter to the family", AboutWhom::Child, None, "the family", marks.told),
        Reader::Referrer => {
            ("What whoever referred was told", AboutWhom::Both, of_source.or(of_several), "whoever referred", of_source)
        }
    };
    parts.add(&id, title, text.clone(), about, exempt);
    let way = word(*way).unwrap_or_default();
    let sent = lines([
        Some(format!("To {name}: {way}, by {} on {}.", body.by.name, day(rules, event.leaf.at))),
        address.clone(),
        safe.as_ref().map(|reason| listed(rules, "reasons_an_address_is_safe", reason)),
        although.as_ref().map(|why| format!("They were told although that was said to be unsafe: {why}")),
    ]);
    parts.add(&format!("{id}.sent"), &format!("How {how} was told"), sent, AboutWhom::Both, of_how);
}

/// A step of a disagreement; `source`: it shows who referred, who may be no professional.
fn disagreement(
    rules: &RuleSet,
    event: &Event,
    body: &DisagreementBody,
    source: Option<&'static str>,
    marks: &Marks,
    parts: &mut Parts,
) {
    let id = format!("disagreement.{}", event.place);
    match &body.step {
        DisagreementStep::Disagreed(Disagrees { party, name, level, about, says, .. }) => {
            parts.add(&id, "Somebody disagreed", says.clone(), AboutWhom::Both, source);
            let party = match party {
                Party::Referrer => "Whoever referred",
                Party::Agency => "Another agency",
                Party::Family => "The family",
                Party::Child => "The child",
            };
            let about = about.as_ref().map(|about| rules.says_of(about).unwrap_or(about));
            let who = lines([
                Some(party.to_owned()),
                name.clone(),
                level.map(|level| format!("They would decide level {level}.")),
                about.map(|about| format!("In question: {about}")),
            ]);
            parts.add(&format!("{id}.by"), "Who disagreed", who, AboutWhom::Both, source);
        }
        DisagreementStep::Answered(answers) => {
            let came_to = match answers.ruling {
                Ruling::Upheld => "They are right.",
                Ruling::UpheldInPart => "They are right in part.",
                Ruling::NotUpheld => "The decision stands.",
            };
            let by = answers.answered_by.as_ref().unwrap_or(&body.by.name);
            let text = lines([
                Some(came_to.to_owned()),
                Some(answers.says.clone()),
                Some(format!("{by} answered on {}.", day(rules, event.leaf.at))),
            ]);
            let title = "How somebody who disagreed was answered";
            parts.add(&id, title, text, AboutWhom::Both, source.or(marks.any));
        }
        DisagreementStep::WentOn(goes_on) => {
            parts.add(&id, "Why the answer was not accepted", goes_on.says.clone(), AboutWhom::Both, source);
        }
    }
}

/// What was answered: about the child, about the household, and what stands only in what is unsafe to share. What all
/// accounts come to stands first, then each that says otherwise or was corrected since.
fn answers(rules: &RuleSet, child: usize, received: &Received, pieces: &[Information], parts: &mut Parts) {
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
    let first = &received.referral;
    let whole = told(&first.unfolded(pieces, rules));
    let mut safe = first.clone();
    if received.unsafe_to_share {
        safe.household = None;
        safe.children.iter_mut().for_each(|one| one.answers.said.clear());
    }
    let shared: Vec<Information> =
        pieces.iter().map(|piece| if piece.unsafe_to_share { Information::default() } else { piece.clone() }).collect();
    let shared = told(&safe.unfolded(&shared, rules));
    let is_unsafe = |entry: usize| match entry.checked_sub(2) {
        None => received.unsafe_to_share,
        Some(place) => pieces.get(place).is_none_or(|piece| piece.unsafe_to_share),
    };
    let (mut own, mut household, mut exempt) = (Vec::new(), Vec::new(), Vec::new());
    let mut add = |id: &str, said: &Said, ends: &str, is_exempt: bool| {
        let line = format!("{} {}{ends}", rules.says_of(id).unwrap_or(id), in_words(said));
        let about = rules.fact(id).map(|fact| rules.indicators()[fact].about);
        if is_exempt {
            exempt.push(line);
        } else if about.is_none_or(|about| about == About::Child) {
            own.push(line);
        } else {
            household.push(line);
        }
    };
    for (id, said) in &whole {
        add(id, said, "", !shared.iter().any(|one| one.0 == *id && one.1 == *said));
    }
    for one in first.came_from(pieces, rules).into_iter().nth(child).unwrap_or_default() {
        let stands = one.said.answers();
        for account in one.accounts.iter().filter(|account| !account.reckoned) {
            let answers = account.said.answers();
            let is_among =
                account.said == one.said || (!answers.is_empty() && answers.iter().all(|said| stands.contains(said)));
            let ends = match account.corrected_by {
                Some(_) => format!(" (entry {}, corrected since)", account.piece),
                None if is_among => continue,
                None => format!(" (entry {})", account.piece),
            };
            let is_exempt = is_unsafe(account.piece) || account.corrected_by.is_some_and(is_unsafe);
            add(&one.fact, &account.said, &ends, is_exempt);
        }
    }
    // Whether an answer about the child tells of somebody else, such as who harmed, a person sees.
    parts.add("answers", "What was answered about the child", own.join("\n"), AboutWhom::Both, None);
    let title = "What was answered about the household";
    parts.add("household", title, household.join("\n"), AboutWhom::Both, Some(THIRD));
    parts.add("unsafe", "What else was answered", exempt.join("\n"), AboutWhom::Both, Some(HARM));
}

/// What there is to say, a line each.
fn lines(all: impl IntoIterator<Item = Option<String>>) -> String {
    all.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

/// What was said for monitoring, which is the child's as much as the rest.
fn monitoring(Monitoring { sex, ethnicity, disability }: Monitoring) -> Option<String> {
    let said = [
        sex.and_then(word).map(|sex| format!("sex {sex}")),
        ethnicity.and_then(word).map(|group| format!("ethnic group {group}")),
        disability.and_then(word).map(|disabled| format!("disabled {disabled}")),
    ];
    let said: Vec<String> = said.into_iter().flatten().collect();
    (!said.is_empty()).then(|| format!("For monitoring alone: {}", said.join(", ")))
}

/// A word of a closed list, as one reads it.
fn word(value: impl Serialize) -> Option<String> {
    Some(serde_json::to_value(value).ok()?.as_str()?.replace('_', " "))
}

/// What a listed reason means, and what was said besides.
fn listed(rules: &RuleSet, list: &str, reason: &Reason) -> String {
    let lists = rules.framework().code_lists.iter().filter(|one| one.id == list);
    let means = lists.flat_map(|one| &one.codes).find(|code| code.code == reason.code);
    lines([means.map(|code| code.means.clone()), Some(reason.says.clone())])
}

/// What a kind of agency is called.
fn agency(rules: &RuleSet, id: &str) -> String {
    let known = rules.framework().agencies.iter().find(|agency| agency.id == id);
    known.map_or_else(|| id.replace('_', " "), |agency| agency.name.clone())
}

fn day(rules: &RuleSet, at: Timestamp) -> String {
    rules.framework().calendar.london(at).strftime("%-d %B %Y").to_string()
}

fn moment(rules: &RuleSet, at: Timestamp) -> String {
    rules.framework().calendar.london(at).strftime("%-H:%M on %-d %B %Y").to_string()
}
