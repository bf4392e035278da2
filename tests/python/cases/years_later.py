"""What is gone after half a year. The clock only goes forward, so this comes after all other cases."""

from .stage import case, equal, ids

DAY_MS = 86_400_000


@case
def the_log_is_kept_for_half_a_year(stage):
    before = stage.newest_event()
    task = stage.task()
    old = stage.events_after(before)
    stage.control("clock", {"advance_ms": 182 * DAY_MS})
    still = lambda: ids(stage.sg.find("EventLogEntry", [["id", "in", ids(old)]]))
    equal(still(), ids(old))
    stage.sg.update("Task", task["id"], {"sg_status_list": "ip"})
    newest = stage.newest_event()
    stage.control("clock", {"advance_ms": 3 * DAY_MS})
    equal(still(), [])
    rows = stage.sg.find("EventLogEntry", [["entity", "is", task]], ["attribute_name"])
    equal([(row["id"], row["attribute_name"]) for row in rows], [(newest, "sg_status_list")])
    equal(stage.sg.find_one("Task", [["id", "is", task["id"]]], ["sg_status_list"])["sg_status_list"], "ip")
    stage.task()
    assert stage.newest_event() > newest, "ids are never given out again"
