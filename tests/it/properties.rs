//! What holds for every referral, tried on random ones under every rule set that ships.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use proptest::prelude::*;
use windscreen::criteria::{Contribution, Kind, RuleFile, RuleSet, load};
use windscreen::facts::{Answer, Answers, Facts, Said, Scope};
use windscreen::level::{Considered, Enough, Evaluation, Explain, bounds, evaluate};
use windscreen::rules_dir;

const FOLDERS: [&str; 3] = ["rules", "fixtures/rule_sets/good/four_levels", "fixtures/rule_sets/good/tiny"];

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn loaded(files: &[RuleFile]) -> RuleSet {
    load(files).rule_set.expect("a good rule set")
}

/// Each rule set as it stands, and the same with every list of facts, criteria and topics turned round.
pub(super) fn rule_sets() -> &'static [(RuleSet, RuleSet)] {
    static SETS: OnceLock<Vec<(RuleSet, RuleSet)>> = OnceLock::new();
    SETS.get_or_init(|| {
        let pair = |path: &&str| {
            let files = rules_dir::read(&folder(path)).unwrap();
            (loaded(&files), loaded(&turned_round(&files)))
        };
        FOLDERS.iter().map(pair).collect()
    })
}

fn turned_round(files: &[RuleFile]) -> Vec<RuleFile> {
    let turn = |file: &RuleFile| {
        let mut file = file.clone();
        if file.path.ends_with(".yaml") && !file.path.ends_with("_test.yaml") {
            let mut document: serde_yaml::Value = serde_yaml::from_slice(&file.bytes).unwrap();
            for key in ["indicators", "criteria", "topics", "thresholds", "actions", "considerations"] {
                if let Some(list) = document.get_mut(key).and_then(serde_yaml::Value::as_sequence_mut) {
                    list.reverse();
                }
            }
            file.bytes = serde_yaml::to_string(&document).unwrap().into_bytes();
        }
        file
    };
    let mut turned: Vec<RuleFile> = files.iter().map(turn).collect();
    turned.reverse();
    turned
}

/// A small generator: the same number gives the same referral for ever.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

fn answer(rules: &RuleSet, fact: usize, class: usize) -> Answer {
    rules.indicators()[fact].classes[class].answer.clone()
}

/// Up to fourteen answers, most of them beyond the least; some not known, some topics raised.
pub(super) fn referral(rules: &RuleSet, seed: u64, scope: Scope) -> Answers {
    let mut dice = Dice(seed);
    let mut answers = Answers { scope, ..Answers::default() };
    for _ in 0..dice.roll(15) {
        let fact = dice.roll(rules.indicators().len());
        let indicator = &rules.indicators()[fact];
        if answers.said.iter().any(|(id, _)| *id == indicator.id) {
            continue;
        }
        let class = dice.roll(indicator.classes.len());
        let said = match dice.roll(12) {
            0 => Said::NotKnown,
            1 => Said::TwoAccounts(answer(rules, fact, class), answer(rules, fact, dice.roll(indicator.classes.len()))),
            _ => Said::Answer(answer(rules, fact, class)),
        };
        answers.said.push((indicator.id.clone(), said));
    }
    for _ in 0..dice.roll(3) {
        answers.concerns.push(rules.topics()[dice.roll(rules.topics().len())].id.clone());
    }
    answers
}

fn facts(rules: &RuleSet, answers: &Answers) -> Facts {
    rules.read(answers, "").expect("generated answers are understood")
}

fn with(answers: &Answers, id: &str, said: Said) -> Answers {
    let mut changed = answers.clone();
    match changed.said.iter_mut().find(|(other, _)| other == id) {
        Some((_, old)) => *old = said,
        None => changed.said.push((id.to_owned(), said)),
    }
    changed
}

fn without(answers: &Answers, keep: impl Fn(&str) -> bool) -> Answers {
    let mut changed = answers.clone();
    changed.said.retain(|(id, _)| keep(id));
    changed
}

fn of(rules: &RuleSet, answers: &Answers) -> (u8, u8) {
    let bounds = bounds(rules, &facts(rules, answers));
    (bounds.at_least(), bounds.at_most())
}

fn ids<'a>(list: impl Iterator<Item = &'a str>) -> BTreeSet<&'a str> {
    list.collect()
}

/// An evaluation without its explanation.
fn bare<'r>(evaluation: &Evaluation<'r>) -> Evaluation<'r> {
    Evaluation {
        reasons: Vec::new(),
        thresholds: Vec::new(),
        sufficient_reason: Vec::new(),
        enough: Vec::new(),
        why_not_higher: Vec::new(),
        would_change: Vec::new(),
        ..evaluation.clone()
    }
}

/// Facts whose answer may lower a level: presumed, protective, or resting under an `unless`.
fn may_lower(rules: &RuleSet) -> BTreeSet<usize> {
    let softens =
        rules.indicators().iter().flat_map(|fact| fact.classes.iter().filter_map(|class| class.gives.softens.as_ref()));
    let criteria = rules.criteria().iter().filter_map(|criterion| criterion.gives.softens.as_ref());
    let rests: BTreeSet<usize> =
        softens.chain(criteria).flat_map(|softens| softens.rests_on.iter().collect::<Vec<_>>()).collect();
    let others = (0..rules.indicators().len()).filter(|fact| rules.is_presumed(*fact) || rules.is_protective(*fact));
    rests.into_iter().chain(others).collect()
}

fn order_does_not_matter(set: usize, seed: u64) -> Result<(), TestCaseError> {
    let (rules, turned) = &rule_sets()[set];
    let answers = referral(rules, seed, Scope::Referral);
    let (one, other) = (
        evaluate(rules, &facts(rules, &answers), Explain::Full),
        evaluate(turned, &facts(turned, &answers), Explain::Full),
    );
    prop_assert_eq!((one.at_least.rank, one.at_most.rank), (other.at_least.rank, other.at_most.rank));
    let reasons = |e: &Evaluation<'_>| e.reasons.iter().map(|r| (r.id.to_owned(), r.gives)).collect::<Vec<_>>();
    let (mut a, mut b) = (reasons(&one), reasons(&other));
    a.sort_by(|x, y| x.0.cmp(&y.0));
    b.sort_by(|x, y| x.0.cmp(&y.0));
    prop_assert_eq!(a, b);
    prop_assert_eq!(ids(one.actions.iter().map(|a| a.id)), ids(other.actions.iter().map(|a| a.id)));
    prop_assert_eq!(ids(one.considerations.iter().map(|a| a.id)), ids(other.considerations.iter().map(|a| a.id)));
    // Where no single answer raises the level, a smallest set that does together is asked for. There may be several, of
    // different sizes, and the form's order chooses among them.
    let not_known = Answer::Word("not_known".to_owned());
    let alone = |e: &Evaluation<'_>| {
        e.would_change.iter().any(|change| change.now == not_known && change.at_least > e.at_least.rank)
    };
    prop_assert_eq!(alone(&one), alone(&other));
    prop_assert_eq!(one.ask_next_total == 0, other.ask_next_total == 0);
    if alone(&one) {
        prop_assert_eq!(one.ask_next_total, other.ask_next_total);
    }
    Ok(())
}

/// Two questions that reach together what none reaches alone, or three, by the order of the form.
#[test]
fn of_several_smallest_sets_of_questions_the_order_chooses_one() {
    order_does_not_matter(1, 892_800_452_183_813_890).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500 * super::cases(), max_global_rejects: 4000 * super::cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_files_and_entries_never_matters(set in 0_usize..3, seed in any::<u64>()) {
        order_does_not_matter(set, seed)?;
    }

    /// Over a weekend a working day is longer than two days.
    #[test]
    fn actions_stand_in_the_order_of_their_times(set in 0_usize..3, seed in any::<u64>()) {
        let rules = &rule_sets()[set].0;
        let friday = "2026-11-27T15:00:00Z".parse().unwrap();
        let evaluation = evaluate(rules, &facts(rules, &referral(rules, seed, Scope::Referral)), Explain::None);
        let actions = evaluation.received_at(rules, friday).actions;
        let time = |due: &String| due.parse::<jiff::Timestamp>().unwrap();
        let times: Vec<_> = actions.iter().map(|action| (action.due.is_none(), action.due.as_ref().map(time))).collect();
        prop_assert!(times.is_sorted(), "{:?}", times);
    }

    /// Not known lies between its answers: the lower bound is no higher, and the upper no lower, than with any answer
    /// (but for the answers that may lower). Under every fact considered, so that no answer opens a topic.
    #[test]
    fn not_known_is_never_no(set in 0_usize..3, seed in any::<u64>(), pick in any::<prop::sample::Index>()) {
        let rules = &rule_sets()[set].0;
        let answers = referral(rules, seed, Scope::All);
        let fact = pick.index(rules.indicators().len());
        let indicator = &rules.indicators()[fact];
        let lowers = may_lower(rules).contains(&fact);
        let unknown = of(rules, &with(&answers, &indicator.id, Said::NotKnown));
        for class in 0..indicator.classes.len() {
            let known = of(rules, &with(&answers, &indicator.id, Said::Answer(answer(rules, fact, class))));
            prop_assert!(lowers || unknown.0 <= known.0, "{} {:?} {:?}", indicator.id, unknown, known);
            prop_assert!(unknown.1 >= known.1, "{} {:?} {:?}", indicator.id, unknown, known);
        }
    }

    #[test]
    fn more_concern_never_lowers(set in 0_usize..3, seed in any::<u64>(), pick in any::<prop::sample::Index>(), all in any::<bool>()) {
        let rules = &rule_sets()[set].0;
        let answers = referral(rules, seed, if all { Scope::All } else { Scope::Referral });
        let ordered: Vec<usize> = (0..rules.indicators().len()).filter(|fact| rules.is_ordered(*fact)).collect();
        let fact = *pick.get(&ordered);
        let indicator = &rules.indicators()[fact];
        let levels: Vec<(u8, u8)> = (0..indicator.classes.len())
            .map(|class| of(rules, &with(&answers, &indicator.id, Said::Answer(answer(rules, fact, class)))))
            .collect();
        for pair in levels.windows(2) {
            prop_assert!(pair[0].0 <= pair[1].0, "{}: {levels:?}", indicator.id);
            // A gate may close as an answer changes, so the upper bound is compared where gates close nothing.
            let gates = rules.indicators().iter().any(|other| other.asked_when.is_some());
            prop_assert!(gates || pair[0].1 <= pair[1].1, "{}: {levels:?}", indicator.id);
        }
    }

    #[test]
    fn answering_an_asked_question_never_widens(set in 0_usize..3, seed in any::<u64>()) {
        let rules = &rule_sets()[set].0;
        let answers = referral(rules, seed, Scope::Referral);
        let evaluation = evaluate(rules, &facts(rules, &answers), Explain::None);
        let before = of(rules, &answers);
        let lowers = may_lower(rules);
        for question in &evaluation.ask_next {
            let fact = rules.fact(question.fact).unwrap();
            for class in 0..rules.indicators()[fact].classes.len() {
                let after = of(rules, &with(&answers, question.fact, Said::Answer(answer(rules, fact, class))));
                prop_assert!(after.1 <= before.1, "{} = {class}: {before:?} to {after:?}", question.fact);
                prop_assert!(lowers.contains(&fact) || after.0 >= before.0, "{} = {class}: {before:?} to {after:?}", question.fact);
                prop_assert!(after.0 <= question.could_reach.max(before.1));
            }
        }
        if before.0 != before.1 {
            prop_assert!(evaluation.level.is_none() && !evaluation.settled);
            prop_assert!(!evaluation.ask_next.is_empty(), "a provisional answer says what to ask");
        } else {
            prop_assert_eq!(evaluation.level.as_ref().map(|level| level.rank), Some(before.0));
        }
    }

    /// A question is asked exactly when one of its answers, told alone, gives another lower bound; it says the highest.
    #[test]
    fn what_is_asked_is_what_an_answer_alone_changes(set in 0_usize..3, seed in any::<u64>()) {
        let rules = &rule_sets()[set].0;
        let answers = referral(rules, seed, Scope::Referral);
        let (at_least, at_most) = of(rules, &answers);
        let evaluation = evaluate(rules, &facts(rules, &answers), Explain::None);
        let asked = &evaluation.ask_next;
        let leads: BTreeSet<&str> =
            asked.iter().filter(|asks| asks.could_lower_to.is_some()).map(|asks| asks.fact).collect();
        let mut reach = BTreeMap::new();
        for fact in Considered::of(rules, &facts(rules, &answers)).open.iter() {
            let id = rules.indicators()[fact].id.as_str();
            let told = |class| of(rules, &with(&answers, id, Said::Answer(answer(rules, fact, class)))).0;
            let levels: Vec<u8> = (0..rules.indicators()[fact].classes.len()).map(told).collect();
            if levels.iter().any(|level| *level != at_least) {
                reach.insert(id, levels.into_iter().max().unwrap().max(at_least));
            }
        }
        // Where no answer alone raises the level, a smallest set that does together is asked for.
        prop_assume!(at_least < at_most && reach.values().any(|reach| *reach > at_least));
        for asks in asked.iter().filter(|asks| asks.could_lower_to.is_none()) {
            prop_assert_eq!(Some(&asks.could_reach), reach.get(asks.fact), "{}", asks.fact);
        }
        let all = leads.len() + reach.keys().filter(|id| !leads.contains(**id)).count();
        prop_assert_eq!((evaluation.ask_next_total, asked.len()), (all, all.min(12)));
    }

    #[test]
    fn protective_facts_never_take_a_level_below_a_floor(set in 0_usize..3, seed in any::<u64>()) {
        let rules = &rule_sets()[set].0;
        let mut answers = referral(rules, seed, Scope::Referral);
        for fact in (0..rules.indicators().len()).filter(|fact| rules.is_protective(*fact)) {
            answers = with(&answers, &rules.indicators()[fact].id, Said::Answer(Answer::YesNo(true)));
        }
        let evaluation = evaluate(rules, &facts(rules, &answers), Explain::Summary);
        let floors = evaluation.reasons.iter().filter_map(|reason| reason.gives.floor.or(reason.gives.duty));
        prop_assert!(floors.max().is_none_or(|floor| evaluation.at_least.rank >= floor));
    }

    #[test]
    fn explained_equals_unexplained_and_twice_is_the_same(set in 0_usize..3, seed in any::<u64>()) {
        let rules = &rule_sets()[set].0;
        let facts = facts(rules, &referral(rules, seed, Scope::Referral));
        let full = evaluate(rules, &facts, Explain::Full);
        prop_assert_eq!(serde_json::to_vec(&full).unwrap(), serde_json::to_vec(&evaluate(rules, &facts, Explain::Full)).unwrap());
        for less in [Explain::None, Explain::Summary] {
            let trimmed = evaluate(rules, &facts, less);
            prop_assert_eq!(bare(&trimmed), bare(&full));
        }
        let hot = bounds(rules, &facts);
        prop_assert_eq!((full.at_least.rank, full.at_most.rank), (hot.at_least(), hot.at_most()));
    }

    /// The reason forces the level alone: with only these facts, and every other at its least, the level is no lower;
    /// and none of them can be left out.
    #[test]
    fn the_sufficient_reason_is_enough_and_nothing_less_is(set in 0_usize..3, seed in any::<u64>()) {
        let rules = &rule_sets()[set].0;
        let answers = referral(rules, seed, Scope::Referral);
        let evaluation = evaluate(rules, &facts(rules, &answers), Explain::Summary);
        let reason = &evaluation.sufficient_reason;
        let alone = of(rules, &without(&answers, |id| reason.contains(&id)));
        prop_assert!(alone.0 >= evaluation.at_least.rank, "{reason:?} gives {alone:?}");
        // A reason stands under what lowers by being told, which is no reason itself.
        let lowers: BTreeSet<&str> = may_lower(rules).into_iter().map(|fact| rules.indicators()[fact].id.as_str()).collect();
        for left_out in reason {
            let rest = |id: &str| id != *left_out && reason.contains(&id);
            let alone = of(rules, &without(&answers, rest));
            let told = of(rules, &without(&answers, |id| id != *left_out && (rest(id) || lowers.contains(id))));
            prop_assert!(alone.0.min(told.0) < evaluation.at_least.rank, "{left_out} is not needed in {reason:?}");
        }
    }

    /// Any answers that are called enough are, together; and with all of them at their least concern, none can be less.
    #[test]
    fn what_is_enough_is_and_no_lesser_answer_is(set in 0_usize..3, seed in any::<u64>(), picks in any::<u64>()) {
        let rules = &rule_sets()[set].0;
        let answers = referral(rules, seed, Scope::Referral);
        let evaluation = evaluate(rules, &facts(rules, &answers), Explain::Summary);
        let enough = &evaluation.enough;
        prop_assert_eq!(ids(enough.iter().map(|one| one.fact)), ids(evaluation.sufficient_reason.iter().copied()));
        let reason = without(&answers, |id| enough.iter().any(|one| one.fact == id));
        let all = |one: &Enough| match (one.from, one.to) {
            (Some(from), Some(to)) => vec![Answer::Number(from), Answer::Number(to)],
            _ => one.answers.clone(),
        };
        let mut dice = Dice(picks);
        let mut any = reason.clone();
        let mut least = reason.clone();
        for one in enough {
            let all = all(one);
            any = with(&any, one.fact, Said::Answer(all[dice.roll(all.len())].clone()));
            let lowest = all.into_iter().min_by_key(|answer| rules.concern(one.fact, answer)).unwrap();
            least = with(&least, one.fact, Said::Answer(lowest));
        }
        for answers in [&any, &least] {
            prop_assert!(of(rules, answers).0 >= evaluation.at_least.rank, "{answers:?}");
        }
        let lowers = may_lower(rules);
        for one in enough {
            let fact = rules.fact(one.fact).unwrap();
            let class = all(one).iter().filter_map(|answer| rules.concern(one.fact, answer)).min();
            let Some(class) = class.filter(|class| *class > 0 && !lowers.contains(&fact)) else { continue };
            let less = with(&least, one.fact, Said::Answer(answer(rules, fact, usize::from(class) - 1)));
            // Under what lowers by being told, too.
            let mut told = less.clone();
            let lowering = answers.said.iter().filter(|(id, _)| rules.fact(id).is_some_and(|fact| lowers.contains(&fact)));
            told.said.extend(lowering.filter(|(id, _)| less.said.iter().all(|(other, _)| other != id)).cloned());
            let level = of(rules, &less).0.min(of(rules, &told).0);
            prop_assert!(level < evaluation.at_least.rank, "{one:?} could be less");
        }
    }

    /// Ages, and what has happened, are not told as if they could be otherwise; a lower level is told of the past.
    #[test]
    fn what_would_change_it_can_and_says_so(set in 0_usize..3, seed in any::<u64>()) {
        let rules = &rule_sets()[set].0;
        let evaluation = evaluate(rules, &facts(rules, &referral(rules, seed, Scope::Referral)), Explain::Full);
        for change in &evaluation.would_change {
            let is_known = change.now != Answer::Word("not_known".to_owned());
            prop_assert!(change.fact != "child_age_months" && !(is_known && change.fact == "previous_contacts_12m"));
            let lowers = change.at_least < evaluation.at_least.rank;
            prop_assert_eq!(change.says.contains("would have been"), lowers, "{}", &change.says);
            prop_assert_eq!(change.says.contains("would be at least"), !lowers, "{}", &change.says);
        }
    }

    #[test]
    fn what_would_change_it_does(set in 0_usize..3, seed in any::<u64>()) {
        let rules = &rule_sets()[set].0;
        let answers = referral(rules, seed, Scope::Referral);
        let evaluation = evaluate(rules, &facts(rules, &answers), Explain::Full);
        for change in &evaluation.would_change {
            let changed = of(rules, &with(&answers, change.fact, Said::Answer(change.were.clone())));
            prop_assert_eq!(changed.0, change.at_least, "{}", change.fact);
        }
        for why in evaluation.why_not_higher.iter().filter(|why| !why.stopped_by.is_empty()) {
            let mut changed = answers.clone();
            for stop in &why.stopped_by {
                let fact = rules.fact(stop.fact).unwrap();
                let worst = rules.indicators()[fact].classes.len() - 1;
                changed = with(&changed, stop.fact, Said::Answer(answer(rules, fact, worst)));
            }
            prop_assert!(of(rules, &changed).0 >= why.would_reach, "{}", why.id);
        }
    }

    #[test]
    fn of_two_accounts_the_one_of_greater_concern_is_used(set in 0_usize..3, seed in any::<u64>(), pick in any::<prop::sample::Index>()) {
        let rules = &rule_sets()[set].0;
        let answers = referral(rules, seed, Scope::Referral);
        let fact = pick.index(rules.indicators().len());
        let id = &rules.indicators()[fact].id;
        let classes = rules.indicators()[fact].classes.len();
        let (low, high) = (answer(rules, fact, 0), answer(rules, fact, classes - 1));
        let one = of(rules, &with(&answers, id, Said::Answer(if rules.is_ordered(fact) { high.clone() } else { low.clone() })));
        let two = of(rules, &with(&answers, id, Said::TwoAccounts(low.clone(), high.clone())));
        prop_assert_eq!(one, two);
        if rules.is_ordered(fact) {
            prop_assert_eq!(of(rules, &with(&answers, id, Said::TwoAccounts(high, low))), two);
        }
    }
}

/// A number is read by every rule as its class says: each limit and its neighbours, against what the file wrote.
#[test]
fn numbers_are_cut_where_rules_look() {
    let rules = &rule_sets()[0].0;
    for indicator in rules.indicators() {
        let Kind::Number { from, to, cuts, lower_is_worse, never, .. } = &indicator.kind else { continue };
        let worth = |number: i64| {
            let said = Answers {
                said: vec![(indicator.id.clone(), Said::Answer(Answer::Number(number)))],
                ..Answers::default()
            };
            let facts = rules.read(&said, "").unwrap();
            facts.known(rules.fact(&indicator.id).unwrap()).unwrap()
        };
        for number in (*from..*to).take(400) {
            let (a, b) = (worth(number), worth(number + 1));
            assert_eq!(a != b, cuts.contains(&(number + 1)), "{} {number}", indicator.id);
            assert!(if *lower_is_worse { a >= b } else { a <= b }, "{} {number}", indicator.id);
        }
        assert_eq!(indicator.classes.len(), cuts.len() + 1 + usize::from(*never));
    }
}

/// Modifiers and counts alone never make a protection level.
#[test]
fn nothing_counted_makes_protection() {
    for (rules, _) in rule_sets() {
        let Some(protection) = rules.ladder().protection_from() else { continue };
        let mut answers = Answers { scope: Scope::All, ..Answers::default() };
        for (fact, indicator) in rules.indicators().iter().enumerate() {
            // The worst answer that gives no floor and no duty.
            let soft = |class: &usize| {
                let gives = &indicator.classes[*class].gives;
                matches!(gives.contribution, Contribution::Nothing | Contribution::Counts { .. })
            };
            if rules.is_protective(fact) || rules.is_presumed(fact) {
                continue;
            }
            let class = (0..indicator.classes.len()).rev().find(soft).unwrap();
            let floors_by_criteria = rules.criteria().iter().any(|criterion| {
                matches!(criterion.gives.contribution, Contribution::Floor(_) | Contribution::Duty(_))
                    && criterion.reads.contains(fact)
            });
            let class = if floors_by_criteria { 0 } else { class };
            answers.said.push((indicator.id.clone(), Said::Answer(answer(rules, fact, class))));
        }
        let (least, _) = of(rules, &answers);
        assert!(least < protection, "{} reaches {least}", rules.id().framework);
        let counted = rules.thresholds().iter().map(|threshold| threshold.reaches).max().unwrap();
        assert!(least >= counted, "all that can be counted is found, and reaches {least}");
    }
}
