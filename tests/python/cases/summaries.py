"""Summaries of many rows."""

from .stage import case, equal, fault


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
