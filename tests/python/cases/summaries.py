"""Summaries of many rows."""

import datetime

from .stage import ARCHIVED, case, equal, fault


def three(stage):
    """Three shots with a mark, and the condition that finds them."""
    mark = stage.name("sum")
    sequence = stage.sg.create("Sequence", {"project": stage.project, "code": mark})
    for cut, status in ((1, "wtg"), (2, "ip"), (6, "ip")):
        stage.shot(description=mark, sg_cut_in=cut, sg_status_list=status, sg_sequence=sequence)
    return [["description", "is", mark]]


def one(stage, filters, field, kind):
    result = stage.sg.summarize("Shot", filters, [{"field": field, "type": kind}])
    equal(result["groups"], [])
    return result["summaries"][field]


@case
def rows_are_counted(stage):
    equal(one(stage, three(stage), "id", "count"), 3)


@case
def numbers_are_summed(stage):
    filters = three(stage)
    equal(one(stage, filters, "sg_cut_in", "sum"), 9)
    equal(one(stage, filters, "sg_cut_in", "maximum"), 6)
    equal(one(stage, filters, "sg_cut_in", "minimum"), 1)
    equal(one(stage, filters, "sg_cut_in", "average"), 3.0)


@case
def nothing_counts_as_nought(stage):
    equal(one(stage, [["description", "is", "no such mark"]], "id", "count"), 0)


@case
def groups_have_their_own_summaries(stage):
    result = stage.sg.summarize("Shot", three(stage), [{"field": "id", "type": "count"}],
                                grouping=[{"field": "sg_status_list", "type": "exact", "direction": "asc"}])
    equal(result["summaries"], {"id": 3})
    equal({group["group_value"]: group["summaries"] for group in result["groups"]}, {"ip": {"id": 2}, "wtg": {"id": 1}})


@case
def groups_by_link_carry_the_link(stage):
    result = stage.sg.summarize("Shot", three(stage), [{"field": "id", "type": "count"}],
                                grouping=[{"field": "sg_sequence", "type": "exact", "direction": "asc"}])
    equal(len(result["groups"]), 1)
    group = result["groups"][0]
    equal(group["group_value"]["name"], group["group_name"])
    equal(set(group["group_value"]), {"type", "id", "name", "valid"})


@case
def an_unknown_field_is_refused(stage):
    with fault("doesn't exist."):
        stage.sg.summarize("Shot", [], [{"field": "sg_nope", "type": "count"}])


@case
def dates_have_an_earliest_and_a_latest(stage):
    mark = stage.name("dated")
    for day in ("2026-02-03", "2026-01-31", None):
        stage.task(content=mark, due_date=day)
    mine = [["content", "is", mark]]
    equal(stage.sg.summarize("Task", mine, [{"field": "due_date", "type": "earliest"}])["summaries"], {"due_date": "2026-01-31"})
    equal(stage.sg.summarize("Task", mine, [{"field": "due_date", "type": "latest"}])["summaries"], {"due_date": "2026-02-03"})
    equal(stage.sg.summarize("Task", mine, [{"field": "due_date", "type": "count"}])["summaries"], {"due_date": 2})


@case
def statuses_have_a_percentage(stage):
    filters = three(stage)
    equal(one(stage, filters, "sg_status_list", "status_percentage"), 0)
    equal(one(stage, filters, "sg_status_list", "status_list"), "ip")
    summary = {"field": "sg_status_list", "type": "status_percentage_as_float", "value": "ip"}
    share = stage.sg.summarize("Shot", filters, [summary])["summaries"]["sg_status_list"]
    assert abs(share - 200 / 3) < 1e-6, share


@case
def boxes_are_ticked_or_not(stage):
    mark = stage.name("boxes")
    for ticked in (True, False, False, False):
        stage.shot(description=mark, sg_is_hero=ticked)
    mine = [["description", "is", mark]]
    equal(one(stage, mine, "sg_is_hero", "checked"), 1)
    equal(one(stage, mine, "sg_is_hero", "unchecked"), 3)
    equal(one(stage, mine, "sg_is_hero", "percentage"), 25)


def groups(stage, entity_type, filters, field, kind, direction="asc"):
    """What the groups have in common, with how many are in each."""
    result = stage.sg.summarize(entity_type, filters, [{"field": "id", "type": "count"}],
                                grouping=[{"field": field, "type": kind, "direction": direction}])
    return [(group["group_name"], group["group_value"], group["summaries"]["id"]) for group in result["groups"]]


@case
def numbers_are_grouped_by_their_size(stage):
    mark = stage.name("sized")
    for cut in (3, 12, 15, 12345, None):
        stage.shot(description=mark, sg_cut_in=cut)
    mine = [["description", "is", mark]]
    equal(groups(stage, "Shot", mine, "sg_cut_in", "tens"),
          [("", None, 1), ("0-9", 0, 1), ("10-19", 10, 2), ("12340-12349", 12340, 1)])
    equal([value for _name, value, _count in groups(stage, "Shot", mine, "sg_cut_in", "tensofthousands", "desc")], [10000, 0, None])


@case
def dates_are_grouped_by_the_calendar(stage):
    mark = stage.name("calendar")
    for day in ("2026-02-03", "2026-02-28", "2026-04-01"):
        stage.task(content=mark, due_date=day)
    mine = [["content", "is", mark]]
    for kind, values in (("month", ["2026-02-01", "2026-04-01"]), ("quarter", ["2026-01-01", "2026-04-01"]), ("year", ["2026-01-01"]),
                         ("week", ["2026-02-02", "2026-02-23", "2026-03-30"]), ("oneday", ["2026-02-03", "2026-02-28", "2026-04-01"])):
        equal((kind, [value for _name, value, _count in groups(stage, "Task", mine, "due_date", kind)]), (kind, values))
    assert groups(stage, "Task", mine, "due_date", "fivedays")
    today = datetime.datetime.now(datetime.timezone.utc).date()
    stage.task(content=mark, due_date=today)
    assert ("Today", "Today", 1) in groups(stage, "Task", mine, "due_date", "clustered_date")


@case
def links_are_grouped_by_type_and_names_by_letter(stage):
    mark = stage.name("linked")
    for entity in (stage.shot(), stage.asset(), stage.shot()):
        stage.task(content=mark, entity=entity)
    equal(groups(stage, "Task", [["content", "is", mark]], "entity", "entitytype"), [("Asset", "Asset", 1), ("Shot", "Shot", 2)])
    letter = mark[0].upper()
    equal(groups(stage, "Task", [["content", "is", mark]], "content", "firstletter"), [(letter, letter, 3)])
    equal(len(groups(stage, "Task", [["content", "is", mark]], "id", "exact")), 3)


@case
def groups_have_groups(stage):
    filters = three(stage)
    result = stage.sg.summarize("Shot", filters, [{"field": "sg_cut_in", "type": "sum"}],
                                grouping=[{"field": "sg_sequence.Sequence.code", "type": "exact"},
                                          {"field": "sg_status_list", "type": "exact", "direction": "desc"}])
    equal([[inner["group_value"] for inner in group["groups"]] for group in result["groups"]], [["wtg", "ip"]])
    equal([inner["summaries"]["sg_cut_in"] for inner in result["groups"][0]["groups"]], [1, 8])


@case
def archived_projects_can_be_left_out_of_counts(stage):
    archived = stage.sg.find_one("Project", [["name", "is", ARCHIVED]])
    inside, count = [["project", "is", archived]], [{"field": "id", "type": "count"}]
    assert stage.sg.summarize("Shot", inside, count)["summaries"]["id"] > 0
    equal(stage.sg.summarize("Shot", inside, count, include_archived_projects=False)["summaries"], {"id": 0})


@case
def a_summary_that_a_type_does_not_have_is_refused(stage):
    with fault("API summarize() Shot.code's 'text' data type doesn't support the summary 'sum'."):
        stage.sg.summarize("Shot", [], [{"field": "code", "type": "sum"}])
    with fault("doesn't support grouping by 'tens'."):
        stage.sg.summarize("Shot", [], [{"field": "id", "type": "count"}], grouping=[{"field": "code", "type": "tens"}])
