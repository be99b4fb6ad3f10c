"""Opens a report's workbook in LibreOffice and compares each sheet with the figure's comma-separated values.

Usage: opened.py FOLDER, which holds report.xlsx and a CSV file a figure. Ends with 0 where every figure is the same.
"""

import csv
import subprocess
import sys
import tempfile
from pathlib import Path

folder = Path(sys.argv[1])
# Every sheet, in UTF-8, as values.
FILTER = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return [trimmed([cell(text) for text in row]) for row in csv.reader(file)]


def cell(text):
    try:
        return float(text)
    except ValueError:
        return text


def trimmed(row):
    while row and row[-1] == "":
        row.pop()
    return row


with tempfile.TemporaryDirectory() as scratch:
    profile = f"-env:UserInstallation=file://{scratch}/profile"
    command = ["soffice", profile, "--headless", "--convert-to", FILTER, "--outdir", scratch, str(folder / "report.xlsx")]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    wrong = []
    figures = sorted(folder.glob("*.csv"))
    for path in figures:
        figure = path.stem
        # A title, a finding, how it is counted, an empty row; then the figure.
        opened = rows(Path(scratch) / f"report-{figure}.csv")[4:]
        if opened != rows(path):
            wrong.append(f"{figure}: the workbook has {opened}, the figure is {rows(path)}")
print("\n".join(wrong) or f"{len(figures)} sheets are what the figures are")
sys.exit(bool(wrong) or not figures)
