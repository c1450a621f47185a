//! Faults of the real service that clients meet, each with a name. All are reproduced unless switched off.

/// Which faults Storage shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Faults {
    /// A key that is left out of presentation texts or data values, or sent empty, stays.
    pub(crate) texts_are_never_removed: bool,
    /// In descending order, rows with the same `lastChanged` are lost or repeated at the border of two pages.
    pub(crate) descending_pages_lose_ties: bool,
    /// A continuation token without a semicolon gives an empty page instead of a refusal.
    pub(crate) odd_token_ends_the_list: bool,
    /// A page of size 0 announces a next page for ever.
    pub(crate) empty_page_has_a_next: bool,
    /// Replacing content with nothing is refused only after the content is gone.
    pub(crate) empty_replacement_destroys: bool,
    /// Metadata of an element that doesn't exist can be replaced.
    pub(crate) unknown_element_is_accepted: bool,
    /// A second stakeholder's confirmation repeats the earlier ones.
    pub(crate) confirmations_are_doubled: bool,
    /// The party in the path is not compared with the instance's.
    pub(crate) party_in_path_is_ignored: bool,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            texts_are_never_removed: true,
            descending_pages_lose_ties: true,
            odd_token_ends_the_list: true,
            empty_page_has_a_next: true,
            empty_replacement_destroys: true,
            unknown_element_is_accepted: true,
            confirmations_are_doubled: true,
            party_in_path_is_ignored: true,
        }
    }
}
