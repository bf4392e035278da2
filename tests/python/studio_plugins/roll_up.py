"""Sets the status of a Shot by those of its Tasks. Checks its settings against the site's schema while it registers."""

import os

import shotgun_api3


def registerCallbacks(reg):
    server = os.environ["SG_SERVER"]
    name = os.environ["SG_NAME"]
    key = os.environ["SG_KEY"]
    args = {
        "target_status": {"fin": "fin", "ip": "ip"},
        "status_field": os.environ.get("ROLL_UP_FIELD", "sg_status_list"),
        "skip": ("omt", "na"),
    }
    reg.setEmails("td@studio.example")
    if not is_valid(shotgun_api3.Shotgun(server, name, key), reg.logger, args):
        reg.logger.warning("Plugin is not registered: its settings do not fit the site.")
        return
    reg.registerCallback(name, key, roll_up, {"Shotgun_Task_Change": ["sg_status_list", None]}, args)
    reg.logger.debug("Registered callback.")


def is_valid(sg, logger, args):
    field = sg.schema_field_read("Shot", args["status_field"])[args["status_field"]]
    if field["data_type"]["value"] != "status_list":
        logger.error("%s is not a status_list", args["status_field"])
        return False
    valid = field["properties"]["valid_values"]["value"]
    try:
        sg.schema_field_read("Shot", "sg_no_such_field")
    except shotgun_api3.Fault as error:
        logger.debug("as it should be: %s", error)
    else:
        return False
    return all(status in valid for status in args["target_status"].values())


def roll_up(sg, logger, event, args):
    if not event["entity"] or event["meta"].get("new_value") is None:
        return
    task = sg.find_one(
        "Task",
        [["id", "is", event["entity"]["id"]]],
        ["entity", "entity.Shot.code", "entity.Shot.sg_status_list", "entity.Shot.sg_sequence.Sequence.code"],
    )
    if not task or not task["entity"] or task["entity"]["type"] != "Shot":
        return
    others = sg.find(
        "Task",
        [
            ["entity", "is", task["entity"]],
            {
                "filter_operator": "all",
                "filters": [["sg_status_list", "is_not", status] for status in args["skip"]],
            },
        ],
        ["sg_status_list", "content"],
        order=[{"field_name": "content", "direction": "desc"}, {"column": "id"}],
    )
    found = {other["sg_status_list"] for other in others}
    if found == {"fin"}:
        wanted = args["target_status"]["fin"]
    elif found & {"ip", "fin"}:
        wanted = args["target_status"]["ip"]
    else:
        return
    if task["entity.Shot.sg_status_list"] == wanted:
        logger.debug("%s is %s already", task["entity.Shot.code"], wanted)
        return
    sequence = task["entity.Shot.sg_sequence.Sequence.code"]
    text = "%s in %s: %s" % (task["entity.Shot.code"], sequence, ", ".join(o["content"] for o in others))
    sg.update(task["entity"]["type"], task["entity"]["id"], {"sg_status_list": wanted, "description": text})
