"""When tasks are worked on: dates that follow from each other, dependencies, templates, and days without work."""

import datetime

from .sessions import settings
from .stage import case, equal, fault, ids, same

DATES = ["start_date", "due_date", "duration"]


def dated(stage, task):
    row = stage.sg.find_one("Task", [["id", "is", task["id"]]], DATES)
    return tuple(row[field] for field in DATES)


def written(stage, before, changes):
    """The dates of a task that had `before`, after a write."""
    task = stage.task(**{field: value for field, value in before.items() if value is not None})
    stage.sg.update("Task", task["id"], {field: None for field in DATES if before.get(field) is None})
    stage.sg.update("Task", task["id"], changes)
    return dated(stage, task)


@case
def a_later_start_moves_the_end(stage):
    # 2026-03-05 is a Thursday, and a day of work has eight hours.
    before = {"start_date": "2026-03-03", "due_date": "2026-03-05"}
    task = stage.task(**before)
    equal(dated(stage, task), ("2026-03-03", "2026-03-05", 1440))
    stage.sg.update("Task", task["id"], {"start_date": "2026-03-05"})
    equal(dated(stage, task), ("2026-03-05", "2026-03-09", 1440))


@case
def a_later_end_is_a_longer_task(stage):
    before = {"start_date": "2026-03-03", "due_date": "2026-03-05", "duration": 1440}
    equal(written(stage, before, {"due_date": "2026-03-09"}), ("2026-03-03", "2026-03-09", 2400))
    equal(written(stage, before, {"duration": 480}), ("2026-03-03", "2026-03-03", 480))


@case
def what_is_not_known_follows_from_what_is(stage):
    equal(written(stage, {"start_date": "2026-03-03"}, {"start_date": "2026-03-04"}), ("2026-03-04", None, None))
    equal(written(stage, {"due_date": "2026-03-06"}, {"start_date": "2026-03-04"}), ("2026-03-04", "2026-03-06", 1440))
    equal(written(stage, {"due_date": "2026-03-06"}, {"duration": 960}), ("2026-03-05", "2026-03-06", 960))
    equal(written(stage, {"duration": 960}, {"due_date": "2026-03-09"}), ("2026-03-06", "2026-03-09", 960))
    equal(written(stage, {"due_date": "2026-03-10", "duration": 960}, {"start_date": "2026-03-03"}),
          ("2026-03-03", "2026-03-04", 960))


@case
def two_dates_count_more_than_a_duration(stage):
    before = {"start_date": "2026-03-03", "due_date": "2026-03-05", "duration": 1440}
    equal(written(stage, before, {"start_date": "2026-03-09", "due_date": "2026-03-10", "duration": 7}),
          ("2026-03-09", "2026-03-10", 960))
    equal(written(stage, before, {"start_date": "2026-03-06", "duration": 960}), ("2026-03-06", "2026-03-09", 960))
    equal(written(stage, before, {"due_date": "2026-03-03", "duration": 2400}), ("2026-03-03", "2026-03-03", 480))


@case
def a_milestone_is_one_day(stage):
    task = stage.task(start_date="2026-03-03", due_date="2026-03-05")
    stage.sg.update("Task", task["id"], {"milestone": True})
    equal(dated(stage, task), ("2026-03-05", "2026-03-05", 0))
    with fault("a milestone starts and ends on the same day"):
        stage.sg.update("Task", task["id"], {"milestone": True, "start_date": "2026-03-03", "due_date": "2026-03-04"})


@case
def a_task_does_not_end_before_it_starts(stage):
    task = stage.task(start_date="2026-03-03", due_date="2026-03-05")
    with fault("API update() CRUD ERROR #5: Update failed for [Task.due_date]: (task.rb) "):
        stage.sg.update("Task", task["id"], {"due_date": "2026-03-02"})
    equal(dated(stage, task), ("2026-03-03", "2026-03-05", 1440))


@case
def what_follows_is_in_the_event_log(stage):
    task = stage.task(start_date="2026-03-03", due_date="2026-03-05")
    before = stage.newest_event()
    stage.sg.update("Task", task["id"], {"start_date": "2026-03-05"})
    told = {event["attribute_name"]: (event["meta"]["old_value"], event["meta"]["new_value"])
            for event in stage.events_after(before)}
    equal(told, {"start_date": ("2026-03-03", "2026-03-05"), "due_date": ("2026-03-05", "2026-03-09")})


@case
def the_length_of_a_day_is_a_preference(stage):
    with settings(stage, preferences={"hours_per_day": 10}):
        equal(stage.sg.preferences_read(["hours_per_day"]), {"hours_per_day": 10.0})
        equal(dated(stage, stage.task(start_date="2026-03-03", due_date="2026-03-05"))[2], 1800)


def waiting(stage):
    """Two tasks, of which the second waits for the first."""
    first = stage.task(start_date="2026-03-03", due_date="2026-03-05")
    second = stage.task(start_date="2026-03-06", due_date="2026-03-10")
    stage.sg.update("Task", second["id"], {"upstream_tasks": [{"type": "Task", "id": first["id"]}]})
    return first, second


def flags(stage, task):
    row = stage.sg.find_one("Task", [["id", "is", task["id"]]], ["pinned", "dependency_violation"])
    return row["pinned"], row["dependency_violation"]


@case
def a_dependency_shows_on_both_tasks_and_as_a_record(stage):
    first, second = waiting(stage)
    fields = ["upstream_tasks", "downstream_tasks"]
    equal(ids(stage.sg.find_one("Task", [["id", "is", first["id"]]], fields)["downstream_tasks"]), [second["id"]])
    row = stage.sg.find_one("TaskDependency", [["dependent_task_id", "is", first["id"]], ["task_id", "is", second["id"]]],
                            ["dependency_type", "task", "dependent_task"])
    equal((row["dependency_type"], row["task"]["id"], row["dependent_task"]["id"]),
          ("finish-to-start-next-day", second["id"], first["id"]))
    stage.sg.update("TaskDependency", row["id"], {"dependency_type": "start-to-start"})
    stage.sg.delete("TaskDependency", row["id"])
    equal(stage.sg.find_one("Task", [["id", "is", second["id"]]], fields)["upstream_tasks"], [])


@case
def a_dependency_is_told_in_the_event_log(stage):
    first, second = stage.task(), stage.task()
    before = stage.newest_event()
    stage.sg.update("Task", second["id"], {"upstream_tasks": [first]})
    told = {(event["event_type"], event["attribute_name"]) for event in stage.events_after(before)}
    assert {("Shotgun_Task_Change", "upstream_tasks"), ("Shotgun_Task_Change", "downstream_tasks"),
            ("Shotgun_TaskDependency_New", None), ("Shotgun_TaskDependency_Change", "dependent_task")} <= told, told


@case
def a_later_end_pushes_the_tasks_that_wait(stage):
    first, second = waiting(stage)
    stage.sg.update("Task", first["id"], {"due_date": "2026-03-06"})
    equal(dated(stage, second), ("2026-03-09", "2026-03-11", 1440))
    equal(flags(stage, second), (False, False))


@case
def a_start_that_is_too_early_pins_a_task(stage):
    first, second = waiting(stage)
    stage.sg.update("Task", second["id"], {"start_date": "2026-03-04"})
    equal(flags(stage, second), (True, True))
    stage.sg.update("Task", first["id"], {"due_date": "2026-03-06"})
    equal(dated(stage, second), ("2026-03-04", "2026-03-06", 1440))
    stage.sg.update("Task", second["id"], {"pinned": False})
    equal(dated(stage, second), ("2026-03-09", "2026-03-11", 1440))
    equal(flags(stage, second), (False, False))
    with fault("API update() Task.dependency_violation is read only"):
        stage.sg.update("Task", second["id"], {"dependency_violation": False})


@case
def a_task_does_not_wait_for_what_waits_for_it(stage):
    first, second = waiting(stage)
    with fault("can not wait for"):
        stage.sg.update("Task", first["id"], {"upstream_tasks": [second]})


@case
def a_retired_task_takes_its_dependencies_with_it(stage):
    first, second = waiting(stage)
    of_pair = [["task", "is", {"type": "Task", "id": second["id"]}]]
    before = stage.newest_event()
    stage.sg.delete("Task", second["id"])
    equal(stage.sg.find("TaskDependency", of_pair), [])
    told = [event["event_type"] for event in stage.events_after(before)]
    assert "Shotgun_TaskDependency_Retirement" in told, told
    stage.sg.revive("Task", second["id"])
    equal(len(stage.sg.find("TaskDependency", of_pair)), 1)


def template(stage):
    """A template of two tasks, of which the second waits for the first."""
    step = stage.sg.find_one("Step", [["entity_type", "is", "Shot"]], ["code"])
    made = stage.sg.create("TaskTemplate", {"code": stage.name("template"), "entity_type": "Shot"})
    layout = stage.sg.create("Task", {"content": "Layout", "task_template": made, "step": step, "duration": 960})
    stage.sg.create("Task", {"content": "Comp", "task_template": made, "step": step, "upstream_tasks": [layout]})
    return made, layout, step


@case
def a_template_makes_the_tasks_of_a_shot(stage):
    made, layout, step = template(stage)
    before = stage.newest_event()
    shot = stage.shot(task_template=made)
    equal(shot["task_template"]["id"], made["id"])
    tasks = stage.sg.find("Task", [["entity", "is", shot]],
                          ["content", "step", "duration", "template_task", "project", "upstream_tasks", "sg_status_list"])
    equal([(task["content"], task["duration"], task["sg_status_list"]) for task in tasks],
          [("Layout", 960, "wtg"), ("Comp", None, "wtg")])
    equal((tasks[0]["template_task"]["id"], tasks[0]["step"]["id"], tasks[0]["project"]["id"]),
          (layout["id"], step["id"], stage.project["id"]))
    equal(ids(tasks[1]["upstream_tasks"]), [tasks[0]["id"]])
    events = stage.events_after(before)
    same([event["entity"]["id"] for event in events if event["event_type"] == "Shotgun_Task_New"], ids(tasks))
    equal(len([event for event in events if event["event_type"] == "Shotgun_TaskDependency_New"]), 1)
    equal({event["user"]["type"] for event in events}, {"ApiUser"})
    equal(len([event for event in events if event["attribute_name"] == "template_task"]), 2)


@case
def a_template_that_is_given_later_makes_what_is_missing(stage):
    made, _, _ = template(stage)
    shot = stage.shot()
    stage.sg.update("Shot", shot["id"], {"task_template": made})
    equal(len(stage.sg.find("Task", [["entity", "is", shot]])), 2)
    stage.sg.update("Shot", shot["id"], {"task_template": None})
    stage.sg.update("Shot", shot["id"], {"task_template": made})
    equal(len(stage.sg.find("Task", [["entity", "is", shot]])), 2)


# The schedule is the whole site's: these cases use days of a year that no other case looks at. 2031-03-03 is a Monday.
MONDAY, SUNDAY = "2031-03-03", "2031-03-09"


@case
def a_week_has_five_days_of_work(stage):
    week = stage.sg.work_schedule_read(MONDAY, SUNDAY)
    equal(sorted(week), ["2031-03-0{}".format(day) for day in range(3, 10)])
    equal(week[MONDAY], {"working": True, "description": None, "reason": "STUDIO_WORK_WEEK"})
    equal([week[day]["working"] for day in sorted(week)], [True] * 5 + [False] * 2)


@case
def days_without_work_are_the_studios_a_projects_or_a_persons(stage):
    person = stage.sg.find_one("HumanUser", [["login", "is", stage.login]], ["name"])
    project = {key: stage.project[key] for key in ("type", "id", "name")}
    for day, holder in [("2031-04-01", {}), ("2031-04-02", {"project": project}), ("2031-04-03", {"user": person})]:
        echo = {"date": day, "working": False, "description": "a day at sea", "project": None, "user": None}
        echo.update(holder)
        equal(stage.sg.work_schedule_update(day, False, "a day at sea", **holder), echo)
    reasons = lambda days: [days[day]["reason"] for day in sorted(days)]
    equal(reasons(stage.sg.work_schedule_read("2031-04-01", "2031-04-03", project, person)),
          ["STUDIO_EXCEPTION", "PROJECT_EXCEPTION", "USER_EXCEPTION"])
    equal(reasons(stage.sg.work_schedule_read("2031-04-01", "2031-04-03", project)),
          ["STUDIO_EXCEPTION", "PROJECT_EXCEPTION", "STUDIO_WORK_WEEK"])
    days = stage.sg.work_schedule_read("2031-04-01", "2031-04-03")
    equal(reasons(days), ["STUDIO_EXCEPTION", "STUDIO_WORK_WEEK", "STUDIO_WORK_WEEK"])
    equal(days["2031-04-01"], {"working": False, "description": "a day at sea", "reason": "STUDIO_EXCEPTION"})


@case
def a_person_comes_before_the_project_and_that_before_the_studio(stage):
    person = stage.sg.find_one("HumanUser", [["login", "is", stage.login]], ["name"])
    day = "2031-04-08"
    stage.sg.work_schedule_update(day, False, "studio")
    stage.sg.work_schedule_update(day, True, "project", project=stage.project)
    stage.sg.work_schedule_update(day, False, "person", user=person)
    told = lambda *of: tuple(stage.sg.work_schedule_read(day, day, *of)[day][key] for key in ("working", "description"))
    equal((told(), told(stage.project), told(stage.project, person)), ((False, "studio"), (True, "project"), (False, "person")))
    stage.sg.work_schedule_update(day, True, None, user=person)
    equal(told(None, person), (True, None))


@case
def a_schedule_is_of_one_project_or_one_person(stage):
    person = stage.sg.find_one("HumanUser", [["login", "is", stage.login]])
    with fault("API work_schedule_update() invalid/missing"):
        stage.sg.work_schedule_update("2031-04-10", False, "both", stage.project, person)
    with fault("date 'start_date'"):
        stage.sg.work_schedule_read("yesterday", SUNDAY)


@case
def tasks_are_worked_out_anew_around_a_day_without_work(stage):
    longer = stage.task(start_date="2031-05-05", due_date="2031-05-07")
    stage.sg.work_schedule_update("2031-05-06", False, "holiday")
    equal(dated(stage, longer), ("2031-05-05", "2031-05-08", 1440))
    shorter = stage.task(start_date="2031-05-12", due_date="2031-05-14")
    stage.sg.work_schedule_update("2031-05-13", False, "holiday", recalculate_field="duration")
    equal(dated(stage, shorter), ("2031-05-12", "2031-05-14", 960))


@case
def a_task_is_worked_on_when_its_people_work(stage):
    person = stage.sg.find_one("HumanUser", [["login", "is", stage.login]])
    stage.sg.work_schedule_update("2031-05-20", False, "leave", user=person)
    assert datetime.date(2031, 5, 20).weekday() == 1
    equal(dated(stage, stage.task(start_date="2031-05-19", duration=960))[1], "2031-05-20")
    theirs = stage.task(start_date="2031-05-19", duration=960, task_assignees=[person])
    equal(dated(stage, theirs)[1], "2031-05-21")


@case
def a_project_may_have_a_week_of_its_own(stage):
    weeks = [{"type": "Project", "id": stage.project["id"], "days": ["monday", "saturday"]}]
    with settings(stage, work_weeks=weeks):
        week = stage.sg.work_schedule_read(MONDAY, SUNDAY, stage.project)
        equal([day for day in sorted(week) if week[day]["working"]], [MONDAY, "2031-03-08"])
        equal({week[day]["reason"] for day in week}, {"PROJECT_WORK_WEEK"})
