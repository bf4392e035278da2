"""The inside of a component: answers the host's calls. No part of the API of plugins."""

from __future__ import annotations

import linecache
import os
import sys
import traceback
from typing import Callable as Function

from componentize_py_types import Err
from wit_world.exports import cuebox_plugin_callbacks_0_1_0 as wire
from wit_world.imports import cuebox_plugin_types_0_1_0 as types

from . import event, logs, outcome
from .registrar import Callback, Registrar
from .shotgun import Shotgun

#: Folders and files whose code is between the host and the plugin, and of no use to its author.
_inner = {os.path.dirname(__file__)}


#: The callbacks that the plugin registered. The bindings make an object for each call, so that nothing can be kept in it.
_callbacks: dict[str, Callback] = {}


def register(register: Function[[Registrar], None]) -> list[wire.Callback]:
    """Answers the host's `register`, by the plugin's own."""
    try:
        start()
        registrar = Registrar()
        register(registrar)
    except BaseException as error:
        raise Err(described(error)) from None
    _callbacks.update(registrar.callbacks)
    return [callback.to_wire() for callback in registrar.callbacks.values()]


def handle(callback: str, given: types.Event) -> wire.Outcome:
    """Answers the host's `handle`, by one of the plugin's callbacks."""
    try:
        handler = _callbacks[callback].handler
        return outcome.checked(handler(Shotgun(), event.event(given)))
    except BaseException as error:
        raise Err(described(error)) from None


def start() -> None:
    """Makes an instance another one than that of which the snapshot was taken: chance is drawn anew."""
    if "random" in sys.modules:
        sys.modules["random"].seed()


def described(error: BaseException) -> str:
    """The traceback of an exception, from the plugin's own code on. No values of variables are in it."""
    place = error.__traceback__
    while place is not None and _is_inner(place.tb_frame.f_code.co_filename):
        place = place.tb_next
    # An exception of the SDK itself, or of the interpreter, has no place in the plugin.
    return "".join(traceback.format_exception(type(error), error, place or error.__traceback__)).rstrip()


def _is_inner(filename: str) -> bool:
    return filename in _inner or os.path.dirname(filename) in _inner


def hide(filename: str) -> None:
    """Leaves the code of a file out of the beginning of tracebacks."""
    _inner.add(filename)


def remember_source(filename: str, text: str) -> None:
    """Keeps the lines of a file for tracebacks: where the component runs there is no file to read them from."""
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)


logs.install()
