//! Access tokens: believed as one server signed them for this service and for now, and in no other way.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use axum::body::Body;
use axum::http::{Request, StatusCode};
use data_encoding::BASE64URL_NOPAD;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::crypto::sign;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};
use windscreen::access::Client;
use windscreen::access::tokens::{NotTaken, TokenSettings, Tokens};
use windscreen::api::router;
use windscreen::decision::Role;
use windscreen::serving::{Serving, now};

use super::{TINY, ask, folder, json as answered};

const AUDIENCE: &str = "https://windscreen.example/api";

/// A private key of the test's own, drawn once.
struct Pair {
    key: EncodingKey,
    algorithm: Algorithm,
}

impl Pair {
    fn jwk(&self, kid: &str) -> Value {
        let mut jwk = serde_json::to_value(Jwk::from_encoding_key(&self.key, self.algorithm).unwrap()).unwrap();
        jwk["kid"] = kid.into();
        jwk["use"] = "sig".into();
        jwk
    }
}

fn openssl(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut program = Command::new("openssl");
    program.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut running = program.spawn().expect("openssl");
    running.stdin.take().unwrap().write_all(input).unwrap();
    let output = running.wait_with_output().unwrap();
    assert!(output.status.success(), "openssl {arguments:?}");
    output.stdout
}

/// The server's keys, and a stranger's.
fn pairs() -> &'static [Pair; 5] {
    static PAIRS: OnceLock<[Pair; 5]> = OnceLock::new();
    PAIRS.get_or_init(|| {
        let curve = ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
        let plain = ["pkcs8", "-topk8", "-nocrypt", "-outform", "DER"];
        let ec = || EncodingKey::from_ec_der(&openssl(&plain, &openssl(&curve, b"")));
        let rsa = openssl(&["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], b"");
        let rsa = openssl(&["rsa", "-traditional", "-outform", "DER"], &rsa);
        let ed = openssl(&["genpkey", "-algorithm", "ed25519", "-outform", "DER"], b"");
        [
            Pair { key: ec(), algorithm: Algorithm::ES256 },
            Pair { key: EncodingKey::from_rsa_der(&rsa), algorithm: Algorithm::RS256 },
            Pair { key: EncodingKey::from_rsa_der(&rsa), algorithm: Algorithm::PS256 },
            Pair { key: EncodingKey::from_ed_der(&ed), algorithm: Algorithm::EdDSA },
            Pair { key: ec(), algorithm: Algorithm::ES256 },
        ]
    })
}

/// An authorisation server of the test's own: it says where its keys are, and counts who asks.
struct Server {
    issuer: String,
    keys: Arc<Mutex<Option<Value>>>,
    asked: Arc<AtomicUsize>,
}

impl Server {
    fn begin(keys: Value) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let (keys, asked) = (Arc::new(Mutex::new(Some(keys))), Arc::new(AtomicUsize::new(0)));
        let server = Self { issuer: issuer.clone(), keys: Arc::clone(&keys), asked: Arc::clone(&asked) };
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let first = lines.next().and_then(Result::ok).unwrap_or_default();
                lines.take_while(|line| line.as_ref().is_ok_and(|line| !line.is_empty())).for_each(drop);
                asked.fetch_add(1, Ordering::SeqCst);
                let body = match (&*keys.lock().unwrap(), first.split(' ').nth(1)) {
                    (Some(_), Some("/.well-known/openid-configuration")) => {
                        json!({ "issuer": issuer, "jwks_uri": format!("{issuer}/keys") })
                    }
                    (Some(keys), Some("/keys")) => keys.clone(),
                    _ => {
                        let _ =
                            stream.write_all(b"HTTP/1.1 500 Broken\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                        continue;
                    }
                };
                let body = body.to_string();
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    body.len()
                );
                let _ = stream.write_all(format!("{head}{body}").as_bytes());
            }
        });
        server
    }

    fn tokens(&self) -> Tokens {
        Tokens::new(TokenSettings {
            issuer: self.issuer.clone(),
            audience: AUDIENCE.into(),
            organisation_claim: "windscreen_organisation".into(),
            role_claim: "windscreen_role".into(),
        })
        .unwrap()
    }

    fn claims(&self, now: Timestamp) -> Value {
        json!({ "iss": self.issuer, "aud": AUDIENCE, "sub": "arbor", "client_id": "arbor",
                "iat": now.as_second(), "exp": now.as_second() + 300, "windscreen_organisation": "urn:100001" })
    }
}

fn all_keys() -> Value {
    let [ec, rsa, pss, ed, _] = pairs();
    let mut to_encrypt = ec.jwk("to encrypt");
    to_encrypt["use"] = "enc".into();
    let keys = [
        ec.jwk("ec"),
        rsa.jwk("rsa"),
        pss.jwk("pss"),
        ed.jwk("ed"),
        to_encrypt,
        json!({ "kty": "oct", "kid": "shared", "k": "c2VjcmV0" }),
    ];
    json!({ "keys": keys })
}

fn header(kid: &str, algorithm: &str) -> Value {
    json!({ "alg": algorithm, "typ": "at+jwt", "kid": kid })
}

/// A token of these very texts.
fn signed(header: &str, claims: &str, pair: &Pair) -> String {
    let message = [header, claims].map(|part| BASE64URL_NOPAD.encode(part.as_bytes())).join(".");
    let signature = sign(message.as_bytes(), &pair.key, pair.algorithm).unwrap();
    format!("{message}.{signature}")
}

#[test]
fn a_token_of_each_algorithm_is_taken() {
    let server = Server::begin(all_keys());
    let (tokens, now) = (server.tokens(), now());
    let client = |role, organisations: &[&str]| Client {
        id: "oauth:arbor".into(),
        role,
        organisations: organisations.iter().map(|one| (*one).to_owned()).collect(),
    };
    for (pair, (kid, algorithm)) in
        pairs().iter().zip([("ec", "ES256"), ("rsa", "RS256"), ("pss", "PS256"), ("ed", "EdDSA")])
    {
        let token = signed(&header(kid, algorithm).to_string(), &server.claims(now).to_string(), pair);
        assert_eq!(tokens.client(&token, now), Ok(client(Role::PartnerSystem, &["urn:100001"])), "{algorithm}");
    }
    let several = client(Role::Auditor, &["urn:100001", "urn:100002"]);
    for change in [
        json!({ "aud": [AUDIENCE, "another"], "typ": "application/AT+JWT" }),
        json!({ "exp": now.as_second() - 20, "iat": now.as_second() + 20, "nbf": now.as_second() + 20 }),
    ] {
        let (mut head, mut claims) = (header("ec", "ES256"), server.claims(now));
        (claims["windscreen_role"], claims["windscreen_organisation"]) =
            ("auditor".into(), json!(["urn:100001", "urn:100002"]));
        for (key, value) in change.as_object().unwrap() {
            if key == "typ" { head[key] = value.clone() } else { claims[key] = value.clone() }
        }
        let token = signed(&head.to_string(), &claims.to_string(), &pairs()[0]);
        assert_eq!(tokens.client(&token, now), Ok(several.clone()), "{change}");
    }
}

/// Every way to be none that is known here, by what is wrong with it.
fn bad(server: &Server, now: Timestamp) -> Vec<(String, String)> {
    let [ec, rsa, _, _, stranger] = pairs();
    let (head, claims) = (header("ec", "ES256"), server.claims(now));
    let (head_text, claims_text) = (head.to_string(), claims.to_string());
    let good = signed(&head_text, &claims_text, ec);
    let parts: Vec<&str> = good.split('.').collect();
    let encoded = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
    let joined =
        |header: &str, claims: &str, signature: &str| format!("{}.{}.{signature}", encoded(header), encoded(claims));
    let mut bad = Vec::new();
    let mut add = |why: &str, token: String| bad.push((why.to_owned(), token));
    // The header.
    for (key, value) in [
        ("alg", json!("none")),
        ("alg", json!("es256")),
        ("alg", json!("ES384")),
        ("alg", json!("RS256")),
        ("alg", json!("HS256")),
        ("alg", json!(null)),
        ("alg", json!(["ES256"])),
        ("typ", json!(null)),
        ("typ", json!("JWT")),
        ("typ", json!("dpop+jwt")),
        ("crit", json!(["b64"])),
        ("crit", json!([])),
        ("kid", json!("nobody's")),
        ("kid", json!(1)),
        ("kid", json!(null)),
        ("kid", json!("rsa")),
        ("kid", json!("to encrypt")),
        ("kid", json!("shared")),
    ] {
        let mut head = head.clone();
        head[key] = value.clone();
        add(&format!("{key} {value}"), signed(&head.to_string(), &claims_text, ec));
    }
    add(
        "alg none, unsigned",
        joined(&json!({ "alg": "none", "typ": "at+jwt", "kid": "ec" }).to_string(), &claims_text, ""),
    );
    add("alg twice", signed(&head_text.replacen('{', "{\"alg\":\"none\",", 1), &claims_text, ec));
    add("another's algorithm", signed(&header("rsa", "PS256").to_string(), &claims_text, rsa));
    for secret in [ec.jwk("ec").to_string(), "secret".into(), String::new()] {
        let pair = Pair { key: EncodingKey::from_secret(secret.as_bytes()), algorithm: Algorithm::HS256 };
        add("a public key as a shared secret", signed(&header("ec", "HS256").to_string(), &claims_text, &pair));
        add("a shared secret", signed(&header("shared", "HS256").to_string(), &claims_text, &pair));
    }
    // A stranger's signature, whatever it says of its key.
    add("a stranger's", signed(&head_text, &claims_text, stranger));
    for (key, value) in [
        ("jwk", stranger.jwk("ec")),
        ("jku", json!("http://127.0.0.1:1/keys")),
        ("x5u", json!("http://127.0.0.1:1/certificate")),
        ("x5c", json!(["MIIB"])),
    ] {
        let mut head = head.clone();
        head[key] = value;
        add(&format!("a stranger's with {key}"), signed(&head.to_string(), &claims_text, stranger));
    }
    // What was changed after it was signed.
    let (last, but_last) = parts[2].split_at(1);
    let flipped = format!("{}{but_last}", if last == "A" { "B" } else { "A" });
    add("signature changed", joined(&head_text, &claims_text, &flipped));
    add("signature cut", joined(&head_text, &claims_text, &parts[2][..40]));
    add("signature missing", joined(&head_text, &claims_text, ""));
    add("signature twice", format!("{good}.{}", parts[2]));
    add("two parts", parts[..2].join("."));
    add("claims changed", joined(&head_text, &claims_text.replace("100001", "100002"), parts[2]));
    add("header changed", joined(&head_text.replace("ec", "ed"), &claims_text, parts[2]));
    for text in ["", ".", "..", "...", "a.b.c", "e30.e30.", "wsk_not_a_key", "\u{e9}"] {
        add(&format!("`{text}`"), text.to_owned());
    }
    add("padded", format!("{}==.{}.{}", parts[0], parts[1], parts[2]));
    for text in ["", "[]", "null", "{", "\"text\""] {
        add(&format!("claims `{text}`"), signed(&head_text, text, ec));
    }
    add("issuer twice", signed(&head_text, &claims_text.replacen('{', "{\"iss\":\"http://stranger\",", 1), ec));
    // The claims.
    let at = now.as_second();
    for (key, value) in [
        ("iss", json!(null)),
        ("iss", json!("http://stranger.example")),
        ("iss", json!(format!("{}/", server.issuer))),
        ("iss", json!([server.issuer])),
        ("aud", json!(null)),
        ("aud", json!("another")),
        ("aud", json!([])),
        ("aud", json!(["another"])),
        ("aud", json!(format!("{AUDIENCE}/"))),
        ("exp", json!(null)),
        ("exp", json!(at - 31)),
        ("exp", json!(0)),
        ("exp", json!((at + 300).to_string())),
        ("exp", json!(1e300)),
        ("exp", json!(i64::MAX)),
        ("nbf", json!(at + 60)),
        ("nbf", json!("now")),
        ("iat", json!(at + 60)),
        ("sub", json!(null)),
        ("sub", json!("a person")),
        ("client_id", json!("another")),
        ("client_id", json!(null)),
        ("client_id", json!(["arbor"])),
        ("windscreen_organisation", json!(null)),
        ("windscreen_organisation", json!([])),
        ("windscreen_organisation", json!("")),
        ("windscreen_organisation", json!(["urn:100001", ""])),
        ("windscreen_organisation", json!([1])),
        ("windscreen_role", json!("social_work_manager")),
        ("windscreen_role", json!("practitioner")),
        ("windscreen_role", json!(["auditor", "operator"])),
        ("windscreen_role", json!(1)),
    ] {
        let mut claims = claims.clone();
        claims[key] = value.clone();
        add(&format!("{key} {value}"), signed(&head_text, &claims.to_string(), ec));
    }
    for name in ["", "ar bor", "ar\nbor", &"a".repeat(201)] {
        let mut claims = claims.clone();
        (claims["sub"], claims["client_id"]) = (name.into(), name.into());
        add("a client's name", signed(&head_text, &claims.to_string(), ec));
    }
    let mut long = claims.clone();
    long["more"] = "x".repeat(8 * 1024).into();
    add("too long", signed(&head_text, &long.to_string(), ec));
    bad
}

#[test]
fn no_bad_token_is_taken() {
    let server = Server::begin(all_keys());
    let (tokens, now) = (server.tokens(), now());
    let bad = bad(&server, now);
    assert!(bad.len() >= 40, "{}", bad.len());
    for (why, token) in bad {
        let taken = tokens.client(&token, now);
        assert!(matches!(taken, Err(NotTaken::NotBelieved(_))), "{why}: {taken:?}");
    }
    // Without a key's name only the one key that there is can be meant.
    let [ec, ..] = pairs();
    let alone = Server::begin(json!({ "keys": [ec.jwk("ec")] }));
    let head = json!({ "alg": "ES256", "typ": "at+jwt" }).to_string();
    let token = signed(&head, &alone.claims(now).to_string(), ec);
    assert!(alone.tokens().client(&token, now).is_ok());
}

#[test]
fn the_server_is_asked_seldom_and_a_key_that_it_takes_back_goes() {
    let [ec, _, _, ed, _] = pairs();
    let server = Server::begin(json!({ "keys": [ec.jwk("ec")] }));
    let (tokens, begins) = (server.tokens(), now());
    let after = |seconds: i64| begins + SignedDuration::from_secs(seconds);
    let token = |kid: &str, algorithm: &str, pair: &Pair, at: Timestamp| {
        signed(&header(kid, algorithm).to_string(), &server.claims(at).to_string(), pair)
    };
    let old = |at| tokens.client(&token("ec", "ES256", ec, at), at);
    let new = |at| tokens.client(&token("ed", "EdDSA", ed, at), at);
    assert!(old(after(0)).is_ok());
    // Two questions: where the keys are, and which.
    assert_eq!(server.asked.load(Ordering::SeqCst), 2);
    for _ in 0..50 {
        assert!(matches!(new(after(10)), Err(NotTaken::NotBelieved(_))));
    }
    assert_eq!(server.asked.load(Ordering::SeqCst), 2, "whoever names a key makes nobody ask");
    *server.keys.lock().unwrap() = Some(json!({ "keys": [ed.jwk("ed")] }));
    assert!(new(after(31)).is_ok(), "a new key is found");
    assert!(matches!(old(after(40)), Err(NotTaken::NotBelieved(_))), "the old one is gone");
    // While the server does not answer, what is known serves for an hour.
    *server.keys.lock().unwrap() = None;
    assert!(new(after(31 + 15 * 60)).is_ok());
    assert_eq!(new(after(31 + 61 * 60)), Err(NotTaken::NotReached));
    *server.keys.lock().unwrap() = Some(json!({ "keys": [ec.jwk("ec")] }));
    assert!(matches!(new(after(31 + 63 * 60)), Err(NotTaken::NotBelieved(_))), "what was taken back meanwhile");
    assert!(old(after(31 + 63 * 60)).is_ok());
}

#[test]
fn an_issuer_is_asked_at_a_safe_address_alone() {
    for issuer in ["http://login.example", "login.example", ""] {
        let settings = TokenSettings {
            issuer: issuer.into(),
            audience: AUDIENCE.into(),
            organisation_claim: String::new(),
            role_claim: String::new(),
        };
        assert!(Tokens::new(settings).is_err(), "{issuer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_taken_over_http_and_why_not_is_said() {
    let server = Server::begin(all_keys());
    let serving = Serving::load(&folder(TINY), None).unwrap().for_real().with_tokens(server.tokens());
    let router = router(Arc::new(serving));
    let evaluate = async |bearer: &str| {
        let request = Request::post("/v1/evaluations").header("content-type", "application/json");
        let request =
            request.header("authorization", format!("Bearer {bearer}")).body(Body::from("{\"facts\":{}}")).unwrap();
        let answer = ask(&router, request).await;
        (answer.status(), answer.headers().clone(), answered(answer).await)
    };
    let now = now();
    let good = signed(&header("ec", "ES256").to_string(), &server.claims(now).to_string(), &pairs()[0]);
    assert_eq!(evaluate(&good).await.0, StatusCode::OK);
    let mut late = server.claims(now);
    late["exp"] = (now.as_second() - 60).into();
    let late = signed(&header("ec", "ES256").to_string(), &late.to_string(), &pairs()[0]);
    let (status, headers, problem) = evaluate(&late).await;
    assert_eq!((status, headers.contains_key("www-authenticate")), (StatusCode::UNAUTHORIZED, true));
    assert!(problem["detail"].as_str().unwrap().contains("it has expired"), "{problem:#}");
    assert!(!problem.to_string().contains(&late));
    // Where the keys cannot be read, it is this service that cannot tell.
    let silent = Server::begin(json!({}));
    *silent.keys.lock().unwrap() = None;
    let serving = Serving::load(&folder(TINY), None).unwrap().for_real().with_tokens(silent.tokens());
    let router = windscreen::api::router(Arc::new(serving));
    let request = Request::post("/v1/evaluations").header("content-type", "application/json");
    let request = request.header("authorization", format!("Bearer {good}")).body(Body::from("{\"facts\":{}}")).unwrap();
    let answer = ask(&router, request).await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers().contains_key("retry-after"));
}
