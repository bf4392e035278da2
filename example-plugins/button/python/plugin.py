"""A button in the site's pages without a web server: approves the Versions that were selected when it was pressed, and reports back
by a Note."""

import cuebox
from cuebox import config


def register(reg: cuebox.Registrar) -> None:
    config.require("button")
    reg.callback(pressed).on("Shotgun_ActionMenuItem_Triggered")


def pressed(sg: cuebox.Shotgun, event: cuebox.Event) -> cuebox.Outcome | None:
    item = event.required_entity()
    if (item["type"], item["id"]) != ("ActionMenuItem", config.parse("button", int)):
        return cuebox.skipped("another button")
    payload = event.meta["ami_payload"]
    if payload["entity_type"] != "Version":
        return cuebox.rejected(f"the button is for Versions, not for {payload['entity_type']}s")
    versions = [{"type": "Version", "id": int(number)} for number in payload["selected_ids"].split(",") if number.strip()]
    if not versions:
        return cuebox.skipped("nothing was selected")
    status = config.get("status", "apr")
    note = {
        "project": event.required_project(),
        "subject": f"{len(versions)} Versions are {status}",
        "note_links": versions,
    }
    approved = [
        {
            "request_type": "update",
            "entity_type": "Version",
            "entity_id": version["id"],
            "data": {"sg_status_list": status},
        }
        for version in versions
    ]
    sg.batch([*approved, {"request_type": "create", "entity_type": "Note", "data": note}])
    cuebox.log.info("%d Versions are %s", len(versions), status)
    return cuebox.DONE
