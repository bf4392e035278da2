"""Reference, "Event Types": the standard events of an entity, and events of one's own."""

import shotgun_api3

import given

sg = given.connect()
project = given.project(sg)
shot = sg.create("Shot", {"project": project, "code": "100_010"})
sg.update("Shot", shot["id"], {"description": "before and after"})
sg.delete("Shot", shot["id"])
sg.revive("Shot", shot["id"])
events = sg.find("EventLogEntry", [["entity", "is", given.dict_of(shot)]], ["event_type", "attribute_name", "meta"])
types = [event["event_type"] for event in events]
for action in ("New", "Change", "Retirement", "Revival"):
    assert "Shotgun_Shot_" + action in types, types
change = next(event for event in events if event["attribute_name"] == "description")
given.shows((change["meta"]["old_value"], change["meta"]["new_value"]), (None, "before and after"))

own = sg.create("EventLogEntry", {"event_type": "MyTool_Publish_Done", "project": project, "entity": given.dict_of(shot),
                                  "description": "all is there"})
given.shows(sg.find_one("EventLogEntry", [["id", "is", own["id"]]], ["event_type", "description"]),
            {"type": "EventLogEntry", "id": own["id"], "event_type": "MyTool_Publish_Done", "description": "all is there"})
with given.raises(shotgun_api3.Fault):
    sg.update("EventLogEntry", own["id"], {"description": "otherwise"})
with given.raises(shotgun_api3.Fault):
    sg.delete("EventLogEntry", own["id"])
