//! Adding to a world while it is in use.

use super::World;

impl World {
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
