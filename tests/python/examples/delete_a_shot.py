"""Cookbook, "Delete A Shot"; reference, `delete`, `revive`, and finding what is retired."""

from pprint import pprint

import shotgun_api3

import given

sg = given.connect()
project = given.project(sg)
shot = sg.create("Shot", {"project": project, "code": "100_010"})
with given.printed() as out:
    result = sg.delete("Shot", shot["id"])
    pprint(result)
given.shows(out.getvalue(), "True\n")
given.shows(sg.delete("Shot", shot["id"]), False)
with given.raises(shotgun_api3.Fault):
    sg.delete("Shot", 900000000)

here = [["id", "is", shot["id"]]]
given.shows(sg.find("Shot", here), [])
given.shows(sg.find("Shot", here, retired_only=True), [given.dict_of(shot)])
given.shows(sg.revive("Shot", shot["id"]), True)
given.shows(sg.revive("Shot", shot["id"]), False)
given.shows(sg.find("Shot", here), [given.dict_of(shot)])
