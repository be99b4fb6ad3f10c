//! Operations that will go, each with when and what to call instead: one table, from which answers, the document and
//! the page of changes take what they say.
//!
//! `Deprecation` is RFC 9745, `Sunset` RFC 8594. Version 1 only ever adds: an operation that goes is answered for at least
//! a year after it is deprecated, so that a school's system can be changed in its summer.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use serde_json::{Value, json};

/// Where the changes are told.
pub(super) const CHANGES: &str = "/docs/changes";
const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
const SUNSET: HeaderName = HeaderName::from_static("sunset");

/// An operation that will go.
#[derive(Debug)]
pub(super) struct Deprecated {
    /// Its method.
    pub method: Method,
    /// Its path, as the document writes it.
    pub path: &'static str,
    /// Since when it should no longer be called.
    pub since: Timestamp,
    /// When it stops to be answered, once that is known.
    pub until: Option<Timestamp>,
    /// What to call instead, in a sentence.
    pub instead: &'static str,
}

/// Every such operation: none yet.
pub(super) const DEPRECATED: &[Deprecated] = &[];

impl Deprecated {
    fn is_of(&self, method: &Method, route: &str) -> bool {
        self.method == *method && self.path == route.replace("{*", "{")
    }

    /// `@1688169599`, seconds since 1970.
    fn deprecation(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&format!("@{}", self.since.as_second())).ok()
    }

    /// `Sun, 30 Jun 2024 23:59:59 GMT`
    fn sunset(&self) -> Option<HeaderValue> {
        let text = DateTimePrinter::new().timestamp_to_rfc9110_string(&self.until?).ok()?;
        HeaderValue::from_str(&text).ok()
    }
}

/// Says on an answer that its operation will go.
pub(super) fn announce(table: &[Deprecated], method: &Method, route: &str, headers: &mut HeaderMap) {
    let Some(deprecated) = table.iter().find(|one| one.is_of(method, route)) else { return };
    let link = HeaderValue::from_str(&format!("<{CHANGES}>; rel=\"deprecation\"; type=\"text/plain\"")).ok();
    headers.extend(
        [(DEPRECATION, deprecated.deprecation()), (SUNSET, deprecated.sunset())]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    // Beside the link to a next page, where there is one.
    if let Some(link) = link {
        headers.append(header::LINK, link);
    }
}

/// Marks the operations that will go in the document's paths.
pub(super) fn mark(table: &[Deprecated], paths: &mut Value) {
    for one in table {
        let Some(operation) = paths.get_mut(one.path).and_then(|all| all.get_mut(one.method.as_str().to_lowercase()))
        else {
            continue;
        };
        operation["deprecated"] = true.into();
        operation["description"] = one.instead.into();
        for (_, response) in operation["responses"].as_object_mut().into_iter().flatten() {
            let header = |about: &str, example: Option<HeaderValue>| {
                let example = example.and_then(|value| value.to_str().map(str::to_owned).ok());
                json!({ "description": about, "schema": { "type": "string" }, "example": example })
            };
            response["headers"]["Deprecation"] = header("Since when (RFC 9745)", one.deprecation());
            if one.until.is_some() {
                response["headers"]["Sunset"] = header("Until when it is answered (RFC 8594)", one.sunset());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_changes_tells_of_each() {
        let page = include_str!("../../docs/api-changelog.md");
        for one in DEPRECATED {
            assert!(page.contains(&format!("`{} {}`", one.method, one.path)), "{one:?}");
            assert!(page.contains(one.instead), "{one:?}");
            let year = one.until.is_none_or(|until| until.duration_since(one.since).as_hours() >= 365 * 24);
            assert!(year, "{one:?}: whoever calls it has a year");
        }
    }

    #[test]
    fn the_document_marks_it_and_no_other() {
        let table = [Deprecated {
            method: Method::GET,
            path: "/v1/a/{id}",
            since: "2027-09-01T00:00:00Z".parse().unwrap(),
            until: Some("2028-09-01T00:00:00Z".parse().unwrap()),
            instead: "Call `GET /v1/b` instead.",
        }];
        let operation = || json!({ "responses": { "200": { "description": "Fine", "headers": {} } } });
        let mut paths = json!({ "/v1/a/{id}": { "get": operation(), "post": operation() } });
        mark(&table, &mut paths);
        let marked = &paths["/v1/a/{id}"]["get"];
        assert_eq!((&marked["deprecated"], &marked["description"]), (&true.into(), &table[0].instead.into()));
        let headers = &marked["responses"]["200"]["headers"];
        assert_eq!(headers["Deprecation"]["example"], "@1819756800");
        assert_eq!(headers["Sunset"]["example"], "Fri, 01 Sep 2028 00:00:00 GMT");
        assert_eq!(paths["/v1/a/{id}"]["post"], operation());
    }
}
