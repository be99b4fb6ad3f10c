"""Runs exported queries in DuckDB: for each NAME.csv of a folder, NAME.duckdb.sql over it into NAME.duckdb.answers."""

import sys
from pathlib import Path

import duckdb


def text(path):
    return "'" + str(path).replace("'", "''") + "'"


def run(folder):
    for table in sorted(folder.glob("*.csv")):
        query = table.with_suffix(".duckdb.sql")
        if not query.exists():
            continue
        with duckdb.connect() as database:
            database.execute("SET threads = 2")
            database.execute(
                f"CREATE TABLE referrals AS FROM read_csv({text(table)}, header = true, all_varchar = true, "
                "delim = ',', quote = '\"', escape = '\"', nullstr = '')"
            )
            query_text = query.read_text(encoding="utf-8").rstrip().removesuffix(";")
            answers = text(table.with_suffix(".duckdb.answers"))
            database.execute(f"COPY ({query_text}\n) TO {answers} (FORMAT csv, HEADER, NULLSTR '\\N')")


if __name__ == "__main__":
    run(Path(sys.argv[1]))
