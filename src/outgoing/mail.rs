//! A message by e-mail, handed to a program as `sendmail -t` takes it. Nothing about any child is in one.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

/// How long the program may take: it queues a message, and sends it in its own time.
const TAKEN_WITHIN: Duration = Duration::from_secs(10);
/// How often it is looked whether it has ended.
const LOOKED_EVERY: Duration = Duration::from_millis(20);

/// Why a message was not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotSent {
    /// The program cannot be run.
    #[error("the program that sends messages cannot be run: {0}")]
    NotRun(#[from] std::io::Error),
    /// It ended with something else than 0.
    #[error("the program that sends messages {0}")]
    NotTaken(String),
}

/// A message.
#[derive(Debug, Clone, Copy)]
pub struct Message<'m> {
    /// Whom it is from: one address.
    pub from: &'m str,
    /// Whom it is for: one address.
    pub to: &'m str,
    /// What it is about, without a line's end.
    pub subject: &'m str,
    /// What it says.
    pub text: &'m str,
}

impl Message<'_> {
    /// The message with its head.
    pub fn whole(&self) -> String {
        format!(
            "From: {}\nTo: {}\nSubject: {}\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\
             Auto-Submitted: auto-generated\n\n{}",
            self.from, self.to, self.subject, self.text
        )
    }

    /// Hands it to a program.
    ///
    /// # Errors
    /// When the program cannot be run, does not take it, or takes too long.
    pub fn hand_to(&self, program: &Path) -> Result<(), NotSent> {
        let child = Command::new(program).args(["-t", "-i"]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn();
        let mut child = child?;
        let written = child.stdin.take().map_or(Ok(()), |mut to| to.write_all(self.whole().as_bytes()));
        let ended = ended(&mut child);
        // What it said of itself tells more than that it did not read on.
        ended.and_then(|()| Ok(written?))
    }
}

fn ended(child: &mut Child) -> Result<(), NotSent> {
    let mut waited = Duration::ZERO;
    loop {
        match child.try_wait()? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => return Err(NotSent::NotTaken(format!("ended with {status}"))),
            None if waited >= TAKEN_WITHIN => {
                child.kill()?;
                child.wait()?;
                return Err(NotSent::NotTaken(format!("did not end within {} seconds", TAKEN_WITHIN.as_secs())));
            }
            None => {
                sleep(LOOKED_EVERY);
                waited += LOOKED_EVERY;
            }
        }
    }
}

/// Whether it is one address, and nothing that a header could be broken with.
pub fn is_address(text: &str) -> bool {
    let fine = |byte: u8| byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~@-".contains(&byte);
    text.bytes().all(fine)
        && text
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_breaks_no_header() {
        assert!(is_address("delegate@police.example"));
        for wrong in ["", "delegate", "a@b", "a@b.c\nBcc: x@y.z", "a b@c.d", "a@b@c.d", "<a@b.c>"] {
            assert!(!is_address(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_program_that_does_not_take_it_is_told() {
        let message = Message { from: "a@b.example", to: "c@d.example", subject: "s", text: "t\n" };
        assert!(message.hand_to(Path::new("/bin/true")).is_ok());
        let refused = message.hand_to(Path::new("/bin/false")).unwrap_err().to_string();
        assert!(refused.contains("exit status: 1"), "{refused}");
        assert!(matches!(message.hand_to(Path::new("/nowhere/at/all")), Err(NotSent::NotRun(_))));
    }
}
