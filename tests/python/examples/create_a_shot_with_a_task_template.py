"""Cookbook, "Create a Shot with a Task Template"."""

import given

sg = given.connect()
project = given.project(sg)
name = "3D Shot Template {}".format(project["id"])
made = sg.create("TaskTemplate", {"code": name, "entity_type": "Shot"})
for content in ("Layout", "Animation", "Light"):
    sg.create("Task", {"content": content, "task_template": given.dict_of(made)})

template = sg.find_one("TaskTemplate", [["code", "is", name]])
given.shows(template, {"type": "TaskTemplate", "id": made["id"]})
data = {"project": {"type": "Project", "id": project["id"]}, "code": "100_010", "description": "a dark one", "task_template": template}
result = sg.create("Shot", data)
given.shows(result["task_template"], {"id": made["id"], "name": name, "type": "TaskTemplate"})
tasks = sg.find("Task", filters=[["entity", "is", result]])
given.shows(len(tasks), 3)
assert all(set(task) == {"id", "type"} for task in tasks), tasks
