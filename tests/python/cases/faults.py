"""Every kind of fault, by method, by rate and by time, as the official client meets it; limits, maintenance and counters."""

import contextlib
import http.client
import json
import time
import urllib.request

import shotgun_api3

from .misbehaving import any_shot, failure
from .stage import case, contains, equal, ids


@contextlib.contextmanager
def rules(stage, *given):
    """The block runs under these rules; they are shown by the control endpoint, and none is left behind."""
    shown = stage.control("faults", {"clear": True, "rules": list(given)})["rules"]
    equal([rule["fault"]["kind"] for rule in shown], [rule["fault"]["kind"] for rule in given])
    try:
        yield lambda: [(rule["met"], rule["struck"]) for rule in shown_rules(stage)]
    finally:
        stage.control("faults", {"clear": True})


def shown_rules(stage):
    with urllib.request.urlopen(stage.url + "/cuebox/faults") as answer:
        return json.load(answer)["rules"]


def counters(stage):
    with urllib.request.urlopen(stage.url + "/cuebox/counters") as answer:
        return json.load(answer)["methods"]


def works(call):
    """Whether the client gets an answer."""
    try:
        call()
    except Exception:
        return False
    return True


@case
def every_kind_of_fault_is_an_error_or_the_right_answer(stage):
    broken = [
        {"kind": "status", "status": 500},
        {"kind": "maintenance", "retry_after_seconds": 5},
        {"kind": "rate-limit", "requests_per_second": 0.02, "burst": 1},
        {"kind": "reset"},
        {"kind": "truncate"},
        {"kind": "html"},
        {"kind": "malformed"},
        {"kind": "refuse-key"},
        {"kind": "wrong-shape", "results": "nothing"},
    ]
    right = [
        {"kind": "slow", "millis": 20},
        {"kind": "trickle", "bytes_per_second": 100000},
        {"kind": "duplicate"},
        {"kind": "late-events", "millis": 1},
    ]
    for fault in broken:
        with rules(stage, {"method": "read", "fault": fault}):
            any_shot(stage) if fault["kind"] == "rate-limit" else None
            failure(lambda: any_shot(stage))
        assert any_shot(stage), fault
    for fault in right:
        with rules(stage, {"method": "read", "fault": fault}) as met:
            assert any_shot(stage), fault
            equal(met(), [(1, 1)])


@case
def an_answer_with_another_content_type_is_not_read_as_json(stage):
    with rules(stage, {"method": "read", "fault": {"kind": "content-type", "content_type": "text/plain"}}) as met:
        failure(lambda: any_shot(stage))
        equal(met(), [(1, 1)])


@case
def a_site_that_never_answers_ends_by_the_clients_own_time(stage):
    sg = stage.as_script(connect=False)
    sg.config.timeout_secs = 1
    sg.config.max_rpc_attempts = 1
    with rules(stage, {"method": "read", "count": 1, "fault": {"kind": "hang"}}):
        begin = time.monotonic()
        failure(lambda: sg.find_one("Shot", []))
        assert time.monotonic() - begin >= 0.9
    assert any_shot(stage)


@case
def a_connection_that_is_refused_is_an_error(stage):
    sg = stage.as_script(connect=False)
    sg.config.rpc_attempt_interval = 10
    # By time, because a client may connect once more within an attempt. Orders about faults are refused meanwhile, too.
    refused_for = 1.5
    with rules(stage, {"fault": {"kind": "refuse-connection"}, "for_ms": int(refused_for * 1000)}):
        begin = time.monotonic()
        error = failure(lambda: sg.find_one("Shot", []))
        assert isinstance(error, (ConnectionError, http.client.HTTPException, OSError)), repr(error)
        time.sleep(max(0.0, refused_for + 0.1 - (time.monotonic() - begin)))
    assert any_shot(stage)


@case
def a_maintained_site_says_so(stage):
    with rules(stage, {"fault": {"kind": "maintenance", "retry_after_seconds": 5}}):
        error = failure(lambda: any_shot(stage))
        assert isinstance(error, shotgun_api3.ProtocolError), repr(error)
        equal(error.errcode, 503)
        status, text = stage.post("/api3/json", {"method_name": "info", "params": []})
        equal(status, 503)
        contains(text, "maintenance")


@case
def who_asks_too_often_is_refused_and_others_are_not(stage):
    limit = {"kind": "rate-limit", "requests_per_second": 0.02, "burst": 3}
    with rules(stage, {"method": "read", "fault": limit}):
        equal([works(lambda: any_shot(stage)) for _ in range(5)], [True, True, True, False, False])
        assert stage.as_human().find_one("Shot", [])
        error = failure(lambda: any_shot(stage))
        equal((type(error), error.errcode), (shotgun_api3.ProtocolError, 429))


@case
def a_rule_is_about_one_method(stage):
    with rules(stage, {"method": "summarize", "fault": {"kind": "status", "status": 500}}):
        assert any_shot(stage)
        failure(lambda: stage.sg.summarize("Shot", [], [{"field": "id", "type": "count"}]))


@case
def a_rule_strikes_at_a_rate_that_repeats_with_its_seed(stage):
    def struck(seed):
        rule = {"method": "read", "probability": 0.3, "seed": seed, "fault": {"kind": "status", "status": 500}}
        with rules(stage, rule):
            return [works(lambda: any_shot(stage)) for _ in range(60)]

    first = struck(7)
    equal(struck(7), first)
    assert struck(8) != first
    assert 6 <= first.count(False) <= 32, first


@case
def a_rule_has_its_time(stage):
    fault = {"kind": "status", "status": 500}
    with rules(stage, {"method": "read", "after_ms": 3600000, "fault": fault}) as met:
        assert any_shot(stage)
        equal(met(), [(0, 0)])
    with rules(stage, {"method": "read", "for_ms": 300, "fault": fault}):
        deadline = time.monotonic() + 10
        seen = []
        while not seen or not seen[-1]:
            assert time.monotonic() < deadline, "the rule does not end"
            seen.append(works(lambda: any_shot(stage)))
        assert len(seen) > 1, "the rule never began"


@case
def a_duplicated_write_is_there_twice(stage):
    name = stage.name("twice")
    with rules(stage, {"method": "create", "entity_type": "Shot", "fault": {"kind": "duplicate"}}):
        stage.sg.create("Shot", {"project": stage.project, "code": name})
    equal(len(stage.sg.find("Shot", [["code", "is", name]])), 2)


@case
def late_events_come_after_the_answer(stage):
    before = stage.newest_event()
    with rules(stage, {"method": "create", "fault": {"kind": "late-events", "millis": 400}}):
        shot = stage.shot()
    made = [["id", "greater_than", before], ["entity", "is", shot]]
    equal(stage.sg.find("EventLogEntry", made), [])
    deadline = time.monotonic() + 10
    while not stage.sg.find("EventLogEntry", made):
        assert time.monotonic() < deadline, "the events never came"


@case
def a_rule_that_cannot_be_is_refused_with_its_place(stage):
    status, text = stage.post("/cuebox/faults", {"rules": [{"fault": {"kind": "status", "status": 99}}]})
    equal(status, 400)
    contains(text, "rules[0]: `status` is 99; it must be from 300 to 599")
    equal(shown_rules(stage), [])


@case
def requests_are_counted_by_method_and_by_how_they_end(stage):
    names = ("read", "create", "delete")
    tally = lambda: {name: {key: counters(stage).get(name, {}).get(key, 0) for key in ("count", "errors", "faults")} for name in names}
    before = tally()
    shot = stage.shot()
    stage.sg.find("Shot", [["id", "is", shot["id"]]])
    failure(lambda: stage.sg.find("Shot", [["sg_nope", "is", 1]]))
    with rules(stage, {"method": "delete", "fault": {"kind": "status", "status": 500}}):
        failure(lambda: stage.sg.delete("Shot", shot["id"]))
    after = tally()
    grown = {name: {key: after[name][key] - before[name][key] for key in after[name]} for name in names}
    equal(grown, {
        "read": {"count": 2, "errors": 1, "faults": 0},
        "create": {"count": 1, "errors": 0, "faults": 0},
        "delete": {"count": 1, "errors": 0, "faults": 1},
    })
    assert all(0 <= methods["p50_ms"] <= methods["max_ms"] for methods in counters(stage).values())
