"""Why a call to the host failed."""

from __future__ import annotations

from typing import Any, Callable, TypeVar

from componentize_py_types import Err
from wit_world.imports import cuebox_plugin_shotgun_0_1_0 as wire

Answer = TypeVar("Answer")


class Error(Exception):
    """What the SDK raises. A callback that lets one through has failed at its event."""


class Denied(Error):
    """The operator has not granted this, or the call was made outside of `register` and the callbacks, or it writes inside
    `register`. The text names what is missing."""


class Fault(Error):
    """The site refused. The text is the site's own; `code` is 103 for a request, 104 for a rule or permission."""

    def __init__(self, message: str = "", code: int = 0) -> None:
        super().__init__(message)
        self.code = code


class SignInFault(Fault):
    """The site does not let the script user sign in: code 102."""


class Unavailable(Error):
    """The site could not be reached, or did not answer in time. A write may or may not have been made."""


class Unreachable(Error):
    """Another host could not be reached, or did not answer as it should. What was asked may or may not have been done."""


class Limit(Error):
    """A limit of the host: which one, and its value."""


class Invalid(Error):
    """The call makes no sense: a value that the site cannot take, an unknown option."""


class SettingError(Error):
    """A setting of the plugin is missing or cannot be used."""


class HostError(Error):
    """A key-value or a setting could not be read or written."""


SIGN_IN = 102


def ask(function: Callable[..., Answer], *arguments: Any) -> Answer:
    """Calls a function of the connection, and raises what it answers in place of a result."""
    try:
        return function(*arguments)
    except Err as error:
        # Not a context: the author has no use for how the bindings say it.
        raise translated(error.value) from None


def translated(error: Any) -> Error:
    """The exception for an error of the contract."""
    if isinstance(error, wire.Error_Fault):
        code, message = error.value
        return SignInFault(message, code) if code == SIGN_IN else Fault(message, code)
    kinds = {
        wire.Error_Denied: Denied,
        wire.Error_Unavailable: Unavailable,
        wire.Error_Limit: Limit,
        wire.Error_Invalid: Invalid,
    }
    return kinds[type(error)](error.value)
