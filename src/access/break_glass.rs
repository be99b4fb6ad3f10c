//! Break-glass accounts: how somebody gets in when the identity provider does not answer, or nobody who may act is there.
//!
//! Each has a secret of 128 bits, drawn here, shown once and kept on paper; a file beside the server holds its hash. It
//! does not show who somebody is, so they say it, and say why; the record says that it was used before anybody is let in,
//! and the board is told of every use.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Operation, TABLE};
use crate::decision::{Actor, BREAK_GLASS, Role};
use crate::outgoing::mail::{Message, NotSent};

/// The letters of a secret: none that looks like another.
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// How many of them: 130 bits.
const LONG: usize = 26;
/// How many stand together.
const GROUP: usize = 5;
/// The longest name that somebody may say is theirs.
pub const MAX_NAME: usize = 100;

/// Why somebody breaks the glass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The identity provider does not answer, or refuses everybody.
    ProviderSilent,
    /// Their own sign-in does not work.
    OwnSignIn,
    /// Nobody who may do this can be reached.
    NobodyReached,
    /// To see that it works.
    Drill,
}

impl Why {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::ProviderSilent, Self::OwnSignIn, Self::NobodyReached, Self::Drill];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::ProviderSilent => "provider_silent",
            Self::OwnSignIn => "own_sign_in",
            Self::NobodyReached => "nobody_reached",
            Self::Drill => "drill",
        }
    }

    /// The reason of a word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|why| why.word() == word)
    }

    /// As one says it.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::ProviderSilent => "Nobody can sign in as usual",
            Self::OwnSignIn => "My own sign-in does not work",
            Self::NobodyReached => "Nobody who may do this can be reached",
            Self::Drill => "A drill, to see that it works",
        }
    }
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// What it is called: lower-case letters, digits and hyphens.
    pub id: String,
    /// As whom one acts with it.
    pub role: Role,
    /// For which organisation.
    pub organisation: String,
    /// The hash of its secret.
    secret: String,
}

impl Account {
    /// An account and its secret, which is shown once.
    ///
    /// # Errors
    /// What is wrong with it, or that the system gives no randomness.
    pub fn draw(id: &str, role: Role, organisation: &str) -> Result<(Self, String), String> {
        let mut bytes = [0; LONG];
        getrandom::fill(&mut bytes).map_err(|error| error.to_string())?;
        let letters: Vec<u8> = bytes.iter().map(|byte| LETTERS[usize::from(byte % 32)]).collect();
        let groups: Vec<String> =
            letters.chunks(GROUP).map(|group| String::from_utf8_lossy(group).into_owned()).collect();
        let secret = groups.join("-");
        let (id, organisation) = (id.to_owned(), organisation.to_owned());
        let account = Self { id, role, organisation, secret: hash(&secret) };
        account.fault().map_or(Ok((account, secret)), Err)
    }

    /// Whoever acts with it, by the name that they say.
    pub fn actor(&self, name: &str) -> Actor {
        let (id, name) = (format!("{BREAK_GLASS}{}", self.id), format!("{name} (break-glass)"));
        Actor { id, name, role: self.role, organisation: self.organisation.clone() }
    }

    fn fault(&self) -> Option<String> {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if self.id.is_empty() || !self.id.bytes().all(is_plain) {
            return Some(format!("`{}` is no short name: lower-case letters, digits and hyphens", self.id));
        }
        if self.organisation.is_empty() || !self.organisation.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Some(format!("`{}`: say for which organisation, such as council:example", self.id));
        }
        let known: Vec<&str> = roles().map(Role::word).collect();
        let is_one = known.contains(&self.role.word());
        (!is_one).then(|| format!("`{}`: its role is one of {}", self.id, known.join(", ")))
    }
}

/// The roles that an account may have: it is there for children. Who erases, or runs the service, has a terminal.
pub fn roles() -> impl Iterator<Item = Role> {
    let decides = |role: &Role| TABLE.iter().any(|(of, does, _)| of == role && *does == Operation::Decide);
    Role::ALL.into_iter().filter(decides)
}

/// The hash of a secret, however it was typed: without what stands between its letters, and with those that are
/// mistaken for others.
fn hash(secret: &str) -> String {
    let plain = secret.chars().filter(|letter| !letter.is_whitespace() && *letter != '-').map(|letter| {
        match letter.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            letter => letter,
        }
    });
    let plain: String = plain.collect();
    HEXLOWER.encode(&Sha256::new().chain_update(b"windscreen break-glass 1\0").chain_update(plain).finalize())
}

/// Why there are no accounts to let anybody in.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// The file cannot be read.
    #[error("`{path}` cannot be read: {cause}", path = path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        cause: io::Error,
    },
    /// It is no such file.
    #[error("`{path}`: {why}", path = path.display())]
    Form {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
}

/// How the board is told.
#[derive(Debug, Clone)]
pub struct Board {
    /// Its address, one that breaks no header.
    pub to: String,
    /// The address that messages come from, one of the same kind.
    pub from: String,
    /// The program that takes them, as `sendmail -t` does.
    pub program: PathBuf,
}

/// The file of accounts.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accounts {
    #[serde(default)]
    account: Vec<Account>,
}

impl Accounts {
    /// Reads a file of accounts.
    ///
    /// # Errors
    /// When it cannot be read, is none, or an account in it cannot be.
    pub fn read(path: &Path) -> Result<Self, NotTaken> {
        let form = |why: String| NotTaken::Form { path: path.to_owned(), why };
        let text = fs::read_to_string(path).map_err(|cause| NotTaken::File { path: path.to_owned(), cause })?;
        let accounts: Self = toml::from_str(&text).map_err(|error| form(error.message().to_owned()))?;
        for (at, account) in accounts.account.iter().enumerate() {
            if let Some(fault) = account.fault() {
                return Err(form(fault));
            }
            if accounts.account[..at].iter().any(|before| before.id == account.id) {
                return Err(form(format!("`{}` is there twice", account.id)));
            }
        }
        Ok(accounts)
    }

    /// With one more, or with another secret of one that is there.
    #[must_use]
    pub fn with(mut self, account: Account) -> Self {
        self.account.retain(|before| before.id != account.id);
        self.account.push(account);
        self
    }

    /// As its file.
    pub fn text(&self) -> String {
        // Plain data: it always serialises.
        toml::to_string(self).unwrap_or_default()
    }
}

/// The accounts of a server, and how the board is told.
#[derive(Debug)]
pub struct BreakGlass {
    accounts: Accounts,
    board: Board,
    /// Where people reach this service.
    address: String,
}

/// A use of one.
#[derive(Debug)]
pub struct Used<'u> {
    /// Which.
    pub account: &'u Account,
    /// Who they say they are.
    pub name: &'u str,
    /// Why.
    pub why: Why,
    /// When.
    pub at: Timestamp,
}

impl BreakGlass {
    /// Accounts, and the board that is told.
    ///
    /// # Errors
    /// When the file cannot be read, or there is none in it.
    pub fn new(path: &Path, board: Board, address: String) -> Result<Self, NotTaken> {
        let accounts = Accounts::read(path)?;
        if accounts.account.is_empty() {
            let why = "it has no account: `windscreen break-glass` makes one".to_owned();
            return Err(NotTaken::Form { path: path.to_owned(), why });
        }
        Ok(Self { accounts, board, address })
    }

    /// The account whose secret it is.
    pub fn account(&self, secret: &str) -> Option<&Account> {
        // What two hashes have in common tells nothing of the secret.
        let hash = hash(secret);
        self.accounts.account.iter().find(|account| account.secret == hash)
    }

    /// Tells the board.
    ///
    /// # Errors
    /// When the message is not taken.
    pub fn tell(&self, used: &Used<'_>) -> Result<(), NotSent> {
        let Used { account, name, why, at } = used;
        let at = at.in_tz("Europe/London").map(|at| at.strftime("%-d %B %Y at %H:%M").to_string());
        let at = at.unwrap_or_else(|_| used.at.to_string());
        let subject = format!("Break-glass account used: {}", account.id);
        let text = format!(
            "The break-glass account `{}` was used to sign in at {}.\n\nAt: {at}\nBy, as they say: {name}\nAs: {}, {}\nWhy: {}\n\n\
             It does not show who it was. Ask them, and whoever keeps the secret; what they read and decided is recorded under \
             {BREAK_GLASS}{}. Then have a new secret made.\n",
            account.id,
            self.address,
            account.role.word(),
            account.organisation,
            why.in_words(),
            account.id
        );
        let Board { to, from, program } = &self.board;
        Message { from, to, subject: &subject, text: &text }.hand_to(program)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_however_it_is_typed_and_no_other_is() {
        let (account, secret) = Account::draw("duty", Role::SocialWorkManager, "council:example").unwrap();
        assert_eq!(secret.len(), LONG + LONG / GROUP, "{secret}");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("accounts");
        fs::write(&path, Accounts::default().with(account).text()).unwrap();
        assert!(!fs::read_to_string(&path).unwrap().contains(&secret));
        let board = Board { to: "board@a.example".into(), from: "hub@a.example".into(), program: "/bin/true".into() };
        let known = BreakGlass::new(&path, board.clone(), String::new()).unwrap();
        for typed in [
            secret.clone(),
            secret.replace('-', ""),
            secret.to_uppercase(),
            format!(" {secret}\n"),
            secret.replace('0', "O").replace('1', "l"),
        ] {
            assert!(known.account(&typed).is_some(), "{typed}");
        }
        for typed in ["", "duty", &secret[1..], &format!("{secret}0")] {
            assert!(known.account(typed).is_none(), "{typed}");
        }
        // A new secret takes the place of the old.
        let (again, newer) = Account::draw("duty", Role::SocialWorker, "council:example").unwrap();
        fs::write(&path, Accounts::read(&path).unwrap().with(again).text()).unwrap();
        let known = BreakGlass::new(&path, board, String::new()).unwrap();
        assert!(known.account(&secret).is_none() && known.account(&newer).is_some());
    }

    #[test]
    fn what_cannot_be_an_account_is_told() {
        for (id, role, organisation, word) in [
            ("", Role::SocialWorker, "council:example", "no short name"),
            ("Duty", Role::SocialWorker, "council:example", "no short name"),
            ("duty", Role::SocialWorker, "", "for which organisation"),
            ("duty", Role::Operator, "council:example", "its role is one of call_taker"),
            ("duty", Role::PartnerSystem, "council:example", "its role is one of"),
        ] {
            let fault = Account::draw(id, role, organisation).unwrap_err();
            assert!(fault.contains(word), "{fault}");
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("accounts");
        let board = |to: &str| Board { to: to.into(), from: "a@b.example".into(), program: "/bin/true".into() };
        let (account, _) = Account::draw("duty", Role::SocialWorker, "council:example").unwrap();
        let text = Accounts::default().with(account).text();
        for (text, word) in [
            (String::new(), "it has no account"),
            (format!("{text}{text}"), "`duty` is there twice"),
            (text.replace("social_worker", "auditor"), "its role is one of"),
            (text.replace("secret", "password"), "password"),
        ] {
            fs::write(&path, &text).unwrap();
            let fault = BreakGlass::new(&path, board("b@c.example"), String::new()).unwrap_err().to_string();
            assert!(fault.contains(word), "{fault}");
        }
    }
}
