//! The ways in which a request is broken: one is picked, and with it what of many it is.

use super::Raw;
use crate::reference::dice::Dice;

/// One of a list of texts.
fn one(dice: &mut Dice, texts: &[&str]) -> Vec<u8> {
    dice.pick(texts).unwrap().as_bytes().to_vec()
}

/// Breaks a request in one way.
pub(super) fn broken(raw: &mut Raw, dice: &mut Dice) {
    match dice.below(24) {
        0 => {
            let methods =
                ["", "get", "GE T", "G\0T", "FOO", "PRI", "CONNECT", "TRACE", "OPTIONS", "PATCH", "DELETE", "\u{e9}"];
            raw.method = one(dice, &methods);
        }
        1 => raw.method = vec![b'A'; dice.between(1, 2_000)],
        2 => {
            raw.target = one(
                dice,
                &[
                    "",
                    "*",
                    "//",
                    "?",
                    "#a",
                    "a",
                    "http://other.example/livez",
                    "http://",
                    "ftp://a/b",
                    "host:80",
                    "/a b",
                    "/%",
                    "/%zz",
                    "/%00",
                    "/%ff%fe",
                    "/../../etc/passwd",
                    "/styles/..%2f..%2fetc",
                    "/v1/referrals/%2e%2e",
                    "/v1/referrals/%00",
                    "/referrals/'%20or%201=1--",
                    "/v1/referrals?open=%ff",
                    "/v1/evaluations?explain=x",
                    "/v1/evaluations?explain=full&explain=none",
                    "/v1/audit/decisions/tile/entries/x999999999999999999999",
                    "/v1/audit/decisions/proof?from=-1&to=99999999999999999999",
                    "/handed-over/-1",
                    "/transfers/1/file",
                    "/drafts/x/children",
                    "/batches/1/rows/99999999999999999999",
                    "/docs/../docs",
                    "/docs/%2e%2e/x",
                    "/v1/referrals?limit=-1",
                    "/v1/referrals?after=%F0%9F%92%A9",
                    "/sign-in?to=//elsewhere.example",
                    "/\u{e9}",
                ],
            );
        }
        3 => raw.target = [b"/", &vec![*dice.pick(b"a/%?").unwrap(); dice.between(1_000, 20_000)][..]].concat(),
        4 => {
            let versions =
                ["", "HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "HTTP/1.2", "HTTP/1.10", "http/1.1", "HTTP/9", "ICY/1.1"];
            raw.version = one(dice, &versions);
        }
        5 => {
            let lengths = [
                "0",
                "1",
                "-1",
                "+5",
                "5,5",
                "5, 6",
                "0x5",
                "5 5",
                "",
                " ",
                "99999999999999999999",
                "18446744073709551615",
                "9223372036854775807",
                "1e3",
                "\u{b2}",
                "00000000000000000005",
            ];
            let length = one(dice, &lengths);
            if dice.chance(50) { raw.set("content-length", length) } else { raw.add("content-length", length) }
        }
        6 => {
            let codings = [
                "chunked",
                "identity",
                "gzip, chunked",
                "chunked, chunked",
                "chunked, gzip",
                "xchunked",
                "chunked;q=1",
                " chunked",
                "CHUNKED",
                "\u{b}chunked",
                "",
                ",",
                "trailers",
            ];
            let coding = one(dice, &codings);
            raw.add("transfer-encoding", coding);
        }
        7 => chunks(raw, dice),
        8 => {
            let many = dice.between(60, 300);
            (0..many).for_each(|number| raw.add(&format!("x-{number}"), "a"));
        }
        9 => raw.add("x-long", vec![b'a'; dice.between(10_000, 40_000)]),
        10 => {
            let names = ["", " host", "ho st", "host ", "x\0", "x\u{e9}", "x(", "x\tb", ":", "\u{1}", "x:y"];
            let name = one(dice, &names);
            raw.headers.push((name, b"a".to_vec()));
        }
        11 => {
            let values = [
                &b"\0"[..],
                b"\x01",
                b"\x7f",
                b"\xff\xfe",
                b"a\r\n b",
                b"a\r\n\tb",
                b"a\nb: c",
                b"a\rb",
                b"\t",
                b"",
                b"a\x80",
            ];
            let value = dice.pick(&values).unwrap().to_vec();
            let place = dice.below(raw.headers.len());
            raw.headers[place].1 = value;
        }
        12 => raw.end_of_line = dice.pick(&[&b"\n"[..], b"\r", b"\r\r\n", b"\n\r", b"\r\n\r\n", b""]).unwrap(),
        13 => {
            let hosts = [
                "",
                "a, b",
                "a b",
                "127.0.0.1:99999999",
                "\u{e9}",
                "[::1",
                "@",
                "127.0.0.1:8080/x",
                "elsewhere.example",
            ];
            let host = one(dice, &hosts);
            if dice.chance(50) { raw.set("host", host) } else { raw.add("host", host) }
        }
        14 => {
            let place = dice.below(raw.headers.len());
            if dice.chance(50) {
                raw.headers.remove(place);
            } else {
                let again = raw.headers[place].clone();
                raw.headers.push(again);
            }
        }
        15 => {
            let (name, values) = *dice
                .pick(&[
                    ("expect", &["100-continue", "200-ok", "100-continue, 100-continue", ""][..]),
                    ("upgrade", &["h2c", "websocket", "TLS/1.0", ""]),
                    ("connection", &["upgrade", "keep-alive", "close, keep-alive", "content-length", "x", ""]),
                    ("content-encoding", &["gzip", "br", "identity", "x"]),
                    ("accept", &["text/html", "*/*;q=x", "\u{e9}"]),
                    ("accept-encoding", &["gzip", "*;q=0"]),
                    ("range", &["bytes=0-", "bytes=-99999999999999999999", "bytes=5-1,2-3"]),
                    ("if-match", &["*", "\"x\"", "\"", "W/\"x\"", "x, y"]),
                    ("if-none-match", &["*", "\""]),
                    (
                        "authorization",
                        &[
                            "",
                            "Bearer",
                            "Bearer ",
                            "Bearer a b",
                            "Basic x",
                            "Bearer \u{e9}",
                            "Bearer wsk_a_b",
                            "Bearer e30.e30.e30",
                        ],
                    ),
                    ("idempotency-key", &["", "a b", "\u{e9}", ",", "\"x\""]),
                    ("windscreen-organisation", &["", "x", "\u{e9}"]),
                    (
                        "cookie",
                        &["windscreen_session=x", "=", ";;;", "windscreen_session=\u{e9}; windscreen_session=y", "a"],
                    ),
                    ("x-forwarded-for", &["", "x", "192.0.2.1, ", "::1", "127.0.0.1"]),
                    ("x-request-id", &["", "a b", "\u{e9}", "../x"]),
                    ("traceparent", &["00-x", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "-"]),
                    ("sec-fetch-site", &["same-origin", "cross-site", "\u{e9}"]),
                    ("origin", &["null", "http://", "http://127.0.0.1:8080", "x"]),
                    ("trailer", &["host", "content-length"]),
                    ("date", &["x"]),
                ])
                .unwrap();
            let value = one(dice, values);
            if dice.chance(70) { raw.set(name, value) } else { raw.add(name, value) }
        }
        16 => {
            let kinds = [
                "",
                "x",
                "application/json; charset=utf-16",
                "application/json; charset",
                "text/plain",
                "application/JSON",
                "multipart/form-data",
                "multipart/form-data; boundary=",
                "multipart/form-data; boundary=\"b",
                "\u{e9}",
                "multipart/form-data; boundary=b",
                "application/x-www-form-urlencoded; charset=x",
                "application/x-ndjson",
                "text/csv",
            ];
            let kind = one(dice, &kinds);
            raw.set("content-type", kind);
        }
        17 => {
            let bodies = [
                &b""[..],
                b"{",
                b"}",
                b"[]",
                b"null",
                b"\"",
                b"{\"facts\":[]}",
                b"{\"facts\":{\"x\":{}}}",
                b"{\"facts\":{},\"facts\":{}}",
                b"{\"facts\":{}} x",
                b"\xef\xbb\xbf{\"facts\":{}}",
                b"{\"facts\":{\"a\":\"\xff\xfe\"}}",
                b"{\"facts\":{\"a\":\"\\ud800\"}}",
                b"{\"facts\":{\"a\":1e999}}",
                b"{\"facts\":{\"a\":123456789012345678901234567890}}",
                b"{\"facts\":{}}\0",
                b"\0\0\0\0",
                b"{\"children\":[]}",
                b"{\"children\":[{}]}",
                b"{\"children\":{}}",
                b"{\"received_at\":\"x\",\"facts\":{}}",
                b"{\"received_at\":\"9999-99-99T99:99:99Z\",\"facts\":{}}",
                b"{\"facts\":null,\"concerns\":null}",
                b"{\"\":\"\"}",
                br#"{"received_at":"-009999-01-01T00:00:00Z","children":[{"date_of_birth":"0000-00-00","facts":{}}]}"#,
                b"--b",
                b"--b--",
                b"--b\r\n\r\n",
                b"--b\r\ncontent-disposition: x\r\n\r\n\xff\r\n--b--",
                b"&&&=&=%&%zz=%ff",
                b"=",
                b"\n\n\n",
                b"a,b\r\n\"",
                b"\"a\"b,c\r\n1,2\r\n",
                b"\xff\xfe,\r\n",
            ];
            let body = dice.pick(&bodies).unwrap().to_vec();
            raw.body(body);
        }
        18 => {
            let (open, close) =
                *dice.pick(&[("[", "]"), ("{\"facts\":", "}"), ("{\"a\":[", "]}"), ("{\"children\":[", "]}")]).unwrap();
            let depth = dice.between(10, 5_000);
            raw.body([open.repeat(depth), close.repeat(depth)].concat());
        }
        19 => {
            let size = dice.between(60_000, 400_000);
            let mut body = vec![b'a'; size];
            if dice.chance(50) {
                body = [b"{\"facts\":{\"x\":\"", &body[..], b"\"}}\n"].concat();
            }
            raw.body(body);
        }
        20 => raw.body = raw.body[..dice.below(raw.body.len() + 1)].to_vec(),
        21 => {
            let more = [
                "GET /livez HTTP/1.1\r\n\r\n",
                "\r\n\r\n",
                "x",
                "\0\0\0\0",
                "POST / HTTP/1.1\r\ncontent-length: 9\r\n\r\n",
            ];
            let more = one(dice, &more);
            raw.body.extend(more);
            if dice.chance(50) {
                raw.headers.retain(|(name, _)| name != b"connection");
            }
        }
        22 => {
            let wholes = [
                &b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"[..],
                b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
                b"\r\n\r\n\r\n\r\n",
                b"\n",
                b"",
                b"GET",
                b"GET /",
                b"GET / HTTP/1.1\r\n",
                b"SSH-2.0-x\r\n",
                b"\0\0\0\0\0\0\0\0",
                b"EHLO a\r\n",
                b"GET / HTTP/1.1\r\nhost",
                b"\xff\xff\xff\xff\r\n\r\n",
            ];
            raw.whole = Some(dice.pick(&wholes).unwrap().to_vec());
        }
        _ => bits(raw, dice),
    }
}

/// A body in chunks that are none, or nearly.
fn chunks(raw: &mut Raw, dice: &mut Dice) {
    raw.headers.retain(|(name, _)| name != b"content-length");
    raw.add("transfer-encoding", "chunked");
    let size = format!("{:x}", raw.body.len());
    let body = std::mem::take(&mut raw.body);
    let sizes = [
        size.clone(),
        format!("0{size}"),
        format!("+{size}"),
        format!("-{size}"),
        format!("0x{size}"),
        format!(" {size} "),
        format!("{size};a=b"),
        format!("{size};{}", "a".repeat(20_000)),
        format!("{size};\"\n"),
        "zz".into(),
        String::new(),
        "ffffffffffffffff".into(),
        "fffffffffffffffff".into(),
        "7fffffffffffffff".into(),
        size.to_uppercase(),
        "1".into(),
    ];
    let (size, end) = (dice.pick(&sizes).unwrap(), *dice.pick(&["\r\n", "\n", "", "\r", "\r\n\r\n"]).unwrap());
    let last =
        ["0\r\n\r\n", "0\r\n", "", "00\r\n\r\n", "0\r\nhost: x\r\ncontent-length: 5\r\n\r\n", "0;a\r\n\r\n", "x\r\n"];
    let last = match dice.below(8) {
        7 => format!("0\r\n{}\r\n", (0..500).map(|number| format!("x-{number}: a\r\n")).collect::<String>()),
        which => last[which].to_owned(),
    };
    let right = dice.chance(50);
    let end = if right { "\r\n" } else { end };
    raw.body = [size.as_bytes(), end.as_bytes(), &body, end.as_bytes(), last.as_bytes()].concat();
    // The empty chunks of a drip.
    if dice.chance(10) {
        raw.body = [b"1\r\n \r\n".repeat(dice.between(1, 2_000)), raw.body.clone()].concat();
    }
}

/// Bytes changed, put in, left out and said twice.
fn bits(raw: &mut Raw, dice: &mut Dice) {
    let mut all = raw.bytes();
    for _ in 0..dice.between(1, 6) {
        if all.is_empty() {
            break;
        }
        let place = dice.below(all.len());
        match dice.below(4) {
            0 => all[place] ^= 1 << dice.below(8),
            1 => all.insert(place, *dice.pick(b"\0\r\n :;,%\xff\x7f\"{}[]").unwrap()),
            2 => drop(all.drain(place..(place + dice.between(1, 30)).min(all.len()))),
            _ => {
                let part = all[place..(place + dice.between(1, 200)).min(all.len())].to_vec();
                all.splice(place..place, part);
            }
        }
    }
    raw.whole = Some(all);
}
