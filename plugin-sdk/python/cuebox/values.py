"""Values of the site in Python's own types, and back.

A date_time is an aware `datetime` in UTC; a date is a text, `2026-01-31`, as the site's own client has it, and may be given
as a `date`. An entity is a dict, `{"type": "Shot", "id": 7, "name": "sh010"}`.
"""

from __future__ import annotations

import _strptime  # noqa: F401 - `strptime` imports it when it is first called, and there are no files then
import datetime
import json
import re
from typing import Any, TypedDict

DATE_TIME = "%Y-%m-%dT%H:%M:%SZ"
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)


class _EntityName(TypedDict, total=False):
    name: str | None


class Entity(_EntityName):
    """A link to one entity of the site."""

    type: str
    id: int


def dumps(value: Any) -> str:
    """A value as the JSON that the host takes."""
    return json.dumps(value, default=_written, ensure_ascii=False, allow_nan=False)


def loads(text: str) -> Any:
    """The host's JSON as values of Python."""
    return revived(json.loads(text))


def revived(value: Any) -> Any:
    """The same value with each text in the site's form of a date_time as a `datetime`."""
    if isinstance(value, str):
        return _moment(value)
    if isinstance(value, list):
        return [revived(item) for item in value]
    if isinstance(value, dict):
        return {key: revived(item) for key, item in value.items()}
    return value


def _moment(text: str) -> str | datetime.datetime:
    if len(text) != 20 or not _DATE_TIME.fullmatch(text):
        return text
    try:
        moment = datetime.datetime.strptime(text, DATE_TIME)
    except ValueError:
        return text
    return moment.replace(tzinfo=datetime.timezone.utc)


def _written(value: Any) -> Any:
    """What JSON has no form for. A time without a zone is taken to be in UTC, the sandbox's own zone."""
    if isinstance(value, datetime.datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=datetime.timezone.utc)
        return moment.astimezone(datetime.timezone.utc).strftime(DATE_TIME)
    if isinstance(value, datetime.date):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, datetime.time):
        today = datetime.datetime.now(datetime.timezone.utc).date()
        return _written(datetime.datetime.combine(today, value))
    raise TypeError(f"a value of type {type(value).__name__} cannot be sent to the site")
