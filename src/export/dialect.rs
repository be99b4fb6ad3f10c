//! Dialects: the few things that three databases say differently.

/// For which database a query is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// PostgreSQL; tried in 15.
    Postgres,
    /// DuckDB; tried in 2.0.
    Duckdb,
    /// Spark SQL; tried in 4.3.
    Spark,
}

impl Dialect {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::Duckdb => "DuckDB",
            Self::Spark => "Spark",
        }
    }

    /// A column's name, as it must be written whatever it is.
    pub(super) fn name_of(self, name: &str) -> String {
        match self {
            Self::Postgres | Self::Duckdb => format!("\"{}\"", name.replace('"', "\"\"")),
            Self::Spark => format!("`{}`", name.replace('`', "``")),
        }
    }

    /// A table's name, with its schema before a full stop.
    pub(super) fn table(self, name: &str) -> String {
        name.split('.').map(|part| self.name_of(part)).collect::<Vec<_>>().join(".")
    }

    /// A text.
    pub(super) fn text(self, text: &str) -> String {
        match self {
            Self::Postgres | Self::Duckdb => format!("'{}'", text.replace('\'', "''")),
            // Here a backslash is no letter of its own.
            Self::Spark => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'")),
        }
    }

    /// What stands in a column, as text without spaces around it: a boolean column says `true`, a number its digits.
    pub(super) fn cell(self, column: &str) -> String {
        let text = match self {
            Self::Postgres => "text",
            Self::Duckdb => "VARCHAR",
            Self::Spark => "STRING",
        };
        format!("COALESCE(TRIM(CAST({column} AS {text})), '')")
    }

    /// Whether a text matches a pattern from its first letter to its last.
    pub(super) fn matches(self, text: &str, pattern: &str) -> String {
        match self {
            Self::Postgres => format!("{text} ~ {}", self.text(&format!("^(?:{pattern})$"))),
            Self::Duckdb => format!("regexp_full_match({text}, {})", self.text(pattern)),
            // Java's `$` would let the end of a line stand behind.
            Self::Spark => format!("{text} RLIKE {}", self.text(&format!("\\A(?:{pattern})\\z"))),
        }
    }

    /// A text as a whole number. Only PostgreSQL promises to look at no branch of a CASE too early.
    pub(super) fn number(self, text: &str) -> String {
        match self {
            Self::Postgres => format!("CAST({text} AS bigint)"),
            Self::Duckdb | Self::Spark => format!("TRY_CAST({text} AS BIGINT)"),
        }
    }

    /// How a layer begins. PostgreSQL and DuckDB would else work out a layer anew wherever the next names it; Spark does
    /// not put what is dear and named twice into the layer above.
    pub(super) fn layer(self) -> &'static str {
        match self {
            Self::Postgres | Self::Duckdb => "AS MATERIALIZED",
            Self::Spark => "AS",
        }
    }

    /// What stands before a query that becomes a view.
    pub(super) fn create_view(self, view: &str) -> String {
        format!("CREATE OR REPLACE VIEW {} AS\n", self.table(view))
    }
}
