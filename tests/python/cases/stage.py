"""What every case gets: connections of several kinds, the seed's project, and checks that say what they saw."""

import contextlib
import itertools
import json
import socket
import urllib.error
import urllib.request

import shotgun_api3

# A site that never answers must fail a case, not hang the judge.
socket.setdefaulttimeout(30)

PROJECT = "Lantern Harbour"
ARCHIVED = "Salt Roads"


# The client's release, such as (3, 10, 3).
VERSION = tuple(int(number) for number in shotgun_api3.shotgun.__version__.split("."))


def case(function):
    """Marks a function as a case; its name is what it claims."""
    function.is_case = True
    function.since = getattr(function, "since", (0, 0, 0))
    return function


def since(*version):
    """A case that needs this release of the client, or a later one: `@case` above `@since(3, 9, 0)`."""
    def mark(function):
        function.since = version
        return function

    return mark


class Stage:
    def __init__(self, url, script, key, login, password):
        self.url = url
        self.script = script
        self.key = key
        self.login = login
        self.password = password
        self.sg = self.as_script()
        self.project = self.sg.find_one("Project", [["name", "is", PROJECT]], ["name"])
        assert self.project, "the site holds no project named " + PROJECT
        self._numbers = itertools.count(1)

    def as_script(self, **options):
        return shotgun_api3.Shotgun(self.url, script_name=self.script, api_key=self.key, **options)

    def as_human(self, **options):
        return shotgun_api3.Shotgun(self.url, login=self.login, password=self.password, **options)

    def name(self, stem):
        """A name that no other case uses."""
        return "{}_{:03d}".format(stem, next(self._numbers))

    def shot(self, **fields):
        values = {"project": self.project, "code": self.name("judge")}
        values.update(fields)
        return self.sg.create("Shot", values)

    def task(self, **fields):
        values = {"project": self.project, "content": self.name("judge")}
        values.update(fields)
        return self.sg.create("Task", values)

    def asset(self, **fields):
        values = {"project": self.project, "code": self.name("judge")}
        values.update(fields)
        return self.sg.create("Asset", values)

    def newest_event(self):
        return self.sg.find_one("EventLogEntry", [], ["id"], [{"field_name": "id", "direction": "desc"}])["id"]

    def events_after(self, event_id, fields=None, *conditions):
        fields = fields or ["event_type", "attribute_name", "meta", "entity", "user", "project", "session_uuid", "created_at"]
        return self.sg.find("EventLogEntry", [["id", "greater_than", event_id]] + list(conditions), fields)

    def post(self, path, body, content_type="application/json"):
        """One plain HTTP request: (status, body)."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": content_type})
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def control(self, path, body):
        """Tells the site to misbehave."""
        status, text = self.post("/cuebox/" + path, body)
        assert status == 200, (status, text)
        return json.loads(text)


def ids(rows):
    return [row["id"] for row in rows]


def equal(seen, expected):
    assert seen == expected, "saw {!r}, expected {!r}".format(seen, expected)


def same(seen, expected):
    """The same elements in any order."""
    key = lambda element: json.dumps(element, sort_keys=True, default=str)
    equal(sorted(seen, key=key), sorted(expected, key=key))


def contains(text, part):
    assert part in text, "{!r} is not in {!r}".format(part, text)


@contextlib.contextmanager
def fault(part, kind=shotgun_api3.Fault):
    """The block must end in this error, whose text has this part."""
    try:
        yield
    except kind as error:
        contains(str(error), part)
    else:
        raise AssertionError("no {} was raised (expected {!r})".format(kind.__name__, part))


def refuses_the_person(sg, credentials, part, kind=shotgun_api3.AuthenticationFault):
    """`authenticate_human_user` must refuse these. From 3.10.0 on the client passes on why; earlier ones answer None."""
    if VERSION < (3, 10, 0):
        equal(sg.authenticate_human_user(*credentials), None)
        return
    with fault(part, kind):
        sg.authenticate_human_user(*credentials)
