//! Who acts at the terminal; the same table decides as for the API.
//!
//! Over a record of invented families anybody of the demonstration, over one of real families only whom a file names: so
//! that what is done is recorded as done by somebody who is there, under the id by which their provider knows them. Who
//! sits at the terminal is not checked here: whoever reads the key file could do as much without this program.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use serde::Deserialize;

use crate::access::{DEMONSTRATION, Operation, Permit, demonstration, permit};
use crate::decision::{Actor, Role};
use crate::record::Record;
use crate::record::families::Families;

/// Who acts.
#[derive(Debug, Clone, Args)]
pub(super) struct ActorArg {
    /// Who asks: somebody whom --terminal-people names; where families are invented, also somebody of the demonstration
    #[arg(long = "as", value_name = "WHO", env = "WINDSCREEN_AS")]
    who: String,
    /// A YAML file of who may act at the terminal: who, id, name, role, organisation
    #[arg(long, value_name = "FILE", env = "WINDSCREEN_TERMINAL_PEOPLE")]
    terminal_people: Option<PathBuf>,
}

/// Somebody who may act at the terminal.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    /// What they are called after `--as`.
    who: String,
    /// As the identity provider calls them.
    id: String,
    name: String,
    role: Role,
    organisation: String,
}

impl ActorArg {
    /// That they may do something to this record.
    pub(super) fn permit(&self, operation: Operation, record: &Record) -> anyhow::Result<Permit> {
        let is_real = record.families()?.as_deref() == Some(Families::Real.word());
        let actor = match &self.terminal_people {
            Some(file) => named(file, &self.who)?,
            None if is_real => anyhow::bail!(
                "this record is of real families, and nobody invented acts on it: `--terminal-people FILE` names who may"
            ),
            None => demonstration(&self.who).with_context(|| {
                let known: Vec<&str> = DEMONSTRATION.iter().map(|(id, ..)| *id).collect();
                format!("nobody is called `{}`; the demonstration knows {}", self.who, known.join(", "))
            })?,
        };
        let role = actor.role.word();
        permit(actor, operation).with_context(|| format!("this is not for the role `{role}`"))
    }
}

fn named(file: &Path, who: &str) -> anyhow::Result<Actor> {
    let shown = file.display();
    let text = std::fs::read_to_string(file).with_context(|| format!("`{shown}` cannot be read"))?;
    let people: Vec<Person> = serde_yaml::from_str(&text).with_context(|| format!("`{shown}`"))?;
    for (at, person) in people.iter().enumerate() {
        let Person { who, id, name, role, organisation } = person;
        anyhow::ensure!(
            [who, id, name, organisation].into_iter().all(|text| !text.trim().is_empty()),
            "`{shown}`: `{who}` lacks a name, an id or an organisation"
        );
        anyhow::ensure!(*role != Role::PartnerSystem, "`{shown}`: `{who}` is a person, and no partner's system");
        let is_twice = people[..at].iter().any(|before| before.who == *who);
        anyhow::ensure!(!is_twice, "`{shown}`: `{who}` is there twice");
    }
    let known: Vec<&str> = people.iter().map(|person| person.who.as_str()).collect();
    let known = known.join(", ");
    let found = people.into_iter().find(|person| person.who == who);
    let Person { id, name, role, organisation, .. } =
        found.with_context(|| format!("nobody is called `{who}`; `{shown}` names {known}"))?;
    Ok(Actor { id, name, role, organisation })
}
