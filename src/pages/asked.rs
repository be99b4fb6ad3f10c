//! What was asked, by whom, and whether they may: done once for every page, before its handler runs.
//!
//! A form is taken only from our own page: the browser says that it comes from this origin, and it carries what only a
//! page of this session holds. What fails here has changed nothing.

use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};

use serde::{Deserialize, Serialize};

use super::look::said;
use super::provider::SIGN_IN_WITHIN;
use super::{ANSWER_WITHIN, For, Front, MAX_FORM, Method, Route};
use crate::access::{Operation, Permit, permit};
use crate::criteria::RuleSet;
use crate::decision::Actor;
use crate::form::{Entered, Tampered};
use crate::json::Fault;
use crate::record::db::DbError;
use crate::record::sessions::{Session, SessionSecret};
use crate::record::{Record, RecordError};
use crate::serving::now;

/// The cookie that holds a session's secret.
const SESSION: &str = "windscreen_session";
/// The cookie that holds a sign-in while it is under way.
const SIGN_IN: &str = "windscreen_sign_in";
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
    permit: Option<Permit>,
    path: Vec<(String, String)>,
    pub query: Entered,
    pub entered: Entered,
    /// The path, to come back to.
    address: String,
    /// What the browser holds of a sign-in under way.
    pub sign_in: Option<String>,
}

/// What is answered.
#[derive(Debug)]
pub(super) enum Answer {
    /// A page.
    Page(StatusCode, String),
    /// Go there next.
    SeeOther(String),
    /// Go there next, with another session, or none.
    Session(String, Option<SessionSecret>),
    /// Go to the identity provider, and hold this meanwhile.
    Away(String, String),
    /// A file that never changes under its address.
    File(&'static str, String),
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
                tracing::error!(%error, "nothing is recorded");
                Self::NotRecorded
            }
            error => {
                tracing::error!(%error, "something could not be recorded or read");
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
                until => said(visitor.until),
                may_refer => self.may(Operation::Refer).is_some(),
                may_list => self.may(Operation::List).is_some(),
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
            rule_set => self.rules.id(),
        };
        let html = self.front.look.render(template, view! { layout, page })?;
        Ok(Answer::Page(status, html))
    }
}

/// Answers one request of a route.
pub(super) async fn answer(front: Arc<Front>, route: &'static Route, request: Request) -> Response {
    let method = request.method().clone();
    let work = async {
        let sent = Sent::read(request).await?;
        let answered = tokio::task::spawn_blocking(move || handled(front, route, sent));
        // A panic's place is logged by the hook; its text may hold facts.
        answered.await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
    };
    let answered = tokio::time::timeout(ANSWER_WITHIN, work).await.unwrap_or(Err(StatusCode::REQUEST_TIMEOUT));
    let answered = answered.unwrap_or_else(plain);
    // The pattern, never the path: an id leads to a child.
    tracing::info!(%method, route = route.path, status = answered.status().as_u16(), "answered a page");
    answered
}

/// What can be said when no page can be made.
fn plain(status: StatusCode) -> Response {
    let why = status.canonical_reason().unwrap_or_default();
    let text = format!("{why}. Nothing was changed. If a child is in danger now, phone 999.\n");
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

/// A request, read and bounded.
struct Sent {
    path: Vec<(String, String)>,
    query: Entered,
    entered: Entered,
    cookies: Vec<(String, String)>,
    /// Whether the browser says that our own page sent it.
    is_ours: bool,
    host: String,
    address: String,
}

impl Sent {
    async fn read(request: Request) -> Result<Self, StatusCode> {
        let (mut parts, body) = request.into_parts();
        let path = RawPathParams::from_request_parts(&mut parts, &()).await.map_err(|_| StatusCode::BAD_REQUEST)?;
        let path = path.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        let body = axum::body::to_bytes(body, MAX_FORM).await.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?;
        let kind = text_of(&parts.headers, header::CONTENT_TYPE);
        let entered =
            if kind.starts_with("application/x-www-form-urlencoded") { form(&body) } else { Entered::default() };
        Ok(Self {
            path,
            query: form(parts.uri.query().unwrap_or_default().as_bytes()),
            entered,
            cookies: cookies(&parts.headers),
            is_ours: is_ours(&parts.headers),
            host: text_of(&parts.headers, header::HOST).to_owned(),
            address: parts.uri.path().to_owned(),
        })
    }
}

fn form(text: &[u8]) -> Entered {
    Entered(form_urlencoded::parse(text).into_owned().collect())
}

fn text_of(headers: &HeaderMap, name: header::HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn cookies(headers: &HeaderMap) -> Vec<(String, String)> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = all.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// A cookie's name: over TLS one that no other site, and no page without TLS, can set.
fn cookie_name(front: &Front, name: &str) -> String {
    if front.is_secure() { format!("__Host-{name}") } else { name.to_owned() }
}

/// Whether a form comes from this origin, as the browser says; one that says nothing is not believed.
fn is_ours(headers: &HeaderMap) -> bool {
    match headers.get("sec-fetch-site").map(HeaderValue::as_bytes) {
        Some(site) => site == b"same-origin",
        None => {
            let origin = text_of(headers, header::ORIGIN);
            let host = text_of(headers, header::HOST);
            !host.is_empty() && origin.split_once("://").is_some_and(|(_, named)| named == host)
        }
    }
}

/// Whether a name is one of this machine's own; another's that leads here is a trick of somebody's page.
pub(super) fn is_of_this_machine(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, port)| if port.ends_with(']') { host } else { name });
    ["localhost", "127.0.0.1", "[::1]"].contains(&name)
}

fn handled(front: Arc<Front>, route: &'static Route, sent: Sent) -> Response {
    let is_known = match &front.provider {
        Some(provider) => sent.host == provider.host(),
        None => is_of_this_machine(&sent.host),
    };
    if !is_known {
        return plain(StatusCode::MISDIRECTED_REQUEST);
    }
    let held = |name: &str| {
        let name = cookie_name(&front, name);
        sent.cookies.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
    };
    let (secret, sign_in) = (held(SESSION).map(|secret| SessionSecret::sent(&secret)), held(SIGN_IN));
    let mut asked = Asked {
        rules: front.serving.rules(),
        front,
        now: now(),
        visitor: None,
        is_late: false,
        permit: None,
        path: sent.path,
        query: sent.query,
        entered: sent.entered,
        address: sent.address,
        sign_in,
    };
    let answered = admit(&mut asked, route, secret, sent.is_ours).and_then(|()| (route.answer)(&asked));
    let answered = match answered {
        // What was typed is kept; who sits there now is not known.
        Ok(_) | Err(Refused::Faults(_)) if asked.is_late => Err(Refused::SignIn),
        answered => answered,
    };
    answered.map_or_else(|refused| refuse(&asked, refused), |answer| response(&asked, answer))
}

/// Whether the request may reach its handler; who visits, and what they may do.
fn admit(asked: &mut Asked, route: &Route, secret: Option<SessionSecret>, is_ours: bool) -> Result<(), Refused> {
    if let (Some(secret), Some(record)) = (secret, asked.front.serving.record()) {
        let session: Option<Session<Who>> = record.find_session(&secret, asked.now)?;
        // One that is over may still hand over what was typed before it was.
        let takes_late = route.path == SAVES_LATE && route.method == Method::Post;
        if let Some(Session { who: Who::SignedIn(actor), until, is_over }) = session
            && (!is_over || takes_late)
        {
            asked.is_late = is_over;
            asked.visitor = Some(Visitor { actor, secret, until });
        }
    }
    if route.method == Method::Post {
        let token = asked.visitor.as_ref().map(|visitor| visitor.secret.form_token());
        if !is_ours || token.is_some_and(|token| asked.entered.one(TOKEN) != Some(&token)) {
            asked.is_late = false;
            return Err(Refused::Forged);
        }
    }
    match (route.whom, &asked.visitor) {
        (For::Everybody, _) | (For::SignedIn, Some(_)) => {}
        (_, None) => return Err(Refused::SignIn),
        (For::Who(operation), Some(visitor)) => {
            asked.permit = Some(permit(visitor.actor.clone(), operation).ok_or(Refused::NotPermitted)?);
        }
    }
    Ok(())
}

/// The one route that takes what was typed before a session ran out.
const SAVES_LATE: &str = "/drafts/{id}/{step}";

/// A cookie that no script reads and no other site's form sends; without a value it is taken back.
fn cookie(front: &Front, name: &str, value: Option<(&str, Option<SignedDuration>)>) -> String {
    let name = cookie_name(front, name);
    let secure = if front.is_secure() { "; Secure" } else { "" };
    let (value, age) = value.map_or(("", Some(SignedDuration::ZERO)), |(value, age)| (value, age));
    let age = age.map(|age| format!("; Max-Age={}", age.as_secs())).unwrap_or_default();
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{age}{secure}")
}

fn response(asked: &Asked, answer: Answer) -> Response {
    match answer {
        Answer::Page(status, html) => {
            (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response()
        }
        Answer::SeeOther(to) => (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response(),
        Answer::Session(to, secret) => {
            let session = cookie(&asked.front, SESSION, secret.as_ref().map(|secret| (secret.text(), None)));
            let sign_in = cookie(&asked.front, SIGN_IN, None);
            let cookies = AppendHeaders([(header::SET_COOKIE, session), (header::SET_COOKIE, sign_in)]);
            (StatusCode::SEE_OTHER, [(header::LOCATION, to)], cookies).into_response()
        }
        Answer::Away(to, held) => {
            let sign_in = cookie(&asked.front, SIGN_IN, Some((&held, Some(SIGN_IN_WITHIN))));
            (StatusCode::SEE_OTHER, [(header::LOCATION, to), (header::SET_COOKIE, sign_in)]).into_response()
        }
        Answer::File(kind, text) => {
            // Its address holds its hash.
            let kept = "public, max-age=31536000, immutable".to_owned();
            ([(header::CONTENT_TYPE, kind.to_owned()), (header::CACHE_CONTROL, kept)], text).into_response()
        }
    }
}

fn refuse(asked: &Asked, refused: Refused) -> Response {
    let (status, title, says) = match refused {
        Refused::SignIn => {
            let late = if asked.is_late { "&kept=yes" } else { "" };
            let to: String = form_urlencoded::byte_serialize(asked.address.as_bytes()).collect();
            return response(asked, Answer::SeeOther(format!("/sign-in?to={to}{late}")));
        }
        Refused::NotFound => (
            StatusCode::NOT_FOUND,
            "Page not found",
            "There is nothing here, or it is not for you to see. Check the address or the reference.".to_owned(),
        ),
        Refused::NotPermitted => {
            (StatusCode::FORBIDDEN, "This is for others to do", "Your role does not do this here.".to_owned())
        }
        Refused::Forged => (
            StatusCode::FORBIDDEN,
            "This form was not taken",
            "It did not come from a page of this service, or was changed on its way, or you signed in again since you \
             opened it. Nothing was changed. Go back, load the page again and send it again."
                .to_owned(),
        ),
        Refused::Moved(why) => (
            StatusCode::CONFLICT,
            "Something changed meanwhile",
            format!(
                "{}. Nothing of yours was recorded. Go back and load the page again.",
                super::fields::capital(&why)
            ),
        ),
        Refused::NotRecorded => (
            StatusCode::SERVICE_UNAVAILABLE,
            "It cannot be recorded now",
            "Nothing you sent was recorded. Use the printed threshold document and phone the hub; then try again."
                .to_owned(),
        ),
        Refused::Faults(faults) => {
            let says: Vec<String> = faults.iter().map(|fault| super::fields::capital(&fault.detail)).collect();
            (StatusCode::UNPROCESSABLE_ENTITY, "This cannot be taken as it stands", format!("{}.", says.join(". ")))
        }
        Refused::Broken => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "Something went wrong here",
            "Nothing was changed. Try again; if it goes on, phone the hub.".to_owned(),
        ),
    };
    let page = asked.page_as(status, "refused.html", title, view! { title, says });
    page.map_or_else(|_| plain(status), |answer| response(asked, answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_names_of_this_machine_lead_to_the_demonstration() {
        for host in ["localhost", "localhost:8080", "127.0.0.1:8080", "127.0.0.1", "[::1]", "[::1]:8080"] {
            assert!(is_of_this_machine(host), "{host}");
        }
        for host in ["", "example.org", "127.0.0.1.example.org:8080", "localhost.example.org", "[::2]:8080"] {
            assert!(!is_of_this_machine(host), "{host}");
        }
    }
}
