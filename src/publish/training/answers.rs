//! What the criteria indicate for each case, as the evaluator says it.

use super::super::blocks::{Block, Section, Text, part};
use super::super::entries::capital;
use super::super::uses::agency;
use super::cases::{Case, OneChild};
use crate::criteria::RuleSet;
use crate::facts::Answer;
use crate::level::{Evaluation, Question, Reason, ThresholdFinding};

/// More questions than anybody reads after a case.
const MOST_QUESTIONS: usize = 6;

/// Every case's answer.
pub(super) fn answers(rules: &RuleSet, cases: &[Case<'_>]) -> Section {
    let mut blocks = vec![Block::paragraph(
        "Where you decided otherwise, ask which fact you saw and the criteria do not ask for, and which fact they read that you passed over. Both happen.",
    )];
    for case in cases {
        blocks.push(Block::heading(case.heading()));
        blocks.extend(case.children.iter().map(|child| answer(rules, case, child)));
    }
    Section { begins_page: true, ..part("answers", "What the criteria indicate for each case", blocks) }
}

fn answer(rules: &RuleSet, case: &Case<'_>, child: &OneChild<'_>) -> Block {
    let evaluation = &child.evaluation;
    let mut rows = vec![("Level", headline(evaluation))];
    let mut add = |name: &'static str, lines: Vec<Text>| {
        if !lines.is_empty() {
            rows.push((name, lines));
        }
    };
    add("Why", evaluation.reasons.iter().map(|reason| Text::from(why(reason))).collect());
    let counting = evaluation.thresholds.iter().filter(|threshold| decides(evaluation, threshold));
    add("How needs add up", counting.map(|threshold| Text::from(counted(threshold))).collect());
    let enough =
        evaluation.enough.iter().map(|one| Text::from(format!("{} ", ask(rules, one.fact))).and_strong(&one.says));
    add("Enough alone, whatever else is true", enough.collect());
    add(
        "What to do",
        evaluation
            .actions
            .iter()
            .map(|action| {
                let when = action.within.map(|within| format!(" ({within})")).unwrap_or_default();
                Text::from(format!("{}{when}", action.says))
            })
            .collect(),
    );
    add("A manager answers", evaluation.considerations.iter().map(|one| Text::from(one.says)).collect());
    let higher =
        evaluation.why_not_higher.iter().map(|why| Text::from(format!("Level {}: {}", why.would_reach, why.says)));
    add("Would have reached a higher level", higher.collect());
    // What is not known is asked next.
    let known = evaluation.would_change.iter().filter(|change| change.now != Answer::Word("not_known".to_owned()));
    add("What would change it", known.map(|change| Text::from(change.says.as_str())).collect());
    add("What to ask next", questions(rules, evaluation));
    let presumed = evaluation
        .presumed
        .iter()
        .map(|one| Text::from(ask(rules, one.fact)).and(" ").and_strong(&in_words(rules, one.fact, &one.answer)));
    add("Taken as so until answered", presumed.collect());
    add("Strengths", evaluation.protective.iter().map(|strength| Text::from(strength.says)).collect());
    rows.push(("The worked example", vec![Text::small(&case.from)]));
    let rows = rows.into_iter().map(|(name, lines)| (name.to_owned(), lines)).collect();
    Block::Facts { caption: format!("{}: what the criteria indicate", case.name_of(child)), rows }
}

fn headline(evaluation: &Evaluation<'_>) -> Vec<Text> {
    let (least, most) = (&evaluation.at_least, &evaluation.at_most);
    if evaluation.settled {
        let text = Text::strong(&format!("Level {}: {}.", least.rank, least.name));
        return vec![text.and(" More information would not change this.")];
    }
    let text = Text::strong(&format!("At least level {}: {}.", least.rank, least.name));
    let text = text.and(&format!(" Could be level {}: {}.", most.rank, most.name));
    vec![text, Text::from("Act on the lower one now; ask what is not known.")]
}

fn why(reason: &Reason<'_>) -> String {
    format!("{} ({})", reason.says, reason.gives)
}

fn counted(threshold: &ThresholdFinding<'_>) -> String {
    let reached = if threshold.reached { "reached" } else { "not reached" };
    format!("{}: {} of {}, {reached}", threshold.says.trim_end_matches('.'), threshold.have, threshold.of)
}

/// Whether a threshold makes this level, or would make a higher one.
fn decides(evaluation: &Evaluation<'_>, threshold: &ThresholdFinding<'_>) -> bool {
    let least = evaluation.at_least.rank;
    if threshold.reached { threshold.reaches == least } else { threshold.reaches > least }
}

fn questions(rules: &RuleSet, evaluation: &Evaluation<'_>) -> Vec<Text> {
    let mut lines: Vec<Text> =
        evaluation.ask_next.iter().take(MOST_QUESTIONS).map(|question| Text::from(next(rules, question))).collect();
    let more = evaluation.ask_next_total.saturating_sub(lines.len());
    if more > 0 {
        lines.push(Text::small(format!("and {more} more that can change the level")));
    }
    lines
}

fn next(rules: &RuleSet, question: &Question<'_>) -> String {
    let effect = match question.could_lower_to {
        Some(lower) => format!("could lower to level {lower}"),
        None => format!("could reach level {}", question.could_reach),
    };
    let who: Vec<String> = question.would_know.iter().map(|id| agency(rules, id)).collect();
    let who = if who.is_empty() { String::new() } else { format!("; would know: {}", who.join("; ")) };
    format!("{} ({effect}{who})", question.ask)
}

/// A fact's question; of a fact that these rules do not know, its id.
fn ask<'r>(rules: &'r RuleSet, fact: &'r str) -> &'r str {
    rules.says_of(fact).unwrap_or(fact)
}

fn in_words(rules: &RuleSet, fact: &str, answer: &Answer) -> String {
    let indicator = rules.indicators.iter().find(|one| one.id == fact);
    let class = indicator.and_then(|one| one.classes.iter().find(|class| class.answer == *answer));
    class.map_or_else(|| capital(&answer.to_string()), |class| class.label.clone())
}
