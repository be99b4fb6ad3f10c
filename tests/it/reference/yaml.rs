//! A model as the files an author would write.

use std::fmt::Write as _;

use windscreen::criteria::RuleFile;

use super::model::{
    ACTIONS, Atom, CONSIDERATIONS, Condition, Criterion, Domain, Fact, Gives, Kind, Model, Need, Raw, Role, Script,
    Test, Threshold, What,
};

impl Model {
    /// Every file of the rule set.
    pub fn to_yaml(&self) -> Vec<RuleFile> {
        let mut files = vec![
            file("framework.yaml", self.framework()),
            file("thresholds.yaml", self.thresholds_yaml()),
            file("actions.yaml", self.actions_yaml()),
        ];
        for topic in &self.topics {
            files.push(file(&format!("criteria/{}.yaml", topic.id), self.topic_yaml(&topic.id, topic.domain)));
        }
        for script in self.scripts() {
            files.push(file(&format!("scripts/{}.rhai", script.name), self.script_text(script)));
        }
        files
    }

    fn framework(&self) -> String {
        let mut text = String::from(
            "format: 1\nframework: random\nversion: \"1\"\ntitle: A random rule set\nstatus: example\n\
             in_force: { from: \"2026-12-01\" }\nlevels:\n",
        );
        for rank in 1..=self.ranks {
            let protection = self.protection_from.is_some_and(|from| rank >= from);
            let _ = writeln!(
                text,
                "  - {{ rank: {rank}, name: Level {rank}, means: Level {rank}, lead: L, assessment: A, consent: C, \
                 protection: {protection}, priority: green, respond_within: {{ working_days: 3 }}, next_steps: [S] }}"
            );
        }
        text.push_str("while_unsettled: { priority: amber, respond_within: { working_days: 1 } }\n");
        text.push_str("office_hours: { days: [mon], from: \"09:00\", to: \"17:00\", otherwise: action_a }\n");
        let topics: Vec<&str> = self.topics.iter().map(|topic| topic.id.as_str()).collect();
        let _ = writeln!(text, "topics: [{}]\nsources: {{ invented: Invented }}", topics.join(", "));
        text
    }

    fn actions_yaml(&self) -> String {
        let mut text = String::from("actions:\n");
        for action in ACTIONS {
            let _ = writeln!(text, "  - {{ id: {action}, says: Do {action}., source: [invented] }}");
        }
        text.push_str("considerations:\n");
        for (id, until) in CONSIDERATIONS {
            let until = until.min(self.ranks);
            let _ = writeln!(text, "  - {{ id: {id}, says: Say why or why not., until_level: {until} }}");
        }
        text
    }

    fn thresholds_yaml(&self) -> String {
        let mut text = String::new();
        if !self.groups.is_empty() {
            text.push_str("groups:\n");
            for (index, group) in self.groups.iter().enumerate() {
                let _ = writeln!(text, "  group_{index}: [{}]", domains(group));
            }
        }
        list(&mut text, "thresholds", self.thresholds.iter().map(threshold));
        if let Some(modifiers) = &self.modifiers {
            let from: Vec<String> = modifiers.from.iter().map(ToString::to_string).collect();
            let instead = modifiers.instead.iter().map(|(at, id)| format!("{{ at: {at}, consider: [{id}] }}"));
            let instead: Vec<String> = instead.collect();
            let _ = writeln!(
                text,
                "modifiers: {{ steps_at_most: {}, from: [{}], instead: [{}], reason: R, source: [invented] }}",
                modifiers.steps_at_most,
                from.join(", "),
                instead.join(", ")
            );
        }
        if let Some(rank) = self.hardship_never_reaches {
            let _ = writeln!(text, "hardship: {{ never_reaches: {rank}, reason: R, source: [invented] }}");
        }
        let protection = self.protection.iter();
        let protection =
            protection.map(|part| format!("{{ fact: {}, cancels: [{}] }}", part.fact, part.cancels.join(", ")));
        list(&mut text, "protection", protection);
        if text.is_empty() { "thresholds: []\n".to_owned() } else { text }
    }

    fn topic_yaml(&self, topic: &str, domain: Domain) -> String {
        let mut text = format!("topic: {topic}\ntitle: Topic {topic}\ndomain: {}\n", domain.word());
        list(&mut text, "indicators", self.facts.iter().filter(|fact| fact.topic == topic).map(indicator));
        let criteria = self.criteria.iter().filter(|criterion| criterion.topic == topic);
        list(&mut text, "criteria", criteria.map(criterion));
        text
    }

    /// The script as rhai.
    pub fn script_text(&self, script: &Script) -> String {
        let mut text = String::from("// A random condition.\n");
        let all = |atoms: &Vec<Atom>| {
            let atoms: Vec<String> = atoms.iter().map(|atom| self.atom(atom)).collect();
            if atoms.len() == 1 { atoms[0].clone() } else { format!("({})", atoms.join(" && ")) }
        };
        for fails in &script.fails_when {
            let instead = match script.instead_of_failing {
                None => "1 / (1 - 1) > 0".to_owned(),
                Some(value) => value.to_string(),
            };
            let _ = writeln!(text, "if {} {{ return {instead} }}", all(fails));
        }
        let any: Vec<String> = script.any_of.iter().map(all).collect();
        let _ = writeln!(text, "{}", any.join(" || "));
        text
    }

    fn atom(&self, atom: &Atom) -> String {
        let fact = self.fact(&atom.fact).expect("a script reads facts that exist");
        let answers = fact.answers();
        let id = &fact.id;
        match (&fact.kind, &answers[atom.place]) {
            (Kind::YesNo { .. }, Raw::YesNo(true)) => id.clone(),
            (Kind::YesNo { .. }, _) => format!("!{id}"),
            (Kind::Choice(_), Raw::Word(word)) if atom.exactly => format!("{id} == \"{word}\""),
            (Kind::Choice(_), Raw::Word(word)) => format!("at_least({id}, \"{word}\")"),
            (Kind::Number { .. }, Raw::Number(number)) if atom.exactly => format!("{id} == {number}"),
            (Kind::Number { lower_is_worse: true, .. }, Raw::Number(number)) => format!("{id} <= {number}"),
            (_, Raw::Number(number)) => format!("{id} >= {number}"),
            (_, other) => unreachable!("{other:?} is no answer to {id}"),
        }
    }
}

impl Domain {
    /// As a rule file writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Child => "child",
            Self::Parenting => "parenting",
            Self::Environment => "environment",
            Self::Harm => "harm",
            Self::None => "none",
        }
    }
}

fn file(path: &str, text: String) -> RuleFile {
    RuleFile { path: path.to_owned(), bytes: text.into_bytes() }
}

fn list(text: &mut String, key: &str, entries: impl Iterator<Item = String>) {
    for (index, entry) in entries.enumerate() {
        if index == 0 {
            let _ = writeln!(text, "{key}:");
        }
        let _ = writeln!(text, "  - {entry}");
    }
}

fn domains(list: &[Domain]) -> String {
    list.iter().map(|domain| domain.word()).collect::<Vec<_>>().join(", ")
}

fn raw(raw: &Raw) -> String {
    match raw {
        Raw::YesNo(value) => value.to_string(),
        Raw::Word(word) => word.clone(),
        Raw::Number(number) => number.to_string(),
    }
}

fn indicator(fact: &Fact) -> String {
    let mut parts = vec![format!("id: {}", fact.id), format!("ask: What of {}?", fact.id)];
    if let Some(domain) = fact.domain {
        parts.push(format!("domain: {}", domain.word()));
    }
    if fact.household {
        parts.push("about: household".to_owned());
    }
    if fact.core {
        parts.push("core: true".to_owned());
    }
    match fact.role {
        Role::Sign => {}
        Role::Circumstance => parts.push("circumstance: true".to_owned()),
        Role::Context => parts.push("context: true".to_owned()),
        Role::Presumed => parts.push(format!("presume: {}", raw(&fact.answers()[fact.greatest()]))),
        Role::Protective => parts.push("protects: true".to_owned()),
        Role::Unordered => parts.push("ordered: false".to_owned()),
    }
    if let Some(owner) = &fact.counts_with {
        parts.push(format!("counts_with: {owner}"));
    }
    if let Some(gate) = &fact.asked_when {
        parts.push(format!("asked_when: {}", condition(gate)));
    }
    match &fact.kind {
        // A protective fact's side of concern is that it is absent, and its answers give nothing.
        Kind::YesNo { .. } if fact.role == Role::Protective => {}
        Kind::YesNo { concern, gives: given } => {
            parts.push(format!("{}: {}", if *concern { "if_yes" } else { "if_no" }, gives(given)));
        }
        Kind::Choice(answers) => {
            let answers: Vec<String> =
                answers.iter().map(|(word, given)| format!("{word}: {}", gives(given))).collect();
            parts.push(format!("answers: {{ {} }}", answers.join(", ")));
        }
        Kind::Number { from, to, lower_is_worse, never, bands } => {
            let worse = if *lower_is_worse { "lower" } else { "higher" };
            let never = if *never { ", never: least" } else { "" };
            parts.push(format!("number: {{ unit: times, from: {from}, to: {to}, worse: {worse}{never} }}"));
            let band = |(place, given): &(usize, Gives)| {
                let key = if *lower_is_worse { "at_most" } else { "at_least" };
                let inner = gives_parts(given);
                let limit = format!("{key}: {}", raw(&fact.answers()[*place]));
                format!("{{ {} }}", std::iter::once(limit).chain(inner).collect::<Vec<_>>().join(", "))
            };
            let bands: Vec<String> = bands.iter().map(band).collect();
            if !bands.is_empty() {
                parts.push(format!("bands: [ {} ]", bands.join(", ")));
            }
        }
    }
    format!("{{ {}, source: [invented] }}", parts.join(", "))
}

fn criterion(criterion: &Criterion) -> String {
    let mut parts = vec![format!("id: {}", criterion.id), format!("when: {}", condition(&criterion.when))];
    if let Some(given) = &criterion.gives {
        parts.push(format!("says: It is {}", criterion.id));
        parts.push(format!("gives: {}", gives(given)));
    }
    if let Some(domain) = criterion.domain {
        parts.push(format!("domain: {}", domain.word()));
    }
    if let Some(owner) = &criterion.counts_with {
        parts.push(format!("counts_with: {owner}"));
    }
    format!("{{ {}, source: [invented] }}", parts.join(", "))
}

fn gives(given: &Gives) -> String {
    let parts = gives_parts(given);
    if parts.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", parts.join(", ")) }
}

fn gives_parts(given: &Gives) -> Vec<String> {
    let mut parts = Vec::new();
    if let Some((what, rank)) = given.level {
        let key = match what {
            What::Counts => "counts",
            What::Duty => "duty",
            What::Floor => "floor",
        };
        parts.push(format!("{key}: {rank}"));
    }
    if given.hardship {
        parts.push("hardship: true".to_owned());
    }
    if given.raises {
        parts.push("raises: true".to_owned());
    }
    for (key, ids) in [("consider", &given.consider), ("actions", &given.actions), ("opens", &given.opens)] {
        if !ids.is_empty() {
            parts.push(format!("{key}: [{}]", ids.join(", ")));
        }
    }
    if let Some((unless, then)) = &given.unless {
        parts.push(format!("unless: {}, then: {then}", condition(unless)));
    }
    parts
}

fn threshold(threshold: &Threshold) -> String {
    let needs = threshold.needs.iter().map(|part| {
        let domains = part.domains.map(|count| format!(", domains: {count}")).unwrap_or_default();
        let groups = part.groups.map(|count| format!(", groups: {count}")).unwrap_or_default();
        format!("{{ at: {}, at_least: {}{domains}{groups} }}", part.at, part.at_least)
    });
    let needs: Vec<String> = needs.collect();
    let unless = threshold.unless.as_ref().map(|unless| format!(", unless: {}", condition(unless)));
    let consider = match threshold.consider.as_slice() {
        [] => String::new(),
        ids => format!(", consider: [{}]", ids.join(", ")),
    };
    format!(
        "{{ id: {}, says: It is {}, reason: R, source: [invented], reaches: {}, needs: [ {} ]{}{consider} }}",
        threshold.id,
        threshold.id,
        threshold.reaches,
        needs.join(", "),
        unless.unwrap_or_default()
    )
}

/// A condition in flow style.
pub fn condition(it: &Condition) -> String {
    let list = |parts: &[Condition]| parts.iter().map(condition).collect::<Vec<_>>().join(", ");
    match it {
        Condition::All(parts) => format!("{{ all: [ {} ] }}", list(parts)),
        Condition::Any(parts) => format!("{{ any: [ {} ] }}", list(parts)),
        Condition::Not(part) => format!("{{ not: {} }}", condition(part)),
        Condition::Bare(id) => id.clone(),
        Condition::Test(id, test) => format!("{{ {id}: {} }}", test_text(test)),
        Condition::Need(need) => format!("{{ need: {} }}", need_text(need)),
        Condition::Stated(part) => format!("{{ stated: {} }}", condition(part)),
        Condition::Script(script) => {
            format!("{{ script: {{ name: {}, reads: [{}] }} }}", script.name, script.reads.join(", "))
        }
    }
}

fn need_text(need: &Need) -> String {
    let mut parts = vec![format!("at: {}", need.at)];
    if let Some(list) = &need.domains {
        parts.push(format!("in: [{}]", domains(list)));
    }
    if need.harm {
        parts.push("harm: true".to_owned());
    }
    if !need.besides.is_empty() {
        parts.push(format!("besides: [{}]", need.besides.join(", ")));
    }
    format!("{{ {} }}", parts.join(", "))
}

fn test_text(test: &Test) -> String {
    match test {
        Test::YesNo(value) => value.to_string(),
        Test::Is(value) => format!("{{ is: {} }}", raw(value)),
        Test::OneOf(list) => format!("{{ one_of: [{}] }}", list.iter().map(raw).collect::<Vec<_>>().join(", ")),
        Test::AtLeast(value) => format!("{{ at_least: {} }}", raw(value)),
        Test::AtMost(value) => format!("{{ at_most: {} }}", raw(value)),
        Test::Above(value) => format!("{{ above: {} }}", raw(value)),
        Test::Below(value) => format!("{{ below: {} }}", raw(value)),
    }
}
