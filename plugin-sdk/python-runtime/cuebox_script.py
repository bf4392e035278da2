"""Runs a plugin file that was written for the Python daemon, as it is.

The host hands over the file's text. `register` runs it as a module and calls its `registerCallbacks(reg)`.
"""

import importlib
import logging
import os
import pkgutil
import sys
import types

import memory_zones  # noqa: F401 - time zones are there without files
import shotgun_api3
from cuebox import config, event, guest
from componentize_py_types import Err
from wit_world.exports import cuebox_plugin_callbacks_0_1_0 as wire
from wit_world.imports import cuebox_script_source_0_1_0 as source

#: Modules that open something while they are imported, or bring a window with them.
_NOT_IMPORTED = {"antigravity", "idlelib", "lib2to3", "this", "tkinter", "turtle", "turtledemo", "ensurepip", "__phello__"}


def _import_everything():
    """What is not imported when the component is made cannot be imported later: there are no files then."""
    for name in sorted(sys.stdlib_module_names - _NOT_IMPORTED):
        try:
            module = importlib.import_module(name)
        except BaseException:  # noqa: BLE001 - whatever this build of Python lacks
            continue
        if name in ("collections", "concurrent", "email", "html", "http", "importlib", "json", "logging", "os", "unittest", "urllib", "xml", "zoneinfo"):
            for found in pkgutil.walk_packages(getattr(module, "__path__", ()), name + "."):
                if found.name.rsplit(".", 1)[-1] == "__main__":
                    continue
                try:
                    importlib.import_module(found.name)
                except BaseException:  # noqa: BLE001
                    continue


_import_everything()


class Callback:
    """One function of the file, and what it is called with."""

    def __init__(self, function, logger, args):
        self.function = function
        self.sg = shotgun_api3.Shotgun()
        self.logger = logger
        self.args = args


class Registrar:
    """What `registerCallbacks` is handed."""

    def __init__(self, plugin):
        self._plugin = plugin
        self.logger = logging.getLogger("plugin." + plugin)
        self.callbacks = {}
        self.wishes = []

    def getLogger(self):
        return self.logger

    def setEmails(self, *emails):
        """Taken, and nothing is sent: what becomes of the log is the operator's to say."""

    def registerCallback(self, sgScriptName, sgScriptKey, callback, matchEvents=None, args=None, stopOnError=True):
        """Who it is that calls the site is the operator's to say: the script's name and key go nowhere."""
        if not callable(callback):
            raise TypeError("The callback must be a callable object (function, method or callable class instance).")
        own_name = getattr(callback, "__name__", type(callback).__name__)
        filters = _filters(matchEvents)
        if filters is None:
            self.logger.warning("callback `%s` matches no event, and is not registered", own_name)
            return
        name = self._free(own_name)
        logger = logging.getLogger(f"plugin.{self._plugin}.{own_name}")
        self.callbacks[name] = Callback(callback, logger, args)
        on_error = None if stopOnError else wire.OnError.CONTINUE
        self.wishes.append(wire.Callback(name, filters, on_error, None))

    def _free(self, name):
        """The same function can be registered more than once; the second is `name#2`."""
        number, free = 1, name
        while free in self.callbacks:
            number += 1
            free = f"{name}#{number}"
        return free


def _filters(wanted):
    """The daemon's `matchEvents` as filters; None if no event can match. Where `*` is a key, only its list counts."""
    if wanted is None:
        return []
    if "*" in wanted:
        wanted = {"*": wanted["*"]}
    filters = []
    for event_type, attributes in wanted.items():
        if isinstance(attributes, str):
            attributes = [attributes]
        if attributes is None or "*" in attributes:
            filters.append(wire.Filter(event_type, []))
            continue
        names = [name for name in attributes if isinstance(name, str)]
        if names:
            filters.append(wire.Filter(event_type, names))
    return filters or None


def _event(given):
    """An event as the daemon hands it over: what the site's client makes of the entry."""
    typed = event.event(given)
    return {
        "type": "EventLogEntry",
        "id": typed.id,
        "event_type": typed.event_type,
        "attribute_name": typed.attribute_name,
        "meta": typed.meta,
        "entity": typed.entity,
        "user": typed.user,
        "project": typed.project,
        "session_uuid": typed.session_uuid,
        "created_at": typed.created_at,
    }


def _run(name, text):
    """Runs the file's text as a module, and lets it register."""
    filename = f"{name}.py"
    guest.remember_source(filename, text)
    module = types.ModuleType(name)
    module.__file__ = filename
    sys.modules[name] = module
    exec(compile(text, filename, "exec"), module.__dict__)
    registrar = Registrar(name)
    if not hasattr(module, "registerCallbacks"):
        raise AttributeError(f"{filename} has no function `registerCallbacks`")
    module.registerCallbacks(registrar)
    return registrar


#: By name. The bindings make an object for each call, so that nothing can be kept in it.
_callbacks = {}


class CueboxPluginCallbacks010:
    """Named after the interface that it implements."""

    def register(self):
        try:
            guest.start()
            os.environ.update(config.everything())
            registrar = _run(source.name(), source.text())
        except BaseException as error:
            raise Err(guest.described(error)) from None
        _callbacks.update(registrar.callbacks)
        return registrar.wishes

    def handle(self, callback, given):
        try:
            called = _callbacks[callback]
            called.function(called.sg, called.logger, _event(given), called.args)
            return wire.Outcome_Done()
        except BaseException as error:
            raise Err(guest.described(error)) from None


guest.hide(__file__)
