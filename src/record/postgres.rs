//! The PostgreSQL driver: several replicas may write; whoever holds the logs' heads writes alone.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::time::Duration;

use bytes::BytesMut;
use postgres::config::{Host, SslMode};
use postgres::error::SqlState;
use postgres::types::{Format, IsNull, ToSql, Type};
use postgres::{Client, Config, NoTls, Statement};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::db::{Access, Cell, DbError, Row, Value};

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A replica that stands still with the heads in its hand is let go by the server, so that the others go on; and none
/// waits for them longer than a caller waits for an answer.
const SESSION: &str = "SET synchronous_commit = on; SET idle_in_transaction_session_timeout = '5s'; \
                       SET lock_timeout = '10s'; SET statement_timeout = '60s'; SET client_encoding = 'UTF8'";

/// One connection to a PostgreSQL server.
pub struct Postgres {
    client: Client,
    prepared: BTreeMap<&'static str, Statement>,
}

impl Postgres {
    pub(super) fn open(url: &str, authority: Option<&Path>, access: Access) -> Result<Self, DbError> {
        let mut config: Config = url
            .parse()
            .map_err(|_| DbError::Refused("the address of the PostgreSQL database cannot be read".into()))?;
        config.connect_timeout(CONNECT_TIMEOUT).application_name("windscreen");
        let here = |host: &Host| match host {
            Host::Tcp(name) => ["localhost", "127.0.0.1", "::1"].contains(&name.as_str()),
            #[cfg(unix)]
            Host::Unix(_) => true,
        };
        let mut client = if config.get_hosts().iter().all(here) {
            config.ssl_mode(SslMode::Disable).connect(NoTls)
        } else {
            // Required, with the name and the chain checked: what libpq calls verify-full.
            config.ssl_mode(SslMode::Require).connect(verified(authority)?)
        }
        .map_err(problem)?;
        client.batch_execute(SESSION).map_err(problem)?;
        if access == Access::Read {
            client.batch_execute("SET default_transaction_read_only = on").map_err(problem)?;
        }
        Ok(Self { client, prepared: BTreeMap::new() })
    }

    fn prepared(&mut self, sql: &'static str) -> Result<Statement, DbError> {
        if let Some(statement) = self.prepared.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql).map_err(problem)?;
        self.prepared.insert(sql, statement.clone());
        Ok(statement)
    }

    pub(super) fn execute(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<u64, DbError> {
        let statement = self.prepared(sql)?;
        self.client.execute(&statement, &parameters(values)).map_err(problem)
    }

    pub(super) fn query(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<Row>, DbError> {
        let statement = self.prepared(sql)?;
        let rows = self.client.query(&statement, &parameters(values)).map_err(problem)?;
        rows.iter().map(|row| (0..row.len()).map(|at| cell(row, at)).collect::<Result<_, _>>().map(Row::new)).collect()
    }

    pub(super) fn run(&mut self, script: &str) -> Result<(), DbError> {
        self.client.batch_execute(script).map_err(problem)
    }

    /// Writes anew the tables from which something was deleted; each statement alone, as `VACUUM` must be.
    pub(super) fn compact(&mut self) -> Result<(), DbError> {
        self.run("SET statement_timeout = 0")?;
        let tables = [
            "entry",
            "referral",
            "referral_key",
            "match_key",
            "idempotency",
            "handover",
            "occurrence",
            "kept_transfer",
        ];
        for table in tables {
            self.run(&format!("VACUUM FULL {table}"))?;
        }
        self.run("CHECKPOINT").or(Ok(()))
    }

    /// Begins with the heads in hand: every later statement sees what the last holder committed.
    pub(super) fn begin(&mut self) -> Result<(), DbError> {
        self.run("BEGIN; SELECT name FROM log ORDER BY name FOR UPDATE")
    }
}

/// TLS that trusts one authority alone: the one that the operator names.
fn verified(authority: Option<&Path>) -> Result<MakeRustlsConnect, DbError> {
    let refused = |text: &str| DbError::Refused(text.to_owned());
    let path = authority.ok_or_else(|| {
        refused("the PostgreSQL server is not on this machine: name the certificate that vouches for it")
    })?;
    let unreadable = |_| refused("the certificate that vouches for the PostgreSQL server cannot be read");
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(unreadable)? {
        let added = roots.add(certificate.map_err(unreadable)?);
        added.map_err(|_| refused("the certificate that vouches for the PostgreSQL server is not one"))?;
    }
    Ok(MakeRustlsConnect::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()))
}

fn parameters<'v>(values: &'v [Value<'v>]) -> Vec<&'v (dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

fn cell(row: &postgres::Row, at: usize) -> Result<Cell, DbError> {
    let kind = row.columns()[at].type_();
    let cell = if *kind == Type::INT8 {
        row.try_get::<_, Option<i64>>(at).map(|value| value.map_or(Cell::Null, Cell::Int))
    } else if *kind == Type::BYTEA {
        row.try_get::<_, Option<Vec<u8>>>(at).map(|value| value.map_or(Cell::Null, Cell::Bytes))
    } else {
        row.try_get::<_, Option<String>>(at).map(|value| value.map_or(Cell::Null, Cell::Text))
    };
    cell.map_err(problem)
}

impl ToSql for Value<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(number) => number.to_sql(kind, out),
            Self::Text(text) => text.to_sql(kind, out),
            Self::Bytes(bytes) => bytes.to_sql(kind, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn to_sql_checked(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(number) => number.to_sql_checked(kind, out),
            Self::Text(text) => text.to_sql_checked(kind, out),
            Self::Bytes(bytes) => bytes.to_sql_checked(kind, out),
        }
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Binary
    }
}

/// The server's details can quote a row, so only its message is passed on.
fn problem(error: postgres::Error) -> DbError {
    let Some(server) = error.as_db_error() else { return DbError::Unavailable(error.to_string()) };
    let code = server.code();
    if *code == SqlState::DISK_FULL {
        return DbError::Full;
    }
    // Classes 22, 23 and 42: wrong data, a broken constraint, a wrong statement.
    let is_refusal = ["22", "23", "42"].iter().any(|class| code.code().starts_with(class));
    let text = server.message().to_owned();
    if is_refusal { DbError::Refused(text) } else { DbError::Unavailable(text) }
}
