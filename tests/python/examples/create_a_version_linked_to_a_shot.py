"""Cookbook, "Create a Version Linked to a Shot"."""

import given

sg = given.connect()
project = given.project(sg)
made = sg.create("Shot", {"project": project, "code": "100_010"})
sg.create("Task", {"project": project, "content": "Animation", "entity": made})

filters = [["project", "is", {"type": "Project", "id": project["id"]}], ["code", "is", "100_010"]]
shot = sg.find_one("Shot", filters)
filters = [["project", "is", {"type": "Project", "id": project["id"]}],
           ["entity", "is", {"type": "Shot", "id": shot["id"]}],
           ["content", "is", "Animation"]]
task = sg.find_one("Task", filters)
user = sg.find_one("HumanUser", [["login", "is", given.LOGIN]])
data = {
    "project": {"type": "Project", "id": project["id"]},
    "code": "100_010_anim_v1",
    "description": "a first look at the meadow",
    "sg_path_to_frames": "/v1/s100/010/frames/anim/100_010_animv1.#.jpg",
    "sg_status_list": "rev",
    "entity": {"type": "Shot", "id": shot["id"]},
    "sg_task": {"type": "Task", "id": task["id"]},
    "user": {"type": "HumanUser", "id": user["id"]},
}
result = sg.create("Version", data)
assert isinstance(result["id"], int), result
given.shows(result["entity"], {"type": "Shot", "id": shot["id"], "name": "100_010"})
given.shows(result["sg_task"], {"type": "Task", "id": task["id"], "name": "Animation"})
given.shows(result["sg_path_to_frames"], data["sg_path_to_frames"])
given.shows(result["user"]["id"], user["id"])
