//! What is read at once is read as in full: the plain form always, and whatever else is read, with the same outcome.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use windscreen::criteria::RuleSet;
use windscreen::facts::{Answer, Said, Scope};
use windscreen::json::Json;
use windscreen::level::Explain;
use windscreen::referral::Referral;
use windscreen::referral::at_once::AtOnce;

use crate::properties::{referral, rule_sets};

fn answer(answer: &Answer) -> Value {
    match answer {
        Answer::YesNo(value) => json!(value),
        Answer::Number(number) => json!(number),
        Answer::Word(word) => json!(word),
    }
}

/// A random request, and whether it has the plain form.
fn request(rules: &RuleSet, seed: u64) -> (Value, bool) {
    let answers = referral(rules, seed, Scope::Referral);
    let mut plain = true;
    let mut facts = Map::new();
    for (id, said) in &answers.said {
        let said = match said {
            Said::NotKnown if seed.is_multiple_of(2) => json!(null),
            Said::NotKnown => json!("not_known"),
            Said::Refused => json!("refused"),
            Said::Answer(one) => answer(one),
            Said::TwoAccounts(one, other) => {
                plain = false;
                json!({ "answer": answer(one), "also_said": answer(other) })
            }
        };
        facts.insert(id.clone(), said);
    }
    let mut request = Map::new();
    let optional = [
        ("ref", json!("A-1")),
        ("received_at", json!("2026-11-27T15:00:00Z")),
        ("explain", json!(["none", "summary", "full"][(seed % 3) as usize])),
        ("scope", json!(["referral", "all"][(seed % 2) as usize])),
        ("concerns", json!(answers.concerns)),
        ("rule_set", json!(rules.id().digest)),
    ];
    for (place, (key, value)) in optional.into_iter().enumerate() {
        if seed >> (8 + place) & 1 == 1 {
            request.insert(key.to_owned(), value);
        }
    }
    request.insert("facts".to_owned(), Value::Object(facts));
    (Value::Object(request), plain)
}

/// That whatever is read at once is read so in full; whether it was.
fn is_read_alike(rules: &RuleSet, bytes: &[u8]) -> Result<bool, TestCaseError> {
    let Some(asked) = AtOnce::read(bytes, rules) else { return Ok(false) };
    let in_full = Json::read(bytes).and_then(|json| Referral::read(&json));
    prop_assert!(in_full.is_ok(), "{}", String::from_utf8_lossy(bytes));
    let in_full = in_full.unwrap_or_default();
    prop_assert_eq!(asked.received_at, in_full.received_at);
    prop_assert_eq!(asked.explain, in_full.explain);
    prop_assert_eq!(&asked.reference, &in_full.reference);
    prop_assert!(in_full.rule_set.as_ref().is_none_or(|pin| *pin == rules.id().digest));
    prop_assert_eq!(Ok(vec![asked.facts.clone()]), in_full.facts(rules));
    let (at_once, in_full) = (asked.evaluate(rules, Explain::Summary), in_full.evaluate(rules, Explain::Summary));
    prop_assert_eq!(Ok(at_once), in_full);
    Ok(true)
}

/// What may stand where it does not belong.
const PIECES: [&str; 22] = [
    "null",
    "true",
    "7",
    "-1",
    "1.0",
    "1e3",
    "99999999999999999999",
    "\"refused\"",
    "\"not_known\"",
    "\"never\"",
    "\"yes\"",
    "\"r\\u0065fused\"",
    "{}",
    "[]",
    "{\"full\":null}",
    "\"facts\":{},",
    "\"ref\":\"B-2\",",
    "\"date_of_birth\":\"2020-01-01\",",
    "\"children\":[],",
    ",",
    "\"",
    " ",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000 * crate::cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_plain_form_is_read_at_once_and_as_in_full(set in 0_usize..3, seed in any::<u64>()) {
        let rules = &rule_sets()[set].0;
        let (request, plain) = request(rules, seed);
        prop_assert_eq!(is_read_alike(rules, request.to_string().as_bytes())?, plain, "{}", request);
    }

    /// A piece is put in the place of some bytes, between two of JSON's own signs.
    #[test]
    fn whatever_is_read_at_once_is_read_so_in_full(
        set in 0_usize..3,
        seed in any::<u64>(),
        piece in prop::sample::select(&PIECES[..]),
        from in any::<prop::sample::Index>(),
        signs in 0_usize..3,
    ) {
        let rules = &rule_sets()[set].0;
        let text = request(rules, seed).0.to_string();
        let places: Vec<usize> = text.match_indices(['{', '}', '[', ']', ':', ',']).map(|(place, _)| place + 1).collect();
        let from = from.index(places.len());
        let to = places[(from + signs).min(places.len() - 1)];
        let to = if signs == 0 { to } else { to - 1 };
        let changed = format!("{}{piece}{}", &text[..places[from]], &text[to.max(places[from])..]);
        is_read_alike(rules, changed.as_bytes())?;
    }
}
