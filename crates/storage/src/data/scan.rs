use altinn_core::{Error, ErrorKind};

use super::{DOWNLOAD, FileScanResult};

/// Which files a download may fetch, by what their virus scan found.
///
/// The service serves infected and unscanned files like any others, so this is checked here, against what the
/// [`DataElement`](super::DataElement) says. With an id alone nothing is known of its scan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScanPolicy {
    /// Any but infected ones. The default.
    #[default]
    NotInfected,
    /// Only those that were found clean, or whose data type is not scanned.
    Clean,
    /// Any. For a program that scans them itself.
    Any,
}

impl ScanPolicy {
    pub(super) fn check(self, found: Option<&FileScanResult>) -> Result<(), Error> {
        let refused = |detail| Err(Error::new(ErrorKind::ScanRefused, DOWNLOAD).with_detail(detail));
        match (self, found) {
            (Self::Any, _) | (_, Some(FileScanResult::Clean | FileScanResult::NotApplicable)) => Ok(()),
            (_, Some(FileScanResult::Infected)) => refused("the virus scan found something in the file"),
            (Self::NotInfected, _) => Ok(()),
            (Self::Clean, Some(FileScanResult::Pending)) => refused("the file is not scanned yet: try again later"),
            (Self::Clean, _) => refused("nothing is known of the file's virus scan: pass the data element, not its id"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_decide_by_what_was_found() {
        use FileScanResult::{Clean, Infected, NotApplicable, Pending, Unknown};
        let found =
            [None, Some(NotApplicable), Some(Pending), Some(Clean), Some(Infected), Some(Unknown("New".into()))];
        let allowed = |policy: ScanPolicy| found.each_ref().map(|found| policy.check(found.as_ref()).is_ok());
        assert_eq!(allowed(ScanPolicy::Any), [true; 6]);
        assert_eq!(allowed(ScanPolicy::NotInfected), [true, true, true, true, false, true]);
        assert_eq!(allowed(ScanPolicy::Clean), [false, true, false, true, false, false]);
    }
}
