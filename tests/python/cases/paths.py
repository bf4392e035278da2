"""Fields of linked entities, in filters, in results and in orders."""

from .stage import case, equal, fault, ids


@case
def a_row_has_its_type_its_id_and_what_was_asked_for(stage):
    shot = stage.shot()
    row = stage.sg.find_one("Shot", [["id", "is", shot["id"]]], ["code", "project"])
    equal(set(row), {"type", "id", "code", "project"})
    equal(row["project"], {"type": "Project", "id": stage.project["id"], "name": stage.project["name"]})


@case
def a_link_carries_the_display_name(stage):
    shot = stage.shot(code=stage.name("named"))
    task = stage.task(entity=shot)
    row = stage.sg.find_one("Task", [["id", "is", task["id"]]], ["entity", "cached_display_name", "content"])
    equal(row["entity"], {"type": "Shot", "id": shot["id"], "name": shot["code"]})
    equal(row["cached_display_name"], row["content"])


@case
def an_empty_list_is_a_list(stage):
    shot = stage.shot()
    equal(stage.sg.find_one("Shot", [["id", "is", shot["id"]]], ["assets"])["assets"], [])


@case
def a_deep_path_returns_under_its_own_name(stage):
    sequence = stage.sg.create("Sequence", {"project": stage.project, "code": stage.name("SQ")})
    shot = stage.shot(sg_sequence=sequence)
    row = stage.sg.find_one("Shot", [["id", "is", shot["id"]]], ["sg_sequence.Sequence.code"])
    equal(row["sg_sequence.Sequence.code"], sequence["code"])


@case
def a_deep_path_goes_two_links_far(stage):
    sequence = stage.sg.create("Sequence", {"project": stage.project, "code": stage.name("SQ")})
    task = stage.task(entity=stage.shot(sg_sequence=sequence))
    path = "entity.Shot.sg_sequence.Sequence.code"
    row = stage.sg.find_one("Task", [["id", "is", task["id"]]], [path, "entity.Shot.sg_sequence"])
    equal(row[path], sequence["code"])
    equal(row["entity.Shot.sg_sequence"]["id"], sequence["id"])
    equal(ids(stage.sg.find("Task", [[path, "is", sequence["code"]]])), [task["id"]])


@case
def a_deep_path_through_nothing_is_null(stage):
    task = stage.task()
    equal(stage.sg.find_one("Task", [["id", "is", task["id"]]], ["entity.Shot.code"])["entity.Shot.code"], None)


@case
def a_deep_path_through_another_type_is_null(stage):
    task = stage.task(entity=stage.asset())
    equal(stage.sg.find_one("Task", [["id", "is", task["id"]]], ["entity.Shot.code"])["entity.Shot.code"], None)


@case
def a_deep_path_filters(stage):
    shot = stage.shot(sg_cut_in=81001)
    task = stage.task(entity=shot)
    equal(ids(stage.sg.find("Task", [["entity.Shot.sg_cut_in", "is", 81001]])), [task["id"]])
    equal(ids(stage.sg.find("Task", [["entity.Shot.sg_cut_in", "greater_than", 81000],
                                     ["entity.Shot.sg_cut_in", "less_than", 81002]])), [task["id"]])


@case
def a_path_through_a_list_matches_if_any_row_does(stage):
    shot, other = stage.shot(), stage.shot()
    stage.task(entity=shot, sg_status_list="fin")
    stage.task(entity=shot, sg_status_list="wtg")
    stage.task(entity=other, sg_status_list="wtg")
    mine = ["id", "in", [shot["id"], other["id"]]]
    equal(ids(stage.sg.find("Shot", [mine, ["tasks.Task.sg_status_list", "is", "fin"]])), [shot["id"]])
    equal(ids(stage.sg.find("Shot", [mine, ["tasks.Task.sg_status_list", "is", "wtg"]])), [shot["id"], other["id"]])


@case
def a_path_goes_through_two_lists(stage):
    asset = stage.asset()
    content = stage.name("carve")
    stage.task(entity=asset, content=content)
    shot = stage.shot(assets=[asset])
    equal(ids(stage.sg.find("Shot", [["assets.Asset.tasks.Task.content", "is", content]])), [shot["id"]])


@case
def the_project_is_a_path_too(stage):
    path = "project.Project.name"
    rows = stage.sg.find("Shot", [[path, "is", stage.project["name"]]], [path], limit=3)
    equal([row[path] for row in rows], [stage.project["name"]] * 3)


@case
def an_unknown_field_in_a_path_is_refused(stage):
    with fault("doesn't exist."):
        stage.sg.find("Task", [["entity.Shot.sg_nope", "is", 1]])


@case
def an_unknown_field_to_return_is_refused(stage):
    with fault("API read() Shot.sg_nope doesn't exist."):
        stage.sg.find("Shot", [], ["sg_nope"])


@case
def rows_come_in_the_order_of_their_ids(stage):
    shots = ids([stage.shot() for _ in range(4)])
    equal(ids(stage.sg.find("Shot", [["id", "in", list(reversed(shots))]])), shots)


@case
def a_field_orders_both_ways(stage):
    shots = [stage.shot(sg_cut_in=value) for value in (2, 3, 1)]
    mine = [["id", "in", ids(shots)]]

    def cuts(direction):
        rows = stage.sg.find("Shot", mine, ["sg_cut_in"], [{"field_name": "sg_cut_in", "direction": direction}])
        return [row["sg_cut_in"] for row in rows]

    equal(cuts("asc"), [1, 2, 3])
    equal(cuts("desc"), [3, 2, 1])


@case
def a_second_field_orders_what_the_first_leaves(stage):
    values = [(1, "b"), (2, "a"), (1, "a"), (2, "b")]
    shots = [stage.shot(sg_cut_in=cut, description=text) for cut, text in values]
    rows = stage.sg.find("Shot", [["id", "in", ids(shots)]], ["sg_cut_in", "description"],
                         [{"field_name": "sg_cut_in", "direction": "desc"}, {"field_name": "description", "direction": "asc"}])
    equal([(row["sg_cut_in"], row["description"]) for row in rows], [(2, "a"), (2, "b"), (1, "a"), (1, "b")])


@case
def a_deep_path_orders(stage):
    tasks = [stage.task(entity=stage.shot(sg_cut_in=cut)) for cut in (5, 4, 6)]
    rows = stage.sg.find("Task", [["id", "in", ids(tasks)]], [], [{"field_name": "entity.Shot.sg_cut_in", "direction": "asc"}])
    equal(ids(rows), [tasks[1]["id"], tasks[0]["id"], tasks[2]["id"]])


@case
def the_old_word_for_an_order_works(stage):
    newest = stage.sg.find_one("EventLogEntry", [], ["id"], [{"column": "id", "direction": "desc"}])["id"]
    equal(newest, stage.newest_event())
