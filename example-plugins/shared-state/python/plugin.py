"""Two callbacks that share what they know: in memory while the plugin runs, in key-values beyond that."""

import cuebox
from cuebox import keyvalue

#: How many Versions were ever seen; outlives the process.
VERSIONS_SEEN = "versions-seen"

#: From a Shot's id to the name of its latest Version; gone when the plugin is swapped or the process ends.
latest: dict[int, str] = {}


def register(reg: cuebox.Registrar) -> None:
    reg.callback(remember).on("Shotgun_Version_New")
    reg.callback(tell).on("Shotgun_Shot_Change", "sg_status_list")


def remember(sg: cuebox.Shotgun, event: cuebox.Event) -> cuebox.Outcome | None:
    """Remembers which Version of a Shot came last, and counts."""
    version = sg.find_one("Version", [["id", "is", event.required_entity()["id"]]], ["code", "entity"])
    if version is None:
        return cuebox.skipped("the Version is gone again")
    shot = version["entity"]
    if shot is None or shot["type"] != "Shot":
        return cuebox.skipped("the Version is not of a Shot")
    count = keyvalue.increment(VERSIONS_SEEN)
    latest[shot["id"]] = version["code"]
    cuebox.log.info("%s is the latest of its Shot; %d seen so far", version["code"], count)
    return cuebox.DONE


def tell(sg: cuebox.Shotgun, event: cuebox.Event) -> cuebox.Outcome | None:
    """Writes the latest Version into the description of a Shot whose status changed."""
    entity = event.required_entity()
    code = latest.get(entity["id"])
    if code is None:
        return cuebox.skipped("no Version of this Shot was seen since the plugin started")
    shot = sg.find_one("Shot", [["id", "is", entity["id"]]], ["description"])
    description = f"Latest Version: {code}"
    if shot is None or shot["description"] == description:
        return cuebox.skipped("it says so already, or is gone")
    sg.update("Shot", entity["id"], {"description": description})
    seen = keyvalue.get_text(VERSIONS_SEEN)
    cuebox.log.info("told Shot %d of %s, one of %s Versions seen so far", entity["id"], code, seen)
    return cuebox.DONE
