"""Copies one field to another whenever it changes."""

import cuebox
from cuebox import config

#: Types whose values cannot be written, or do not mean the same in a second field.
NOT_COPIED = ("calculated", "image", "pivot_column", "summary", "url")


def register(reg: cuebox.Registrar) -> None:
    """Reads the settings and checks both fields against the site's schema."""
    entity_type, source, target = (config.require(key) for key in ("entity_type", "source_field", "target_field"))
    if source == target:
        raise cuebox.SettingError("setting `target_field` is the same as `source_field`")
    schemas = {field: reg.shotgun.schema_field_read(entity_type, field)[field] for field in (source, target)}
    kinds = [schemas[field]["data_type"]["value"] for field in (source, target)]
    if kinds[0] in NOT_COPIED:
        raise cuebox.SettingError(f"{entity_type}.{source} is of type {kinds[0]}, which cannot be copied")
    if kinds[0] != kinds[1]:
        raise cuebox.SettingError(f"{entity_type}.{source} is of type {kinds[0]}, and {entity_type}.{target} of type {kinds[1]}")
    if not schemas[target]["editable"]["value"]:
        raise cuebox.SettingError(f"{entity_type}.{target} cannot be written")
    reg.callback(copy).on(f"Shotgun_{entity_type}_Change", source)


def copy(sg: cuebox.Shotgun, event: cuebox.Event) -> cuebox.Outcome | None:
    """Copies what the source holds now, which may be newer than the event, so that the target ends up right in any order."""
    entity = event.required_entity()
    source, target = config.require("source_field"), config.require("target_field")
    row = sg.find_one(entity["type"], [["id", "is", entity["id"]]], [source, target])
    if row is None:
        return cuebox.skipped("the entity is gone")
    if row[target] == row[source]:
        return cuebox.skipped("both fields are the same already")
    sg.update(entity["type"], entity["id"], {target: row[source]})
    return cuebox.DONE
