//! Criteria, in their order of evaluation.

use super::compiler::Compiler;
use crate::criteria::rule_set::{Criterion, Domain, NeedSet};
use crate::diagnostic::Diagnostic;
use crate::facts::{FactSet, MAX_FACTS};

impl<'d> Compiler<'d, '_> {
    pub(super) fn criteria(&mut self) -> Vec<Criterion> {
        let entries: Vec<_> = self.draft.criteria().collect();
        self.reads = vec![FactSet::EMPTY; entries.len()];
        let mut criteria = Vec::new();
        for (index, file) in self.order.files.clone().into_iter().enumerate() {
            let (topic, placed) = entries[file];
            let (value, entry) = (&placed.value, &placed.entry);
            let when = self.condition(&value.when, entry, &["when".into()]);
            let reads = self.reads_of(&when);
            self.reads[file] = reads;
            let gives = value.gives.clone().unwrap_or_default();
            if !gives.opens.is_empty() {
                let message = "only an answer opens topics, not a criterion";
                let place = entry.key_place(&["gives".into()], "opens");
                let help = "write `opens` on the indicator whose answer should open the topic";
                self.tell(Diagnostic::error("criterion-opens", message).at(Some(place)).help(help));
            }
            let gives = self.gives(&gives, entry, &["gives".into()]);
            let owner = self.owner(MAX_FACTS + index, value.counts_with.as_ref(), entry);
            let domain = value.domain.unwrap_or(self.draft.topics[topic].head.value.domain);
            criteria.push(Criterion {
                id: value.id.clone(),
                says: value.says.clone(),
                when,
                gives,
                topic,
                domain: Domain::of(domain),
                need: owner,
                reads,
                source: value.source.clone(),
            });
        }
        // A need never sees the indicators tested beside it, so exclusions are filled in once all reads are known.
        for criterion in &mut criteria {
            let own: NeedSet = criterion.reads.iter().map(|fact| self.indicators[fact].need).collect();
            criterion.when.leave_out_beside(&own);
        }
        criteria
    }
}
