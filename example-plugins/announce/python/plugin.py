"""Tells a chat when a Version is approved."""

import cuebox
from cuebox import config, http

#: When a chat that is away is asked again, in seconds.
LATER = 60


def register(reg: cuebox.Registrar) -> None:
    config.require("url")
    reg.callback(announce).on("Shotgun_Version_Change", "sg_status_list")


def announce(sg: cuebox.Shotgun, event: cuebox.Event) -> cuebox.Outcome | None:
    if event.new_status != config.get("approved", "apr"):
        return cuebox.skipped("the Version is not approved")
    version = event.required_entity()["name"] or "A Version"
    answer = http.post(config.require("url"), json={"text": f"{version} is approved"})
    if answer.ok:
        return cuebox.DONE
    if answer.status == 429 or answer.status >= 500:
        # It is busy, or has a fault of its own.
        return cuebox.retry_after(LATER)
    return cuebox.rejected(f"the chat answered {answer.status}")
