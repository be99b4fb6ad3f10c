//! Writes `docs/performance.md` from the figures that the benchmarks left: every figure as it was measured and as a
//! ratio within its run; what nobody measured says so.

#[path = "../../../performance/figures.rs"]
#[allow(dead_code, reason = "it reads figures and leaves none")]
mod figures;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value;
use minijinja::{Environment, UndefinedBehavior, context};

type Named = BTreeMap<String, f64>;

const NOT_MEASURED: &str = "not measured";
const TEMPLATE: &str = include_str!("../../../performance/document.md");
/// The other engines, by their names in the figures.
const OTHERS: [&str; 7] = ["zen_expression", "zen_table", "cel", "rhai", "cedar", "rego", "rego_interpreter"];

fn main() {
    let mut figures: BTreeMap<String, Named> = BTreeMap::new();
    for entry in fs::read_dir(figures::folder()).expect("figures: run `make bench`").flatten() {
        let path = entry.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let named = serde_json::from_slice(&fs::read(&path).expect("figures")).expect("figures by name");
        figures.insert(name, named);
    }
    fastest(&mut figures);
    growth(&mut figures);
    let mut template = Environment::new();
    template.set_undefined_behavior(UndefinedBehavior::Chainable);
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
    template.set_syntax(syntax.expect("a syntax"));
    template.add_filter("time", |value: Value| shown(&value, time));
    template.add_filter("size", |value: Value| shown(&value, size));
    template.add_filter("count", |value: Value| shown(&value, count));
    template.add_function("ratio", |one: Value, other: Value| match quotient(&one, &other) {
        Some(ratio) => number(ratio),
        None => NOT_MEASURED.to_owned(),
    });
    template.add_function("at_least", |one: Value, other: Value, aim: f64| verdict(&one, &other, |ratio| ratio >= aim));
    template.add_function("at_most", |one: Value, other: Value, aim: f64| verdict(&one, &other, |ratio| ratio <= aim));
    template.add_function("within", |value: Value, aim: f64, unit: String| {
        let show = if unit == "time" { time } else { size };
        match f64::try_from(value) {
            Ok(value) => format!("{} | {}", show(value), met(value <= aim)),
            Err(_) => format!("{NOT_MEASURED} | "),
        }
    });
    template.add_template("document", TEMPLATE).expect("a template");
    let document = template.get_template("document").expect("a template");
    let figures =
        Value::from_pairs(figures.into_iter().map(|(benchmark, named)| (benchmark, Value::from_pairs(named))));
    let text = document.render(context! { machine => machine(), versions => versions(), ..figures });
    let docs = figures::folder().join("../../docs/performance.md");
    fs::write(docs, text.expect("a document")).expect("written");
}

/// What windscreen is compared with: the fastest of the others, each way.
fn fastest(figures: &mut BTreeMap<String, Named>) {
    let Some(engines) = figures.get_mut("engines") else { return };
    for way in ["parsed", "json"] {
        let of_others = OTHERS.iter().filter_map(|engine| engines.get(&format!("{engine}_{way}")).copied());
        if let Some(fastest) = of_others.reduce(f64::max) {
            engines.insert(format!("fastest_{way}"), fastest);
        }
    }
}

/// How many times as much the most cost as the fewest, to how many times as many they are.
fn growth(figures: &mut BTreeMap<String, Named>) {
    let Some(engines) = figures.get_mut("engines") else { return };
    for (what, few, most) in [("criteria", 10.0, 128.0), ("facts", 10.0, 256.0)] {
        let rate = |size: f64| engines.get(&format!("{what}_{size}_outline_parsed")).copied();
        if let (Some(of_few), Some(of_most)) = (rate(few), rate(most)) {
            engines.insert(format!("{what}_growth"), of_few / of_most / (most / few));
        }
    }
}

fn shown(value: &Value, show: fn(f64) -> String) -> String {
    f64::try_from(value.clone()).map_or(NOT_MEASURED.to_owned(), show)
}

fn quotient(one: &Value, other: &Value) -> Option<f64> {
    Some(f64::try_from(one.clone()).ok()? / f64::try_from(other.clone()).ok()?)
}

fn verdict(one: &Value, other: &Value, is_met: impl Fn(f64) -> bool) -> String {
    match quotient(one, other) {
        Some(ratio) => format!("{} | {}", number(ratio), met(is_met(ratio))),
        None => format!("{NOT_MEASURED} | "),
    }
}

fn met(is_met: bool) -> &'static str {
    if is_met { "met" } else { "**not met**" }
}

/// Three digits that matter, or whole.
fn number(value: f64) -> String {
    match value.abs() {
        whole if whole >= 100.0 => count(value),
        tens if tens >= 10.0 => format!("{value:.1}"),
        ones if ones >= 0.1 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

fn count(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn time(seconds: f64) -> String {
    match seconds {
        whole if whole >= 1.0 => format!("{} s", number(seconds)),
        milli if milli >= 1e-3 => format!("{} ms", number(seconds * 1e3)),
        micro if micro >= 1e-6 => format!("{} µs", number(seconds * 1e6)),
        _ => format!("{} ns", number(seconds * 1e9)),
    }
}

fn size(bytes: f64) -> String {
    match bytes {
        mebi if mebi >= 1024.0 * 1024.0 => format!("{} MiB", number(bytes / 1024.0 / 1024.0)),
        _ => format!("{} KiB", number(bytes / 1024.0)),
    }
}

/// What it was measured on; no name of a machine, and no path.
fn machine() -> Value {
    let line = |file: &str, key: &str| {
        let text = fs::read_to_string(file).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix(':'));
        line.unwrap_or_default().trim().to_owned()
    };
    let memory = line("/proc/meminfo", "MemTotal").trim_end_matches(" kB").parse::<f64>().unwrap_or_default();
    context! {
        cores => std::thread::available_parallelism().map_or(1, usize::from),
        processor => line("/proc/cpuinfo", "model name"),
        memory => format!("{:.0} GiB", memory / 1024.0 / 1024.0),
        date => windscreen::serving::now().to_string().get(..10),
    }
}

/// The versions of everything that was compared, from the lock of this package.
fn versions() -> Value {
    let lock = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).expect("a lock");
    let mut versions = BTreeMap::new();
    for package in lock.split("[[package]]") {
        let field = |name: &str| {
            package.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = \"")?.strip_suffix('"'))
        };
        if let (Some(name), Some(version)) = (field("name"), field("version")) {
            versions.insert(name.replace('-', "_"), version.to_owned());
        }
    }
    let rust = Command::new("rustc").arg("--version").output();
    let rust = rust.map(|said| String::from_utf8_lossy(&said.stdout).trim().to_owned());
    versions.insert("rust".to_owned(), rust.unwrap_or_default());
    Value::from_pairs(versions)
}
