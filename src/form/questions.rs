//! What each step asks, as fields: the questions of the rules, and those that every referral has.

use jiff::ToSpan;
use jiff::civil::Date;

use super::fields::{Asks, Choice, Entered, Field, Line, With};
use super::journey::Journey;
use super::{Draft, DraftChild, Who};
use crate::criteria::entries::About;
use crate::criteria::{Indicator, Kind, RuleSet};
use crate::facts::{Answer, FactIndex};

/// An account, and a child's own words: as much as the record keeps of all parts of an account together.
const MAX_ACCOUNT: usize = 4_500;

/// An address, and who lives there.
const MAX_HOME: usize = 2_000;

/// Where a child is now; with the rest of an account, no more than the record keeps.
const MAX_WHERE: usize = 500;

/// How long after the date it is due a baby may still be unborn.
const OVERDUE_WEEKS: i32 = 5;
/// How long before.
const CARRIED_WEEKS: i32 = 42;

/// The field of one question: its answers, not known, and that somebody would not say.
pub fn answer_field(rules: &RuleSet, who: &Who, fact: FactIndex) -> Field {
    let indicator = &rules.indicators()[fact];
    let own = |word: &str| indicator.classes.iter().any(|class| class.answer == Answer::Word(word.to_owned()));
    let besides = [("not_known", "Not known"), ("refused", "Asked, and would not say")];
    let besides = besides.into_iter().filter(|(word, _)| !own(word)).map(|(word, says)| Choice::new(word, says));
    let asks = match &indicator.kind {
        Kind::YesNo { .. } => {
            Asks::One([Choice::new("yes", "Yes"), Choice::new("no", "No")].into_iter().chain(besides).collect())
        }
        Kind::Choice => Asks::One(choices(indicator).chain(besides).collect()),
        Kind::Number { from, to, unit, never, .. } => Asks::Whole {
            from: *from,
            to: *to,
            unit: unit.words().to_owned(),
            instead: never.then(|| Choice::new("never", "Never")).into_iter().chain(besides).collect(),
        },
    };
    Field {
        hint: indicator.hint.clone(),
        // What is always asked is answered, if only with “not known”; the rest may be left for those who know.
        needed: rules.is_always_asked(fact).then(|| format!("Answer this, or choose not known: {}", indicator.ask)),
        ..Field::new(who.fact(&indicator.id), indicator.ask.clone(), asks)
    }
}

/// The same, in the words in which one says it on the telephone.
pub(super) fn spoken_field(rules: &RuleSet, who: &Who, fact: FactIndex) -> Field {
    let field = answer_field(rules, who, fact);
    let Some(says) = &rules.indicators()[fact].say else { return field };
    let needed = field.needed.is_some().then(|| format!("Answer this, or choose not known: {says}"));
    Field { says: says.clone(), needed, ..field }
}

/// Whose words an account is: how they know, and whether they would not say who they are. The keys begin with `of`.
pub fn whose_words(rules: &RuleSet, of: &str, says: &str) -> [Field; 2] {
    let public = rules.framework().agencies.iter().filter(|agency| agency.public).map(|agency| agency.id.clone());
    let bases = [
        ("seen_or_heard", "They saw or heard it themselves"),
        ("told_by_the_child", "The child told them"),
        ("told_by_another", "Somebody else told them"),
        ("from_records", "From records"),
    ];
    let bases = bases.map(|(word, says)| Choice::new(word, says));
    [
        Field::new(
            format!("{of}.anonymous"),
            "Do they want to stay anonymous?",
            Asks::Several(vec![Choice::new("yes", "They do not want to say who they are")]),
        )
        .hint("A member of the public may; a professional may not")
        .with(With::Only {
            by: format!("{of}.agency"),
            values: public.collect(),
            says: "Only a member of the public may stay anonymous: choose who they are, or enter the name".to_owned(),
        }),
        Field::new(format!("{of}.basis"), says, Asks::One(bases.into())),
    ]
}

/// A name that may be left out by whoever stays anonymous.
pub fn or_anonymous(of: &str) -> With {
    let never_both = "Take the name out, or the tick that they do not want to say it".to_owned();
    With::Instead { of: format!("{of}.anonymous"), never_both: Some(never_both) }
}

/// Who is calling, and what must be known before a line goes dead.
pub(super) fn caller(rules: &RuleSet, journey: Journey<'_>) -> Vec<Field> {
    let agencies = rules.framework().agencies.iter().map(|agency| Choice::new(agency.id.clone(), agency.name.clone()));
    let [anonymous, basis] = whose_words(rules, "referrer", "How do they know?");
    let mut fields = vec![
        Field::new("referrer.name", "Name of the caller", Asks::Line(Line::Name))
            .needed("Enter the name of the caller, or that a member of the public does not want to say it")
            .with(or_anonymous("referrer")),
        anonymous,
        Field::new("referrer.contact", "Telephone number to ring back on", Asks::Line(Line::Plain))
            .hint("Ask for it first, in case the call is cut off")
            .needed("Enter the number to ring back on, or that the caller does not want to say who they are")
            .with(With::Instead { of: "referrer.anonymous".to_owned(), never_both: None }),
        Field::new("referrer.agency", "Who are they?", Asks::Select(agencies.collect()))
            .needed("Choose who they are: the kind of agency, the family or the public"),
        Field::new("referrer.role", "Their role, or how they know the child", Asks::Line(Line::Plain)),
        basis.needed("Choose how the caller knows"),
        Field::new("call.where", "Where is the child now?", Asks::Text(MAX_WHERE)).hint("And who is with them"),
    ];
    if journey == Journey::Referral(None) {
        fields.push(
            Field::new("referrer.organisation", "Organisation that the caller acts for", Asks::Line(Line::Plain))
                .hint("By its code, like school:example-primary, so that it hears what comes of this. Leave it empty for the family or the public"),
        );
    }
    fields
}

/// The fields of answers that were sent and are not among those that are asked now: what was said is never dropped
/// because somebody else's answer ruled its question out meanwhile.
pub fn fields_answered(rules: &RuleSet, entered: &Entered, children: &[String], asked: &[Field]) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    for (name, value) in &entered.0 {
        let Some((of, fact)) = name.split_once(".fact.") else { continue };
        let fact = rules.fact(fact.strip_suffix(".instead").unwrap_or(fact));
        let who = match of.strip_prefix("child.") {
            None => Who::Household,
            Some(child) if children.iter().any(|known| known == child) => Who::Child(child.to_owned()),
            Some(_) => continue,
        };
        let Some(fact) = fact.filter(|_| !value.is_empty() && (of == "household" || who != Who::Household)) else {
            continue;
        };
        let is_theirs = (rules.indicators()[fact].about == About::Child) == (who != Who::Household);
        let field = answer_field(rules, &who, fact);
        let is_new = !asked.iter().chain(&fields).any(|known| known.key == field.key);
        fields.extend((is_theirs && is_new).then_some(field));
    }
    fields
}

/// The answers of a choice that are still offered.
fn choices(indicator: &Indicator) -> impl Iterator<Item = Choice> + '_ {
    let offered = indicator.classes.iter().filter(|class| class.retired.is_none());
    offered.filter_map(|class| match &class.answer {
        Answer::Word(word) => Some(Choice::new(word.clone(), class.label.clone())),
        Answer::YesNo(_) | Answer::Number(_) => None,
    })
}

pub(super) fn referrer(rules: &RuleSet, journey: Journey<'_>, today: Date) -> Vec<Field> {
    let agencies = rules.framework().agencies.iter().map(|agency| Choice::new(agency.id.clone(), agency.name.clone()));
    let [anonymous, basis] = whose_words(rules, "referrer", "How do they know what they say?");
    let mut fields = vec![
        Field::new("referrer.name", "Name of the person who refers", Asks::Line(Line::Name))
            .needed("Enter the name of the person who refers, or how they are known")
            .with(or_anonymous("referrer")),
        Field::new("referrer.role", "Their role, or how they know the child", Asks::Line(Line::Plain)),
        Field::new("referrer.contact", "How to reach them", Asks::Line(Line::Plain))
            .hint("A telephone number or an email address that is answered")
            .needed("Enter how to reach the person who refers"),
        Field::new("referrer.agency", "Kind of agency", Asks::Select(agencies.collect()))
            .needed("Choose the kind of agency"),
        basis,
    ];
    if journey == Journey::Referral(None) {
        fields.insert(1, anonymous);
        fields.insert(
            0,
            Field::new("referrer.organisation", "Organisation that refers", Asks::Line(Line::Plain))
                .hint("By its code, like school:example-primary; for the family or the public, the council's own")
                .needed("Enter the organisation that refers"),
        );
        fields.push(
            Field::new("received.date", "Date the referral was received", Asks::Date(Some(Date::MIN..=today)))
                .hint("Leave empty if it is being received now, like by telephone. For example, 27 3 2026"),
        );
        fields.push(
            Field::new("received.time", "Time the referral was received", Asks::Line(Line::Time))
                .hint("On the 24-hour clock, like 14:30. The time allowed runs from here"),
        );
    }
    fields
}

/// Who a child is; `today` is the day of receipt, on which its age is reckoned.
pub(super) fn identity(child: &DraftChild, rules: &RuleSet, journey: Journey<'_>, today: Date) -> Vec<Field> {
    let key = |part: &str| format!("child.{}.{part}", child.reference);
    let mut fields = Vec::new();
    let named = journey != Journey::Check;
    if named {
        let says = if child.unborn { "Name of the mother, or what the baby is called" } else { "Name of the child" };
        fields.push(
            Field::new(key("name"), says, Asks::Line(Line::Name))
                .hint("If no name is known, how to tell this child from the others")
                .needed("Enter a name, or how to tell this child from the others"),
        );
    }
    if child.unborn {
        if named {
            // One that is further off is a slip, or the baby is born.
            let within = today.saturating_sub(OVERDUE_WEEKS.weeks())..=today.saturating_add(CARRIED_WEEKS.weeks());
            let asks = Asks::Date(Some(within));
            fields.push(Field::new(key("due"), "Date the baby is due", asks).hint("For example, 27 3 2027"));
        }
        return fields;
    }
    let whole = |to, unit: &str| Asks::Whole { from: 0, to, unit: unit.to_owned(), instead: Vec::new() };
    if named {
        let asks = Asks::Date(Some(first_birthday(rules, today)..=today));
        fields.push(Field::new(key("born"), "Date of birth", asks).hint("For example, 27 3 2019"));
    }
    let about =
        if named { "If the date of birth is not known, about how old is the child?" } else { "Age of the child" };
    let years = Field::new(key("age.years"), "Age in years", whole(17, "years"));
    let months = Field::new(key("age.months"), "And months", whole(11, "months"));
    fields.push(Field { under: Some(about.to_owned()), ..years });
    fields.push(Field { under: Some(about.to_owned()), ..months.hint("Months matter most for a baby") });
    if named {
        fields.push(Field::new(key("nhs_number"), "NHS number", Asks::Line(Line::NhsNumber)).hint("If you have it"));
        fields.push(Field::new(key("upn"), "Unique pupil number", Asks::Line(Line::Upn)).hint("If you have it"));
        fields.push(
            Field::new(key("own_words"), "What the child says, in the child's own words", Asks::Text(MAX_ACCOUNT))
                .hint("Also what a child too young to speak shows. Do not ask leading questions to fill this in"),
        );
        let monitoring = "To see whether thresholds fall alike on everybody: no rule reads this, and no page of those who \
                          decide shows it";
        for (part, says, words) in MONITORING {
            let choices = words.iter().map(|(word, says)| Choice::new(*word, *says)).collect();
            let field = Field::new(key(part), *says, Asks::Select(choices));
            fields.push(Field { under: Some(monitoring.to_owned()), ..field });
        }
    }
    fields
}

/// Each word with what it says.
type WordsSaid = &'static [(&'static str, &'static str)];

/// What is asked for monitoring alone.
const MONITORING: &[(&str, &str, WordsSaid)] = &[
    ("sex", "Sex", &[("female", "Female"), ("male", "Male"), ("not_known", "Not known, or not to be said")]),
    (
        "ethnicity",
        "Ethnic group",
        &[
            ("asian", "Asian or Asian British"),
            ("black", "Black, Black British, Caribbean or African"),
            ("mixed", "Mixed or multiple ethnic groups"),
            ("white", "White"),
            ("other", "Another ethnic group"),
            ("not_known", "Not known, or not to be said"),
        ],
    ),
    ("disability", "Disabled", &[("yes", "Yes"), ("no", "No"), ("not_known", "Not known, or not to be said")]),
];

/// The parts of a child's monitoring, as requests call them.
pub(super) fn monitored() -> impl Iterator<Item = &'static str> {
    MONITORING.iter().map(|(part, ..)| *part)
}

/// The earliest date of birth of a child whose age the framework has.
fn first_birthday(rules: &RuleSet, today: Date) -> Date {
    let fact = rules.framework().child.age_in_months.as_deref().and_then(|id| rules.fact(id));
    match fact.map(|fact| &rules.indicators()[fact].kind) {
        Some(Kind::Number { to, .. }) => {
            let months = i32::try_from(*to).unwrap_or(i32::MAX).saturating_add(1);
            // A day later is the first that is young enough.
            today.checked_sub(months.months()).and_then(Date::tomorrow).unwrap_or(Date::MIN)
        }
        _ => Date::MIN,
    }
}

pub(super) fn household() -> Vec<Field> {
    vec![
        Field::new("household.address", "Where do the children live?", Asks::Text(MAX_HOME))
            .hint("The address, and where else they often stay. Say so if a letter or a call there would not be safe"),
        Field::new("household.people", "Who lives there, and who else matters to the children?", Asks::Text(MAX_HOME))
            .hint("Names, ages if you know them, how they are related, and who holds parental responsibility"),
    ]
}

pub(super) fn account(is_call: bool) -> Vec<Field> {
    let opinion = if is_call {
        ("What the caller thinks", "Their own opinion, and what it rests on")
    } else {
        ("What you think", "Your professional opinion, and what it rests on")
    };
    let field = |key, says, hint| Field::new(key, says, Asks::Text(MAX_ACCOUNT)).hint(hint);
    vec![
        field("account.seen", "What was seen", "What you or somebody else saw, where and when")
            .needed("Say what was seen, or that nothing was"),
        field("account.said", "What was said", "Who said what to whom, as near to their own words as you can"),
        field("account.opinion", opinion.0, opinion.1),
    ]
}

pub(super) fn topics(draft: &Draft, rules: &RuleSet, reference: &str) -> Field {
    let asks = |topic: usize| {
        rules.indicators().iter().enumerate().any(|(fact, indicator)| {
            indicator.topic == topic
                && !rules.is_protective(fact)
                && !rules.is_always_asked(fact)
                && indicator.retired.is_none()
        })
    };
    let listed = (0..rules.topics().len()).filter(|topic| asks(*topic)).map(|topic| &rules.topics()[topic]);
    let choices = listed.map(|topic| Choice::new(topic.id.clone(), topic.title.clone()));
    let says = format!("What are you worried about for {}?", draft.name_of(reference));
    let none = Choice::new(NONE, "None of these");
    Field::new(format!("child.{reference}.concerns"), says, Asks::Several(choices.chain([none]).collect()))
        .hint("Choose all that apply. Only what you choose is asked about further")
        .needed("Choose what you are worried about, or “None of these”")
}

/// What is chosen where nothing else applies.
pub(super) const NONE: &str = "none";

pub(super) fn strengths(draft: &Draft, rules: &RuleSet, journey: Journey<'_>) -> Vec<Field> {
    let listed = |about_child: bool| -> Vec<Choice> {
        let facts = rules.indicators().iter().enumerate();
        let theirs = facts.filter(|(fact, indicator)| {
            rules.is_protective(*fact)
                && indicator.retired.is_none()
                && (indicator.about == About::Child) == about_child
        });
        let choice = |indicator: &Indicator| {
            let choice = Choice::new(indicator.id.clone(), indicator.ask.clone());
            Choice { hint: indicator.hint.clone(), ..choice }
        };
        theirs.map(|(_, indicator)| choice(indicator)).collect()
    };
    let field = |key: String, says: String, choices: Vec<Choice>| {
        Field::new(key, says, Asks::Several(choices))
            .hint("Choose what you know to be so. It never lowers what is owed")
    };
    let mut fields = Vec::new();
    let household = listed(false);
    if !household.is_empty() {
        fields.push(field("household.strengths".into(), "What helps this family?".into(), household));
    }
    let own = listed(true);
    for child in draft.children.iter().filter(|_| !own.is_empty()) {
        let says = format!("What helps {}?", draft.name_of(&child.reference));
        fields.push(field(format!("child.{}.strengths", child.reference), says, own.clone()));
    }
    if journey != Journey::Check {
        fields.push(
            Field::new("account.tried", "What has been tried, and what came of it", Asks::Text(MAX_ACCOUNT))
                .hint("Help that was offered, by whom, and whether it worked"),
        );
    }
    fields
}

pub(super) fn family() -> Vec<Field> {
    let one =
        |choices: &[(&str, &str)]| Asks::One(choices.iter().map(|(value, says)| Choice::new(*value, *says)).collect());
    let told = [
        ("yes", "Yes"),
        ("not_yet", "Not yet"),
        ("unsafe_to_tell", "No: telling them would raise the risk, harm evidence or cause delay"),
        ("not_known", "Not known"),
    ];
    let agrees = [("yes", "Yes"), ("no", "No"), ("not_asked", "Not asked"), ("not_known", "Not known")];
    let basis = [
        ("public_task", "A task in the public interest: safeguarding a child"),
        ("legal_obligation", "A legal obligation"),
        ("vital_interests", "Vital interests: somebody's life is at risk"),
        ("consent", "Consent to share, which is seldom the right basis"),
    ];
    vec![
        Field::new("family.told", "Does the family know that this referral is made?", one(&told))
            .hint("Tell them unless that would make things less safe")
            .needed("Say whether the family knows"),
        Field::new("family.agrees", "Do they agree to help?", one(&agrees))
            .hint("Agreement to help is needed to give it below statutory levels; it is not needed to refer")
            .needed("Say whether the family agrees to help"),
        Field::new("family.basis", "On what basis do you share this?", one(&basis))
            .hint("This is about sharing information, not about agreeing to help")
            .needed("Say on what basis you share this"),
    ]
}

/// Which level somebody sees, before they are told what the criteria indicate.
pub fn level(rules: &RuleSet) -> Field {
    let levels = rules.ladder().levels().iter();
    let choice = |level: &crate::ladder::LevelOfNeed| {
        Choice::new(level.rank.to_string(), format!("Level {}: {}", level.rank, level.name)).hint(level.means.clone())
    };
    let unsure = Choice::new(UNSURE, "I am not sure");
    Field::new(
        "level",
        "Which level of need do you think this is?",
        Asks::One(levels.map(choice).chain([unsure]).collect()),
    )
    .hint("Your own view, before you see what the criteria indicate. Both are kept")
    .needed("Choose a level, or “I am not sure”")
}

/// What is chosen by whoever has no view of the level.
pub const UNSURE: &str = "unsure";
