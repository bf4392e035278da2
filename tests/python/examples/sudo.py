"""Reference, `Shotgun(sudo_as_login=...)`: a script that acts in the name of a person; `update_project_last_accessed`."""

import shotgun_api3

import given

sg = given.connect()
project = given.project(sg)
user = given.person(sg)
as_user = given.connect(sudo_as_login=given.LOGIN)
shot = as_user.create("Shot", {"project": project, "code": "100_010"}, ["created_by", "updated_by"])
given.shows((shot["created_by"], shot["updated_by"]), (user, user))
event = sg.find_one("EventLogEntry", [["entity", "is", given.dict_of(shot)], ["event_type", "is", "Shotgun_Shot_New"]],
                    ["user", "meta"])
given.shows(event["user"]["id"], user["id"])
script = sg.find_one("ApiUser", [["firstname", "is", given.SCRIPT_NAME]])
given.shows(event["meta"]["sudo_actual_user"]["id"], script["id"])
with given.raises(shotgun_api3.Fault, "sudo"):
    given.connect(sudo_as_login="nobody at all").find_one("Shot", [])

as_user.update_project_last_accessed({"type": "Project", "id": project["id"]})
seen = as_user.find_one("Project", [["id", "is", project["id"]]], ["last_accessed_by_current_user"])
assert seen["last_accessed_by_current_user"], seen
