//! Where the stream is read: the event log of a site, and in simulations what stands in for it.

use eventlog::EventId;
use shotgun::{CallError, Caller, Client, EventPage};

/// An event log.
pub trait EventLog: Send + Sync + 'static {
    /// Asks the site what it is, which tells how many rows it puts on a page.
    fn introduce(&self) -> impl Future<Output = Result<(), CallError>> + Send;

    /// The entries above `after`, lowest first; at most `limit`.
    fn newer(
        &self,
        after: EventId,
        limit: usize,
    ) -> impl Future<Output = Result<EventPage, CallError>> + Send;

    /// Those of the entries with these ids that the site shows.
    fn by_id(&self, ids: &[EventId]) -> impl Future<Output = Result<EventPage, CallError>> + Send;

    /// The highest ids; at most `limit`.
    fn recent(&self, limit: usize) -> impl Future<Output = Result<Vec<EventId>, CallError>> + Send;
}

/// The event log of the site, read by one script user.
pub struct SiteLog {
    pub client: Client,
    pub caller: Caller,
}

impl EventLog for SiteLog {
    async fn introduce(&self) -> Result<(), CallError> {
        self.client.info().await.map(drop)
    }

    async fn newer(&self, after: EventId, limit: usize) -> Result<EventPage, CallError> {
        self.client.events_newer(&self.caller, after, limit).await
    }

    async fn by_id(&self, ids: &[EventId]) -> Result<EventPage, CallError> {
        self.client.events_by_id(&self.caller, ids).await
    }

    async fn recent(&self, limit: usize) -> Result<Vec<EventId>, CallError> {
        self.client.recent_event_ids(&self.caller, limit).await
    }
}
