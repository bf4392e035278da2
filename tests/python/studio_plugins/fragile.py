"""Fails now and then, and goes on: `stopOnError=False`."""

import os


def registerCallbacks(reg):
    wanted = {"Shotgun_Task_Change": ["sg_status_list"]}
    reg.registerCallback(os.environ["SG_NAME"], os.environ["SG_KEY"], fragile, wanted, stopOnError=False)


def fragile(sg, logger, event, args):
    status = event["meta"]["new_value"]
    sg.update("Task", event["entity"]["id"], {"sg_description": "was %s" % status})
    if status == "ip":
        raise ValueError("fails after it wrote")
    sg.create("Note", {"project": event["project"], "subject": "not fragile at %s" % status})
