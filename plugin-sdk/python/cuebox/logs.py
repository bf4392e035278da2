"""Lines in the plugin's log, by the standard library's `logging`.

`cuebox.log` is a logger, and so is what `logging.getLogger(__name__)` gives: each record becomes a line, with the logger's
name as its context. What is printed becomes lines as well.
"""

from __future__ import annotations

import logging

from wit_world.imports import wasi_logging_logging_0_1_0_draft as wire

#: Below `logging.DEBUG`: every step.
TRACE = 5

_LEVELS = [
    (logging.CRITICAL, wire.Level.CRITICAL),
    (logging.ERROR, wire.Level.ERROR),
    (logging.WARNING, wire.Level.WARN),
    (logging.INFO, wire.Level.INFO),
    (logging.DEBUG, wire.Level.DEBUG),
]

log = logging.getLogger("plugin")


class HostHandler(logging.Handler):
    """Hands records to the host, which decides by the operator's configuration which are shown."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            wire.log(_level(record.levelno), record.name, self.format(record))
        except Exception:
            self.handleError(record)


def _level(number: int) -> wire.Level:
    return next((level for least, level in _LEVELS if number >= least), wire.Level.TRACE)


def install() -> None:
    """Makes the host the end of all loggers. Done once, when the component is built."""
    logging.addLevelName(TRACE, "TRACE")
    # There are neither threads nor processes to tell apart.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    root = logging.getLogger()
    root.handlers[:] = [HostHandler()]
    root.setLevel(TRACE)
