//! Everything but the levels: danger, the ladder at a glance, what to do, times, consent, disagreement, sources.

use super::blocks::{Anchor, Block, NOT_SAID, Row, Section, Text, part, said};
use super::entries::{Entry, Stands, Told, as_written, capital, name_as_written, spaced};
use crate::calendar::Clock;
use crate::criteria::entries::{About, AnsweredBy, Status};
use crate::criteria::in_words::any_of;
use crate::criteria::{Action, Indicator, RuleSet};
use crate::facts::FactIndex;
use crate::ladder::Within;

/// What it is, and what it is not.
pub(super) fn what_this_is(rules: &RuleSet) -> Section {
    let framework = rules.framework();
    let mut blocks = Vec::new();
    if !framework.about.trim().is_empty() {
        // Backticks are for whoever reads the file.
        blocks.push(Block::paragraph(framework.about.trim().replace('`', "")));
    }
    blocks.push(Block::list([
        "It is made from the rules that run: what stands here is what is applied, to every child in the same way. Its digest names exactly these rules.",
        "A level says which response the known facts point to. It is not a diagnosis, and no score: every level has reasons that a person can read.",
        "A person decides, and may decide a higher or a lower level and say why.",
        "The signs in it are not a complete list. Whoever is worried about a child speaks up, whether or not the worry is listed.",
        "What is not known is never taken as “no”. Until it is asked, the answer is a range: the lowest and the highest level that it could be.",
    ]));
    if !framework.always_say.is_empty() {
        blocks.push(Block::paragraph("With every answer it is said:"));
        blocks.push(Block::list(framework.always_say.iter().map(String::as_str)));
    }
    blocks.push(Block::paragraph("Short of time? Read the next part and “The levels at a glance”. Then look up the worry under the level that seems right, and under the one above it."));
    part("what", "What this document is, and is not", blocks)
}

/// If a child is in danger now.
pub(super) fn danger(told: &Told<'_>) -> Section {
    let rules = told.rules;
    let framework = rules.framework();
    let mut blocks = vec![Block::Important {
        text: Text::strong("If a child is in danger now, ring 999.")
            .and(" Do not wait for a form, for consent or for this document."),
    }];
    let mut rows = Vec::new();
    for (place, action) in rules.actions.iter().enumerate() {
        if action.within != Some(Within::AtOnce) || place == framework.out_of_hours {
            continue;
        }
        let mut asked: Vec<Text> = told
            .entries
            .iter()
            .filter(|entry| entry.actions.contains(&place))
            .map(|entry| Text::default().and_link(&entry.title, &entry.anchor.place))
            .collect();
        let levels = rules.ladder().levels().iter().filter(|level| level.actions.contains(&action.id));
        asked.extend(levels.map(|level| {
            Text::default().and_link(&format!("Every child at level {}", level.rank), &format!("level-{}", level.rank))
        }));
        if !asked.is_empty() {
            rows.push(Row { entry: None, cells: vec![vec![Text::from(action.says.as_str())], asked] });
        }
    }
    if rows.is_empty() {
        blocks.push(Block::paragraph(format!("{NOT_SAID}: anything else that is to be done at once.")));
    } else {
        blocks.push(Block::table("What is done at once, and when", vec!["Do at once", "When this is found"], rows));
    }
    blocks.push(Block::paragraph(outside_hours(rules)));
    blocks.push(Block::paragraph("The rules hold no telephone numbers. Write them here. Hub: ____________________ Out of hours: ____________________"));
    if let Some(below) = &framework.below {
        blocks.push(Block::paragraph(format!("Below level {} it is always said: “{}”", below.rank, below.say)));
    }
    part("danger", "If a child is in danger now", blocks)
}

/// When the hub is staffed, and who answers otherwise.
pub(super) fn outside_hours(rules: &RuleSet) -> Text {
    let framework = rules.framework();
    let says = rules.actions.get(framework.out_of_hours).map_or(NOT_SAID, |action| action.says.as_str());
    Text::strong("Outside office hours:")
        .and(&format!(" {}. ", says.trim_end_matches('.')))
        .and(&format!("Office hours are {}, except bank holidays.", framework.calendar.hours()))
}

/// How a level comes about, and the words for it.
pub(super) fn how(told: &Told<'_>) -> Section {
    let rules = told.rules;
    let of = |stands: fn(&Entry) -> bool| told.entries.iter().any(stands);
    let mut steps = Vec::new();
    if of(|entry| matches!(entry.stands, Stands::Floor(_))) {
        steps.push(
            Text::strong("Enough alone.")
                .and(" Some findings alone mean that the level is never below the one they stand under."),
        );
    }
    if of(|entry| matches!(entry.stands, Stands::Duty(_))) {
        steps.push(
            Text::strong("Owed by law.").and(" Some are owed a level by law: a duty to help, and no finding of harm."),
        );
    }
    if of(|entry| matches!(entry.stands, Stands::Counts(_))) {
        steps.push(Text::strong("Needs add up.").and(" Others are one need each. So many needs together reach a level, as its page says. What is enough alone, or owed by law, is one need as well. A need told of twice counts once."));
    }
    if of(|entry| entry.stands == Stands::Raises) {
        steps.push(
            Text::strong("More vulnerable.")
                .and(" Some things raise a level that was reached: see ")
                .and_link("what raises a level", "part-raises")
                .and("."),
        );
    }
    steps.push(Text::strong("Domain.").and(" Each need belongs to one part of the child’s life: the child’s development, parenting, family and environment, or harm; or to none. Some numbers ask for needs in several domains."));
    let groups = told.words.groups();
    if !groups.is_empty() {
        steps.push(
            Text::strong("Group. ")
                .and(&format!("Where needs are counted in groups, these domains are one: {}.", groups.join("; "))),
        );
    }
    let unsettled = &rules.framework().while_unsettled;
    let mut blocks = vec![Block::List { items: steps }];
    let text = format!(
        "While an answer is still a range that may be protection, it is dealt with {}.",
        unsettled.respond_within
    );
    let links = told.done_by_id(&unsettled.actions);
    let text = Text::from(text);
    blocks.push(Block::Paragraph {
        text: if unsettled.actions.is_empty() { text } else { text.and(" Do: ").and_links(links).and(".") },
    });
    blocks.push(Block::heading("Asked about every child"));
    blocks.push(match core(rules) {
        asked if asked.is_empty() => Block::paragraph("These rules ask no question about every child."),
        asked => Block::list(asked),
    });
    blocks.push(Block::heading("Presumed until it is answered"));
    let presumed = rules.index.presumptions.iter().map(|(fact, class)| {
        let indicator = &rules.indicators[*fact];
        Text::from(indicator.ask.as_str()).and(" ").and_strong(&indicator.in_words(*class, *class))
    });
    let presumed: Vec<Text> = presumed.collect();
    if presumed.is_empty() {
        blocks.push(Block::paragraph("These rules presume nothing."));
    } else {
        blocks.push(Block::paragraph("Each is taken on the side of concern until somebody answers it:"));
        blocks.push(Block::List { items: presumed });
    }
    let together = questions(told, "part-how");
    if !together.is_empty() {
        blocks.push(Block::heading("Questions that matter only beside others"));
        blocks.push(Block::paragraph("No answer to these does anything alone; other findings look at them:"));
        blocks.push(Block::list(together.into_iter().map(|fact| rules.indicators[fact].ask.as_str())));
    }
    part("how", "How a level is reached", blocks)
}

/// The questions that are asked about every child.
pub(super) fn core(rules: &RuleSet) -> Vec<&str> {
    (0..rules.indicators.len())
        .filter(|fact| rules.is_core(*fact))
        .map(|fact| rules.indicators[fact].ask.as_str())
        .collect()
}

/// The section in which a question stands that is no entry.
pub(super) fn place_of(told: &Told<'_>, fact: FactIndex) -> &'static str {
    let rules = told.rules;
    if rules.is_protective(fact) {
        "part-hardship"
    } else if rules.indicators[fact].context || !rules.is_ordered(fact) {
        "part-never"
    } else {
        "part-how"
    }
}

/// The questions of a section that are no entries and that nothing is presumed of.
fn questions(told: &Told<'_>, section: &str) -> Vec<FactIndex> {
    let is_entry = |indicator: &Indicator| told.entries.iter().any(|entry| entry.anchor.id == indicator.id);
    let rules = told.rules;
    let all = (0..rules.indicators.len()).filter(|fact| !rules.is_presumed(*fact));
    all.filter(|fact| !is_entry(&rules.indicators[*fact]) && place_of(told, *fact) == section).collect()
}

/// What never decides a level.
pub(super) fn never(told: &Told<'_>) -> Section {
    let rules = told.rules;
    let mut blocks = Vec::new();
    let context: Vec<&str> = (0..rules.indicators.len())
        .filter(|fact| place_of(told, *fact) == "part-never")
        .map(|fact| rules.indicators[fact].ask.as_str())
        .collect();
    if !context.is_empty() {
        blocks.push(Block::paragraph(
            "No answer to these questions gives a level by itself. Some ask for something to be done:",
        ));
        blocks.push(Block::list(context));
    }
    let never = &rules.framework().never_facts;
    if never.is_empty() {
        blocks.push(Block::paragraph(format!("{NOT_SAID}: what must never be asked.")));
    } else {
        blocks.push(Block::paragraph("These are never asked by any rule, and no rule can look at them:"));
        blocks.push(Block::Columns { items: never.iter().map(|word| Text::from(capital(&spaced(word)))).collect() });
    }
    part("never", "What never decides a level", blocks)
}

/// What asks for something to be done, every action and every question for a manager.
pub(super) fn to_do(told: &Told<'_>) -> Section {
    let rules = told.rules;
    let mut blocks = Vec::new();
    if !rules.considerations.is_empty() {
        blocks.push(Block::heading("What a manager answers in writing"));
        let rows = rules.considerations.iter().map(|one| {
            let name = Text::strong(&capital(&as_written(&one.id, &one.says)));
            let until = format!("While the level is below {}", one.until_level);
            named_row(&one.id, vec![vec![name], vec![said(&one.says)], vec![Text::from(until)]])
        });
        blocks.push(Block::table("What a manager answers", vec!["Name", "Question", "When"], rows.collect()));
    }
    blocks.push(Block::heading("What is done, and by when"));
    blocks.push(Block::paragraph(
        "Other pages name these by their names. The earliest time that a child is given stands.",
    ));
    let mut actions: Vec<&Action> = rules.actions.iter().collect();
    actions.sort_by_key(|action| action.within.map_or(u32::MAX, Within::nominal_hours));
    let rows = actions.into_iter().map(|action| {
        let name = Text::strong(&capital(&as_written(&action.id, &action.says)));
        let cells = vec![
            vec![name],
            vec![said(&action.says)],
            vec![Text::from(when(action))],
            vec![told.sources(&action.source)],
        ];
        named_row(&action.id, cells)
    });
    blocks.push(Block::table("What is done", vec!["Name", "What to do", "How soon", "Source"], rows.collect()));
    if let Some(table) = told.table(Stands::Asks, "What asks for something to be done and gives no level") {
        blocks.push(Block::heading("What asks for something to be done, and gives no level"));
        blocks.push(Block::Table(table));
    }
    if !rules.across_children.is_empty() {
        blocks.push(Block::heading("Other children of the household"));
        blocks.push(Block::paragraph(
            "What is found for one child asks for something about every other, and never gives another child a level:",
        ));
        blocks.push(Block::List {
            items: rules
                .across_children
                .iter()
                .map(|across| {
                    let text = Text::from(format!(
                        "{}: when {}. ",
                        across.says.trim_end_matches('.'),
                        told.words.need(&across.need)
                    ));
                    let text = text.and("Do: ").and_links(told.done(&across.actions)).and(". ");
                    let asked: Vec<&str> =
                        across.ask_first.iter().map(|fact| rules.indicators[*fact].ask.as_str()).collect();
                    if asked.is_empty() { text } else { text.and(&format!("Ask first: {}", asked.join(" "))) }
                })
                .collect(),
        });
    }
    part("to-do", "What to do, and what a manager answers", blocks)
}

/// A row that others link to, and that is no criterion.
fn named_row(id: &str, cells: Vec<Vec<Text>>) -> Row {
    let anchor = Anchor { id: String::new(), answers: Vec::new(), place: id.to_owned() };
    Row { entry: Some(anchor), cells }
}

fn when(action: &Action) -> String {
    let Some(within) = action.within else { return "No time is set".to_owned() };
    let clock = match (within, action.clock) {
        (Within::Hours(_), Clock::Always) => ", day and night",
        (Within::Hours(_), Clock::Office) => ", counted in office hours",
        _ => "",
    };
    format!("{}{clock}", capital(&within.to_string()))
}

/// Time limits and office hours.
pub(super) fn times(told: &Told<'_>) -> Section {
    let framework = told.rules.framework();
    let mut blocks = Vec::new();
    if framework.timescales.is_empty() {
        blocks.push(Block::paragraph(format!("{NOT_SAID}: statutory and local time limits.")));
    } else {
        let rows = framework.timescales.iter().map(|one| {
            Row::of([said(&one.says), Text::from(capital(&one.within.to_string())), told.sources(&one.source)])
        });
        blocks.push(Block::table("Time limits", vec!["Step", "How soon", "Source"], rows.collect()));
    }
    blocks.push(Block::paragraph(outside_hours(told.rules)));
    blocks.push(Block::paragraph("A working day ends when the office closes. Hours run day and night unless the action says otherwise. Days and months are those of the calendar."));
    part("times", "Times", blocks)
}

/// Consent and sharing.
pub(super) fn consent(told: &Told<'_>) -> Section {
    let rules = told.rules;
    let rows = rules
        .ladder()
        .levels()
        .iter()
        .map(|level| Row::of([Text::from(format!("{} {}", level.rank, level.name)), said(&level.consent)]));
    let mut blocks = vec![Block::table("Consent at each level", vec!["Level", "Consent"], rows.collect())];
    let of_referral = (0..rules.indicators.len()).filter(|fact| rules.indicators[*fact].about == About::Referral);
    let of_referral: Vec<FactIndex> = of_referral.collect();
    if of_referral.is_empty() {
        blocks.push(Block::paragraph(format!(
            "{NOT_SAID}: anything else about consent, or about sharing what is known."
        )));
    } else {
        let gives = of_referral.iter().any(|fact| rules.highest_given(*fact) > 0);
        let lowers = rules.lowering().any(|condition| {
            let tested = condition.tested(rules);
            of_referral.iter().any(|fact| tested.contains(*fact))
        });
        let says = match (gives, lowers) {
            (false, false) => {
                "About the referral itself it is asked what follows. No answer gives a level by itself, and none lowers one:"
            }
            _ => "About the referral itself it is asked:",
        };
        blocks.push(Block::paragraph(says));
        let items = of_referral.iter().map(|fact| {
            let indicator = &rules.indicators[*fact];
            let answers = indicator.classes.iter().map(|class| class.label.clone());
            Text::from(format!("{} {}", indicator.ask, capital(&any_of(answers))))
        });
        blocks.push(Block::List { items: items.collect() });
        blocks.push(Block::Paragraph {
            text: Text::from("What an answer asks for stands under ").and_link("what to do", "part-to-do").and("."),
        });
    }
    part("consent", "Consent, and sharing what is known", blocks)
}

/// How to disagree.
pub(super) fn disagreement(told: &Told<'_>) -> Section {
    let stages = &told.rules.letters().disagreement;
    let mut blocks = Vec::new();
    if stages.is_empty() {
        blocks.push(Block::paragraph(format!(
            "{NOT_SAID}: how to disagree, who answers, and by when. The partnership must say it."
        )));
    } else {
        blocks.push(Block::paragraph("Whoever referred, another agency, the family or the child may disagree with a decision. Both views are kept, whoever is found right. If an answer is not accepted, the next stage answers:"));
        let rows = stages.iter().enumerate().map(|(place, stage)| {
            let answers = match stage.answered_by {
                AnsweredBy::Decider => "Whoever decided, or may decide that level",
                AnsweredBy::Manager => "A manager who took no part before",
                AnsweredBy::Named => "Somebody named, whose answer a manager records",
            };
            Row::of([
                Text::from(format!("{} {}", place + 1, capital(&stage.who))),
                Text::from(answers),
                Text::from(capital(&stage.within.to_string())),
                told.sources(&stage.source),
            ])
        });
        blocks.push(Block::table(
            "The stages of a disagreement",
            vec!["Stage", "Who answers", "How soon", "Source"],
            rows.collect(),
        ));
    }
    blocks.push(Block::paragraph("Waiting for an answer is no reason to leave a child in danger: ring 999."));
    part("disagree", "If you disagree", blocks)
}

/// Named conditions.
pub(super) fn words(told: &Told<'_>) -> Option<Section> {
    let table = told.table(Stands::Defines, "Words that other entries use")?;
    let blocks =
        vec![Block::paragraph("Other entries use these words. They give nothing by themselves."), Block::Table(table)];
    Some(part("words", "Words that the rules use", blocks))
}

/// Sources in full.
pub(super) fn sources(rules: &RuleSet) -> Section {
    let sources = &rules.framework().sources;
    let rows = sources.iter().map(|(word, says)| {
        named_row(&format!("source-{word}"), vec![vec![Text::from(name_as_written(word, says))], vec![said(says)]])
    });
    let blocks = match sources.is_empty() {
        true => vec![Block::paragraph(NOT_SAID)],
        false => vec![Block::table("Sources", vec!["Named", "In full"], rows.collect())],
    };
    part("sources", "Sources", blocks)
}

/// Whether a rule set is nobody's.
pub(super) fn warning(rules: &RuleSet) -> Option<&'static str> {
    (rules.id().status == Status::Example).then_some("Example only: no partnership’s agreed criteria")
}
