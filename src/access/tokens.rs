//! Access tokens: what an authorisation server says of a partner's system (OAuth 2 client credentials, RFC 9068).
//!
//! A token is believed when one of the server's own keys signed it, by an algorithm that is listed here, as an access
//! token, for this service, for now. What a token says of where its key is to be found is never followed.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use ureq::Agent;

use crate::access::Client;
use crate::decision::Role;
use crate::outgoing::{MAX_ANSWER, agent, is_safe};

/// For how long the server's keys are used before they are read again: a key that it takes back is not believed for
/// longer.
const KNOWN_FOR: SignedDuration = SignedDuration::from_mins(10);
/// For how long they are used while the server does not answer: its partners' referrals matter more.
const AT_MOST: SignedDuration = SignedDuration::from_mins(60);
/// How often the server is asked at most, whatever key a token names.
const ASKED_EVERY: SignedDuration = SignedDuration::from_secs(30);
/// How far its clock and ours may differ.
const APART: SignedDuration = SignedDuration::from_secs(30);
/// More than any access token.
const MAX_TOKEN: usize = 8 * 1024;
const MAX_CLIENT: usize = 200;

/// How tokens are checked, and what their claims mean here.
#[derive(Debug, Clone)]
pub struct TokenSettings {
    /// The server's issuer address.
    pub issuer: String,
    /// What it calls this service.
    pub audience: String,
    /// The claim that names the organisations that a client may act for.
    pub organisation_claim: String,
    /// The claim that names its role; a partner's system where there is none.
    pub role_claim: String,
}

/// Why a token is not taken. Nothing of it stands here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotTaken {
    /// It is not believed, and why.
    NotBelieved(&'static str),
    /// The server's keys are not known here.
    NotReached,
}

/// That an issuer's address is not a safe one.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no address of an authorisation server: it must begin with https://, on this machine alone http://")]
pub struct UnsafeIssuer(String);

/// An authorisation server, as far as it is known.
#[derive(Debug)]
pub struct Tokens {
    settings: TokenSettings,
    agent: Agent,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    keys: JwkSet,
    /// When they were read.
    since: Option<Timestamp>,
    /// When the server was asked last.
    asked: Option<Timestamp>,
}

/// What a server says of itself, as far as it is read.
#[derive(Debug, Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: String,
}

/// What a token says.
#[derive(Debug, Deserialize)]
struct Claims {
    iss: String,
    aud: Words,
    exp: i64,
    nbf: Option<i64>,
    iat: Option<i64>,
    sub: String,
    client_id: String,
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

/// One word or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Words {
    One(String),
    Several(Vec<String>),
}

impl Words {
    fn all(&self) -> &[String] {
        match self {
            Self::One(word) => std::slice::from_ref(word),
            Self::Several(words) => words,
        }
    }
}

impl Tokens {
    /// A server that is not asked yet.
    ///
    /// # Errors
    /// When its address is not a safe one.
    pub fn new(settings: TokenSettings) -> Result<Self, UnsafeIssuer> {
        if !is_safe(&settings.issuer) {
            return Err(UnsafeIssuer(settings.issuer));
        }
        Ok(Self { settings, agent: agent(), known: Mutex::default() })
    }

    /// Whose token it is.
    ///
    /// # Errors
    /// Why it is not taken.
    pub fn client(&self, token: &str, now: Timestamp) -> Result<Client, NotTaken> {
        let wrong = |why| Err(NotTaken::NotBelieved(why));
        if token.len() > MAX_TOKEN {
            return wrong("it is longer than any access token");
        }
        let Ok(header) = decode_header(token) else { return wrong("it is no signed token") };
        let is_access_token = header
            .typ
            .as_deref()
            .is_some_and(|typ| ["at+jwt", "application/at+jwt"].iter().any(|known| known.eq_ignore_ascii_case(typ)));
        if !is_access_token {
            return wrong("its type is not `at+jwt`");
        }
        if header.crit.is_some() {
            return wrong("it asks for what is not understood here");
        }
        let key = self.key(&header, now)?;
        let mut validation = Validation::new(header.alg);
        // What it claims is checked below, against the time of the request.
        (validation.validate_exp, validation.validate_aud) = (false, false);
        validation.required_spec_claims.clear();
        let Ok(token) = decode::<Claims>(token, &key, &validation) else {
            return wrong("its signature or its claims are not as they should be");
        };
        self.claimed(token.claims, now).map_err(NotTaken::NotBelieved)
    }

    /// The client of a token that was signed as it should be.
    fn claimed(&self, claims: Claims, now: Timestamp) -> Result<Client, &'static str> {
        let at = |seconds: i64| Timestamp::from_second(seconds).map_err(|_| "its times are none");
        if claims.iss != self.settings.issuer {
            return Err("another server issued it");
        }
        if !claims.aud.all().contains(&self.settings.audience) {
            return Err("it was issued for another service");
        }
        if at(claims.exp)? <= now - APART {
            return Err("it has expired");
        }
        for begins in claims.nbf.into_iter().chain(claims.iat) {
            if at(begins)? > now + APART {
                return Err("it is not valid yet");
            }
        }
        let id = &claims.client_id;
        if *id != claims.sub {
            return Err("it was issued to somebody else than a system");
        }
        if id.is_empty() || id.len() > MAX_CLIENT || !id.chars().all(|letter| letter.is_ascii_graphic()) {
            return Err("its client is none");
        }
        let words = |claim: &str| -> Result<Vec<String>, &'static str> {
            let Some(value) = claims.others.get(claim) else { return Ok(Vec::new()) };
            let words: Words = serde_json::from_value(value.clone()).map_err(|_| "a claim of it is not of words")?;
            Ok(words.all().to_vec())
        };
        let organisations = words(&self.settings.organisation_claim)?;
        if organisations.is_empty() || organisations.iter().any(String::is_empty) {
            return Err("it names no organisation to act for");
        }
        let role = match words(&self.settings.role_claim)?.as_slice() {
            [] => Role::PartnerSystem,
            [word] => {
                let known = Client::ROLES.into_iter().find(|role| role.word() == word);
                known.ok_or("its role is none of a system")?
            }
            _ => return Err("it names several roles"),
        };
        // No client that has a key is called so.
        Ok(Client { id: format!("oauth:{id}"), role, organisations })
    }

    /// The server's key that a token says it was signed with.
    fn key(&self, header: &Header, now: Timestamp) -> Result<DecodingKey, NotTaken> {
        let kid = header.kid.as_deref();
        let found = match self.known(kid, now)? {
            Some(key) => Some(key),
            // A new key, perhaps: the server is asked again, though not for everyone who names one.
            None => {
                self.ask_again(now);
                self.known(kid, now)?
            }
        };
        let key = found.ok_or(NotTaken::NotBelieved("no key of the server is called so"))?;
        if !is_for(&key, header.alg) {
            return Err(NotTaken::NotBelieved("its algorithm is not taken, or not that of its key"));
        }
        DecodingKey::from_jwk(&key).map_err(|_| NotTaken::NotBelieved("its key cannot be used"))
    }

    /// A key of those that are known, read again where that is due.
    fn known(&self, kid: Option<&str>, now: Timestamp) -> Result<Option<Jwk>, NotTaken> {
        let age = |known: &Known| known.since.map(|since| now.duration_since(since).abs());
        if self.locked(|known| age(known).is_none_or(|age| age > KNOWN_FOR)) {
            self.ask_again(now);
        }
        self.locked(|known| {
            if age(known).is_none_or(|age| age > AT_MOST) {
                return Err(NotTaken::NotReached);
            }
            Ok(match kid {
                Some(kid) => known.keys.find(kid).cloned(),
                None => <&[Jwk; 1]>::try_from(known.keys.keys.as_slice()).ok().map(|[only]| only.clone()),
            })
        })
    }

    fn locked<T>(&self, work: impl FnOnce(&mut Known) -> T) -> T {
        work(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the server's keys, unless it was asked just now. Whoever else comes meanwhile goes on with those known.
    fn ask_again(&self, now: Timestamp) {
        let is_due = self.locked(|known| {
            let is_due = known.asked.is_none_or(|asked| now.duration_since(asked).abs() >= ASKED_EVERY);
            if is_due {
                known.asked = Some(now);
            }
            is_due
        });
        if !is_due {
            return;
        }
        match self.read_keys() {
            Ok(keys) => self.locked(|known| (known.keys, known.since) = (keys, Some(now))),
            Err(why) => tracing::warn!(why, "the authorisation server's keys could not be read"),
        }
    }

    fn read_keys(&self) -> Result<JwkSet, &'static str> {
        let issuer = self.settings.issuer.trim_end_matches('/');
        let well_known = ["openid-configuration", "oauth-authorization-server"];
        let read = |name: &&str| self.read::<Metadata>(&format!("{issuer}/.well-known/{name}"));
        let metadata = well_known.iter().find_map(read).ok_or("it does not say where they are")?;
        if metadata.issuer != self.settings.issuer {
            return Err("it calls itself by another name");
        }
        if !is_safe(&metadata.jwks_uri) {
            return Err("they are at an address that is not safe");
        }
        self.read(&metadata.jwks_uri).ok_or("they are not where it says")
    }

    fn read<T: DeserializeOwned>(&self, address: &str) -> Option<T> {
        let mut answer = self.agent.get(address).call().ok().filter(|answer| answer.status().is_success())?;
        let body = answer.body_mut().with_config().limit(MAX_ANSWER).read_to_vec().ok()?;
        serde_json::from_slice(&body).ok()
    }
}

/// Whether a key may sign by an algorithm; those that are not here are not taken: none of them shares a secret.
fn is_for(key: &Jwk, algorithm: Algorithm) -> bool {
    let is_its = match (&key.algorithm, algorithm) {
        (AlgorithmParameters::RSA(_), Algorithm::RS256 | Algorithm::PS256) => true,
        (AlgorithmParameters::EllipticCurve(key), Algorithm::ES256) => key.curve == EllipticCurve::P256,
        (AlgorithmParameters::OctetKeyPair(key), Algorithm::EdDSA) => key.curve == EllipticCurve::Ed25519,
        _ => false,
    };
    let is_to_sign = key.common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature);
    let is_named = key.common.key_algorithm.is_none_or(|named| named == algorithm.into());
    is_its && is_to_sign && is_named
}
