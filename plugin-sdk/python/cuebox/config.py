"""The settings that the operator wrote for this plugin, `[plugin.NAME.settings]`.

Read them in `register`: an error there is shown when the plugin is loaded, not at the first event.
"""

from __future__ import annotations

from typing import Callable, TypeVar, overload

from componentize_py_types import Err
from wit_world.imports import wasi_config_store_0_2_0_rc_1 as store

from .errors import HostError, SettingError

Parsed = TypeVar("Parsed")

TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@overload
def get(key: str) -> str | None: ...
@overload
def get(key: str, default: str) -> str: ...
def get(key: str, default: str | None = None) -> str | None:
    """The setting, or `default` where the operator did not write it."""
    try:
        value = store.get(key)
    except Err as error:
        raise HostError(f"setting `{key}` cannot be read: {error.value.value}") from None
    return default if value is None else value


def require(key: str) -> str:
    """The setting; an error that names it where the operator did not write it, or left it empty."""
    value = get(key)
    if value is None:
        raise SettingError(f"setting `{key}` is required and missing")
    if not value.strip():
        raise SettingError(f"setting `{key}` is empty")
    return value


def parse(key: str, read: Callable[[str], Parsed], default: Parsed | None = None) -> Parsed | None:
    """The setting as `read` makes it of the text: `int`, `float`, or a function of the plugin's own; `bool` reads true and false."""
    value = get(key)
    if value is None:
        return default
    text = value.strip()
    if read is bool:
        if text.lower() not in TRUTHS:
            raise SettingError(f"setting `{key}` cannot be read as bool: it is neither true nor false")
        return TRUTHS[text.lower()]  # type: ignore[return-value]
    try:
        return read(text)
    except ValueError as error:
        raise SettingError(f"setting `{key}` cannot be read as {read.__name__}: {error}") from None


def names(key: str) -> list[str]:
    """The setting as a list: its parts between commas, without the space around them, without empty ones."""
    return [part.strip() for part in get(key, "").split(",") if part.strip()]


def everything() -> dict[str, str]:
    """All settings."""
    try:
        return dict(store.get_all())
    except Err as error:
        raise HostError(f"the settings cannot be read: {error.value.value}") from None
