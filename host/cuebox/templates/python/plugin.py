"""Starts a Shot when one of its Tasks starts."""

from __future__ import annotations

import cuebox


def register(reg: cuebox.Registrar) -> None:
    """Called once when the plugin is loaded: checks the settings, says which events it wants."""
    cuebox.config.require("started")
    reg.callback(start_shot).on("Shotgun_Task_Change", "sg_status_list")


def start_shot(sg: cuebox.Shotgun, event: cuebox.Event) -> cuebox.Outcome | None:
    """Called for each event, one at a time."""
    started = cuebox.config.get("started")
    if event.new_status != started:
        return cuebox.skipped("the Task does not start")
    fields = ["entity", "entity.Shot.sg_status_list"]
    task = sg.find_one("Task", [["id", "is", event.required_entity()["id"]]], fields)
    status = task and task["entity.Shot.sg_status_list"]
    if not status:
        return cuebox.skipped("the Task is not of a Shot")
    if status == started:
        return cuebox.skipped("the Shot has started already")
    shot = task["entity"]
    sg.update("Shot", shot["id"], {"sg_status_list": started})
    cuebox.log.info("Shot %s has started", shot["name"])
    return None
