//! Calibration rounds as entries of the log of rules: opened by the board, rated by practitioners who see nobody else's
//! ratings before it is over, and told from its entries alone.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::case::What;
use super::entry::Ready;
use super::leaf::{Kind, Leaf};
use super::reports::in_london;
use super::rule_changes::RulesTold;
use super::{Record, RecordError, new_id};
use crate::access::Permit;
use crate::calibration::{MAX_VIGNETTES, Rated, Rating, Results, Round};
use crate::decision::Actor;
use crate::json::{Fault, FaultCode};

/// What the key of calibration rounds is kept under.
const CALIBRATION: &str = "calibration";
/// How often it is tried again when another replica writes at the same moment.
const TRIES: usize = 16;
/// How often somebody may rate the same vignette anew.
const MAX_AGAIN: usize = 20;
/// The longest title.
const MAX_TITLE: usize = 200;
/// How far ahead a round may end, in days.
const MAX_DAYS: i32 = 366;

/// Of what happened in a round.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CalibrationBody {
    /// Who did it.
    pub by: Actor,
    /// The round.
    pub round: String,
    /// What.
    pub what: Calibrating,
}

/// What happened in a round.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Calibrating {
    /// It was opened.
    Opened(Arc<Round>),
    /// Somebody rated a vignette.
    Rated(Arc<Rating>),
    /// It was closed before its day.
    Closed,
}

/// A round as its entries tell it.
#[derive(Debug, Clone)]
pub struct RoundTold {
    /// Its id.
    pub id: String,
    /// When it was opened.
    pub opened: Timestamp,
    /// By whom.
    pub by: Actor,
    /// What is rated.
    pub round: Arc<Round>,
    /// Every rating in order, by whom.
    pub ratings: Vec<(Actor, Arc<Rating>)>,
    /// When it was closed before its day.
    pub closed: Option<Timestamp>,
}

/// The results of rounds that are over, which change no more.
#[derive(Debug, Default)]
pub(super) struct RoundResults(Mutex<BTreeMap<String, Arc<Results>>>);

impl RoundTold {
    /// Whether nobody rates any more, and what was rated is told.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.closed.is_some() || in_london(now) > self.round.until
    }

    /// What somebody rated last, vignette by vignette.
    pub fn rated_by(&self, person: &str) -> BTreeMap<usize, &Rating> {
        let theirs = self.ratings.iter().filter(|(by, _)| by.id == person);
        theirs.map(|(_, rating)| (rating.vignette, &**rating)).collect()
    }

    /// How many people rated every vignette, and how many began.
    pub fn raters(&self) -> (usize, usize) {
        let mut by: BTreeMap<&str, std::collections::BTreeSet<usize>> = BTreeMap::new();
        for (actor, rating) in &self.ratings {
            by.entry(&actor.id).or_default().insert(rating.vignette);
        }
        (by.values().filter(|rated| rated.len() == self.round.vignettes.len()).count(), by.len())
    }
}

impl CalibrationBody {
    /// What the log says of it: the round and what happened, never what somebody answered.
    fn detail(&self) -> String {
        let what = match &self.what {
            Calibrating::Opened(_) => "opened",
            Calibrating::Rated(_) => "rated",
            Calibrating::Closed => "closed",
        };
        format!("{} {what}", self.round)
    }
}

impl RulesTold {
    /// A round.
    ///
    /// # Errors
    /// When there is none of that id.
    pub fn round(&self, id: &str) -> Result<&Arc<RoundTold>, RecordError> {
        self.rounds.iter().find(|round| round.id == id).ok_or(RecordError::NotFound)
    }

    /// Hears what happened in a round.
    pub(super) fn calibrate(&mut self, leaf: &Leaf, body: &CalibrationBody) -> Result<(), String> {
        if leaf.detail.as_ref() != Some(&body.detail()) {
            return Err("the log says of a calibration round what its body does not say".into());
        }
        let known = self.rounds.iter().position(|round| round.id == body.round);
        match (known, &body.what) {
            (None, Calibrating::Opened(round)) => self.rounds.push(Arc::new(RoundTold {
                id: body.round.clone(),
                opened: leaf.at,
                by: body.by.clone(),
                round: Arc::clone(round),
                ratings: Vec::new(),
                closed: None,
            })),
            (Some(_), Calibrating::Opened(_)) => return Err("this calibration round was opened before".into()),
            (None, _) => return Err("there is no such calibration round".into()),
            (Some(known), what) => {
                let round = &self.rounds[known];
                if round.is_over(leaf.at) {
                    return Err("this calibration round was over".into());
                }
                let mut round = (**round).clone();
                match what {
                    Calibrating::Rated(rating) if rating.vignette < round.round.vignettes.len() => {
                        round.ratings.push((body.by.clone(), Arc::clone(rating)));
                    }
                    Calibrating::Rated(_) => return Err("the round has no such vignette".into()),
                    _ => round.closed = Some(leaf.at),
                }
                self.rounds[known] = Arc::new(round);
            }
        }
        Ok(())
    }
}

impl Record {
    /// Opens a round; its id.
    ///
    /// # Errors
    /// When it has no title or no vignette, or ends before it begins.
    pub fn open_round(&self, permit: &Permit, round: Round, now: Timestamp) -> Result<String, RecordError> {
        let mut faults = Vec::new();
        let mut refuse = |at: &str, code, detail: &str| faults.push(Fault::new(at, code, detail));
        match round.title.trim().chars().count() {
            0 => refuse("/title", FaultCode::MissingWords, "say what the round is called"),
            1..=MAX_TITLE => {}
            _ => refuse("/title", FaultCode::TooLong, "say it shorter"),
        }
        match round.vignettes.len() {
            0 => refuse("/vignettes", FaultCode::MissingKey, "choose at least one example"),
            1..=MAX_VIGNETTES => {}
            _ => refuse("/vignettes", FaultCode::TooMany, &format!("choose at most {MAX_VIGNETTES}")),
        }
        let days = in_london(now).until(round.until).map_or(i32::MAX, |span| span.get_days());
        match days {
            ..0 => refuse("/until", FaultCode::TooEarly, "it ends before it begins"),
            0..=MAX_DAYS => {}
            _ => refuse("/until", FaultCode::InTheFuture, "it ends within a year"),
        }
        if !faults.is_empty() {
            return Err(RecordError::Faults(faults));
        }
        let round = Round { title: round.title.trim().to_owned(), ..round };
        let id = new_id();
        self.calibrate(permit, &id, &Calibrating::Opened(Arc::new(round)), now)?;
        Ok(id)
    }

    /// Records how somebody rated a vignette; of several ratings of it by one person, the last counts.
    ///
    /// # Errors
    /// When the round is over, a question is not answered, or the rules do not take an answer.
    pub fn rate(&self, permit: &Permit, round: &str, rating: Rating, now: Timestamp) -> Result<(), RecordError> {
        let told = self.rules_told()?;
        let known = told.round(round)?;
        let faults = known.round.wrong(&*self.rule_set(&known.round.rules)?, &rating);
        if !faults.is_empty() {
            return Err(RecordError::Faults(faults));
        }
        self.calibrate(permit, round, &Calibrating::Rated(Arc::new(rating)), now)
    }

    /// Closes a round before its day.
    ///
    /// # Errors
    /// When it is over.
    pub fn close_round(&self, permit: &Permit, round: &str, now: Timestamp) -> Result<(), RecordError> {
        self.calibrate(permit, round, &Calibrating::Closed, now)
    }

    fn calibrate(&self, permit: &Permit, round: &str, what: &Calibrating, now: Timestamp) -> Result<(), RecordError> {
        self.writable()?;
        for _ in 0..TRIES {
            let told = self.rules_told()?;
            let by = permit.actor();
            if !matches!(what, Calibrating::Opened(_)) {
                let known = told.round(round)?;
                if known.is_over(now) {
                    return Err(RecordError::Moved("this calibration round is over".into()));
                }
                if let Calibrating::Rated(rating) = what {
                    let again = known
                        .ratings
                        .iter()
                        .filter(|(other, one)| other.id == by.id && one.vignette == rating.vignette);
                    if again.count() >= MAX_AGAIN {
                        let fault = Fault::new("/vignette", FaultCode::TooMany, "it was rated too often already");
                        return Err(RecordError::Faults(vec![fault]));
                    }
                }
            }
            let body = Arc::new(CalibrationBody { by: by.clone(), round: round.to_owned(), what: what.clone() });
            let leaf = Leaf::by(by, Kind::Calibration, new_id(), now);
            let leaf = Leaf { detail: Some(body.detail()), ..leaf };
            let (key, sealed_key) = self.key_to_enter(CALIBRATION)?;
            let ready = Ready::new(&key, CALIBRATION, leaf, What::Calibration(body))?;
            if self.enter_at(told.size(), CALIBRATION, sealed_key, ready)? {
                return Ok(());
            }
        }
        Err(RecordError::Moved("others enter something at the same moment".into()))
    }

    /// What the ratings of a round say, once it is over.
    ///
    /// # Errors
    /// When there is none, it is not over, or its rules cannot be read.
    pub fn round_results(&self, id: &str, now: Timestamp) -> Result<Arc<Results>, RecordError> {
        let told = self.rules_told()?;
        let round = told.round(id)?;
        if !round.is_over(now) {
            return Err(RecordError::NotFound);
        }
        let known = || self.round_results.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(results) = known().get(id) {
            return Ok(Arc::clone(results));
        }
        let ratings =
            round.ratings.iter().map(|(by, rating)| Rated { by: &by.id, organisation: &by.organisation, rating });
        let rules = self.rule_set(&round.round.rules)?;
        let results = Arc::new(Results::of(&round.round, &rules, &ratings.collect::<Vec<_>>()));
        known().insert(id.to_owned(), Arc::clone(&results));
        Ok(results)
    }
}
