"""Writes a Version's frame range as text, and how many frames it has."""

import cuebox

FIELDS = ["sg_first_frame", "sg_last_frame", "frame_range", "frame_count"]


def register(reg: cuebox.Registrar) -> None:
    reg.callback(convert).on("Shotgun_Version_Change", "sg_first_frame", "sg_last_frame")


def convert(sg: cuebox.Shotgun, event: cuebox.Event) -> cuebox.Outcome | None:
    """Converts what the Version holds now, which may be newer than the event."""
    entity = event.required_entity()
    version = sg.find_one("Version", [["id", "is", entity["id"]]], FIELDS)
    if version is None:
        return cuebox.skipped("the Version is gone")
    first, last = version["sg_first_frame"], version["sg_last_frame"]
    if first is None or last is None:
        return cuebox.skipped("only one end of the range is known")
    if last < first:
        return cuebox.rejected(f"Version {entity['id']} ends at {last}, before its first frame {first}")
    converted = {"frame_range": f"{first}-{last}", "frame_count": last - first + 1}
    if converted.items() <= version.items():
        return cuebox.skipped("the range is there already")
    sg.update("Version", entity["id"], converted)
    return cuebox.DONE
