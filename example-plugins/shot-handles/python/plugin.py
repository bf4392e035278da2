"""Gives new Shots their handles: the frames before and after the cut that are worked on as well."""

import cuebox
from cuebox import config

FRAMES = 8

#: From field to the frames that new Shots get in it.
handles: dict[str, int] = {}


def register(reg: cuebox.Registrar) -> None:
    """Reads the settings and checks that the site has both fields."""
    for end in ("head", "tail"):
        field = config.get(f"{end}_field", f"sg_{end}_duration")
        handles[field] = config.parse(f"{end}_frames", int, FRAMES)
        if handles[field] < 0:
            raise cuebox.SettingError(f"setting `{end}_frames` is less than 0")
        schema = reg.shotgun.schema_field_read("Shot", field)[field]
        if schema["data_type"]["value"] != "number" or not schema["editable"]["value"]:
            raise cuebox.SettingError(f"Shot.{field} is not a number field that can be written")
    reg.callback(set_handles).on("Shotgun_Shot_New")


def set_handles(sg: cuebox.Shotgun, event: cuebox.Event) -> cuebox.Outcome | None:
    """Sets the handles that the Shot was not created with."""
    entity = event.required_entity()
    shot = sg.find_one("Shot", [["id", "is", entity["id"]]], list(handles))
    if shot is None:
        return cuebox.skipped("the Shot is gone again")
    missing = {field: frames for field, frames in handles.items() if shot[field] is None}
    if not missing:
        return cuebox.skipped("the Shot was created with handles")
    sg.update("Shot", entity["id"], missing)
    cuebox.log.info("%s got its handles", entity["name"])
    return cuebox.DONE
