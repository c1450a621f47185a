use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Cache;
use crate::provider::DynProvider;
use crate::request::TokenRequest;

/// A system vendor has a token for each customer, so there may be many; those that nobody asked for in a long while go.
const MOST: usize = 1000;

/// One cache for each request, found again by it. Who holds a cache keeps it, whatever happens here.
#[derive(Debug)]
pub(crate) struct Pool {
    provider: Arc<dyn DynProvider>,
    owner: Option<Arc<str>>,
    caches: Mutex<Caches>,
}

#[derive(Debug, Default)]
struct Caches {
    by_request: HashMap<TokenRequest, Slot>,
    /// Counts up, to tell what was used last.
    clock: u64,
}

#[derive(Debug)]
struct Slot {
    cache: Arc<Cache>,
    used: u64,
}

impl Pool {
    /// * `provider`: where all tokens come from.
    /// * `owner`: the code of the service owner that they must name; `None` for any.
    pub(crate) fn new(provider: Arc<dyn DynProvider>, owner: Option<Arc<str>>) -> Self {
        Self { provider, owner, caches: Mutex::default() }
    }

    /// The cache of tokens for `request`.
    pub(crate) fn cache(&self, request: TokenRequest) -> Arc<Cache> {
        let mut caches = self.caches.lock().unwrap_or_else(PoisonError::into_inner);
        caches.clock += 1;
        let used = caches.clock;
        if let Some(slot) = caches.by_request.get_mut(&request) {
            slot.used = used;
            return Arc::clone(&slot.cache);
        }
        if caches.by_request.len() >= MOST {
            caches.forget_the_oldest();
        }
        let cache = Arc::new(Cache::new(Arc::clone(&self.provider), request.clone(), self.owner.clone()));
        caches.by_request.insert(request, Slot { cache: Arc::clone(&cache), used });
        cache
    }
}

impl Caches {
    /// A tenth at once, so that not every further request looks at all of them.
    fn forget_the_oldest(&mut self) {
        let mut uses: Vec<u64> = self.by_request.values().map(|slot| slot.used).collect();
        uses.sort_unstable();
        let Some(limit) = uses.get(MOST / 10).copied() else { return };
        self.by_request.retain(|_, slot| slot.used >= limit);
    }
}

#[cfg(test)]
mod tests {
    use altinn_core::{Read, ReadWrite};

    use super::*;
    use crate::static_token::StaticToken;

    fn pool() -> Pool {
        Pool::new(Arc::new(StaticToken::new("token".into())), None)
    }

    fn numbered(number: usize) -> TokenRequest {
        TokenRequest::of::<Read>().claim("number", number).unwrap()
    }

    #[test]
    fn equal_requests_share_a_cache_and_others_do_not() {
        let pool = pool();
        let first = pool.cache(TokenRequest::of::<Read>());
        assert!(Arc::ptr_eq(&first, &pool.cache(TokenRequest::of::<Read>())));
        assert!(!Arc::ptr_eq(&first, &pool.cache(TokenRequest::of::<ReadWrite>())));
        assert!(!Arc::ptr_eq(&first, &pool.cache(numbered(1))));
    }

    #[test]
    fn what_was_used_last_stays() {
        let pool = pool();
        let in_use = pool.cache(numbered(0));
        let unused = pool.cache(numbered(1));
        for number in 2..3 * MOST {
            pool.cache(numbered(number));
            assert!(Arc::ptr_eq(&in_use, &pool.cache(numbered(0))));
        }
        assert!(pool.caches.lock().unwrap().by_request.len() <= MOST);
        assert!(!Arc::ptr_eq(&unused, &pool.cache(numbered(1))));
    }
}
