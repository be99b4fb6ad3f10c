//! Files as they come from people, programs and attackers: each taken as it is meant, or refused with what to do.

use std::fs::File;
use std::io::Write;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

const HEAD: &str = "ref,keeping_safe\n";

/// What became of a file: its rows' codes (`-` where there is none), or what was told of the whole.
fn became(from: &str, bytes: &[u8]) -> Result<Vec<String>, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in");
    std::fs::write(&path, bytes).unwrap();
    let output = evaluate(&["--from", from, "--to", "csv", path.to_str().unwrap()]);
    let told = text(&output.stderr);
    if !told.is_empty() {
        // What came before is answered, and what is told says whether anything was.
        let is_answered = told.contains("rows were answered before that; those that are there are not all");
        assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(1), !is_answered), "{told}");
        return Err(told);
    }
    let codes: Vec<String> = rows_of_csv(&output.stdout)
        .iter()
        .map(|row| match row["answer_fault_codes"].as_str().unwrap() {
            "" => "-".to_owned(),
            codes => codes.to_owned(),
        })
        .collect();
    let is_fine = codes.iter().all(|code| code == "-");
    assert_eq!(output.status.code(), Some(i32::from(!is_fine)));
    Ok(codes)
}

#[test]
fn comma_separated_values_as_they_come() {
    let taken: [(&str, Vec<u8>, &[&str]); 12] = [
        ("a byte order mark", format!("\u{feff}{HEAD}a,safe\n").into(), &["-"]),
        ("carriage returns", "ref,keeping_safe\r\na,safe\r\nb,unable\r\n".into(), &["-", "-"]),
        ("no end of the last line", format!("{HEAD}a,safe").into(), &["-"]),
        ("Windows-1252", b"ref,keeping_safe\nO\x92Brien,safe\n".to_vec(), &["-"]),
        ("quotes over lines", format!("{HEAD}\"a\nb\",safe\nc,safe\n").into(), &["-", "-"]),
        ("rows that are longer or shorter", format!("{HEAD}a\nb,safe,1\nc,safe\n").into(), &["cells", "cells", "-"]),
        ("headings in capitals, with spaces", " REF ,Keeping_Safe\na,safe\n".into(), &["-"]),
        ("rows of commas, as spreadsheets leave them", format!("{HEAD},\na,safe\n,,\n").into(), &["-"]),
        ("a quotation mark never closed", format!("{HEAD}a,\"safe\nb,safe\n").into(), &["unclosed-quote", "-"]),
        ("something behind a quotation mark", format!("{HEAD}\"a\"b,safe\nc,safe\n").into(), &["stray-quote", "-"]),
        ("a cell of 10 MiB", format!("{HEAD}{},safe\nb,safe\n", "x".repeat(10 << 20)).into(), &["too-long", "-"]),
        ("a cell under no heading", "ref,keeping_safe,\na,safe,\nb,safe,x\n".into(), &["-", "no-heading"]),
    ];
    for (what, bytes, codes) in taken {
        assert_eq!(became("csv", &bytes).unwrap(), codes, "{what}");
    }
    let utf16: Vec<u8> = "\u{feff}ref,keeping_safe\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let wide: Vec<String> = (0..600).map(|column| format!("column{column}")).collect();
    let refused: [(&str, Vec<u8>, &[&str]); 13] = [
        ("UTF-16", utf16, &["error[not-utf8]", "CSV UTF-8"]),
        ("nothing", Vec::new(), &["error[no-headings]", "empty"]),
        ("empty lines", b"\n\n\r\n".to_vec(), &["error[no-headings]"]),
        ("headings alone", HEAD.into(), &["error[no-rows]"]),
        ("headings twice", "ref,keeping_safe,Keeping_safe\na,safe,\n".into(), &["error[duplicate-column]"]),
        (
            "an unknown heading",
            "ref,keping_safe\na,safe\n".into(),
            &["error[unknown-column]", "did you mean `keeping_safe`?"],
        ),
        ("no headings", "Ada,Example\nBen,Example\n".into(), &["error[unknown-columns]", "headings missing"]),
        ("semicolons", "ref;keeping_safe\na;safe\n".into(), &["error[not-commas]", "separated by `;`"]),
        ("tabs", "ref\tkeeping_safe\na\tsafe\n".into(), &["error[not-commas]", "separated by tabs"]),
        ("a workbook", b"PK\x03\x04rest".to_vec(), &["error[not-csv]", "--from xlsx"]),
        ("no text", b"ref\0,keeping_safe\n".to_vec(), &["error[not-utf8]"]),
        ("too many columns", format!("{}\n1\n", wide.join(",")).into(), &["512 columns"]),
        ("headings of 10 MiB", "x".repeat(10 << 20).into(), &["error[headings]"]),
    ];
    for (what, bytes, tells) in refused {
        let told = became("csv", &bytes).unwrap_err();
        assert!(tells.iter().all(|tell| told.contains(tell)), "{what}: {told}");
        assert!(!told.contains("Ada"), "{what}: what may be a child's is not repeated: {told}");
    }
}

#[test]
fn a_fault_names_row_and_column_and_says_what_to_write() {
    let input = "ref,received_at,date_of_birth,scope,immediate_danger_now,missing_episodes_90d,keeping_safe\n\
                 a,yesterday,1.2.2012,some,Yes,5 times,saef\n";
    let output = windscreen(&["evaluate", "--from", "csv", "--to", "ndjson", "-"], input);
    let answer = &lines(&output.stdout)[0];
    assert_eq!((&answer["ref"], &answer["problem"]["row"]), (&json!("a"), &json!(2)));
    let errors = answer["problem"]["errors"].as_array().unwrap();
    let told: Vec<(&str, &str)> = errors
        .iter()
        .map(|error| (error["pointer"].as_str().unwrap(), error["suggestion"].as_str().unwrap()))
        .collect();
    assert_eq!(told[0], ("/received_at", "such as 2026-11-24T10:30:00+00:00 or 2026-11-24 10:30"));
    assert_eq!(told[1].0, "/date_of_birth");
    assert_eq!(told[2], ("/scope", "referral or all"));
    assert_eq!(told[3], ("/facts/immediate_danger_now", "yes"));
    assert_eq!(
        told[4],
        ("/facts/missing_episodes_90d", "a whole number, not_known or refused; an empty cell was not asked")
    );
    assert_eq!(told[5], ("/facts/keeping_safe", "safe"));
    assert_eq!(told.len(), 6);
}

#[test]
fn lines_of_json_may_begin_with_a_byte_order_mark() {
    let output = windscreen(&["evaluate", "--ndjson", "-"], "\u{feff}{\"ref\":\"a\",\"facts\":{}}\n");
    assert_eq!((output.status.code(), &lines(&output.stdout)[0]["ref"]), (Some(0), &json!("a")));
}

/// A workbook of one sheet with these rows of XML.
fn workbook(rows: &str, change: impl Fn(&str, String) -> String) -> Vec<u8> {
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let parts = [
        (
            "[Content_Types].xml",
            "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>".to_owned(),
        ),
        (
            "_rels/.rels",
            format!(
                "<Relationships xmlns=\"{package}\"><Relationship Id=\"r1\" Type=\"{office}/officeDocument\" \
                 Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{main}\" xmlns:r=\"{office}\"><sheets><sheet name=\"One\" sheetId=\"1\" r:id=\"r1\"/>\
                 </sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships xmlns=\"{package}\"><Relationship Id=\"r1\" Type=\"{office}/worksheet\" \
                 Target=\"worksheets/sheet1.xml\"/></Relationships>"
            ),
        ),
        ("xl/sharedStrings.xml", format!("<sst xmlns=\"{main}\" uniqueCount=\"1\"><si><t>shared</t></si></sst>")),
        ("xl/worksheets/sheet1.xml", format!("<worksheet xmlns=\"{main}\"><sheetData>{rows}</sheetData></worksheet>")),
    ];
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, part) in parts {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(change(name, part).as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn of_rows(rows: &str) -> Vec<u8> {
    workbook(rows, |_, part| part)
}

/// A row of the sheet: cells as they stand, by column.
fn row(number: usize, cells: &[&str]) -> String {
    let cell = |(column, cell): (usize, &&str)| {
        let place = format!("{}{number}", char::from(b'A' + u8::try_from(column).unwrap()));
        cell.replacen("<c", &format!("<c r=\"{place}\""), usize::from(!cell.contains("r=\"")))
    };
    let cells: String = cells.iter().enumerate().map(cell).collect();
    format!("<row r=\"{number}\">{cells}</row>")
}

fn word(text: &str) -> String {
    format!("<c t=\"inlineStr\"><is><t>{text}</t></is></c>")
}

#[test]
fn what_a_sheet_holds() {
    let head =
        row(1, &[&word("ref"), &word("immediate_danger_now"), &word("missing_episodes_90d"), &word("keeping_safe")]);
    for (what, cells, code) in [
        (
            "a formula's saved value",
            ["<c t=\"str\"><f>A1</f><v>a</v></c>", "<c/>", "<c><f>1+2</f><v>3</v></c>", "<c/>"],
            "-",
        ),
        ("a formula whose value was not saved", ["<c/>", "<c/>", "<c><f>1+2</f></c>", "<c/>"], "wrong-type"),
        ("yes and no as a sheet has them", ["<c/>", "<c t=\"b\"><v>1</v></c>", "<c/>", "<c/>"], "-"),
        ("which are no number", ["<c/>", "<c/>", "<c t=\"b\"><v>1</v></c>", "<c/>"], "wrong-type"),
        ("nor one of other answers", ["<c/>", "<c/>", "<c/>", "<c t=\"b\"><v>1</v></c>"], "wrong-type"),
        ("a number with a fraction", ["<c/>", "<c/>", "<c><v>2.5</v></c>", "<c/>"], "wrong-type"),
        ("a number where yes or no is asked", ["<c/>", "<c><v>1</v></c>", "<c/>", "<c/>"], "unknown-answer"),
        ("an error", ["<c/>", "<c/>", "<c t=\"e\"><v>#N/A</v></c>", "<c/>"], "wrong-type"),
        ("a number as a reference", ["<c><v>1234567</v></c>", "<c/>", "<c/>", "<c/>"], "-"),
        ("a shared text", ["<c t=\"s\"><v>0</v></c>", "<c/>", "<c/>", "<c/>"], "-"),
        ("something beyond the headings", ["<c><v>1</v></c>", "<c/>", "<c/>", "<c r=\"F2\"><v>1</v></c>"], "cells"),
    ] {
        let codes = became("xlsx", &of_rows(&format!("{head}{}", row(2, &cells))));
        assert_eq!(codes.unwrap(), [code], "{what}");
    }
    // Rows of nothing, such as formats leave them, are passed over.
    let spread = format!("{head}{}{}", row(5, &["<c s=\"1\"/>"]), row(9, &["<c><v>7</v></c>"]));
    assert_eq!(became("xlsx", &of_rows(&spread)).unwrap(), ["-"]);
}

#[test]
fn workbooks_that_are_none_or_too_much() {
    let head = row(1, &[&word("ref"), &word("keeping_safe")]);
    let fine = format!("{head}{}", row(2, &[&word("a"), &word("safe")]));
    assert_eq!(became("xlsx", &of_rows(&fine)).unwrap(), ["-"]);
    let changed = |name: &'static str, to: &dyn Fn(String) -> String| {
        workbook(&fine, |part, text| if part == name { to(text) } else { text })
    };
    let sheet = "xl/worksheets/sheet1.xml";
    let shared = "xl/sharedStrings.xml";
    let two = changed("xl/workbook.xml", &|text| {
        text.replace("</sheets>", "<sheet name=\"Two\" sheetId=\"2\" r:id=\"r1\"/></sheets>")
    });
    let huge = |mebibytes: usize| "x".repeat(mebibytes << 20);
    let mut damaged = of_rows(&fine);
    let middle = damaged.len() / 2;
    damaged[middle..middle + 40].fill(0);
    let refused: Vec<(&str, Vec<u8>, &[&str])> = vec![
        ("no zip", b"ref,keeping_safe\na,safe\n".to_vec(), &["error[not-xlsx]", "--from csv"]),
        ("nothing", Vec::new(), &["error[not-xlsx]"]),
        (
            "an older workbook that was called so",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest".to_vec(),
            &["older .xls", "save it as"],
        ),
        (
            "another zip",
            {
                let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
                zip.start_file("letter.txt", SimpleFileOptions::default()).unwrap();
                zip.finish().unwrap().into_inner()
            },
            &["error[not-xlsx]"],
        ),
        ("a damaged one", damaged, &["error[not-xlsx]"]),
        ("headings alone", of_rows(&head), &["error[no-rows]"]),
        ("an empty sheet", of_rows(""), &["error[no-headings]"]),
        ("two sheets", two, &["error[which-sheet]", "One, Two"]),
        (
            "shared texts of 130 MiB",
            changed(shared, &|text| text.replace("shared", &huge(130))),
            &["error[too-large]", "not opened"],
        ),
        (
            "more shared texts than can be",
            changed(shared, &|text| text.replace("=\"1\"", "=\"99999999999\"")),
            &["error[too-large]"],
        ),
        (
            "a cell of 3 MiB",
            changed(sheet, &|text| text.replace("safe</t>", &format!("{}</t>", huge(3)))),
            &["error[too-large]", "a cell"],
        ),
        ("a comment", changed(sheet, &|text| text.replace("<row", "<!-- --><row")), &["error[not-xlsx]"]),
        (
            "rows out of order",
            of_rows(&format!("{head}{}{}", row(5, &[&word("b")]), row(3, &[&word("c")]))),
            &["not in their order"],
        ),
        (
            "an error that is not known",
            of_rows(&format!("{head}{}", row(2, &["<c t=\"e\"><v>#SPILL!</v></c>"]))),
            &["unknown-error"],
        ),
    ];
    for (what, bytes, tells) in refused {
        assert!(bytes.len() < 1 << 20, "{what}: it is small");
        let told = became("xlsx", &bytes).unwrap_err();
        assert!(tells.iter().all(|tell| told.contains(tell)), "{what}: {told}");
    }
}

#[test]
fn one_of_several_sheets_is_read_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("two.xlsx");
    let mut book = Workbook::new();
    for (name, safe) in [("First", "safe"), ("Second", "unable")] {
        let sheet = book.add_worksheet().set_name(name).unwrap();
        for (column, (heading, cell)) in (0..).zip([("ref", name), ("keeping_safe", safe)]) {
            sheet.write_string(0, column, heading).unwrap().write_string(1, column, cell).unwrap();
        }
    }
    book.save(&path).unwrap();
    let path = path.to_str().unwrap();
    let rows = rows_of_csv(&evaluate(&["--sheet", "Second", path]).stdout);
    assert_eq!((&rows[0]["ref"], &rows[0]["answer_at_least"]), (&json!("Second"), &json!("5")));
    let told = text(&evaluate(&["--sheet", "Third", path]).stderr);
    assert!(told.contains("error[no-sheet]") && told.contains("First, Second"), "{told}");
}

#[test]
fn a_rule_set_whose_facts_are_called_like_columns_is_told() {
    let folder = tempfile::tempdir().unwrap();
    crate::copy("fixtures/rule_sets/good/tiny".as_ref(), folder.path());
    let home = folder.path().join("criteria/home.yaml");
    let fact = "  - id: answer_row\n    ask: Is this a question?\n    if_yes: { counts: 2 }\n    source: [example]\n";
    // The list of indicators ends the file.
    File::options().append(true).open(&home).unwrap().write_all(fact.as_bytes()).unwrap();
    let rules = folder.path().to_str().unwrap();
    let output = windscreen(&["evaluate", "--rules", rules, "--from", "csv", "-"], "ref\na\n");
    assert!(text(&output.stderr).contains("error[reserved-name]"), "{}", text(&output.stderr));
}
