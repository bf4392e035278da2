"""Reference, `summarize`: its five examples, on data of the same shape."""

import given

sg = given.connect()
project = given.project(sg)
kinds = {"Character": 3, "Environment": 3, "Matte Painting": 1, "Prop": 4, "Vehicle": 4}
for kind, count in kinds.items():
    for number in range(count):
        sg.create("Asset", {"project": project, "code": "{} {}".format(kind, number), "sg_asset_type": kind})
of_project = [["project", "is", {"type": "Project", "id": project["id"]}]]
result = sg.summarize(entity_type="Asset", filters=of_project, summary_fields=[{"field": "id", "type": "count"}])
given.shows(result, {"groups": [], "summaries": {"id": 15}})

result = sg.summarize(entity_type="Asset", filters=of_project, summary_fields=[{"field": "id", "type": "count"}],
                      grouping=[{"field": "sg_asset_type", "type": "exact", "direction": "asc"}])
given.shows(result, {
    "groups": [{"group_name": kind, "group_value": kind, "summaries": {"id": count}} for kind, count in kinds.items()],
    "summaries": {"id": 15},
})

sequence = sg.create("Sequence", {"project": project, "code": "SQ"})
steps = [sg.create("Step", {"code": "{} {}".format(name, project["id"])}) for name in ("Client", "Online")]
dates = {"shot_010": "2013-06-18", "shot_020": "2013-06-28", "shot_030": "2013-07-05"}
shots = {}
for name, date in dates.items():
    shots[name] = sg.create("Shot", {"project": project, "code": name, "sg_sequence": sequence})
    for step, due in zip(steps, ("2013-05-04", date)):
        sg.create("Task", {"project": project, "content": "t", "entity": shots[name], "step": step, "due_date": due})
    sg.create("Task", {"project": project, "content": "left out", "entity": shots[name], "sg_status_list": "na",
                       "due_date": "2014-01-01"})
filters = [["entity.Shot.sg_sequence", "is", {"type": "Sequence", "id": sequence["id"]}], ["sg_status_list", "is_not", "na"]]
fields = [{"field": "id", "type": "count"}, {"field": "due_date", "type": "latest"}]
result = sg.summarize(entity_type="Task", filters=filters, summary_fields=fields)
given.shows(result, {"groups": [], "summaries": {"due_date": "2013-07-05", "id": 6}})

by_shot = {"field": "entity", "type": "exact", "direction": "asc"}
result = sg.summarize(entity_type="Task", filters=filters, summary_fields=fields, grouping=[by_shot])


def valid(entity, name):
    return {"id": entity["id"], "name": name, "type": entity["type"], "valid": "valid"}


given.shows(result, {
    "groups": [{"group_name": name, "group_value": valid(shots[name], name), "summaries": {"due_date": date, "id": 2}}
               for name, date in dates.items()],
    "summaries": {"due_date": "2013-07-05", "id": 6},
})

by_step = {"field": "step", "type": "exact", "direction": "asc"}
result = sg.summarize(entity_type="Task", filters=filters, summary_fields=fields, grouping=[by_shot, by_step])
group = result["groups"][0]
given.shows(group["group_value"], valid(shots["shot_010"], "shot_010"))
given.shows(group["groups"], [
    {"group_name": step["code"], "group_value": valid(step, step["code"]), "summaries": {"due_date": date, "id": 1}}
    for step, date in zip(steps, ("2013-05-04", "2013-06-18"))
])
