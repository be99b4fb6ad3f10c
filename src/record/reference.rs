//! A referral's spoken reference: Crockford's base 32 with a check character, safe to read out over a telephone.

use super::keys::{KeysError, random};

/// Without I, L, O and U: nothing in it is mistaken for something else. The last five are check characters only, and
/// hard to say; a reference that needs one is drawn again.
const SYMBOLS: &[u8; 37] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U";
/// Forty bits: eight characters.
const LENGTH: usize = 8;

/// Draws a reference, such as `4F7K-2M9Q-X`.
///
/// # Errors
/// When the system gives no randomness.
pub fn draw() -> Result<String, KeysError> {
    loop {
        let number = random::<5>()?.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let check = check_character(number);
        if check.is_ascii_alphanumeric() && check != 'U' {
            return Ok(written(number, check));
        }
    }
}

fn check_character(number: u64) -> char {
    // A remainder of 37 is a place among 37.
    char::from(SYMBOLS[(number % 37) as usize])
}

fn written(number: u64, check: char) -> String {
    let symbol = |place: usize| char::from(SYMBOLS[(number >> (5 * (LENGTH - 1 - place)) & 31) as usize]);
    let (first, second): (String, String) = ((0..4).map(symbol).collect(), (4..8).map(symbol).collect());
    format!("{first}-{second}-{check}")
}

/// A reference as it was heard: any case, hyphens or none, I and L for one, O for nought. `None` when the check
/// character does not fit.
pub fn heard(text: &str) -> Option<String> {
    let plain = text.chars().filter(|c| !matches!(c, '-' | ' ')).map(|c| match c.to_ascii_uppercase() {
        'I' | 'L' => '1',
        'O' => '0',
        other => other,
    });
    let plain: Vec<char> = plain.collect();
    let (check, digits) = plain.split_last().filter(|(_, digits)| digits.len() == LENGTH)?;
    let mut number = 0_u64;
    for digit in digits {
        let value = SYMBOLS[..32].iter().position(|symbol| char::from(*symbol) == *digit)?;
        number = number << 5 | value as u64;
    }
    (check_character(number) == *check).then(|| written(number, *check))
}

/// A reference as one says it letter by letter, so that no letter is taken for another: digits as they are, letters
/// by their words.
pub fn aloud(reference: &str) -> String {
    const WORDS: [&str; 26] = [
        "Alfa", "Bravo", "Charlie", "Delta", "Echo", "Foxtrot", "Golf", "Hotel", "India", "Juliett", "Kilo", "Lima",
        "Mike", "November", "Oscar", "Papa", "Quebec", "Romeo", "Sierra", "Tango", "Uniform", "Victor", "Whiskey",
        "X-ray", "Yankee", "Zulu",
    ];
    let word = |letter: char| {
        WORDS.into_iter().find(|word| word.starts_with(letter)).map_or_else(|| letter.to_string(), str::to_owned)
    };
    let group = |group: &str| group.chars().map(word).collect::<Vec<_>>().join(" ");
    reference.split('-').map(group).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_said_letter_by_letter() {
        assert_eq!(aloud("4F7K-2M9Q-X"), "4 Foxtrot 7 Kilo, 2 Mike 9 Quebec, X-ray");
        for _ in 0..50 {
            let reference = draw().unwrap();
            let first = |word: &str| word.chars().next().unwrap();
            let heard_again: String = aloud(&reference).replace(',', "").split(' ').map(first).collect();
            assert_eq!(heard(&heard_again), Some(reference));
        }
    }

    #[test]
    fn a_reference_is_heard_as_it_was_drawn_and_a_slip_is_noticed() {
        for _ in 0..200 {
            let reference = draw().unwrap();
            assert_eq!(heard(&reference), Some(reference.clone()));
            let spoken = reference.to_lowercase().replace('-', " ").replace('1', "l").replace('0', "o");
            assert_eq!(heard(&spoken), Some(reference.clone()));
            for place in 0..reference.len() {
                let mut slip: Vec<u8> = reference.bytes().collect();
                if slip[place] == b'-' {
                    continue;
                }
                slip[place] = if slip[place] == b'7' { b'8' } else { b'7' };
                assert_eq!(heard(&String::from_utf8(slip).unwrap()), None, "{reference} at {place}");
            }
        }
        // Crockford's own example of a check character.
        assert_eq!(check_character(1234), 'D');
    }
}
