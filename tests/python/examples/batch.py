"""Reference, `batch`: a hundred shots, all three kinds of request, and that all happen or none."""

import shotgun_api3

import given

sg = given.connect()
project = given.project(sg)
batch_data = []
for i in range(1, 100):
    data = {"code": "shot_%04d" % i, "project": project}
    batch_data.append({"request_type": "create", "entity_type": "Shot", "data": data})
made = sg.batch(batch_data)
given.shows(made[0], {"code": "shot_0001", "type": "Shot", "id": made[0]["id"], "project": project})
given.shows(made[98], {"code": "shot_0099", "type": "Shot", "id": made[98]["id"], "project": project})
given.shows(len(made), 99)

first = made[0]["id"]
batch_data = [
    {"request_type": "create", "entity_type": "Shot", "data": {"code": "New Shot 1", "project": project}},
    {"request_type": "update", "entity_type": "Shot", "entity_id": first, "data": {"code": "Changed 1"}},
    {"request_type": "delete", "entity_type": "Shot", "entity_id": first},
]
result = sg.batch(batch_data)
given.shows(result, [
    {"code": "New Shot 1", "type": "Shot", "id": result[0]["id"], "project": project},
    {"code": "Changed 1", "type": "Shot", "id": first},
    True,
])

before = sg.summarize("Shot", [["project", "is", project]], [{"field": "id", "type": "count"}])
with given.raises(shotgun_api3.Fault, "All requests rolled back"):
    sg.batch([batch_data[0], {"request_type": "update", "entity_type": "Shot", "entity_id": 900000000, "data": {"code": "x"}}])
given.shows(sg.summarize("Shot", [["project", "is", project]], [{"field": "id", "type": "count"}]), before)
