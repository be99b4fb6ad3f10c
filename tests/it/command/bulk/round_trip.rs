//! What was answered can be read again and is answered alike: a table keeps all that was said.

use std::io::{Cursor, Write};
use std::sync::{Arc, Mutex, OnceLock};

use proptest::prelude::*;
use windscreen::bulk::{Beside, Bulk, Input, Kind, Output as To};
use windscreen::criteria::{Kind as Asks, RuleSet, load};
use windscreen::facts::Answer;
use windscreen::level::Explain;
use windscreen::rules_dir;

use super::*;
use crate::reference::dice::Dice;

fn rules() -> &'static RuleSet {
    static RULES: OnceLock<RuleSet> = OnceLock::new();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/rules");
    RULES.get_or_init(|| load(&rules_dir::read(folder.as_ref()).unwrap()).rule_set.unwrap())
}

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Answers rows from one kind into another.
fn run(from: Kind, to: Kind, input: &[u8], folder: &Path) -> Vec<u8> {
    let explain = Explain::Full;
    let bulk = Bulk { rules: rules(), mapping: None, from, to, explain, brief: false, threads: 2, sheet: None };
    let input = if from == Kind::Xlsx {
        let path = folder.join("in.xlsx");
        std::fs::write(&path, input).unwrap();
        Input::File(std::fs::File::open(path).unwrap())
    } else {
        Input::Stream(Box::new(Cursor::new(input.to_vec())))
    };
    let kept = Kept::default();
    let file = folder.join("out.xlsx");
    let output = if to == Kind::Xlsx {
        To::File(Beside::begin(&file, true).unwrap())
    } else {
        To::Stream(Box::new(kept.clone()))
    };
    bulk.run(input, output, &mut |_| {}).unwrap();
    if to == Kind::Xlsx { std::fs::read(file).unwrap() } else { kept.0.lock().unwrap().clone() }
}

/// One answer to a fact, as JSON.
fn answer(dice: &mut Dice, fact: usize) -> Value {
    let indicator = &rules().indicators()[fact];
    match &indicator.kind {
        Asks::YesNo { .. } => json!(dice.chance(50)),
        Asks::Choice => {
            let Answer::Word(word) = &dice.pick(&indicator.classes).unwrap().answer else {
                panic!("a choice is of words")
            };
            json!(word)
        }
        Asks::Number { never: true, .. } if dice.chance(20) => json!("never"),
        Asks::Number { from, to, .. } => json!(from + dice.below(usize::try_from(to - from + 1).unwrap()) as i64),
    }
}

/// A line of an invented referral; some are of several children, some hold what is wrong.
fn line_of(dice: &mut Dice, reference: &str) -> Value {
    fn facts(dice: &mut Dice, of_child: bool) -> Value {
        let mut facts = Map::new();
        for _ in 0..dice.below(9) {
            let fact = dice.below(rules().indicators().len());
            let indicator = &rules().indicators()[fact];
            if !of_child && indicator.about == windscreen::criteria::entries::About::Child {
                continue;
            }
            let said = match dice.below(6) {
                0 => json!("not_known"),
                1 => json!("refused"),
                2 => json!({ "answer": answer(dice, fact), "also_said": answer(dice, fact) }),
                _ => answer(dice, fact),
            };
            facts.insert(indicator.id.clone(), said);
        }
        facts.into()
    }
    let mut line = Map::new();
    line.insert("ref".into(), json!(reference));
    let topics: Vec<&str> =
        (0..dice.below(3)).map(|_| rules().topics()[dice.below(rules().topics().len())].id.as_str()).collect();
    line.insert("concerns".into(), json!(topics));
    if dice.chance(20) {
        line.insert("scope".into(), json!("all"));
    }
    line.insert("facts".into(), facts(dice, true));
    if dice.chance(50) {
        line.insert(
            "received_at".into(),
            json!(format!("2026-0{}-1{}T1{}:30:00+01:00", 1 + dice.below(9), dice.below(10), dice.below(10))),
        );
        match dice.below(3) {
            0 => line
                .insert("date_of_birth".into(), json!(format!("20{}-02-0{}", 10 + dice.below(15), 1 + dice.below(9)))),
            1 => line.insert("due_date".into(), json!("2026-12-01")),
            _ => None,
        };
    }
    if dice.chance(15) {
        let facts_of_child = line.remove("facts").unwrap();
        let mut child = json!({ "ref": "Ash", "facts": facts_of_child });
        for key in ["date_of_birth", "due_date"] {
            if let Some(date) = line.remove(key) {
                child[key] = date;
            }
        }
        line.insert("children".into(), json!([child]));
        line.insert("household".into(), json!({ "facts": facts(dice, false), "concerns": [] }));
    }
    line.into()
}

/// An answer without what says where it stood. Accounts that differ are listed in the order in which they were sent,
/// and a table has an order of its own.
fn alike(answer: &Value) -> Value {
    let mut evaluation = answer.pointer("/children/0/evaluation").unwrap_or(&answer["evaluation"]).clone();
    let conflicts = evaluation["conflicts"].as_array_mut().unwrap();
    conflicts.sort_by_key(|conflict| conflict["fact"].as_str().unwrap().to_owned());
    json!({ "ref": answer["ref"], "evaluation": evaluation })
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: 24 * crate::cases(),
        ..ProptestConfig::default()
    })]

    #[test]
    fn an_answer_read_again_is_answered_alike(
        seed in any::<u64>(),
        references in prop::collection::vec("[=+@'\t -]{0,2}[a-zA-Z0-9£é;,\"\u{1}_x|-]{1,8}", 1..5),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut dice = Dice::new(seed);
        // Around a cell spaces mean nothing.
        let input: String =
            references.iter().map(|reference| format!("{}\n", line_of(&mut dice, reference.trim()))).collect();
        let direct = lines(&run(Kind::Ndjson, Kind::Ndjson, input.as_bytes(), folder.path()));
        prop_assert!(direct.iter().all(|answer| answer.get("problem").is_none()), "{direct:?}\n{input}");
        let mut tables = Vec::new();
        for kind in [Kind::Csv, Kind::Xlsx] {
            let once = run(Kind::Ndjson, kind, input.as_bytes(), folder.path());
            let again = lines(&run(kind, Kind::Ndjson, &once, folder.path()));
            prop_assert_eq!(again.iter().map(alike).collect::<Vec<_>>(), direct.iter().map(alike).collect::<Vec<_>>());
            // From table to table, whichever it is, nothing is lost either.
            let csv = run(kind, Kind::Csv, &once, folder.path());
            tables.push(rows_of_csv(&csv));
            let sheet = run(Kind::Csv, Kind::Xlsx, &csv, folder.path());
            let back = run(Kind::Xlsx, Kind::Csv, &sheet, folder.path());
            prop_assert_eq!(rows_of_csv(&back), rows_of_csv(&csv));
        }
        prop_assert_eq!(&tables[0], &tables[1]);
    }

    /// A table with anything in it: what is refused is refused again, and what is taken is answered alike.
    #[test]
    fn a_refused_row_stays_refused(
        rows in prop::collection::vec(
            (
                prop::sample::select(vec![
                    "", "not_known", "refused", "safe", "unsure", "safe|unable", "'safe", "=1", " safe", "yes",
                ]),
                prop::sample::select(vec!["", "3", "-3", "03", "3.0", "1|2", "91", "never", "not_known"]),
                prop::sample::select(vec!["", "yes", "no", "TRUE", "Yes", "yes|no", "refused"]),
                prop::sample::select(vec!["", "2026-11-23T10:00:00Z", "2026-11-23", "2026-11-23 10:00", "soon"]),
                prop::sample::select(vec!["", "2012-03-01", "01/03/2012", "2030-01-01"]),
                prop::sample::select(vec!["", "online", "onlin", "online;;domestic_abuse"]),
            ),
            1..8,
        ),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = csv::Writer::from_writer(Vec::new());
        // In the order in which they are written, so that faults stand in theirs.
        let beside = ["ref", "received_at", "date_of_birth", "concerns"];
        let facts = ["keeping_safe", "missing_episodes_90d", "immediate_danger_now"];
        writer.write_record(beside.into_iter().chain(facts)).unwrap();
        for (place, (safe, missing, danger, received, born, concerns)) in rows.iter().enumerate() {
            let reference = format!("R-{place}");
            writer.write_record([reference.as_str(), received, born, concerns, safe, missing, danger]).unwrap();
        }
        let input = writer.into_inner().unwrap();
        let without_place = |mut rows: Vec<Map<String, Value>>| {
            rows.iter_mut().for_each(|row| { row.remove("answer_row"); });
            rows
        };
        let once = run(Kind::Csv, Kind::Csv, &input, folder.path());
        let again = run(Kind::Csv, Kind::Csv, &once, folder.path());
        prop_assert_eq!(text(&again), text(&once));
        let sheet = run(Kind::Csv, Kind::Xlsx, &input, folder.path());
        let back = run(Kind::Xlsx, Kind::Csv, &sheet, folder.path());
        prop_assert_eq!(without_place(rows_of_csv(&back)), without_place(rows_of_csv(&once)));
    }
}
