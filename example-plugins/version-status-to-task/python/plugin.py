"""Finishes a Task when one of its Versions is approved."""

import cuebox
from cuebox import config

TASK_STATUS = "sg_task.Task.sg_status_list"


def register(reg: cuebox.Registrar) -> None:
    reg.callback(roll_up).on("Shotgun_Version_Change", "sg_status_list")


def roll_up(sg: cuebox.Shotgun, event: cuebox.Event) -> cuebox.Outcome | None:
    if event.new_status != config.get("approved", "apr"):
        return cuebox.skipped("the Version is not approved")
    version = sg.find_one("Version", [["id", "is", event.required_entity()["id"]]], ["sg_task", TASK_STATUS])
    task = version and version["sg_task"]
    if task is None:
        return cuebox.skipped("the Version is of no Task")
    finished = config.get("task_status", "fin")
    if version[TASK_STATUS] == finished:
        return cuebox.skipped("the Task has the status already")
    sg.update("Task", task["id"], {"sg_status_list": finished})
    cuebox.log.info("Task %d is %s: a Version of it is approved", task["id"], finished)
    return cuebox.DONE
