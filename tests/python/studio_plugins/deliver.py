"""When a Version is approved: its Task is final, a Note tells so, and older Versions of the Task are put aside; all or nothing."""

import os


def registerCallbacks(reg):
    reg.registerCallback(
        os.environ["SG_NAME"],
        os.environ["SG_KEY"],
        Deliver(note_type="Internal"),
        {"Shotgun_Version_Change": ["sg_status_list"]},
    )


class Deliver(object):
    """A callback that is no function."""

    def __init__(self, note_type):
        self.note_type = note_type
        self.count = 0

    def __call__(self, sg, logger, event, args):
        if event["meta"]["new_value"] != "apr" or args is not None:
            return
        version = sg.find_one(
            "Version",
            [["id", "is", event["entity"]["id"]]],
            ["code", "sg_task", "entity", "project", "sg_first_frame", "sg_last_frame"],
        )
        older = sg.find(
            "Version",
            [["sg_task", "is", version["sg_task"]], ["id", "less_than", version["id"]]],
            ["sg_status_list"],
            [{"field_name": "id", "direction": "asc"}],
            limit=10,
        )
        self.count += 1
        batch = [
            {
                "request_type": "update",
                "entity_type": "Task",
                "entity_id": version["sg_task"]["id"],
                "data": {"sg_status_list": "fin"},
                "note": "a key that nobody asked for",
            },
            {
                "request_type": "create",
                "entity_type": "Note",
                "data": {
                    "project": version["project"],
                    "subject": "%s approved (%d)" % (version["code"], self.count),
                    "content": "Frames %(sg_first_frame)s to %(sg_last_frame)s <b>&amp;</b>" % version,
                    "note_links": [version, version["entity"]],
                    "sg_note_type": self.note_type,
                },
                "return_fields": ["subject", "note_links"],
            },
        ]
        for other in older:
            batch.append({"request_type": "delete", "entity_type": "Version", "entity_id": other["id"]})
        answers = sg.batch(batch)
        assert [answer if isinstance(answer, bool) else answer["type"] for answer in answers] == ["Task", "Note"] + [True] * len(older)
        note = answers[1]
        sg.update("Shot", version["entity"]["id"], {"notes": [note]}, multi_entity_update_modes={"notes": "add"})
        assert sg.batch([]) == []
