//! A difference as text for people: what it does first, then who moves, then what was edited.

use std::fmt::Write as _;

use super::{ComparedBy, Counted, Difference, Known, Movement, NotDecided, PassedOverBy, StandingRead, WayMoved};
use crate::proof::edits::{Decides, Edit};

impl Difference {
    /// As text. Nothing depends on colour or columns.
    pub fn as_text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "Before: {} {}, {}", self.old.framework, self.old.version, self.old.digest);
        let _ = writeln!(text, "Now:    {} {}, {}\n", self.new.framework, self.new.version, self.new.digest);
        for line in self.in_short() {
            let _ = writeln!(text, "{line}");
        }
        for movement in &self.movements {
            text.push_str(&told(movement));
        }
        if !self.not_decided.is_empty() {
            text.push_str("\nNot decided, for the budget ran out; there may be such children:\n");
            for NotDecided { way, from, to } in &self.not_decided {
                let _ = writeln!(text, "- {}", arrow(*way, from, to));
            }
        }
        for (decides, title) in [
            (Decides::Level, "What decides the level"),
            (Decides::Practice, "What is asked and done"),
            (Decides::Words, "Words alone"),
        ] {
            let edits: Vec<&Edit> = self.edits.iter().filter(|edit| edit.decides == decides).collect();
            if !edits.is_empty() {
                let _ = writeln!(text, "\n{title}:");
            }
            for edit in edits {
                let end = if edit.says.ends_with(['.', '?', '!']) { "" } else { "." };
                let _ = writeln!(text, "- {}{end} ({}, {})", edit.says, edit.id, edit.file);
            }
        }
        text
    }

    /// What the board reads first.
    pub fn in_short(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.old.digest == self.new.digest {
            lines.push("The two are the same.".to_owned());
            return lines;
        }
        if self.compared_by == ComparedBy::LegalBasis {
            lines.push(
                "These are two ladders, so levels cannot be compared by number. They are compared by legal basis."
                    .to_owned(),
            );
        }
        let by = match self.compared_by {
            ComparedBy::Level => "at the same level",
            ComparedBy::LegalBasis => "under the same duty",
        };
        lines.push(match self.moved {
            Known::None => format!("Every child is answered {by} by both. This is proved of every possible referral."),
            Known::Some => format!("Not every child is answered {by} by both."),
            Known::NotDecided => format!("It is not decided whether every child is answered {by} by both."),
        });
        lines.push(match self.lowered {
            Known::None => {
                "No child is answered lower than before. This is proved of every possible referral.".to_owned()
            }
            Known::Some => "SOME CHILD IS ANSWERED LOWER than before.".to_owned(),
            Known::NotDecided => "It is not decided whether some child is answered lower than before.".to_owned(),
        });
        if let Some(Counted { answers_at_most, referrals, moved, lowered }) = &self.census {
            let [referrals, moved, lowered] = [referrals, moved, lowered].map(|number| grouped(*number));
            let answers = if *answers_at_most == 1 { "answer that says" } else { "answers that say" };
            lines.push(format!(
                "Of the {referrals} referrals with at most {answers_at_most} {answers} more than silence does, {moved} \
                 move, {lowered} of them lower."
            ));
        }
        if self.edits.is_empty() {
            lines.push(
                "Nothing was edited that decides, asks or tells: the files differ in comments or order.".to_owned(),
            );
        }
        lines
    }
}

fn told(movement: &Movement) -> String {
    let Movement { way, from, to, smallest, counted } = movement;
    let counted = counted.filter(|counted| *counted > 0).map(|counted| format!(": {} of these", grouped(counted)));
    let mut text = format!("\n{}{}\n", arrow(*way, from, to), counted.unwrap_or_default());
    let which = if smallest.is_smallest { "The smallest referral that moves so" } else { "A referral that moves so" };
    if smallest.said.is_empty() {
        let _ = writeln!(text, "  {which} says nothing at all.");
    } else {
        let _ = writeln!(text, "  {which}, and nothing else is said:");
    }
    for answer in &smallest.said {
        let passed_over = match answer.passed_over_by {
            None => "",
            Some(PassedOverBy::Old) => " (passed over before)",
            Some(PassedOverBy::New) => " (passed over now)",
        };
        let _ = writeln!(text, "  - {} {}{passed_over}", answer.ask, answer.says);
    }
    text
}

fn arrow(way: WayMoved, from: &StandingRead, to: &StandingRead) -> String {
    let way = match way {
        WayMoved::Lower => "LOWER",
        WayMoved::Higher => "Higher",
        WayMoved::NotComparable => "Other",
    };
    format!("{way}: {} → {}", from.says, to.says)
}

/// A number as one reads it.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
