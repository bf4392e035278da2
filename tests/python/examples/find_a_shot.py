"""Cookbook, "Find a Shot"; reference, `find_one`."""

from pprint import pprint

import given

sg = given.connect()
project = given.project(sg)
made = sg.create("Shot", {"project": project, "code": "100_010", "sg_status_list": "ip"})
with given.printed() as out:
    filters = [["id", "is", made["id"]]]
    result = sg.find_one("Shot", filters)
    pprint(result)

given.shows(result, {"type": "Shot", "id": made["id"]})
given.shows(out.getvalue(), "{{'id': {}, 'type': 'Shot'}}\n".format(made["id"]))

asset = sg.create("Asset", {"project": project, "code": "Gopher", "sg_status_list": "ip"})
result = sg.find_one("Asset", [["id", "is", asset["id"]]], ["id", "code", "sg_status_list"])
given.shows(result, {"code": "Gopher", "id": asset["id"], "sg_status_list": "ip", "type": "Asset"})
given.shows(sg.find_one("Asset", [["id", "is", 900000000]]), None)
