//! `windscreen keys`: the installation's own keys, and the API keys by which partners' systems are known.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::civil::Date;

use super::{Format, RecordArg, count, print, told};
use crate::access::Client;
use crate::decision::Role;
use crate::record::api_keys::ApiKeyListed;
use crate::record::keys::Keys;
use crate::record::{Log, RecordError};
use crate::serving::now;

/// Keys: of the installation, and of partners' systems.
#[derive(Debug, Args)]
pub(super) struct KeysArgs {
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Makes an API key for a partner's system, and prints it this once
    Create(CreateArgs),
    /// Lists the API keys: whose each is, for which organisations, and until when it is taken
    List {
        #[command(flatten)]
        record: RecordArg,
        /// How they are printed
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Revokes an API key: from now on it is not taken, at any replica
    Revoke {
        /// Its id, the middle part of the key
        #[arg(value_name = "ID")]
        id: String,
        #[command(flatten)]
        record: RecordArg,
    },
    /// Prints the public keys that check the signed checkpoints, the one in use first
    Show(#[command(flatten)] RecordArg),
    /// Draws new keys; they are used from the next start on, and the log says which. The old still open and still check
    Rotate(#[command(flatten)] RecordArg),
    /// Seals every referral's key under the newest, and forgets the others. Restart every server before
    Reseal(#[command(flatten)] RecordArg),
}

/// Whose a key is.
#[derive(Debug, Args)]
struct CreateArgs {
    /// What the client is called: letters, digits and hyphens. Two keys of one client are taken at a time
    #[arg(long, value_name = "NAME")]
    client: String,
    /// An organisation that it may act for, such as urn:123456 or ods:A81001; given again for each
    #[arg(long = "organisation", value_name = "ORGANISATION", required = true)]
    organisations: Vec<String>,
    /// Its role, in the words of the role table
    #[arg(long, value_name = "ROLE", default_value = "partner_system", value_parser = role)]
    role: Role,
    /// The last day on which it is taken, within a year
    #[arg(long, value_name = "DATE")]
    until: Date,
    #[command(flatten)]
    record: RecordArg,
}

fn role(word: &str) -> Result<Role, String> {
    let known = Client::ROLES.into_iter().find(|role| role.word() == word);
    known.ok_or_else(|| format!("a system's role is one of {}", Client::ROLES.map(Role::word).join(", ")))
}

fn create(args: &CreateArgs) -> anyhow::Result<()> {
    let client = Client { id: args.client.clone(), role: args.role, organisations: args.organisations.clone() };
    let ends_at = args.until.tomorrow()?.in_tz("Europe/London")?.timestamp();
    let record = args.record.open_existing()?;
    let key = record.make_api_key(&client, ends_at, now()).map_err(told)?;
    print(&format!("{}\n", key.text()))?;
    anstream::eprintln!("this is shown once; {} is taken until the end of {}", key.id(), args.until);
    Ok(())
}

fn list(keys: &[ApiKeyListed], format: Format) -> anyhow::Result<()> {
    if let Format::Json = format {
        return print(&format!("{}\n", serde_json::to_string_pretty(keys)?));
    }
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(["id", "client", "role", "organisations", "made", "ends", "taken"]);
    for key in keys {
        let taken = match key.revoked_at {
            Some(at) => format!("revoked {}", day(at)),
            None if key.is_live(now()) => "yes".into(),
            None => "ended".into(),
        };
        let organisations = key.client.organisations.join(" ");
        let (made, ends) = (day(key.made_at), day(key.ends_at));
        let (id, client, role) = (key.id.as_str(), key.client.id.as_str(), key.client.role.word());
        table.add_row([id, client, role, &organisations, &made, &ends, &taken]);
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    print(&format!("{}\n{}\n", lines.join("\n"), count(keys.len(), "key")))
}

fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

pub(super) fn run(args: &KeysArgs) -> anyhow::Result<ExitCode> {
    match &args.command {
        KeysCommand::Create(args) => create(args)?,
        KeysCommand::List { record, format } => list(&record.open_existing()?.list_api_keys()?, *format)?,
        KeysCommand::Revoke { id, record } => {
            record.open_existing()?.revoke_api_key(id, now()).map_err(|error| match error {
                RecordError::NotFound => anyhow::anyhow!("there is no such key; `windscreen keys list` lists them"),
                error => told(error),
            })?;
            anstream::eprintln!("{id} is taken no longer");
        }
        KeysCommand::Show(record) => {
            record.existing()?;
            let keys = Keys::read(&record.places().keys)?;
            for log in Log::ALL {
                for key in keys.all_public(log) {
                    print(&format!("{key}\n"))?;
                }
            }
        }
        KeysCommand::Rotate(record) => {
            record.existing()?;
            let path = record.places().keys;
            let keys = Keys::read(&path)?.rotated()?;
            keys.write_over(&path)?;
            // Opened once, so that the log says which key signs from now on.
            drop(record.open_existing()?);
            for log in Log::ALL {
                print(&format!("{}\n", keys.public(log)))?;
            }
            anstream::eprintln!("restart every server, copy the key file to where its copy is, then `keys reseal`");
        }
        KeysCommand::Reseal(record) => {
            let path = record.places().keys;
            let resealed = record.open_existing()?.reseal()?;
            Keys::read(&path)?.without_old_seals().write_over(&path)?;
            print(&format!("{} sealed anew\n", count(resealed, "referral key")))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
