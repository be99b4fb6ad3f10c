//! The letter to a family: what was decided, why, what happens next, and what they can do about it.

use std::collections::BTreeSet;

use super::stages;
use crate::criteria::RuleSet;
use crate::decision::Outcome;
use crate::ladder::Rank;

/// What a family's letter is made of.
#[derive(Debug)]
pub struct FamilyLetter<'l> {
    /// The rules under which it was decided.
    pub rules: &'l RuleSet,
    /// Who writes.
    pub council: &'l str,
    /// Where they are reached.
    pub phone: &'l str,
    /// What the child is called; `None` where no name is known.
    pub child: Option<&'l str>,
    /// The level that was decided.
    pub level: Rank,
    /// What happens next.
    pub outcome: Outcome,
    /// The facts on which it rests and of which the family may be told.
    pub facts: Vec<&'l str>,
}

impl FamilyLetter<'_> {
    /// What help is about, in the words of the rules; and whether there is more that is not said in a letter.
    fn needs(&self) -> (BTreeSet<&str>, bool) {
        let words = |id: &&str| self.rules.letters().needs.get(&self.rules.fact(id)?).map(String::as_str);
        let needs = self.facts.iter().filter_map(words).collect();
        let more = self.facts.iter().any(|id| words(id).is_none());
        (needs, more)
    }

    /// The letter as it is proposed; blocks stand apart by an empty line.
    pub fn text(&self) -> String {
        let child = self.child.unwrap_or("your child");
        let level = usize::from(self.level).checked_sub(1).and_then(|place| self.rules.letters().levels.get(place));
        let (decided, next) = outcome(self.outcome);
        let mut blocks = vec![
            format!("This letter is about {child}. We were asked what help your family may need."),
            "What we decided".to_owned(),
            [level.map_or("", String::as_str), decided].join(" ").trim().to_owned(),
            "Why".to_owned(),
        ];
        let (needs, more) = self.needs();
        if needs.is_empty() {
            blocks.push("We looked at all that we were told. We would like to talk with you about it.".to_owned());
        } else {
            blocks.push("We were told that your family may need help with:".to_owned());
            blocks.push(needs.iter().map(|need| format!("- {need}")).collect::<Vec<_>>().join("\n"));
            if more {
                blocks.push("There is more that we would like to talk about with you.".to_owned());
            }
        }
        blocks.extend(["What happens next".to_owned(), next.to_owned(), "If you do not agree".to_owned()]);
        let tell = format!("Tell us. You can phone {}. Somebody you trust can phone for you.", self.phone);
        blocks.push([tell, stages(self.rules)].join(" ").trim().to_owned());
        blocks.push("If something is wrong".to_owned());
        blocks.push(
            "If something in this letter is wrong, tell us. We keep your words beside ours. You and your child can each \
             do this. You can also ask to see what we hold about you."
                .to_owned(),
        );
        blocks.push(self.council.to_owned());
        blocks.join("\n\n")
    }
}

/// What was decided, and what happens next, in easy words.
fn outcome(outcome: Outcome) -> (&'static str, &'static str) {
    match outcome {
        Outcome::NoFurtherAction => {
            ("We do not need to do more now.", "You do not need to do anything. If things change, phone us.")
        }
        Outcome::Advice => {
            ("We have some advice for you.", "Somebody will give you this advice. If things change, phone us.")
        }
        Outcome::EarlyHelp => (
            "We would like to offer you this help.",
            "Somebody will ask you what help you want. You can say yes or no. Nothing starts if you do not agree.",
        ),
        Outcome::S17Assessment => (
            "A social worker will look at what help is needed.",
            "A social worker will phone you or visit you. They will talk with you and with your child. This can take up \
             to nine weeks.",
        ),
        Outcome::StrategyDiscussion => (
            "Social workers, the police and health workers will talk about how to keep your child safe.",
            "A social worker will visit you. They will tell you what happens and when.",
        ),
        Outcome::AllocatedWorker => {
            ("We told the worker who helps your family now.", "Your worker will talk with you about it.")
        }
        Outcome::AnotherAuthority => (
            "Your child lives in the area of another council. We told that council.",
            "That council will tell you what it will do.",
        ),
        Outcome::EmergencyDutyTeam => (
            "The team that works at night and at weekends is dealing with this now.",
            "Somebody from that team will phone you or visit you.",
        ),
    }
}
