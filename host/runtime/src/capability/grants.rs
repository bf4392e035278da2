//! What a plugin is granted, as it is now.

use std::sync::{Arc, PoisonError, RwLock};

use policy::Grants;

/// What a plugin is granted. Looked up at each call to the host, and can be exchanged while instances run: what is taken away is
/// gone with the next call. A clone is the same grants.
#[derive(Debug, Clone, Default)]
pub struct CurrentGrants(Arc<RwLock<Arc<Grants>>>);

impl CurrentGrants {
    /// These, until they are exchanged.
    #[must_use]
    pub fn new(grants: Grants) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(grants))))
    }

    /// As they are now.
    #[must_use]
    pub fn now(&self) -> Arc<Grants> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts others in their place, for every instance, from its next call on.
    pub fn exchange(&self, grants: Grants) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(grants);
    }
}

#[cfg(test)]
mod tests;
