//! Styles and the icon, each under an address that holds its hash.

use super::asked::{Answer, Answered, Asked, Refused};
use super::look::STYLES;

/// A windscreen.
const ICON: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path d="M3 24 8 8q8-3 16 0l5 16q-13-4-26 0z" fill="#1d70b8"/></svg>"##;

pub(super) fn file(asked: &Asked) -> Answered {
    let council = &asked.front.council;
    let name = asked.part("file");
    if name == format!("windscreen-{}.css", asked.front.look.styles_hash()) {
        Ok(Answer::File("text/css; charset=utf-8", STYLES.to_owned()))
    } else if name == format!("council-{}.css", council.style_hash()) {
        Ok(Answer::File("text/css; charset=utf-8", council.style()))
    } else if name == "icon.svg" {
        Ok(Answer::File("image/svg+xml", ICON.to_owned()))
    } else {
        Err(Refused::NotFound)
    }
}
