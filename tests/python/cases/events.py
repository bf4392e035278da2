"""The event log that writes leave, and following it as the Python daemon does."""

import datetime
import threading
import time

import shotgun_api3

from .stage import case, equal, fault, ids

FIELDS = ["id", "event_type", "attribute_name", "meta", "entity", "user", "project", "session_uuid", "created_at"]


def told(events):
    return [(event["event_type"], event["attribute_name"]) for event in events]


def changes(events, attribute):
    return [event for event in events if event["attribute_name"] == attribute]


@case
def a_creation_is_one_new_and_a_change_per_field(stage):
    before = stage.newest_event()
    shot = stage.shot(sg_cut_in=1001)
    events = stage.events_after(before)
    equal(told(events)[0], ("Shotgun_Shot_New", None))
    equal(events[0]["meta"], {"type": "new_entity", "entity_type": "Shot", "entity_id": shot["id"]})
    equal(events[0]["entity"], {"type": "Shot", "id": shot["id"], "name": shot["code"]})
    own = [event for event in events[1:] if event["event_type"] == "Shotgun_Shot_Change"]
    assert {"code", "sg_cut_in", "sg_status_list", "project"} <= {event["attribute_name"] for event in own}, told(own)
    assert all(event["meta"].get("in_create") is True for event in own), own


@case
def a_change_tells_the_old_and_the_new(stage):
    task = stage.task()
    before = stage.newest_event()
    stage.sg.update("Task", task["id"], {"sg_status_list": "ip"})
    events = stage.events_after(before)
    equal(told(events), [("Shotgun_Task_Change", "sg_status_list")])
    equal({key: value for key, value in events[0]["meta"].items() if value is not None},
          {"type": "attribute_change", "attribute_name": "sg_status_list", "entity_type": "Task", "entity_id": task["id"],
           "field_data_type": "status_list", "old_value": "wtg", "new_value": "ip"})


@case
def a_change_names_its_project_and_user(stage):
    task = stage.task()
    before = stage.newest_event()
    stage.sg.update("Task", task["id"], {"sg_status_list": "ip"})
    event = stage.events_after(before)[0]
    equal(event["project"], {"type": "Project", "id": stage.project["id"], "name": stage.project["name"]})
    equal(event["user"]["type"], "ApiUser")
    assert isinstance(event["created_at"], datetime.datetime), event


@case
def a_human_is_named_as_one(stage):
    task = stage.task()
    before = stage.newest_event()
    stage.as_human().update("Task", task["id"], {"sg_status_list": "ip"})
    equal(stage.events_after(before)[0]["user"]["type"], "HumanUser")


@case
def the_same_value_is_no_change(stage):
    task = stage.task(sg_status_list="ip")
    before = stage.newest_event()
    stage.sg.update("Task", task["id"], {"sg_status_list": "ip"})
    equal(stage.events_after(before), [])


@case
def each_changed_field_is_one_event(stage):
    shot = stage.shot()
    before = stage.newest_event()
    stage.sg.update("Shot", shot["id"], {"sg_cut_in": 1, "sg_cut_out": 9})
    equal({event["attribute_name"] for event in stage.events_after(before)} >= {"sg_cut_in", "sg_cut_out"}, True)


@case
def a_list_of_links_tells_what_was_added_and_removed(stage):
    first, second = stage.asset(), stage.asset()
    shot = stage.shot(assets=[first])
    before = stage.newest_event()
    stage.sg.update("Shot", shot["id"], {"assets": [second]})
    event = changes(stage.events_after(before), "assets")[0]
    meta = event["meta"]
    equal(event["event_type"], "Shotgun_Shot_Change")
    equal(ids(meta["added"]), [second["id"]])
    equal(ids(meta["removed"]), [first["id"]])
    assert "old_value" not in meta and "new_value" not in meta, meta
    equal(meta["field_data_type"], "multi_entity")


@case
def a_link_is_told_on_both_sides(stage):
    shot = stage.shot()
    task = stage.task()
    before = stage.newest_event()
    stage.sg.update("Task", task["id"], {"entity": shot})
    events = stage.events_after(before)
    equal(told(events)[:2], [("Shotgun_Task_Change", "entity"), ("Shotgun_Shot_Change", "tasks")])
    equal(events[0]["meta"]["new_value"]["id"], shot["id"])
    equal(events[1]["entity"]["id"], shot["id"])
    meta = events[1]["meta"]
    equal((meta["entity_type"], meta["entity_id"]), ("Task", task["id"]))
    equal(meta["actual_attribute_changed"], "Task.entity")
    equal(meta["original_event_log_entry_id"], events[0]["id"])
    equal(ids(meta["added"]), [task["id"]])


@case
def a_write_carries_the_session_of_its_caller(stage):
    task = stage.task()
    sg = stage.as_script()
    session = "7d2f0c9e-0000-4000-8000-000000000001"
    sg.set_session_uuid(session)
    before = stage.newest_event()
    sg.update("Task", task["id"], {"sg_status_list": "ip"})
    equal([event["session_uuid"] for event in stage.events_after(before)], [session])
    sg.set_session_uuid(None)
    before = stage.newest_event()
    sg.update("Task", task["id"], {"sg_status_list": "fin"})
    equal([event["session_uuid"] for event in stage.events_after(before)], [None])


@case
def the_session_is_found_by_its_uuid(stage):
    sg = stage.as_script()
    session = "7d2f0c9e-0000-4000-8000-000000000002"
    sg.set_session_uuid(session)
    shot = sg.create("Shot", {"project": stage.project, "code": stage.name("session")})
    found = stage.sg.find("EventLogEntry", [["session_uuid", "is", session]], ["entity"])
    assert found and all(event["entity"]["id"] == shot["id"] for event in found if event["entity"]["type"] == "Shot"), found


@case
def a_retirement_is_told_and_hides_the_entity(stage):
    task = stage.task()
    before = stage.newest_event()
    stage.sg.delete("Task", task["id"])
    events = stage.events_after(before)
    equal(("Shotgun_Task_Retirement", None) in told(events), True)
    equal(("Shotgun_Task_Change", "retirement_date") in told(events), True)
    retirement = [event for event in events if event["event_type"] == "Shotgun_Task_Retirement"][0]
    equal(retirement["entity"], None)
    equal((retirement["meta"]["type"], retirement["meta"]["entity_type"], retirement["meta"]["entity_id"]),
          ("entity_retirement", "Task", task["id"]))


@case
def a_revival_is_told_and_shows_the_entity_again(stage):
    task = stage.task()
    before = stage.newest_event()
    stage.sg.delete("Task", task["id"])
    stage.sg.revive("Task", task["id"])
    events = stage.events_after(before)
    revival = [event for event in events if event["event_type"] == "Shotgun_Task_Revival"]
    equal(len(revival), 1)
    equal(revival[0]["meta"]["entity_id"], task["id"])
    equal({event["entity"]["id"] for event in events if event["event_type"] == "Shotgun_Task_Retirement"}, {task["id"]})


@case
def sudo_tells_who_really_wrote(stage):
    before = stage.newest_event()
    stage.as_script(sudo_as_login=stage.login).create("Note", {"project": stage.project, "subject": stage.name("sudo")})
    event = stage.events_after(before)[0]
    equal(event["user"]["type"], "HumanUser")
    equal(event["meta"]["sudo_actual_user"]["type"], "ApiUser")


@case
def a_script_may_write_without_events(stage):
    script = stage.sg.find_one("ApiUser", [["firstname", "is", stage.script]], ["generate_event_log_entries"])
    equal(script["generate_event_log_entries"], True)
    task = stage.task()
    stage.sg.update("ApiUser", script["id"], {"generate_event_log_entries": False})
    before = stage.newest_event()
    stage.sg.update("Task", task["id"], {"sg_status_list": "ip"})
    silent = stage.events_after(before)
    stage.sg.update("ApiUser", script["id"], {"generate_event_log_entries": True})
    equal([event for event in silent if event["entity"] and event["entity"]["type"] == "Task"], [])


@case
def a_tool_may_tell_events_of_its_own(stage):
    made = stage.sg.create("EventLogEntry", {"project": stage.project, "event_type": "Harbour_Bell_Rung",
                                             "description": "rung twice", "meta": {"times": 2}})
    row = stage.sg.find_one("EventLogEntry", [["event_type", "is", "Harbour_Bell_Rung"]], ["meta", "description"],
                            [{"field_name": "id", "direction": "desc"}])
    equal((row["id"], row["meta"], row["description"]), (made["id"], {"times": 2}, "rung twice"))


@case
def events_are_filtered_by_type_and_project(stage):
    stage.task()
    rows = stage.sg.find("EventLogEntry", [["event_type", "is", "Shotgun_Task_New"], ["project", "is", stage.project]],
                         ["event_type", "project"], limit=5)
    assert rows, "no Shotgun_Task_New was found"
    equal({(row["event_type"], row["project"]["id"]) for row in rows}, {("Shotgun_Task_New", stage.project["id"])})


@case
def ids_rise_and_a_batch_of_the_daemon_is_full(stage):
    rows = stage.sg.find("EventLogEntry", [["id", "greater_than", 0]], FIELDS, [{"column": "id", "direction": "asc"}],
                         limit=500)
    equal(len(rows), 500)
    equal(ids(rows), sorted(set(ids(rows))))
    for row in rows:
        equal(set(row), set(FIELDS) | {"type"})
        assert isinstance(row["created_at"], datetime.datetime) and isinstance(row["meta"], dict), row


class Follower:
    """Follows the log as the Python daemon does: `id greater_than`, ascending, 500 at a time, with a backlog of the ids it
    skipped. Unlike the daemon it hands nothing over twice."""

    def __init__(self, sg, newest):
        self.sg = sg
        self.newest = newest
        self.backlog = set()
        self.late = []
        self.seen = []

    def poll(self):
        lowest = min(self.backlog) - 1 if self.backlog else self.newest
        rows = self.sg.find("EventLogEntry", [["id", "greater_than", lowest]], FIELDS,
                            [{"column": "id", "direction": "asc"}], limit=500)
        for row in rows:
            number = row["id"]
            if number in self.backlog:
                self.backlog.remove(number)
                self.late.append(number)
            elif number > self.newest:
                self.backlog.update(range(self.newest + 1, number))
                self.newest = number
            else:
                continue
            self.seen.append(row)
        return len(rows)


def follow_until(follower, enough, deadline_seconds=20):
    end = time.monotonic() + deadline_seconds
    while not enough():
        assert time.monotonic() < end, "after {} s seen {} events, waiting for {}".format(
            deadline_seconds, len(follower.seen), sorted(follower.backlog))
        follower.poll()


@case
def the_daemons_loop_sees_every_event_of_two_writers(stage):
    follower = Follower(stage.as_script(), stage.newest_event())
    before = follower.newest
    errors = []

    def work():
        try:
            sg = stage.as_script()
            for number in range(15):
                shot = sg.create("Shot", {"project": stage.project, "code": stage.name("followed")})
                sg.update("Shot", shot["id"], {"sg_cut_in": number})
        except Exception as error:
            errors.append(error)

    writers = [threading.Thread(target=work) for _ in range(2)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        follower.poll()
    equal(errors, [])
    expected = ids(stage.events_after(before, ["id"]))
    follow_until(follower, lambda: len(follower.seen) >= len(expected))
    equal(sorted(ids(follower.seen)), expected)
    equal(len([event for event in follower.seen if event["event_type"] == "Shotgun_Shot_New"]), 30)


@case
def the_daemons_loop_sees_ids_that_are_committed_late(stage):
    follower = Follower(stage.as_script(), stage.newest_event())
    tasks = [stage.task() for _ in range(3)]
    follower.poll()
    stage.control("commits", "hold")
    stage.sg.update("Task", tasks[0]["id"], {"sg_status_list": "ip"})
    stage.control("commits", "pass")
    stage.sg.update("Task", tasks[1]["id"], {"sg_status_list": "ip"})
    follower.poll()
    assert follower.backlog, "the held event left no gap"
    equal(follower.late, [])
    stage.control("commits", "release")
    follow_until(follower, lambda: follower.late)
    late = [event for event in follower.seen if event["id"] in follower.late]
    equal([(event["attribute_name"], event["entity"]["id"]) for event in late], [("sg_status_list", tasks[0]["id"])])


@case
def an_id_that_never_comes_is_a_gap_for_ever(stage):
    follower = Follower(stage.as_script(), stage.newest_event())
    stage.control("commits", {"skip": 3})
    stage.task()
    follower.poll()
    equal(len(follower.backlog), 3)
    follower.poll()
    equal((len(follower.backlog), follower.late), (3, []))


@case
def a_link_in_an_event_says_all_about_its_record(stage):
    before = stage.newest_event()
    shot = stage.shot(sg_status_list="ip")
    stage.task(entity=shot, task_assignees=[stage.sg.find_one("HumanUser", [["login", "is", stage.login]])])
    events = stage.events_after(before)
    link = next(event for event in events if event["event_type"] == "Shotgun_Task_Change" and event["attribute_name"] == "entity")
    told = link["meta"]["new_value"]
    equal({key: told[key] for key in ("type", "id", "valid", "status")}, {"type": "Shot", "id": shot["id"], "valid": "valid", "status": "ip"})
    equal(set(told), {"type", "id", "name", "valid", "status", "uuid"})
    reverse = next(event for event in events if event["event_type"] == "Shotgun_Shot_Change" and event["attribute_name"] == "tasks")
    equal(reverse["id"], link["id"] + 1)
    equal(reverse["meta"]["original_event_log_entry_id"], link["id"])
    equal(reverse["meta"]["actual_attribute_changed"], "Task.entity")
    people = next(event for event in events if event["attribute_name"] == "task_assignees")
    equal(set(people["meta"]["added"][0]), {"type", "id", "name", "valid", "status", "uuid"})
    equal(people["meta"]["removed"], [])


@case
def the_sentence_of_an_event_can_be_filtered(stage):
    before = stage.newest_event()
    shot = stage.shot()
    event = stage.events_after(before, ["description", "cached_display_name"])[0]
    assert event["description"] and event["description"] == event["cached_display_name"], event
    found = stage.events_after(before, ["id"], ["description", "is", event["description"]], ["entity", "is", shot])
    assert event["id"] in [row["id"] for row in found], found


@case
def events_are_counted_by_type(stage):
    before = stage.newest_event()
    shots = [stage.shot() for _ in range(3)]
    stage.sg.delete("Shot", shots[0]["id"])
    result = stage.sg.summarize("EventLogEntry", [["id", "greater_than", before]], [{"field": "id", "type": "count"}],
                                grouping=[{"field": "event_type", "type": "exact", "direction": "asc"}])
    counts = {group["group_value"]: group["summaries"]["id"] for group in result["groups"]}
    equal(counts["Shotgun_Shot_New"], 3)
    equal(counts["Shotgun_Shot_Retirement"], 1)


@case
def sudo_is_told_even_of_a_script_that_writes_in_silence(stage):
    script = stage.sg.find_one("ApiUser", [["firstname", "is", stage.script]])
    task = stage.task()
    stage.sg.update("ApiUser", script["id"], {"generate_event_log_entries": False})
    before = stage.newest_event()
    stage.as_script(sudo_as_login=stage.login).update("Task", task["id"], {"sg_status_list": "ip"})
    stage.sg.update("Task", task["id"], {"sg_status_list": "fin"})
    events = [event for event in stage.events_after(before) if event["attribute_name"] == "sg_status_list"]
    stage.sg.update("ApiUser", script["id"], {"generate_event_log_entries": True})
    equal([(event["meta"]["new_value"], event["meta"]["sudo_actual_user"]) for event in events],
          [("ip", {"type": "ApiUser", "id": script["id"]})])


@case
def a_batch_is_told_item_by_item_with_one_session(stage):
    task, shot = stage.task(), stage.shot()
    sg = stage.as_script()
    sg.set_session_uuid("7d2f0c9e-0000-4000-8000-000000000003")
    before = stage.newest_event()
    sg.batch([{"request_type": "update", "entity_type": "Task", "entity_id": task["id"], "data": {"sg_status_list": "ip"}},
              {"request_type": "delete", "entity_type": "Shot", "entity_id": shot["id"]}])
    events = stage.events_after(before)
    equal(told(events), [("Shotgun_Task_Change", "sg_status_list"), ("Shotgun_Shot_Retirement", None),
                         ("Shotgun_Shot_Change", "retirement_date")])
    equal({event["session_uuid"] for event in events}, {"7d2f0c9e-0000-4000-8000-000000000003"})


@case
def a_login_and_a_logout_are_told(stage):
    before = stage.newest_event()
    token = stage.as_human().get_session_token()
    assert stage.control("sessions", {"log_out": stage.login})["expired"] >= 1
    events = stage.events_after(before)
    equal(told(events), [("Shotgun_User_Login", None), ("Shotgun_User_Logout", None)])
    equal({(event["user"]["type"], event["entity"]["type"]) for event in events}, {("HumanUser", "HumanUser")})
    with fault("Can't authenticate session token", shotgun_api3.AuthenticationFault):
        shotgun_api3.Shotgun(stage.url, session_token=token).find_one("Shot", [])


@case
def a_password_is_changed_and_never_told(stage):
    person = stage.sg.create("HumanUser", {"login": stage.name("keeper"), "name": "Keeper", "password_proxy": "first-light"})
    before = stage.newest_event()
    stage.sg.update("HumanUser", person["id"], {"password_proxy": "second-light"})
    events = stage.events_after(before)
    equal(told(events), [("Shotgun_HumanUser_Change", "password_proxy"), ("Shotgun_User_PasswordChange", None)])
    assert "light" not in str([event["meta"] for event in events]), events
    stage.sg.delete("HumanUser", person["id"])


@case
def the_log_is_not_changed_by_anybody(stage):
    with fault("EventLogEntry"):
        stage.sg.update("EventLogEntry", stage.newest_event(), {"description": "never"})
    with fault("EventLogEntry"):
        stage.sg.delete("EventLogEntry", stage.newest_event())
