//! How many referrals a second one, two and three replicas record over one PostgreSQL database, behind the load balancer
//! that docs/replicas.md sets up. All of it shares this machine, so that what more replicas add is what its cores have
//! left.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "the database and the load balancer are the tests' own")]

#[path = "../tests/it/record/balancer.rs"]
mod balancer;
#[path = "../tests/it/record/postgres.rs"]
#[expect(dead_code, reason = "no certificates here, and nobody looks into its folder")]
mod database;
#[path = "performance/figures.rs"]
mod figures;
#[path = "performance/served.rs"]
#[expect(dead_code, reason = "nobody looks at the replicas themselves")]
mod served;

use std::io::sink;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use balancer::{Balancer, free_port};
use figures::Figures;
use served::{Served, answer};
use tempfile::TempDir;

/// As many as send at once on a busy morning.
const CLIENTS: usize = 16;
/// How long each number of replicas is measured.
const MEASURED_FOR: Duration = Duration::from_secs(15);

fn main() {
    // `cargo test --all-targets` runs this too, and measures nothing.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut figures = Figures::of("replicas");
    for count in 1..=3 {
        let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        let database = database::fresh_database();
        let addresses: Vec<String> = (0..count).map(|_| format!("127.0.0.1:{}", free_port())).collect();
        let replicas: Vec<Served> =
            addresses.iter().map(|address| replica(folder.path(), &database, address)).collect();
        let balancer = Balancer::start(folder.path(), &addresses);
        let begun = Instant::now();
        let recorded = runtime.block_on(async {
            let clients: Vec<_> =
                (0..CLIENTS).map(|place| tokio::spawn(client(place, balancer.address.clone(), begun))).collect();
            let mut recorded = 0;
            for client in clients {
                recorded += client.await.expect("a client");
            }
            recorded
        });
        let rate = f64::from(recorded) / begun.elapsed().as_secs_f64();
        println!("{count} replicas: {rate:.0} referrals/s");
        figures.add(format!("of_{count}"), rate);
        drop((balancer, replicas));
    }
    figures.write();
}

fn replica(folder: &Path, database: &str, address: &str) -> Served {
    let mut command = Command::new(env!("CARGO_BIN_EXE_windscreen"));
    command.args(["serve", "--behind-proxy", "--client-requests-per-second", "0", "--listen", address]);
    command.arg("--rules").arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"));
    command.arg("--data").arg(folder).args(["--database", database]);
    Served::start(command, sink())
}

/// Sends one referral after another, each of another child; says how many were recorded.
async fn client(place: usize, address: String, begun: Instant) -> u32 {
    let (address, mut line, mut recorded) = (address.parse().expect("an address"), None, 0);
    while begun.elapsed() < MEASURED_FOR {
        let body = format!(
            r#"{{"received_at":"2026-11-24T10:30:00+00:00","concerns":["domestic_abuse"],"referrer":{{"organisation":"school:example-primary","agency":"school","source_code":"2A","name":"A. Teacher"}},"account":"Often late and hungry on Mondays.","family_told":"yes","children":[{{"ref":"A","name":"Invented {place}-{recorded}","date_of_birth":"2024-05-01","facts":{{"da_scale":"s1_moderate","basic_care":"struggling","immediate_danger_now":false}}}}]}}"#
        );
        let request = format!(
            "POST /v1/referrals HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n\
             authorization: Bearer demonstration-school-system\r\nidempotency-key: {place}-{recorded}\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        let answer = answer(&mut line, address, &request).await.expect("an answer");
        assert_eq!(answer.status, 201, "{}", answer.head);
        recorded += 1;
    }
    recorded
}
