//! Checkpoints: a log's size and root, signed, in the formats of C2SP tlog-checkpoint and signed-note.
//!
//! Three lines that fit into minutes, and that anyone can check with the public key alone.

use std::fmt;

use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use super::log::Hash;

/// The signature type of an Ed25519 signed note.
const ED25519: u8 = 1;

/// Origin, size and root: a line each.
const CHECKPOINT_LINES: usize = 3;

/// A log's size and root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log: unique to the installation.
    pub origin: String,
    /// How many entries.
    pub size: u64,
    /// The root of their tree.
    pub root: Hash,
}

/// A public key under the name of the log that it signs for, as C2SP writes it: `name+id+key`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// The name in the signature's line.
    pub name: String,
    key: VerifyingKey,
}

/// Why a signed note is no checkpoint of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotACheckpoint {
    /// It is not of that form.
    #[error("the text is not a signed checkpoint")]
    Form,
    /// No line is signed by a known key.
    #[error("no signature of a known key holds over this checkpoint")]
    Signature,
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n{}\n", self.origin, self.size, BASE64.encode(&self.root))
    }
}

impl Checkpoint {
    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
        let number: u64 = size.parse().ok()?;
        let root = BASE64.decode(root.as_bytes()).ok()?.try_into().ok()?;
        // Nothing may be written in two ways, and no line may follow that is not understood.
        let is_plain = !origin.is_empty() && number.to_string() == size && lines.next().is_none();
        is_plain.then(|| Self { origin: origin.to_owned(), size: number, root })
    }

    /// What a note claims, whoever signed it: enough to see which of two is later, and for nothing else.
    pub(super) fn claimed(note: &str) -> Option<Self> {
        Self::parse(&note[..=note.rfind("\n\n")?])
    }

    /// The signed notes of a text that holds several, as the minutes of a meeting do: the three lines above each
    /// signature, whatever else is written there. Three lines that lost their signature are a note too, and none that
    /// anybody believes: what was pasted is never passed over.
    pub fn notes(text: &str) -> Vec<String> {
        let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
        let mut notes: Vec<String> = Vec::new();
        let mut above: &[&str] = &[];
        for run in lines.chunk_by(|one, next| is_signature(one) == is_signature(next)) {
            if is_signature(run[0]) {
                let (before, checkpoint) = above.split_at(above.len().saturating_sub(CHECKPOINT_LINES));
                notes.extend(unsigned(before));
                notes.push(format!("{}\n\n{}\n", checkpoint.join("\n"), run.join("\n")));
                above = &[];
            } else {
                above = run;
            }
        }
        notes.extend(unsigned(above));
        notes
    }

    /// Signs the checkpoint: a signed note.
    pub fn sign(&self, key: &SigningKey) -> String {
        let text = self.to_string();
        format!("{text}\n{}\n", signature_line(&self.origin, &text, key))
    }

    /// Reads a signed note that one of the keys must have signed. Signatures of others may stand beside it.
    ///
    /// # Errors
    /// When it is none.
    pub fn open(note: &str, keys: &[PublicKey]) -> Result<Self, NotACheckpoint> {
        let end = note.rfind("\n\n").ok_or(NotACheckpoint::Form)?;
        let (text, signatures) = (&note[..=end], &note[end + 2..]);
        let checkpoint = Self::parse(text).ok_or(NotACheckpoint::Form)?;
        let signatures = signatures.strip_suffix('\n').ok_or(NotACheckpoint::Form)?;
        let holds = |line: &str| keys.iter().any(|key| key.holds(text, line));
        let is_ours = checkpoint_name_is(&checkpoint, keys) && signatures.split('\n').any(holds);
        if is_ours { Ok(checkpoint) } else { Err(NotACheckpoint::Signature) }
    }
}

fn is_signature(line: &str) -> bool {
    line.starts_with("— ")
}

/// Checkpoints among lines that no signature follows.
fn unsigned(lines: &[&str]) -> impl Iterator<Item = String> {
    let texts = lines.windows(CHECKPOINT_LINES).map(|three| format!("{}\n", three.join("\n")));
    texts.filter(|text| Checkpoint::parse(text).is_some())
}

fn checkpoint_name_is(checkpoint: &Checkpoint, keys: &[PublicKey]) -> bool {
    keys.iter().any(|key| key.name == checkpoint.origin)
}

/// The line of a signed note that signs its text, under a name.
pub(super) fn signature_line(name: &str, text: &str, key: &SigningKey) -> String {
    let public = PublicKey::of(name, key.verifying_key());
    let signed = [public.id().as_slice(), &key.sign(text.as_bytes()).to_bytes()].concat();
    format!("— {name} {}", BASE64.encode(&signed))
}

/// The name, the key's id and the signature of such a line.
fn signature_parts(line: &str) -> Option<(&str, Vec<u8>, Vec<u8>)> {
    let (name, signed) = line.strip_prefix("— ")?.split_once(' ')?;
    let signed = BASE64.decode(signed.as_bytes()).ok()?;
    let (id, signature) = signed.split_at_checked(4)?;
    Some((name, id.to_vec(), signature.to_vec()))
}

impl PublicKey {
    /// Whether a line of a signed note names this key.
    pub(super) fn is_named_in(&self, line: &str) -> bool {
        signature_parts(line).is_some_and(|(name, id, _)| self.name == name && self.id().as_slice() == id)
    }

    /// Whether a line is this key's signature of a text.
    pub(super) fn holds(&self, text: &str, line: &str) -> bool {
        let Some((_, _, signature)) = signature_parts(line).filter(|_| self.is_named_in(line)) else { return false };
        let signature = Signature::from_slice(&signature);
        // Strictly: no second signature that also holds can be made from the first.
        signature.is_ok_and(|signature| self.key.verify_strict(text.as_bytes(), &signature).is_ok())
    }

    /// A key under a name.
    pub fn of(name: &str, key: VerifyingKey) -> Self {
        Self { name: name.to_owned(), key }
    }

    /// Which key it is, in a signature's line.
    fn id(&self) -> [u8; 4] {
        let named = Sha256::new().chain_update(&self.name).chain_update([b'\n', ED25519]);
        let hash: Hash = named.chain_update(self.key.as_bytes()).finalize().into();
        [hash[0], hash[1], hash[2], hash[3]]
    }

    /// Reads `name+id+key`.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, rest) = text.split_once('+')?;
        let (id, key) = rest.split_once('+')?;
        let (kind, key) = BASE64.decode(key.as_bytes()).ok()?.split_first().map(|(kind, key)| (*kind, key.to_vec()))?;
        let key = VerifyingKey::from_bytes(&key.try_into().ok()?).ok()?;
        let key = Self { name: name.to_owned(), key };
        (kind == ED25519 && HEXLOWER.encode(&key.id()) == id).then_some(key)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [[ED25519].as_slice(), self.key.as_bytes()].concat();
        write!(f, "{}+{}+{}", self.name, HEXLOWER.encode(&self.id()), BASE64.encode(&key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_are_searched_for_notes_and_none_is_passed_over() {
        let (root, signed) = (BASE64.encode(&[7; 32]), "— a.example/log AAAA");
        let note = |size: u64| format!("a.example/log\n{size}\n{root}\n\n{signed}\n");
        let minutes =
            format!("Those present noted:\n\n{}\n{signed}\nAny other business.\n\n{}", note(3).trim_end(), note(4));
        let both = [format!("{}{signed}\n", note(3)), note(4)];
        assert_eq!(Checkpoint::notes(&minutes), both);
        // Lost blank lines are none of the note's.
        assert_eq!(Checkpoint::notes(&minutes.replace("\n\n", "\n")), both);
        // One that lost its signature stays, to be refused.
        let lost = format!("a.example/log\n9\n{root}\n\n{}", note(4));
        let found = Checkpoint::notes(&lost);
        assert_eq!(found.len(), 2);
        assert_eq!(Checkpoint::open(&found[0], &[]), Err(NotACheckpoint::Form));
        assert_eq!(Checkpoint::notes(&format!("{}\na.example/log\n9\n{root}\n", note(4))).len(), 2);
        assert_eq!(Checkpoint::notes("Nothing was noted.\n"), [""; 0]);
    }
}
