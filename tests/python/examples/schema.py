"""Reference, the methods of the schema."""

import given

sg = given.connect()
project = given.project(sg)
entities = sg.schema_entity_read()
given.shows(entities["Asset"], {"name": {"editable": False, "value": "Asset"}, "visible": {"editable": False, "value": True}})
given.shows(entities["ApiUser"]["name"], {"editable": False, "value": "Script"})
assert sg.schema_entity_read(project)["Shot"]["visible"]["value"] is True

shots = sg.schema_field_read("Asset", "shots")
given.shows(shots, {"shots": {
    "data_type": {"editable": False, "value": "multi_entity"},
    "description": {"editable": True, "value": ""},
    "editable": {"editable": False, "value": True},
    "entity_type": {"editable": False, "value": "Asset"},
    "mandatory": {"editable": False, "value": False},
    "name": {"editable": True, "value": "Shots"},
    "properties": {
        "default_value": {"editable": False, "value": None},
        "summary_default": {"editable": True, "value": "none"},
        "valid_types": {"editable": True, "value": ["Shot"]},
    },
    "unique": {"editable": False, "value": False},
    "visible": shots["shots"]["visible"],
}})
given.shows(sg.schema_read()["Asset"]["shots"], shots["shots"])
created_at = sg.schema_read()["Asset"]["created_at"]
given.shows((created_at["data_type"]["value"], created_at["editable"]["value"], created_at["name"]["value"]),
            ("date_time", False, "Date Created"))

properties = {"summary_default": "count", "description": "How hard an Asset is"}
name = sg.schema_field_create("Asset", "text", "Complexity", properties)
given.shows(name, "sg_complexity")
read = sg.schema_field_read("Asset", name)[name]
given.shows((read["description"]["value"], read["properties"]["summary_default"]["value"]), (properties["description"], "count"))
asset = sg.create("Asset", {"project": project, "code": "Gopher", name: "high"})
given.shows(asset[name], "high")

number = sg.schema_field_create("Asset", "number", "Test Number Field")
properties = {"name": "Test Number Field Renamed", "summary_default": "sum", "description": "this is only a test"}
given.shows(sg.schema_field_update("Asset", number, properties), True)
given.shows(sg.schema_field_read("Asset", number)[number]["name"]["value"], "Test Number Field Renamed")
given.shows(sg.schema_field_delete("Asset", number), True)
assert number not in sg.schema_field_read("Asset")
