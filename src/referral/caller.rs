//! Whose words an account is, how they know, and what is noted of a telephone call.
//!
//! No criterion reads any of it: a level never depends on who says something, or how it reached the hub.

use jiff::Timestamp;

use super::request::Reader;
use super::words::{word, words};
use crate::criteria::RuleSet;
use crate::json::{Fault, FaultCode, Json, pointer};

words! {
    /// How somebody knows what they say.
    Basis {
        /// First hand.
        SeenOrHeard = "seen_or_heard",
        /// The child told them.
        ToldByTheChild = "told_by_the_child",
        /// Third hand: somebody else told them.
        ToldByAnother = "told_by_another",
        /// They looked into records.
        FromRecords = "from_records",
    }
}

words! {
    /// What came of reading a call back to the caller.
    ReadBack {
        /// The caller said that it was right.
        Confirmed = "confirmed",
        /// The caller rang off before.
        NotPossible = "not_possible",
        /// The caller disagreed with some of it; the account says with what.
        Corrected = "corrected",
    }
}

/// What is noted of a telephone call. The caller is the referrer; who typed it is whoever recorded it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Call {
    /// When it began.
    pub began_at: Option<Timestamp>,
    /// Whether it was read back.
    pub read_back: Option<ReadBack>,
    /// When it was read back, or the caller was found to be gone.
    pub read_back_at: Option<Timestamp>,
}

impl Call {
    /// What is wrong with its times: a call begins before it is recorded, and is read back after it began.
    pub fn faults(&self, now: Timestamp) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (key, at) in [("began_at", self.began_at), ("read_back_at", self.read_back_at)] {
            if at.is_some_and(|at| at > now) {
                let detail = "a call is taken before it is recorded";
                faults.push(Fault::new(format!("/call/{key}"), FaultCode::InTheFuture, detail));
            }
        }
        if self.began_at.zip(self.read_back_at).is_some_and(|(began, read_back)| read_back < began) {
            let detail = "a call is read back after it began";
            faults.push(Fault::new("/call/read_back_at", FaultCode::TooEarly, detail));
        }
        faults
    }
}

const CALL_KEYS: [&str; 3] = ["began_at", "read_back", "read_back_at"];

pub(super) fn call(reader: &mut Reader, json: &Json, at: &str) -> Call {
    let mut call = Call::default();
    for (key, value) in reader.object(json, at) {
        let under = pointer(at, key);
        match key.as_str() {
            "began_at" => call.began_at = reader.timestamp(value, &under),
            "read_back" => call.read_back = word(reader, value, &under),
            "read_back_at" => call.read_back_at = reader.timestamp(value, &under),
            _ => reader.unknown_key(at, key, &CALL_KEYS),
        }
    }
    call
}

pub(super) fn yes_or_no(reader: &mut Reader, json: &Json, at: &str) -> bool {
    if let Json::Bool(value) = json {
        return *value;
    }
    reader.wrong_type(at, "true or false", json);
    false
}

/// Whoever gives a name is not anonymous; which of the two holds cannot be told.
pub(super) fn misplaced_anonymity(reader: &mut Reader, at: &str, anonymous: bool, is_named: bool) {
    if anonymous && is_named {
        let fault =
            Fault::new(pointer(at, "anonymous"), FaultCode::MisplacedKey, "whoever gives a name is not anonymous");
        reader.faults.push(fault.instead("leave out `name` or `anonymous`"));
    }
}

/// What stands against somebody's staying anonymous: a member of the public may, a professional may not.
pub(super) fn stays_anonymous(rules: &RuleSet, at: &str, anonymous: bool, agency: Option<&str>) -> Option<Fault> {
    let framework = rules.framework();
    if !anonymous || agency.is_some_and(|agency| framework.is_public(agency)) {
        return None;
    }
    let public: Vec<&str> = framework.agencies.iter().filter(|one| one.public).map(|one| one.id.as_str()).collect();
    Some(match agency {
        None => {
            let detail = "only a member of the public may stay anonymous; say that this is one";
            Fault::new(pointer(at, "agency"), FaultCode::MissingKey, detail).instead(public.join(", "))
        }
        Some(_) => {
            let detail = "a professional gives a name; only a member of the public may stay anonymous";
            Fault::new(pointer(at, "anonymous"), FaultCode::NotAnonymous, detail).instead("send `name`")
        }
    })
}
