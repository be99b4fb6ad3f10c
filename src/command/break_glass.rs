//! `windscreen break-glass`: makes an account for when nobody can sign in as usual, and prints its secret this once.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

use super::print;
use crate::access::break_glass::{Account, Accounts, roles};
use crate::decision::Role;

/// Makes an account for when nobody can sign in as usual.
#[derive(Debug, Args)]
pub(super) struct BreakGlassArgs {
    /// The file of accounts that `serve --break-glass` names; made when it is missing
    file: PathBuf,
    /// What the account is called: lower-case letters, digits and hyphens. One that is there gets a new secret
    #[arg(long, value_name = "NAME")]
    account: String,
    /// As whom one acts with it, in the words of the role table: somebody who decides
    #[arg(long, value_name = "ROLE", value_parser = role)]
    role: Role,
    /// For which organisation
    #[arg(long, value_name = "ORGANISATION")]
    organisation: String,
}

fn role(word: &str) -> Result<Role, String> {
    let known = roles().find(|role| role.word() == word);
    known.ok_or_else(|| format!("its role is one of {}", roles().map(Role::word).collect::<Vec<_>>().join(", ")))
}

pub(super) fn run(args: &BreakGlassArgs) -> anyhow::Result<ExitCode> {
    let before = if args.file.exists() { Accounts::read(&args.file)? } else { Accounts::default() };
    let (account, secret) =
        Account::draw(&args.account, args.role, &args.organisation).map_err(|fault| anyhow::anyhow!("{fault}"))?;
    write(&args.file, &before.with(account).text())
        .with_context(|| format!("`{}` cannot be written", args.file.display()))?;
    print(&format!("{secret}\n"))?;
    anstream::eprintln!(
        "this is shown once: write it on paper, seal it, and lock it away. Restart the server, which reads the file at its \
         start; try it, and see that the board is told"
    );
    Ok(ExitCode::SUCCESS)
}

/// Whole or not at all; as it was readable before, and at first by its owner alone.
fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut fresh = tempfile::NamedTempFile::new_in(folder)?;
    fresh.write_all(text.as_bytes())?;
    fresh.as_file().sync_all()?;
    if let Ok(before) = fs::metadata(path) {
        fresh.as_file().set_permissions(before.permissions())?;
    }
    fresh.persist(path)?;
    Ok(())
}
