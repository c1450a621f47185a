use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};

use altinn_core::{Error, ErrorKind, ReadConfirm};
use altinn_storage::{Client, DataElement, FileScanResult, Instance, InstanceQuery, safe_file_name};
use futures::StreamExt;
use indicatif::{ProgressBar, ProgressStyle};

/// How many submissions are fetched at the same time.
const AT_ONCE: usize = 8;

/// What one pass did.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    folder: PathBuf,
    received: usize,
    files: usize,
    bytes: u64,
    waiting: usize,
    failed: usize,
}

impl Outcome {
    /// Whether a submission failed.
    pub(crate) fn failed(&self) -> bool {
        self.failed > 0
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.received + self.waiting + self.failed == 0 {
            return f.write_str("Nothing new.");
        }
        write!(
            f,
            "Received and confirmed: {} ({} files, {} bytes), in {}.",
            self.received,
            self.files,
            self.bytes,
            self.folder.display()
        )?;
        if self.waiting > 0 {
            write!(f, " {} wait for their virus scan.", self.waiting)?;
        }
        if self.failed > 0 {
            write!(f, " {} failed and are tried again in the next pass.", self.failed)?;
        }
        Ok(())
    }
}

/// Receives what `query` finds of completed and unconfirmed submissions, each below `folder`.
///
/// A submission is confirmed once all its files are on the disk. If the program dies in between it is received again,
/// over the same files, in the next pass.
pub(crate) async fn pass(client: &Client<ReadConfirm>, query: InstanceQuery, folder: &Path) -> Result<Outcome, Error> {
    let query = query.complete(true).confirmed(false).hard_deleted(false);
    let bar = ProgressBar::no_length();
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg}") {
        bar.set_style(style);
    }
    let mut outcome = Outcome { folder: folder.to_owned(), ..Outcome::default() };
    let mut pages = client.instances().list(query).pages();
    while let Some(page) = pages.try_next().await? {
        bar.set_length(bar.length().unwrap_or(0) + page.instances.len() as u64);
        for unreadable in page.unreadable {
            outcome.failed += 1;
            let cause = unreadable.error.to_string();
            bar.suspend(|| eprintln!("{}: {cause}", Error::from(unreadable)));
        }
        let work = page.instances.iter().map(|instance| async move { (instance, one(client, instance, folder).await) });
        let mut done = futures::stream::iter(work).buffer_unordered(AT_ONCE);
        while let Some((instance, result)) = done.next().await {
            bar.inc(1);
            match result {
                Ok(Received::Stored { files, bytes }) => {
                    outcome.received += 1;
                    outcome.files += files;
                    outcome.bytes += bytes;
                    bar.set_message(format!("{files} files of {}", instance.id));
                }
                Ok(Received::NotScanned) => outcome.waiting += 1,
                Err(error) => {
                    outcome.failed += 1;
                    bar.suspend(|| eprintln!("{}: {error}", instance.id));
                }
            }
        }
    }
    bar.finish_and_clear();
    Ok(outcome)
}

enum Received {
    Stored { files: usize, bytes: u64 },
    NotScanned,
}

/// Receives one submission and confirms it.
async fn one(client: &Client<ReadConfirm>, instance: &Instance, folder: &Path) -> Result<Received, Error> {
    let elements: Vec<&DataElement> = instance.data.iter().filter(|element| !element.is_hard_deleted()).collect();
    let unsafe_file = |element: &&DataElement| {
        matches!(element.file_scan_result, Some(FileScanResult::Pending | FileScanResult::Infected))
    };
    if elements.iter().any(unsafe_file) {
        return Ok(Received::NotScanned);
    }
    let folder = match &instance.app_id {
        Some(app) => folder.join(app.org()).join(app.app()).join(instance.id.guid().to_string()),
        None => folder.join(instance.id.guid().to_string()),
    };
    tokio::fs::create_dir_all(&folder).await.map_err(local)?;
    let mut names = HashSet::from(["instance.json".to_owned()]);
    let mut bytes = 0;
    for element in &elements {
        let path = folder.join(name(element, &mut names));
        bytes += client.data(instance.id).download(*element).to_file(path).await?.size;
    }
    let about = serde_json::to_vec_pretty(instance).map_err(|error| local(error.into()))?;
    tokio::fs::write(folder.join("instance.json"), about).await.map_err(local)?;
    client.instances().confirm(instance.id).await?;
    Ok(Received::Stored { files: elements.len(), bytes })
}

/// The element's own name made safe, or its data type; with its id before it where the name is taken.
fn name(element: &DataElement, taken: &mut HashSet<String>) -> String {
    let given = element.filename.as_deref().or(element.data_type.as_ref().map(|data_type| data_type.as_str()));
    let name = safe_file_name(given.unwrap_or("data"));
    // Some file systems take Skjema.xml and skjema.xml for the same file.
    if taken.insert(name.to_lowercase()) { name } else { format!("{}-{name}", element.id) }
}

fn local(error: std::io::Error) -> Error {
    Error::new(ErrorKind::Io, "receive").with_detail("the submission can't be written to the disk").with_source(error)
}
