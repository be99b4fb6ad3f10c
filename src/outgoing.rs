//! The one way out: how another server is asked, which addresses are safe to ask, and how a message leaves.

pub mod mail;

use std::sync::Arc;
use std::time::Duration;

use ureq::Agent;
use ureq::tls::TlsConfig;

/// How long another server may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(8);
/// More than any answer that is asked for.
pub const MAX_ANSWER: u64 = 512 * 1024;

/// What asks. It follows no redirect: a server's addresses are its own.
pub fn agent() -> Agent {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = TlsConfig::builder().unversioned_rustls_crypto_provider(provider).build();
    let config = Agent::config_builder()
        .tls_config(tls)
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(ANSWER_WITHIN));
    config.build().into()
}

/// Whether what an address answers can be believed: over TLS, or from this machine.
pub fn is_safe(address: &str) -> bool {
    let rest = address.strip_prefix("http://");
    let is_here = rest.is_some_and(|rest| is_of_this_machine(rest.split('/').next().unwrap_or_default()));
    address.starts_with("https://") || is_here
}

/// Whether a host, with or without its port, is this machine.
pub fn is_of_this_machine(host: &str) -> bool {
    let is_port = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    // A name and a password would stand before the host, with a colon between them.
    let name = host.rsplit_once(':').filter(|(_, port)| is_port(port)).map_or(host, |(name, _)| name);
    ["localhost", "127.0.0.1", "[::1]"].contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_safe_over_tls_or_on_this_machine() {
        for address in ["https://a.example", "http://127.0.0.1:8080/x", "http://localhost", "http://[::1]:1/"] {
            assert!(is_safe(address), "{address}");
        }
        let others = ["http://a.example", "http://127.0.0.1.example/", "ftp://127.0.0.1", "", "127.0.0.1"];
        for address in others.into_iter().chain(["http://127.0.0.1:80@a.example/", "http://localhost:x"]) {
            assert!(!is_safe(address), "{address}");
        }
    }

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
