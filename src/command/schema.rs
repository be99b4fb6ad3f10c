//! `windscreen schema`: JSON Schemas for partners (facts) and for authors' editors (rule files); the API's document, and
//! requests for trying it.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand};

use super::{RulesArg, print, rules};
use crate::api::{document, http_file};
use crate::criteria::entries::{
    ActionsEntry, CodeListsEntry, FrameworkEntry, GuaranteesEntry, LettersEntry, MappingEntry, ThresholdsEntry,
    TopicEntry,
};
use crate::examples::ExamplesEntry;
use crate::facts_schema::facts_schema;

/// Prints JSON Schemas, and the API's document.
#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    #[command(subcommand)]
    of: Of,
}

#[derive(Debug, Subcommand)]
enum Of {
    /// The facts of a rule set, as a partner sends them
    Facts(RulesArg),
    /// The API, as the OpenAPI document that a server gives out at /openapi.json
    Openapi,
    /// A request for each operation of the API, as a file for an editor's HTTP client
    Http,
    /// The rule files, as an author writes them
    Rules {
        /// Write one file a schema into this folder (an editor looks in rules/schemas) instead of printing them
        #[arg(long, value_name = "DIR")]
        write: Option<PathBuf>,
    },
}

pub(super) fn run(args: &SchemaArgs, quiet: bool) -> anyhow::Result<ExitCode> {
    match &args.of {
        Of::Facts(arg) => {
            let rules = match rules(arg)? {
                Ok(rules) => rules,
                Err(code) => return Ok(code),
            };
            print(&format!("{}\n", serde_json::to_string_pretty(&facts_schema(&rules))?))?;
        }
        Of::Openapi => print(&format!("{}\n", serde_json::to_string_pretty(&document())?))?,
        Of::Http => print(&http_file())?,
        Of::Rules { write: None } => {
            let all: serde_json::Map<_, _> =
                schemas().into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
            print(&format!("{}\n", serde_json::to_string_pretty(&all)?))?;
        }
        Of::Rules { write: Some(folder) } => {
            fs::create_dir_all(folder).with_context(|| format!("`{}` cannot be made", folder.display()))?;
            for (name, schema) in schemas() {
                let path = folder.join(format!("{name}.schema.json"));
                let text = format!("{}\n", serde_json::to_string_pretty(&schema)?);
                fs::write(&path, text).with_context(|| format!("`{}` cannot be written", path.display()))?;
                if !quiet {
                    anstream::eprintln!("wrote {}", path.display());
                }
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The JSON Schemas of the rule files, by the name that a file's first line points at.
fn schemas() -> Vec<(&'static str, serde_json::Value)> {
    fn schema<T: schemars::JsonSchema>() -> serde_json::Value {
        schemars::schema_for!(T).to_value()
    }
    vec![
        ("framework", schema::<FrameworkEntry>()),
        ("topic", schema::<TopicEntry>()),
        ("thresholds", schema::<ThresholdsEntry>()),
        ("actions", schema::<ActionsEntry>()),
        ("code_lists", schema::<CodeListsEntry>()),
        ("letters", schema::<LettersEntry>()),
        ("guarantees", schema::<GuaranteesEntry>()),
        ("mapping", schema::<MappingEntry>()),
        ("examples", schema::<ExamplesEntry>()),
    ]
}
