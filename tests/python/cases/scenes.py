"""What a client sees of time, of scripts that the site plays, and of imports. The clock only goes forward: nothing here sets it."""

import json

from .stage import case, contains, equal, ids

ROWS = 500


def rows(stage):
    return [{"request_type": "create", "entity_type": "Shot",
             "data": {"project": stage.project, "code": stage.name("import"), "sg_cut_in": number}} for number in range(ROWS)]


@case
def an_import_is_one_transaction(stage):
    before = stage.newest_event()
    made = stage.sg.batch(rows(stage))
    equal(ids(made), list(range(made[0]["id"], made[0]["id"] + ROWS)))
    events = stage.events_after(before)
    equal(sum(event["event_type"] == "Shotgun_Shot_New" for event in events), ROWS)
    equal(sorted(ids(events)), list(range(before + 1, before + 1 + len(events))))
    equal(len({event["session_uuid"] for event in events}), 1)
    equal(len({event["created_at"] for event in events}), 1)


@case
def an_import_that_is_held_shows_all_at_once(stage):
    before = stage.newest_event()
    stage.control("commits", "hold")
    try:
        stage.sg.batch(rows(stage))
        equal(stage.events_after(before, ["event_type"]), [])
        stage.sg.find_one("Shot", [["code", "starts_with", "import"]])
    finally:
        stage.control("commits", "pass")
        stage.control("commits", "release")
    events = stage.events_after(before, ["event_type"])
    equal(sum(event["event_type"] == "Shotgun_Shot_New" for event in events), ROWS)


def line(**keys):
    return json.dumps(dict({"at_ms": 0}, **keys)) + "\n"


def create(stage, name):
    fields = [{"field_name": "project", "value": {"type": "Project", "id": stage.project["id"]}},
              {"field_name": "code", "value": name}]
    return {"method_name": "create", "params": [{}, {"type": "Shot", "fields": fields}]}


def play(stage, text):
    status, answer = stage.post("/cuebox/script", text.encode(), "text/plain")
    return status, json.loads(answer)


@case
def a_script_writes_in_the_name_of_people(stage):
    before, name = stage.newest_event(), stage.name("played")
    status, answer = play(stage, "# Somebody makes a shot.\n" + line(**{"as": stage.login, "request": create(stage, name)}))
    equal((status, answer["script"]["played"], answer["script"]["refused"]), (200, 1, []))
    shot = stage.sg.find_one("Shot", [["code", "is", name]], ["created_by.HumanUser.login"])
    equal(shot["created_by.HumanUser.login"], stage.login)
    new = stage.sg.find_one("EventLogEntry", [["id", "greater_than", before], ["event_type", "is", "Shotgun_Shot_New"]],
                            ["user", "entity"])
    equal((new["entity"]["id"], new["user"]["type"]), (shot["id"], "HumanUser"))


@case
def a_script_with_a_mistake_is_not_played_at_all(stage):
    name = stage.name("mistaken")
    good = line(**{"as": stage.login, "request": create(stage, name)})
    for bad, part in (
        (line(clock={"speed": -1}), "line 2 of the script cannot be followed: `clock`: `speed` is -1"),
        (line(comits="hold"), "line 2 of the script cannot be read: unknown field `comits`"),
        (line(at_ms=-5, commits="pass"), "line 2 of the script is at -5 ms, before the line above it at 0 ms"),
    ):
        status, answer = play(stage, good + bad)
        equal(status, 400)
        contains(answer["error"], part)
    equal(stage.sg.find("Shot", [["code", "is", name]]), [])


@case
def the_log_says_what_the_sites_clock_says(stage):
    with_clock = stage.control("clock", {})
    shot = stage.shot()
    made = stage.sg.find_one("Shot", [["id", "is", shot["id"]]], ["created_at"])["created_at"]
    now = with_clock["now_ms"] / 1000.0
    assert abs(made.timestamp() - now) < 120, (made, with_clock)
