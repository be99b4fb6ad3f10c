//! Identity providers: who somebody is, told by OpenID Connect with code, PKCE and nonce.
//!
//! The council's own says so of everybody. A partner's says so of its own people alone: of the organisations and roles
//! that it was given, under ids that begin with its name, so that it can call nobody what another calls somebody.
//!
//! What a sign-in must find again (state, nonce, verifier) travels in a cookie of the same browser, so that nothing is
//! stored for whoever only knocks. What the provider says is believed only when its signature, issuer, audience, nonce
//! and times are right.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, AuthenticationContextClass, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken,
    EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IdTokenFields,
    IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, ProviderMetadataWithLogout, RedirectUrl, RequestTokenError,
    StandardErrorResponse, StandardTokenResponse, TokenResponse,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ureq::Agent;

use crate::decision::{Actor, BREAK_GLASS, Role};
use crate::outgoing::{MAX_ANSWER, agent, is_safe};

/// How the ids of partners' people begin.
const OF_PARTNERS: &str = "partner:";
/// For how long what a provider says of itself is used: a key that it takes back is not believed for longer.
const KNOWN_FOR: SignedDuration = SignedDuration::from_mins(10);
/// For how long it is used while the provider does not answer: people come to work all the same.
const AT_MOST: SignedDuration = SignedDuration::from_mins(60);
/// How often a provider is asked what it says of itself at most. Longer than it takes to give up on one that is silent,
/// so that one caller waits for it, and nobody else.
const ASKED_EVERY: SignedDuration = SignedDuration::from_secs(30);
/// How often providers are asked at a time, all of them together: anybody can begin a sign-in or forge the end of one, and
/// each holds one of the threads that pages have until it is answered.
const AT_ONCE: usize = 4;
/// How long somebody may take to sign in over there.
pub(super) const SIGN_IN_WITHIN: SignedDuration = SignedDuration::from_mins(15);

/// How a provider is reached, and what its claims mean here.
#[derive(Debug, Clone)]
pub struct ProviderSettings {
    /// Its issuer address.
    pub issuer: String,
    /// What it calls this service.
    pub client_id: String,
    /// The secret it gave.
    pub client_secret: String,
    /// Where people reach this service, without a path: `https://hub.example.gov.uk`.
    pub public_url: String,
    /// The claim that names roles.
    pub role_claim: String,
    /// The claim that names the organisation.
    pub organisation_claim: String,
    /// What shows that a second factor was used, where that is asked.
    pub second_factor: Option<SecondFactor>,
    /// Of whom it is believed, if it is a partner's.
    pub partner: Option<Partner>,
}

/// What shows that a second factor was used: a claim of the ID token, such as `amr` or `acr`, with one of some values.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecondFactor {
    /// The claim.
    pub claim: String,
    /// The values, of which one is enough.
    pub values: Vec<String>,
}

impl SecondFactor {
    fn is_among<'v>(&self, mut said: impl Iterator<Item = &'v str>) -> bool {
        said.any(|word| self.values.iter().any(|value| value == word))
    }

    /// What is wrong with it.
    fn fault(&self) -> Option<String> {
        let is_empty = self.claim.is_empty() || self.values.is_empty() || self.values.iter().any(String::is_empty);
        is_empty.then(|| "a second factor is shown by a claim and at least one value of it".to_owned())
    }
}

/// A partner's provider, and of whom it is believed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Partner {
    /// A short name, with which its people's ids begin: letters, digits and hyphens.
    pub id: String,
    /// What people read on the sign-in page.
    pub title: String,
    /// The organisations of which it is believed.
    pub organisations: Vec<String>,
    /// The roles of which it is believed.
    pub roles: Vec<Role>,
}

impl Partner {
    /// Whether it is believed of somebody.
    fn vouches_for(&self, role: Role, organisation: &str) -> bool {
        self.roles.contains(&role) && self.organisations.iter().any(|one| one == organisation)
    }

    /// The id of one of its people here.
    fn id_of(&self, subject: &str) -> String {
        format!("{OF_PARTNERS}{}|{subject}", self.id)
    }

    /// What is wrong with it.
    fn fault(&self) -> Option<String> {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if self.id.is_empty() || !self.id.bytes().all(is_plain) {
            return Some(format!("`{}` is no short name: lower-case letters, digits and hyphens", self.id));
        }
        // Who decides about children, erases or runs the service is for the council's own to say.
        let of_partners = [Role::Practitioner, Role::Approver, Role::RuleAuthor, Role::Auditor];
        let other = self.roles.iter().find(|role| !of_partners.contains(role));
        if let Some(role) = other {
            let known = of_partners.map(Role::word).join(", ");
            return Some(format!(
                "`{}`: a partner's provider vouches for {known}, and not for `{}`",
                self.id,
                role.word()
            ));
        }
        let is_empty = self.roles.is_empty() || self.organisations.is_empty();
        is_empty.then(|| format!("`{}`: say for which roles and organisations it vouches", self.id))
    }
}

/// Why a sign-in failed. Nothing of a token stands in it.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// An address is not one, or not a safe one.
    #[error(
        "`{0}` is no address that people can sign in through: it must begin with https://, on this machine alone http://"
    )]
    Address(String),
    /// The provider could not be asked.
    #[error("the identity provider could not be asked: {0}")]
    NotReached(String),
    /// What it answered is not believed.
    #[error("the identity provider's answer is not believed: {0}")]
    NotBelieved(String),
    /// What a partner's provider is believed of, or what shows a second factor, cannot be taken.
    #[error("{0}")]
    Setting(String),
    /// It is somebody who signed in with less than is asked here.
    #[error("the identity provider does not say that a second factor was used")]
    NoSecondFactor,
    /// It is somebody without a role here.
    #[error("whoever signed in has no role or no organisation here")]
    NoRole,
}

/// Any claims besides the standard ones.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct OtherClaims {
    #[serde(flatten)]
    claims: BTreeMap<String, Value>,
}

impl AdditionalClaims for OtherClaims {}

type IdFields = IdTokenFields<
    OtherClaims,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;

type Known = Client<
    OtherClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<IdFields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// An identity provider.
#[derive(Debug)]
pub struct Provider {
    settings: ProviderSettings,
    agent: Agent,
    heard: Mutex<Heard>,
}

#[derive(Debug, Default)]
struct Heard {
    /// What it says of itself, and since when.
    metadata: Option<(Timestamp, ProviderMetadataWithLogout)>,
    /// When it was asked last, whether it answered or not.
    asked: Option<Timestamp>,
}

/// How often providers are being asked.
static UNDER_WAY: AtomicUsize = AtomicUsize::new(0);

/// One of the times that a provider is being asked.
struct UnderWay;

impl UnderWay {
    /// One more, unless there are as many as may be.
    fn begin() -> Result<Self, ProviderError> {
        let more = |many| (many < AT_ONCE).then_some(many + 1);
        match UNDER_WAY.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more) {
            Ok(_) => Ok(Self),
            Err(_) => Err(ProviderError::NotReached("as many are asked about as may be at a time".into())),
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        UNDER_WAY.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The algorithms by which an ID token may be signed, whatever its provider announces: none of them shares a secret.
const SIGNED_BY: [CoreJwsSigningAlgorithm; 4] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// A sign-in under way: what the browser keeps, and where it goes.
#[derive(Debug)]
pub(super) struct Begun {
    pub cookie: String,
    pub away: String,
}

impl Provider {
    /// A provider that is reached as the settings say; it is not asked yet.
    ///
    /// # Errors
    /// When an address is not a safe one.
    pub fn new(settings: ProviderSettings) -> Result<Self, ProviderError> {
        for address in [&settings.issuer, &settings.public_url] {
            if !is_safe(address) {
                return Err(ProviderError::Address(address.clone()));
            }
        }
        let of_partner = settings.partner.as_ref().and_then(Partner::fault);
        if let Some(fault) = of_partner.or_else(|| settings.second_factor.as_ref().and_then(SecondFactor::fault)) {
            return Err(ProviderError::Setting(fault));
        }
        Ok(Self { settings, agent: agent(), heard: Mutex::default() })
    }

    /// The partner whose it is; nothing of the council's own.
    pub fn partner(&self) -> Option<&Partner> {
        self.settings.partner.as_ref()
    }

    /// Its short name in addresses; nothing of the council's own.
    pub(super) fn name(&self) -> &str {
        self.partner().map_or("", |partner| partner.id.as_str())
    }

    /// Whether people reach this service over TLS.
    pub(super) fn is_secure(&self) -> bool {
        self.settings.public_url.starts_with("https://")
    }

    /// The name that people reach this service under.
    pub(super) fn host(&self) -> &str {
        let rest = self.settings.public_url.split_once("://").map_or("", |(_, rest)| rest);
        rest.split('/').next().unwrap_or_default()
    }

    fn asked(&self, request: HttpRequest) -> Result<HttpResponse, ureq::Error> {
        let mut answer = self.agent.run(request)?;
        let body = answer.body_mut().with_config().limit(MAX_ANSWER).read_to_vec()?;
        let (parts, _) = answer.into_parts();
        Ok(HttpResponse::from_parts(parts, body))
    }

    fn heard<T>(&self, work: impl FnOnce(&mut Heard) -> T) -> T {
        work(&mut self.heard.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What the provider says of itself, read again where that is due. Whoever else comes meanwhile goes on with what is
    /// known, or is told at once that there is nothing.
    fn metadata(&self, now: Timestamp) -> Result<ProviderMetadataWithLogout, ProviderError> {
        let is_within = |since: Timestamp, most| now.duration_since(since).abs() < most;
        let is_due = self.heard(|heard| {
            let is_fresh = heard.metadata.as_ref().is_some_and(|(since, _)| is_within(*since, KNOWN_FOR));
            let is_due = !is_fresh && heard.asked.is_none_or(|asked| !is_within(asked, ASKED_EVERY));
            if is_due {
                heard.asked = Some(now);
            }
            is_due
        });
        let mut failed = None;
        if is_due {
            // Where there is no room to ask now, whoever comes next tries again.
            let asking = UnderWay::begin().inspect_err(|_| self.heard(|heard| heard.asked = None));
            match asking.and_then(|_asking| self.discover()) {
                Ok(metadata) => self.heard(|heard| heard.metadata = Some((now, metadata))),
                Err(error @ ProviderError::NotReached(_)) => failed = Some(error),
                Err(error) => return Err(error),
            }
        }
        self.heard(|heard| match &heard.metadata {
            Some((since, metadata)) if is_within(*since, AT_MOST) => {
                if let Some(error) = &failed {
                    tracing::warn!(%error, "what the identity provider said of itself before is used");
                }
                Ok(metadata.clone())
            }
            _ => {
                Err(failed
                    .unwrap_or_else(|| ProviderError::NotReached("it has not answered yet, or not just now".into())))
            }
        })
    }

    /// Asks the provider what it says of itself. It names no address that is not a safe one.
    fn discover(&self) -> Result<ProviderMetadataWithLogout, ProviderError> {
        let issuer = IssuerUrl::new(self.settings.issuer.clone())
            .map_err(|_| ProviderError::Address(self.settings.issuer.clone()))?;
        // Its keys are read before this is answered, so that their address is looked at on the way.
        let not_safe = Mutex::new(None);
        let ask = |request: HttpRequest| {
            let address = request.uri().to_string();
            if is_safe(&address) {
                return self.asked(request);
            }
            *not_safe.lock().unwrap_or_else(PoisonError::into_inner) = Some(address.clone());
            Err(ureq::Error::BadUri(address))
        };
        let found = ProviderMetadataWithLogout::discover(&issuer, &ask);
        if let Some(address) = not_safe.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(ProviderError::Address(address));
        }
        let metadata = found.map_err(|error| ProviderError::NotReached(error.to_string()))?;
        let named = [
            Some(metadata.authorization_endpoint().as_str()),
            metadata.token_endpoint().map(|address| address.as_str()),
            metadata.userinfo_endpoint().map(|address| address.as_str()),
            Some(metadata.jwks_uri().as_str()),
            metadata.additional_metadata().end_session_endpoint.as_ref().map(|address| address.as_str()),
        ];
        let other = named.into_iter().flatten().find(|address| !is_safe(address)).map(str::to_owned);
        other.map_or(Ok(metadata), |address| Err(ProviderError::Address(address)))
    }

    fn client(&self, now: Timestamp) -> Result<Known, ProviderError> {
        let metadata = self.metadata(now)?;
        let id = ClientId::new(self.settings.client_id.clone());
        let secret = ClientSecret::new(self.settings.client_secret.clone());
        // An address of its own for each, so that what one provider answers is never taken to another.
        let of = self.partner().map(|partner| format!("/{}", partner.id)).unwrap_or_default();
        let redirect = format!("{}/sign-in/callback{of}", self.settings.public_url.trim_end_matches('/'));
        let redirect =
            RedirectUrl::new(redirect).map_err(|_| ProviderError::Address(self.settings.public_url.clone()))?;
        Ok(Client::from_provider_metadata(metadata, id, Some(secret)).set_redirect_uri(redirect))
    }

    /// Begins a sign-in.
    pub(super) fn begin(&self, to: &str, now: Timestamp) -> Result<Begun, ProviderError> {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let client = self.client(now)?;
        let request =
            client.authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random);
        let mut request = request.add_scope(openidconnect::Scope::new("profile".into())).set_pkce_challenge(challenge);
        // A provider that can be asked for it is.
        for value in
            self.settings.second_factor.iter().filter(|factor| factor.claim == "acr").flat_map(|one| &one.values)
        {
            request = request.add_auth_context_value(AuthenticationContextClass::new(value.clone()));
        }
        let (away, state, nonce) = request.url();
        let began = now.as_second().to_string();
        let parts = [self.name(), state.secret(), nonce.secret(), verifier.secret(), &began, to];
        Ok(Begun { cookie: parts.join("|"), away: away.to_string() })
    }

    /// Ends a sign-in: who it is, and where they go on.
    pub(super) fn end(
        &self,
        cookie: &str,
        state: &str,
        code: &str,
        now: Timestamp,
    ) -> Result<(Actor, String), ProviderError> {
        let not_believed = |why: &str| ProviderError::NotBelieved(why.to_owned());
        let parts: Vec<&str> = cookie.splitn(6, '|').collect();
        let [name, own_state, nonce, verifier, began, to] = parts[..] else {
            return Err(not_believed("no sign-in is under way here"));
        };
        let began = began.parse().ok().and_then(|began| Timestamp::from_second(began).ok());
        if began.is_none_or(|began| now.duration_since(began) > SIGN_IN_WITHIN) {
            return Err(not_believed("the sign-in took too long"));
        }
        if name != self.name() || own_state.is_empty() || own_state != state {
            return Err(not_believed("it answers another sign-in"));
        }
        let client = self.client(now)?;
        let exchange = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|error| ProviderError::NotReached(error.to_string()))?
            .set_pkce_verifier(PkceCodeVerifier::new(verifier.to_owned()));
        let asking = UnderWay::begin()?;
        let answer = exchange.request(&|request| self.asked(request)).map_err(|error| match error {
            RequestTokenError::Request(error) => ProviderError::NotReached(error.to_string()),
            _ => not_believed("the code was not taken"),
        })?;
        drop(asking);
        let token = answer.id_token().ok_or_else(|| not_believed("it has no ID token"))?;
        let claims = token
            .claims(&client.id_token_verifier().set_allowed_algs(SIGNED_BY), &Nonce::new(nonce.to_owned()))
            .map_err(|error| ProviderError::NotBelieved(error.to_string()))?;
        let id = claims.subject().to_string();
        let name = claims.name().and_then(|name| name.get(None)).map_or_else(|| id.clone(), |name| name.to_string());
        let other = &claims.additional_claims().claims;
        if let Some(factor) = &self.settings.second_factor {
            let is_shown = match factor.claim.as_str() {
                "acr" => factor.is_among(claims.auth_context_ref().into_iter().map(|acr| acr.as_str())),
                "amr" => factor.is_among(claims.auth_method_refs().into_iter().flatten().map(|amr| amr.as_str())),
                claim => factor.is_among(words(other.get(claim))),
            };
            if !is_shown {
                return Err(ProviderError::NoSecondFactor);
            }
        }
        let role = words(other.get(&self.settings.role_claim))
            .find_map(|word| Role::ALL.into_iter().find(|role| role.word() == word && *role != Role::PartnerSystem))
            .ok_or(ProviderError::NoRole)?;
        let organisation = words(other.get(&self.settings.organisation_claim)).next().filter(|word| !word.is_empty());
        let organisation = organisation.ok_or(ProviderError::NoRole)?.to_owned();
        let id = match self.partner() {
            // Nobody of the council's own is called like somebody of a partner's, or like who breaks the glass.
            None if id.starts_with(OF_PARTNERS) || id.starts_with(BREAK_GLASS) => {
                return Err(not_believed("its subjects are called like others are here"));
            }
            None => id,
            Some(partner) if partner.vouches_for(role, &organisation) => partner.id_of(&id),
            Some(_) => return Err(ProviderError::NoRole),
        };
        Ok((Actor { id, name, role, organisation }, to.to_owned()))
    }
}

/// A claim of one word, or of several.
fn words(claim: Option<&Value>) -> impl Iterator<Item = &str> {
    let (one, several) = match claim {
        Some(Value::String(word)) => (Some(word.as_str()), None),
        Some(Value::Array(words)) => (None, Some(words)),
        _ => (None, None),
    };
    one.into_iter().chain(several.into_iter().flatten().filter_map(Value::as_str))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    use data_encoding::BASE64URL_NOPAD;
    use ed25519_dalek::{Signer, SigningKey};
    use hmac::{Hmac, KeyInit, Mac};
    use sha2::Sha256;

    use super::*;

    fn partner(id: &str, roles: &[Role]) -> Partner {
        let organisations = vec!["police:example".to_owned()];
        Partner { id: id.to_owned(), title: "The police".to_owned(), organisations, roles: roles.to_vec() }
    }

    #[test]
    fn a_partners_provider_is_believed_of_its_own_people_alone() {
        let police = partner("police", &[Role::Approver]);
        assert!(police.fault().is_none());
        assert!(police.vouches_for(Role::Approver, "police:example"));
        assert!(!police.vouches_for(Role::Approver, "council:example"));
        assert!(!police.vouches_for(Role::SocialWorkManager, "police:example"));
        assert_eq!(police.id_of("manager"), "partner:police|manager");
    }

    #[test]
    fn what_a_partners_provider_may_not_vouch_for_is_refused() {
        for (id, roles, word) in [
            ("", &[Role::Approver][..], "no short name"),
            ("a|b", &[Role::Approver], "no short name"),
            ("police", &[Role::Approver, Role::SocialWorkManager], "social_work_manager"),
            ("police", &[Role::Operator], "operator"),
            ("police", &[], "for which roles"),
        ] {
            let fault = partner(id, roles).fault().unwrap();
            assert!(fault.contains(word), "{fault}");
        }
    }

    /// A provider of a test's own on this machine: what it says of itself, what it answers to a code, and how often it was
    /// asked. While it is silent it takes a request and does not answer it.
    struct Fake {
        address: String,
        metadata: Arc<Mutex<Value>>,
        token: Arc<Mutex<String>>,
        is_silent: Arc<AtomicBool>,
        asked: Arc<AtomicUsize>,
    }

    const CLIENT_SECRET: &str = "a-secret-that-both-know";

    impl Fake {
        fn begin() -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = format!("http://{}", listener.local_addr().unwrap());
            let at = |path: &str| format!("{address}{path}");
            let metadata = serde_json::json!({
                "issuer": address, "authorization_endpoint": at("/authorise"), "token_endpoint": at("/token"),
                "userinfo_endpoint": at("/who"), "end_session_endpoint": at("/end"), "jwks_uri": at("/keys"),
                "response_types_supported": ["code"], "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["HS256", "RS512", "EdDSA"],
            });
            let fake = Self {
                metadata: Arc::new(Mutex::new(metadata)),
                token: Arc::default(),
                is_silent: Arc::default(),
                asked: Arc::default(),
                address,
            };
            let (metadata, token) = (Arc::clone(&fake.metadata), Arc::clone(&fake.token));
            let (is_silent, asked) = (Arc::clone(&fake.is_silent), Arc::clone(&fake.asked));
            std::thread::spawn(move || {
                for stream in listener.incoming() {
                    let mut stream = stream.unwrap();
                    let mut head = vec![0; 16 * 1024];
                    let read = stream.read(&mut head).unwrap();
                    asked.fetch_add(1, Ordering::SeqCst);
                    while is_silent.load(Ordering::SeqCst) {
                        std::thread::sleep(std::time::Duration::from_millis(10));
                    }
                    let head = String::from_utf8_lossy(&head[..read]).into_owned();
                    let body = match head.split(' ').nth(1).unwrap() {
                        "/.well-known/openid-configuration" => metadata.lock().unwrap().to_string(),
                        "/keys" => {
                            let key = BASE64URL_NOPAD.encode(signing().verifying_key().as_bytes());
                            let key = serde_json::json!({ "kty": "OKP", "crv": "Ed25519", "x": key, "use": "sig", "alg": "EdDSA", "kid": "one" });
                            serde_json::json!({ "keys": [key] }).to_string()
                        }
                        _ => {
                            let token = token.lock().unwrap();
                            format!(r#"{{"access_token":"a","token_type":"Bearer","id_token":"{token}"}}"#)
                        }
                    };
                    let length = body.len();
                    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
                    // Who asked may have given up.
                    let _ = write!(stream, "{head}\r\ncontent-length: {length}\r\n\r\n{body}");
                }
            });
            fake
        }

        fn provider(&self) -> Provider {
            let settings = ProviderSettings {
                issuer: self.address.clone(),
                client_id: "windscreen".into(),
                client_secret: CLIENT_SECRET.into(),
                public_url: "http://localhost:8080".into(),
                role_claim: "role".into(),
                organisation_claim: "organisation".into(),
                second_factor: None,
                partner: None,
            };
            Provider::new(settings).unwrap()
        }

        fn asking_for(&self, claim: &str, values: &[&str]) -> Provider {
            let values = values.iter().map(|value| (*value).to_owned()).collect();
            let mut provider = self.provider();
            provider.settings.second_factor = Some(SecondFactor { claim: claim.into(), values });
            provider
        }

        /// What it says of somebody.
        fn claims(&self, nonce: &str) -> Value {
            let seconds = at(0).as_second();
            serde_json::json!({
                "iss": self.address, "aud": "windscreen", "sub": "somebody", "nonce": nonce, "iat": seconds, "exp": seconds + 300,
                "role": Role::SocialWorkManager.word(), "organisation": "council:example",
            })
        }

        fn asked(&self) -> usize {
            self.asked.load(Ordering::SeqCst)
        }

        fn wait_until_asked(&self, often: usize) {
            while self.asked() < often {
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
        }
    }

    fn signing() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    fn at(seconds: i64) -> Timestamp {
        crate::serving::now() + SignedDuration::from_secs(seconds)
    }

    /// What they answer at once, though the provider is silent: within far less than it takes to give up.
    #[expect(clippy::disallowed_methods, reason = "eight seconds are told from none on any machine")]
    fn at_once<T>(work: impl FnOnce() -> T) -> T {
        let begun = std::time::Instant::now();
        let done = work();
        assert!(begun.elapsed() < std::time::Duration::from_secs(4), "{:?}", begun.elapsed());
        done
    }

    /// What is asked at once is counted for all providers together, so that one test at a time asks.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

    #[test]
    fn while_a_provider_is_silent_one_caller_waits_and_nobody_else() {
        let begun = at(0);
        let at = |seconds| begun + SignedDuration::from_secs(seconds);
        let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let fake = Fake::begin();
        let provider = fake.provider();
        fake.is_silent.store(true, Ordering::SeqCst);
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| provider.begin("/", at(0)));
            fake.wait_until_asked(1);
            for _ in 0..20 {
                assert!(matches!(at_once(|| provider.begin("/", at(1))), Err(ProviderError::NotReached(_))));
            }
            assert!(matches!(waits.join().unwrap(), Err(ProviderError::NotReached(_))));
        });
        // That it did not answer is remembered for a while.
        assert!(matches!(at_once(|| provider.begin("/", at(29))), Err(ProviderError::NotReached(_))));
        assert_eq!(fake.asked(), 1);
        fake.is_silent.store(false, Ordering::SeqCst);
        let begun = provider.begin("/", at(31)).unwrap();
        assert!(begun.away.starts_with(&fake.address));
        // What is known serves while it is read again, and for a time where it cannot be.
        fake.is_silent.store(true, Ordering::SeqCst);
        let before = fake.asked();
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| provider.begin("/", at(31 + 11 * 60)));
            fake.wait_until_asked(before + 1);
            assert!(at_once(|| provider.begin("/", at(31 + 11 * 60))).is_ok());
            assert!(waits.join().unwrap().is_ok());
        });
        assert!(at_once(|| provider.begin("/", at(31 + 11 * 60 + 29))).is_ok());
        fake.is_silent.store(false, Ordering::SeqCst);
    }

    #[test]
    fn forged_answers_hold_no_more_than_a_few_threads() {
        let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let fake = Fake::begin();
        let provider = fake.provider();
        let begun = provider.begin("/", at(0)).unwrap();
        let state = begun.cookie.split('|').nth(1).unwrap();
        fake.is_silent.store(true, Ordering::SeqCst);
        let end = || provider.end(&begun.cookie, state, "a-code", at(1));
        std::thread::scope(|scope| {
            for _ in 0..AT_ONCE {
                scope.spawn(end);
            }
            while UNDER_WAY.load(Ordering::SeqCst) < AT_ONCE {
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
            assert!(matches!(at_once(end), Err(ProviderError::NotReached(_))));
            fake.is_silent.store(false, Ordering::SeqCst);
        });
        assert_eq!(UNDER_WAY.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn no_address_of_a_provider_is_called_or_shown_that_is_not_safe() {
        let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let fake = Fake::begin();
        assert!(fake.provider().begin("/", at(0)).is_ok());
        let whole = fake.metadata.lock().unwrap().clone();
        let endpoints =
            ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "end_session_endpoint", "jwks_uri"];
        for endpoint in endpoints {
            for address in ["http://a.example/x", "http://127.0.0.1:80@a.example/x"] {
                let mut metadata = whole.clone();
                metadata[endpoint] = address.into();
                *fake.metadata.lock().unwrap() = metadata;
                let refused = fake.provider().begin("/", at(0));
                assert!(
                    matches!(&refused, Err(ProviderError::Address(named)) if named == address),
                    "{endpoint}: {refused:?}"
                );
            }
        }
    }

    /// The head and the body of a token.
    fn to_be_signed(algorithm: &str, claims: &Value) -> String {
        let kid = if algorithm == "EdDSA" { Some("one") } else { None };
        let head = serde_json::json!({ "alg": algorithm, "kid": kid });
        [head.to_string(), claims.to_string()].map(|part| BASE64URL_NOPAD.encode(part.as_bytes())).join(".")
    }

    /// A token that the provider signed.
    fn signed(claims: &Value) -> String {
        let text = to_be_signed("EdDSA", claims);
        format!("{text}.{}", BASE64URL_NOPAD.encode(&signing().sign(text.as_bytes()).to_bytes()))
    }

    #[test]
    fn an_id_token_is_signed_by_a_key_of_the_provider_and_by_no_secret() {
        let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let fake = Fake::begin();
        let provider = fake.provider();
        let begun = provider.begin("/", at(0)).unwrap();
        let parts: Vec<&str> = begun.cookie.split('|').collect();
        let (state, nonce) = (parts[1], parts[2]);
        let claims = fake.claims(nonce);
        for (algorithm, is_taken) in [("EdDSA", true), ("HS256", false), ("none", false)] {
            let text = to_be_signed(algorithm, &claims);
            let signature = match algorithm {
                "EdDSA" => signing().sign(text.as_bytes()).to_bytes().to_vec(),
                "HS256" => {
                    let mut mac = Hmac::<Sha256>::new_from_slice(CLIENT_SECRET.as_bytes()).unwrap();
                    mac.update(text.as_bytes());
                    mac.finalize().into_bytes().to_vec()
                }
                _ => Vec::new(),
            };
            *fake.token.lock().unwrap() = format!("{text}.{}", BASE64URL_NOPAD.encode(&signature));
            let ended = provider.end(&begun.cookie, state, "a-code", at(1));
            assert_eq!(ended.is_ok(), is_taken, "{algorithm}: {ended:?}");
            assert!(is_taken || matches!(ended, Err(ProviderError::NotBelieved(_))), "{algorithm}: {ended:?}");
        }
    }

    #[test]
    fn without_a_second_factor_nobody_is_let_in_where_one_is_asked() {
        let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let fake = Fake::begin();
        let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        for (claim, values, said, is_let_in) in [
            ("amr", &["mfa", "hwk"][..], json(r#"{ "amr": ["pwd", "mfa"] }"#), true),
            ("amr", &["mfa", "hwk"], json(r#"{ "amr": ["hwk"] }"#), true),
            ("amr", &["mfa", "hwk"], json(r#"{ "amr": ["pwd"] }"#), false),
            ("amr", &["mfa"], json(r#"{ "amr": [] }"#), false),
            ("amr", &["mfa"], json(r#"{ "acr": "mfa" }"#), false),
            ("amr", &["mfa"], json("{}"), false),
            ("acr", &["high"], json(r#"{ "acr": "high" }"#), true),
            ("acr", &["high"], json(r#"{ "acr": "higher" }"#), false),
            ("factors", &["2"], json(r#"{ "factors": "2" }"#), true),
            ("factors", &["2"], json(r#"{ "factors": ["1", "2"] }"#), true),
            ("factors", &["2"], json(r#"{ "factors": "1" }"#), false),
        ] {
            let provider = fake.asking_for(claim, values);
            let begun = provider.begin("/", at(0)).unwrap();
            assert_eq!(begun.away.contains("acr_values=high"), claim == "acr", "{}", begun.away);
            let parts: Vec<&str> = begun.cookie.split('|').collect();
            let mut claims = fake.claims(parts[2]);
            claims.as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
            *fake.token.lock().unwrap() = signed(&claims);
            let ended = provider.end(&begun.cookie, parts[1], "a-code", at(1));
            assert_eq!(ended.is_ok(), is_let_in, "{claim} {said}: {ended:?}");
            assert!(is_let_in || matches!(ended, Err(ProviderError::NoSecondFactor)), "{claim} {said}: {ended:?}");
        }
        for (claim, values) in [("", vec!["mfa".to_owned()]), ("amr", vec![]), ("amr", vec![String::new()])] {
            let second_factor = Some(SecondFactor { claim: claim.into(), values });
            let settings = ProviderSettings { second_factor, ..fake.provider().settings };
            assert!(matches!(Provider::new(settings), Err(ProviderError::Setting(_))));
        }
    }

    #[test]
    fn nobody_of_the_councils_own_is_called_like_others_are_here() {
        let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let fake = Fake::begin();
        for (subject, is_let_in) in
            [("somebody", true), ("partner:police|somebody", false), ("break-glass:duty", false)]
        {
            let provider = fake.provider();
            let begun = provider.begin("/", at(0)).unwrap();
            let parts: Vec<&str> = begun.cookie.split('|').collect();
            let mut claims = fake.claims(parts[2]);
            claims["sub"] = subject.into();
            *fake.token.lock().unwrap() = signed(&claims);
            let ended = provider.end(&begun.cookie, parts[1], "a-code", at(1));
            assert_eq!(ended.is_ok(), is_let_in, "{subject}: {ended:?}");
        }
    }
}
