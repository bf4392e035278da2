"""Pages, limits, the bin and the archive."""

import json

from .stage import ARCHIVED, case, equal, fault, ids


def many(stage, count):
    """Makes this many shots with one mark: (mark, ids)."""
    mark = stage.name("many")
    requests = [{"request_type": "create", "entity_type": "Shot",
                 "data": {"project": stage.project, "code": "{}_{:04d}".format(mark, number), "description": mark}}
                for number in range(count)]
    return mark, ids(stage.sg.batch(requests))


@case
def more_rows_than_a_page_are_all_found_once(stage):
    mark, made = many(stage, 1203)
    equal(ids(stage.sg.find("Shot", [["description", "is", mark]])), made)


@case
def exactly_one_page_is_found_once(stage):
    mark, made = many(stage, 500)
    equal(ids(stage.sg.find("Shot", [["description", "is", mark]])), made)


@case
def a_limit_and_a_page_cut_out_rows(stage):
    mark, made = many(stage, 25)
    condition = [["description", "is", mark]]
    equal(ids(stage.sg.find("Shot", condition, limit=10)), made[:10])
    equal(ids(stage.sg.find("Shot", condition, limit=10, page=2)), made[10:20])
    equal(ids(stage.sg.find("Shot", condition, limit=10, page=3)), made[20:])
    equal(ids(stage.sg.find("Shot", condition, limit=10, page=4)), [])


@case
def a_limit_above_the_page_size_is_kept(stage):
    mark, made = many(stage, 620)
    equal(ids(stage.sg.find("Shot", [["description", "is", mark]], limit=610)), made[:610])


@case
def find_one_gives_one_or_none(stage):
    mark, made = many(stage, 3)
    equal(stage.sg.find_one("Shot", [["description", "is", mark]])["id"], made[0])
    equal(stage.sg.find_one("Shot", [["description", "is", mark + "x"]]), None)


@case
def the_older_paging_counts_its_rows(stage):
    mark, _made = many(stage, 7)
    auth = {"script_name": stage.script, "script_key": stage.key}
    params = {"type": "Shot", "return_fields": ["id"], "return_only": "active", "return_paging_info": True,
              "filters": {"logical_operator": "and", "conditions": [{"path": "description", "relation": "is", "values": [mark]}]},
              "paging": {"entities_per_page": 3, "current_page": 2}}
    status, body = stage.post("/api3/json", {"method_name": "read", "params": [auth, params]})
    equal(status, 200)
    results = json.loads(body)["results"]
    equal(len(results["entities"]), 3)
    equal(results["paging_info"], {"current_page": 2, "page_count": 3, "entity_count": 7, "entities_per_page": 3})


@case
def paging_must_be_given(stage):
    with fault("API read() invalid/missing integer 'paging'"):
        stage.sg._call_rpc("read", {"type": "Shot", "return_fields": ["id"],
                                    "filters": {"logical_operator": "and", "conditions": []}})


@case
def the_bin_is_found_only_when_asked_for(stage):
    shot, other = stage.shot(), stage.shot()
    stage.sg.delete("Shot", shot["id"])
    mine = [["id", "in", [shot["id"], other["id"]]]]
    equal(ids(stage.sg.find("Shot", mine)), [other["id"]])
    equal(ids(stage.sg.find("Shot", mine, retired_only=True)), [shot["id"]])


@case
def archived_projects_are_left_out_on_request(stage):
    archived = stage.sg.find_one("Project", [["name", "is", ARCHIVED]])
    inside = [["project", "is", archived]]
    assert stage.sg.find("Shot", inside)
    equal(stage.sg.find("Shot", inside, include_archived_projects=False), [])
    assert archived["id"] not in ids(stage.sg.find("Project", [], include_archived_projects=False))


@case
def every_page_says_whether_there_is_another(stage):
    mark, made = many(stage, 7)
    auth = {"script_name": stage.script, "script_key": stage.key}
    seen = []
    for page in (1, 2, 3):
        params = {"type": "Shot", "return_fields": ["id"], "return_paging_info_without_counts": True,
                  "filters": {"logical_operator": "and", "conditions": [{"path": "description", "relation": "is", "values": [mark]}]},
                  "paging": {"entities_per_page": 3, "current_page": page}}
        results = json.loads(stage.post("/api3/json", {"method_name": "read", "params": [auth, params]})[1])["results"]
        seen += ids(results["entities"])
        equal(results["paging_info"], {"has_next_page": page < 3})
    equal(seen, made)


@case
def an_older_client_pages_by_counts(stage):
    mark, made = many(stage, 1203)
    older = stage.as_script()
    # What it would have read from `info` of a site before 7.4.
    older.server_caps.version = (7, 3, 0)
    sent = []
    call = older._call_rpc
    older._call_rpc = lambda method, params, *rest, **named: sent.append(params) or call(method, params, *rest, **named)
    equal(ids(older.find("Shot", [["description", "is", mark]])), made)
    assert all("return_paging_info_without_counts" not in params for params in sent), sent
    assert any(params.get("return_paging_info") for params in sent), sent


@case
def pages_of_an_order_with_ties_lose_no_row(stage):
    mark, made = many(stage, 30)
    order = [{"field_name": "sg_status_list", "direction": "desc"}]
    found = [row for page in (1, 2, 3) for row in stage.sg.find("Shot", [["description", "is", mark]], order=order, limit=10, page=page)]
    equal(ids(found), made)


@case
def what_cannot_order_is_passed_over(stage):
    mark, made = many(stage, 5)
    for name in ("sg_nope", "sg_reference", "sg_grade_settings"):
        equal(ids(stage.sg.find("Shot", [["description", "is", mark]], order=[{"field_name": name, "direction": "desc"}])), made)


@case
def nothing_comes_before_something(stage):
    shots = [stage.shot(sg_cut_in=2), stage.shot(), stage.shot(sg_cut_in=1)]
    mine = [["id", "in", ids(shots)]]
    for direction, places in (("asc", [1, 2, 0]), ("desc", [0, 2, 1])):
        found = stage.sg.find("Shot", mine, order=[{"field_name": "sg_cut_in", "direction": direction}])
        equal(ids(found), [shots[place]["id"] for place in places])
