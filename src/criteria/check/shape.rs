//! The shape rule: why more concern can never lower a level, and why two passes give exact bounds.
//!
//! Along an indicator's order floor, duty, counts and raises never fall; criteria that move a level test only the
//! side of concern; what softens a floor tests only the other side, and only what was stated or is presumed; script
//! tables never go from true to false as concern rises. Whatever else an author writes is refused here.

use crate::criteria::draft::Draft;
use crate::criteria::yaml::{Entry, Step};
use crate::criteria::{ClassSet, Condition, Contribution, Gives, Indicator, Kind, Outcome, RuleSet, Table};
use crate::diagnostic::{Diagnostic, Place};
use crate::facts::{Answer, FactIndex};
use crate::ladder::Rank;

/// More combinations than this are not tried when looking for a condition that never holds.
const MAX_COMBINATIONS: usize = 20_000;

pub(super) fn check(draft: &Draft<'_>, rules: &RuleSet, problems: &mut Vec<Diagnostic>) {
    for (fact, (_, placed)) in draft.indicators().enumerate() {
        answers_never_fall(rules, fact, &placed.entry, problems);
        let indicator = &rules.indicators[fact];
        for (class, answer) in indicator.classes.iter().enumerate() {
            if let Some(softens) = &answer.gives.softens {
                let place = placed.entry.key_place(&path_of(indicator, class), "unless");
                softening(rules, &softens.unless, &place, problems);
            }
        }
    }
    for (_, placed) in draft.criteria() {
        let Some(index) = rules.criteria.iter().position(|criterion| criterion.id == placed.value.id) else { continue };
        let criterion = &rules.criteria[index];
        let place = placed.entry.place(&["when".into()]);
        if placed.value.gives.is_some() {
            let moves = criterion.gives.contribution != Contribution::Nothing || criterion.gives.raises;
            let shape = Shape { rules, moves, entry: &placed.entry };
            shape.only_concern(&criterion.when, &mut vec![Step::Key("when")], problems);
            if let Some(softens) = &criterion.gives.softens {
                softening(rules, &softens.unless, &place, problems);
            }
        }
        sometimes(rules, &criterion.when, &criterion.id, &place, problems);
    }
    for (threshold, placed) in rules.thresholds.iter().zip(&draft.thresholds) {
        if let Some(unless) = &threshold.unless {
            softening(rules, unless, &placed.entry.place(&["unless".into()]), problems);
        }
    }
    for table in &rules.tables {
        never_falls(rules, table, draft, problems);
    }
}

/// What an answer is worth, softened or not, in every sense in which something looks at it.
fn worth(gives: &Gives, softened_to: Option<Rank>) -> [(&'static str, Rank); 5] {
    let contribution = match (gives.contribution, softened_to) {
        (Contribution::Floor(_), Some(then)) => Contribution::Floor(then),
        (Contribution::Duty(_), Some(then)) => Contribution::Duty(then),
        (contribution, _) => contribution,
    };
    let hard = match contribution {
        Contribution::Floor(rank) | Contribution::Duty(rank) => rank,
        Contribution::Counts { .. } | Contribution::Nothing => 0,
    };
    let harm = if let Contribution::Floor(rank) = contribution { rank } else { 0 };
    let without_hardship = match contribution {
        Contribution::Counts { hardship: true, .. } => 0,
        _ => contribution.rank(),
    };
    [
        ("floor or duty", hard),
        ("floor", harm),
        ("need", contribution.rank()),
        ("need without hardship", without_hardship),
        ("modifier", Rank::from(gives.raises)),
    ]
}

fn answers_never_fall(rules: &RuleSet, fact: FactIndex, entry: &Entry<'_>, problems: &mut Vec<Diagnostic>) {
    let indicator = &rules.indicators[fact];
    if rules.index.unordered.contains(fact) {
        return;
    }
    if let Some(least) = indicator.classes.first().filter(|least| !least.gives.is_nothing()) {
        let message = format!("`{}` gives something at its answer of least concern, {}", indicator.id, least.label);
        let place = entry.place(&path_of(indicator, 0));
        let help = "that answer stands for everyone nobody asked about; give it nothing";
        problems.push(Diagnostic::error("least-answer-gives", message).at(Some(place)).help(help));
    }
    for (index, pair) in indicator.classes.windows(2).enumerate() {
        let [less, more] = pair else { continue };
        let fall = |less: [(&'static str, Rank); 5], more: [(&'static str, Rank); 5]| {
            less.into_iter().zip(more).find(|(less, more)| more.1 < less.1)
        };
        let fallen = fall(worth(&less.gives, None), worth(&more.gives, None)).or_else(|| {
            // Softened, an answer gives no less than lesser concern does: unsoftened, unless one condition softens both.
            let softens = more.gives.softens.as_ref()?;
            let same = less.gives.softens.as_ref().filter(|other| same_condition(&other.unless, &softens.unless));
            fall(worth(&less.gives, same.map(|other| other.then)), worth(&more.gives, Some(softens.then)))
        });
        if let Some(((what, before), (_, after))) = fallen {
            let path = path_of(indicator, index + 1);
            let message = format!(
                "`{}` gives less as concern rises: {what} {before} at `{}`, {after} at `{}`",
                indicator.id, less.label, more.label
            );
            let help = "answers stand least concern first, and each gives at least as much as the one before";
            problems.push(Diagnostic::error("falls-with-concern", message).at(Some(entry.place(&path))).help(help));
            return;
        }
    }
}

/// Where an answer stands in its entry.
pub(in crate::criteria) fn path_of(indicator: &Indicator, class: usize) -> Vec<Step<'_>> {
    match (&indicator.kind, indicator.classes.get(class).map(|class| &class.answer)) {
        (Kind::Choice, Some(Answer::Word(word))) => vec!["answers".into(), word.as_str().into()],
        (Kind::Number { .. }, _) => vec!["bands".into()],
        (Kind::YesNo { .. }, Some(Answer::YesNo(true))) => vec!["if_yes".into()],
        (Kind::YesNo { .. }, Some(Answer::YesNo(false))) => vec!["if_no".into()],
        _ => Vec::new(),
    }
}

fn same_condition(a: &Condition, b: &Condition) -> bool {
    match (a, b) {
        (Condition::All(a), Condition::All(b)) | (Condition::Any(a), Condition::Any(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_condition(a, b))
        }
        (Condition::Holds(a), Condition::Holds(b)) => a == b,
        (Condition::Test { fact: a, classes: x }, Condition::Test { fact: b, classes: y })
        | (Condition::Stated { fact: a, classes: x }, Condition::Stated { fact: b, classes: y }) => a == b && x == y,
        _ => false,
    }
}

/// From some class upward, and not every class.
fn is_side_of_concern(classes: ClassSet, count: usize) -> bool {
    let from = classes.trailing_zeros() as usize;
    from < count && classes == super::super::compile::all_classes(count) & !((1 << from) - 1)
}

fn is_other_side(classes: ClassSet, count: usize) -> bool {
    is_side_of_concern(super::super::compile::all_classes(count) & !classes, count)
}

struct Shape<'r, 'e> {
    rules: &'r RuleSet,
    /// Whether the criterion moves a level; one that only gives actions may look at unordered answers.
    moves: bool,
    entry: &'e Entry<'e>,
}

impl Shape<'_, '_> {
    /// Tells every test that looks away from concern; through named conditions at the place that names them.
    fn only_concern(&self, condition: &Condition, path: &mut Vec<Step<'_>>, problems: &mut Vec<Diagnostic>) {
        match condition {
            Condition::All(parts) | Condition::Any(parts) => {
                let key = if matches!(condition, Condition::All(_)) { "all" } else { "any" };
                path.push(Step::Key(key));
                for (index, part) in parts.iter().enumerate() {
                    path.push(Step::Item(index));
                    self.only_concern(part, path, problems);
                    path.pop();
                }
                path.pop();
            }
            Condition::Holds(criterion) => {
                let mut inner = Vec::new();
                self.only_concern(&self.rules.criteria[*criterion].when, &mut Vec::new(), &mut inner);
                if let Some(first) = inner.into_iter().next() {
                    let message =
                        format!("`{}` cannot be used here: {}", self.rules.criteria[*criterion].id, first.message);
                    problems.push(Diagnostic { message, place: Some(self.entry.place(path)), ..first });
                }
            }
            Condition::Test { fact, classes } => self.test(*fact, *classes, path, problems),
            Condition::Stated { .. } => {
                let message = "`stated` stands only in `unless`, where an answer may lower a level";
                problems.push(Diagnostic::error("misplaced-stated", message).at(Some(self.entry.place(path))));
            }
            Condition::Need(_) | Condition::Table(_) => {}
        }
    }

    fn test(&self, fact: FactIndex, classes: ClassSet, path: &[Step<'_>], problems: &mut Vec<Diagnostic>) {
        let indicator = &self.rules.indicators[fact];
        let id = &indicator.id;
        let problem = if self.rules.index.protective.contains(fact) {
            let message = format!("`{id}` is protective: it is looked at only inside `stated`, or under `protection`");
            Diagnostic::error("protective-in-criterion", message)
        } else if self.rules.index.unordered.contains(fact) {
            if !self.moves {
                return;
            }
            let message = format!("`{id}` has no order of concern, so it may not move a level");
            Diagnostic::error("unordered-moves-level", message).help("give only actions, considerations or a deadline")
        } else if is_side_of_concern(classes, indicator.classes.len()) {
            return;
        } else {
            let worst = indicator.classes.last().map(|class| class.label.to_lowercase()).unwrap_or_default();
            let message =
                format!("this test of `{id}` looks away from concern, so that more concern could lower a level");
            let help = format!("test from some answer up to the one of greatest concern, which is {worst}");
            Diagnostic::error("tests-away-from-concern", message).help(help)
        };
        problems.push(problem.at(Some(self.entry.place(path))));
    }
}

/// What softens a floor: only the other side, and only what was stated or is presumed.
fn softening(rules: &RuleSet, condition: &Condition, place: &Place, problems: &mut Vec<Diagnostic>) {
    let problem = match condition {
        Condition::All(parts) | Condition::Any(parts) => {
            return parts.iter().for_each(|part| softening(rules, part, place, problems));
        }
        Condition::Holds(criterion) => return softening(rules, &rules.criteria[*criterion].when, place, problems),
        Condition::Test { fact, classes } | Condition::Stated { fact, classes } => {
            let indicator = &rules.indicators[*fact];
            let stated = matches!(condition, Condition::Stated { .. });
            let id = &indicator.id;
            if !stated && !rules.index.presumed.contains(*fact) {
                let message = format!(
                    "`unless` rests on `{id}`, which nobody may have stated: unasked, it would soften in silence"
                );
                Diagnostic::error("unstated-softens", message)
                    .help("put it inside `stated`, or give the fact a `presume`")
            } else if rules.index.unordered.contains(*fact) || !is_other_side(*classes, indicator.classes.len()) {
                let message =
                    format!("`unless` tests `{id}` on the side of concern, so that more concern could soften");
                Diagnostic::error("softens-with-concern", message)
                    .help("test from the answer of least concern up to some answer")
            } else {
                return;
            }
        }
        Condition::Need(_) | Condition::Table(_) => {
            let message = "`need` and `script` may not stand in `unless`: only what was stated softens";
            Diagnostic::error("misplaced-in-unless", message)
        }
    };
    problems.push(problem.at(Some(place.clone())));
}

/// A condition that never holds is a rule nobody can meet; one that always holds is no condition.
fn sometimes(rules: &RuleSet, condition: &Condition, id: &str, place: &Place, problems: &mut Vec<Diagnostic>) {
    if is_broken(rules, condition) {
        return;
    }
    let mut facts = Vec::new();
    facts_in(rules, condition, &mut facts);
    facts.sort_unstable();
    facts.dedup();
    let sizes: Vec<usize> = facts.iter().map(|fact| rules.indicators[*fact].classes.len()).collect();
    let count = sizes.iter().try_fold(1_usize, |count, size| count.checked_mul(*size)).unwrap_or(usize::MAX);
    let (mut ever, mut always) = (false, true);
    let rows: Vec<usize> = if count <= MAX_COMBINATIONS {
        (0..count).collect()
    } else {
        // The condition only rises with concern, so its ends decide; unordered facts are few in practice.
        vec![0, count - 1]
    };
    for row in rows {
        let mut rest = row;
        let classes: Vec<usize> = sizes
            .iter()
            .map(|size| {
                let class = if row == 0 {
                    0
                } else if row == count - 1 {
                    size - 1
                } else {
                    rest % size
                };
                rest /= size;
                class
            })
            .collect();
        let class = |fact: FactIndex| facts.binary_search(&fact).map_or(0, |at| classes[at]);
        ever |= holds(rules, condition, &class, true);
        always &= holds(rules, condition, &class, false);
    }
    let message = match (ever, always) {
        (false, _) => format!("`{id}` can never hold, whatever the answers"),
        (_, true) => format!("`{id}` always holds, whatever the answers"),
        _ => return,
    };
    let code = if ever { "constant-condition" } else { "never-holds" };
    problems.push(Diagnostic::error(code, message).at(Some(place.clone())));
}

/// Whether a part could not be compiled; that was told where it stands, and nothing more is to be said of the whole.
fn is_broken(rules: &RuleSet, condition: &Condition) -> bool {
    match condition {
        Condition::Any(parts) if parts.is_empty() => true,
        Condition::All(parts) | Condition::Any(parts) => {
            parts.is_empty() || parts.iter().any(|part| is_broken(rules, part))
        }
        Condition::Holds(criterion) => is_broken(rules, &rules.criteria[*criterion].when),
        Condition::Test { .. } | Condition::Stated { .. } | Condition::Need(_) | Condition::Table(_) => false,
    }
}

fn facts_in(rules: &RuleSet, condition: &Condition, facts: &mut Vec<FactIndex>) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| facts_in(rules, part, facts)),
        Condition::Holds(criterion) => facts_in(rules, &rules.criteria[*criterion].when, facts),
        Condition::Test { fact, .. } | Condition::Stated { fact, .. } => facts.push(*fact),
        Condition::Table(table) => facts.extend(&rules.tables[*table].reads),
        Condition::Need(_) => {}
    }
}

fn holds(rules: &RuleSet, condition: &Condition, class: &impl Fn(FactIndex) -> usize, need: bool) -> bool {
    match condition {
        Condition::All(parts) => parts.iter().all(|part| holds(rules, part, class, need)),
        Condition::Any(parts) => parts.iter().any(|part| holds(rules, part, class, need)),
        Condition::Holds(criterion) => holds(rules, &rules.criteria[*criterion].when, class, need),
        Condition::Test { fact, classes } | Condition::Stated { fact, classes } => classes >> class(*fact) & 1 == 1,
        Condition::Need(_) => need,
        Condition::Table(table) => {
            let table = &rules.tables[*table];
            let row: usize = table.reads.iter().zip(&table.strides).map(|(fact, stride)| class(*fact) * stride).sum();
            match table.rows[row] {
                Outcome::True | Outcome::FailedAboveTrue => true,
                Outcome::False => false,
                Outcome::Failed => need,
            }
        }
    }
}

/// A script's table obeys the shape rule like any condition.
fn never_falls(rules: &RuleSet, table: &Table, draft: &Draft<'_>, problems: &mut Vec<Diagnostic>) {
    let sizes: Vec<usize> = table.reads.iter().map(|fact| rules.indicators[*fact].classes.len()).collect();
    for row in 0..table.rows.len() {
        for (read, stride) in table.strides.iter().enumerate() {
            let class = row / stride % sizes[read];
            if class + 1 == sizes[read] || table.rows[row + stride] != Outcome::False {
                continue;
            }
            if !matches!(table.rows[row], Outcome::True | Outcome::FailedAboveTrue) {
                continue;
            }
            let words = |row: usize| {
                let parts = table.reads.iter().zip(&table.strides).zip(&sizes).map(|((fact, stride), size)| {
                    let indicator = &rules.indicators[*fact];
                    format!("{} = {}", indicator.id, indicator.classes[row / stride % size].label.to_lowercase())
                });
                parts.collect::<Vec<_>>().join(", ")
            };
            let message = format!(
                "the script goes from true to false as concern rises: true with {}, false with {}",
                words(row),
                words(row + stride)
            );
            let place = draft.scripts.get(table.name.as_str()).map(|source| source.place(1, 1, 1));
            let help = "test from some answer up to the one of greatest concern, so that more concern never lowers";
            problems.push(Diagnostic::error("script-falls-with-concern", message).at(place).help(help));
            return;
        }
    }
}
