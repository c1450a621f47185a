//! Adding to a world while it is in use.

use super::World;
use crate::error::EmulatorError;

impl World {
    /// Whether the apps and parties of the submissions of `piece` are known, here or there.
    ///
    /// # Errors
    ///
    /// [`EmulatorError::UnknownApp`] and [`EmulatorError::UnknownParty`] for the first that isn't.
    pub(crate) fn knows_submissions_of(&self, piece: &Self) -> Result<(), EmulatorError> {
        for submission in &piece.submissions {
            let (app, party) = (&submission.app_id, submission.party_id);
            if self.app(app).or(piece.app(app)).is_none() {
                return Err(EmulatorError::UnknownApp(app.clone()));
            }
            if self.party(party.into()).or(piece.party(party.into())).is_none() {
                return Err(EmulatorError::UnknownParty(party));
            }
        }
        Ok(())
    }

    /// Takes over what `piece` says of organisations, parties, users, policies and applications; what has the same name
    /// or number is replaced. The rest of a world is either registered elsewhere or doesn't change.
    pub(crate) fn add(&mut self, piece: Self) {
        self.orgs.extend(piece.orgs);
        self.policies.extend(piece.policies);
        self.apps.extend(piece.apps);
        for party in piece.parties {
            self.parties.retain(|known| known.party_id != party.party_id);
            self.parties.push(party);
        }
        for user in piece.users {
            self.users.retain(|known| known.user_id != user.user_id);
            self.users.push(user);
        }
    }
}
