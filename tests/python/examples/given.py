"""What every documented example takes for granted: a server, somebody who may use it, and a project with a little in it.

An example is run with `python EXAMPLE.py URL SCRIPT KEY LOGIN PASSWORD`.
"""

import contextlib
import io
import itertools
import sys
import uuid

import shotgun_api3

SERVER_PATH, SCRIPT_NAME, SCRIPT_KEY, LOGIN, PASSWORD = sys.argv[1:6]
VERSION = tuple(int(number) for number in shotgun_api3.shotgun.__version__.split("."))

_numbers = itertools.count(1)


def connect(**options):
    """A connection as the first example of the documentation makes it."""
    return shotgun_api3.Shotgun(SERVER_PATH, SCRIPT_NAME, SCRIPT_KEY, **options)


def person(sg):
    return sg.find_one("HumanUser", [["login", "is", LOGIN]], ["name"])


def project(sg, name="Demo Project"):
    """A project of the example's own: the entity dictionary of the documentation, with a name that nobody else uses."""
    made = sg.create("Project", {"name": "{} {}".format(name, uuid.uuid4().hex[:8])})
    return {"type": "Project", "id": made["id"], "name": made["name"]}


def link(entity, name=None):
    """An entity as it is shown in a field: type, id and name."""
    name = name or entity.get("name") or entity.get("code") or entity.get("content")
    return {"type": entity["type"], "id": entity["id"], "name": name}


def dict_of(entity):
    return {"type": entity["type"], "id": entity["id"]}


@contextlib.contextmanager
def printed():
    """What the block prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        yield out


def shows(seen, documented):
    assert seen == documented, "saw {!r}, and the documentation shows {!r}".format(seen, documented)


@contextlib.contextmanager
def raises(kind, part=""):
    try:
        yield
    except kind as error:
        assert part in str(error), "{!r} is not in {!r}".format(part, str(error))
    else:
        raise AssertionError("the documentation has {} raised here".format(kind.__name__))
