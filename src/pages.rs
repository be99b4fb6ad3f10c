//! The pages: plain HTML, no script, every one behind a row of one table.
//!
//! A handler is a plain function from what was asked to an answer. What stands before it (who visits, what they may do,
//! whether our own page sent the form) is done once, in `edge`, by what the table says; a route without a row does not
//! exist.

/// What a template is given, as plain data.
macro_rules! view {
    (@one $key:ident) => { serde_json::to_value(&$key) };
    (@one $key:ident, $value:expr) => { serde_json::to_value(&$value) };
    ($($key:ident $(=> $value:expr)?),* $(,)?) => {{
        #[allow(unused_mut, clippy::allow_attributes, reason = "some pages are given nothing")]
        let mut map = serde_json::Map::new();
        // Plain data with text keys: it always serialises.
        $(map.insert(stringify!($key).to_owned(), view!(@one $key $(, $value)?).unwrap_or_default());)*
        serde_json::Value::Object(map)
    }};
}

pub mod council;

mod look;

pub mod provider;

mod asked;
mod edge;
mod evidence;
mod fields;
mod picture;

mod answer;
mod audit;
mod batch;
mod batches;
mod break_glass;
mod calibration;
mod call;
mod came_from;
mod check;
mod check_answers;
mod decision;
mod disagreement;
mod disclosure;
mod documents;
mod drafts;
mod handed_over;
mod history;
mod information;
mod joined;
mod letter;
mod out_of_hours;
mod playground;
mod problems;
mod quality;
mod receipt;
mod referral;
mod reports;
mod rule_changes;
mod rule_drafts;
mod rule_entry;
mod rule_example;
mod rule_files;
mod sign_in;
mod start;
mod statements;
mod step;
mod styles;
mod time_left;
mod transfers;
mod worklist;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodFilter, on};

use crate::access::Operation;
use crate::access::break_glass::BreakGlass;
use crate::api;
use crate::notifications::MAX_FILE;
use crate::serving::{Environment, Serving};
use asked::{Answered, Asked};
use council::Council;
use look::Look;
use provider::Provider;

/// Larger than the largest page of text that a draft takes, encoded as forms are.
const MAX_FORM: usize = 256 * 1024;
/// The same with a file.
const MAX_FORM_WITH_FILE: usize = MAX_FILE + 64 * 1024;
/// How long a form may take to come.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// What the pages are made with.
#[derive(Debug)]
pub struct Front {
    serving: Arc<Serving>,
    look: Look,
    council: Council,
    /// Who says who somebody is; none in the demonstration.
    provider: Option<Provider>,
    /// Partners' providers beside it, each believed of its own people alone.
    partners: Vec<Provider>,
    /// Break-glass accounts, where there are some.
    break_glass: Option<BreakGlass>,
    /// A rules folder that is proposed, to be tried beside the others.
    proposed: Option<PathBuf>,
}

impl Front {
    /// The pages of a council, over what is served; people sign in through a provider, or as somebody invented.
    ///
    /// # Errors
    /// When a template is broken, which a test finds first.
    pub fn new(serving: Arc<Serving>, council: Council, provider: Option<Provider>) -> Result<Self, minijinja::Error> {
        Ok(Self {
            serving,
            look: Look::new()?,
            council,
            provider,
            partners: Vec::new(),
            break_glass: None,
            proposed: None,
        })
    }

    /// The same with partners' identity providers.
    #[must_use]
    pub fn with_partners(self, partners: Vec<Provider>) -> Self {
        Self { partners, ..self }
    }

    /// The same with break-glass accounts.
    #[must_use]
    pub fn with_break_glass(self, break_glass: Option<BreakGlass>) -> Self {
        Self { break_glass, ..self }
    }

    /// The same with a rules folder that is proposed, which the playground reads whenever it is asked.
    #[must_use]
    pub fn with_proposed(self, proposed: Option<PathBuf>) -> Self {
        Self { proposed, ..self }
    }

    /// Whether nobody real signs in here.
    fn is_test(&self) -> bool {
        self.serving.environment() == Environment::Test
    }

    fn is_demonstration(&self) -> bool {
        self.provider.is_none()
    }

    /// Whether browsers are to send what they hold over TLS alone.
    fn is_secure(&self) -> bool {
        self.provider.as_ref().is_some_and(Provider::is_secure)
    }
}

/// Whom a route is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    /// Anybody.
    Everybody,
    /// Whoever is signed in.
    SignedIn,
    /// Whose role may do this.
    Who(Operation),
}

/// How a route is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// To read.
    Get,
    /// To change something.
    Post,
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// How it is asked.
    pub method: Method,
    /// Its path.
    pub path: &'static str,
    /// Whom it is for.
    pub whom: For,
    /// Whether its form carries a file.
    pub takes_file: bool,
    answer: fn(&Asked) -> Answered,
}

const fn get(path: &'static str, whom: For, answer: fn(&Asked) -> Answered) -> Route {
    Route { method: Method::Get, path, whom, takes_file: false, answer }
}

const fn post(path: &'static str, whom: For, answer: fn(&Asked) -> Answered) -> Route {
    Route { method: Method::Post, path, whom, takes_file: false, answer }
}

const fn post_file(path: &'static str, whom: For, answer: fn(&Asked) -> Answered) -> Route {
    Route { takes_file: true, ..post(path, whom, answer) }
}

/// Every page.
pub const ROUTES: &[Route] = {
    use For::{Everybody, SignedIn, Who};
    use Operation::{
        Accept, Audit, Calibrate, DealWithRow, Decide, Disagree, Disclose, DrawSample, FollowRules, Inform,
        IssueFigures, List, LookUp, ProposeRules, Rate, Read, ReadAudits, ReadRounds, ReceiveBatch, Refer, Review,
        ReviewCase, TakeCall, Tell, Transfer,
    };
    &[
        get("/", Everybody, start::page),
        get("/styles/{file}", Everybody, styles::file),
        get("/accessibility", Everybody, statements::accessibility),
        get("/privacy", Everybody, statements::privacy),
        get("/cookies", Everybody, statements::cookies),
        get("/docs/problems", Everybody, problems::list),
        get("/docs/problems/{code}", Everybody, problems::page),
        get("/sign-in", Everybody, sign_in::page),
        post("/sign-in", Everybody, sign_in::be_somebody),
        get("/sign-in/begin", Everybody, sign_in::begin),
        get("/sign-in/callback", Everybody, sign_in::come_back),
        get("/sign-in/callback/{provider}", Everybody, sign_in::come_back),
        get("/sign-in/break-glass", Everybody, break_glass::page),
        post("/sign-in/break-glass", Everybody, break_glass::enter),
        post("/sign-out", SignedIn, sign_in::end),
        get(edge::TIME_LEFT, Everybody, time_left::page),
        post(edge::TIME_LEFT, Everybody, time_left::stay),
        get("/check", Everybody, check::begin),
        post("/check", Everybody, check::go_on),
        get("/playground", SignedIn, playground::page),
        post("/playground", SignedIn, playground::play),
        get("/drafts", Who(Refer), drafts::list),
        post("/drafts", Who(Refer), drafts::begin),
        post("/calls", Who(TakeCall), call::take),
        post("/drafts/{id}/call", Who(Refer), call::hold),
        get("/drafts/{id}", Who(Refer), drafts::tasks),
        get("/drafts/{id}/check", Who(Refer), check_answers::page),
        post("/drafts/{id}/check", Who(Refer), check_answers::send),
        get("/drafts/{id}/erase", Who(Refer), drafts::ask_to_erase),
        post("/drafts/{id}/erase", Who(Refer), drafts::erase),
        get("/drafts/{id}/children/{child}/remove", Who(Refer), step::ask_to_remove),
        get("/drafts/{id}/{step}", Who(Refer), step::page),
        post("/drafts/{id}/{step}", Who(Refer), step::save),
        get("/worklist", Who(List), worklist::page),
        get("/batches", Who(ReceiveBatch), batches::page),
        post_file("/batches", Who(ReceiveBatch), batches::receive),
        get("/batches/{id}", Who(ReceiveBatch), batch::page),
        post("/batches/{id}/rows/{row}", Who(DealWithRow), batch::deal),
        get("/referrals/{id}", Who(Read), referral::page),
        get("/referrals/{id}/information", Who(Inform), information::page),
        post("/referrals/{id}/information", Who(Inform), information::add),
        get("/referrals/{id}/children/{child}/decision", Who(Decide), decision::page),
        post("/referrals/{id}/children/{child}/decision", Who(Decide), decision::decide),
        post("/referrals/{id}/decisions/{decision}/confirmation", Who(Decide), decision::confirm),
        post("/referrals/{id}/decisions/{decision}/acceptance", Who(Accept), decision::accept),
        post("/referrals/{id}/earlier", Who(LookUp), referral::same_child),
        get("/to-tell", Who(Tell), letter::list),
        get("/referrals/{id}/feedback", Who(Tell), letter::referrer),
        post("/referrals/{id}/feedback", Who(Tell), letter::tell_referrer),
        get("/referrals/{id}/children/{child}/letter", Who(Tell), letter::family),
        post("/referrals/{id}/children/{child}/letter", Who(Tell), letter::tell_family),
        get("/referrals/{id}/letters/{letter}", Who(Read), letter::print),
        get("/disagreements", Who(Tell), disagreement::list),
        get("/referrals/{id}/children/{child}/disagreement", Who(Disagree), disagreement::begin),
        post("/referrals/{id}/children/{child}/disagreement", Who(Disagree), disagreement::disagree),
        get("/referrals/{id}/disagreements/{disagreement}", Who(Disagree), disagreement::page),
        post("/referrals/{id}/disagreements/{disagreement}", Who(Disagree), disagreement::go_on),
        get("/rule-review", Who(Review), disagreement::review),
        get("/referrals/{id}/children/{child}/disclosure", Who(Disclose), disclosure::page),
        // Without a script every part comes back whole, read or not. Two MiB hold the 200 pieces that a referral
        // gathers, each of the 4,500 bytes that a page takes, encoded, and as much again for decisions and letters.
        post_file("/referrals/{id}/children/{child}/disclosure", Who(Disclose), disclosure::give),
        get("/referrals/{id}/disclosures/{disclosure}", Who(Disclose), disclosure::print),
        get("/referrals/{id}/joined", Who(LookUp), joined::page),
        post("/referrals/{id}/joined", Who(LookUp), joined::join),
        post("/referrals/{id}/children/{child}/pass-on", Who(Decide), receipt::pass_on),
        get("/referrals/{id}/decisions/{decision}/receipt", Who(Decide), receipt::page),
        get("/referrals/{id}/decisions/{decision}/transfer", Who(Decide), receipt::transfer),
        get("/referrals/{id}/transfer", Who(Decide), transfers::taken),
        get("/handed-over", Who(Accept), handed_over::list),
        get("/handed-over/{decision}", Who(Accept), handed_over::page),
        post("/handed-over/{decision}", Who(Accept), handed_over::accept),
        get("/out-of-hours", Who(Decide), out_of_hours::page),
        get("/transfers", Who(Transfer), transfers::page),
        // A file of 128 KiB is pasted: encoded as forms are, each byte of most scripts is three.
        post_file("/transfers", Who(Transfer), transfers::take),
        get("/transfers/{kept}", Who(Transfer), transfers::kept),
        post("/transfers/{kept}", Who(Transfer), transfers::deal),
        get("/transfers/{kept}/file", Who(Transfer), transfers::file),
        get("/board", Who(FollowRules), rule_changes::board),
        get("/rule-changes/{id}", Who(FollowRules), rule_changes::page),
        post("/rule-changes/{id}", Who(FollowRules), rule_changes::act),
        get("/rule-history", Who(FollowRules), history::page),
        get("/rule-history/compare", Who(FollowRules), history::compare),
        get("/clauses", Who(FollowRules), history::clauses),
        get("/audit", Who(Audit), audit::page),
        post("/audit", Who(Audit), audit::verify),
        get("/audit/verify.html", Who(Audit), audit::verifier),
        get("/audit/bundle", Who(Audit), audit::bundle),
        get("/reports", Who(Review), reports::list),
        get("/reports/{month}", Who(Review), reports::month),
        post("/reports/{month}", Who(IssueFigures), reports::issue),
        get("/reports/{month}/{version}/{file}", Who(Review), reports::file),
        get("/documents", Who(FollowRules), documents::list),
        get("/documents/{file}", Who(FollowRules), documents::file),
        get("/calibration", Who(ReadRounds), calibration::list),
        get("/calibration/new", Who(Calibrate), calibration::begin),
        post("/calibration/new", Who(Calibrate), calibration::open),
        get("/calibration/{round}", Who(ReadRounds), calibration::round),
        post("/calibration/{round}/close", Who(Calibrate), calibration::close),
        get("/calibration/{round}/files/{file}", Who(ReadRounds), calibration::file),
        get("/calibration/{round}/{vignette}", Who(Rate), calibration::read),
        post("/calibration/{round}/{vignette}", Who(Rate), calibration::rate),
        get("/quality", Who(ReadAudits), quality::list),
        post("/quality", Who(DrawSample), quality::draw),
        get("/quality/{month}", Who(ReadAudits), quality::month),
        get("/quality/{month}/{place}", Who(ReviewCase), quality::child),
        post("/quality/{month}/{place}", Who(ReviewCase), quality::review),
        post("/quality/{month}/{place}/example", Who(ReviewCase), quality::example),
        get("/rule-drafts", Who(ProposeRules), rule_drafts::list),
        post_file("/rule-drafts", Who(ProposeRules), rule_drafts::begin),
        get("/rule-drafts/{id}", Who(ProposeRules), rule_drafts::page),
        post("/rule-drafts/{id}", Who(ProposeRules), rule_drafts::act),
        get("/rule-drafts/{id}/files", Who(ProposeRules), rule_files::list),
        get("/rule-drafts/{id}/entries", Who(ProposeRules), rule_files::entries),
        get("/rule-drafts/{id}/entry", Who(ProposeRules), rule_entry::page),
        post("/rule-drafts/{id}/entry", Who(ProposeRules), rule_entry::save),
        get("/rule-drafts/{id}/example", Who(ProposeRules), rule_example::page),
        post("/rule-drafts/{id}/example", Who(ProposeRules), rule_example::add),
        get("/rule-drafts/{id}/remove", Who(ProposeRules), rule_entry::ask_to_remove),
        post("/rule-drafts/{id}/remove", Who(ProposeRules), rule_entry::remove),
        get("/rule-drafts/{id}/text", Who(ProposeRules), rule_files::text),
        // A rule file of 256 KiB, encoded as forms are.
        post_file("/rule-drafts/{id}/text", Who(ProposeRules), rule_files::save_text),
        post_file("/rule-drafts/{id}/files", Who(ProposeRules), rule_drafts::replace),
        get("/rule-drafts/{id}/files.zip", Who(ProposeRules), rule_drafts::zip),
    ]
};

/// What a browser may do with a page: show it with our own styles, and send its forms to us.
const OURS: &str = "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
/// The same for the one page that stands inside of others of ours.
const IN_A_FRAME: &str =
    "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'self'; base-uri 'none'";

/// All pages, each behind what its row says, and the API beside them.
pub fn router(front: &Arc<Front>) -> Router {
    let whole = pages(front).merge(api::router(Arc::clone(&front.serving)));
    whole.layer(from_fn_with_state(Arc::clone(front), edge::for_people))
}

fn pages(front: &Arc<Front>) -> Router {
    let mut router = Router::new();
    for route in ROUTES {
        let filter = match route.method {
            Method::Get => MethodFilter::GET,
            Method::Post => MethodFilter::POST,
        };
        let front = Arc::clone(front);
        router = router.route(route.path, on(filter, move |request| edge::answer(front, route, request)));
    }
    router
}
