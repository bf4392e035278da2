"""Reference, `activity_stream_read`."""

import given

sg = given.connect()
project = given.project(sg)
sequence = sg.create("Sequence", {"project": project, "code": "SQ"})
shot = sg.create("Shot", {"project": project, "code": "100_010", "sg_sequence": sequence})
version = sg.create("Version", {"project": project, "code": "Review_turntable_v2", "entity": shot})
stream = sg.activity_stream_read("Project", project["id"])
given.shows((stream["entity_type"], stream["entity_id"]), ("Project", project["id"]))
update = next(one for one in stream["updates"] if one["primary_entity"]["id"] == version["id"]
              and one["primary_entity"]["type"] == "Version")
given.shows(update["update_type"], "create")
given.shows(update["meta"], {"entity_id": version["id"], "entity_type": "Version", "type": "new_entity"})
given.shows({key: update["primary_entity"][key] for key in ("id", "name", "status", "type")},
            {"id": version["id"], "name": "Review_turntable_v2", "status": "rev", "type": "Version"})
assert update["read"] in (True, False), update
order = [one["id"] for one in stream["updates"]]
given.shows(order, sorted(order, reverse=True))
assert stream["earliest_update_id"] <= order[-1] and stream["latest_update_id"] >= order[0], stream

with_fields = sg.activity_stream_read("Project", project["id"], {"Shot": ["sg_sequence"], "Asset": ["sg_asset_type"]})
of_shot = next(one for one in with_fields["updates"] if one["primary_entity"]["type"] == "Shot")
given.shows(of_shot["primary_entity"]["sg_sequence"]["id"], sequence["id"])
limited = sg.activity_stream_read("Project", project["id"], max_id=order[0] - 1, limit=1)
given.shows(len(limited["updates"]), 1)
assert limited["updates"][0]["id"] < order[0], limited
