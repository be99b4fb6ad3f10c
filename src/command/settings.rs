//! Settings: a flag beats a variable of the environment, and a variable beats the file that `--config` names.
//!
//! What the file says is put behind the command line as flags, so that one reader checks it all by the same rules. What
//! cannot be taken is told with where it was said; a name that is none is refused, for a setting that is silently left
//! out may be the one that mattered.

use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};
use toml::de::{DeTable, DeValue};

use super::BAD_COMMAND_LINE;

/// The flag, and the variable, that name the file.
const CONFIG: &str = "config";
const CONFIG_FLAG: &str = "--config";
const CONFIG_VARIABLE: &str = "WINDSCREEN_CONFIG";
/// How every variable of the environment begins.
const OURS: &str = "WINDSCREEN_";
/// The log's filter, which has no flag.
const LOG: &str = "WINDSCREEN_LOG";
/// What Kubernetes tells every container of a service that is called as the program is, or begins so.
const OF_A_CLUSTER: [&str; 3] = ["_SERVICE_HOST", "_SERVICE_PORT", "_PORT"];
/// What only tests read.
const OF_TESTS: [&str; 2] = ["WINDSCREEN_TEST_", "WINDSCREEN_WRITE_"];

/// What was said, and where.
#[derive(Debug)]
pub(super) struct Settings {
    root: Command,
    /// As the command line's reader took it.
    pub(super) matches: ArgMatches,
    sources: Sources,
}

/// Where each setting comes from.
#[derive(Debug, Default)]
struct Sources {
    file: PathBuf,
    /// The settings that the file says, and on which lines.
    lines: BTreeMap<String, usize>,
}

impl Settings {
    /// Reads the command line, the environment and the file.
    ///
    /// # Errors
    /// With the code to end with, when something of it cannot be taken, which is told; or when there is nothing to do
    /// but what was asked for: help, or the version.
    pub(super) fn read(mut command: Command) -> Result<Self, ExitCode> {
        command.build();
        let said: Vec<OsString> = env::args_os().collect();
        unknown_variables(&command).map_err(|fault| refused(&fault))?;
        let mut sources = Sources::default();
        let mut all = said.clone();
        if let Some(file) = named(&said) {
            let entries = entries(&file).map_err(|fault| refused(&fault))?;
            sources.file = file;
            let added = flags(entries, &command, &said, &mut sources).map_err(|fault| refused(&fault))?;
            let end = all.iter().position(|one| one == "--").unwrap_or(all.len());
            all.splice(end..end, added);
        }
        let read = command.try_get_matches_from_mut(all);
        let matches = read.map_err(|error| {
            let place = place_of(&error, asked(&command, &said), &said, &sources);
            // What cannot be told is not told.
            let _ = error.print();
            if let Some(place) = place {
                anstream::eprintln!("\n{place}");
            }
            if error.exit_code() == 0 { ExitCode::SUCCESS } else { ExitCode::from(BAD_COMMAND_LINE) }
        })?;
        Ok(Self { root: command, matches, sources })
    }

    /// The command that runs, and what it was given.
    fn command(&self) -> (&Command, &ArgMatches) {
        let (mut command, mut leaf) = (&self.root, &self.matches);
        while let Some((name, below)) = leaf.subcommand() {
            (command, leaf) = (command.find_subcommand(name).unwrap_or(command), below);
        }
        (command, leaf)
    }

    /// Where a setting was said, as people look for it: after what is wrong with it.
    pub(super) fn place(&self, id: &str) -> String {
        let (command, leaf) = self.command();
        let arg = command.get_arguments().find(|arg| arg.get_id() == id);
        match (leaf.value_source(id), arg) {
            (Some(ValueSource::CommandLine), Some(arg)) => match self.sources.line(id) {
                Some(place) => place,
                None => format!("`--{}`", arg.get_long().unwrap_or(id)),
            },
            (Some(ValueSource::EnvVariable), Some(arg)) => {
                variable(arg).map(|name| format!("`{name}`")).unwrap_or_default()
            }
            _ => format!("`{id}`, which nobody set"),
        }
    }

    fn bare_place(&self, id: &str) -> String {
        self.place(id).replace('`', "")
    }

    /// The file, where one was named.
    pub(super) fn file(&self) -> Option<&Path> {
        Some(self.sources.file.as_path()).filter(|file| !file.as_os_str().is_empty())
    }

    /// What `serve` would run with, as a file that can be read again: each with where it was said, and no secret.
    pub(super) fn printed(&self) -> String {
        let (command, leaf) = self.command();
        let mut text = format!("# windscreen {}: every setting, and where it was said\n", command.get_name());
        for arg in command.get_arguments().filter(|arg| is_setting(arg)) {
            let id = arg.get_id().as_str();
            let value = match arg.get_action() {
                ArgAction::SetTrue => Some(toml::Value::Boolean(leaf.get_flag(id))),
                _ => leaf.get_raw(id).and_then(|mut all| all.next()).map(value),
            };
            // What nobody said stays unsaid in the file: some settings may stand only beside others. Writing to a text
            // does not fail.
            let _ = match (value, leaf.value_source(id)) {
                (Some(value), Some(ValueSource::DefaultValue)) => writeln!(text, "# {id} = {value}  # default"),
                (Some(_), Some(_)) if arg.is_hide_env_values_set() => {
                    writeln!(text, "# {id} = \"not shown\"  # {}", self.bare_place(id))
                }
                (Some(value), Some(_)) => writeln!(text, "{id} = {value}  # {}", self.bare_place(id)),
                _ => writeln!(text, "# {id} =  # not set"),
            };
        }
        text
    }
}

impl Sources {
    fn line(&self, id: &str) -> Option<String> {
        self.lines.get(id).map(|line| format!("`{id}` in {}:{line}", self.file.display()))
    }
}

/// A number stands as one, and everything else as text: the file may say either.
fn value(raw: &OsStr) -> toml::Value {
    let text = raw.to_string_lossy();
    text.parse().map_or_else(|_| toml::Value::String(text.into_owned()), toml::Value::Integer)
}

fn refused(fault: &str) -> ExitCode {
    anstream::eprintln!("error: {fault}");
    ExitCode::from(BAD_COMMAND_LINE)
}

/// What can be set beside the command line: what has a variable, but for the file's own name.
fn is_setting(arg: &Arg) -> bool {
    arg.get_env().is_some() && arg.get_id() != CONFIG
}

fn variable(arg: &Arg) -> Option<&str> {
    arg.get_env()?.to_str()
}

/// Every setting of any command: a file may be for several.
fn all_settings(command: &Command) -> BTreeMap<&str, &Arg> {
    let below = command.get_subcommands().flat_map(all_settings);
    let own = command.get_arguments().filter(|arg| is_setting(arg)).map(|arg| (arg.get_id().as_str(), arg));
    below.chain(own).collect()
}

/// The file that was named.
fn named(said: &[OsString]) -> Option<PathBuf> {
    let of_flag = |(place, one): (usize, &OsString)| match one.to_str()?.strip_prefix(CONFIG_FLAG)? {
        "" => said.get(place + 1).map(PathBuf::from),
        rest => rest.strip_prefix('=').map(PathBuf::from),
    };
    let flag = said.iter().enumerate().skip(1).take_while(|(_, one)| *one != "--").filter_map(of_flag).last();
    flag.or_else(|| env::var_os(CONFIG_VARIABLE).filter(|name| !name.is_empty()).map(PathBuf::from))
}

/// The command that was asked for, as far as it can be told: its flags are checked later.
fn asked<'c>(command: &'c Command, said: &[OsString]) -> &'c Command {
    let mut asked = command;
    let mut is_value = false;
    for one in said.iter().skip(1) {
        let found = if is_value { None } else { asked.find_subcommand(one) };
        is_value = one == CONFIG_FLAG || one == "--color";
        asked = found.unwrap_or(asked);
    }
    asked
}

/// A setting as the file says it.
struct Entry {
    id: String,
    line: usize,
    value: Said,
}

enum Said {
    Flag(bool),
    Text(String),
}

fn entries(file: &Path) -> Result<Vec<Entry>, String> {
    let shown = file.display();
    let text = std::fs::read_to_string(file).map_err(|error| format!("the settings in `{shown}`: {error}"))?;
    let line = |span: Range<usize>| text[..span.start].matches('\n').count() + 1;
    let table = DeTable::parse(&text).map_err(|error| {
        let line = error.span().map_or(1, line);
        format!("{shown}:{line}: this is not TOML: {}", error.message())
    })?;
    let mut entries = Vec::new();
    for (name, value) in table.into_inner() {
        let (line, id) = (line(name.span()), name.into_inner().into_owned());
        let value = match value.into_inner() {
            DeValue::Boolean(is) => Said::Flag(is),
            DeValue::String(text) => Said::Text(text.into_owned()),
            DeValue::Integer(number) if number.radix() == 10 => Said::Text(number.as_str().to_owned()),
            _ => return Err(format!("{shown}:{line}: `{id}` is a text, a whole number, true or false")),
        };
        entries.push(Entry { id, line, value });
    }
    // In the file's order, so that the first fault is the first that a reader meets.
    entries.sort_by_key(|entry| entry.line);
    Ok(entries)
}

/// What the file says as flags of the command that was asked for, where neither a flag nor a variable says otherwise.
fn flags(
    entries: Vec<Entry>,
    command: &Command,
    said: &[OsString],
    sources: &mut Sources,
) -> Result<Vec<OsString>, String> {
    let known = all_settings(command);
    let asked = asked(command, said);
    let mut flags = Vec::new();
    for Entry { id, line, value } in entries {
        let place = format!("{}:{line}", sources.file.display());
        let Some(arg) = known.get(id.as_str()) else {
            let near = nearest(&id, known.keys().copied());
            return Err(format!("{place}: no setting is called `{id}`{near}"));
        };
        let is_flag = matches!(arg.get_action(), ArgAction::SetTrue);
        let long = arg.get_long().unwrap_or(&id);
        let flag = match (is_flag, &value) {
            (true, Said::Flag(true)) => format!("--{long}"),
            (true, Said::Flag(false)) => continue,
            (true, Said::Text(_)) => return Err(format!("{place}: `{id}` is true or false")),
            (false, Said::Flag(_)) => return Err(format!("{place}: `{id}` is a text or a number, not true or false")),
            (false, Said::Text(text)) => format!("--{long}={text}"),
        };
        // Some commands take as a word of theirs what others take as a flag.
        let is_asked = asked.get_arguments().any(|arg| arg.get_id() == id.as_str() && arg.get_long().is_some());
        if is_asked && !is_flagged(said, long) && !is_in_environment(arg) {
            sources.lines.insert(id, line);
            flags.push(flag.into());
        }
    }
    Ok(flags)
}

fn is_flagged(said: &[OsString], long: &str) -> bool {
    let is_it = |one: &OsString| {
        let rest = one.to_str().and_then(|one| one.strip_prefix("--")).and_then(|one| one.strip_prefix(long));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    };
    said.iter().take_while(|one| *one != "--").any(is_it)
}

fn is_in_environment(arg: &Arg) -> bool {
    arg.get_env().is_some_and(|name| env::var_os(name).is_some())
}

/// A variable that begins as ours and is none: a slip of the pen would leave out what it was to say.
fn unknown_variables(command: &Command) -> Result<(), String> {
    let known = all_settings(command);
    let known: Vec<&str> = known.values().filter_map(|arg| variable(arg)).chain([CONFIG_VARIABLE, LOG]).collect();
    let mut names: Vec<String> = env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect();
    names.sort();
    let is_of_others = |name: &str| {
        // `…_PORT_8443_TCP_ADDR` too.
        let of_a_cluster = |part: &&str| name.ends_with(part) || name.contains(&format!("{part}_"));
        OF_TESTS.iter().any(|of| name.starts_with(of)) || OF_A_CLUSTER.iter().any(of_a_cluster)
    };
    let is_none = |name: &&String| name.starts_with(OURS) && !known.contains(&name.as_str()) && !is_of_others(name);
    match names.iter().find(is_none) {
        Some(name) => Err(format!("no setting is the variable `{name}`{}", nearest(name, known.iter().copied()))),
        None => Ok(()),
    }
}

fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> String {
    let near = known.map(|one| (strsim::damerau_levenshtein(name, one), one)).min();
    near.filter(|(apart, _)| *apart <= 3).map(|(_, one)| format!("; did you mean `{one}`?")).unwrap_or_default()
}

/// Where a value was said that cannot be taken.
fn place_of(error: &clap::Error, asked: &Command, said: &[OsString], sources: &Sources) -> Option<String> {
    if !matches!(error.kind(), ErrorKind::InvalidValue | ErrorKind::ValueValidation) {
        return None;
    }
    let Some(ContextValue::String(shown)) = error.get(ContextKind::InvalidArg) else { return None };
    let arg = asked.get_arguments().find(|arg| arg.to_string() == *shown)?;
    if let Some(place) = sources.line(arg.get_id().as_str()) {
        return Some(format!("It was said by {place}."));
    }
    match arg.get_long() {
        Some(long) if is_flagged(said, long) => Some(format!("It was said by the flag `--{long}`.")),
        _ => variable(arg).map(|name| format!("It was said by the variable `{name}`.")),
    }
}
