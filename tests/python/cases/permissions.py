"""What scripts and people may see and do."""

import shotgun_api3

from .stage import case, equal, fault


def limited(stage, code):
    """A connection as a new script with a role."""
    name = stage.name("limited")
    role = stage.sg.find_one("PermissionRuleSet", [["code", "is", code]])
    stage.sg.create("ApiUser", {"firstname": name, "salted_password": "key", "permission_rule_set": role})
    return shotgun_api3.Shotgun(stage.url, script_name=name, api_key="key")


def person(stage, code):
    """A connection that acts as a new person with a role."""
    login = stage.name("person")
    role = stage.sg.find_one("PermissionRuleSet", [["code", "is", code]])
    stage.sg.create("HumanUser", {"name": login, "login": login, "permission_rule_set": role})
    return stage.as_script(sudo_as_login=login)


@case
def roles_are_records(stage):
    codes = [role["code"] for role in stage.sg.find("PermissionRuleSet", [["entity_type", "is", "ApiUser"]], ["code"])]
    assert set(codes) >= {"api_admin", "read_only"}, codes


@case
def a_read_only_script_reads(stage):
    sg = limited(stage, "read_only")
    equal(sg.find_one("Project", [["id", "is", stage.project["id"]]], ["name"])["name"], stage.project["name"])
    assert sg.summarize("Shot", [], [{"field": "id", "type": "count"}])["summaries"]["id"] > 0


@case
def a_read_only_script_creates_nothing(stage):
    with fault("API create() CRUD ERROR #6: Entity of type Shot cannot be created by this user. Rule: Read Only"):
        limited(stage, "read_only").create("Shot", {"project": stage.project, "code": "no"})


@case
def a_read_only_script_updates_nothing(stage):
    shot = stage.shot()
    with fault("The field is not editable for this user: [Shot.code]. Rule: Read Only"):
        limited(stage, "read_only").update("Shot", shot["id"], {"code": "no"})


@case
def a_read_only_script_deletes_nothing(stage):
    shot = stage.shot()
    sg = limited(stage, "read_only")
    with fault("API delete() CRUD ERROR #4.1: Entity Shot {} can not be deleted by this user. Rule: Read Only".format(shot["id"])):
        sg.delete("Shot", shot["id"])
    assert stage.sg.find_one("Shot", [["id", "is", shot["id"]]])


@case
def a_refused_item_refuses_its_batch(stage):
    task = stage.task()
    sg = limited(stage, "publisher")
    with fault("API batch() request with index 1 failed.  All requests rolled back."):
        sg.batch([
            {"request_type": "update", "entity_type": "Task", "entity_id": task["id"], "data": {"sg_status_list": "ip"}},
            {"request_type": "update", "entity_type": "Task", "entity_id": task["id"], "data": {"content": "no"}},
        ])
    equal(stage.sg.find_one("Task", [["id", "is", task["id"]]], ["sg_status_list"])["sg_status_list"], "wtg")
    sg.update("Task", task["id"], {"sg_status_list": "ip"})


@case
def a_read_only_script_leaves_the_schema_alone(stage):
    with fault("can not be changed by this user. Rule: Read Only"):
        limited(stage, "read_only").schema_field_create("Shot", "text", stage.name("Denied"))


@case
def the_schema_shows_what_a_script_may_edit(stage):
    field = limited(stage, "read_only").schema_field_read("Shot", "code")["code"]
    equal(field["editable"], {"value": False, "editable": False})
    equal(stage.sg.schema_field_read("Shot", "code")["code"]["editable"]["value"], True)


@case
def who_acts_as_an_artist_is_limited_as_the_artist(stage):
    sg = person(stage, "artist")
    with fault("Entity of type Shot cannot be created by this user. Rule: Artist"):
        sg.create("Shot", {"project": stage.project, "code": "no"})
    with fault("Entity of type ApiUser can not be accessed by this user. Rule: Artist"):
        sg.find("ApiUser", [])
    sg.create("Note", {"project": stage.project, "subject": "An artist writes"})


@case
def a_vendor_does_not_know_of_hidden_fields(stage):
    sg = person(stage, "vendor")
    shot = stage.shot(sg_budget=1200.0)
    rows = [["id", "is", shot["id"]]]
    assert "sg_budget" not in sg.schema_field_read("Shot")
    for read in (
        lambda: sg.find("Shot", rows, ["sg_budget"]),
        lambda: sg.find("Shot", rows + [["sg_budget", "is", 1200.0]]),
        lambda: sg.find("Task", [["entity.Shot.sg_budget", "is_not", None]]),
        lambda: sg.find("Task", [], ["entity.Shot.sg_budget"], limit=1),
        lambda: sg.summarize("Shot", rows, [{"field": "sg_budget", "type": "sum"}]),
        lambda: sg.summarize("Shot", rows, [{"field": "id", "type": "count"}], grouping=[{"field": "sg_budget", "type": "exact", "direction": "asc"}]),
    ):
        with fault("Shot.sg_budget doesn't exist."):
            read()
    equal(stage.sg.find_one("Shot", rows, ["sg_budget"])["sg_budget"], 1200.0)


@case
def a_hidden_field_does_not_order_rows(stage):
    sg = person(stage, "vendor")
    code = stage.name("order")
    ids = [stage.shot(code=code, sg_budget=budget)["id"] for budget in (3.0, 1.0, 2.0)]
    order = [{"field_name": "sg_budget", "direction": "asc"}]
    seen = [row["id"] for row in sg.find("Shot", [["code", "is", code]], [], order)]
    equal(seen, ids)
    seen = [row["id"] for row in stage.sg.find("Shot", [["code", "is", code]], [], order)]
    equal(seen, [ids[1], ids[2], ids[0]])
