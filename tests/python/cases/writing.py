"""Create, update, delete and revive."""

import datetime

from .stage import case, equal, fault, ids, same


@case
def create_echoes_what_was_sent_and_asked_for(stage):
    code = stage.name("echo")
    shot = stage.sg.create("Shot", {"project": stage.project, "code": code, "sg_cut_in": 1001}, ["sg_status_list"])
    equal(set(shot), {"type", "id", "project", "code", "sg_cut_in", "sg_status_list"})
    equal((shot["type"], shot["code"], shot["sg_cut_in"]), ("Shot", code, 1001))
    equal(shot["project"]["id"], stage.project["id"])


@case
def create_fills_in_defaults(stage):
    shot = stage.shot()
    row = stage.sg.find_one("Shot", [["id", "is", shot["id"]]], ["sg_status_list", "created_at", "created_by", "updated_by"])
    equal(row["sg_status_list"], "wtg")
    assert isinstance(row["created_at"], datetime.datetime), row
    equal(row["created_by"]["type"], "ApiUser")


@case
def create_names_the_nameless(stage):
    shot = stage.sg.create("Shot", {"project": stage.project}, ["code"])
    assert shot["code"].startswith("New Shot"), shot


@case
def create_needs_a_project(stage):
    with fault("API create() missing 'project' attribute"):
        stage.sg.create("Shot", {"code": "homeless"})


@case
def create_refuses_an_unknown_field(stage):
    with fault("API create() Shot.sg_nope doesn't exist."):
        stage.sg.create("Shot", {"project": stage.project, "sg_nope": 1})


@case
def create_refuses_an_unknown_status(stage):
    with fault("'nope' is not a valid status"):
        stage.shot(sg_status_list="nope")


@case
def create_refuses_a_dead_link(stage):
    with fault("Value is not legal."):
        stage.task(entity={"type": "Shot", "id": 99999999})


@case
def a_project_name_is_unique(stage):
    with fault("is required to be unique"):
        stage.sg.create("Project", {"name": stage.project["name"]})


@case
def update_echoes_exactly_what_changed(stage):
    shot = stage.shot()
    equal(stage.sg.update("Shot", shot["id"], {"sg_cut_in": 7}), {"type": "Shot", "id": shot["id"], "sg_cut_in": 7})
    equal(stage.sg.find_one("Shot", [["id", "is", shot["id"]]], ["sg_cut_in"])["sg_cut_in"], 7)


@case
def update_remembers_who_and_when(stage):
    shot = stage.shot()
    stage.as_human().update("Shot", shot["id"], {"sg_cut_in": 7})
    row = stage.sg.find_one("Shot", [["id", "is", shot["id"]]], ["updated_by", "updated_at", "created_by"])
    equal(row["updated_by"]["type"], "HumanUser")
    equal(row["created_by"]["type"], "ApiUser")
    assert isinstance(row["updated_at"], datetime.datetime), row


@case
def update_sets_adds_and_removes_links(stage):
    first, second, third = stage.asset(), stage.asset(), stage.asset()
    shot = stage.shot(assets=[first])

    def update(mode, *assets):
        modes = {"assets": mode} if mode else None
        stage.sg.update("Shot", shot["id"], {"assets": list(assets)}, multi_entity_update_modes=modes)
        return ids(stage.sg.find_one("Shot", [["id", "is", shot["id"]]], ["assets"])["assets"])

    same(update("add", second), ids([first, second]))
    same(update("add", second), ids([first, second]))
    same(update("remove", first), ids([second]))
    same(update("set", first, third), ids([first, third]))
    same(update(None, third), ids([third]))
    same(update(None), [])


@case
def a_link_shows_on_the_other_side(stage):
    shot, other = stage.shot(), stage.shot()
    task = stage.task(entity=shot)

    def tasks(of):
        return ids(stage.sg.find_one("Shot", [["id", "is", of["id"]]], ["tasks"])["tasks"])

    equal(tasks(shot), [task["id"]])
    stage.sg.update("Task", task["id"], {"entity": other})
    equal((tasks(shot), tasks(other)), ([], [task["id"]]))


@case
def a_list_on_the_other_side_sets_the_link(stage):
    shot = stage.shot()
    task = stage.task()
    stage.sg.update("Shot", shot["id"], {"tasks": [task]})
    equal(stage.sg.find_one("Task", [["id", "is", task["id"]]], ["entity"])["entity"]["id"], shot["id"])


@case
def null_clears_a_field(stage):
    shot = stage.shot(sg_cut_in=5, description="x")
    equal(stage.sg.update("Shot", shot["id"], {"sg_cut_in": None, "description": None}),
          {"type": "Shot", "id": shot["id"], "sg_cut_in": None, "description": None})


@case
def empty_text_is_null(stage):
    shot = stage.shot(description="")
    equal(stage.sg.find_one("Shot", [["id", "is", shot["id"]]], ["description"])["description"], None)


@case
def dates_are_stored(stage):
    task = stage.task(due_date=datetime.date(2026, 3, 4))
    equal(stage.sg.find_one("Task", [["id", "is", task["id"]]], ["due_date"])["due_date"], "2026-03-04")


@case
def update_refuses_an_unknown_field(stage):
    shot = stage.shot()
    with fault("API update() Shot.sg_nope doesn't exist."):
        stage.sg.update("Shot", shot["id"], {"sg_nope": 1})


@case
def update_refuses_the_wrong_type(stage):
    shot = stage.shot()
    with fault("API update() Shot.sg_cut_in expected ["):
        stage.sg.update("Shot", shot["id"], {"sg_cut_in": [1]})


@case
def update_refuses_created_at(stage):
    shot = stage.shot()
    with fault("is editable on create only."):
        stage.sg.update("Shot", shot["id"], {"created_at": datetime.datetime(2026, 1, 1)})


@case
def update_refuses_what_does_not_exist(stage):
    with fault("99999999"):
        stage.sg.update("Shot", 99999999, {"sg_cut_in": 1})


@case
def an_event_cannot_be_changed(stage):
    with fault("EventLogEntry"):
        stage.sg.update("EventLogEntry", stage.newest_event(), {"description": "never happened"})


@case
def delete_says_whether_it_was_there(stage):
    shot = stage.shot()
    equal(stage.sg.delete("Shot", shot["id"]), True)
    equal(stage.sg.delete("Shot", shot["id"]), False)
    equal(stage.sg.find_one("Shot", [["id", "is", shot["id"]]]), None)


@case
def delete_refuses_what_never_was(stage):
    with fault("99999999"):
        stage.sg.delete("Shot", 99999999)


@case
def revive_says_whether_it_was_gone(stage):
    shot = stage.shot()
    equal(stage.sg.revive("Shot", shot["id"]), False)
    stage.sg.delete("Shot", shot["id"])
    equal(stage.sg.revive("Shot", shot["id"]), True)
    assert stage.sg.find_one("Shot", [["id", "is", shot["id"]]])


@case
def links_to_the_bin_read_null_until_revived(stage):
    shot = stage.shot()
    task = stage.task(entity=shot)

    def entity():
        return stage.sg.find_one("Task", [["id", "is", task["id"]]], ["entity"])["entity"]

    stage.sg.delete("Shot", shot["id"])
    equal(entity(), None)
    stage.sg.revive("Shot", shot["id"])
    equal(entity()["id"], shot["id"])


@case
def lists_leave_out_the_bin(stage):
    asset, other = stage.asset(), stage.asset()
    shot = stage.shot(assets=[asset, other])
    stage.sg.delete("Asset", asset["id"])
    equal(ids(stage.sg.find_one("Shot", [["id", "is", shot["id"]]], ["assets"])["assets"]), [other["id"]])


@case
def versions_are_retired_with_their_shot(stage):
    shot = stage.shot()
    version = stage.sg.create("Version", {"project": stage.project, "code": stage.name("v"), "entity": shot})
    stage.sg.delete("Shot", shot["id"])
    equal(stage.sg.find_one("Version", [["id", "is", version["id"]]]), None)
