"""The fixture `writer` as a plugin of the Python daemon: one Note for each change of a task's status.

Settings, in the environment: `WRITER_STOPS` (`no`: a failure counts as done), `WRITER_FAILS_WHILE` (fails, after it wrote, while this
is the project's description), `WRITER_FINISHES` (`true`: writes a second Note when all is done). The daemon hands plugins neither keys
nor the site's address; `SG_NAME` and `SG_KEY` are the script user to write as.
"""

import os


def registerCallbacks(reg):
    wanted = {"Shotgun_Task_Change": ["sg_status_list"]}
    stops = os.environ.get("WRITER_STOPS") != "no"
    reg.registerCallback(os.environ["SG_NAME"], os.environ["SG_KEY"], write, wanted, None, stops)


def write(sg, logger, event, args):
    note = {"project": event["project"], "subject": str(event["id"])}
    sg.create("Note", dict(note, content="a note for the event"))
    broken = os.environ.get("WRITER_FAILS_WHILE")
    if broken:
        project = sg.find_one("Project", [["id", "is", event["project"]["id"]]], ["sg_description"])
        if project["sg_description"] == broken:
            raise ValueError("told to fail after writing")
    if os.environ.get("WRITER_FINISHES") == "true":
        sg.create("Note", dict(note, content="finished with the event"))
