//! The figures of one month: which children are counted, in which ways, and what the counts say in a sentence.
//!
//! Children received in the month, and children decided about in it, are counted apart, each in ways of which no two
//! tables share more than the way that both count by: what one table hides, no other tells.

use super::counted::Counted;
use super::figure::{Body, Figure, Figures, Share, Shares, Told};
use super::pool::{Order, pool};
use super::table::{Cell, Row, Table, Way, each, list, per_mille, percent, table};
use super::terms::{Month, Terms};
use super::ways::{self, AS_INDICATED, DECLINED, IN_TIME, NOT_AGAIN, NOT_SETTLED, THE_SAME};
use crate::decision::View;
use crate::disagreement::Ruling;

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
        let of = Monthly { month, children, terms };
        let figures = vec![
            of.coverage(),
            of.indicated_by_agency(),
            of.referrers_view(),
            of.not_known(),
            of.referred_over_time(),
            of.decided_by_agency(),
            of.view_by_agency(),
            of.otherwise_between_agencies(),
            of.otherwise_over_time(),
            of.view_by_indicated(),
            of.view_by_criterion(),
            of.reasons(View::DecidesHigher),
            of.reasons(View::DecidesLower),
            of.time_to_decide(),
            of.never_found(),
            of.feedback(),
            of.came_again(),
            of.after_early_help(),
            of.disagreements(),
            of.decided_by("decided_by_age", &ways::ages()),
            of.decided_by("decided_by_sex", &ways::sexes()),
            of.decided_by("decided_by_ethnicity", &ways::ethnicities()),
            of.decided_by("decided_by_disability", &ways::disabilities()),
            of.decided_by("decided_by_channel", &ways::channels()),
        ];
        Self { month: month.to_string(), small: terms.small, figures }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cohort {
    Received,
    Decided,
}

/// The children of whom a month's figures are.
struct Monthly<'m> {
    month: Month,
    children: &'m [Counted],
    terms: &'m Terms,
}

impl<'m> Monthly<'m> {
    fn of(&self, cohort: Cohort, month: Month) -> Vec<&'m Counted> {
        let is_of = |child: &&Counted| match cohort {
            Cohort::Received => month.has(child.received),
            Cohort::Decided => child.decided.as_ref().is_some_and(|decided| month.has(decided.on)),
        };
        self.children.iter().filter(is_of).collect()
    }

    fn twelve_months(&self) -> Vec<Month> {
        (0..12).rev().map(|back| self.month.before(back)).collect()
    }

    /// Why nothing is told of a cohort.
    fn none(&self, cohort: Cohort, month: Month) -> String {
        let what = match cohort {
            Cohort::Received => "referred",
            Cohort::Decided => "decided about",
        };
        match self.of(cohort, month).as_slice() {
            [] => format!("No child was {what} in {}.", month.says()),
            _ => format!("Too few children were {what} in {} to tell without telling who they are.", month.says()),
        }
    }

    /// A cohort counted in two ways, with what that says.
    fn table(
        &self,
        (cohort, month): (Cohort, Month),
        rows: &Way<'_>,
        columns: &Way<'_>,
        says: impl FnOnce(&Table) -> String,
    ) -> Told {
        let table = table(&self.of(cohort, month), rows, columns, self.terms.small);
        let table = table.ok_or_else(|| self.none(cohort, month))?;
        Ok((says(&table), Body::Table(table)))
    }

    fn received(&self) -> (Cohort, Month) {
        (Cohort::Received, self.month)
    }

    fn decided(&self) -> (Cohort, Month) {
        (Cohort::Decided, self.month)
    }

    fn is_small(&self, count: u64) -> bool {
        (1..=self.terms.small).contains(&count)
    }

    /// A fact or a criterion in words.
    fn named(&self, id: &str) -> String {
        self.terms.names.get(id).cloned().unwrap_or_else(|| id.replace('_', " "))
    }

    fn coverage(&self) -> Figure {
        let month = self.month.says();
        let received = self.of(Cohort::Received, self.month);
        let referrals = received.iter().filter(|child| child.is_first).count() as u64;
        let told = match self.terms.contacts {
            None => Err(format!(
                "Nobody has said how many contacts there were in {month}, so it is not known what share came through here."
            )),
            Some(_) if self.is_small(referrals) => {
                Err("Too few referrals to tell without telling whose they are.".to_owned())
            }
            Some(0) => Err(format!("There were no contacts in {month}, so there is no share.")),
            Some(contacts) => {
                let share = percent(referrals, contacts);
                let words = vec![
                    format!("Contacts in all: {contacts}"),
                    format!("Referrals recorded here: {referrals}"),
                    format!("Share recorded here: {share}"),
                ];
                Ok((format!("{share} of all contacts in {month} were recorded here."), Body::Words(words)))
            }
        };
        let counted = "Referrals recorded in the month, beside all contacts as the front door counts them.";
        Figure::new("coverage", CAME, "Coverage", counted, told)
    }

    fn indicated_by_agency(&self) -> Figure {
        let month = self.month.says();
        let (rows, columns) = (ways::agencies(self.terms), ways::indicated(self.terms));
        let told = self.table(self.received(), &rows, &columns, |table| match total_of(table, NOT_SETTLED) {
            Some(not_settled) => format!(
                "Of {} children referred in {month}, {} could not be settled on what was said.",
                table.total,
                percent(not_settled, table.total)
            ),
            None => format!("{} children were referred in {month}.", table.total),
        });
        let counted = "Children of referrals received in the month, by the level that the criteria indicated then.";
        Figure::new("indicated_by_agency", CAME, "What each agency referred", counted, told)
    }

    fn referrers_view(&self) -> Figure {
        let (rows, columns) = (ways::agencies(self.terms), ways::referrers_view());
        let told = self.table(self.received(), &rows, &columns, |table| match total_of(table, THE_SAME) {
            Some(same) => format!(
                "Of {} children, {} were thought to be at a level that the criteria indicated too.",
                table.total,
                percent(same, table.total)
            ),
            None => format!("{} children were referred.", table.total),
        });
        let counted = "Children of referrals received in the month: the referrer's own level beside what was indicated; \
                       the same while it lies within what was not settled.";
        Figure::new("referrers_view", CAME, "The referrer's view beside what was indicated", counted, told)
    }

    fn not_known(&self) -> Figure {
        let children = self.of(Cohort::Received, self.month);
        let (agencies, named) = (ways::agencies(self.terms), |id: &str| self.named(id));
        let told = match each(&children, "Question", Counted::not_known, named, &agencies, self.terms.small) {
            Some(table) => {
                let first = &table.rows[0];
                let share = percent(first.total.unwrap_or(0), table.total);
                let finding = format!("Of {share} of {} children this was not known: {}", table.total, first.label);
                Ok((finding, Body::Table(table)))
            }
            None if children.is_empty() => Err(self.none(Cohort::Received, self.month)),
            None => Err("No question was open of enough children to tell.".to_owned()),
        };
        let counted = "Children of referrals received in the month of whom an answer could still change the level, by \
                       question; a child counts under each.";
        Figure::new("not_known", CAME, "What was most often not known", counted, told)
    }

    /// The children of each of twelve months, by agency.
    fn referred_over_time(&self) -> Figure {
        let agencies = ways::agencies(self.terms);
        let row = |month: Month| {
            let children = self.of(Cohort::Received, month);
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
            Row { label: month.says(), counts: (0..agencies.labels.len()).map(count).collect(), total }
        };
        let rows: Vec<Row> = self.twelve_months().into_iter().map(row).collect();
        let of_month = |back: usize| rows.iter().rev().nth(back).and_then(|row| row.total).unwrap_or(0);
        let finding = match (of_month(0), of_month(1)) {
            (0, _) => Err(self.none(Cohort::Received, self.month)),
            (last, 0) => Ok(format!("{last} children were referred in {}.", self.month.says())),
            (last, before) => {
                Ok(format!("{last} children were referred in {}, {before} the month before.", self.month.says()))
            }
        };
        let mut table = Table {
            rows_are: "Month".to_owned(),
            columns_are: "Agency".to_owned(),
            columns: agencies.labels,
            total: rows.iter().filter_map(|row| row.total).sum(),
            rows,
            totals: None,
            none: Vec::new(),
        };
        table.none = table.without_empty_columns();
        let told = finding.map(|finding| (finding, Body::Table(table)));
        let counted = "Children of referrals received in each month. A count that is hidden is told with those of other \
                       small agencies in the month's total.";
        Figure::new("referred_over_time", CAME, "Twelve months", counted, told)
    }

    fn decided_by_agency(&self) -> Figure {
        let (rows, columns) = (ways::agencies(self.terms), ways::levels(self.terms));
        let told = self.table(self.decided(), &rows, &columns, |table| {
            format!("{} children were decided about in {}.", table.total, self.month.says())
        });
        let counted = "Children first decided about in the month, by the level that was decided.";
        Figure::new("decided_by_agency", DECIDED, "The level decided, by agency", counted, told)
    }

    fn view_by_agency(&self) -> Figure {
        let (rows, columns) = (ways::agencies(self.terms), ways::views());
        let told = self.table(self.decided(), &rows, &columns, |table| match total_of(table, AS_INDICATED) {
            Some(same) => {
                format!("{} of decisions accepted what was indicated unchanged.", percent(same, table.total))
            }
            None => format!("{} children were decided about.", table.total),
        });
        let counted = "Children first decided about in the month. What people decide otherwise is their judgement, and \
                       no error.";
        Figure::new("view_by_agency", DECIDED, "Decided as indicated, higher and lower", counted, told)
    }

    fn otherwise_between_agencies(&self) -> Figure {
        let counted = "The share decided higher or lower of each agency's children, beside the limits within which 95 % \
                       and 99.8 % of agencies lie by chance. It is no league table: agencies refer different children.";
        let title = "Decided otherwise, between agencies";
        Figure::new("otherwise_between_agencies", DECIDED, title, counted, self.between_agencies())
    }

    fn between_agencies(&self) -> Told {
        let children = self.of(Cohort::Decided, self.month);
        let found = table(&children, &ways::agencies(self.terms), &ways::views(), self.terms.small);
        let table = found.ok_or_else(|| self.none(Cohort::Decided, self.month))?;
        let column = table.columns.iter().position(|column| column == AS_INDICATED);
        let column = column.ok_or("Too few were decided otherwise to tell.")?;
        let otherwise = table.total - total_of(&table, AS_INDICATED).unwrap_or(0);
        let expected = otherwise as f64 / table.total as f64;
        let rows = table.rows.iter().filter_map(|row| {
            let of = row.total?;
            let part = row.counts[column].count().map(|same| of - same);
            // Neither a small part nor what a large one leaves.
            let part = part.filter(|part| !self.is_small(*part) && !self.is_small(of - part));
            Some(Share::new(row.label.clone(), Some(of), part, expected))
        });
        let shares = Shares {
            rows_are: "Agency".to_owned(),
            share_of: "decided otherwise".to_owned(),
            is_over_time: false,
            expected: per_mille(otherwise, table.total).unwrap_or(0),
            rows: rows.collect(),
            marks: Vec::new(),
        };
        let finding = match shares.outside().as_slice() {
            [] => "No agency lies outside of what chance alone allows.".to_owned(),
            some => format!("Outside of what chance alone allows: {}. Ask why before you judge.", some.join("; ")),
        };
        Ok((finding, Body::Shares(shares)))
    }

    fn otherwise_over_time(&self) -> Figure {
        let counted = "The share decided higher or lower in each month, beside the limits within which 95 % and 99.8 % \
                       of months lie by chance. Changes of the rules are marked.";
        let title = "Decided otherwise, over twelve months";
        Figure::new("otherwise_over_time", DECIDED, title, counted, self.over_time())
    }

    fn over_time(&self) -> Told {
        let months = self.twelve_months();
        let count = |month: &Month| {
            let children = self.of(Cohort::Decided, *month);
            let all = children.len() as u64;
            let Some(pooled) = ways::views().pool(&children, self.terms.small) else {
                return (*month, (all == 0).then_some(0), None);
            };
            let same = pooled.labels.iter().position(|label| label == AS_INDICATED).map(|place| pooled.totals[place]);
            (*month, Some(all), same.map(|same| all - same))
        };
        let counts: Vec<(Month, Option<u64>, Option<u64>)> = months.iter().map(count).collect();
        let told = counts.iter().filter_map(|(_, of, part)| of.zip(*part));
        let (of, part) = told.fold((0, 0), |(of, part), (more, more_part)| (of + more, part + more_part));
        if of == 0 {
            return Err("In no month were enough decided about to tell.".to_owned());
        }
        let expected = part as f64 / of as f64;
        let marks = self.terms.rules_from.iter().filter(|(from, _)| months.iter().any(|month| month.has(*from)));
        let shares = Shares {
            rows_are: "Month".to_owned(),
            share_of: "decided otherwise".to_owned(),
            is_over_time: true,
            expected: per_mille(part, of).unwrap_or(0),
            rows: counts.iter().map(|(month, of, part)| Share::new(month.says(), *of, *part, expected)).collect(),
            marks: marks.map(|(from, version)| (Month::of(*from).says(), version.clone())).collect(),
        };
        let finding = match shares.outside().as_slice() {
            [] => "No month lies outside of what chance alone allows.".to_owned(),
            some => format!("Outside of what chance alone allows: {}.", some.join("; ")),
        };
        Ok((finding, Body::Shares(shares)))
    }

    fn view_by_indicated(&self) -> Figure {
        let told = self.table(self.decided(), &ways::indicated_then(self.terms), &ways::views(), |table| {
            format!("{} decisions, by the level that was indicated at least.", table.total)
        });
        let counted = "Children first decided about in the month; of an answer that was not settled, its lower bound.";
        let title = "Decided higher and lower, by the level indicated";
        Figure::new("view_by_indicated", DECIDED, title, counted, told)
    }

    fn view_by_criterion(&self) -> Figure {
        let children = self.of(Cohort::Decided, self.month);
        let named = |id: &str| self.named(id);
        let told = match each(&children, "Criterion", Counted::found, named, &ways::views(), self.terms.small) {
            Some(table) => Ok((format!("Found most often: {}", table.rows[0].label), Body::Table(table))),
            None if children.is_empty() => Err(self.none(Cohort::Decided, self.month)),
            None => Err("No criterion was found for enough children to tell.".to_owned()),
        };
        let counted = "Children first decided about in the month, under each criterion that was found for them.";
        Figure::new("view_by_criterion", DECIDED, "Decided higher and lower, by criterion", counted, told)
    }

    fn reasons(&self, view: View) -> Figure {
        let (id, direction, codes) = match view {
            View::DecidesHigher => ("reasons_higher", "higher", &self.terms.reasons_higher),
            _ => ("reasons_lower", "lower", &self.terms.reasons_lower),
        };
        let decided = self.of(Cohort::Decided, self.month);
        // Only where the count of all who were decided so is told at all.
        let is_told = ways::views()
            .pool(&decided, self.terms.small)
            .is_some_and(|pooled| pooled.labels.iter().any(|label| label == ways::called(view)));
        let is_so = |child: &&Counted| child.decided.as_ref().is_some_and(|decided| decided.view == view);
        let children: Vec<&Counted> = decided.into_iter().filter(is_so).collect();
        let told = match list(&children, &ways::reasons(codes), self.terms.small).filter(|_| is_told) {
            Some(table) => {
                let most = table.rows.iter().max_by_key(|row| row.total).map_or("", |row| row.label.as_str());
                Ok((format!("{} were decided {direction}; most often: {most}.", table.total), Body::Table(table)))
            }
            None if children.is_empty() && is_told => {
                Err(format!("Nobody was decided {direction} in {}.", self.month.says()))
            }
            None => Err(format!("Too few were decided {direction} to tell.")),
        };
        let counted = "Children first decided about in the month, by the listed reason.";
        Figure::new(id, DECIDED, &format!("Reasons to decide {direction}"), counted, told)
    }

    fn time_to_decide(&self) -> Figure {
        let (rows, columns) = (ways::agencies(self.terms), ways::time_to_decide());
        let told = self.table(self.decided(), &rows, &columns, |table| match total_of(table, IN_TIME) {
            Some(in_time) => {
                format!("{} were decided about by the end of the next working day.", percent(in_time, table.total))
            }
            None => "Nearly all were decided about alike: by how long cannot be told apart.".to_owned(),
        });
        let counted = "Children first decided about in the month, from receipt, by the hub's working days. No person is \
                       timed.";
        Figure::new("time_to_decide", DECIDED, "Time to decide", counted, told)
    }

    fn never_found(&self) -> Figure {
        let months = self.twelve_months();
        let children: Vec<&Counted> = months.iter().flat_map(|month| self.of(Cohort::Decided, *month)).collect();
        let told = match children.as_slice() {
            [] => Err("No child was decided about in these twelve months.".to_owned()),
            // Of a handful, what was never found says what was.
            children if self.is_small(children.len() as u64) => {
                Err("Too few children were decided about in these twelve months to tell.".to_owned())
            }
            children => {
                let is_found = |id: &&String| children.iter().any(|child| child.found().contains(id));
                let all = &self.terms.criteria;
                let never: Vec<String> = all.iter().filter(|id| !is_found(id)).map(|id| self.named(id)).collect();
                let finding = format!("{} of {} criteria were never found in twelve months.", never.len(), all.len());
                Ok((finding, Body::Words(never)))
            }
        };
        let counted =
            "Questions and criteria of the rules in force that were found for no child decided about in twelve months.";
        Figure::new("never_found", DECIDED, "Criteria that were never found", counted, told)
    }

    fn feedback(&self) -> Figure {
        let columns = ways::feedback();
        let in_time = columns.labels[0].clone();
        let told = self.table(self.decided(), &ways::agencies(self.terms), &columns, |table| {
            match total_of(table, &in_time) {
                Some(in_time) => format!("{} of referrers were told in time.", percent(in_time, table.total)),
                None => format!("{} children were decided about.", table.total),
            }
        });
        let counted = "Children first decided about in the month, by whether the referrer was told what was decided.";
        Figure::new("feedback", AFTER, "Feedback given", counted, told)
    }

    fn came_again(&self) -> Figure {
        let then = self.month.before(12);
        let of_then = (Cohort::Decided, then);
        let told = self.table(of_then, &ways::levels(self.terms), &ways::again_in_a_year(), |table| {
            let decided = format!("{} children decided about in {}", table.total, then.says());
            match total_of(table, NOT_AGAIN) {
                Some(not) => {
                    let again = percent(table.total - not, table.total);
                    format!("Of {decided}, {again} were referred again within 12 months.")
                }
                None => format!("Of {decided}, hardly any two differ in whether they were referred again."),
            }
        });
        let counted = "Children first decided about twelve months before, by the level decided then, and whether the same \
                       child was referred again, as people confirmed.";
        Figure::new("came_again", AFTER, "Referred again, by the level decided", counted, told)
    }

    fn after_early_help(&self) -> Figure {
        let then = self.month.before(3);
        let told = self.table((Cohort::Decided, then), &ways::early_help(), &ways::again_soon(), |table| {
            let decided = format!("{} children decided about in {}", table.total, then.says());
            let declined = table.rows.iter().find(|row| row.label == DECLINED).and_then(|row| row.total);
            match declined {
                Some(declined) => format!("Of {decided}, early help was declined for {declined}."),
                None => format!("Of {decided}, too few declined early help to tell."),
            }
        });
        let counted = "Children first decided about three months before: whether early help was offered and declined, and \
                       whether the child was referred again.";
        Figure::new("after_early_help", AFTER, "Early help declined, and what followed", counted, told)
    }

    fn disagreements(&self) -> Figure {
        let all = || self.children.iter().flat_map(|child| &child.disagreements);
        let raised = all().filter(|one| self.month.has(one.raised)).count() as u64;
        let answered = all().filter_map(|one| Some((one.raised, one.answered.filter(|(on, _)| self.month.has(*on))?)));
        let mut days = Vec::new();
        let mut rulings = [0_u64; 3];
        for (raised, (on, ruling)) in answered {
            days.push(raised.until(on).map_or(0, |span| span.get_days()));
            rulings[match ruling {
                Ruling::Upheld => 0,
                Ruling::UpheldInPart => 1,
                Ruling::NotUpheld => 2,
            }] += 1;
        }
        days.sort_unstable();
        let say = |count: u64| match self.is_small(count) {
            true => format!("1 to {}", self.terms.small),
            false => count.to_string(),
        };
        let labels = ["Upheld", "Upheld in part", "Not upheld"].map(str::to_owned);
        let mut words = vec![format!("Raised: {}", say(raised)), format!("Answered: {}", say(days.len() as u64))];
        if let Some(pooled) = pool(&labels, &rulings, Order::Ordered, self.terms.small) {
            words.extend(pooled.labels.iter().zip(&pooled.totals).map(|(label, count)| format!("{label}: {count}")));
            words.push(format!("Days to an answer, in the middle: {}", days[(days.len() - 1) / 2]));
        } else {
            words.push("What they came to: not available, as too few were answered".to_owned());
        }
        let finding = match raised {
            0 => format!("Nobody disagreed in {}.", self.month.says()),
            _ => format!("Disagreements raised in {}: {}.", self.month.says(), say(raised)),
        };
        let counted = "Disagreements raised in the month, and those whose last stage so far was answered in it.";
        Figure::new("disagreements", AFTER, "Disagreements", counted, Ok((finding, Body::Words(words))))
    }

    fn decided_by(&self, id: &str, way: &Way<'_>) -> Figure {
        let told = self.table(self.decided(), way, &ways::levels(self.terms), |table| {
            let highest = table.columns.len() - 1;
            let of_highest = table.totals.as_ref().map_or(0, |totals| totals[highest]);
            let (level, share) = (&table.columns[highest], percent(of_highest, table.total));
            format!("{level}: {share} of all {} children. The table says how it falls on each group.", table.total)
        });
        let title = format!("The level decided, by {}", way.title.to_lowercase());
        let counted = "Children first decided about in the month. What is known for monitoring is read by no rule.";
        Figure::new(id, ALIKE, &title, counted, told)
    }
}

/// The total of a column that is told alone.
fn total_of(table: &Table, column: &str) -> Option<u64> {
    let place = table.columns.iter().position(|one| one == column)?;
    table.totals.as_ref().map(|totals| totals[place])
}
