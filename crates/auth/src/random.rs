use std::time::Duration;

use uuid::Uuid;

/// A random time below `most`, to spread out what would otherwise happen at once.
pub(crate) fn below(most: Duration) -> Duration {
    // The lower half of a random UUID ends in 32 bits of pure chance.
    let (_, low) = Uuid::new_v4().as_u64_pair();
    most.mul_f64((low & 0xffff_ffff) as f64 / (1_u64 << 32) as f64)
}
