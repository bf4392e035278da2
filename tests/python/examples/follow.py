"""Reference, `follow`, `followers`, `following`, `unfollow`."""

import given

sg = given.connect()
project = given.project(sg)
user = given.dict_of(given.person(sg))
shot = given.dict_of(sg.create("Shot", {"project": project, "code": "100_010"}))
task = given.dict_of(sg.create("Task", {"project": project, "content": "Anim"}))
given.shows(sg.follow(user, shot), {"followed": True, "user": user, "entity": shot})
follower = sg.followers(shot)[0]
given.shows(set(follower), {"status", "valid", "type", "name", "id"})
given.shows((follower["status"], follower["valid"], follower["id"]), ("act", "valid", user["id"]))
sg.follow(user, task)
given.shows(sg.following(user, project=project, entity_type="Task"), [task])
given.shows(len(sg.following(user, project=project)), 2)
given.shows(sg.unfollow(user, shot), {"unfollowed": True, "user": user, "entity": shot})
given.shows(sg.followers(shot), [])
given.shows(sg.unfollow(user, shot)["unfollowed"], True)
