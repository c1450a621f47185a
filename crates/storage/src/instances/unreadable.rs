use std::error::Error as StdError;
use std::fmt;

use altinn_core::{Error, ErrorKind, InstanceId, Timestamp};

use super::LIST;

/// An instance that a list could not give: the service fails on it, or sends it in a form that can't be read.
///
/// One such instance does not keep the others back. Report it; its window says where it lies. Of several on which the
/// service fails and which changed in the same microsecond, some may come as one, with those between them.
///
/// As an [`Error`], which [`Items`](super::Items) give, it is of the kind [`Unreadable`](ErrorKind::Unreadable), says
/// the same in words, and has this as its source.
#[derive(Debug)]
#[non_exhaustive]
pub struct Unreadable {
    /// Its id, where that much could be read.
    pub id: Option<InstanceId>,
    /// It last changed at this time or later, where that is known.
    pub from: Option<Timestamp>,
    /// It last changed at this time or earlier, where that is known.
    pub through: Option<Timestamp>,
    /// What went wrong.
    pub error: Error,
}

impl Unreadable {
    /// What an error of [`Items`](super::Items) says of the one instance that it is about. `None` if it is not about one
    /// instance, so that the list did not go on.
    ///
    /// ```
    /// # async fn example(mut items: altinn_storage::Items) -> Result<(), altinn_core::Error> {
    /// use altinn_storage::Unreadable;
    ///
    /// loop {
    ///     match items.try_next().await {
    ///         Ok(Some(instance)) => println!("{}", instance.id),
    ///         Ok(None) => return Ok(()),
    ///         Err(error) => match Unreadable::of(&error) {
    ///             Some(unreadable) => eprintln!("{error}: {}", unreadable.error),
    ///             None => return Err(error),
    ///         },
    ///     }
    /// }
    /// # }
    /// ```
    pub fn of(error: &Error) -> Option<&Self> {
        error.source()?.downcast_ref()
    }

    /// Which one it is, in words.
    fn place(&self) -> String {
        let changed = match (self.from, self.through) {
            (Some(from), Some(through)) if from == through => format!("last changed at {through}"),
            (Some(from), Some(through)) => format!("last changed between {from} and {through}"),
            (Some(from), None) => format!("last changed at {from} or later"),
            (None, Some(through)) => format!("last changed at {through} or earlier"),
            (None, None) => "whose time of change is not known".to_owned(),
        };
        match &self.id {
            Some(id) => format!("the instance {id}, {changed}"),
            None => format!("an instance {changed}"),
        }
    }
}

impl From<Unreadable> for Error {
    fn from(unreadable: Unreadable) -> Self {
        let detail = format!("{}; the list goes on after it", unreadable.place());
        Self::new(ErrorKind::Unreadable, LIST).with_detail(detail).with_source(unreadable)
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl StdError for Unreadable {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.error.source()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_which_one_it_is_and_why() {
        let at = |text: &str| Some(text.parse().unwrap());
        let id = "501337/3d241248-9d65-4471-8b76-85b73ad99035";
        let (early, late) = (at("2024-05-01T12:00:00Z"), at("2024-05-01T12:00:01Z"));
        for (id, from, through, place) in [
            (Some(id), early, early, format!("the instance {id}, last changed at 2024-05-01T12:00:00Z;")),
            (None, early, late, "between 2024-05-01T12:00:00Z and 2024-05-01T12:00:01Z;".to_owned()),
            (None, None, late, "an instance last changed at 2024-05-01T12:00:01Z or earlier;".to_owned()),
            (None, early, None, "2024-05-01T12:00:00Z or later;".to_owned()),
            (None, None, None, "not known;".to_owned()),
        ] {
            let cause = Error::new(ErrorKind::Decode, LIST).with_detail("line 1");
            let error = Error::from(Unreadable { id: id.map(|id| id.parse().unwrap()), from, through, error: cause });
            assert_eq!(error.kind(), ErrorKind::Unreadable);
            assert!(error.to_string().contains(&place), "{error}");
            assert_eq!(error.source().unwrap().to_string(), "instances.list: the answer can't be read: line 1");
            assert_eq!(Unreadable::of(&error).unwrap().from, from);
        }
        assert!(Unreadable::of(&Error::new(ErrorKind::Decode, LIST)).is_none());
    }
}
