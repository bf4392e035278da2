"""What the site says about its types and fields."""

from .stage import case, contains, equal, fault


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
