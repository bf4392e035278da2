"""Which callbacks a plugin has, and which events each wants."""

from __future__ import annotations

import datetime
import math
from typing import Any, Callable as Function

from wit_world.exports import cuebox_plugin_callbacks_0_1_0 as wire

from .event import Event
from .shotgun import Shotgun

OnError = wire.OnError
Handler = Function[[Shotgun, Event], Any]


class Callback:
    """One callback: its name, the events it wants, and what it does with them."""

    def __init__(self, name: str, handler: Handler) -> None:
        self.name = name
        self.handler = handler
        self.filters: list[wire.Filter] = []
        self.failure_choice: OnError | None = None
        self.window_ms: int | None = None

    def on(self, event_type: str, *attributes: str) -> Callback:
        """Wants events of this type (`*`: of every type) that changed one of these fields (none: any field, or no field).

        May be called again; an event that matches one of them is handed over."""
        self.filters.append(wire.Filter(event_type, list(attributes)))
        return self

    def on_error(self, on_error: OnError) -> Callback:
        """What happens when this callback fails, where the operator's configuration does not say."""
        self.failure_choice = on_error
        return self

    def coalesce(self, window: float | datetime.timedelta) -> Callback:
        """Gathers the events of one entity that arrive within this time, seconds or a `timedelta`, and hands them over in one
        call: the newest, with the earlier ones (`Event.all`)."""
        seconds = window.total_seconds() if isinstance(window, datetime.timedelta) else window
        self.window_ms = math.ceil(seconds * 1000)
        return self

    def to_wire(self) -> wire.Callback:
        """As the host takes it."""
        return wire.Callback(self.name, self.filters, self.failure_choice, self.window_ms)


class Registrar:
    """Collects the callbacks of a plugin while it registers.

    The host makes an instance of the plugin, registers it once, and then hands events to it until it is replaced: what is in a
    module stays between events."""

    def __init__(self) -> None:
        #: The connection. In `register` it reads, for instance to check settings against the site's schema.
        self.shotgun = Shotgun()
        self.callbacks: dict[str, Callback] = {}

    def callback(self, handler: Handler, name: str | None = None) -> Callback:
        """Adds a callback, a function of the connection and the event. Unless `Callback.on` narrows it, it is handed every event.

        Its name, unique within the plugin, is the function's own if none is given."""
        if not callable(handler):
            raise TypeError(f"a callback is a function of the connection and the event, not a {type(handler).__name__}")
        name = name or getattr(handler, "__name__", type(handler).__name__)
        if name in self.callbacks:
            raise ValueError(f"two callbacks are named `{name}`")
        self.callbacks[name] = Callback(name, handler)
        return self.callbacks[name]
