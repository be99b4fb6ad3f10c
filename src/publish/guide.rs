//! The practitioner's guide: one page for the wall.

use super::blocks::{Block, NOT_SAID, Row, Section, Text, part, said};
use super::entries::capital;
use super::parts::{core, outside_hours};
use crate::criteria::RuleSet;
use crate::criteria::entries::About;

pub(super) fn sections(rules: &RuleSet) -> Vec<Section> {
    vec![danger(rules), ladder(rules), questions(rules), send(rules), disagree(rules)]
}

fn danger(rules: &RuleSet) -> Section {
    let blocks = vec![
        Block::Important {
            text: Text::strong("Ring 999.").and(" Then telephone the hub. Do not wait for a form or for consent."),
        },
        Block::paragraph(outside_hours(rules)),
        Block::paragraph("Hub: ____________________ Out of hours: ____________________"),
    ];
    part("danger", "A child in danger now", blocks)
}

fn ladder(rules: &RuleSet) -> Section {
    let rows = rules.ladder().levels().iter().map(|level| {
        let name = Text::from(format!("{} {}", level.rank, level.name));
        Row::of([
            name,
            said(&level.means),
            said(&level.lead),
            said(&level.consent),
            Text::from(capital(&level.respond_within.to_string())),
        ])
    });
    let columns = vec!["Level", "What it means", "Who leads", "Consent", "How soon"];
    let mut blocks = vec![Block::table("The levels", columns, rows.collect())];
    if let Some(below) = &rules.framework().below {
        blocks.push(Block::paragraph(below.say.as_str()));
    }
    part("levels", "The levels", blocks)
}

fn questions(rules: &RuleSet) -> Section {
    let asked = core(rules);
    let blocks = match asked.is_empty() {
        true => vec![Block::paragraph("These rules ask no question about every child.")],
        false => vec![
            Block::paragraph("Answer each, or say that you do not know. Not knowing is never taken as “no”."),
            Block::Columns { items: asked.into_iter().map(Text::from).collect() },
        ],
    };
    part("asked", "Asked about every child", blocks)
}

fn send(rules: &RuleSet) -> Section {
    let mut items = vec![
        Text::from("What you saw and heard, and when, in your own words; the child’s own words"),
        Text::from("Each child of the household by name and date of birth; who else lives there"),
    ];
    let of_referral: Vec<&str> =
        rules.indicators.iter().filter(|one| one.about == About::Referral).map(|one| one.ask.as_str()).collect();
    if !of_referral.is_empty() {
        items.push(Text::from(of_referral.join(" ")));
    }
    part("send", "What to send", vec![Block::List { items }])
}

fn disagree(rules: &RuleSet) -> Section {
    let stages = &rules.letters().disagreement;
    let blocks = match stages.is_empty() {
        true => vec![Block::paragraph(format!("{NOT_SAID}: how to disagree. Ask the partnership."))],
        false => {
            let stages: Vec<String> =
                stages.iter().map(|stage| format!("{} answers {}", stage.who, stage.within)).collect();
            vec![Block::paragraph(format!(
                "Say so, and why. {}. Each stage follows where the answer before is not accepted. Both views are kept.",
                capital(&stages.join("; then "))
            ))]
        }
    };
    part("disagree", "If you disagree", blocks)
}
