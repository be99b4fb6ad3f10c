//! The life of a rule change: what each step does, what may not be, and which rules are in force when.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;
use windscreen::calendar::Calendar;
use windscreen::criteria::load;
use windscreen::rule_change::{
    AT_ONCE, Begins, EMERGENCY_DAYS, NotTaken, Partners, Proposal, RuleChange, Said, Standing, Step, Taken, Terms,
    reigns,
};
use windscreen::rules_dir;

use crate::reference::dice::Dice;

const STATUTORY: [&str; 3] = ["council", "health", "police"];

fn partners() -> Partners {
    let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Partners { statutory: named(&STATUTORY), others: named(&["schools", "voluntary_sector"]), enough: 3 }
}

fn calendar() -> Calendar {
    let hours = serde_json::from_str(r#"{ "days": ["mon"], "from": "09:00", "to": "17:00", "otherwise": "edt" }"#);
    Calendar::new(&hours.unwrap()).unwrap()
}

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

fn proposal(digest: &str, instead_of: &str, may_lower: bool, begins: Begins) -> Proposal {
    let (digest, instead_of) = (digest.to_owned(), instead_of.to_owned());
    Proposal {
        digest,
        instead_of,
        may_lower,
        begins,
        reason: "A case review".to_owned(),
        clause: "WT 1.4".to_owned(),
        answer_by: None,
        written_by: BTreeSet::new(),
    }
}

fn on(day: &str) -> Begins {
    Begins::On(day.parse().unwrap())
}

fn until(day: &str) -> Begins {
    Begins::AtOnceUntil(day.parse().unwrap())
}

/// A change as a story: who does what, when.
struct Story {
    partners: Partners,
    calendar: Calendar,
    change: RuleChange,
    steps: Vec<Taken>,
}

impl Story {
    fn begin(by: &str, time: &str, proposal: Proposal) -> Result<Self, NotTaken> {
        let (partners, calendar) = (partners(), calendar());
        let steps = vec![Taken { step: Step::Proposed(proposal), by: by.to_owned(), at: at(time) }];
        let change = RuleChange::of(Terms { partners: &partners, calendar: &calendar }, &steps)?;
        Ok(Self { partners, calendar, change, steps })
    }

    fn take(&mut self, by: &str, time: &str, step: Step) -> Result<(), NotTaken> {
        let taken = Taken { step, by: by.to_owned(), at: at(time) };
        let before = self.change.clone();
        let terms = Terms { partners: &self.partners, calendar: &self.calendar };
        match self.change.take(terms, &taken) {
            Ok(()) => self.steps.push(taken),
            Err(error) => {
                assert_eq!(self.change, before, "what is not taken changes nothing");
                return Err(error);
            }
        }
        assert_eq!(RuleChange::of(terms, &self.steps).as_ref(), Ok(&self.change));
        Ok(())
    }

    fn approve(&mut self, partner: &str, time: &str) -> Result<(), NotTaken> {
        let (digest, begins) = (self.change.proposal.digest.clone(), self.change.proposal.begins);
        let step = Step::Approved { partner: partner.to_owned(), digest, begins, minute: None };
        self.take(&format!("delegate of {partner}"), time, step)
    }

    fn waits_for(&self) -> Vec<String> {
        self.change.waits_for(&self.partners).into_iter().collect()
    }
}

#[test]
fn a_change_that_may_lower_takes_every_statutory_partner() {
    let mut story = Story::begin("author", "2026-12-01T10:00:00Z", proposal("b", "a", true, on("2027-01-04"))).unwrap();
    story.approve("council", "2026-12-02T10:00:00Z").unwrap();
    story.approve("schools", "2026-12-02T11:00:00Z").unwrap();
    story.approve("voluntary_sector", "2026-12-02T12:00:00Z").unwrap();
    assert_eq!(story.waits_for(), ["health", "police"]);
    let refuses = Step::Refused { partner: "police".into(), digest: "b".into(), says: "Too soon".into() };
    story.take("constable", "2026-12-03T10:00:00Z", refuses).unwrap();
    story.approve("health", "2026-12-03T11:00:00Z").unwrap();
    assert_eq!((story.change.standing, story.waits_for()), (Standing::Proposed, vec!["police".to_owned()]));
    story.approve("police", "2026-12-04T10:00:00Z").unwrap();
    assert_eq!(story.change.standing, Standing::Agreed);
    // The first moment of the day in London.
    assert_eq!(story.change.in_force, Some(at("2027-01-04T00:00:00Z")));
}

#[test]
fn a_change_that_lowers_nobody_takes_as_many_as_the_framework_says() {
    let mut story =
        Story::begin("author", "2027-06-01T10:00:00Z", proposal("b", "a", false, on("2027-06-02"))).unwrap();
    story.approve("schools", "2027-06-01T11:00:00Z").unwrap();
    story.approve("council", "2027-06-01T12:00:00Z").unwrap();
    assert_eq!(story.change.standing, Standing::Proposed);
    // Agreed after its day: from the next midnight on, in British Summer Time.
    story.approve("voluntary_sector", "2027-06-05T12:00:00Z").unwrap();
    assert_eq!(story.change.in_force, Some(at("2027-06-05T23:00:00Z")));
}

#[test]
fn the_framework_says_who_is_asked_and_how_many_are_enough() {
    let of = |said: &str| {
        let mut files =
            rules_dir::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rule_sets/good/tiny").as_path())
                .unwrap();
        let file = files.iter_mut().find(|file| file.path == "framework.yaml").unwrap();
        file.bytes.extend(said.as_bytes());
        Partners::of(load(&files).rule_set.unwrap().framework())
    };
    let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let statutory: BTreeSet<String> = named(&["council", "police"]);
    assert_eq!(of(""), Partners { statutory: statutory.clone(), others: named(&[]), enough: 2 });
    let said = "rule_changes: { also_ask: [school], enough: 3 }\n";
    assert_eq!(of(said), Partners { statutory, others: named(&["school"]), enough: 3 });
}

#[test]
fn an_edit_makes_void_what_was_agreed_and_what_was_read_is_what_is_agreed() {
    let mut story = Story::begin("author", "2026-12-01T10:00:00Z", proposal("b", "a", true, on("2027-01-04"))).unwrap();
    story.approve("council", "2026-12-01T11:00:00Z").unwrap();
    let other = proposal("c", "a", true, on("2027-01-04"));
    story.take("second author", "2026-12-01T12:00:00Z", Step::Edited(other.clone())).unwrap();
    assert_eq!((story.change.said.len(), story.waits_for().len()), (0, 3));
    let read_before =
        Step::Approved { partner: "health".into(), digest: "b".into(), begins: on("2027-01-04"), minute: None };
    let error = story.take("delegate of health", "2026-12-01T13:00:00Z", read_before).unwrap_err();
    assert_eq!(error.to_string(), "what was read is b, and c is proposed now; read what was edited, and answer that");
    let other_day =
        Step::Approved { partner: "health".into(), digest: "c".into(), begins: on("2027-02-01"), minute: None };
    assert_eq!(story.take("delegate of health", "2026-12-01T13:00:00Z", other_day), Err(NotTaken::OtherBeginning));
    assert_eq!(story.take("author", "2026-12-01T14:00:00Z", Step::Edited(other)), Err(NotTaken::NothingEdited));
    // Both of them wrote it.
    for by in ["author", "second author"] {
        let step =
            Step::Approved { partner: "health".into(), digest: "c".into(), begins: on("2027-01-04"), minute: None };
        assert_eq!(story.take(by, "2026-12-01T15:00:00Z", step), Err(NotTaken::OwnRules));
    }
    story.approve("health", "2026-12-01T16:00:00Z").unwrap();
    assert_eq!(story.approve("health", "2026-12-01T17:00:00Z"), Err(NotTaken::ApprovedAlready("health".into())));
}

#[test]
fn a_minute_counts_once_its_partner_confirms_it() {
    let mut story = Story::begin("author", "2026-12-01T10:00:00Z", proposal("b", "a", true, on("2027-01-04"))).unwrap();
    story.approve("council", "2026-12-01T11:00:00Z").unwrap();
    story.approve("health", "2026-12-01T12:00:00Z").unwrap();
    let minute = |minute: &str| Step::Approved {
        partner: "police".into(),
        digest: "b".into(),
        begins: on("2027-01-04"),
        minute: Some(minute.to_owned()),
    };
    assert_eq!(story.take("clerk", "2026-12-02T10:00:00Z", minute(" ")), Err(NotTaken::NoWords));
    story.take("clerk", "2026-12-02T10:00:00Z", minute("Board of 1 December, item 4")).unwrap();
    assert!(matches!(story.change.said["police"], Said::ToConfirm { .. }));
    let confirmed = || Step::Confirmed { partner: "police".into() };
    assert_eq!(story.take("clerk", "2026-12-02T11:00:00Z", confirmed()), Err(NotTaken::OwnMinute));
    assert_eq!(story.change.standing, Standing::Proposed);
    story.take("constable", "2026-12-02T12:00:00Z", confirmed()).unwrap();
    assert_eq!(story.change.standing, Standing::Agreed);
}

#[test]
fn only_a_partner_takes_its_refusal_back_and_it_may_take_back_its_word() {
    let mut story =
        Story::begin("author", "2026-12-01T10:00:00Z", proposal("b", "a", false, on("2027-01-04"))).unwrap();
    let refuses = || Step::Refused { partner: "police".into(), digest: "b".into(), says: "Too soon".into() };
    story.approve("police", "2026-12-01T11:00:00Z").unwrap();
    story.take("constable", "2026-12-01T12:00:00Z", refuses()).unwrap();
    for partner in ["council", "health", "schools"] {
        story.approve(partner, "2026-12-02T10:00:00Z").unwrap();
    }
    assert_eq!((story.change.standing, story.waits_for()), (Standing::Proposed, vec!["police".to_owned()]));
    let minute = Step::Approved {
        partner: "police".into(),
        digest: "b".into(),
        begins: on("2027-01-04"),
        minute: Some("Board of 1 December, item 4".to_owned()),
    };
    assert_eq!(story.take("clerk", "2026-12-02T11:00:00Z", minute), Err(NotTaken::Refuses("police".into())));
    assert_eq!(story.change.standing, Standing::Proposed);
    story.approve("police", "2026-12-03T10:00:00Z").unwrap();
    assert_eq!(story.change.standing, Standing::Agreed);
}

#[test]
fn an_emergency_is_in_force_at_once_and_lapses() {
    let too_long = proposal("b", "a", false, until("2026-12-30"));
    assert_eq!(Story::begin("author", "2026-12-01T10:00:00Z", too_long).err(), Some(NotTaken::EndTooLate));
    let mut story =
        Story::begin("author", "2026-12-01T10:00:00Z", proposal("b", "a", false, until("2026-12-10"))).unwrap();
    story.approve("schools", "2026-12-01T10:10:00Z").unwrap();
    story.approve("police", "2026-12-01T10:20:00Z").unwrap();
    assert_eq!(story.waits_for(), ["council", "health"]);
    story.approve("health", "2026-12-01T10:30:00Z").unwrap();
    assert_eq!(story.change.in_force, Some(at("2026-12-01T10:30:00Z")));
    let changes = [story.change];
    let told = reigns("a", at("2026-01-01T00:00:00Z"), &changes);
    let told: Vec<_> = told.iter().map(|reign| (reign.digest.as_str(), reign.from)).collect();
    let (begins, lapses) = (at("2026-12-01T10:30:00Z"), at("2026-12-11T00:00:00Z"));
    assert_eq!(told, [("a", at("2026-01-01T00:00:00Z")), ("b", begins), ("a", lapses)]);
}

#[test]
fn two_statutory_partners_undo_what_is_in_force_within_a_fortnight() {
    let mut story = Story::begin("author", "2026-12-01T10:00:00Z", proposal("b", "a", true, on("2026-12-05"))).unwrap();
    let undone = |partner: &str| Step::Undone { partner: partner.to_owned(), says: "It misses babies".to_owned() };
    for partner in STATUTORY {
        story.approve(partner, "2026-12-02T10:00:00Z").unwrap();
    }
    assert_eq!(story.take("x", "2026-12-04T23:59:59Z", undone("police")), Err(NotTaken::NotInForce));
    story.take("x", "2026-12-05T00:00:00Z", undone("police")).unwrap();
    let again = story.take("x", "2026-12-05T01:00:00Z", undone("police"));
    assert_eq!(again, Err(NotTaken::ApprovedAlready("police".into())));
    assert_eq!(story.take("x", "2026-12-05T01:00:00Z", undone("schools")), Err(NotTaken::NoPartner("schools".into())));
    assert_eq!(story.take("y", "2026-12-19T00:00:00Z", undone("health")), Err(NotTaken::TooLateToUndo));
    story.take("y", "2026-12-18T23:59:59Z", undone("health")).unwrap();
    assert_eq!(story.change.standing, Standing::Undone);
    let told = reigns("a", at("2026-01-01T00:00:00Z"), &[story.change]);
    assert_eq!(told.iter().map(|reign| reign.digest.as_str()).collect::<Vec<_>>(), ["a", "b", "a"]);
}

#[test]
fn a_change_that_was_overtaken_does_not_come_into_force() {
    let agreed = |digest: &str, instead_of: &str, day: &str| {
        let mut story =
            Story::begin("author", "2026-12-01T10:00:00Z", proposal(digest, instead_of, false, on(day))).unwrap();
        ["council", "health", "police"].into_iter().for_each(|by| story.approve(by, "2026-12-01T11:00:00Z").unwrap());
        story.change
    };
    let changes = [agreed("b", "a", "2026-12-10"), agreed("c", "a", "2026-12-11"), agreed("d", "b", "2026-12-12")];
    let told = reigns("a", at("2026-01-01T00:00:00Z"), &changes);
    let told: Vec<_> = told.iter().map(|reign| (reign.digest.as_str(), reign.change)).collect();
    assert_eq!(told, [("a", None), ("b", Some(0)), ("d", Some(2))]);
}

/// Random steps, most of which may not be.
fn random_steps(dice: &mut Dice) -> Vec<Taken> {
    let people = ["ann", "ben", "cem", "dee", "eve"];
    let names = ["council", "health", "police", "schools", "nobody"];
    let mut time = at("2026-12-01T10:00:00Z");
    let mut steps = Vec::new();
    for _ in 0..dice.between(4, 30) {
        time = time.checked_add(i64::try_from(dice.below(60)).unwrap().hours()).unwrap();
        let (by, partner) = (people[dice.below(5)].to_owned(), names[dice.below(5)].to_owned());
        let digest = ["b", "c"][dice.below(2)].to_owned();
        let begins = [on("2026-12-20"), until("2026-12-20")][dice.below(2)];
        let says = "Because".to_owned();
        let step = match dice.below(12) {
            0 if dice.chance(30) => Step::Edited(proposal(&digest, "a", dice.chance(50), begins)),
            0 | 1 => Step::Refused { partner, digest, says },
            2 => Step::Confirmed { partner },
            3 if dice.chance(20) => Step::Withdrawn { says },
            4 | 5 => Step::Undone { partner, says },
            6 => Step::Approved { partner, digest, begins, minute: Some("Item 4".to_owned()) },
            _ => Step::Approved { partner, digest, begins, minute: None },
        };
        steps.push(Taken { step, by, at: time });
    }
    steps
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5000 * crate::cases(), failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is tried, what is agreed was agreed: the rules that are proposed last, by enough partners, one delegate
    /// each, none of whom wrote any of them.
    #[test]
    fn what_is_agreed_was_agreed(seed in any::<u64>(), may_lower in any::<bool>(), at_once in any::<bool>()) {
        let mut dice = Dice::new(seed);
        let begins = if at_once { until("2026-12-20") } else { on("2026-12-20") };
        let mut story = Story::begin("ann", "2026-12-01T10:00:00Z", proposal("b", "a", may_lower, begins)).unwrap();
        let mut yes: BTreeMap<String, String> = BTreeMap::new();
        let mut no: BTreeSet<String> = BTreeSet::new();
        let mut authors: BTreeSet<String> = ["ann".to_owned()].into();
        for taken in random_steps(&mut dice) {
            let was = story.change.standing;
            let terms = Terms { partners: &story.partners, calendar: &story.calendar };
            if story.change.take(terms, &taken).is_err() {
                continue;
            }
            let by = taken.by.clone();
            match &taken.step {
                Step::Edited(_) => {
                    yes.clear();
                    no.clear();
                    authors.insert(by);
                }
                Step::Refused { partner, .. } => {
                    yes.remove(partner);
                    no.insert(partner.clone());
                }
                Step::Approved { partner, digest, minute: None, .. } => {
                    prop_assert_eq!(digest, &story.change.proposal.digest);
                    no.remove(partner);
                    yes.insert(partner.clone(), by);
                }
                Step::Confirmed { partner } => {
                    yes.insert(partner.clone(), by);
                }
                _ => {}
            }
            if was == Standing::Proposed && story.change.standing == Standing::Agreed {
                let statutory = yes.keys().filter(|name| STATUTORY.contains(&name.as_str())).count();
                let proposal = &story.change.proposal;
                let enough = match proposal.begins {
                    _ if proposal.may_lower => statutory == 3,
                    Begins::AtOnceUntil(_) => statutory >= AT_ONCE,
                    Begins::On(_) => yes.len() >= 3,
                };
                prop_assert!(enough, "{yes:?} {proposal:?}");
                prop_assert!(yes.values().all(|by| !authors.contains(by)), "{yes:?} by {authors:?}");
                // Nobody else takes a refusal back, by a minute or otherwise.
                prop_assert!(no.iter().all(|partner| !STATUTORY.contains(&partner.as_str())), "{no:?} do not agree");
                let in_force = story.change.in_force.unwrap();
                prop_assert!(in_force >= taken.at);
                let longest = taken.at.checked_add((24 * (EMERGENCY_DAYS + 2)).hours()).unwrap();
                prop_assert!(story.change.ends.is_none_or(|ends| ends <= longest));
            }
        }
        let since = at("2026-01-01T00:00:00Z");
        let told = reigns("a", since, std::slice::from_ref(&story.change));
        prop_assert!(told.windows(2).all(|pair| pair[0].from < pair[1].from && pair[0].digest != pair[1].digest));
        prop_assert_eq!(told.len() > 1, story.change.in_force.is_some() && story.change.ends != story.change.in_force);
    }
}
