"""What the official client makes of a site that misbehaves. Each case sets its own fault and leaves none behind."""

import http.client
import time

import shotgun_api3

from .stage import VERSION, case, contains, equal, ids

# How often the client sends a call whose connection breaks, writes included, before it gives up: once, and before 3.8.5 three times.
ATTEMPTS = 1 if VERSION >= (3, 8, 5) else 3


def misbehave(stage, fault, **rule):
    """One request goes wrong: the next read, unless the rule says otherwise."""
    rule.setdefault("method", "read")
    rule.setdefault("count", 1)
    stage.control("faults", {"clear": True, "rules": [dict(rule, fault=fault)]})


def failure(call):
    try:
        result = call()
    except Exception as error:
        return error
    raise AssertionError("it went well: {!r}".format(result))


def any_shot(stage):
    stage.sg.config.rpc_attempt_interval = 10  # in place of three seconds between two attempts
    return stage.sg.find_one("Shot", [])


@case
def an_error_status_is_a_protocol_error(stage):
    for status in (500, 503, 429, 403):
        misbehave(stage, {"kind": "status", "status": status, "retry_after_seconds": 1})
        error = failure(lambda: any_shot(stage))
        assert isinstance(error, shotgun_api3.ProtocolError), repr(error)
        equal(error.errcode, status)
        assert any_shot(stage)


@case
def a_bad_gateway_is_tried_again(stage):
    misbehave(stage, {"kind": "status", "status": 502})
    begin = time.monotonic()
    assert any_shot(stage)
    assert time.monotonic() - begin > 0.5, "the client did not wait before its second attempt"


@case
def a_reset_is_an_error_and_the_next_call_goes_through(stage):
    misbehave(stage, {"kind": "reset"}, count=ATTEMPTS)
    error = failure(lambda: any_shot(stage))
    assert isinstance(error, (ConnectionError, http.client.HTTPException)), repr(error)
    assert any_shot(stage)


@case
def a_truncated_answer_is_an_error(stage):
    misbehave(stage, {"kind": "truncate", "bytes": 20}, count=ATTEMPTS)
    error = failure(lambda: any_shot(stage))
    assert isinstance(error, (http.client.HTTPException, ConnectionError)), repr(error)
    assert any_shot(stage)


@case
def malformed_json_is_an_error(stage):
    misbehave(stage, {"kind": "malformed"})
    failure(lambda: any_shot(stage))
    assert any_shot(stage)


@case
def html_is_no_answer(stage):
    misbehave(stage, {"kind": "html"})
    failure(lambda: any_shot(stage))
    assert any_shot(stage)


@case
def a_refused_key_is_an_authentication_fault(stage):
    misbehave(stage, {"kind": "refuse-key"})
    error = failure(lambda: any_shot(stage))
    assert isinstance(error, shotgun_api3.AuthenticationFault), repr(error)
    contains(str(error), "Can't authenticate script '{}'".format(stage.script))


@case
def a_slow_answer_comes(stage):
    misbehave(stage, {"kind": "slow", "millis": 150})
    begin = time.monotonic()
    assert any_shot(stage)
    assert time.monotonic() - begin >= 0.15


@case
def a_write_whose_answer_is_lost_has_happened(stage):
    name = stage.name("lost")
    for when, count in (("before", 0), ("after", ATTEMPTS)):
        misbehave(stage, {"kind": "reset"}, method="create", entity_type="Shot", when=when, count=ATTEMPTS)
        failure(lambda: stage.sg.create("Shot", {"project": stage.project, "code": name}))
        equal((when, len(ids(stage.sg.find("Shot", [["code", "is", name]])))), (when, count))


@case
def only_the_entity_type_that_is_named_is_struck(stage):
    misbehave(stage, {"kind": "status", "status": 500}, entity_type="Asset")
    assert any_shot(stage)
    failure(lambda: stage.sg.find_one("Asset", []))
    stage.control("faults", {"clear": True})
