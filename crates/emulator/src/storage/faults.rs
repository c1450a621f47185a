//! Faults of the real service that clients meet, each with a name. All are shown unless switched off.

use std::fmt;
use std::str::FromStr;

macro_rules! faults {
    ($( $(#[$about:meta])* $fault:ident = $name:literal ),+ $(,)?) => {
        /// A fault of the real services, of Storage unless it says otherwise, that the emulator shows unless it is
        /// switched off, with [`Builder::without`](crate::Builder::without) or `--without`.
        ///
        /// A client has to live with every one of them. Switching one off shows whether a surprise comes from it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Fault {
            $( $(#[$about])* $fault, )+
        }

        impl Fault {
            /// All of them.
            pub const ALL: &'static [Self] = &[$( Self::$fault ),+];

            /// Its name on the command line.
            pub const fn name(self) -> &'static str {
                match self {
                    $( Self::$fault => $name, )+
                }
            }
        }
    };
}

faults! {
    /// A key that is left out of presentation texts or data values, or sent empty, stays.
    TextsAreNeverRemoved = "texts-are-never-removed",
    /// In descending order, rows with the same `lastChanged` are lost or repeated at the border of two pages.
    DescendingPagesLoseTies = "descending-pages-lose-ties",
    /// A continuation token without a semicolon gives an empty page instead of a refusal.
    OddTokenEndsTheList = "odd-token-ends-the-list",
    /// A page of size 0 announces a next page for ever.
    EmptyPageHasANext = "empty-page-has-a-next",
    /// Replacing content with nothing is refused only after the content is gone.
    EmptyReplacementDestroys = "empty-replacement-destroys",
    /// Metadata of an element that doesn't exist can be replaced.
    UnknownElementIsAccepted = "unknown-element-is-accepted",
    /// A second stakeholder's confirmation repeats the earlier ones.
    ConfirmationsAreDoubled = "confirmations-are-doubled",
    /// Confirmations that are sent at the same time are all kept: looking for one and writing it are two steps.
    ConfirmationsRace = "confirmations-race",
    /// The party in the path is not compared with the instance's.
    PartyInPathIsIgnored = "party-in-path-is-ignored",
    /// An instance that does not exist is answered with 403 where the policy guards the whole route and where a data
    /// element is unlocked, and with 500 for substatus, presentation texts and data values.
    UnknownInstanceIsForbidden = "unknown-instance-is-forbidden",
    /// Any fault while an instance is read is answered with 404, with the exception in the text.
    ReadingFaultIs404 = "reading-fault-is-404",
    /// A query with a bad date, token or size is answered with 500 instead of 400.
    BadQueryIsAServerError = "bad-query-is-a-server-error",
    /// A date filter without an operator, or with one that nobody knows, is passed over, so that more is listed.
    OddDateFilterIsIgnored = "odd-date-filter-is-ignored",
    /// The filter `process.endEvent` is read and never used.
    EndEventFilterIsIgnored = "end-event-filter-is-ignored",
    /// The filters `process.ended`, `dueBefore` and `visibleAfter` compare letter by letter, so that half a second
    /// past twelve comes before twelve.
    SetTimesAreComparedAsText = "set-times-are-compared-as-text",
    /// Replacing content without saying its file name, references and type anew loses them.
    ReplacementLosesTheName = "replacement-loses-the-name",
    /// Content can be replaced by 30 000 000 bytes at most, although 2000 MiB can be uploaded.
    ReplacementsAreSmall = "replacements-are-small",
    /// Deleting a data element does not heed its lock.
    LockedElementIsDeleted = "locked-element-is-deleted",
    /// Content that the virus scanner has condemned is sent like any other.
    InfectedContentIsSent = "infected-content-is-sent",
    /// A download says nothing of its length.
    DownloadHasNoLength = "download-has-no-length",
    /// File names are URL-decoded twice, so that a plus becomes a blank.
    FileNameIsDecodedTwice = "file-name-is-decoded-twice",
    /// A token without an authentication level gets 500 for changing data, after the change has been made.
    UnnamedWriterFailsLate = "unnamed-writer-fails-late",
    /// The event of a change is stored after the change: when that fails, as
    /// [`Outages::set_events`](crate::Outages::set_events) has it, the answer is 500, and the change stays.
    EventsAreStoredApart = "events-are-stored-apart",
    /// Deleting an instance softly once more changes when it was deleted.
    SoftDeletionIsStampedAnew = "soft-deletion-is-stamped-anew",
    /// A signature whose data type is not declared is refused with 405.
    UndeclaredSignatureIs405 = "undeclared-signature-is-405",
    /// Events are filed under the instance that their body names, and read whatever the instance in the path.
    EventPathIsIgnored = "event-path-is-ignored",
    /// A period of events with one end is ignored.
    HalfOpenPeriodIsIgnored = "half-open-period-is-ignored",
    /// Events are posted by whoever may read.
    EventsNeedOnlyRead = "events-need-only-read",
    /// Metadata of an application is kept for a while, so that a change shows late.
    MetadataIsStale = "metadata-is-stale",
    /// Texts, and that there are none, are kept for a while, so that a change shows late.
    TextsAreStale = "texts-are-stale",
    /// What the decision point has said about an instance counts for five minutes, whatever is decided since.
    DecisionsAreKept = "decisions-are-kept",
    /// That the decision point did not answer is kept for five minutes as well, and each time answered with 500.
    FailedDecisionIsKept = "failed-decision-is-kept",
    /// The exchange goes by a list of service owners for an hour: a new one gets a token without its code, and that the
    /// list can't be read shows late.
    OrgsListIsKept = "orgs-list-is-kept",
    /// The exchange goes by Maskinporten's keys for twelve hours: a token that is signed with a newer one is refused.
    KeysAreKept = "keys-are-kept",
    /// A staging environment, which a world can be, answers what nobody caught with a page for developers. It repeats
    /// the request's headers, the token among them.
    StagingShowsExceptions = "staging-shows-exceptions",
    /// `lastChanged` is when an upload began, however long it took: a reader that follows it has passed that time.
    UploadIsStampedEarly = "upload-is-stamped-early",
    /// Texts, values and the read status write the `lastChanged` that they found back to where queries look, over one
    /// that has come in between.
    LastChangedGoesBack = "last-changed-goes-back",
    /// The read status, presentation texts, data values, the lock and the scanner's verdict of a data element, and events
    /// that are posted leave the instance's `lastChanged` as it is: a reader that follows it sees nothing of them.
    LastChangedStays = "last-changed-stays",
    /// `lastChanged` of element and instance is what a client sends with the element's metadata.
    ClientSetsLastChanged = "client-sets-last-changed",
    /// What is left out when metadata is replaced is erased, and a lock is opened.
    AbsentMetadataIsErased = "absent-metadata-is-erased",
    /// A parameter of the query that nobody knows is passed over, so that more is listed.
    UnknownFilterIsIgnored = "unknown-filter-is-ignored",
    /// What is deleted, softly or for good, and what is not to be seen yet is listed unless it is excluded.
    DeletedIsListed = "deleted-is-listed",
    /// A process that has not begun is neither complete nor incomplete.
    UnstartedIsNeither = "unstarted-is-neither",
    /// An order that names no direction ascends.
    OrderWithoutDirectionAscends = "order-without-direction-ascends",
    /// The token in the link to the next page is encoded twice, and one that came under another spelling stays.
    NextLinkIsOdd = "next-link-is-odd",
    /// Half of the answers that hold instances and elements have no links.
    LinksAreMissing = "links-are-missing",
    /// `Location` of events, locked elements and applications is their id alone.
    LocationIsBare = "location-is-bare",
    /// Refusals are texts, problem details or nothing, as it happens.
    RefusalsHaveManyShapes = "refusals-have-many-shapes",
    /// Only listing asks for a scope; a token without the one for writing writes.
    ScopesAreNotChecked = "scopes-are-not-checked",
    /// Whoever doesn't hold an instance's lock changes the instance all the same.
    LockProtectsNothing = "lock-protects-nothing",
    /// A lock for no time at all is granted.
    LockOfNoTimeIsGranted = "lock-of-no-time-is-granted",
    /// A lock is granted and extended for any time, of more than an hour, too.
    LockTimeIsUnlimited = "lock-time-is-unlimited",
    /// Of content that comes as `multipart/…` only the first section is kept, and a form is a fault.
    MultipartIsTakenApart = "multipart-is-taken-apart",
    /// `minCount` and `maxCount` of a data type are 0 when nobody has said.
    CountsDefaultToZero = "counts-default-to-zero",
    /// Times of a process stay as they were sent, with an offset or without a zone.
    ProcessTimesStayAsSent = "process-times-stay-as-sent",
    /// The clean-up takes an owner's confirmation in any letter case, the filter `confirmed` in one only.
    ConfirmedHeedsCase = "confirmed-heeds-case",
    /// A substatus is accepted and lost where the stored instance has no status, as with
    /// [`Submission::without_status`](crate::Submission::without_status).
    SubstatusWithoutStatusIsLost = "substatus-without-status-is-lost",
    /// Deletions of an element that are sent at the same time all succeed, each with an event: looking for it and
    /// deleting it are two steps.
    DeletionsRace = "deletions-race",
}

/// [`Faults`] has a bit for each.
const _: () = assert!(Fault::ALL.len() <= u64::BITS as usize);

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(name: &str) -> Result<Self, UnknownFault> {
        Self::ALL.iter().copied().find(|fault| fault.name() == name).ok_or(UnknownFault)
    }
}

/// A name that no [`Fault`] has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownFault;

impl fmt::Display for UnknownFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not the name of a fault; the names are ")?;
        let names: Vec<&str> = Fault::ALL.iter().map(|fault| fault.name()).collect();
        f.write_str(&names.join(", "))
    }
}

impl std::error::Error for UnknownFault {}

/// Which faults are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Faults {
    /// A bit for each that is switched off.
    off: u64,
}

impl Faults {
    pub(crate) fn without(self, fault: Fault) -> Self {
        Self { off: self.off | 1 << fault as u32 }
    }

    pub(crate) fn shows(self, fault: Fault) -> bool {
        self.off & 1 << fault as u32 == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_shown_until_it_is_switched_off_by_its_name() {
        for fault in Fault::ALL {
            assert_eq!(fault.name().parse(), Ok(*fault));
            let faults = Faults::default().without(*fault);
            for other in Fault::ALL {
                assert_eq!(faults.shows(*other), other != fault);
            }
        }
        assert!("nothing".parse::<Fault>().unwrap_err().to_string().contains("odd-token-ends-the-list"));
    }
}
