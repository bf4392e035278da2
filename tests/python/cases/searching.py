"""Searching by the words of a name."""

from .stage import case, equal, fault, ids, same


def crowd(stage):
    """Three shots and three assets that share words no other case has."""
    stem = stage.name("flock")
    made = stage.sg.batch([{"request_type": "create", "entity_type": entity_type,
                            "data": {"project": stage.project, "code": "{} Text Search {}".format(stem, number)}}
                           for number in range(3) for entity_type in ["Shot", "Asset"]])
    return stem, made


@case
def a_search_finds_names_with_all_words(stage):
    stem, made = crowd(stage)
    result = stage.sg.text_search("SEARCH  {}".format(stem), {"Shot": []})
    equal(set(result), {"matches", "terms"})
    equal(result["terms"], ["search", stem])
    same(ids(result["matches"]), [row["id"] for row in made if row["type"] == "Shot"])
    equal(stage.sg.text_search("{} nowhere".format(stem), {"Shot": []})["matches"], [])


@case
def a_match_tells_what_a_list_shows(stage):
    stem, _ = crowd(stage)
    match = stage.sg.text_search(stem, {"Shot": []})["matches"][0]
    equal(match, {"type": "Shot", "id": match["id"], "name": "{} Text Search 0".format(stem), "project_id": stage.project["id"],
                  "image": None, "links": ["", ""], "status": "wtg"})


@case
def a_match_tells_what_it_is_linked_to(stage):
    shot = stage.shot()
    code = stage.sg.find_one("Shot", [["id", "is", shot["id"]]], ["code"])["code"]
    content = stage.name("linked")
    stage.sg.create("Task", {"project": stage.project, "content": content, "entity": shot})
    (match,) = stage.sg.text_search(content, {"Task": []})["matches"]
    equal(match["links"], ["Shot", code])
    stage.sg.delete("Shot", shot["id"])
    (match,) = stage.sg.text_search(content, {"Task": []})["matches"]
    equal(match["links"], ["", ""])


@case
def types_come_in_the_order_in_which_they_are_asked_for(stage):
    stem, _ = crowd(stage)
    types = lambda wanted: [row["type"] for row in stage.sg.text_search(stem, wanted)["matches"]]
    equal(types({"Shot": [], "Asset": []}), ["Shot"] * 3 + ["Asset"] * 3)
    equal(types({"Asset": [], "Shot": []}), ["Asset"] * 3 + ["Shot"] * 3)


@case
def every_type_has_its_own_filter(stage):
    stem, _ = crowd(stage)
    matches = stage.sg.text_search(stem, {"Shot": [["code", "ends_with", "1"]], "Asset": [
        {"filter_operator": "any", "filters": [["code", "ends_with", "2"], ["code", "ends_with", "0"]]}]})["matches"]
    equal([(row["type"], row["name"][-1]) for row in matches], [("Shot", "1"), ("Asset", "0"), ("Asset", "2")])


@case
def a_search_can_be_limited(stage):
    stem, _ = crowd(stage)
    equal(len(stage.sg.text_search(stem, {"Shot": [], "Asset": []}, limit=4)["matches"]), 4)
    with fault("max_results"):
        stage.sg.text_search(stem, {"Shot": []}, limit=0)


@case
def a_search_can_stay_in_projects(stage):
    stem, _ = crowd(stage)
    other = stage.sg.create("Project", {"name": stage.name("other")})
    stage.sg.create("Shot", {"project": other, "code": stem + " elsewhere"})
    equal(len(stage.sg.text_search(stem, {"Shot": []})["matches"]), 4)
    equal(len(stage.sg.text_search(stem, {"Shot": []}, project_ids=[other["id"]])["matches"]), 1)
    equal(len(stage.sg.text_search(stem, {"Shot": []}, project_ids=[other["id"], stage.project["id"]])["matches"]), 4)


@case
def people_are_found_by_name_and_the_deleted_are_not(stage):
    name = stage.name("Quiet Person")
    user = stage.sg.create("HumanUser", {"login": name, "name": name})
    (match,) = stage.sg.text_search("quiet {}".format(name[-3:]), {"HumanUser": []})["matches"]
    equal((match["id"], match["project_id"], match["status"]), (user["id"], None, "act"))
    stage.sg.delete("HumanUser", user["id"])
    equal(stage.sg.text_search(name, {"HumanUser": []})["matches"], [])


@case
def a_search_needs_three_characters_and_a_type(stage):
    with fault("3 or more characters"):
        stage.sg.text_search("ab", {"Shot": []})
    with fault("3 or more characters"):
        stage.sg.text_search("  a ", {"Shot": []})
    with fault("hash 'entity_types'"):
        stage.sg.text_search("abc", {})
    with fault("'Nope'"):
        stage.sg.text_search("abc", {"Nope": []})
    with fault("API query_display_name_cache() Shot.sg_nope doesn't exist."):
        stage.sg.text_search("abc", {"Shot": [["sg_nope", "is", 1]]})
    with fault("project_ids"):
        stage.sg.text_search("abc", {"Shot": []}, project_ids=["one"])
