"""Reference, `text_search`."""

import shotgun_api3

import given

sg = given.connect()
project = given.project(sg)
sg.create("Asset", {"project": project, "code": "Bunny", "sg_asset_type": "Character", "sg_status_list": "fin"})
sg.create("Asset", {"project": project, "code": "Bunny burrow", "sg_asset_type": "Environment"})
shot = sg.create("Shot", {"project": project, "code": "meadow_010"})
sg.create("Task", {"project": project, "content": "Bunny FX", "entity": shot, "sg_status_list": "fin"})
entity_types = {"Asset": [["sg_asset_type", "is", "Character"]], "Task": []}
result = sg.text_search("bunny", entity_types, project_ids=[project["id"]])
given.shows(result["terms"], ["bunny"])
found = {match["name"]: match for match in result["matches"]}
given.shows(set(found), {"Bunny", "Bunny FX"})
for match in found.values():
    assert set(match) >= {"id", "type", "name", "project_id", "image", "links", "status"}, match
given.shows(found["Bunny"]["links"], ["", ""])
given.shows(found["Bunny FX"]["links"], ["Shot", "meadow_010"])
given.shows(found["Bunny FX"]["project_id"], project["id"])
with given.raises((shotgun_api3.Fault, ValueError)):
    sg.text_search("bu", entity_types)
