//! Whose families a record holds: invented ones or real ones, never both. It is settled when it is first served.

use super::store::Transaction;
use super::{Record, RecordError, migrate};

/// The name of the setting.
const FAMILIES: &str = "families";

/// Whose families are entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Families {
    /// Somebody made them up, to show the program or to try it.
    Invented,
    /// They live somewhere.
    Real,
}

impl Families {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Invented => "invented",
            Self::Real => "real",
        }
    }
}

impl Record {
    /// For whose families it was settled to be, by their word; nothing before it is first served.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn families(&self) -> Result<Option<String>, RecordError> {
        Ok(self.store.read(|db| migrate::setting(db, FAMILIES))?)
    }

    /// Whether a record may be served for these families. Nobody real is shown to whoever tries the program, and nobody
    /// invented is mistaken for a child.
    ///
    /// # Errors
    /// When it cannot be read or settled.
    pub fn is_for(&self, families: Families) -> Result<bool, RecordError> {
        match self.families()? {
            Some(settled) => Ok(settled == families.word()),
            // It evaluates and records nothing.
            None if self.read_only().is_some() => Ok(true),
            None => {
                let settle = move |transaction: &mut Transaction<'_>| {
                    Ok(migrate::put_setting(transaction.db(), FAMILIES, families.word())?)
                };
                self.store.write(settle).wait_here()?;
                Ok(true)
            }
        }
    }
}
