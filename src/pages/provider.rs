//! The identity provider: who somebody is, told by OpenID Connect with code, PKCE and nonce.
//!
//! What a sign-in must find again (state, nonce, verifier) travels in a cookie of the same browser, so that nothing is
//! stored for whoever only knocks. What the provider says is believed only when its signature, issuer, audience, nonce
//! and times are right.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreRevocableToken,
    CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken, EmptyExtraTokenFields,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IdTokenFields, IssuerUrl, Nonce,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, StandardErrorResponse, StandardTokenResponse, TokenResponse,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ureq::Agent;

use crate::decision::{Actor, Role};
use crate::outgoing::{MAX_ANSWER, agent, is_safe};

/// For how long what a provider says of itself is used: a key that it takes back is not believed for longer.
const KNOWN_FOR: SignedDuration = SignedDuration::from_mins(10);
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
    known: Mutex<Option<(Timestamp, CoreProviderMetadata)>>,
}

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
        Ok(Self { settings, agent: agent(), known: Mutex::default() })
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

    fn client(&self, now: Timestamp) -> Result<Known, ProviderError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = known.as_ref().filter(|(since, _)| now.duration_since(*since) < KNOWN_FOR);
        let metadata = match fresh {
            Some((_, metadata)) => metadata.clone(),
            None => {
                let issuer = IssuerUrl::new(self.settings.issuer.clone())
                    .map_err(|_| ProviderError::Address(self.settings.issuer.clone()))?;
                let metadata = CoreProviderMetadata::discover(&issuer, &|request| self.asked(request))
                    .map_err(|error| ProviderError::NotReached(error.to_string()))?;
                *known = Some((now, metadata.clone()));
                metadata
            }
        };
        let id = ClientId::new(self.settings.client_id.clone());
        let secret = ClientSecret::new(self.settings.client_secret.clone());
        let redirect = format!("{}/sign-in/callback", self.settings.public_url.trim_end_matches('/'));
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
        let (away, state, nonce) =
            request.add_scope(openidconnect::Scope::new("profile".into())).set_pkce_challenge(challenge).url();
        let parts = [state.secret(), nonce.secret(), verifier.secret(), &now.as_second().to_string(), to];
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
        let parts: Vec<&str> = cookie.splitn(5, '|').collect();
        let [own_state, nonce, verifier, began, to] = parts[..] else {
            return Err(not_believed("no sign-in is under way here"));
        };
        let began = began.parse().ok().and_then(|began| Timestamp::from_second(began).ok());
        if began.is_none_or(|began| now.duration_since(began) > SIGN_IN_WITHIN) {
            return Err(not_believed("the sign-in took too long"));
        }
        if own_state.is_empty() || own_state != state {
            return Err(not_believed("it answers another sign-in"));
        }
        let client = self.client(now)?;
        let exchange = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|error| ProviderError::NotReached(error.to_string()))?
            .set_pkce_verifier(PkceCodeVerifier::new(verifier.to_owned()));
        let answer = exchange
            .request(&|request| self.asked(request))
            .map_err(|_| ProviderError::NotBelieved("the code was not taken".into()))?;
        let token = answer.id_token().ok_or_else(|| not_believed("it has no ID token"))?;
        let claims = token
            .claims(&client.id_token_verifier(), &Nonce::new(nonce.to_owned()))
            .map_err(|error| ProviderError::NotBelieved(error.to_string()))?;
        let id = claims.subject().to_string();
        let name = claims.name().and_then(|name| name.get(None)).map_or_else(|| id.clone(), |name| name.to_string());
        let other = &claims.additional_claims().claims;
        let role = words(other.get(&self.settings.role_claim))
            .find_map(|word| Role::ALL.into_iter().find(|role| role.word() == word && *role != Role::PartnerSystem))
            .ok_or(ProviderError::NoRole)?;
        let organisation = words(other.get(&self.settings.organisation_claim)).next().filter(|word| !word.is_empty());
        let organisation = organisation.ok_or(ProviderError::NoRole)?.to_owned();
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
