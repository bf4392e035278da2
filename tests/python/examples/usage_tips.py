"""Cookbook, "API Usage Tips": entity fields, one connection per thread, field hopping, audit fields, and logging."""

import datetime
import io
import logging
import threading

import shotgun_api3

import given

sg = given.connect()
project = given.project(sg, "Big Buck Bunny")
asset = sg.create("Asset", {"project": project, "code": "redBall"})
sequence = sg.create("Sequence", {"project": project, "code": "SQ", "sg_status_list": "fin"})
shot = sg.create("Shot", {"project": project, "code": "100_010", "assets": [asset], "sg_sequence": sequence})
given.shows(sg.find_one("Shot", [["id", "is", shot["id"]]], ["assets"])["assets"],
            [{"type": "Asset", "name": "redBall", "id": asset["id"]}])

sg_project = sg.find_one("Project", [["name", "is", project["name"]]])
given.shows(sg.find("Shot", [["project", "is", sg_project]], ["code"]), [{"type": "Shot", "id": shot["id"], "code": "100_010"}])
sg_shots = sg.find("Shot", [["project.Project.name", "is", project["name"]]], ["code", "sg_sequence.Sequence.sg_status_list"])
given.shows(sg_shots, [{"type": "Shot", "id": shot["id"], "code": "100_010", "sg_sequence.Sequence.sg_status_list": "fin"}])

widget = sg.create("CustomEntity01", {"project": project, "code": "a widget", "sg_status_list": "ip"})
given.shows(sg.find("CustomEntity01", filters=[["project", "is", project], ["sg_status_list", "is", "ip"]], fields=["code"]),
            [{"type": "CustomEntity01", "id": widget["id"], "code": "a widget"}])

user = given.person(sg)
when = datetime.datetime(2020, 1, 2, 3, 4, 5, tzinfo=shotgun_api3.shotgun.SG_TIMEZONE.utc)
old = sg.create("Shot", {"project": project, "code": "moved here", "created_by": given.dict_of(user), "created_at": when})
read = sg.find_one("Shot", [["id", "is", old["id"]]], ["created_by", "created_at", "updated_at"])
given.shows((read["created_by"], read["created_at"]), (user, when))
assert read["updated_at"] != when, read

made = []


def work(number):
    mine = given.connect()
    made.append(mine.create("Shot", {"project": project, "code": "thread {}".format(number)})["id"])


threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
given.shows(len(set(made)), 4)

said = io.StringIO()
handler = logging.StreamHandler(said)
sg_log = logging.getLogger("shotgun_api3")
before = sg_log.level
sg_log.addHandler(handler)
sg_log.setLevel(logging.DEBUG)
sg.find_one("Shot", [])
sg_log.setLevel(before)
sg_log.removeHandler(handler)
assert "read" in said.getvalue(), said.getvalue()
