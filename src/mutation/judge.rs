//! What becomes of a mutant: refused by the loader, noticed by an example, proved to say the same, or neither.

use super::Mutant;
use crate::criteria::{Known, RuleFile, RuleSet};
use crate::examples::{Ready, read_examples};
use crate::proof::{self, Disagreement, Referral};

/// What becomes of a mutant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is no rule set.
    Refused,
    /// An example fails under it, and this is the first that does.
    Killed(String),
    /// It says the same of every possible referral.
    Equivalent,
    /// No example fails. The smallest referral that it answers otherwise, where one is known.
    Survived(Option<Referral>),
}

/// A rule set whose examples are examined.
#[derive(Debug)]
pub struct Examined<'f> {
    files: &'f [RuleFile],
    known: Known<'f>,
    rules: &'f RuleSet,
    /// Every example that was read, in the order of files.
    pub examples: Vec<Ready>,
}

impl<'f> Examined<'f> {
    /// Of a rule set that was loaded from its files, and whose examples hold.
    pub fn of(files: &'f [RuleFile], rules: &'f RuleSet) -> Self {
        let read = read_examples(files).entries.into_iter();
        let known = Known::of(files);
        Self {
            files,
            known,
            rules,
            examples: read.filter_map(|(file, example)| Ready::of(file, example).ok()).collect(),
        }
    }

    /// What becomes of a mutant.
    ///
    /// # Errors
    /// When the evaluator says another level of some referral than the proof.
    pub fn judge(&self, mutant: &Mutant) -> Result<Verdict, Disagreement> {
        let Some(rules) = self.known.load(&mutant.made(self.files)).rule_set else { return Ok(Verdict::Refused) };
        // The examples beside the file are the likeliest to notice.
        let beside = mutant.place.file.replace(".yaml", "_test.yaml");
        let is_beside = |example: &&Ready| example.file == beside;
        let (beside, others): (Vec<&Ready>, Vec<&Ready>) = self.examples.iter().partition(is_beside);
        if let Some(killer) = beside.into_iter().chain(others).find(|example| !example.holds(&rules)) {
            return Ok(Verdict::Killed(killer.example.id.clone()));
        }
        // Of what is asked and presumed nothing is proved, so that it counts as different.
        if mutant.kind.is_asked() {
            return Ok(Verdict::Survived(None));
        }
        Ok(match proof::alike(self.rules, &rules)? {
            proof::Verdict::Proved => Verdict::Equivalent,
            proof::Verdict::Refuted(referral) => Verdict::Survived(Some(referral)),
            proof::Verdict::NotDecided => Verdict::Survived(None),
        })
    }
}
