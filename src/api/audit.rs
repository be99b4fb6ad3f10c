//! `/v1/audit/...`: checkpoints, tiles, entries and proofs, so that a board can watch the record from outside.
//!
//! The tiles are those of C2SP tlog-tiles under `/v1/audit/{log}`, as far as the log is signed.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

use super::acting::{Audit, May, Prove};
use super::problem::{Problem, ProblemType};
use super::recording::not_here;
use super::room::away;
use crate::record::leaf::digest;
use crate::record::log::{Hash, leaf_hash};
use crate::record::tiles::Place;
use crate::record::{Log, Record};

const TEXT: &str = "text/plain; charset=utf-8";
const BYTES: &str = "application/octet-stream";

fn log(name: &str) -> Result<Log, Problem> {
    Log::named(name).ok_or_else(not_here)
}

fn texts(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(|hash| BASE64.encode(hash)).collect()
}

/// What is proven.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub(super) enum Proof {
    /// That the signed log has an entry: for `index`.
    Inclusion(Inclusion),
    /// That the signed log continues what it was: for `since`.
    Continued(Continued),
}

/// A proof that the signed log has an entry.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Inclusion {
    /// The log's origin.
    log: String,
    /// The entry's place, from 0.
    index: u64,
    /// The entry's hash.
    leaf_hash: String,
    /// The hashes from the entry upwards, in base64 (RFC 6962, section 2.1.1).
    hashes: Vec<String>,
    /// The signed checkpoint that they lead to.
    checkpoint: String,
}

/// A proof that the signed log continues what it was.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Continued {
    /// The log's origin.
    log: String,
    /// How many entries it had.
    since: u64,
    /// The hashes, in base64 (RFC 6962, section 2.1.2).
    hashes: Vec<String>,
    /// The signed checkpoint that they lead to.
    checkpoint: String,
}

/// The signed checkpoints
#[utoipa::path(
    get,
    path = "/v1/audit/checkpoint",
    tag = "audit",
    responses((status = 200, description = "Both logs' signed notes, fit for minutes", body = String, content_type = "text/plain")),
)]
pub(super) async fn checkpoints(may: May<Prove>) -> Response {
    let notes: Vec<String> = Log::ALL.into_iter().filter_map(|log| may.record.checkpoint(log)).collect();
    ([(header::CONTENT_TYPE, TEXT)], notes.join("\n")).into_response()
}

/// The signed checkpoint of a log
#[utoipa::path(
    get,
    path = "/v1/audit/{log}/checkpoint",
    tag = "audit",
    params(("log" = String, Path, description = "`decisions` or `rules`")),
    responses(
        (status = 200, description = "A signed note", body = String, content_type = "text/plain"),
        (status = 404, description = "No such log", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn checkpoint(
    may: May<Prove>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(name) = path.map_err(|_| not_here())?;
    let note = may.record.checkpoint(log(&name)?).ok_or_else(not_here)?;
    Ok(([(header::CONTENT_TYPE, TEXT)], note).into_response())
}

/// The hashes of a tile
#[utoipa::path(
    get,
    path = "/v1/audit/{log}/tile/{level}/{*place}",
    tag = "audit",
    params(
        ("log" = String, Path, description = "`decisions` or `rules`"),
        ("level" = u32, Path, description = "0 for the hashes of entries"),
        ("place" = String, Path, description = "As tlog-tiles writes it: `x001/067`, `x001/067.p/8` for a part"),
    ),
    responses(
        (status = 200, description = "Hashes of 32 bytes", body = String, content_type = "application/octet-stream"),
        (status = 404, description = "The signed log has no such tile", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn tile(
    may: May<Prove>,
    path: Result<Path<(String, u32, String)>, PathRejection>,
) -> Result<Response, Problem> {
    let Path((name, level, place)) = path.map_err(|_| not_here())?;
    let (log, place) = (log(&name)?, Place::parse(&place).ok_or_else(not_here)?);
    let hashes = away(move || may.record.tile(log, level, place).map_err(Problem::record)).await??;
    Ok(([(header::CONTENT_TYPE, BYTES)], hashes.concat()).into_response())
}

/// The entries of a tile
#[utoipa::path(
    get,
    path = "/v1/audit/{log}/tile/entries/{*place}",
    tag = "audit",
    params(
        ("log" = String, Path, description = "`decisions` or `rules`"),
        ("place" = String, Path, description = "As tlog-tiles writes it"),
    ),
    responses(
        (status = 200, description = "Each entry after its length in two bytes", body = String, content_type = "application/octet-stream"),
        (status = 404, description = "The signed log has no such tile", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn entries(
    may: May<Audit>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, Problem> {
    let Path((name, place)) = path.map_err(|_| not_here())?;
    let (log, place) = (log(&name)?, Place::parse(&place).ok_or_else(not_here)?);
    let entries = away(move || may.record.tile_entries(log, place).map_err(Problem::record)).await??;
    let mut bytes = Vec::new();
    for entry in entries {
        // A leaf is codes and hashes: some hundred bytes.
        let length = u16::try_from(entry.len()).map_err(|_| Problem::internal())?;
        bytes.extend(length.to_be_bytes());
        bytes.extend(entry.as_bytes());
    }
    Ok(([(header::CONTENT_TYPE, BYTES)], bytes).into_response())
}

/// What is to be proven.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProofQuery {
    index: Option<u64>,
    since: Option<u64>,
}

/// Prove that the signed log has an entry, or continues what it was
#[utoipa::path(
    get,
    path = "/v1/audit/{log}/proof",
    tag = "audit",
    params(
        ("log" = String, Path, description = "`decisions` or `rules`"),
        ("index" = Option<u64>, Query, description = "The entry's place, as in a receipt"),
        ("since" = Option<u64>, Query, description = "In place of `index`: the size of an earlier checkpoint"),
    ),
    responses(
        (status = 200, description = "An `Inclusion`; with `since` a `Continued`", body = Proof),
        (status = 400, description = "Neither or both of `index` and `since`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "Not signed yet: it is within a second", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn proof(
    may: May<Prove>,
    path: Result<Path<String>, PathRejection>,
    query: Result<Query<ProofQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Path(name) = path.map_err(|_| not_here())?;
    let log = log(&name)?;
    let wrong = || Problem::new(ProblemType::BadRequest, "the query takes either `index` or `since`, a whole number");
    let Query(query) = query.map_err(|_| wrong())?;
    let record = may.record;
    let proof = match (query.index, query.since) {
        (Some(index), None) => away(move || included(&record, log, index).map(Proof::Inclusion)).await??,
        (None, Some(since)) => away(move || continued(&record, log, since).map(Proof::Continued)).await??,
        _ => return Err(wrong()),
    };
    Ok(axum::Json(proof).into_response())
}

fn included(record: &Record, log: Log, index: u64) -> Result<Inclusion, Problem> {
    let proof = record.proof(log, index).map_err(Problem::record)?;
    let leaf_hash = digest(&leaf_hash(proof.leaf.as_bytes()));
    let (hashes, checkpoint) = (texts(&proof.hashes), proof.checkpoint);
    Ok(Inclusion { log: record.keys().origin(log), index, leaf_hash, hashes, checkpoint })
}

fn continued(record: &Record, log: Log, since: u64) -> Result<Continued, Problem> {
    let (checkpoint, hashes) = record.continues(log, since).map_err(Problem::record)?;
    Ok(Continued { log: record.keys().origin(log), since, hashes: texts(&hashes), checkpoint })
}
