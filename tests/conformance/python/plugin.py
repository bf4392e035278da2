"""Does what `tests/it/conformance.rs` asks for, in Python."""

import datetime
import logging
import random
import time

import cuebox
from cuebox import config, http, keyvalue


def register(reg: cuebox.Registrar) -> None:
    marker = config.require("marker")
    try:
        missing = config.require("nope")
    except cuebox.SettingError as error:
        missing = str(error)
    cuebox.log.info("register: %s %s %s", marker, "/".join(config.names("list")), missing)
    field = reg.shotgun.schema_field_read("Shot", "sg_client_approved_at")["sg_client_approved_at"]
    try:
        reg.shotgun.create("Note", {"subject": "x"})
        denied = False
    except cuebox.Denied:
        denied = True
    cuebox.log.info("register: %s %s", field["data_type"]["value"], shown(denied))
    reg.callback(scenario).on("Shotgun_Task_Change", "sg_description").on_error(cuebox.OnError.CONTINUE)
    reg.callback(filtered).on("Shotgun_Task_New").on("Shotgun_Task_Change", "content")
    reg.callback(gathered).on("Shotgun_Shot_Change", "description").coalesce(1.5)


def filtered(sg: cuebox.Shotgun, event: cuebox.Event) -> None:
    print(f"filtered: {event.event_type}", flush=True)


def gathered(sg: cuebox.Shotgun, event: cuebox.Event) -> None:
    cuebox.log.info("gathered: %s", " ".join(one.new_value for one in event.all()))


def scenario(sg: cuebox.Shotgun, event: cuebox.Event) -> cuebox.Outcome | None:
    name = event.new_value
    if name == "skip":
        return cuebox.skipped("nothing to do here")
    if name == "retry" and event.attempt == 1:
        return cuebox.retry_after(datetime.timedelta(milliseconds=900))
    if name == "reject":
        return cuebox.rejected("never again")
    answer = SCENARIOS[name](sg, event)
    logging.getLogger("conformance").info("%s: %s", name, answer)


def shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "none" if value is None else str(value)


def link(entity: cuebox.Entity | None) -> str:
    return f"{entity['type']}/{entity['id']}" if entity else "none"


def told(sg: cuebox.Shotgun, event: cuebox.Event) -> str:
    change = event.attribute
    moment = event.created_at - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    parts = [
        event.id,
        event.event_type,
        event.attribute_name,
        link(event.entity),
        event.required_entity()["name"],
        link(event.project),
        link(event.user),
        moment // datetime.timedelta(milliseconds=1),
        change.data_type,
        change.old is None,
        change.in_create,
        event.attempt,
        event.meta["type"],
    ]
    return " ".join(shown(part) for part in parts)


def shot(sg: cuebox.Shotgun, code: str, *fields: str) -> dict:
    return sg.find_one("Shot", [["code", "is", code]], fields)


def find(sg: cuebox.Shotgun, event: cuebox.Event) -> str:
    starts = ["code", "starts_with", "conf_"]
    sequence = "sg_sequence.Sequence.code"
    order = [{"field_name": "code", "direction": "desc"}]
    rows = sg.find("Shot", [starts], ["code", sequence], order, limit=2)
    either = {"filter_operator": "any", "filters": [["code", "is", "conf_1"], ["code", "is", "conf_2"]]}
    some = sg.find("Shot", [["code", "is_not", "conf_1"], either], ["code"])
    none = shot(sg, "conf_0")
    return " ".join([*(f"{row['code']}/{row[sequence]}" for row in rows), str(len(some)), shown(none is None)])


def note(event: cuebox.Event, subject: str) -> dict:
    return {"project": event.required_project(), "subject": subject}


def write(sg: cuebox.Shotgun, event: cuebox.Event) -> str:
    created = sg.create("Note", note(event, "made \u00e9"), ["subject"])
    number = shot(sg, "conf_1")["id"]
    sg.update("Shot", number, {"notes": [created], "sg_cut_in": 1001}, {"notes": "add"})
    row = shot(sg, "conf_1", "notes", "sg_cut_in")
    return f"{created['subject']} {len(row['notes'])} {row['sg_cut_in']}"


def trash(sg: cuebox.Shotgun, event: cuebox.Event) -> str:
    number = sg.create("Note", note(event, "for the trash"))["id"]
    done = [sg.delete("Note", number), sg.delete("Note", number), sg.revive("Note", number), sg.revive("Note", number)]
    return " ".join(shown(one) for one in done)


def batch(sg: cuebox.Shotgun, event: cuebox.Event) -> str:
    old = sg.create("Note", note(event, "old"))
    requests = [
        {
            "request_type": "update",
            "entity_type": "Shot",
            "entity_id": shot(sg, "conf_2")["id"],
            "data": {"sg_cut_in": 7},
        },
        {"request_type": "create", "entity_type": "Note", "data": note(event, "new")},
        {"request_type": "delete", "entity_type": "Note", "entity_id": old["id"]},
    ]
    updated, created, deleted = sg.batch(requests)
    return f"{updated['type']} {created['type']} {shown(deleted)}"


def summarize(sg: cuebox.Shotgun, event: cuebox.Event) -> str:
    counted = sg.summarize("Shot", [["code", "starts_with", "conf_"]], [{"field": "id", "type": "count"}])
    return str(counted["summaries"]["id"])


def files(sg: cuebox.Shotgun, event: cuebox.Event) -> str:
    sg.upload_content("Shot", shot(sg, "conf_1")["id"], "hello.txt", b"hello \xff", "sg_reference")
    content = sg.download_attachment(shot(sg, "conf_1", "sg_reference")["sg_reference"])
    return " ".join(str(byte) for byte in content)


def call(sg: cuebox.Shotgun, event: cuebox.Event) -> str:
    return str(len(sg.call("followers", {"entity": event.entity})))


def dates(sg: cuebox.Shotgun, event: cuebox.Event) -> str:
    row = shot(sg, "conf_1", "sg_client_approved_at")
    later = row["sg_client_approved_at"] + datetime.timedelta(hours=1)
    sg.update("Shot", row["id"], {"sg_client_approved_at": later})
    return str(round(row["sg_client_approved_at"].timestamp() * 1000))


def keys(sg: cuebox.Shotgun, event: cuebox.Event) -> str:
    parts = [keyvalue.get("a") is None]
    keyvalue.set("a", "v\u00e4lue")
    parts += [keyvalue.get_text("a"), keyvalue.increment("counter"), keyvalue.increment("counter", 2)]
    parts.append("/".join(sorted(keyvalue.keys())))
    keyvalue.delete("a")
    parts.append(not keyvalue.exists("a"))
    keyvalue.set_json("j", {"x": [1, 2]})
    parts.append(keyvalue.get_json("j")["x"][1])
    return " ".join(shown(part) for part in parts)


def ask_others(sg: cuebox.Shotgun, event: cuebox.Event) -> str:
    web = config.require("web")
    echo, small, large = f"{web}/echo", "gr\u00f6\u00dfe", b"x" * 100_000
    answer = http.post(echo, small, headers={"x-conf": "1"})
    busy = http.get(f"{web}/status/503")
    moved = http.get(f"{web}/to/{echo}")
    parts = [
        answer.status,
        answer.headers["x-served"],
        "x-conf: 1" in answer.text and answer.text.endswith(small),
        http.post(echo, large).body.endswith(large),
        busy.status,
        busy.ok,
        moved.status,
        moved.headers["location"] == echo,
    ]
    return " ".join(shown(part) for part in parts)


def ask_in_vain(sg: cuebox.Shotgun, event: cuebox.Event) -> str:
    ended = []
    for url in (config.require("web") + "/denied", config.require("gone"), "ftp://x/"):
        try:
            ended.append(str(http.get(url).status))
        except (cuebox.Denied, cuebox.Unreachable, cuebox.Invalid) as error:
            ended.append(type(error).__name__.lower())
    return " ".join(ended)


def levels(sg: cuebox.Shotgun, event: cuebox.Event) -> str:
    numbers = [cuebox.TRACE, logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL]
    for number, name in zip(numbers, ["trace", "debug", "info", "warn", "error", "critical"]):
        cuebox.log.log(number, "level %s", name)
    return str(len(numbers))


def explode(sg: cuebox.Shotgun, event: cuebox.Event) -> str:
    raise RuntimeError("it broke")


def fault(sg: cuebox.Shotgun, event: cuebox.Event) -> str:
    try:
        return str(sg.update("Shot", shot(sg, "conf_1")["id"], {"sg_nope": 1}))
    except cuebox.Fault as error:
        return f"{error.code} {error}"


def invalid(sg: cuebox.Shotgun, event: cuebox.Event) -> str:
    try:
        return str(sg.call("no method", {}))
    except cuebox.Invalid:
        return "invalid"


def chance(sg: cuebox.Shotgun, event: cuebox.Event) -> str:
    letters = "".join({"a", "b", "c", "d", "e", "f"})
    return f"{random.random()} {time.time_ns()} {time.monotonic_ns()} {letters}"


SCENARIOS = {
    "event": told,
    "find": find,
    "write": write,
    "trash": trash,
    "batch": batch,
    "summarize": summarize,
    "files": files,
    "call": call,
    "dates": dates,
    "keys": keys,
    "kept": lambda sg, event: keyvalue.increment("counter"),
    "levels": levels,
    "http": ask_others,
    "http-refused": ask_in_vain,
    "churn": lambda sg, event: len([len(sg.schema_field_read("Shot")) for _ in range(300)]),
    "retry": lambda sg, event: event.attempt,
    "chance": chance,
    "fail": explode,
    "fault": fault,
    "invalid": invalid,
}
