"""Writes how many Shots of a Sequence are finished into its description."""

import cuebox
from cuebox import config

DESCRIPTION = "sg_sequence.Sequence.description"


def register(reg: cuebox.Registrar) -> None:
    reg.callback(summarize).on("Shotgun_Shot_Change", "sg_status_list")


def summarize(sg: cuebox.Shotgun, event: cuebox.Event) -> cuebox.Outcome | None:
    """Has the site count, which is one question, however many Shots there are."""
    shot = sg.find_one("Shot", [["id", "is", event.required_entity()["id"]]], ["sg_sequence", DESCRIPTION])
    sequence = shot and shot["sg_sequence"]
    if sequence is None:
        return cuebox.skipped("the Shot is in no Sequence")
    shots = sg.summarize(
        "Shot",
        [["sg_sequence", "is", sequence]],
        [{"field": "id", "type": "count"}],
        grouping=[{"field": "sg_status_list", "type": "exact", "direction": "asc"}],
    )
    counts = {group["group_value"]: group["summaries"]["id"] for group in shots["groups"]}
    done = counts.get(config.get("finished", "fin"), 0)
    description = f"{done} of {shots['summaries']['id']} Shots are finished"
    if shot[DESCRIPTION] == description:
        return cuebox.skipped("it says so already")
    sg.update("Sequence", sequence["id"], {"description": description})
    cuebox.log.info("Sequence %d: %s", sequence["id"], description)
    return cuebox.DONE
