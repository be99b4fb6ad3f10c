//! A real child's answers as a worked example that nobody can be recognised by: only the answers that the rules need to
//! indicate what they indicated, each number as the least that the rules do not tell from it, and no word of a story.

use serde_json::{Map, Value, json};

use crate::criteria::RuleSet;
use crate::facts::{Answer, Answers, Said};
use crate::json::Json;
use crate::ladder::Rank;
use crate::level::Explain;
use crate::referral::{Indicated, Referral};

/// What stands in the place of a story until somebody writes one.
const NO_STORY: &str = "From a quality audit. Write here, in a sentence or two and about nobody real, what it shows.";

/// What must stay as it is while answers are left out.
type Shown = (Rank, Rank, Vec<String>);

/// A child's answers as an example; nothing where the rules take none of them.
pub fn without_the_child(rules: &RuleSet, id: &str, answers: &Answers) -> Option<Value> {
    let mut facts: Vec<(String, Value)> = Vec::new();
    for (name, said) in &answers.said {
        let told = rules.fact(name).and_then(|fact| as_told(rules, fact, said));
        facts.extend(told.map(|told| (name.clone(), told)));
    }
    let mut concerns = answers.concerns.clone();
    let wanted = shown(rules, &concerns, &facts)?;
    // The last first: what the rules ask of everybody is said first, and stays where either would do.
    for place in (0..facts.len()).rev() {
        let left_out = facts.remove(place);
        if shown(rules, &concerns, &facts).as_ref() != Some(&wanted) {
            facts.insert(place, left_out);
        }
    }
    for place in (0..concerns.len()).rev() {
        let left_out = concerns.remove(place);
        if shown(rules, &concerns, &facts).as_ref() != Some(&wanted) {
            concerns.insert(place, left_out);
        }
    }
    let (least, most, found) = wanted;
    let mut expect = Map::new();
    if least == most {
        expect.insert("level".to_owned(), least.into());
    } else {
        expect.insert("at_least".to_owned(), least.into());
        expect.insert("at_most".to_owned(), most.into());
    }
    if !found.is_empty() {
        expect.insert("found".to_owned(), found.into());
    }
    let facts: Map<String, Value> = facts.into_iter().collect();
    let mut example = json!({ "id": id, "story": NO_STORY });
    if !concerns.is_empty() {
        example["concerns"] = concerns.into();
    }
    example["facts"] = facts.into();
    example["expect"] = expect.into();
    Some(example)
}

/// What was said of a fact as an example says it: of two accounts the one that was given first.
fn as_told(rules: &RuleSet, fact: usize, said: &Said) -> Option<Value> {
    let answer = match said {
        Said::NotKnown => return Some("not_known".into()),
        Said::Refused => return Some("refused".into()),
        Said::Answer(answer) | Said::TwoAccounts(answer, _) => answer,
    };
    let indicator = &rules.indicators()[fact];
    Some(match answer {
        Answer::YesNo(yes) => (*yes).into(),
        Answer::Word(word) => word.as_str().into(),
        Answer::Number(number) => {
            match &indicator.classes.get(usize::from(indicator.class_of_number(*number)?))?.answer {
                Answer::Number(least) => (*least).into(),
                _ => return None,
            }
        }
    })
}

fn shown(rules: &RuleSet, concerns: &[String], facts: &[(String, Value)]) -> Option<Shown> {
    let facts: Map<String, Value> = facts.iter().cloned().collect();
    let request = json!({ "concerns": concerns, "facts": facts }).to_string();
    let referral = Json::read(request.as_bytes()).and_then(|json| Referral::read(&json)).ok()?;
    let Ok(Indicated::Child(of)) = referral.evaluate(rules, Explain::Summary) else { return None };
    Some((of.at_least.rank, of.at_most.rank, of.reasons.into_iter().map(|reason| reason.id.to_owned()).collect()))
}
