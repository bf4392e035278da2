"""Every common relation, with its null semantics. Each case makes a few rows and asks which of them are found."""

import datetime

from .stage import case, equal, fault, ids, same


class Rows:
    """Rows of one type, one per value of a field, asked for by what the field holds."""

    def __init__(self, stage, entity_type, field, values):
        self.stage = stage
        self.entity_type = entity_type
        self.field = field
        name = "content" if entity_type == "Task" else "code"
        self.values = {}
        for value in values:
            fields = {"project": stage.project, name: stage.name("filter")}
            if value is not None:
                fields[field] = value
            row = stage.sg.create(entity_type, fields)
            self.values[row["id"]] = value

    def found(self, relation, *values):
        condition = [self.field, relation] + list(values)
        rows = self.stage.sg.find(self.entity_type, [["id", "in", list(self.values)], condition])
        return [self.values[row["id"]] for row in rows]


@case
def text_is_and_is_not(stage):
    rows = Rows(stage, "Shot", "description", ["north pier", "South Pier", None])
    equal(rows.found("is", "north pier"), ["north pier"])
    equal(rows.found("is_not", "north pier"), ["South Pier", None])


@case
def text_compares_without_case(stage):
    rows = Rows(stage, "Shot", "description", ["north pier", "South Pier", None])
    equal(rows.found("is", "NORTH PIER"), ["north pier"])
    equal(rows.found("contains", "PIER"), ["north pier", "South Pier"])


@case
def text_contains_and_not_contains(stage):
    rows = Rows(stage, "Shot", "description", ["north pier", "south gate", None])
    equal(rows.found("contains", "pier"), ["north pier"])
    equal(rows.found("not_contains", "pier"), ["south gate", None])


@case
def text_starts_and_ends_with(stage):
    rows = Rows(stage, "Shot", "description", ["north pier", "south gate", None])
    equal(rows.found("starts_with", "so"), ["south gate"])
    equal(rows.found("ends_with", "ier"), ["north pier"])


@case
def text_in_and_not_in(stage):
    rows = Rows(stage, "Shot", "description", ["a", "b", None])
    equal(rows.found("in", ["a", "c"]), ["a"])
    equal(rows.found("not_in", ["a", "c"]), ["b", None])


@case
def text_may_be_null(stage):
    rows = Rows(stage, "Shot", "description", ["a", None])
    equal(rows.found("is", None), [None])
    equal(rows.found("is_not", None), ["a"])


@case
def wildcards_in_text_mean_themselves(stage):
    rows = Rows(stage, "Shot", "description", ["50% off", "50 off", "a_b", "acb"])
    equal(rows.found("contains", "%"), ["50% off"])
    equal(rows.found("contains", "a_b"), ["a_b"])


@case
def numbers_is_and_is_not(stage):
    rows = Rows(stage, "Shot", "sg_cut_in", [0, 7, None])
    equal(rows.found("is", 0), [0])
    equal(rows.found("is_not", 0), [7, None])
    equal(rows.found("is", None), [None])
    equal(rows.found("is_not", None), [0, 7])


@case
def numbers_greater_and_less_than_never_match_null(stage):
    rows = Rows(stage, "Shot", "sg_cut_in", [-5, 0, 7, None])
    equal(rows.found("greater_than", 0), [7])
    equal(rows.found("less_than", 0), [-5])
    equal(rows.found("less_than", 100), [-5, 0, 7])


@case
def numbers_between_includes_its_bounds(stage):
    rows = Rows(stage, "Shot", "sg_cut_in", [1, 2, 3, 4, None])
    equal(rows.found("between", 2, 3), [2, 3])
    equal(rows.found("between", [2, 4]), [2, 3, 4])


@case
def numbers_in_and_not_in(stage):
    rows = Rows(stage, "Shot", "sg_cut_in", [1, 2, None])
    equal(rows.found("in", [1, 9]), [1])
    equal(rows.found("not_in", [1, 9]), [2, None])


@case
def a_status_is_and_is_in(stage):
    rows = Rows(stage, "Task", "sg_status_list", ["wtg", "ip", "fin"])
    equal(rows.found("is", "ip"), ["ip"])
    equal(rows.found("is_not", "ip"), ["wtg", "fin"])
    equal(rows.found("in", ["ip", "fin"]), ["ip", "fin"])
    equal(rows.found("not_in", ["ip", "fin"]), ["wtg"])


@case
def an_unknown_status_matches_nothing(stage):
    rows = Rows(stage, "Task", "sg_status_list", ["wtg", "ip"])
    equal(rows.found("is", "nonsense"), [])


@case
def a_checkbox_is_true_or_false(stage):
    projects = stage.sg.find("Project", [["archived", "is", True]], ["archived"])
    assert projects and all(project["archived"] is True for project in projects), projects
    assert stage.project["id"] in ids(stage.sg.find("Project", [["archived", "is", False]]))


@case
def dates_compare(stage):
    rows = Rows(stage, "Task", "due_date", ["2026-01-31", "2026-02-01", "2026-02-02", None])
    equal(rows.found("is", "2026-02-01"), ["2026-02-01"])
    equal(rows.found("greater_than", "2026-02-01"), ["2026-02-02"])
    equal(rows.found("less_than", "2026-02-01"), ["2026-01-31"])
    equal(rows.found("between", "2026-01-31", "2026-02-01"), ["2026-01-31", "2026-02-01"])
    equal(rows.found("in", ["2026-02-02", "2030-01-01"]), ["2026-02-02"])
    equal(rows.found("is", datetime.date(2026, 2, 1)), ["2026-02-01"])
    equal(rows.found("is", None), [None])


@case
def a_row_just_made_is_in_the_last_hour_and_in_this_day(stage):
    shot = stage.shot()

    def found(*condition):
        return len(stage.sg.find("Shot", [["id", "is", shot["id"]], list(condition)]))

    equal(found("created_at", "in_last", 1, "HOUR"), 1)
    equal(found("created_at", "not_in_last", 1, "HOUR"), 0)
    equal(found("created_at", "in_calendar_day", -1), 0)
    equal(found("created_at", "in_calendar_year", 0), 1)


@case
def dates_are_ahead_or_behind(stage):
    today = datetime.datetime.now(datetime.timezone.utc).date()
    week = datetime.timedelta(days=7)
    tasks = [stage.task(due_date=today - week), stage.task(due_date=today + week), stage.task()]

    def found(*condition):
        return ids(stage.sg.find("Task", [["id", "in", ids(tasks)], ["due_date"] + list(condition)]))

    equal(found("in_last", 2, "WEEK"), [tasks[0]["id"]])
    equal(found("in_next", 10, "DAY"), [tasks[1]["id"]])
    equal(found("in_next", 3, "DAY"), [])
    equal(found("not_in_next", 10, "DAY"), [tasks[0]["id"], tasks[2]["id"]])
    equal(found("in_calendar_week", 1), [tasks[1]["id"]])


@case
def moments_compare_as_datetimes(stage):
    shot = stage.shot()
    moment = stage.sg.find_one("Shot", [["id", "is", shot["id"]]], ["created_at"])["created_at"]
    assert isinstance(moment, datetime.datetime) and moment.tzinfo, moment
    second = datetime.timedelta(seconds=1)
    for relation, value, count in (("is", moment, 1), ("greater_than", moment, 0), ("greater_than", moment - second, 1),
                                   ("less_than", moment + second, 1), ("is_not", moment, 0)):
        equal((relation, len(stage.sg.find("Shot", [["id", "is", shot["id"]], ["created_at", relation, value]]))),
              (relation, count))


@case
def an_unknown_time_unit_is_refused(stage):
    with fault("doesn't support the 'FORTNIGHT' time unit"):
        stage.sg.find("Shot", [["created_at", "in_last", 1, "FORTNIGHT"]])


@case
def a_link_is_and_is_not(stage):
    shot, other = stage.shot(), stage.shot()
    tasks = [stage.task(entity=shot), stage.task(entity=other), stage.task()]
    mine = ["id", "in", ids(tasks)]
    equal(ids(stage.sg.find("Task", [mine, ["entity", "is", shot]])), [tasks[0]["id"]])
    equal(ids(stage.sg.find("Task", [mine, ["entity", "is_not", shot]])), ids(tasks[1:]))
    equal(ids(stage.sg.find("Task", [mine, ["entity", "is", None]])), [tasks[2]["id"]])
    equal(ids(stage.sg.find("Task", [mine, ["entity", "is_not", None]])), ids(tasks[:2]))


@case
def a_link_is_in_and_not_in(stage):
    shot, other, third = stage.shot(), stage.shot(), stage.shot()
    tasks = [stage.task(entity=shot), stage.task(entity=other), stage.task()]
    mine = ["id", "in", ids(tasks)]
    equal(ids(stage.sg.find("Task", [mine, ["entity", "in", [shot, other]]])), ids(tasks[:2]))
    equal(ids(stage.sg.find("Task", [mine, ["entity", "in", [third]]])), [])
    equal(ids(stage.sg.find("Task", [mine, ["entity", "not_in", [shot]]])), ids(tasks[1:]))


@case
def a_link_is_of_a_type(stage):
    tasks = [stage.task(entity=stage.shot()), stage.task(entity=stage.asset())]
    mine = ["id", "in", ids(tasks)]
    equal(ids(stage.sg.find("Task", [mine, ["entity", "type_is", "Shot"]])), [tasks[0]["id"]])
    equal(ids(stage.sg.find("Task", [mine, ["entity", "type_is_not", "Shot"]])), [tasks[1]["id"]])


@case
def a_link_has_a_name(stage):
    shot, other = stage.shot(code=stage.name("Gull")), stage.shot(code=stage.name("Heron"))
    tasks = [stage.task(entity=shot), stage.task(entity=other)]
    mine = ["id", "in", ids(tasks)]
    equal(ids(stage.sg.find("Task", [mine, ["entity", "name_contains", "gull"]])), [tasks[0]["id"]])
    equal(ids(stage.sg.find("Task", [mine, ["entity", "name_not_contains", "gull"]])), [tasks[1]["id"]])
    name = stage.sg.find_one("Shot", [["id", "is", other["id"]]], ["code"])["code"]
    equal(ids(stage.sg.find("Task", [mine, ["entity", "name_is", name]])), [tasks[1]["id"]])


@case
def a_list_of_links_contains(stage):
    first, second, third = stage.asset(), stage.asset(), stage.asset()
    shots = [stage.shot(assets=[first, second]), stage.shot(assets=[second]), stage.shot()]
    mine = ["id", "in", ids(shots)]
    equal(ids(stage.sg.find("Shot", [mine, ["assets", "is", second]])), ids(shots[:2]))
    equal(ids(stage.sg.find("Shot", [mine, ["assets", "is", first]])), ids(shots[:1]))
    equal(ids(stage.sg.find("Shot", [mine, ["assets", "in", [first, third]]])), ids(shots[:1]))
    equal(ids(stage.sg.find("Shot", [mine, ["assets", "not_in", [first]]])), ids(shots[1:]))
    equal(ids(stage.sg.find("Shot", [mine, ["assets", "is", None]])), ids(shots[2:]))


@case
def ids_compare_and_an_empty_list_finds_nothing(stage):
    shots = ids([stage.shot() for _ in range(3)])
    equal(ids(stage.sg.find("Shot", [["id", "in", shots]])), shots)
    equal(ids(stage.sg.find("Shot", [["id", "between", shots[0], shots[1]]])), shots[:2])
    equal(ids(stage.sg.find("Shot", [["id", "greater_than", shots[1]]])), shots[2:])
    equal(ids(stage.sg.find("Shot", [["id", "in", shots], ["id", "is_not", shots[1]]])), [shots[0], shots[2]])
    equal(stage.sg.find("Shot", [["id", "in", []]]), [])


@case
def any_and_all_nest(stage):
    rows = Rows(stage, "Shot", "sg_cut_in", [1, 2, 3, 4])
    mine = ["id", "in", list(rows.values)]
    nested = {"filter_operator": "any", "filters": [
        ["sg_cut_in", "is", 1],
        {"filter_operator": "all", "filters": [["sg_cut_in", "greater_than", 2], ["sg_cut_in", "less_than", 4]]}]}
    same([rows.values[row["id"]] for row in stage.sg.find("Shot", [mine, nested])], [1, 3])


@case
def the_filter_operator_joins_the_outer_conditions(stage):
    rows = Rows(stage, "Shot", "sg_cut_in", [91001, 91002, 91003])
    found = stage.sg.find("Shot", [["sg_cut_in", "is", 91001], ["sg_cut_in", "is", 91003]], filter_operator="any")
    equal([rows.values[row["id"]] for row in found], [91001, 91003])


@case
def no_condition_finds_all(stage):
    assert len(stage.sg.find("Shot", [])) >= 20


@case
def an_unknown_field_in_a_filter_is_refused(stage):
    with fault("API read() Shot.sg_nope doesn't exist."):
        stage.sg.find("Shot", [["sg_nope", "is", 1]])


@case
def an_unknown_relation_is_refused_with_the_valid_ones(stage):
    with fault("API read() Shot.code's 'text' data type doesn't support 'resembles' 'relation'"):
        stage.sg.find("Shot", [["code", "resembles", "x"]])


@case
def meta_cannot_be_filtered(stage):
    with fault("API read() EventLogEntry.meta's 'serializable' data type cannot be used in a filter."):
        stage.sg.find("EventLogEntry", [["meta", "is", "x"]])


@case
def a_number_where_an_entity_belongs_is_refused(stage):
    with fault("API read() Task.entity expected [Hash"):
        stage.sg.find("Task", [["entity", "is", 1]])


@case
def an_entity_without_a_type_is_refused(stage):
    with fault("'type'"):
        stage.sg.find("Task", [["entity", "is", {"id": 1}]])


@case
def a_wrong_number_of_values_is_refused(stage):
    with fault("'between' 'relation' expects a 2-element array"):
        stage.sg.find("Shot", [["sg_cut_in", "between", 1]])


@case
def an_unknown_entity_type_is_refused(stage):
    with fault("API read() invalid/missing string entity 'type'"):
        stage.sg.find("Teapot", [])


@case
def links_are_found_by_no_name_and_by_several_types(stage):
    tasks = [stage.task(entity=stage.shot()), stage.task(entity=stage.asset()), stage.task()]
    mine = ["id", "in", ids(tasks)]
    equal(ids(stage.sg.find("Task", [mine, ["entity", "type_is", ["Shot", "Asset"]]])), ids(tasks[:2]))
    equal(ids(stage.sg.find("Task", [mine, ["entity", "type_is_not", "Shot"]])), ids(tasks[1:]))
    equal(ids(stage.sg.find("Task", [mine, ["entity", "in", [{"type": "Shot", "id": 0}, None]]])), ids(tasks[2:]))


@case
def floats_are_compared_to_six_decimals(stage):
    rows = Rows(stage, "Shot", "sg_speed", [1.5, 2.25, None])
    equal(rows.found("is", 1.5000001), [1.5])
    equal(rows.found("is", 1.500001), [])
    equal(rows.found("between", 1.5, 2.0), [1.5])
    equal(rows.found("not_in", [1.5]), [2.25, None])
    with fault("expected [String, BigDecimal, Float, NilClass] data type(s) but got Integer: 2"):
        rows.found("is", 2)


@case
def money_is_also_not_between(stage):
    rows = Rows(stage, "Shot", "sg_budget", [10, 200.5, None])
    equal(rows.found("not_between", 0, 100), [200.5, None])
    equal(rows.found("between", None, 100), [])


@case
def timecodes_and_durations_have_their_own_numbers(stage):
    rows = Rows(stage, "Shot", "sg_source_timecode", [0, 5000, None])
    equal(rows.found("greater_than", 0), [5000])
    with fault("data type(s) but got String"):
        rows.found("is", "5000")
    lengths = Rows(stage, "Task", "est_in_mins", [60, 90])
    equal(lengths.found("is", 90.9), [90])
    equal(lengths.found("in", [60, 61]), [60])


@case
def entity_types_compare_with_case(stage):
    steps = [stage.sg.create("Step", {"code": stage.name("step"), "entity_type": kind}) for kind in ("Shot", "Asset")]
    mine = ["id", "in", ids(steps)]
    equal(ids(stage.sg.find("Step", [mine, ["entity_type", "is", "Shot"]])), ids(steps[:1]))
    equal(stage.sg.find("Step", [mine, ["entity_type", "is", "shot"]]), [])


@case
def pictures_are_there_or_not(stage):
    shot = stage.shot()
    mine = ["id", "is", shot["id"]]
    equal(len(stage.sg.find("Shot", [mine, ["image", "is", None]])), 1)
    equal(stage.sg.find("Shot", [mine, ["image", "is_not", None]]), [])
    with fault("expected [NilClass]"):
        stage.sg.find("Shot", [mine, ["image", "is", "x.png"]])


@case
def files_and_passwords_cannot_be_filtered(stage):
    with fault("Version.sg_uploaded_movie's 'url' data type cannot be used in a filter."):
        stage.sg.find("Version", [["sg_uploaded_movie", "is", None]])
    with fault("HumanUser.password_proxy's 'password' data type cannot be used in a filter."):
        stage.sg.find("HumanUser", [["password_proxy", "is", "secret"]])


@case
def a_path_may_begin_at_what_links_here(stage):
    shots = [stage.shot(), stage.shot()]
    stage.task(entity=shots[0], sg_status_list="fin")
    stage.task(entity=shots[0], sg_status_list="ip")
    mine = ["id", "in", ids(shots)]
    equal(ids(stage.sg.find("Shot", [mine, ["$FROM$Task.entity.sg_status_list", "is", "fin"]])), ids(shots[:1]))
    equal(ids(stage.sg.find("Shot", [mine, ["$FROM$Task.entity.id", "is", None]])), ids(shots[1:]))
    equal(ids(stage.sg.find("Shot", [mine, ["$FROM$EventLogEntry.entity.event_type", "is", "Shotgun_Shot_New"]])), ids(shots))


@case
def links_to_the_bin_are_no_links(stage):
    shot = stage.shot()
    task = stage.task(entity=shot)
    mine = ["id", "is", task["id"]]
    stage.sg.delete("Shot", shot["id"])
    equal(stage.sg.find("Task", [mine, ["entity", "is", shot]]), [])
    equal(len(stage.sg.find("Task", [mine, ["entity", "is", None]])), 1)
    stage.sg.revive("Shot", shot["id"])
    equal(len(stage.sg.find("Task", [mine, ["entity", "is", shot]])), 1)
