"""Two callbacks that share the state of their module, and arguments that change."""

import os
import re

COUNT = {}
SEEN = []


def registerCallbacks(reg):
    name, key = os.environ["SG_NAME"], os.environ["SG_KEY"]
    shared = {"notes": 0, "every": int(os.environ.get("EVERY", "2"))}
    reg.registerCallback(name, key, count, {"*": ["sg_status_list", "description"]}, shared)
    reg.registerCallback(name, key, tell, {"Shotgun_Task_Change": "sg_status_list", "Shotgun_Shot_Change": []}, shared)
    reg.registerCallback(name, key, count, {"Shotgun_Version_New": ["*"]}, shared)
    reg.registerCallback(name, key, never, {"Shotgun_Task_Change": []}, shared)


def count(sg, logger, event, args):
    # When other plugins write is their own affair.
    if not event["entity"] or event["entity"]["type"] not in ("Task", "Version"):
        return
    kind = re.match(r"Shotgun_(\w+)_(\w+)$", event["event_type"])
    COUNT[kind.groups()] = COUNT.get(kind.groups(), 0) + 1
    SEEN.append(event["id"])


def tell(sg, logger, event, args):
    assert SEEN[-1] == event["id"], "the callbacks of a plugin are called in their order"
    args["notes"] += 1
    if args["notes"] % args["every"] == 0:
        text = ", ".join("%s %s: %d" % (kind + (count,)) for kind, count in sorted(COUNT.items()))
        sg.create("Note", {"project": event["project"], "subject": "count", "content": text})


def never(sg, logger, event, args):
    raise AssertionError("an empty list of fields matches nothing")
