//! As much of a browser as a page without scripts needs: cookies, forms, links.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt;
use tower::ServiceExt;

/// A page that was loaded.
#[derive(Debug, Clone)]
pub struct Page {
    pub status: StatusCode,
    pub path: String,
    pub html: String,
    headers: HeaderMap,
}

/// An input of a form, as the page made it.
#[derive(Debug, Clone)]
pub struct Input {
    pub name: String,
    pub kind: String,
    pub value: String,
    pub is_chosen: bool,
}

/// A form of a page.
#[derive(Debug, Clone)]
pub struct Form {
    pub action: String,
    pub inputs: Vec<Input>,
}

/// Somebody at a browser.
#[derive(Debug, Clone)]
pub struct Browser {
    router: Router,
    pub cookie: Option<String>,
}

/// The value of an attribute of a tag.
pub fn attribute(tag: &str, name: &str) -> Option<String> {
    let begin = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    let end = tag[begin..].find('"')? + begin;
    Some(unescaped(&tag[begin..end]))
}

pub fn unescaped(text: &str) -> String {
    let plain = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#x27;", "'"),
        ("&#39;", "'"),
        ("&#x2f;", "/"),
        ("&#34;", "\""),
    ];
    let text = plain.iter().fold(text.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain));
    text.replace("&amp;", "&")
}

impl Browser {
    pub fn new(router: &Router) -> Self {
        Self { router: router.clone(), cookie: None }
    }

    pub async fn signed_in(router: &Router, who: &str) -> Self {
        let mut browser = Self::new(router);
        let page = browser.post("/sign-in", &[("who", who)]).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{who}");
        browser
    }

    /// The same browser before another server.
    pub fn at(self, router: &Router) -> Self {
        Self { router: router.clone(), ..self }
    }

    pub async fn send(&mut self, request: Request<Body>) -> Page {
        let path = request.uri().path().to_owned();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        for cookie in answer.headers().get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            if pair.starts_with("windscreen_session=") {
                self.cookie = (!pair.ends_with('=')).then(|| pair.to_owned());
            }
        }
        let location = answer.headers().get(header::LOCATION).map(|to| to.to_str().unwrap().to_owned());
        let (status, headers) = (answer.status(), answer.headers().clone());
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        let html = String::from_utf8_lossy(&bytes).into_owned();
        if html.contains("<main") {
            assert_eq!(html.matches("<h1").count(), 1, "a page has one heading: {path}");
        }
        Page { status, path: location.unwrap_or(path), html, headers }
    }

    fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        let request = Request::builder().method(method).uri(path).header(header::HOST, "127.0.0.1:8080");
        match &self.cookie {
            Some(cookie) => request.header(header::COOKIE, cookie),
            None => request,
        }
    }

    pub async fn get(&mut self, path: &str) -> Page {
        let path = path.split('#').next().unwrap();
        let request = self.request("GET", path).body(Body::empty()).unwrap();
        self.send(request).await
    }

    /// Loads a page, and the one that it leads to.
    pub async fn go(&mut self, path: &str) -> Page {
        let mut page = self.get(path).await;
        while page.status == StatusCode::SEE_OTHER {
            page = self.get(&page.path.clone()).await;
        }
        page
    }

    pub async fn post(&mut self, path: &str, pairs: &[(&str, &str)]) -> Page {
        self.post_from(path, pairs, "http://127.0.0.1:8080").await
    }

    pub async fn post_from(&mut self, path: &str, pairs: &[(&str, &str)], origin: &str) -> Page {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(pairs);
        let request = self
            .request("POST", path)
            .header(header::ORIGIN, origin)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let request = request.body(Body::from(body.finish())).unwrap();
        self.send(request).await
    }

    /// Begins a draft; its path.
    pub async fn begin_draft(&mut self) -> String {
        let page = self.go("/drafts").await;
        self.submit(&page.form("/drafts"), &[]).await.path
    }

    /// Begins a draft about one child, whose number is 1; its path.
    pub async fn begin_draft_of_a_child(&mut self) -> String {
        let draft = self.begin_draft().await;
        let form = self.go(&format!("{draft}/children")).await.form("/children");
        self.submit(&form, &[("add".to_owned(), "child".to_owned())]).await;
        draft
    }

    /// Sends a form as it stands, with some inputs filled in, and goes where that leads.
    pub async fn submit(&mut self, form: &Form, filled: &[(String, String)]) -> Page {
        let page = self.submit_only(form, filled).await;
        if page.status == StatusCode::SEE_OTHER { self.go(&page.path.clone()).await } else { page }
    }

    pub async fn submit_only(&mut self, form: &Form, filled: &[(String, String)]) -> Page {
        let standing = form.inputs.iter().filter(|input| {
            let is_filled = filled.iter().any(|(name, _)| *name == input.name);
            let is_sent = match input.kind.as_str() {
                "radio" | "checkbox" => input.is_chosen,
                "submit" => false,
                _ => true,
            };
            is_sent && !is_filled
        });
        let pairs: Vec<(&str, &str)> = standing
            .map(|input| (input.name.as_str(), input.value.as_str()))
            .chain(filled.iter().map(|(name, value)| (name.as_str(), value.as_str())))
            .collect();
        self.post(&form.action, &pairs).await
    }
}

impl Page {
    /// What a header says; nothing where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The form that is sent to an address.
    pub fn form(&self, action: &str) -> Form {
        let found = self.forms().into_iter().find(|form| form.action.contains(action));
        found.unwrap_or_else(|| panic!("no form to {action} on {}:\n{}", self.path, self.html))
    }

    pub fn forms(&self) -> Vec<Form> {
        let forms = self.html.split("<form").skip(1).map(|rest| rest.split("</form>").next().unwrap());
        forms
            .map(|form| {
                let head = form.split('>').next().unwrap();
                let mut inputs = Vec::new();
                let mut select = String::new();
                for part in form.split('<').skip(1) {
                    let tag = part.split('>').next().unwrap();
                    let text = part.get(tag.len() + 1..).unwrap_or_default();
                    let name = attribute(tag, "name").unwrap_or_default();
                    let input = |name: String, kind: &str, value: String, is_chosen: bool| Input {
                        name,
                        kind: kind.into(),
                        value,
                        is_chosen,
                    };
                    let value = attribute(tag, "value").unwrap_or_default();
                    match tag.split(' ').next().unwrap() {
                        "input" => {
                            let kind = attribute(tag, "type").unwrap_or_default();
                            inputs.push(input(
                                name,
                                &kind,
                                value,
                                tag.ends_with(" checked") || tag.contains(" checked "),
                            ));
                        }
                        "textarea" => {
                            inputs.push(input(name, "text", unescaped(text.strip_prefix('\n').unwrap_or(text)), true))
                        }
                        "select" => {
                            select.clone_from(&name);
                            inputs.push(input(name, "select", String::new(), true));
                        }
                        "option" if tag.contains(" selected") => {
                            if let Some(chosen) = inputs.iter_mut().find(|input| input.name == select) {
                                chosen.value = value;
                            }
                        }
                        "button" => inputs.push(input(name, "submit", value, false)),
                        _ => {}
                    }
                }
                Form { action: attribute(head, "action").unwrap_or_default(), inputs }
            })
            .collect()
    }

    /// The text between two marks.
    pub fn between(&self, from: &str, to: &str) -> Option<String> {
        let begin = self.html.find(from)? + from.len();
        let end = self.html[begin..].find(to)? + begin;
        Some(unescaped(&self.html[begin..end]))
    }

    pub fn title(&self) -> String {
        self.between("<title>", "</title>").unwrap_or_default()
    }
}
