//! What the host has a plugin do.

/// What the host has the plugin do at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Nothing: the component is being instantiated, or runs on after its call was over.
    Outside,
    /// `register`: it may look at the site, and must not change it.
    Register,
    /// `handle`: it works on one event.
    Handle,
}
