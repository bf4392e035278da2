"""Batches: one transaction."""

from .stage import case, equal, fault, ids


@case
def results_come_in_the_order_of_the_requests(stage):
    shot, doomed = stage.shot(), stage.shot()
    code = stage.name("batch")
    results = stage.sg.batch([
        {"request_type": "create", "entity_type": "Shot", "data": {"project": stage.project, "code": code}},
        {"request_type": "update", "entity_type": "Shot", "entity_id": shot["id"], "data": {"sg_cut_in": 3}},
        {"request_type": "delete", "entity_type": "Shot", "entity_id": doomed["id"]},
    ])
    equal((results[0]["type"], results[0]["code"]), ("Shot", code))
    equal(results[1], {"type": "Shot", "id": shot["id"], "sg_cut_in": 3})
    equal(results[2], True)


@case
def later_requests_see_earlier_ones(stage):
    shot = stage.shot()
    stage.sg.batch([
        {"request_type": "update", "entity_type": "Shot", "entity_id": shot["id"], "data": {"sg_cut_in": 1}},
        {"request_type": "update", "entity_type": "Shot", "entity_id": shot["id"], "data": {"sg_cut_in": 2}},
        {"request_type": "delete", "entity_type": "Shot", "entity_id": shot["id"]},
    ])
    equal(stage.sg.find_one("Shot", [["id", "is", shot["id"]]], ["sg_cut_in"], retired_only=True)["sg_cut_in"], 2)


@case
def one_bad_request_undoes_all(stage):
    shot, kept = stage.shot(sg_cut_in=1), stage.shot()
    code = stage.name("undone")
    with fault("API batch() request with index 3 failed.  All requests rolled back."):
        stage.sg.batch([
            {"request_type": "create", "entity_type": "Shot", "data": {"project": stage.project, "code": code}},
            {"request_type": "update", "entity_type": "Shot", "entity_id": shot["id"], "data": {"sg_cut_in": 2}},
            {"request_type": "delete", "entity_type": "Shot", "entity_id": kept["id"]},
            {"request_type": "update", "entity_type": "Shot", "entity_id": shot["id"], "data": {"sg_nope": 2}},
        ])
    equal(stage.sg.find("Shot", [["code", "is", code]]), [])
    equal(stage.sg.find_one("Shot", [["id", "is", shot["id"]]], ["sg_cut_in"])["sg_cut_in"], 1)
    assert stage.sg.find_one("Shot", [["id", "is", kept["id"]]])


@case
def an_undone_batch_leaves_no_events(stage):
    shot = stage.shot()
    before = stage.newest_event()
    with fault("rolled back"):
        stage.sg.batch([
            {"request_type": "update", "entity_type": "Shot", "entity_id": shot["id"], "data": {"sg_cut_in": 2}},
            {"request_type": "create", "entity_type": "Shot", "data": {"project": stage.project, "sg_nope": 1}},
        ])
    equal(stage.events_after(before), [])


@case
def an_undone_batch_restores_links_on_both_sides(stage):
    shot, other = stage.shot(), stage.shot()
    task = stage.task(entity=shot)
    with fault("rolled back"):
        stage.sg.batch([
            {"request_type": "update", "entity_type": "Task", "entity_id": task["id"], "data": {"entity": other}},
            {"request_type": "update", "entity_type": "Task", "entity_id": task["id"], "data": {"sg_nope": 1}},
        ])
    tasks = lambda of: ids(stage.sg.find_one("Shot", [["id", "is", of["id"]]], ["tasks"])["tasks"])
    equal((tasks(shot), tasks(other)), ([task["id"]], []))


@case
def links_are_added_and_removed_in_a_batch(stage):
    first, second = stage.asset(), stage.asset()
    shot = stage.shot(assets=[first])
    stage.sg.batch([
        {"request_type": "update", "entity_type": "Shot", "entity_id": shot["id"], "data": {"assets": [second]},
         "multi_entity_update_modes": {"assets": "add"}},
        {"request_type": "update", "entity_type": "Shot", "entity_id": shot["id"], "data": {"assets": [first]},
         "multi_entity_update_modes": {"assets": "remove"}},
    ])
    equal(ids(stage.sg.find_one("Shot", [["id", "is", shot["id"]]], ["assets"])["assets"]), [second["id"]])


@case
def five_hundred_rows_fit_in_one(stage):
    requests = [{"request_type": "create", "entity_type": "Shot",
                 "data": {"project": stage.project, "code": stage.name("bulk")}} for _ in range(500)]
    equal(len(set(ids(stage.sg.batch(requests)))), 500)


@case
def an_empty_batch_is_nothing(stage):
    equal(stage.sg.batch([]), [])
