"""Reference, `find`: the characters of a sequence, and the versions of a pipeline step by a path of links."""

import given

sg = given.connect()
project = given.project(sg)
sequence = sg.create("Sequence", {"project": project, "code": "100_FOO"})
characters = [sg.create("Asset", {"project": project, "code": name, "sg_asset_type": "Character", "sequences": [sequence]})
              for name in ("Gopher", "Cow", "Bird_1")]
sg.create("Asset", {"project": project, "code": "Tree", "sg_asset_type": "Prop", "sequences": [sequence]})
sg.create("Asset", {"project": project, "code": "Elsewhere", "sg_asset_type": "Character"})

fields = ["id", "code", "sg_asset_type"]
filters = [
    ["project", "is", {"type": "Project", "id": project["id"]}],
    ["sg_asset_type", "is", "Character"],
    ["sequences", "is", {"type": "Sequence", "id": sequence["id"]}],
]
assets = sg.find("Asset", filters, fields)
given.shows(assets, [{"code": made["code"], "id": made["id"], "sg_asset_type": "Character", "type": "Asset"}
                     for made in characters])

step = sg.create("Step", {"code": "Animation", "list_order": 3})
shot = sg.create("Shot", {"project": project, "code": "scene_010"})
task = sg.create("Task", {"project": project, "content": "Anim", "entity": shot, "step": step})
other = sg.create("Task", {"project": project, "content": "Light", "entity": shot})
names = ("scene_010_anim_v001", "scene_010_anim_v002")
versions = [sg.create("Version", {"project": project, "code": name, "entity": shot, "sg_task": task}) for name in names]
sg.create("Version", {"project": project, "code": "scene_010_light_v001", "entity": shot, "sg_task": other})
filters = [
    ["project", "is", {"type": "Project", "id": project["id"]}],
    ["sg_task.Task.step.Step.id", "is", step["id"]],
]
given.shows(sg.find("Version", filters, ["id", "code"]),
            [{"code": made["code"], "id": made["id"], "type": "Version"} for made in versions])

# Order, limit and pages.
backwards = sg.find("Version", filters, ["code"], [{"field_name": "code", "direction": "desc"}])
given.shows([row["code"] for row in backwards], list(reversed(names)))
given.shows(len(sg.find("Version", filters, limit=1)), 1)
given.shows(sg.find("Version", filters, ["code"], limit=1, page=2)[0]["code"], names[1])
