"""What the site says about its types and fields."""

from .stage import case, contains, equal, fault, ids


@case
def a_field_describes_itself(stage):
    field = stage.sg.schema_field_read("Shot", "sg_status_list")["sg_status_list"]
    equal(field["data_type"], {"value": "status_list", "editable": False})
    equal(field["entity_type"]["value"], "Shot")
    for key in ("name", "description", "editable", "mandatory", "unique", "visible"):
        equal(set(field[key]), {"value", "editable"})
    values = field["properties"]["valid_values"]["value"]
    assert "wtg" in values and "fin" in values, values
    assert set(field["properties"]["display_values"]["value"]) >= {"wtg", "fin"}, field
    equal(field["properties"]["default_value"]["value"], "wtg")


@case
def one_field_is_read_alone(stage):
    equal(set(stage.sg.schema_field_read("Shot", "code")), {"code"})


@case
def all_fields_are_read_together(stage):
    fields = stage.sg.schema_field_read("Task")
    assert set(fields) >= {"content", "entity", "sg_status_list", "step", "project", "due_date", "task_assignees"}, set(fields)
    equal(fields["task_assignees"]["data_type"]["value"], "multi_entity")


@case
def links_name_the_types_they_take(stage):
    types = stage.sg.schema_field_read("Shot", "sg_sequence")["sg_sequence"]["properties"]["valid_types"]["value"]
    equal(types, ["Sequence"])


@case
def an_unknown_field_is_refused(stage):
    with fault("API schema_field_read()"):
        stage.sg.schema_field_read("Shot", "sg_nope")


@case
def an_unknown_type_is_refused(stage):
    with fault("API schema_field_read()"):
        stage.sg.schema_field_read("Teapot")


@case
def the_types_are_listed(stage):
    types = stage.sg.schema_entity_read()
    assert set(types) >= {"Project", "Sequence", "Shot", "Asset", "Task", "Version", "Note", "HumanUser"}, set(types)
    equal(types["Shot"]["visible"], {"value": True, "editable": False})
    contains(types["Shot"]["name"]["value"], "Shot")


@case
def the_whole_schema_is_read(stage):
    whole = stage.sg.schema_read()
    equal(set(whole), set(stage.sg.schema_entity_read()))
    equal(whole["Shot"]["code"]["data_type"]["value"], "text")


@case
def a_project_can_be_named(stage):
    equal(set(stage.sg.schema_read(stage.project)), set(stage.sg.schema_read()))
    assert "code" in stage.sg.schema_field_read("Shot", "code", stage.project)
    assert "Shot" in stage.sg.schema_entity_read({"type": "Project", "id": 0})


@case
def every_field_of_the_schema_can_be_read(stage):
    for entity_type in ("Project", "Sequence", "Shot", "Asset", "Task", "Version", "Note", "HumanUser", "EventLogEntry"):
        fields = sorted(stage.sg.schema_field_read(entity_type))
        row = stage.sg.find_one(entity_type, [], fields)
        equal(set(row), set(fields) | {"type", "id"})


@case
def a_field_is_created_changed_and_deleted(stage):
    shown = stage.name("Monkey Count")
    name = stage.sg.schema_field_create("Version", "number", shown, properties={"description": "How many monkeys were needed"})
    equal(name, "sg_" + shown.lower().replace(" ", "_"))
    field = stage.sg.schema_field_read("Version", name)[name]
    equal((field["name"]["value"], field["description"]["value"]), (shown, "How many monkeys were needed"))
    equal(field["visible"], {"value": True, "editable": True})
    assert stage.sg.schema_field_update("Version", name, {"description": "How many monkeys turned up"})
    equal(stage.sg.schema_field_read("Version", name)[name]["description"]["value"], "How many monkeys turned up")
    assert stage.sg.schema_field_delete("Version", name)
    with fault("API schema_field_read()"):
        stage.sg.schema_field_read("Version", name)
    with fault("API schema_field_create() failed, there is a retired field with the same field_name: " + name):
        stage.sg.schema_field_create("Version", "number", shown)


@case
def a_name_that_is_taken_gets_a_number(stage):
    shown = stage.name("Twice")
    first = stage.sg.schema_field_create("Asset", "text", shown)
    equal(stage.sg.schema_field_create("Asset", "text", shown), first + "_1")


@case
def a_new_field_can_be_used_at_once(stage):
    values = {
        "text": "words", "number": 3, "percent": 50, "duration": 60, "timecode": 1000, "float": 2.5, "currency": 9.5,
        "date": "2026-02-03", "checkbox": True, "list": "b", "status_list": "fin", "footage": "10-05", "serializable": {"a": 1},
        "tag_list": ["x", "y"], "color": "1,2,3",
    }
    needed = {"checkbox": {"default_value": False}, "list": {"valid_values": ["a", "b"]}, "status_list": {"valid_values": ["wtg", "fin"]}}
    names = {}
    for data_type in values:
        names[data_type] = stage.sg.schema_field_create("Shot", data_type, stage.name(data_type), needed.get(data_type))
    shot = stage.shot(**{names[data_type]: value for data_type, value in values.items()})
    row = stage.sg.find_one("Shot", [["id", "is", shot["id"]]], list(names.values()))
    for data_type, value in values.items():
        equal(row[names[data_type]], value)
    found = stage.sg.find("Shot", [[names["number"], "greater_than", 2], [names["list"], "is", "b"]])
    equal(ids(found), [shot["id"]])
    untouched = stage.sg.find_one("Shot", [["id", "is_not", shot["id"]]], list(names.values()))
    equal((untouched[names["number"]], untouched[names["checkbox"]]), (None, False))


@case
def a_new_link_leads_to_one_type(stage):
    with fault("'valid_types' value expected Array with one element"):
        stage.sg.schema_field_create("Shot", "entity", stage.name("Lead"))
    name = stage.sg.schema_field_create("Shot", "multi_entity", stage.name("Heroes"), {"valid_types": ["Asset"]})
    asset = stage.asset()
    shot = stage.shot(**{name: [asset]})
    equal(ids(stage.sg.find("Shot", [[name, "is", asset]])), [shot["id"]])
    equal(stage.sg.find_one("Shot", [["id", "is", shot["id"]]], [name + ".Asset.code", name])[name][0]["id"], asset["id"])


@case
def a_new_checkbox_needs_a_default(stage):
    with fault("Only true or false allowed in checkbox"):
        stage.sg.schema_field_create("Shot", "checkbox", stage.name("Tick"))


@case
def a_deleted_field_is_nowhere(stage):
    name = stage.sg.schema_field_create("Shot", "text", stage.name("Gone"))
    shot = stage.shot(**{name: "here"})
    stage.sg.schema_field_delete("Shot", name)
    for use in (
        lambda: stage.sg.find("Shot", [], [name]),
        lambda: stage.sg.find("Shot", [[name, "is", "here"]]),
        lambda: stage.sg.update("Shot", shot["id"], {name: "there"}),
        lambda: stage.shot(**{name: "new"}),
        lambda: stage.sg.summarize("Shot", [], [{"field": name, "type": "count"}]),
    ):
        with fault("Shot.{} doesn't exist.".format(name)):
            use()
    assert name not in stage.sg.schema_read()["Shot"]


@case
def a_field_of_the_system_stays(stage):
    with fault("API schema_field_delete()"):
        stage.sg.schema_field_delete("Shot", "code")


@case
def a_field_is_hidden_in_one_project(stage):
    name = stage.sg.schema_field_create("Shot", "text", stage.name("Shy"))
    assert stage.sg.schema_field_update("Shot", name, {"visible": False}, stage.project)
    equal(stage.sg.schema_field_read("Shot", name, stage.project)[name]["visible"], {"value": False, "editable": True})
    equal(stage.sg.schema_field_read("Shot", name)[name]["visible"], {"value": True, "editable": True})
    equal(stage.sg.schema_read(stage.project)["Shot"][name]["visible"]["value"], False)
    other = stage.sg.create("Project", {"name": stage.name("Elsewhere")})
    equal(stage.sg.schema_field_read("Shot", name, other)[name]["visible"]["value"], True)
    assert stage.sg.schema_field_update("Shot", name, {"visible": True}, stage.project)
    equal(stage.sg.schema_field_read("Shot", name, stage.project)[name]["visible"]["value"], True)


@case
def visibility_is_a_matter_of_a_project(stage):
    name = stage.sg.schema_field_create("Shot", "text", stage.name("Plain"))
    with fault("API schema_field_update()"):
        stage.sg.schema_field_update("Shot", name, {"visible": False})
    with fault("API schema_field_update()"):
        stage.sg.schema_field_update("Shot", "code", {"visible": False}, stage.project)


@case
def an_invalid_property_is_named_with_the_valid_ones(stage):
    name = stage.sg.schema_field_create("Shot", "text", stage.name("Fixed"))
    with fault("API schema_field_update() invalid property 'data_type'"):
        stage.sg.schema_field_update("Shot", name, {"data_type": "number"})


@case
def statuses_are_records_and_choices(stage):
    codes = {row["code"]: row["name"] for row in stage.sg.find("Status", [], ["code", "name"])}
    field = stage.sg.schema_field_read("Shot", "sg_status_list")["sg_status_list"]["properties"]
    for code, name in field["display_values"]["value"].items():
        equal(codes[code], name)
    new = stage.name("st")
    stage.sg.create("Status", {"code": new, "name": "Rendering", "bg_color": "1,2,3"})
    before = field["valid_values"]["value"]
    stage.sg.schema_field_update("Shot", "sg_status_list", {"valid_values": before + [new]})
    shot = stage.shot(sg_status_list=new)
    equal(stage.sg.find_one("Shot", [["id", "is", shot["id"]]], ["sg_status_list"])["sg_status_list"], new)
    equal(stage.sg.schema_field_read("Shot", "sg_status_list")["sg_status_list"]["properties"]["display_values"]["value"][new], "Rendering")
    stage.sg.delete("Shot", shot["id"])
    stage.sg.schema_field_update("Shot", "sg_status_list", {"valid_values": before})


@case
def a_default_is_given_to_what_is_created(stage):
    name = stage.sg.schema_field_create("Shot", "list", stage.name("Size"), {"valid_values": ["S", "M"], "default_value": "M"})
    equal(stage.sg.find_one("Shot", [["id", "is", stage.shot()["id"]]], [name])[name], "M")
    equal(stage.sg.schema_field_read("Shot", name)[name]["properties"]["default_value"], {"value": "M", "editable": True})
    assert stage.sg.schema_field_delete("Shot", name)
