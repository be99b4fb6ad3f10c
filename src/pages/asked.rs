//! What was asked and by whom, what may be answered, and why something may not be.

use std::sync::Arc;

use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Front;
use crate::access::{DEMONSTRATION, Operation, Permit, demonstration, permit};
use crate::criteria::RuleSet;
use crate::decision::{Actor, may_confirm};
use crate::form::{Entered, Tampered};
use crate::json::Fault;
use crate::record::db::DbError;
use crate::record::sessions::SessionSecret;
use crate::record::{Record, RecordError};
use crate::serving::now;

/// What every form of a session carries.
pub(super) const TOKEN: &str = "form-token";

/// Who is signed in, as the session keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(super) enum Who {
    /// Somebody.
    SignedIn(Actor),
}

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub(super) struct Visitor {
    pub actor: Actor,
    pub secret: SessionSecret,
    pub until: Timestamp,
}

/// What was asked.
pub(super) struct Asked {
    pub front: Arc<Front>,
    pub rules: Arc<RuleSet>,
    pub now: Timestamp,
    pub visitor: Option<Visitor>,
    /// Whether the visitor's session ran out before this was sent: what they typed is kept, and nothing shown.
    pub is_late: bool,
    /// That they may, where the route asks for it.
    pub permit: Option<Permit>,
    pub path: Vec<(String, String)>,
    pub query: Entered,
    pub entered: Entered,
    /// The file that came with the form, where the route takes one.
    pub file: Option<Vec<u8>>,
    /// The path, to come back to.
    pub address: String,
    /// What the browser holds of a sign-in under way.
    pub sign_in: Option<String>,
}

/// What is answered.
#[derive(Debug)]
pub(super) enum Answer {
    /// A page.
    Page(StatusCode, String),
    /// A page inside of another, which loads itself again after so many seconds.
    Frame(i64, String),
    /// Go there next.
    SeeOther(String),
    /// Go there next, with another session, or none.
    Session(String, Option<SessionSecret>),
    /// Go to the identity provider, and hold this meanwhile.
    Away(String, String),
    /// A file that never changes under its address.
    File(&'static str, String),
    /// A file to be kept, of this kind, under a name that says nothing of anybody.
    Download(&'static str, String, Vec<u8>),
}

/// Why there is no such answer.
#[derive(Debug)]
pub(super) enum Refused {
    /// There is nothing there, or nothing within reach.
    NotFound,
    /// Not for this role.
    NotPermitted,
    /// Not sent by a page of ours.
    Forged,
    /// Sign in first.
    SignIn,
    /// Sign in again; whether what was typed before the session ran out was saved.
    SignInAgain(bool),
    /// Something changed meanwhile.
    Moved(String),
    /// It cannot be recorded now.
    NotRecorded,
    /// What was asked for has faults, in the words of the record.
    Faults(Vec<Fault>),
    /// A mistake of this program.
    Broken,
}

pub(super) type Answered = Result<Answer, Refused>;

impl From<Tampered> for Refused {
    fn from(_: Tampered) -> Self {
        Self::Forged
    }
}

impl From<RecordError> for Refused {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::NotFound => Self::NotFound,
            RecordError::Moved(why) => Self::Moved(why),
            RecordError::KeyReused => Self::Moved("this was sent before, in other words".into()),
            RecordError::Faults(faults) => Self::Faults(faults),
            RecordError::Db(DbError::Full) | RecordError::ReadOnly(_) => {
                tracing::error!(event = "not_recorded", %error, "nothing is recorded");
                Self::NotRecorded
            }
            error => {
                tracing::error!(event = "not_recorded", %error, "something could not be recorded or read");
                Self::NotRecorded
            }
        }
    }
}

impl From<minijinja::Error> for Refused {
    fn from(error: minijinja::Error) -> Self {
        // Its kind and place alone: its text may hold what was to be shown.
        tracing::error!(kind = ?error.kind(), template = error.name(), line = error.line(), "a page could not be made");
        Self::Broken
    }
}

impl Asked {
    /// Nothing yet, by nobody, now.
    pub fn by_nobody(front: Arc<Front>) -> Self {
        let now = now();
        Self {
            rules: front.serving.rules_at(now),
            front,
            now,
            visitor: None,
            is_late: false,
            permit: None,
            path: Vec::new(),
            query: Entered::default(),
            entered: Entered::default(),
            file: None,
            address: String::new(),
            sign_in: None,
        }
    }

    /// A part of the path.
    pub fn part(&self, name: &str) -> &str {
        self.path.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }

    /// The record.
    pub fn record(&self) -> Result<&Record, Refused> {
        self.front.serving.record().map(|record| &**record).ok_or(Refused::NotRecorded)
    }

    /// That the visitor may do what this route does.
    pub fn permit(&self) -> Result<&Permit, Refused> {
        self.permit.as_ref().ok_or(Refused::NotPermitted)
    }

    /// Whether the visitor may do something else, to be offered it.
    pub fn may(&self, operation: Operation) -> Option<Permit> {
        self.visitor.as_ref().and_then(|visitor| permit(visitor.actor.clone(), operation))
    }

    /// Who is known here and may confirm a lower decision: whoever has signed in; of the demonstration, everybody.
    pub fn may_confirm(&self) -> Result<Vec<Actor>, Refused> {
        if !self.front.is_demonstration() {
            return Ok(self.record()?.list_people(self.now)?);
        }
        let invented = DEMONSTRATION.iter().filter_map(|(id, ..)| demonstration(id));
        Ok(invented.filter(|person| may_confirm(person.role)).collect())
    }

    /// A page.
    pub fn page(&self, template: &str, title: &str, page: impl Serialize) -> Answered {
        self.page_as(StatusCode::OK, template, title, page)
    }

    /// A page with another status than fine; of one that says what is wrong, the title says so too.
    pub fn page_as(&self, status: StatusCode, template: &str, title: &str, page: impl Serialize) -> Answered {
        let council = &self.front.council;
        let visitor = self.visitor.as_ref().filter(|_| !self.is_late).map(|visitor| {
            view! {
                name => visitor.actor.name,
                role => visitor.actor.role.word().replace('_', " "),
                organisation => visitor.actor.organisation,
                token => visitor.secret.form_token(),
                may_refer => self.may(Operation::Refer).is_some(),
                may_list => self.may(Operation::List).is_some(),
                may_receive => self.may(Operation::ReceiveBatch).is_some(),
                may_decide => self.may(Operation::Decide).is_some(),
                may_transfer => self.may(Operation::Transfer).is_some_and(|permit| permit.only().is_none()),
                may_read_audits => self.may(Operation::ReadAudits).is_some(),
                may_rate => self.may(Operation::Rate).is_some(),
                may_follow_rules => self.may(Operation::FollowRules).is_some(),
                is_handed => self.may(Operation::Accept).is_some_and(|permit| permit.only().is_some()),
            }
        });
        let layout = view! {
            title,
            template => template.trim_end_matches(".html"),
            council => council.name,
            hub_phone => council.hub_phone,
            duty_phone => council.duty_phone,
            is_open => self.rules.framework().calendar.is_open(self.now),
            styles => self.front.look.styles_hash(),
            council_styles => council.style_hash(),
            visitor,
            demonstration => self.front.is_demonstration(),
            test => self.front.is_test(),
            rule_set => self.rules.id(),
        };
        let html = self.front.look.render(template, view! { layout, page })?;
        Ok(Answer::Page(status, html))
    }
}
