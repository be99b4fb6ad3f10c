//! Watches the rules folders: a change is loaded, checked and swapped in; an invalid one is told and the old set stays.
//!
//! Editors and deployments replace rather than rewrite, so folders are watched, not files, and the folder above tells
//! when the rules folder itself is exchanged.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;

use super::{NoRules, Serving};

/// An editor writes a file in several steps; this long after the last of them the folder is read.
const SETTLED_AFTER: Duration = Duration::from_millis(200);

/// A watch on the folders of what is served.
#[derive(Debug)]
pub struct Watch {
    serving: Arc<Serving>,
    folders: Vec<PathBuf>,
    watcher: RecommendedWatcher,
    changes: mpsc::Receiver<()>,
}

impl Watch {
    /// Begins to watch.
    ///
    /// # Errors
    /// When the system does not let a folder be watched.
    pub fn new(serving: Arc<Serving>) -> notify::Result<Self> {
        let folders = serving.folders().map(std::path::absolute);
        let folders = folders.collect::<Result<Vec<_>, _>>().map_err(notify::Error::io)?;
        let (changed, changes) = mpsc::channel(1);
        let watched = folders.clone();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // What the system could not tell may have been a change.
            if event.map_or(true, |event| may_change_rules(&event, &watched)) {
                // A full channel already holds the news.
                let _ = changed.try_send(());
            }
        })?;
        for folder in &folders {
            watcher.watch(folder, RecursiveMode::Recursive)?;
            if let Some(above) = folder.parent() {
                watcher.watch(above, RecursiveMode::NonRecursive)?;
            }
        }
        Ok(Self { serving, folders, watcher, changes })
    }

    /// Reloads after every change, and tells the digest in force or why the old set stays. It ends when it is dropped.
    pub async fn run(mut self, told: impl Fn(Result<String, NoRules>)) {
        let mut in_order = true;
        while self.changes.recv().await.is_some() {
            while let Ok(Some(())) = tokio::time::timeout(SETTLED_AFTER, self.changes.recv()).await {}
            // A folder put in the place of the old one is another folder to the system; one that is gone is told below.
            for folder in &self.folders {
                let _ = self.watcher.watch(folder, RecursiveMode::Recursive);
            }
            let serving = Arc::clone(&self.serving);
            let reloaded = tokio::task::spawn_blocking(move || serving.reload()).await;
            match reloaded.unwrap_or(Err(NoRules::BrokeOff)) {
                Ok(None) if in_order => {}
                Ok(_) => {
                    in_order = true;
                    told(Ok(self.serving.rules().id().digest.clone()));
                }
                Err(error) => {
                    in_order = false;
                    told(Err(error));
                }
            }
        }
    }
}

/// Whether an event may be about the rules. Reading them is an event too, and would make them be read for ever; what
/// happens beside the folders is none of theirs.
fn may_change_rules(event: &Event, folders: &[PathBuf]) -> bool {
    let is_of_rules = |path: &PathBuf| folders.iter().any(|folder| path.starts_with(folder));
    !event.kind.is_access() && (event.paths.is_empty() || event.paths.iter().any(is_of_rules))
}
