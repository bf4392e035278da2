"""Cookbook, "Task Dependencies": how dates follow what they depend on."""

import shotgun_api3

import given

sg = given.connect()
project = given.project(sg)
shot = sg.create("Shot", {"project": project, "code": "bunny_010_0010"})
layout = sg.create("Task", {"project": project, "content": "Layout", "start_date": "2010-04-28", "due_date": "2010-05-05", "entity": shot})
given.shows(layout["entity"], {"id": shot["id"], "name": "bunny_010_0010", "type": "Shot"})
anm = sg.create("Task", {"project": project, "content": "Anm", "start_date": "2010-05-06", "due_date": "2010-05-12", "entity": shot})
upstream = [{"type": "Task", "id": layout["id"], "dependency_type": "finish-to-start-next-day"}]
result = sg.update("Task", anm["id"], {"upstream_tasks": upstream})
given.shows(result, {"id": anm["id"], "type": "Task", "upstream_tasks": [{"id": layout["id"], "name": "Layout", "type": "Task"}]})


def dates(task):
    fields = ["start_date", "due_date", "dependency_violation", "pinned"]
    row = sg.find_one("Task", [["id", "is", task["id"]]], fields)
    return tuple(row[field] for field in fields)


found = sg.find("Task", [["entity", "is", {"type": "Shot", "id": shot["id"]}]], ["downstream_tasks"])
given.shows(found[0]["downstream_tasks"], [{"type": "Task", "name": "Anm", "id": anm["id"]}])
given.shows(found[1]["downstream_tasks"], [])

# What depends on it moves with it; what is moved before it is a violation, and stays where it is put.
given.shows(sg.update("Task", layout["id"], {"due_date": "2010-05-07"}), {"due_date": "2010-05-07", "type": "Task", "id": layout["id"]})
given.shows(dates(anm), ("2010-05-10", "2010-05-14", False, False))
sg.update("Task", anm["id"], {"start_date": "2010-05-06"})
given.shows(dates(anm), ("2010-05-06", "2010-05-12", True, True))
sg.update("Task", anm["id"], {"start_date": "2010-05-10"})
given.shows(dates(anm), ("2010-05-10", "2010-05-14", False, True))
given.shows(sg.update("Task", anm["id"], {"pinned": False}), {"pinned": False, "type": "Task", "id": anm["id"]})
given.shows(dates(anm), ("2010-05-10", "2010-05-14", False, False))

# Without its pin, a Task goes where it must.
sg.update("Task", anm["id"], {"start_date": "2010-05-06"})
sg.update("Task", anm["id"], {"pinned": False})
given.shows(dates(anm), ("2010-05-10", "2010-05-14", False, False))
with given.raises(shotgun_api3.Fault, "Task.dependency_violation is read only"):
    sg.update("Task", anm["id"], {"dependency_violation": False})
