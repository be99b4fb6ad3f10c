//! The figures of one month: which children are counted, in which ways, and what the counts say in a sentence.
//!
//! Children received in the month, and children decided about in it, are counted apart, each in ways of which no two
//! tables share more than the way that both count by: what one table hides, no other tells.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::counted::{Channel, Counted, Feedback};
use super::limits::limits;
use super::pool::Order;
use super::table::{Cell, Table, Way, each, list, per_mille, percent, table};
use crate::criteria::RuleSet;
use crate::decision::{Outcome, View};
use crate::disagreement::Ruling;
use crate::ladder::Rank;
use crate::referral::received::{Agreement, Disability, Ethnicity, Sex};
use crate::referral::{AGES, age_band};

/// So many facts, and so many criteria, are told of.
const MANY: usize = 15;

/// A calendar month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(Date);

impl Month {
    /// The month that a day lies in.
    pub fn of(day: Date) -> Self {
        Self(day.first_of_month())
    }

    /// A month as it is written, as `2026-11`.
    pub fn parse(text: &str) -> Option<Self> {
        let is_plain = text.len() == 7 && text.as_bytes()[4] == b'-';
        format!("{text}-01").parse().ok().filter(|_| is_plain).map(Self)
    }

    /// So many months before it.
    pub fn before(self, months: i32) -> Self {
        Self(self.0.saturating_sub(months.months()))
    }

    /// Whether a day lies in it.
    pub fn has(self, day: Date) -> bool {
        day.first_of_month() == self.0
    }

    /// Its last day.
    pub fn last_day(self) -> Date {
        self.0.last_of_month()
    }

    /// As people say it.
    pub fn says(self) -> String {
        self.0.strftime("%B %Y").to_string()
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.strftime("%Y-%m"))
    }
}

/// What figures need to know beside the children.
#[derive(Debug, Clone)]
pub struct Terms {
    /// Counts from one to so many are not told.
    pub small: u64,
    /// Each kind of agency with its name.
    pub agencies: Vec<(String, String)>,
    /// The names of the levels, from 1.
    pub levels: Vec<String>,
    /// Every criterion.
    pub criteria: Vec<String>,
    /// Codes of reasons to decide higher, with what they mean.
    pub reasons_higher: Vec<(String, String)>,
    /// Codes of reasons to decide lower.
    pub reasons_lower: Vec<(String, String)>,
    /// From which day which version of the rules was in force.
    pub rules_from: Vec<(Date, String)>,
    /// How many contacts there were in all, where somebody said so.
    pub contacts: Option<u64>,
}

impl Terms {
    /// The words of a rule set.
    pub fn of(rules: &RuleSet, small: u64) -> Self {
        let framework = rules.framework();
        let codes = |id: &str| {
            let listed = framework.code_lists.iter().filter(|list| list.id == id).flat_map(|list| &list.codes);
            listed.map(|code| (code.code.clone(), code.means.clone())).collect()
        };
        Self {
            small,
            agencies: framework.agencies.iter().map(|agency| (agency.id.clone(), agency.name.clone())).collect(),
            levels: rules.ladder().levels().iter().map(|level| format!("Level {}", level.rank)).collect(),
            criteria: rules.criteria().iter().map(|criterion| criterion.id.clone()).collect(),
            reasons_higher: codes("reasons_to_decide_higher"),
            reasons_lower: codes("reasons_to_decide_lower"),
            rules_from: Vec::new(),
            contacts: None,
        }
    }
}

/// One figure of the report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Its id, which stays.
    pub id: String,
    /// Under which heading.
    pub under: String,
    /// What it is of.
    pub title: String,
    /// What it says, in a sentence.
    pub finding: String,
    /// Who is counted, and how.
    pub counted: String,
    /// The counts.
    pub body: Body,
}

/// What a figure holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// It cannot be told, and why.
    NotAvailable(String),
    /// Counts.
    Table(Table),
    /// Shares beside what chance allows.
    Shares(Shares),
    /// Words.
    Words(Vec<String>),
}

/// Shares of several groups, or of one over time, beside the limits within which chance alone would put them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shares {
    /// What the groups are.
    pub rows_are: String,
    /// What the share is of.
    pub share_of: String,
    /// Whether they follow each other in time.
    pub is_over_time: bool,
    /// The share of all together, in tenths of a percent.
    pub expected: u64,
    /// Each group.
    pub rows: Vec<Share>,
    /// The rows at which the rules changed, with the version.
    pub marks: Vec<(String, String)>,
}

/// The share of one group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// What it is called.
    pub label: String,
    /// How many children; nothing where they are too few to tell.
    pub of: Option<u64>,
    /// How many of them; nothing where it is hidden.
    pub part: Option<u64>,
    /// The share, in tenths of a percent.
    pub share: Option<u64>,
    /// The limits in tenths of a percent: lower outer, lower inner, upper inner, upper outer.
    pub limits: Option<[u64; 4]>,
}

/// The figures of a month.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// The month, as `2026-11`.
    pub month: String,
    /// Counts from one to so many are not told.
    pub small: u64,
    /// Each figure, in order.
    pub figures: Vec<Figure>,
}

const CAME: &str = "What came";
const DECIDED: &str = "What was decided";
const AFTER: &str = "What followed";
const ALIKE: &str = "Whether it falls alike on everybody";

impl Figures {
    /// Counts from one to so many are not told unless a partnership says otherwise, as in the statistics of children in
    /// need.
    pub const SMALL: u64 = 5;

    /// Reckons the figures of a month from every child on record.
    pub fn of(month: Month, children: &[Counted], terms: &Terms) -> Self {
        let month_of = Monthly { month, children, terms };
        let figures = vec![
            month_of.coverage(),
            month_of.indicated_by_agency(),
            month_of.referrers_view(),
            month_of.not_known(),
            month_of.over_time(Cohort::Received, "referred_over_time", CAME),
            month_of.decided_by_agency(),
            month_of.view_by_agency(),
            month_of.otherwise_between_agencies(),
            month_of.otherwise_over_time(),
            month_of.view_by_indicated(),
            month_of.view_by_criterion(),
            month_of.reasons(View::DecidesHigher),
            month_of.reasons(View::DecidesLower),
            month_of.time_to_decide(),
            month_of.feedback(),
            month_of.came_again(),
            month_of.after_early_help(),
            month_of.disagreements(),
            month_of.never_found(),
            month_of.by("decided_by_age", &month_of.ages()),
            month_of.by("decided_by_sex", &sexes()),
            month_of.by("decided_by_ethnicity", &ethnicities()),
            month_of.by("decided_by_disability", &disabilities()),
            month_of.by("decided_by_channel", &channels()),
        ];
        Self { month: month.to_string(), small: terms.small, figures }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cohort {
    Received,
    Decided,
}

/// The children of a month, and the ways in which they are counted.
struct Monthly<'m> {
    month: Month,
    children: &'m [Counted],
    terms: &'m Terms,
}

impl<'m> Monthly<'m> {
    fn received_in(&self, month: Month) -> Vec<&'m Counted> {
        self.children.iter().filter(|child| month.has(child.received)).collect()
    }

    fn decided_in(&self, month: Month) -> Vec<&'m Counted> {
        let is_in = |child: &&Counted| child.decided.as_ref().is_some_and(|decided| month.has(decided.on));
        self.children.iter().filter(is_in).collect()
    }

    fn of(&self, cohort: Cohort, month: Month) -> Vec<&'m Counted> {
        match cohort {
            Cohort::Received => self.received_in(month),
            Cohort::Decided => self.decided_in(month),
        }
    }

    fn none(&self, cohort: Cohort, month: Month) -> Body {
        let count = self.of(cohort, month).len() as u64;
        let what = match cohort {
            Cohort::Received => "referred",
            Cohort::Decided => "decided about",
        };
        Body::NotAvailable(match count {
            0 => format!("No child was {what} in {}.", month.says()),
            _ => format!("Too few children were {what} in {} to tell without telling who they are.", month.says()),
        })
    }

    fn agencies(&self) -> Way<'m> {
        let terms = self.terms;
        let names = terms.agencies.iter().map(|(_, name)| name.clone()).chain(["Not said".to_owned()]);
        Way::new("Agency", names, Order::Unordered, move |child| {
            let known = terms.agencies.iter().position(|(id, _)| Some(id) == child.agency.as_ref());
            known.unwrap_or(terms.agencies.len())
        })
    }

    fn levels(&self) -> Way<'m> {
        Way::new("Level decided", self.terms.levels.clone(), Order::Ordered, |child| {
            child.decided.as_ref().map_or(0, |decided| place(decided.level))
        })
    }

    /// The level that was indicated when it was received, or that it was not settled.
    fn indicated(&self) -> Way<'m> {
        let levels = self.terms.levels.len();
        let labels = self.terms.levels.iter().cloned().chain(["Not settled".to_owned()]);
        Way::new("Indicated when received", labels, Order::Ordered, move |child| match child.indicated {
            (least, most) if least == most => place(least),
            _ => levels,
        })
    }

    fn ages(&self) -> Way<'m> {
        Way::new("Age", AGES, Order::Ordered, |child| age_band(child.age_in_months))
    }

    fn figure(
        &self,
        id: &str,
        under: &str,
        title: &str,
        counted: &str,
        table: Result<(String, Table), Body>,
    ) -> Figure {
        let (finding, body) = match table {
            Ok((finding, table)) => (finding, Body::Table(table)),
            Err(Body::NotAvailable(why)) => (why.clone(), Body::NotAvailable(why)),
            Err(body) => (String::new(), body),
        };
        let [id, under, title, counted] = [id, under, title, counted].map(str::to_owned);
        Figure { id, under, title, finding, counted, body }
    }

    /// A table of a cohort in two ways, with its sentence.
    fn table_of(
        &self,
        cohort: Cohort,
        month: Month,
        rows: &Way<'_>,
        columns: &Way<'_>,
        says: impl FnOnce(&Table) -> String,
    ) -> Result<(String, Table), Body> {
        let table = table(&self.of(cohort, month), rows, columns, self.terms.small);
        let table = table.ok_or_else(|| self.none(cohort, month))?;
        Ok((says(&table), table))
    }

    fn coverage(&self) -> Figure {
        let referrals = self.received_in(self.month).iter().filter(|child| child.is_first).count() as u64;
        let month = self.month.says();
        let body = match self.terms.contacts {
            None => Body::NotAvailable(format!(
                "Nobody has said how many contacts there were in {month}, so it is not known what share came through here."
            )),
            Some(_) if (1..=self.terms.small).contains(&referrals) => {
                Body::NotAvailable("Too few referrals to tell without telling whose they are.".to_owned())
            }
            Some(0) => Body::NotAvailable(format!("There were no contacts in {month}, so there is no share.")),
            Some(contacts) => Body::Words(vec![
                format!("Contacts in all: {contacts}"),
                format!("Referrals recorded here: {referrals}"),
                format!("Share recorded here: {}", percent(referrals, contacts)),
            ]),
        };
        let finding = match &body {
            Body::NotAvailable(why) => why.clone(),
            _ => format!(
                "{} of all contacts in {month} were recorded here.",
                percent(referrals, self.terms.contacts.unwrap_or(0))
            ),
        };
        let counted = "Referrals recorded in the month, beside all contacts as the front door counts them.";
        Figure {
            id: "coverage".to_owned(),
            under: CAME.to_owned(),
            title: "Coverage".to_owned(),
            finding,
            counted: counted.to_owned(),
            body,
        }
    }

    fn indicated_by_agency(&self) -> Figure {
        let month = self.month.says();
        let told = self.table_of(Cohort::Received, self.month, &self.agencies(), &self.indicated(), |table| {
            let not_settled = table.columns.iter().position(|column| column.contains("Not settled"));
            let totals = table.totals.as_deref().unwrap_or_default();
            let share = not_settled.map(|column| percent(totals[column], table.total)).unwrap_or_default();
            let what = not_settled.map_or("", |column| &table.columns[column]);
            match what {
                "Not settled" => format!(
                    "Of {} children referred in {month}, {share} could not be settled on what was said.",
                    table.total
                ),
                _ => format!("{} children were referred in {month}.", table.total),
            }
        });
        let counted = "Children of referrals received in the month, by the level that the criteria indicated then.";
        self.figure("indicated_by_agency", CAME, "What each agency referred", counted, told)
    }

    fn referrers_view(&self) -> Figure {
        let labels = ["Lower", "The same", "Higher", "No view given"];
        let way = Way::new("The referrer's view", labels, Order::Unordered, |child| match child.referrers_level {
            None => 3,
            Some(level) if level < child.indicated.0 => 0,
            Some(level) if level > child.indicated.1 => 2,
            Some(_) => 1,
        });
        let told = self.table_of(Cohort::Received, self.month, &self.agencies(), &way, |table| {
            match total_of(table, "The same") {
                Some(same) => format!(
                    "Of {} children, {} were thought to be at a level that the criteria indicated too.",
                    table.total,
                    percent(same, table.total)
                ),
                None => format!("{} children were referred.", table.total),
            }
        });
        let counted = "Children of referrals received in the month: the referrer's own level beside what was indicated; \
                       the same while it lies within what was not settled.";
        self.figure("referrers_view", CAME, "The referrer's view beside what was indicated", counted, told)
    }

    fn not_known(&self) -> Figure {
        let children = self.received_in(self.month);
        let told = match each(&children, "Question", Counted::not_known, MANY, &self.agencies(), self.terms.small) {
            Some(table) => {
                let first = &table.rows[0];
                let finding = format!(
                    "Most often not known: {}, of {} of {} children.",
                    first.label,
                    percent(first.total.unwrap_or(0), table.total),
                    table.total
                );
                Ok((finding, table))
            }
            None if children.is_empty() => Err(self.none(Cohort::Received, self.month)),
            None => Err(Body::NotAvailable("No question was open of enough children to tell.".to_owned())),
        };
        let counted = "Children of referrals received in the month of whom an answer could still change the level, by \
                       question; a child counts under each.";
        self.figure("not_known", CAME, "What was most often not known", counted, told)
    }

    /// The children of each of twelve months, by agency.
    fn over_time(&self, cohort: Cohort, id: &str, under: &str) -> Figure {
        let months: Vec<Month> = (0..12).rev().map(|back| self.month.before(back)).collect();
        let agencies = self.agencies();
        let mut rows = Vec::new();
        for month in &months {
            let children = self.of(cohort, *month);
            let pooled = agencies.pool(&children, self.terms.small);
            let count = |agency: usize| match &pooled {
                None if children.is_empty() => Cell::Count(0),
                None => Cell::Hidden,
                Some(pooled) => {
                    let group = pooled.group_of[agency];
                    let is_alone = pooled.group_of.iter().filter(|other| **other == group).count() == 1;
                    if is_alone { Cell::Count(pooled.totals[group]) } else { Cell::Hidden }
                }
            };
            let total = pooled.as_ref().map(|_| children.len() as u64).or(children.is_empty().then_some(0));
            let counts = (0..agencies.labels.len()).map(count).collect();
            rows.push(super::table::Row { label: month.says(), counts, total });
        }
        // An agency that referred nobody in the year has no column.
        let some: Vec<usize> = (0..agencies.labels.len())
            .filter(|agency| rows.iter().any(|row: &super::table::Row| row.counts[*agency] != Cell::Count(0)))
            .collect();
        for row in &mut rows {
            row.counts = some.iter().map(|agency| row.counts[*agency]).collect();
        }
        let table = Table {
            rows_are: "Month".to_owned(),
            columns_are: "Agency".to_owned(),
            columns: some.iter().map(|agency| agencies.labels[*agency].clone()).collect(),
            total: rows.iter().filter_map(|row| row.total).sum(),
            rows,
            totals: None,
        };
        let last = table.rows.last().and_then(|row| row.total).unwrap_or(0);
        let before = table.rows.iter().rev().nth(1).and_then(|row| row.total).unwrap_or(0);
        let told = match (last, before) {
            (0, _) => Err(self.none(cohort, self.month)),
            (last, 0) => Ok((format!("{last} children were referred in {}.", self.month.says()), table)),
            (last, before) => Ok((
                format!("{last} children were referred in {}, {before} the month before.", self.month.says()),
                table,
            )),
        };
        let counted = "Children of referrals received in each month. A count that is hidden is told with those of other \
                       small agencies in the month's total.";
        self.figure(id, under, "Twelve months", counted, told)
    }

    fn decided_by_agency(&self) -> Figure {
        let told = self.table_of(Cohort::Decided, self.month, &self.agencies(), &self.levels(), |table| {
            format!("{} children were decided about in {}.", table.total, self.month.says())
        });
        let counted = "Children first decided about in the month, by the level that was decided.";
        self.figure("decided_by_agency", DECIDED, "The level decided, by agency", counted, told)
    }

    fn view_by_agency(&self) -> Figure {
        let told = self.table_of(Cohort::Decided, self.month, &self.agencies(), &views(), |table| {
            match total_of(table, AS_INDICATED) {
                Some(same) => {
                    format!("{} of decisions accepted what was indicated unchanged.", percent(same, table.total))
                }
                None => format!("{} children were decided about.", table.total),
            }
        });
        let counted = "Children first decided about in the month. What people decide otherwise is their judgement, and \
                       no error.";
        self.figure("view_by_agency", DECIDED, "Decided as indicated, higher and lower", counted, told)
    }

    fn otherwise_between_agencies(&self) -> Figure {
        let found = table(&self.decided_in(self.month), &self.agencies(), &views(), self.terms.small);
        let body = match found {
            None => self.none(Cohort::Decided, self.month),
            Some(table) => match total_of(&table, AS_INDICATED) {
                None => Body::NotAvailable("Too few were decided otherwise to tell.".to_owned()),
                Some(same) => {
                    let column = table.columns.iter().position(|column| column == AS_INDICATED).unwrap_or(0);
                    let expected = (table.total - same) as f64 / table.total as f64;
                    let rows = table.rows.iter().filter_map(|row| {
                        let of = row.total.filter(|of| *of > 0)?;
                        let part = row.counts[column].count().map(|same| of - same);
                        Some(share(row.label.clone(), Some(of), self.told(part, of), expected))
                    });
                    Body::Shares(Shares {
                        rows_are: "Agency".to_owned(),
                        share_of: "decided otherwise".to_owned(),
                        is_over_time: false,
                        expected: per_mille(table.total - same, table.total).unwrap_or(0),
                        rows: rows.collect(),
                        marks: Vec::new(),
                    })
                }
            },
        };
        let finding = match &body {
            Body::NotAvailable(why) => why.clone(),
            Body::Shares(shares) => {
                let outside: Vec<&str> =
                    shares.rows.iter().filter(|row| row.is_outside()).map(|row| row.label.as_str()).collect();
                match outside.as_slice() {
                    [] => "No agency lies outside of what chance alone allows.".to_owned(),
                    some => {
                        format!("Outside of what chance alone allows: {}. Ask why before you judge.", some.join("; "))
                    }
                }
            }
            _ => String::new(),
        };
        Figure {
            id: "otherwise_between_agencies".to_owned(),
            under: DECIDED.to_owned(),
            title: "Decided otherwise, between agencies".to_owned(),
            finding,
            counted:
                "The share decided higher or lower of each agency's children, beside the limits within which 95 % and \
                      99.8 % of agencies lie by chance. It is no league table: agencies refer different children."
                    .to_owned(),
            body,
        }
    }

    /// A part, where neither it nor what is left beside it is small.
    fn told(&self, part: Option<u64>, of: u64) -> Option<u64> {
        let is_small = |count: u64| (1..=self.terms.small).contains(&count);
        part.filter(|part| !is_small(*part) && !is_small(of - part))
    }

    fn otherwise_over_time(&self) -> Figure {
        let months: Vec<Month> = (0..12).rev().map(|back| self.month.before(back)).collect();
        let counts: Vec<(Month, Option<u64>, Option<u64>)> = months
            .iter()
            .map(|month| {
                let children = self.decided_in(*month);
                let pooled = views().pool(&children, self.terms.small);
                let same = pooled.as_ref().and_then(|pooled| {
                    let place = pooled.labels.iter().position(|label| label == AS_INDICATED)?;
                    Some(pooled.totals[place])
                });
                let all = children.len() as u64;
                let of = pooled.as_ref().map(|_| all).or(children.is_empty().then_some(0));
                (*month, of, same.map(|same| all - same))
            })
            .collect();
        let told = counts.iter().filter_map(|(_, of, part)| of.zip(*part));
        let (of, part) = told.fold((0, 0), |(of, part), (more, more_part)| (of + more, part + more_part));
        let body = if of == 0 {
            Body::NotAvailable("In no month were enough decided about to tell.".to_owned())
        } else {
            let expected = part as f64 / of as f64;
            let rows = counts.iter().map(|(month, of, part)| share(month.says(), *of, *part, expected)).collect();
            let marks = self.terms.rules_from.iter().filter(|(from, _)| months.iter().any(|month| month.has(*from)));
            Body::Shares(Shares {
                rows_are: "Month".to_owned(),
                share_of: "decided otherwise".to_owned(),
                is_over_time: true,
                expected: per_mille(part, of).unwrap_or(0),
                rows,
                marks: marks.map(|(from, version)| (Month::of(*from).says(), version.clone())).collect(),
            })
        };
        let finding = match &body {
            Body::NotAvailable(why) => why.clone(),
            Body::Shares(shares) => {
                let outside: Vec<&str> =
                    shares.rows.iter().filter(|row| row.is_outside()).map(|row| row.label.as_str()).collect();
                match outside.as_slice() {
                    [] => "No month lies outside of what chance alone allows.".to_owned(),
                    some => format!("Outside of what chance alone allows: {}.", some.join("; ")),
                }
            }
            _ => String::new(),
        };
        Figure {
            id: "otherwise_over_time".to_owned(),
            under: DECIDED.to_owned(),
            title: "Decided otherwise, over twelve months".to_owned(),
            finding,
            counted:
                "The share decided higher or lower in each month, beside the limits within which 95 % and 99.8 % of \
                      months lie by chance. Changes of the rules are marked."
                    .to_owned(),
            body,
        }
    }

    fn view_by_indicated(&self) -> Figure {
        let way = Way::new("Indicated to the decider", self.terms.levels.clone(), Order::Ordered, |child| {
            child.decided.as_ref().map_or(0, |decided| place(decided.indicated.0))
        });
        let told = self.table_of(Cohort::Decided, self.month, &way, &views(), |table| {
            format!("{} decisions, by the level that was indicated at least.", table.total)
        });
        let counted = "Children first decided about in the month; of an answer that was not settled, its lower bound.";
        self.figure("view_by_indicated", DECIDED, "Decided higher and lower, by the level indicated", counted, told)
    }

    fn view_by_criterion(&self) -> Figure {
        let children = self.decided_in(self.month);
        let told = match each(&children, "Criterion", Counted::found, MANY, &views(), self.terms.small) {
            Some(table) => Ok((format!("Found most often: {}.", table.rows[0].label), table)),
            None if children.is_empty() => Err(self.none(Cohort::Decided, self.month)),
            None => Err(Body::NotAvailable("No criterion was found for enough children to tell.".to_owned())),
        };
        let counted = "Children first decided about in the month, under each criterion that was found for them.";
        self.figure("view_by_criterion", DECIDED, "Decided higher and lower, by criterion", counted, told)
    }

    fn reasons(&self, view: View) -> Figure {
        let (id, title, codes) = match view {
            View::DecidesHigher => ("reasons_higher", "Reasons to decide higher", &self.terms.reasons_higher),
            _ => ("reasons_lower", "Reasons to decide lower", &self.terms.reasons_lower),
        };
        // Only where the count of all who were decided so is told at all.
        let decided = self.decided_in(self.month);
        let is_told = views()
            .pool(&decided, self.terms.small)
            .is_some_and(|pooled| pooled.labels.iter().any(|label| label == VIEWS[view_place(view)].0));
        let is_so = |child: &&Counted| child.decided.as_ref().is_some_and(|decided| decided.view == view);
        let children: Vec<&Counted> = decided.into_iter().filter(is_so).collect();
        let labels = codes.iter().map(|(_, means)| means.clone()).chain(["Another reason".to_owned()]);
        let way = Way::new("Reason", labels, Order::Unordered, |child| {
            let code = child.decided.as_ref().and_then(|decided| decided.reason.as_ref());
            codes.iter().position(|(known, _)| Some(known) == code).unwrap_or(codes.len())
        });
        let direction = if view == View::DecidesHigher { "higher" } else { "lower" };
        let told = match list(&children, &way, self.terms.small).filter(|_| is_told) {
            Some(table) => {
                let most = table.rows.iter().max_by_key(|row| row.total).map_or("", |row| row.label.as_str());
                Ok((format!("{} were decided {direction}; most often: {most}.", table.total), table))
            }
            None if children.is_empty() && is_told => {
                Err(Body::NotAvailable(format!("Nobody was decided {direction} in {}.", self.month.says())))
            }
            None => Err(Body::NotAvailable(format!("Too few were decided {direction} to tell."))),
        };
        self.figure(id, DECIDED, title, "Children first decided about in the month, by the listed reason.", told)
    }

    fn time_to_decide(&self) -> Figure {
        let labels = ["By the end of the next working day", "Later"];
        let way = Way::new("When", labels, Order::Unordered, |child| {
            usize::from(!child.decided.as_ref().is_some_and(|decided| decided.in_time))
        });
        let told = self.table_of(Cohort::Decided, self.month, &self.agencies(), &way, |table| {
            match total_of(table, labels[0]) {
                Some(in_time) => {
                    format!("{} were decided about by the end of the next working day.", percent(in_time, table.total))
                }
                None => "Nearly all were decided about alike: by how long cannot be told apart.".to_owned(),
            }
        });
        let counted = "Children first decided about in the month, from receipt, by the hub's working days. No person is \
                       timed.";
        self.figure("time_to_decide", DECIDED, "Time to decide", counted, told)
    }

    fn feedback(&self) -> Figure {
        let labels = Feedback::ALL.map(|(_, label)| label);
        let way = Way::new("Feedback to the referrer", labels, Order::Unordered, |child| {
            let told = child.decided.as_ref().map(|decided| decided.told);
            Feedback::ALL.iter().position(|(one, _)| Some(*one) == told).unwrap_or(labels.len() - 1)
        });
        let told = self.table_of(Cohort::Decided, self.month, &self.agencies(), &way, |table| {
            match total_of(table, labels[0]) {
                Some(in_time) => format!("{} of referrers were told in time.", percent(in_time, table.total)),
                None => format!("{} children were decided about.", table.total),
            }
        });
        let counted = "Children first decided about in the month, by whether the referrer was told what was decided.";
        self.figure("feedback", AFTER, "Feedback given", counted, told)
    }

    fn came_again(&self) -> Figure {
        let then = self.month.before(12);
        let labels = ["Within 3 months", "Within 12 months", "Not within 12 months"];
        let way = Way::new("Referred again", labels, Order::Ordered, |child| match again_after(child) {
            Some(months) if months < 3 => 0,
            Some(months) if months < 12 => 1,
            _ => 2,
        });
        let told =
            self.table_of(Cohort::Decided, then, &self.levels(), &way, |table| match total_of(table, labels[2]) {
                Some(not) => format!(
                    "Of {} children decided about in {}, {} were referred again within 12 months.",
                    table.total,
                    then.says(),
                    percent(table.total - not, table.total)
                ),
                None => format!("{} children were decided about in {}.", table.total, then.says()),
            });
        let counted = "Children first decided about twelve months before, by the level decided then, and whether the same \
                       child was referred again, as people confirmed.";
        self.figure("came_again", AFTER, "Referred again, by the level decided", counted, told)
    }

    fn after_early_help(&self) -> Figure {
        let then = self.month.before(3);
        let labels =
            ["Early help, and the family agrees", "Early help, declined", "Early help, not said", "Something else"];
        let helped = Way::new("What was decided", labels, Order::Unordered, |child| {
            let is_help = child.decided.as_ref().is_some_and(|decided| decided.outcome == Outcome::EarlyHelp);
            match child.agrees_to_help {
                _ if !is_help => 3,
                Some(Agreement::Yes) => 0,
                Some(Agreement::No) => 1,
                _ => 2,
            }
        });
        let again = Way::new("Referred again", ["Within 3 months", "Not within 3 months"], Order::Unordered, |child| {
            usize::from(!again_after(child).is_some_and(|months| months < 3))
        });
        let told = self.table_of(Cohort::Decided, then, &helped, &again, |table| {
            match table.rows.iter().find(|row| row.label == labels[1]) {
                Some(declined) => format!(
                    "Of {} children decided about in {}, early help was declined for {}.",
                    table.total,
                    then.says(),
                    declined.total.unwrap_or(0)
                ),
                None => format!("{} children were decided about in {}.", table.total, then.says()),
            }
        });
        let counted = "Children first decided about three months before: whether early help was offered and declined, and \
                       whether the child was referred again.";
        self.figure("after_early_help", AFTER, "Early help declined, and what followed", counted, told)
    }

    fn disagreements(&self) -> Figure {
        let all = || self.children.iter().flat_map(|child| &child.disagreements);
        let raised = all().filter(|one| self.month.has(one.raised)).count() as u64;
        let mut days = Vec::new();
        let mut rulings = [0_u64; 3];
        for one in all() {
            let Some((on, ruling)) = one.answered.filter(|(on, _)| self.month.has(*on)) else { continue };
            days.push(one.raised.until(on).map_or(0, |span| span.get_days()));
            rulings[match ruling {
                Ruling::Upheld => 0,
                Ruling::UpheldInPart => 1,
                Ruling::NotUpheld => 2,
            }] += 1;
        }
        days.sort_unstable();
        let small = self.terms.small;
        let say = |count: u64| if (1..=small).contains(&count) { format!("1 to {small}") } else { count.to_string() };
        let labels: Vec<String> = ["Upheld", "Upheld in part", "Not upheld"].map(str::to_owned).to_vec();
        let mut words = vec![format!("Raised: {}", say(raised)), format!("Answered: {}", say(days.len() as u64))];
        if let Some(pooled) = super::pool::pool(&labels, &rulings, Order::Ordered, small) {
            words.extend(pooled.labels.iter().zip(&pooled.totals).map(|(label, count)| format!("{label}: {count}")));
            words.push(format!("Days to an answer, in the middle: {}", days[(days.len() - 1) / 2]));
        } else {
            words.push("What they came to: not available, as too few were answered".to_owned());
        }
        Figure {
            id: "disagreements".to_owned(),
            under: AFTER.to_owned(),
            title: "Disagreements".to_owned(),
            finding: match raised {
                0 => format!("Nobody disagreed in {}.", self.month.says()),
                _ => format!("Disagreements raised in {}: {}.", self.month.says(), say(raised)),
            },
            counted: "Disagreements raised in the month, and those whose last stage so far was answered in it."
                .to_owned(),
            body: Body::Words(words),
        }
    }

    fn never_found(&self) -> Figure {
        let first = self.month.before(11);
        let since = |child: &&Counted| {
            child.decided.as_ref().is_some_and(|decided| {
                let month = Month::of(decided.on);
                first <= month && month <= self.month
            })
        };
        let children: Vec<&Counted> = self.children.iter().filter(since).collect();
        let is_found =
            |id: &String| children.iter().any(|child| child.decided.iter().any(|decided| decided.found.contains(id)));
        let never: Vec<String> = self.terms.criteria.iter().filter(|id| !is_found(id)).map(|id| plain(id)).collect();
        let (finding, body) = match children.len() {
            0 => {
                let why = "No child was decided about in these twelve months.".to_owned();
                (why.clone(), Body::NotAvailable(why))
            }
            _ => (
                format!("{} of {} criteria were never found in twelve months.", never.len(), self.terms.criteria.len()),
                Body::Words(never),
            ),
        };
        Figure {
            id: "never_found".to_owned(),
            under: DECIDED.to_owned(),
            title: "Criteria that were never found".to_owned(),
            finding,
            counted: "Criteria of the rules in force that were found for no child decided about in twelve months."
                .to_owned(),
            body,
        }
    }

    fn by(&self, id: &str, way: &Way<'_>) -> Figure {
        let told = self.table_of(Cohort::Decided, self.month, way, &self.levels(), |table| {
            let highest = table.columns.len() - 1;
            let totals = table.totals.as_deref().unwrap_or_default();
            format!(
                "{}: {} of all {} children. The table says how it falls on each group.",
                table.columns[highest],
                percent(totals[highest], table.total),
                table.total
            )
        });
        let title = format!("The level decided, by {}", way.title.to_lowercase());
        let counted = "Children first decided about in the month. These fields are for monitoring: no rule reads them.";
        self.figure(id, ALIKE, &title, counted, told)
    }
}

impl Share {
    /// Whether it lies outside of the outer limits.
    pub fn is_outside(&self) -> bool {
        match (self.share, self.limits) {
            (Some(share), Some([lowest, _, _, highest])) => share < lowest || share > highest,
            _ => false,
        }
    }
}

fn share(label: String, of: Option<u64>, part: Option<u64>, expected: f64) -> Share {
    let in_tenths = |share: f64| (share * 1000.0).round() as u64;
    let told = of.zip(part);
    let limits = told.map(|(of, _)| limits(of, expected));
    Share {
        label,
        of,
        part,
        share: told.and_then(|(of, part)| per_mille(part, of)),
        limits: limits.map(|of| [of.lowest, of.low, of.high, of.highest].map(in_tenths)),
    }
}

const AS_INDICATED: &str = "As indicated";
const VIEWS: [(&str, View); 3] =
    [(AS_INDICATED, View::Agrees), ("Higher", View::DecidesHigher), ("Lower", View::DecidesLower)];

fn view_place(view: View) -> usize {
    VIEWS.iter().position(|(_, one)| *one == view).unwrap_or(0)
}

fn views() -> Way<'static> {
    Way::new("Beside what was indicated", VIEWS.map(|(label, _)| label), Order::Unordered, |child| {
        child.decided.as_ref().map_or(0, |decided| view_place(decided.view))
    })
}

fn sexes() -> Way<'static> {
    Way::new("Sex", ["Female", "Male", "Not known"], Order::Unordered, |child| match child.sex {
        Some(Sex::Female) => 0,
        Some(Sex::Male) => 1,
        _ => 2,
    })
}

fn ethnicities() -> Way<'static> {
    let labels = ["Asian", "Black", "Mixed", "White", "Another group", "Not known"];
    Way::new("Ethnic group", labels, Order::Unordered, |child| match child.ethnicity {
        Some(Ethnicity::Asian) => 0,
        Some(Ethnicity::Black) => 1,
        Some(Ethnicity::Mixed) => 2,
        Some(Ethnicity::White) => 3,
        Some(Ethnicity::Other) => 4,
        _ => 5,
    })
}

fn disabilities() -> Way<'static> {
    Way::new("Disability", ["Disabled", "Not disabled", "Not known"], Order::Unordered, |child| {
        match child.disability {
            Some(Disability::Yes) => 0,
            Some(Disability::No) => 1,
            _ => 2,
        }
    })
}

fn channels() -> Way<'static> {
    Way::new("Channel", Channel::ALL.map(|(_, label)| label), Order::Unordered, |child| {
        Channel::ALL.iter().position(|(one, _)| *one == child.channel).unwrap_or(0)
    })
}

fn place(rank: Rank) -> usize {
    usize::from(rank).saturating_sub(1)
}

/// After how many whole months the child came again since it was decided.
fn again_after(child: &Counted) -> Option<i32> {
    let on = child.decided.as_ref()?.on;
    let span = on.until((jiff::Unit::Month, child.came_again?)).ok()?;
    Some(span.get_months())
}

/// The total of a column that is told alone.
fn total_of(table: &Table, column: &str) -> Option<u64> {
    let place = table.columns.iter().position(|one| one == column)?;
    table.totals.as_ref().map(|totals| totals[place])
}

fn plain(id: &str) -> String {
    id.replace('_', " ")
}
