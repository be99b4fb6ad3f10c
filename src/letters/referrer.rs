//! The feedback to whoever referred: the outcome, the reasons, what would change it, and how to disagree.

use super::stages;
use crate::criteria::RuleSet;

/// What the feedback to a referrer is made of.
#[derive(Debug)]
pub struct Feedback<'l> {
    /// The rules under which it was decided.
    pub rules: &'l RuleSet,
    /// Who writes.
    pub council: &'l str,
    /// Where they are reached.
    pub phone: &'l str,
    /// The referral's spoken reference.
    pub reference: &'l str,
    /// When it was received, in words.
    pub received: String,
    /// Whether a professional referred; anybody else is thanked and told no more.
    pub is_professional: bool,
    /// Each child of whom something was decided.
    pub children: Vec<FeedbackChild>,
}

/// What a referrer is told of one child.
#[derive(Debug, Default)]
pub struct FeedbackChild {
    /// What they called the child.
    pub name: String,
    /// The level's number and name.
    pub level: String,
    /// What happens next, in words.
    pub outcome: String,
    /// The reasons that follow from their own words.
    pub reasons: Vec<String>,
    /// What could change the answer if it were known, and who would know.
    pub would_change: Vec<String>,
    /// Whether what others said weighed as well.
    pub rests_on_more: bool,
}

impl Feedback<'_> {
    /// The feedback as it is proposed; blocks stand apart by an empty line.
    pub fn text(&self) -> String {
        let mut blocks = vec![format!("Your referral {}, received at {}", self.reference, self.received)];
        let worried = format!("If you are still worried, or something new happens, phone {}.", self.phone);
        if !self.is_professional {
            blocks.push("Thank you for telling us. We have looked at what you said, and somebody has decided what happens next.".into());
            blocks.push("To keep the family's life private we cannot tell you what that is.".into());
            blocks.extend([worried, self.council.to_owned()]);
            return blocks.join("\n\n");
        }
        blocks.push("Thank you for your referral. A person has decided what happens next.".into());
        for child in &self.children {
            blocks.push(child.name.clone());
            blocks.push(format!("Decided: {}. What happens next: {}.", child.level, child.outcome));
            let listed = |all: &[String]| all.iter().map(|one| format!("- {one}")).collect::<Vec<_>>().join("\n");
            if !child.reasons.is_empty() {
                blocks.extend(["From what you told us:".to_owned(), listed(&child.reasons)]);
            }
            if child.rests_on_more {
                blocks.push("The decision also rests on what we cannot share with you.".to_owned());
            }
            if !child.would_change.is_empty() {
                blocks.extend(["What could change it, if you learn of it:".to_owned(), listed(&child.would_change)]);
            }
        }
        blocks.push("If you do not agree".to_owned());
        blocks.push(format!("Say so on the page of this referral, or phone {}. {}", self.phone, stages(self.rules)));
        blocks.extend([worried, self.council.to_owned()]);
        blocks.join("\n\n")
    }
}
