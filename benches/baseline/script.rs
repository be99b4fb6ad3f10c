//! The whole rule set as one rhai script: what a rules engine that interprets scripts per request would do.
//!
//! Generated from the checked rule set; it computes the level of the least pass and nothing else.

use std::fmt::Write as _;

use rhai::{AST, Engine, Scope};
use windscreen::criteria::{Condition, Contribution, Gives, Need, Outcome, RuleSet, Table};

pub struct Script {
    engine: Engine,
    ast: AST,
    facts: usize,
}

impl Script {
    pub fn of(rules: &RuleSet) -> Self {
        let mut engine = Engine::new_raw();
        engine.register_global_module(rhai::packages::Package::as_shared_module(&rhai::packages::CorePackage::new()));
        engine.set_max_expr_depths(0);
        let ast = engine.compile(text(rules)).expect("the generated script compiles");
        Self { engine, ast, facts: rules.indicators().len() }
    }

    /// The level for the class of every fact, and which of them were stated.
    pub fn level(&self, class: &[i64], stated: &[bool]) -> i64 {
        let mut scope = Scope::with_capacity(self.facts * 2);
        for fact in 0..self.facts {
            scope.push(format!("f{fact}"), class[fact]);
            scope.push(format!("s{fact}"), stated[fact]);
        }
        self.engine.eval_ast_with_scope::<i64>(&mut scope, &self.ast).expect("the generated script runs")
    }
}

fn text(rules: &RuleSet) -> String {
    let mut out = String::from("let floor = 1; let modifiers = 0;\n");
    let owners = owners(rules);
    for owner in &owners {
        // n: any need; w: without hardship; h: harm only.
        let _ = writeln!(out, "let n{owner} = 0; let w{owner} = 0; let h{owner} = 0;");
    }
    for (fact, indicator) in rules.indicators().iter().enumerate() {
        for (class, answer) in indicator.classes.iter().enumerate() {
            if answer.gives.contribution != Contribution::Nothing || answer.gives.raises {
                let _ = writeln!(out, "if f{fact} == {class} {{");
                give(rules, &answer.gives, indicator.need, &mut out);
                out.push_str("}\n");
            }
        }
    }
    let layer = |second: bool| {
        let criteria = rules.criteria().iter().enumerate();
        criteria.filter(move |(_, criterion)| looks_at_needs(rules, &criterion.when) == second)
    };
    for (_, criterion) in layer(false).filter(|(_, criterion)| moves(&criterion.gives)) {
        let _ = writeln!(out, "if {} {{", condition(rules, &criterion.when, &owners));
        give(rules, &criterion.gives, criterion.need, &mut out);
        out.push_str("}\n");
    }
    for (index, criterion) in layer(true).filter(|(_, criterion)| moves(&criterion.gives)) {
        let _ = writeln!(out, "let c{index} = {};", condition(rules, &criterion.when, &owners));
    }
    for (index, criterion) in layer(true).filter(|(_, criterion)| moves(&criterion.gives)) {
        let _ = writeln!(out, "if c{index} {{");
        give(rules, &criterion.gives, criterion.need, &mut out);
        out.push_str("}\n");
    }
    thresholds(rules, &owners, &mut out);
    out
}

fn moves(gives: &Gives) -> bool {
    gives.contribution != Contribution::Nothing || gives.raises
}

fn owners(rules: &RuleSet) -> Vec<usize> {
    let facts = rules.indicators().iter().map(|fact| fact.need);
    let mut owners: Vec<usize> = facts.chain(rules.criteria().iter().map(|criterion| criterion.need)).collect();
    owners.sort_unstable();
    owners.dedup();
    owners
}

fn give(rules: &RuleSet, gives: &Gives, owner: usize, out: &mut String) {
    let contribution = gives.contribution;
    match &gives.softens {
        _ if contribution == Contribution::Nothing => {}
        None => add(contribution, contribution.rank(), owner, out),
        Some(softens) => {
            let _ = write!(out, "if {} {{ ", condition(rules, &softens.unless, &[]));
            add(contribution, softens.then, owner, out);
            out.push_str("} else { ");
            add(contribution, contribution.rank(), owner, out);
            out.push_str("} ");
        }
    }
    if gives.raises {
        out.push_str("modifiers += 1; ");
    }
}

fn add(contribution: Contribution, rank: u8, owner: usize, out: &mut String) {
    let names: &[&str] = match contribution {
        Contribution::Nothing => &[],
        Contribution::Counts { hardship: true, .. } => &["n"],
        Contribution::Counts { .. } | Contribution::Duty(_) => &["n", "w"],
        Contribution::Floor(_) => &["n", "w", "h"],
    };
    for name in names {
        let _ = write!(out, "if {name}{owner} < {rank} {{ {name}{owner} = {rank}; }} ");
    }
    if matches!(contribution, Contribution::Floor(_) | Contribution::Duty(_)) {
        let _ = write!(out, "if floor < {rank} {{ floor = {rank}; }} ");
    }
}

fn looks_at_needs(rules: &RuleSet, condition: &Condition) -> bool {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().any(|part| looks_at_needs(rules, part)),
        Condition::Holds(criterion) => looks_at_needs(rules, &rules.criteria()[*criterion].when),
        Condition::Need(_) => true,
        Condition::Test { .. } | Condition::Stated { .. } | Condition::Table(_) => false,
    }
}

fn condition(rules: &RuleSet, when: &Condition, owners: &[usize]) -> String {
    let joined = |parts: &[Condition], word: &str| {
        let parts: Vec<String> = parts.iter().map(|part| condition(rules, part, owners)).collect();
        format!("({})", parts.join(word))
    };
    let among = |fact: &usize, classes: &u128| {
        let count = rules.indicators()[*fact].classes.len();
        let tests: Vec<String> =
            (0..count).filter(|class| classes >> class & 1 == 1).map(|class| format!("f{fact} == {class}")).collect();
        format!("({})", tests.join(" || "))
    };
    match when {
        Condition::All(parts) => joined(parts, " && "),
        Condition::Any(parts) => joined(parts, " || "),
        Condition::Test { fact, classes } => among(fact, classes),
        Condition::Stated { fact, classes } => format!("(s{fact} && {})", among(fact, classes)),
        Condition::Holds(criterion) => condition(rules, &rules.criteria()[*criterion].when, owners),
        Condition::Need(Need { at, among, harm, .. }) => {
            let name = if *harm { "h" } else { "n" };
            let needs: Vec<String> = owners
                .iter()
                .filter(|owner| among.contains(**owner))
                .map(|owner| format!("{name}{owner} >= {at}"))
                .collect();
            format!("({})", needs.join(" || "))
        }
        Condition::Table(table) => least_rows(&rules.tables()[*table]),
    }
}

/// A table only rises with concern, so the least rows that hold say all of it.
fn least_rows(table: &Table) -> String {
    let holds = |row: usize| table.rows[row] == Outcome::True;
    let class = |row: usize, read: usize| {
        let above = if read == 0 { table.rows.len() } else { table.strides[read - 1] };
        row % above / table.strides[read]
    };
    let reads = 0..table.reads.len();
    let least = (0..table.rows.len()).filter(|row| {
        holds(*row) && reads.clone().all(|read| class(*row, read) == 0 || !holds(row - table.strides[read]))
    });
    let conditions = least.map(|row| {
        let parts = reads.clone().map(|read| format!("f{} >= {}", table.reads[read], class(row, read)));
        format!("({})", parts.collect::<Vec<_>>().join(" && "))
    });
    format!("({})", conditions.collect::<Vec<_>>().join(" || "))
}

fn thresholds(rules: &RuleSet, owners: &[usize], out: &mut String) {
    out.push_str("let base = floor; let plain = floor;\n");
    for threshold in rules.thresholds() {
        let lapsed = threshold.unless.as_ref().map_or("false".to_owned(), |unless| condition(rules, unless, owners));
        for (target, name) in [("base", if rules.leaves_out_hardship(threshold) { "w" } else { "n" }), ("plain", "w")] {
            let _ = writeln!(out, "if !(modifiers == 0 && {lapsed}) {{ let met = true;");
            for part in &threshold.needs {
                out.push_str("let count = 0; ");
                for owner in owners {
                    let _ = write!(out, "if {name}{owner} >= {} {{ count += 1; }} ", part.at);
                }
                let _ = writeln!(out, "if count < {} {{ met = false; }}", part.at_least);
                let groups: Vec<&windscreen::criteria::NeedSet> = match (&part.groups, part.domains) {
                    (Some((_, groups)), _) => groups.iter().collect(),
                    (None, Some(_)) => rules.needs_of_domains().iter().collect(),
                    (None, None) => continue,
                };
                out.push_str("let sides = 0; ");
                for group in groups {
                    let any: Vec<String> = owners
                        .iter()
                        .filter(|owner| group.contains(**owner))
                        .map(|owner| format!("{name}{owner} >= {}", part.at))
                        .collect();
                    let _ = write!(
                        out,
                        "if {} {{ sides += 1; }} ",
                        if any.is_empty() { "false".to_owned() } else { any.join(" || ") }
                    );
                }
                let wanted = part.groups.as_ref().map_or(part.domains.unwrap_or(0), |(count, _)| *count);
                let _ = writeln!(out, "if sides < {wanted} {{ met = false; }}");
            }
            let _ = writeln!(
                out,
                "if met && {target} < {reaches} {{ {target} = {reaches}; }} }}",
                reaches = threshold.reaches
            );
        }
    }
    let from: Vec<String> =
        (1..=8).filter(|rank| rules.modifier_steps_from(*rank)).map(|rank| format!("base == {rank}")).collect();
    let from = if from.is_empty() { "false".to_owned() } else { from.join(" || ") };
    let line = rules.hardship_line();
    let _ =
        writeln!(out, "if modifiers > 0 && ({from}) && !(base + 1 >= {line} && plain < base) {{ base += 1; }}\nbase");
}
