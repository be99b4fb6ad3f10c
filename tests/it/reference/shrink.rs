//! Makes a failing rule set and referral smaller by leaving things out, as long as they still fail.

use super::model::{Condition, Gives, Kind, Model, Referral, Said, each_gives};

/// The smallest failing pair that leaving out one thing at a time leads to, in words.
pub fn shrunk(seed: u64, model: Model, referral: Referral, fails: impl Fn(&Model, &Referral) -> Vec<String>) -> String {
    let (mut model, mut referral) = (model, referral);
    while let Some(smaller) = smaller(&model, &referral)
        .into_iter()
        .find(|(model, referral)| is_sound(model, referral) && !fails(model, referral).is_empty())
    {
        (model, referral) = smaller;
    }
    let told = fails(&model, &referral).join("\n  ");
    format!("set {seed}, shrunk:\n  {told}\n{}\n{}", show(&model), show_referral(&model, &referral))
}

/// The files of a model.
pub fn show(model: &Model) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let files = model.to_yaml();
    let files = files.iter().filter(|file| !["framework.yaml", "actions.yaml"].contains(&file.path.as_str()));
    let files: String = files.map(|file| format!("--- {}\n{}", file.path, text(&file.bytes))).collect();
    format!("{} levels, protection from {:?}\n{files}", model.ranks, model.protection_from)
}

/// What was said, one fact a line.
pub fn show_referral(model: &Model, referral: &Referral) -> String {
    let mut text = format!("--- facts (concerns {:?}, scope all {})\n", referral.concerns, referral.scope_all);
    for (id, said) in &referral.said {
        let answers = model.fact(id).map(super::model::Fact::answers).unwrap_or_default();
        let said = match said {
            Said::Answer(place) => format!("{:?}", answers[*place]),
            Said::TwoAccounts(first, second) => format!("{:?}, also said {:?}", answers[*first], answers[*second]),
            Said::NotKnown => "not known".to_owned(),
            Said::Refused => "refused".to_owned(),
        };
        text.push_str(&format!("{id}: {said}\n"));
    }
    text
}

/// Whether nothing names what is not there.
fn is_sound(model: &Model, referral: &Referral) -> bool {
    let facts = |id: &String| model.fact(id).is_some();
    let is_answer = |id: &str, place: usize| model.fact(id).is_some_and(|fact| place < fact.size());
    let mut sound = referral.said.iter().all(|(id, said)| match said {
        Said::Answer(place) => is_answer(id, *place),
        Said::TwoAccounts(first, second) => is_answer(id, *first) && is_answer(id, *second),
        Said::NotKnown | Said::Refused => facts(id),
    });
    for condition in model.conditions() {
        condition.visit(&mut |part| match part {
            Condition::Bare(id) => sound &= facts(id) || model.criterion(id).is_some(),
            Condition::Test(id, _) => sound &= facts(id),
            Condition::Need(need) => {
                sound &= need.besides.iter().all(|id| facts(id) || model.criterion(id).is_some());
            }
            Condition::Script(script) => {
                let mut atoms = script.any_of.iter().chain(&script.fails_when).flatten();
                sound &= atoms.all(|atom| is_answer(&atom.fact, atom.place));
            }
            Condition::All(_) | Condition::Any(_) | Condition::Not(_) | Condition::Stated(_) => {}
        });
    }
    let owners = model.facts.iter().map(|fact| &fact.counts_with);
    let owners = owners.chain(model.criteria.iter().map(|criterion| &criterion.counts_with));
    sound && owners.flatten().all(facts)
}

/// Everything that is smaller by one thing.
fn smaller(model: &Model, referral: &Referral) -> Vec<(Model, Referral)> {
    let mut all = Vec::new();
    for index in 0..referral.said.len() {
        let mut less = referral.clone();
        let (id, _) = less.said.remove(index);
        all.push((model.clone(), less));
        if let Some(fact) = model.fact(&id)
            && referral.said[index].1 != Said::Answer(fact.greatest())
        {
            let mut plain = referral.clone();
            plain.said[index].1 = Said::Answer(fact.greatest());
            all.push((model.clone(), plain));
        }
    }
    if referral.scope_all {
        all.push((model.clone(), Referral { scope_all: false, ..referral.clone() }));
    }
    for index in 0..referral.concerns.len() {
        let mut less = referral.clone();
        less.concerns.remove(index);
        all.push((model.clone(), less));
    }
    let mut push = |change: &dyn Fn(&mut Model)| {
        let mut less = model.clone();
        change(&mut less);
        let mut referral = referral.clone();
        referral.said.retain(|(id, _)| less.fact(id).is_some());
        all.push((less, referral));
    };
    for index in 0..model.facts.len() {
        push(&|model| {
            model.facts.remove(index);
        });
        push(&|model| model.facts[index].counts_with = None);
        push(&|model| model.facts[index].asked_when = None);
        push(&|model| model.facts[index].core = false);
        push(&|model| model.facts[index].domain = None);
        push(&|model| shorten(&mut model.facts[index].kind));
    }
    for index in 0..model.criteria.len() {
        push(&|model| {
            model.criteria.remove(index);
        });
        push(&|model| model.criteria[index].counts_with = None);
        push(&|model| model.criteria[index].domain = None);
        for part in 0..4 {
            push(&|model| simplify(&mut model.criteria[index].when, part));
        }
    }
    for index in 0..model.thresholds.len() {
        push(&|model| {
            model.thresholds.remove(index);
        });
        push(&|model| model.thresholds[index].unless = None);
        push(&|model| model.thresholds[index].consider.clear());
        push(&|model| model.thresholds[index].needs.truncate(1));
    }
    push(&|model| model.modifiers = None);
    push(&|model| model.hardship_never_reaches = None);
    push(&|model| model.protection.clear());
    push(&|model| model.groups.clear());
    for what in 0..6 {
        let count = each_gives(&mut model.clone()).len();
        for index in 0..count {
            push(&|model| lessen(each_gives(model)[index], what));
        }
    }
    let size = |model: &Model, referral: &Referral| format!("{model:?}{referral:?}").len();
    let now = size(model, referral);
    all.retain(|(model, referral)| size(model, referral) < now);
    all
}

fn shorten(kind: &mut Kind) {
    match kind {
        Kind::YesNo { .. } => {}
        Kind::Choice(answers) if answers.len() > 2 => {
            answers.pop();
        }
        Kind::Choice(_) => {}
        Kind::Number { bands, .. } => {
            bands.pop();
        }
    }
}

fn lessen(gives: &mut Gives, what: usize) {
    match what {
        0 => *gives = Gives::default(),
        1 => gives.unless = None,
        2 => gives.actions.clear(),
        3 => gives.consider.clear(),
        4 => gives.opens.clear(),
        _ => gives.raises = false,
    }
}

/// Leaves out one part of the outermost list, or takes a part for the whole.
fn simplify(condition: &mut Condition, part: usize) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => {
            if parts.len() == 1 {
                *condition = parts.remove(0);
            } else if part < parts.len() {
                parts.remove(part);
            } else if let Some(inner) = parts.last_mut() {
                simplify(inner, 0);
            }
        }
        Condition::Need(need) => {
            need.besides.clear();
            need.domains = None;
        }
        Condition::Not(_) | Condition::Bare(_) | Condition::Test(..) | Condition::Stated(_) | Condition::Script(_) => {}
    }
}
