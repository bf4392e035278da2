"""Keys that are this plugin's alone and outlive the process.

What a callback sets is kept if it ends in `DONE` or `skipped`, in the same step that marks the event as finished; after a
failure the keys are as they were before. In `register` they can be read only.
"""

from __future__ import annotations

import json
from typing import Any, Callable

from componentize_py_types import Err
from wit_world.imports import wasi_keyvalue_atomics_0_2_0_draft as atomics
from wit_world.imports import wasi_keyvalue_store_0_2_0_draft as store

from .errors import Denied, HostError

#: The one bucket that a plugin has.
BUCKET = "default"

_opened: Any = None


def get(key: str) -> bytes | None:
    """The value of a key, if it is set."""
    return _ask(key, lambda bucket: bucket.get(key))


def set(key: str, value: bytes | str) -> None:  # noqa: A001 - the name of the contract
    """Sets a key; a text is kept in UTF-8."""
    content = value.encode() if isinstance(value, str) else bytes(value)
    _ask(key, lambda bucket: bucket.set(key, content))


def delete(key: str) -> None:
    """Unsets a key; does nothing if it is not set."""
    _ask(key, lambda bucket: bucket.delete(key))


def exists(key: str) -> bool:
    """Whether a key is set."""
    return _ask(key, lambda bucket: bucket.exists(key))


def keys() -> list[str]:
    """All keys that are set, in no particular order."""
    found: list[str] = []
    cursor = None
    while True:
        page = _ask("", lambda bucket: bucket.list_keys(cursor))
        found += page.keys
        cursor = page.cursor
        if cursor is None:
            return found


def increment(key: str, delta: int = 1) -> int:
    """Adds to a counter, which starts at 0, and returns its new value."""
    return _ask(key, lambda bucket: atomics.increment(bucket, key, delta))


def get_text(key: str) -> str | None:
    """The value of a key as text."""
    value = get(key)
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        raise HostError(f"key-value `{key}`: it is not text in UTF-8") from None


def get_json(key: str) -> Any:
    """The value of a key that `set_json` wrote; None if it is not set."""
    text = get_text(key)
    try:
        return None if text is None else json.loads(text)
    except ValueError as error:
        raise HostError(f"key-value `{key}`: it is not JSON: {error}") from None


def set_json(key: str, value: Any) -> None:
    """Sets a key to a value in JSON."""
    set(key, json.dumps(value))


def _ask(key: str, ask: Callable[[Any], Any]) -> Any:
    global _opened
    try:
        if _opened is None:
            # Kept for the life of the instance.
            _opened = store.open(BUCKET)
        return ask(_opened)
    except Err as error:
        raise _translated(key, error.value) from None


def _translated(key: str, error: Any) -> Exception:
    if isinstance(error, store.Error_AccessDenied):
        return Denied(f"key-value `{key}`")
    reason = "the host has no bucket `default`" if isinstance(error, store.Error_NoSuchStore) else error.value
    return HostError(f"key-value `{key}`: {reason}" if key else f"key-values: {reason}")
