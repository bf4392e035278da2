"""Cookbook, "Create A Shot"."""

from pprint import pprint

import given

sg = given.connect()
project = given.project(sg)
with given.printed() as out:
    data = {
        "project": {"type": "Project", "id": project["id"]},
        "code": "100_010",
        "description": "Rabbits on a wide meadow",
        "sg_status_list": "ip",
    }
    result = sg.create("Shot", data)
    pprint(result)
    print("The id of the {} is {}.".format(result["type"], result["id"]))

given.shows(result, dict(data, type="Shot", id=result["id"], project=project))
lines = out.getvalue().splitlines()
assert lines[0].startswith("{'code': '100_010',"), lines
given.shows(lines[-1], "The id of the Shot is {}.".format(result["id"]))
