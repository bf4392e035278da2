//! Which callbacks a plugin has, and which events each wants.

use std::time::Duration;

use crate::{Error, Event, Outcome, Result, Shotgun};

/// Collects the callbacks of a plugin while it registers.
///
/// The host makes an instance of the plugin, registers it once, and then hands events to it until it is replaced: what a
/// callback captures, and what is in a `static`, stays between events.
pub struct Registrar {
    shotgun: Shotgun,
    callbacks: Vec<Callback>,
}

/// What happens when a callback fails, after the attempts that the operator allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnError {
    /// The plugin stops before this event, and goes on from it when its file changes or the operator enables it again.
    Deactivate,
    /// The failure is logged and counted, and the event is gone.
    Continue,
    /// The event is put aside for the operator, who can hand it over again, and the plugin goes on.
    DeadLetter,
}

/// Events of one type, with any field or with one of some.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventFilter {
    /// An event type, `Shotgun_Task_Change`, or `*` for every type.
    pub event_type: String,
    /// Names of fields; empty, or one `*`, for any and for events that have none.
    pub attributes: Vec<String>,
}

type Handler = Box<dyn FnMut(&Shotgun, &Event) -> Result<Outcome>>;

/// One callback: its name, the events it wants, and what it does with them.
pub struct Callback {
    name: String,
    filters: Vec<EventFilter>,
    on_error: Option<OnError>,
    coalesce: Option<Duration>,
    handler: Handler,
}

impl Registrar {
    /// The connection. In `register` it reads, for instance to check settings against the site's schema.
    #[must_use]
    pub fn shotgun(&self) -> &Shotgun {
        &self.shotgun
    }

    /// Adds a callback: a function, or a closure with what it captured. It returns `Result<()>` or `Result<Outcome>`.
    ///
    /// Unless [`Callback::on`] narrows it, it is handed every event. The name is unique within the plugin.
    pub fn callback<R: Into<Outcome>>(
        &mut self,
        name: impl Into<String>,
        mut callback: impl FnMut(&Shotgun, &Event) -> Result<R> + 'static,
    ) -> &mut Callback {
        let handler: Handler =
            Box::new(move |shotgun, event| callback(shotgun, event).map(Into::into));
        let callback = Callback {
            name: name.into(),
            filters: Vec::new(),
            on_error: None,
            coalesce: None,
            handler,
        };
        self.callbacks.push(callback);
        self.callbacks.last_mut().expect("a callback was just pushed")
    }
}

impl Callback {
    /// Wants events of this type (`*`: of every type) that changed one of these fields (none: any field, or no field).
    ///
    /// May be called again; an event that matches one of them is handed over.
    pub fn on(&mut self, event_type: impl Into<String>, attributes: &[&str]) -> &mut Self {
        let attributes = attributes.iter().map(|name| (*name).to_owned()).collect();
        self.filters.push(EventFilter { event_type: event_type.into(), attributes });
        self
    }

    /// What happens when this callback fails, where the operator's configuration does not say.
    pub fn on_error(&mut self, on_error: OnError) -> &mut Self {
        self.on_error = Some(on_error);
        self
    }

    /// Gathers the events of one entity that arrive within this time, at most an hour, and hands them over in one call: the newest,
    /// with the earlier ones ([`Event::all`]). The events of other entities do not wait meanwhile.
    pub fn coalesce(&mut self, window: Duration) -> &mut Self {
        self.coalesce = Some(window);
        self
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The events it wants; none means every event.
    #[must_use]
    pub fn filters(&self) -> &[EventFilter] {
        &self.filters
    }

    /// What happens when it fails, if the plugin said so.
    #[must_use]
    pub fn failure_choice(&self) -> Option<OnError> {
        self.on_error
    }

    /// For how long events are gathered, if the plugin said so.
    #[must_use]
    pub fn window(&self) -> Option<Duration> {
        self.coalesce
    }
}

/// A plugin that has registered: its callbacks, ready to be called.
pub(crate) struct Plugin {
    callbacks: Vec<Callback>,
}

impl Plugin {
    /// Calls the plugin's `register`. Refuses a callback without a name, and two of one name.
    pub(crate) fn register(register: impl FnOnce(&mut Registrar) -> Result<()>) -> Result<Self> {
        let mut registrar = Registrar { shotgun: Shotgun::new(), callbacks: Vec::new() };
        register(&mut registrar)?;
        let callbacks = registrar.callbacks;
        for (index, callback) in callbacks.iter().enumerate() {
            if callback.name.is_empty() {
                return Err(Error::Plugin(format!("callback {} has no name", index + 1)));
            }
            if callbacks[..index].iter().any(|earlier| earlier.name == callback.name) {
                return Err(Error::Plugin(format!("two callbacks are named `{}`", callback.name)));
            }
        }
        Ok(Self { callbacks })
    }

    pub(crate) fn callbacks(&self) -> &[Callback] {
        &self.callbacks
    }

    /// Hands one event to one callback.
    pub(crate) fn handle(&mut self, name: &str, event: &Event) -> Result<Outcome> {
        let callback = self
            .callbacks
            .iter_mut()
            .find(|callback| callback.name == name)
            .ok_or_else(|| Error::Plugin(format!("the plugin has no callback `{name}`")))?;
        (callback.handler)(&Shotgun::new(), event)
    }
}
