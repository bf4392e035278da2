"""Plugins for cuebox, the sandboxed event host for Flow Production Tracking, in Python.

A plugin is a module `plugin` with a function `register`:

    import cuebox

    def register(reg: cuebox.Registrar) -> None:
        reg.callback(on_status).on("Shotgun_Task_Change", "sg_status_list")

    def on_status(sg: cuebox.Shotgun, event: cuebox.Event) -> None:
        sg.update("Shot", 7, {"description": f"{event.id} happened"})
"""

from . import config, keyvalue
from .errors import Denied, Error, Fault, HostError, Invalid, Limit, SettingError, SignInFault, Unavailable, Unreachable
from .event import AttributeChange, Change, Event
from .logs import TRACE, log
from .outcome import DONE, Outcome, rejected, retry_after, skipped
from .registrar import Callback, OnError, Registrar
from .shotgun import Shotgun
from .values import Entity

__version__ = "0.1.0"

__all__ = [
    "DONE",
    "TRACE",
    "AttributeChange",
    "Callback",
    "Change",
    "Denied",
    "Entity",
    "Error",
    "Event",
    "Fault",
    "HostError",
    "Invalid",
    "Limit",
    "OnError",
    "Outcome",
    "Registrar",
    "SettingError",
    "Shotgun",
    "SignInFault",
    "Unavailable",
    "Unreachable",
    "config",
    "keyvalue",
    "log",
    "rejected",
    "retry_after",
    "skipped",
]
