//! What stands before every page and after it: read and bound the request, find out who visits, take a form only from
//! our own page, then answer.
//!
//! A form is taken when the browser says that it comes from this origin and when it carries what only a page of this
//! session holds. What fails here has changed nothing.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequestParts, RawPathParams, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{AppendHeaders, IntoResponse, Response};
use jiff::SignedDuration;

use super::asked::{Answer, Asked, Refused, TOKEN, Visitor, Who};
use super::fields::capital;
use super::provider::SIGN_IN_WITHIN;
use super::{ANSWER_WITHIN, For, Front, IN_A_FRAME, MAX_FORM, MAX_FORM_WITH_FILE, Method, OURS, ROUTES, Route};
use crate::access::permit;
use crate::api::unless_set;
use crate::form::Entered;
use crate::metrics::{self, Of};
use crate::outgoing::is_of_this_machine;
use crate::record::sessions::{Session, SessionSecret};
use crate::serving::now;

/// The cookie that holds a session's secret.
pub(super) const SESSION: &str = "windscreen_session";
/// The cookie that holds a sign-in while it is under way.
pub(super) const SIGN_IN: &str = "windscreen_sign_in";

/// Answers one request of a route.
pub(super) async fn answer(front: Arc<Front>, route: &'static Route, request: Request) -> Response {
    let method = request.method().clone();
    let began = now();
    let work = async {
        let sent = Sent::read(route, request).await?;
        let answered = tokio::task::spawn_blocking(move || handled(front, route, sent));
        // A panic's place is logged by the hook; its text may hold facts.
        answered.await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
    };
    let answered = tokio::time::timeout(ANSWER_WITHIN, work).await.unwrap_or(Err(StatusCode::REQUEST_TIMEOUT));
    let answered = answered.unwrap_or_else(plain);
    metrics::answered(Of::People, answered.status().as_u16(), now().duration_since(began));
    // The pattern, never the path: an id leads to a child.
    tracing::info!(%method, route = route.path, status = answered.status().as_u16(), "answered a page");
    answered
}

/// Somebody who follows a wrong link reads a page, not a problem for programs.
pub(super) async fn for_people(State(front): State<Arc<Front>>, request: Request, next: Next) -> Response {
    let is_person = text_of(request.headers(), header::ACCEPT).contains("text/html");
    let mut answer = next.run(request).await;
    let is_problem =
        answer.headers().get(header::CONTENT_TYPE) == Some(&HeaderValue::from_static("application/problem+json"));
    if is_person && is_problem && answer.status() == StatusCode::NOT_FOUND {
        answer = refuse(&Asked::by_nobody(front), Refused::NotFound);
    }
    // What the API says of its own answers stands.
    unless_set(
        &mut answer,
        [
            (header::CONTENT_SECURITY_POLICY, OURS),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "same-origin"),
            (header::CACHE_CONTROL, "no-store"),
            (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
            (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
        ],
    );
    answer
}

/// What can be said when no page can be made.
fn plain(status: StatusCode) -> Response {
    let why = status.canonical_reason().unwrap_or_default();
    // Work that was begun may still end: what is not known must not be called undone.
    let outcome = if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT {
        "It is not known whether what you sent was recorded. Load the page again and look; sent again, it is recorded once"
    } else {
        "Nothing was changed"
    };
    let text = format!("{why}. {outcome}. If a child is in danger now, phone 999.\n");
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

/// A request, read and bounded.
struct Sent {
    path: Vec<(String, String)>,
    query: Entered,
    entered: Entered,
    file: Option<Vec<u8>>,
    cookies: Vec<(String, String)>,
    /// Whether the browser says that our own page sent it.
    is_ours: bool,
    host: String,
    address: String,
}

impl Sent {
    async fn read(route: &Route, request: Request) -> Result<Self, StatusCode> {
        let (mut parts, body) = request.into_parts();
        let path = RawPathParams::from_request_parts(&mut parts, &()).await.map_err(|_| StatusCode::BAD_REQUEST)?;
        let path = path.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        let most = if route.takes_file { MAX_FORM_WITH_FILE } else { MAX_FORM };
        let body = axum::body::to_bytes(body, most).await.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?;
        let kind = text_of(&parts.headers, header::CONTENT_TYPE);
        let (entered, file) = match multer::parse_boundary(kind) {
            Ok(boundary) if route.takes_file => with_file(body, boundary).await?,
            _ if kind.starts_with("application/x-www-form-urlencoded") => (form(&body), None),
            _ => (Entered::default(), None),
        };
        Ok(Self {
            path,
            query: form(parts.uri.query().unwrap_or_default().as_bytes()),
            entered,
            file,
            cookies: cookies(&parts.headers),
            is_ours: is_ours(&parts.headers),
            host: text_of(&parts.headers, header::HOST).to_owned(),
            address: parts.uri.path().to_owned(),
        })
    }
}

/// The fields of a form that carries a file, and the file, if one was chosen.
async fn with_file(body: Bytes, boundary: String) -> Result<(Entered, Option<Vec<u8>>), StatusCode> {
    let whole = futures_util::stream::once(async move { Ok::<_, Infallible>(body) });
    let mut parts = multer::Multipart::new(whole, boundary);
    let (mut entered, mut file) = (Entered::default(), None);
    let broken = |_| StatusCode::BAD_REQUEST;
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        let name = part.name().unwrap_or_default().to_owned();
        if part.file_name().is_some() {
            let bytes = part.bytes().await.map_err(broken)?;
            file = Some(bytes.to_vec()).filter(|bytes| !bytes.is_empty());
        } else {
            entered.0.push((name, part.text().await.map_err(broken)?));
        }
    }
    Ok((entered, file))
}

fn form(text: &[u8]) -> Entered {
    Entered(form_urlencoded::parse(text).into_owned().collect())
}

fn text_of(headers: &HeaderMap, name: HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn cookies(headers: &HeaderMap) -> Vec<(String, String)> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = all.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// A cookie's name: over TLS one that no other site, and no page without TLS, can set.
pub(super) fn cookie_name(front: &Front, name: &str) -> String {
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
        path: sent.path,
        query: sent.query,
        entered: sent.entered,
        file: sent.file,
        address: to_come_back_to(route, sent.address),
        sign_in,
        ..Asked::by_nobody(front)
    };
    let answered = admit(&mut asked, route, secret, sent.is_ours).and_then(|()| (route.answer)(&asked));
    let answered = match answered {
        // Who sits there now is not known. What was typed is saved, also where it is wrong, unless a colleague's
        // saving, or other criteria, stood against it.
        Ok(Answer::Page(StatusCode::CONFLICT, _)) | Err(_) if asked.is_late => Err(Refused::SignInAgain(false)),
        Ok(_) if asked.is_late => Err(Refused::SignInAgain(true)),
        answered => answered,
    };
    answered.map_or_else(|refused| refuse(&asked, refused), |answer| response(&asked, answer))
}

/// Where somebody goes on after signing in: where they were, or, where nothing can be read, before it.
fn to_come_back_to(route: &Route, address: String) -> String {
    if ROUTES.iter().any(|other| other.method == Method::Get && other.path == route.path) {
        return address;
    }
    let referral = address.split('/').nth(2).filter(|_| route.path.starts_with("/referrals/{id}/"));
    referral.map_or_else(|| "/".to_owned(), |id| format!("/referrals/{id}"))
}

/// Whether the request may reach its handler; who visits, and what they may do.
fn admit(asked: &mut Asked, route: &Route, secret: Option<SessionSecret>, is_ours: bool) -> Result<(), Refused> {
    if let (Some(secret), Some(record)) = (secret, asked.front.serving.record()) {
        let mut session: Option<Session<Who>> = record.find_session(&secret, asked.now)?;
        // What comes by itself, without anybody there, keeps nobody signed in.
        if let Some(session) = session.as_mut().filter(|_| route.path != TIME_LEFT || route.method == Method::Post) {
            record.prolong_session(&secret, session, asked.now);
        }
        // One that is over may still hand over what was typed before it was.
        let takes_late = route.path == SAVES_LATE && route.method == Method::Post;
        if let Some(Session { who: Who::SignedIn(actor), until, is_over, .. }) = session
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

/// The frame that says when somebody is signed out.
pub(super) const TIME_LEFT: &str = "/time-left";
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
        Answer::Frame(again_in, html) => {
            // A page of ours may hold it. It loads itself again when there is something else to say.
            let headers = [
                (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
                (header::CONTENT_SECURITY_POLICY, IN_A_FRAME.to_owned()),
                (header::REFRESH, again_in.to_string()),
            ];
            (headers, html).into_response()
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
        Answer::Download(kind, name, text) => {
            let named = format!("attachment; filename=\"{name}\"");
            ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, named)], text).into_response()
        }
    }
}

fn refuse(asked: &Asked, refused: Refused) -> Response {
    let (status, title, says) = match refused {
        Refused::SignIn | Refused::SignInAgain(_) => {
            let late = match refused {
                Refused::SignInAgain(true) => "&kept=yes",
                Refused::SignInAgain(false) => "&kept=no",
                _ => "",
            };
            let to: String = form_urlencoded::byte_serialize(asked.address.as_bytes()).collect();
            return response(asked, Answer::SeeOther(format!("/sign-in?to={to}{late}")));
        }
        Refused::NotFound => (
            StatusCode::NOT_FOUND,
            "Page not found",
            "There is nothing here, or it is not for you to see. Check the address or the reference.".to_owned(),
        ),
        Refused::NotPermitted => {
            let role = asked.visitor.as_ref().map(|visitor| visitor.actor.role.word());
            tracing::warn!(event = "not_permitted", role, "somebody asked for what their role does not do");
            (StatusCode::FORBIDDEN, "This is for others to do", "Your role does not do this here.".to_owned())
        }
        Refused::Forged => {
            tracing::warn!(event = "form_refused", "a form came that is not from a page of this session");
            (
            StatusCode::FORBIDDEN,
            "This form was not taken",
            "It did not come from a page of this service, or was changed on its way, or you signed in again since you \
             opened it. Nothing was changed. Go back, load the page again and send it again."
                .to_owned(),
            )
        }
        Refused::Moved(why) => (
            StatusCode::CONFLICT,
            "Something changed meanwhile",
            format!("{}. Nothing of yours was recorded. Go back and load the page again.", capital(&why)),
        ),
        Refused::NotRecorded => (
            StatusCode::SERVICE_UNAVAILABLE,
            "It cannot be recorded now",
            "What you sent is not acknowledged. Use the printed threshold document and phone the hub; then send it again: \
             it is recorded once."
                .to_owned(),
        ),
        Refused::Faults(faults) => {
            let says: Vec<String> = faults.iter().map(|fault| capital(&fault.detail)).collect();
            (StatusCode::UNPROCESSABLE_ENTITY, "This cannot be taken as it stands", format!("{}.", says.join(". ")))
        }
        Refused::Broken => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "Something went wrong here",
            "It is not known whether what you sent was recorded. Load the page before it and look; if it goes on, phone the \
             hub."
            .to_owned(),
        ),
    };
    let page = asked.page_as(status, "refused.html", title, view! { title, says });
    page.map_or_else(|_| plain(status), |answer| response(asked, answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_signs_in_comes_back_to_a_page_that_can_be_read() {
        for (method, path, address, to) in [
            (Method::Get, "/worklist", "/worklist", "/worklist"),
            (
                Method::Post,
                "/referrals/{id}/information",
                "/referrals/7K3-9F/information",
                "/referrals/7K3-9F/information",
            ),
            (Method::Post, "/referrals/{id}/earlier", "/referrals/7K3-9F/earlier", "/referrals/7K3-9F"),
            (
                Method::Post,
                "/referrals/{id}/decisions/{decision}/acceptance",
                "/referrals/7K3-9F/decisions/1/acceptance",
                "/referrals/7K3-9F",
            ),
            (Method::Post, "/sign-out", "/sign-out", "/"),
        ] {
            let route = ROUTES.iter().find(|route| route.method == method && route.path == path).unwrap();
            assert_eq!(to_come_back_to(route, address.to_owned()), to);
        }
    }
}
