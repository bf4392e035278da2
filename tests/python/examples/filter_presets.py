"""Reference, "Additional Filter Presets": the latest version of an entity, and the versions of a cut."""

import given

sg = given.connect()
project = given.project(sg)
shots = [sg.create("Shot", {"project": project, "code": code}) for code in ("s1", "s2")]
rows = [sg.create("Version", {"project": project, "code": "ABC", "entity": shot}) for shot in (shots[0], shots[0], shots[1])]
additional_filter_presets = [{"preset_name": "LATEST", "latest_by": "ENTITIES_CREATED_AT"}]
filters = [["code", "is", "ABC"], ["project", "is", project]]
result = sg.find("Version", filters=filters, additional_filter_presets=additional_filter_presets)
given.shows(result, [given.dict_of(row) for row in rows[1:]])

cut = sg.create("Cut", {"project": project, "code": "edit", "entity": shots[0]})
sg.create("CutItem", {"project": project, "code": "one", "cut": cut, "shot": shots[1]})
additional_filter_presets = [{"preset_name": "CUT_SHOT_VERSIONS", "cut_id": cut["id"]}]
result = sg.find("Version", [], additional_filter_presets=additional_filter_presets)
given.shows(result, [given.dict_of(rows[2])])
