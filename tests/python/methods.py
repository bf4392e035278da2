"""Which public methods of the official client the cases call, beside what the manual's table says about each."""

import functools
import pathlib
import re
import threading

import shotgun_api3

MANUAL = pathlib.Path(__file__).resolve().parents[2] / "host/site/README.md"
STATES = {"works", "differs", "not there"}

_depth = threading.local()
_called = set()


def public():
    """The names of the client's public methods."""
    return {name for name in dir(shotgun_api3.Shotgun)
            if not name.startswith("_") and (callable(getattr(shotgun_api3.Shotgun, name)) or is_property(name))}


def is_property(name):
    return isinstance(vars(shotgun_api3.Shotgun).get(name), property)


def record():
    """From now on, what is called from outside the client is remembered."""
    for name in public():
        if is_property(name):
            read = property(remembering(name, vars(shotgun_api3.Shotgun)[name].fget))
            setattr(shotgun_api3.Shotgun, name, read)
        else:
            setattr(shotgun_api3.Shotgun, name, remembering(name, getattr(shotgun_api3.Shotgun, name)))


def remembering(name, method):
    @functools.wraps(method)
    def call(*arguments, **options):
        depth = getattr(_depth, "value", 0)
        if not depth:
            _called.add(name)
        _depth.value = depth + 1
        try:
            return method(*arguments, **options)
        finally:
            _depth.value = depth

    return call


def take():
    """What was called since this was asked the last time."""
    names = set(_called)
    _called.clear()
    return names


def table():
    """The manual's table: {method: state}."""
    text = MANUAL.read_text(encoding="utf-8")
    section = text.split("\n## Methods\n", 1)[1].split("\n## ", 1)[0]
    return dict(re.findall(r"^\| `(\w+)` \| ([a-z ]+) \|", section, re.MULTILINE))


def check(called):
    """What is wrong with the table, given which methods were called by a case that holds: a list of sentences."""
    said, there = table(), public()
    wrong = ["`{}` is not in the manual's table of methods".format(name) for name in sorted(there - set(said))]
    wrong += ["`{}` is {!r} in the manual's table, which is none of {}".format(name, state, sorted(STATES))
              for name, state in sorted(said.items()) if state not in STATES]
    wrong += ["the manual says that `{}` works, and no case calls it".format(name)
              for name, state in sorted(said.items()) if state == "works" and name in there and name not in called]
    return wrong
