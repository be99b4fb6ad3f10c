//! Who sent a request, when a proxy stands before this server: what the proxy itself wrote, and nothing else.
//!
//! A proxy appends the address that it sees to `X-Forwarded-For`. Everything before it came from outside, and may be
//! forged; without a proxy that was declared, all of it may.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName};

use crate::access::address::Address;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The last address that is named; none where the last is none.
pub(super) fn last(headers: &HeaderMap) -> Option<Address> {
    let line = headers.get_all(FORWARDED_FOR).iter().next_back()?.to_str().ok()?;
    let named = line.rsplit(',').next()?.trim();
    // Some write a port behind it, and with it brackets.
    let bare = named.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(named);
    let address = bare.parse::<IpAddr>().or_else(|_| named.parse::<SocketAddr>().map(|both| both.ip()));
    address.ok().map(Address::of)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_last_entry_of_the_last_line_counts_and_nothing_else() {
        let last = |lines: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(FORWARDED_FOR, HeaderValue::from_str(line).unwrap());
            }
            last(&headers)
        };
        let is = |text: &str| Some(Address::of(text.parse().unwrap()));
        assert_eq!(last(&["192.0.2.1"]), is("192.0.2.1"));
        assert_eq!(last(&["192.0.2.1, 192.0.2.2"]), is("192.0.2.2"));
        assert_eq!(last(&["192.0.2.1", "192.0.2.3 ,192.0.2.2 "]), is("192.0.2.2"));
        assert_eq!(last(&["192.0.2.1:443"]), is("192.0.2.1"));
        for newer in ["2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:443", "2001:db8::ffff"] {
            assert_eq!(last(&[newer]), is("2001:db8::1"), "{newer}");
        }
        for none in ["", "unknown", "192.0.2.1,", "192.0.2.1, _hidden", "192.0.2", "192.0.2.1 192.0.2.2", "\u{e9}"] {
            assert_eq!(last(&[none]), None, "{none}");
        }
        assert_eq!(last(&[]), None);
    }
}
