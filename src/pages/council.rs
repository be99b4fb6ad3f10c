//! Whose front door it is: the name, the telephone numbers and the colour that stand on every page.

use sha2::{Digest, Sha256};

/// A council's own words and colour.
// INVARIANT: white text on the colour can be read; `new` refuses any other.
#[derive(Debug, Clone)]
pub struct Council {
    /// The council, or the partnership.
    pub name: String,
    /// The hub's telephone number, in office hours.
    pub hub_phone: String,
    /// The Emergency Duty Team's, at other times.
    pub duty_phone: String,
    colour: Colour,
}

#[derive(Debug, Clone, Copy)]
struct Colour(u8, u8, u8);

/// Why a council's colour is not taken.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ColourError {
    /// It is not a colour.
    #[error("`{0}` is not a colour; write six hexadecimal digits, such as #003b5c")]
    NotAColour(String),
    /// White text on it cannot be read by everybody.
    #[error("white text on `{0}` has a contrast of {1}, and needs 4.5 to 1: take a darker colour")]
    TooPale(String, String),
}

impl Council {
    /// A council, when its colour bears white text.
    ///
    /// # Errors
    /// When the colour is none, or too pale.
    pub fn new(name: &str, hub_phone: &str, duty_phone: &str, colour: &str) -> Result<Self, ColourError> {
        let [name, hub_phone, duty_phone] = [name, hub_phone, duty_phone].map(str::to_owned);
        Ok(Self { name, hub_phone, duty_phone, colour: Colour::read(colour)? })
    }

    /// The one line of style that differs between councils.
    pub fn style(&self) -> String {
        let Colour(red, green, blue) = self.colour;
        format!(":root{{--council-colour:#{red:02x}{green:02x}{blue:02x}}}\n")
    }

    /// A short hash of that line, for its address.
    pub fn style_hash(&self) -> String {
        short_hash(self.style().as_bytes())
    }
}

/// Enough of a hash to tell one style from the next in an address.
pub(super) fn short_hash(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes)[..8])
}

impl Colour {
    fn read(text: &str) -> Result<Self, ColourError> {
        let digits = text.strip_prefix('#').unwrap_or(text);
        let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).unwrap_or_default();
        let [red, green, blue] = bytes[..] else { return Err(ColourError::NotAColour(text.to_owned())) };
        let contrast = 1.05 / (Self(red, green, blue).luminance() + 0.05);
        if contrast < 4.5 {
            return Err(ColourError::TooPale(text.to_owned(), format!("{contrast:.1} to 1")));
        }
        Ok(Self(red, green, blue))
    }

    /// Relative luminance, as WCAG 2.2 defines it.
    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_on_which_white_cannot_be_read_is_refused() {
        let with = |colour| Council::new("Example Council", "01632 960001", "01632 960002", colour).map(|_| ());
        assert_eq!(with("#003b5c"), Ok(()));
        assert_eq!(with("#767676"), Ok(()));
        assert_eq!(with("#777777"), Err(ColourError::TooPale("#777777".into(), "4.5 to 1".into())));
        assert_eq!(with("red"), Err(ColourError::NotAColour("red".into())));
    }
}
