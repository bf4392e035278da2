"""Pages as CSV, preferences of the site, and who has which licence."""

import csv
import io

import shotgun_api3

from .stage import case, contains, equal, fault, since


def page(stage, **layout):
    """A page of shots with one layout: (page, layout)."""
    made = stage.sg.create("Page", {"name": stage.name("page"), "entity_type": "Shot", "project": stage.project})
    values = {"page": made, "name": "Everything", "is_default": True, "api_exportable": True}
    values.update(layout)
    return made, stage.sg.create("PageSetting", values)


def only(shots):
    """The filters of a layout that shows these shots."""
    return {"logical_operator": "and",
            "conditions": [{"path": "id", "relation": "in", "values": [shot["id"] for shot in shots]}]}


def text(exported):
    """What was exported. The client hands over what it gets, and some releases give bytes."""
    return exported.decode("utf-8") if isinstance(exported, bytes) else exported


@case
@since(3, 9, 0)
def a_page_is_exported_as_csv(stage):
    shots = [stage.shot(sg_status_list="ip"), stage.shot(sg_status_list="fin")]
    made, _ = page(stage, filters=only(shots))
    equal(text(stage.sg.export_page(made["id"], "csv")),
          "ID,Shot Code,Status\n{},{},ip\n{},{},fin\n".format(shots[0]["id"], shots[0]["code"], shots[1]["id"], shots[1]["code"]))


@case
@since(3, 9, 0)
def a_layout_has_a_name_columns_and_an_order(stage):
    shots = [stage.shot(sg_cut_in=1, description='say "ahoy", twice'), stage.shot(sg_cut_in=2)]
    asset = stage.asset()
    stage.sg.update("Shot", shots[0]["id"], {"assets": [asset]})
    made, _ = page(stage)
    stage.sg.create("PageSetting", {"page": made, "name": "By cut", "api_exportable": True, "filters": only(shots),
                                    "columns": ["code", "description", "sg_cut_in", "assets", "project.Project.name"],
                                    "sorts": [{"field_name": "sg_cut_in", "direction": "desc"}]})
    rows = list(csv.reader(io.StringIO(text(stage.sg.export_page(made["id"], "csv", layout_name="By cut")))))
    equal(rows, [["Shot Code", "Description", "Cut In", "Assets", "Project Name"],
                 [shots[1]["code"], "", "2", "", stage.project["name"]],
                 [shots[0]["code"], 'say "ahoy", twice', "1", asset["code"], stage.project["name"]]])


def said(call):
    try:
        call()
    except shotgun_api3.Fault as error:
        return str(error)
    raise AssertionError("nothing was refused")


@case
@since(3, 9, 0)
def what_may_not_be_exported_is_not_available(stage):
    bare = stage.sg.create("Page", {"entity_type": "Shot"})
    closed, _ = page(stage, api_exportable=False)
    other, _ = page(stage)
    for made, layout in [(bare, None), (closed, None), (other, "Another")]:
        equal(said(lambda: stage.sg.export_page(made["id"], "csv", layout_name=layout)),
              "Export for Page id={} not available".format(made["id"]))


@case
@since(3, 9, 0)
def an_export_needs_a_page_and_a_format(stage):
    contains(said(lambda: stage.sg.export_page(11, None)), "'format' missing")
    contains(said(lambda: stage.sg.export_page(None, "csv")), "'page_id' missing")
    contains(said(lambda: stage.sg.export_page(11, "xlsx")), "'format'")


@case
def preferences_are_read_all_or_by_name(stage):
    everything = stage.sg.preferences_read()
    equal(everything["hours_per_day"], 8.0)
    equal(set(everything), {
        "creative_review_settings", "date_component_order", "duration_units", "enable_rv_integration",
        "enable_shotgun_review_for_rv", "format_currency_fields_decimal_options", "format_currency_fields_display_dollar_sign",
        "format_currency_fields_negative_options", "format_date_fields", "format_float_fields", "format_float_fields_rounding",
        "format_footage_fields", "format_number_fields", "format_time_hour_fields", "hours_per_day", "support_local_storage",
        "view_master_settings"})
    equal(stage.sg.preferences_read(["date_component_order", "support_local_storage", "email_notifications"]),
          {"date_component_order": "month_day", "support_local_storage": True})


@case
def licences_are_given_and_read(stage):
    people = stage.sg.find("HumanUser", [])
    one, two = people[0]["id"], people[1]["id"]
    equal(stage.sg.user_subscriptions_create([{"humanUserId": one, "subscription": "flow"},
                                              {"humanUserId": two, "subscription": ["flow", "review"]}]), True)
    told = {row["humanUserId"]: row["subscription"] for row in stage.sg.user_subscriptions_read()}
    equal((told[one], told[two]), ("flow", ["flow", "review"]))
    equal(set(told), {person["id"] for person in people})
    stage.sg.user_subscriptions_create([{"humanUserId": one, "subscription": None}])
    equal({row["humanUserId"]: row["subscription"] for row in stage.sg.user_subscriptions_read()}[one], None)


@case
def licences_of_nobody_are_refused(stage):
    before = stage.sg.user_subscriptions_read()
    person = stage.sg.find_one("HumanUser", [])["id"]
    with fault("API user_subscriptions_create()"):
        stage.sg.user_subscriptions_create([{"humanUserId": person, "subscription": "lost"},
                                            {"humanUserId": 99999, "subscription": "flow"}])
    with fault("'subscription'"):
        stage.sg.user_subscriptions_create([{"humanUserId": person, "subscription": 7}])
    equal(stage.sg.user_subscriptions_read(), before)


@case
@since(3, 9, 0)
def the_production_has_a_page_to_export(stage):
    made = stage.sg.find_one("Page", [["name", "is", "Shots"], ["project", "is", stage.project]])
    rows = list(csv.reader(io.StringIO(text(stage.sg.export_page(made["id"], "csv")))))
    equal(rows[0], ["Shot Code", "Sequence", "Status", "Cut In", "Cut Out", "Assets"])
    shots = stage.sg.find("Shot", [["project", "is", stage.project]], ["code"], [{"field_name": "code", "direction": "asc"}])
    equal([row[0] for row in rows[1:]], [shot["code"] for shot in shots])
