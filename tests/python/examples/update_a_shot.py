"""Cookbook, "Update A Shot"; reference, `update` with links and their modes."""

import given

sg = given.connect()
project = given.project(sg)
shot = sg.create("Shot", {"project": project, "code": "100_010"})
data = {"description": "Rabbits on a wide meadow", "sg_status_list": "ip"}
result = sg.update("Shot", shot["id"], data)
given.shows(result, {"description": data["description"], "sg_status_list": "ip", "type": "Shot", "id": shot["id"]})

asset = sg.create("Asset", {"project": project, "code": "Gopher"})
made = [sg.create("Shot", {"project": project, "code": code}) for code in ("100_020", "100_040", "100_070")]
shots = [{"type": "Shot", "id": one["id"]} for one in made]
result = sg.update("Asset", asset["id"], {"shots": shots, "sg_status_list": "rev"})
given.shows((result["type"], result["id"], result["sg_status_list"]), ("Asset", asset["id"], "rev"))
given.shows([(one["id"], one["name"], one["type"]) for one in result["shots"]],
            [(one["id"], one["code"], "Shot") for one in made])

sg.update("Asset", asset["id"], {"shots": shots[:1]}, multi_entity_update_modes={"shots": "remove"})
sg.update("Asset", asset["id"], {"shots": [given.dict_of(shot)]}, multi_entity_update_modes={"shots": "add"})
left = sg.find_one("Asset", [["id", "is", asset["id"]]], ["shots"])["shots"]
given.shows({one["name"] for one in left}, {"100_040", "100_070", "100_010"})
