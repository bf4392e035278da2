"""What a callback says it did. One that returns nothing means `DONE`; one that raises has failed."""

from __future__ import annotations

import datetime
import math

from wit_world.exports import cuebox_plugin_callbacks_0_1_0 as wire

Outcome = wire.Outcome

#: Finished with the event.
DONE = wire.Outcome_Done()

SECONDS_MAX = 2**32 - 1


def skipped(why: str) -> Outcome:
    """There was nothing to do, and why; shown in the debug log."""
    return wire.Outcome_Skipped(str(why))


def retry_after(delay: float | datetime.timedelta) -> Outcome:
    """Hand the event over again, to this callback, after so long: seconds, rounded up to whole ones. The events after it wait."""
    seconds = delay.total_seconds() if isinstance(delay, datetime.timedelta) else delay
    return wire.Outcome_RetryAfter(min(max(math.ceil(seconds), 0), SECONDS_MAX))


def rejected(why: str) -> Outcome:
    """The event cannot be handled, now or later, and why. A failure that is not tried again."""
    return wire.Outcome_Rejected(str(why))


def checked(answer: object) -> Outcome:
    """What a callback returned, which must be an outcome or nothing."""
    if answer is None:
        return DONE
    if isinstance(answer, (wire.Outcome_Done, wire.Outcome_Skipped, wire.Outcome_RetryAfter, wire.Outcome_Rejected)):
        return answer
    raise TypeError(f"a callback returns None or an outcome such as cuebox.skipped(...), not a {type(answer).__name__}")
