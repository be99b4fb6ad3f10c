//! The framework: its levels, topics, agencies and times.

use super::entry::Entry;
use super::given::sorted;
use super::{Decides, Of};
use crate::criteria::entries::Status;
use crate::criteria::in_words::all_of;
use crate::criteria::{Framework, RuleSet};
use crate::ladder::LevelOfNeed;

const FILE: &str = "framework.yaml";

pub(super) fn entries(rules: &RuleSet) -> Vec<Entry> {
    let framework = &rules.framework;
    let mut entries = vec![head(rules, framework)];
    entries.extend(rules.ladder.levels().iter().map(level));
    entries.extend(rules.topics.iter().map(|topic| {
        Entry::new(Of::Topic, &topic.id, format!("criteria/{}.yaml", topic.id), &topic.title, Decides::Practice)
            .words("the title", &topic.title)
            .practice("asked one question a page", if topic.sensitive { "yes" } else { "no" })
    }));
    entries.extend(framework.agencies.iter().map(|agency| {
        Entry::new(Of::Agency, &agency.id, FILE, &agency.name, Decides::Practice)
            .words("the name", &agency.name)
            .list("its codes of the census", Decides::Practice, agency.source_codes.clone())
            .practice("may stay anonymous", if agency.public { "yes" } else { "no" })
    }));
    entries.extend(framework.timescales.iter().map(|timescale| {
        Entry::new(Of::Timescale, &timescale.id, FILE, &timescale.says, Decides::Practice)
            .practice("what must be done", &timescale.says)
            .practice("how soon", timescale.within.to_string())
            .list("the source", Decides::Words, timescale.source.clone())
    }));
    entries.extend(framework.sources.iter().map(|(word, says)| {
        Entry::new(Of::Source, word, FILE, says, Decides::Words).words("what it stands for", says)
    }));
    entries
}

fn head(rules: &RuleSet, framework: &Framework) -> Entry {
    let urgency = &framework.while_unsettled;
    let unsettled = format!(
        "priority {}, {}, {}",
        format!("{:?}", urgency.priority).to_lowercase(),
        urgency.respond_within,
        all_of(sorted(urgency.actions.clone())).replace('_', " ")
    );
    let below = framework.below.as_ref().map(|below| format!("below level {}: {}", below.rank, below.say));
    let [from, until] = [Some(&framework.in_force.from), framework.in_force.until.as_ref()];
    let in_force = match (from, until) {
        (Some(from), Some(until)) => format!("from {from} until {until}"),
        (from, _) => from.map(|from| format!("from {from}")).unwrap_or_default(),
    };
    let child = &framework.child;
    let enough = framework.rule_changes.enough.map(|enough| enough.to_string()).unwrap_or_default();
    let named = |fact: &Option<String>| fact.clone().unwrap_or_default().replace('_', " ");
    let out_of_hours = rules.actions.get(framework.out_of_hours).map(|action| action.id.replace('_', " "));
    let status = match rules.id.status {
        Status::Example => "an example",
        Status::Agreed => "agreed",
    };
    Entry::new(Of::Framework, "framework", FILE, &framework.title, Decides::Practice)
        .practice("whose it is", &rules.id.framework)
        .practice("whether it is agreed", status)
        .practice("in force", in_force)
        .practice("while a protection level is possible", unsettled)
        .practice("office hours", framework.calendar.hours())
        .practice("out of office hours", out_of_hours.unwrap_or_default())
        .practice("the question that a date of birth answers", named(&child.age_in_months))
        .practice("the question that a due date answers", named(&child.unborn))
        .practice("the question of the weeks of a pregnancy", named(&child.gestation_in_weeks))
        .list("the statutory partners", Decides::Practice, framework.statutory_partners.clone())
        .list("who else is asked when rules change", Decides::Practice, framework.rule_changes.also_ask.clone())
        .practice("how many partners are enough to agree rules", enough)
        .list("what must never be a fact", Decides::Practice, framework.never_facts.clone())
        .practice("said with an answer", below.unwrap_or_default())
        .practice("said with every answer", framework.always_say.join(" "))
        .words("the title", &framework.title)
        .words("the version", &rules.id.version)
        .words("what it is", &framework.about)
}

fn level(level: &LevelOfNeed) -> Entry {
    let duties: Vec<&str> = level.duties.iter().map(|duty| duty.says()).collect();
    let title = format!("{}: {}", level.rank, level.name);
    Entry::new(Of::Level, &format!("level_{}", level.rank), FILE, &title, Decides::Level)
        .words("its name", &level.name)
        .words("what it means", &level.means)
        .words("its legal basis", level.legal_basis.as_deref().unwrap_or_default())
        .practice("the duties it stands under", all_of(duties))
        .practice("who leads", &level.lead)
        .practice("the assessment", &level.assessment)
        .practice("whose agreement is needed", &level.consent)
        .practice("whether significant harm is suspected", if level.protection { "yes" } else { "no" })
        .practice("the priority", format!("{:?}", level.priority).to_lowercase())
        .practice("how soon the response is decided", level.respond_within.to_string())
        .list("who may decide it", Decides::Practice, level.may_decide.clone())
        .list("what happens next", Decides::Practice, level.next_steps.clone())
        .list("what to do", Decides::Practice, level.actions.clone())
}
