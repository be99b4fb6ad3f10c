"""Runs exported queries in Spark and compares the answers with DuckDB's, which the tests have held against the engine.

Usage: in_spark.py FOLDER, in which each folder holds tables, NAME.spark.sql and NAME.duckdb.answers as the tests wrote
them. Of many small tables every tenth is run. Ends with 0 where every row of every answer is the same.
"""

import csv
import sys
import time
from pathlib import Path

from pyspark.sql import SparkSession

ONE_IN = 10
NULL = "\\N"


def answers(path):
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    return rows[0], sorted(rows[1:])


def text(value):
    return NULL if value is None else str(value)


def compare(spark, table):
    frame = spark.read.csv(str(table), header=True, quote='"', escape='"', ignoreLeadingWhiteSpace=False,
                           ignoreTrailingWhiteSpace=False)
    frame.createOrReplaceTempView("referrals")
    began = time.monotonic()
    answered = spark.sql(table.with_suffix(".spark.sql").read_text(encoding="utf-8").rstrip().removesuffix(";"))
    rows = sorted([text(value) for value in row] for row in answered.collect())
    heading, wanted = answers(table.with_suffix(".duckdb.answers"))
    different = sum(1 for one, other in zip(rows, wanted) if one != other)
    if answered.columns != heading or len(rows) != len(wanted) or different:
        sys.exit(f"{table}: {len(rows)} rows for {len(wanted)}, {different} of them different")
    if len(rows) > 1000:
        print(f"{table.stem}: {len(rows)} rows in {time.monotonic() - began:.1f} s")


def main(folder):
    session = SparkSession.builder.master("local[*]").appName("windscreen").config("spark.ui.enabled", "false")
    spark = session.config("spark.driver.host", "localhost").config("spark.driver.memory", "4g").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    tables = []
    for inside in sorted(path for path in folder.iterdir() if path.is_dir()):
        found = [path for path in sorted(inside.glob("*.csv")) if path.with_suffix(".spark.sql").exists()]
        tables += found if len(found) < ONE_IN else found[::ONE_IN]
    assert tables, "there is nothing to run"
    for table in tables:
        compare(spark, table)
    print(f"{len(tables)} tables are answered in Spark as in DuckDB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
