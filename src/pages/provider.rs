//! Identity providers: who somebody is, told by OpenID Connect with code, PKCE and nonce.
//!
//! The council's own says so of everybody. A partner's says so of its own people alone: of the organisations and roles
//! that it was given, under ids that begin with its name, so that it can call nobody what another calls somebody.
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

/// How the ids of partners' people begin.
const OF_PARTNERS: &str = "partner:";
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
    /// Of whom it is believed, if it is a partner's.
    pub partner: Option<Partner>,
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
    /// What a partner's provider is believed of cannot be taken.
    #[error("{0}")]
    Partner(String),
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
        if let Some(fault) = settings.partner.as_ref().and_then(Partner::fault) {
            return Err(ProviderError::Partner(fault));
        }
        Ok(Self { settings, agent: agent(), known: Mutex::default() })
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
        let (away, state, nonce) =
            request.add_scope(openidconnect::Scope::new("profile".into())).set_pkce_challenge(challenge).url();
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
        let id = match self.partner() {
            // Nobody of the council's own is called like somebody of a partner's.
            None if id.starts_with(OF_PARTNERS) => {
                return Err(not_believed("its subjects are called like a partner's"));
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
}
