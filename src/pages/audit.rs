//! Whether anybody altered the record: the checkpoints to copy into the minutes, a verification now, and what a board
//! takes away to check it apart from this service.

use data_encoding::BASE64;
use serde_json::{Value, json};

use super::asked::{Answer, Answered, Asked};
use super::break_glass;
use crate::record::Log;
use crate::record::bundle::VERIFIER;
use crate::record::checkpoint::Checkpoint;

pub(super) fn page(asked: &Asked) -> Answered {
    show(asked, None)
}

fn show(asked: &Asked, verified: Option<Value>) -> Answered {
    let record = asked.record()?;
    let checkpoints: Vec<String> = Log::ALL.into_iter().filter_map(|log| record.checkpoint(log)).collect();
    let page = view! {
        checkpoints => checkpoints.join("\n"),
        keys => Log::ALL.map(|log| record.keys().public(log).to_string()),
        read_only => record.read_only(),
        break_glass => break_glass::uses(asked)?,
        verified,
    };
    asked.page("audit.html", "Whether anybody altered the record", page)
}

/// Reads everything again now, or everything since checkpoints that the minutes hold.
pub(super) fn verify(asked: &Asked) -> Answered {
    let minutes = asked.entered.one("minutes").unwrap_or_default().replace("\r\n", "\n");
    let held = Checkpoint::notes(&minutes);
    if held.is_empty() && !minutes.trim().is_empty() {
        let wrong = "What was pasted holds no signed checkpoint. Paste it as the minutes have it.";
        return show(asked, Some(json!({ "sound": null, "damage": null, "wrong": wrong })));
    }
    let verified = match asked.record()?.verify(held)? {
        Ok(sound) => {
            let logs: Vec<Value> = sound
                .iter()
                .map(|log| json!({ "origin": log.origin, "size": log.size, "root": BASE64.encode(&log.root), "checkpoints": log.checkpoints }))
                .collect();
            json!({ "sound": logs, "damage": null, "wrong": null })
        }
        Err(damage) => json!({ "sound": null, "damage": damage.to_string(), "wrong": null }),
    };
    show(asked, Some(verified))
}

pub(super) fn verifier(_: &Asked) -> Answered {
    Ok(Answer::Download("text/html; charset=utf-8", "verify.html".to_owned(), VERIFIER.into()))
}

/// Both logs as far as they are signed, without a body. That they were given out is an entry, as at the terminal.
pub(super) fn bundle(asked: &Asked) -> Answered {
    let (record, mut bytes) = (asked.record()?, Vec::new());
    record.export(&mut bytes)?;
    if record.read_only().is_none() {
        record.say_exported("export", asked.now)?;
    }
    Ok(Answer::Download("application/x-ndjson", "windscreen-log.ndjson".to_owned(), bytes))
}
