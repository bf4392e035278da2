"""Finishes a Shot when the last of its Tasks is finished."""

import cuebox
from cuebox import config

STATUS = "sg_status_list"
SHOT_STATUS = "entity.Shot.sg_status_list"


def finished() -> list[str]:
    return config.names("finished") or ["fin"]


def ignored() -> list[str]:
    return config.names("ignored") or ["omt", "na"]


def register(reg: cuebox.Registrar) -> None:
    """Checks that the site has the statuses of the settings."""
    wanted = {"Task": finished() + ignored(), "Shot": [config.get("shot_status", "fin")]}
    for entity_type, codes in wanted.items():
        schema = reg.shotgun.schema_field_read(entity_type, STATUS)[STATUS]
        valid = schema["properties"]["valid_values"]["value"]
        for code in codes:
            if code not in valid:
                raise cuebox.SettingError(f"`{code}` is not a status of {entity_type} ({', '.join(valid)})")
    reg.callback(roll_up).on("Shotgun_Task_Change", STATUS)


def roll_up(sg: cuebox.Shotgun, event: cuebox.Event) -> cuebox.Outcome | None:
    if event.new_status not in finished():
        return cuebox.skipped("the Task is not finished")
    task = sg.find_one("Task", [["id", "is", event.required_entity()["id"]]], ["entity", SHOT_STATUS])
    shot = task and task["entity"]
    if shot is None or shot["type"] != "Shot":
        return cuebox.skipped("the Task is not of a Shot")
    status = config.get("shot_status", "fin")
    if task[SHOT_STATUS] == status:
        return cuebox.skipped("the Shot has the status already")
    if sg.find_one("Task", [["entity", "is", shot], [STATUS, "not_in", finished() + ignored()]]):
        return cuebox.skipped("the Shot has Tasks that are not finished")
    sg.update("Shot", shot["id"], {STATUS: status})
    cuebox.log.info("Shot %d is %s: all of its Tasks are finished", shot["id"], status)
    return cuebox.DONE
