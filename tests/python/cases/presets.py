"""Filter presets: the latest of each, and what belongs to a cut."""

from .stage import case, equal, fault, ids

LATEST = {"preset_name": "LATEST", "latest_by": "ENTITIES_CREATED_AT"}


def version(stage, shot, **fields):
    values = {"project": stage.project, "code": stage.name("version"), "entity": shot}
    values.update(fields)
    return stage.sg.create("Version", values)


def kept(stage, entity_type, rows, *presets):
    return ids(stage.sg.find(entity_type, [["id", "in", ids(rows)]], additional_filter_presets=list(presets)))


@case
def the_latest_version_of_each_shot(stage):
    first, second = stage.shot(), stage.shot()
    rows = [version(stage, first), version(stage, first), version(stage, second)]
    equal(kept(stage, "Version", rows, LATEST), ids(rows[1:]))
    equal(kept(stage, "Version", rows[:1], LATEST), ids(rows[:1]))


@case
def the_version_that_is_farthest_along(stage):
    shot = stage.shot()
    tasks = []
    for order in (20, 10):
        step = stage.sg.create("Step", {"code": stage.name("step"), "list_order": order})
        tasks.append(stage.task(entity=shot, step=step))
    rows = [version(stage, shot, sg_task=tasks[0]), version(stage, shot, sg_task=tasks[1]), version(stage, shot)]
    farthest = {"preset_name": "LATEST", "latest_by": "BY_PIPELINE_STEP_NUMBER_AND_ENTITIES_CREATED_AT"}
    equal(kept(stage, "Version", rows, farthest), ids(rows[:1]))
    equal(kept(stage, "Version", rows, LATEST), ids(rows[2:]))


@case
def the_highest_version_of_a_file(stage):
    shot = stage.shot()
    rows = [stage.sg.create("PublishedFile", {"project": stage.project, "code": "file", "entity": shot, "version_number": number})
            for number in (3, 10, 2)]
    equal(kept(stage, "PublishedFile", rows, {"preset_name": "LATEST", "latest_by": "VERSION_NUMBER"}), ids(rows[1:2]))
    equal(kept(stage, "PublishedFile", rows, LATEST), ids(rows[2:]))


@case
def the_last_revision_of_a_cut_and_the_versions_of_its_shots(stage):
    shot, other = stage.shot(), stage.shot()
    cuts = [stage.sg.create("Cut", {"project": stage.project, "code": "reel", "revision_number": number}) for number in (1, 2)]
    equal(kept(stage, "Cut", cuts, {"preset_name": "LATEST", "latest_by": "REVISION_NUMBER"}), ids(cuts[1:]))
    stage.sg.create("CutItem", {"project": stage.project, "cut": cuts[0], "shot": shot})
    rows = [version(stage, shot), version(stage, other), version(stage, shot)]
    of_cut = {"preset_name": "CUT_SHOT_VERSIONS", "cut_id": cuts[0]["id"]}
    equal(kept(stage, "Version", rows, of_cut), [rows[0]["id"], rows[2]["id"]])
    equal(kept(stage, "Version", rows, of_cut, LATEST), ids(rows[2:]))
    equal(ids(stage.sg.find("Version", [], additional_filter_presets=[of_cut])), [rows[0]["id"], rows[2]["id"]])


@case
def presets_that_there_are_not_are_refused(stage):
    for presets in ([{}], [{"preset_name": "BAD"}], 3, [3], [LATEST, LATEST], [{"preset_name": "LATEST", "latest_by": "LUCK"}],
                    [{"preset_name": "CUT_SHOT_VERSIONS"}]):
        with fault("API read()"):
            stage.sg.find("Version", [], additional_filter_presets=presets)
    with fault("API read()"):
        stage.sg.find("Shot", [], additional_filter_presets=[LATEST])
