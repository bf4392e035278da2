"""Threads of notes, what happened to a record, what was read and visited by whom, and the tree of a production."""

import datetime
import time

import shotgun_api3

from .stage import case, contains, equal, fault, ids, same


def note(stage, **fields):
    values = {"project": stage.project, "subject": stage.name("note"), "content": "Please look."}
    values.update(fields)
    return stage.sg.create("Note", values)


def reply(stage, to, content="Done."):
    return stage.sg.create("Reply", {"entity": to, "content": content})


def attachment(stage, to):
    return stage.sg.create("Attachment", {"project": stage.project, "this_file_name": "a.png", "attachment_links": [to]})


def person(stage):
    return stage.sg.find_one("HumanUser", [["login", "is", stage.login]], ["name"])


# Threads.

@case
def a_note_without_replies_is_a_thread_of_one(stage):
    made = note(stage)
    thread = stage.sg.note_thread_read(made["id"])
    equal(len(thread), 1)
    equal(set(thread[0]), {"type", "id", "content", "created_at", "created_by"})
    equal(thread[0], stage.sg.find_one("Note", [["id", "is", made["id"]]], ["content", "created_at", "created_by"]))


@case
def a_thread_has_the_note_first_and_then_what_came_in_time(stage):
    made = note(stage)
    first = reply(stage, made)
    files = attachment(stage, made)
    time.sleep(1.1)
    second = reply(stage, made, "Really done.")
    thread = stage.sg.note_thread_read(made["id"])
    equal([(element["type"], element["id"]) for element in thread],
          [("Note", made["id"]), ("Reply", first["id"]), ("Attachment", files["id"]), ("Reply", second["id"])])


@case
def a_reply_is_told_with_who_wrote_it_and_their_picture(stage):
    human = stage.as_human()
    made = note(stage)
    written = human.create("Reply", {"entity": made, "content": "Done.", "user": person(stage)})
    told = stage.sg.note_thread_read(made["id"])[1]
    equal(set(told), {"type", "id", "content", "created_at", "user"})
    assert "image" in told["user"], told
    del told["user"]["image"]
    equal(told, stage.sg.find_one("Reply", [["id", "is", written["id"]]], ["content", "created_at", "user"]))


@case
def a_file_in_a_thread_is_told_with_who_added_it(stage):
    made = note(stage)
    added = attachment(stage, made)
    told = stage.sg.note_thread_read(made["id"])[1]
    equal(told, stage.sg.find_one("Attachment", [["id", "is", added["id"]]], ["created_at", "created_by"]))


@case
def more_fields_of_a_thread_can_be_asked_for(stage):
    playlist = stage.sg.create("Playlist", {"project": stage.project, "code": stage.name("list")})
    made = note(stage, playlist=playlist, addressings_to=[person(stage)])
    reply(stage, made)
    attachment(stage, made)
    more = {"Note": ["created_by.HumanUser.image", "addressings_to", "playlist", "user"], "Reply": ["content"],
            "Attachment": ["this_file", "image"]}
    told = stage.sg.note_thread_read(made["id"], more)
    equal(set(told[0]), {"type", "id", "content", "created_at", "created_by"} | set(more["Note"]))
    equal(told[0]["playlist"]["id"], playlist["id"])
    equal(set(told[1]), {"type", "id", "content", "created_at", "user"})
    equal(set(told[2]), {"type", "id", "created_at", "created_by", "this_file", "image"})


@case
def replies_that_were_deleted_are_not_in_the_thread(stage):
    made = note(stage)
    gone, stays = reply(stage, made, "No."), reply(stage, made, "Yes.")
    stage.sg.delete("Reply", gone["id"])
    equal(ids(stage.sg.note_thread_read(made["id"])[1:]), [stays["id"]])
    stage.sg.revive("Reply", gone["id"])
    equal(len(stage.sg.note_thread_read(made["id"])), 3)


@case
def a_thread_of_no_note_is_a_fault(stage):
    with fault("Entity of type [Note] with id=99999999 does not exist"):
        stage.sg.note_thread_read(99999999)
    with fault("invalid/missing integer 'note_id'"):
        stage.sg.note_thread_read("first")
    with fault("API note_thread_contents() Note.sg_nope doesn't exist."):
        stage.sg.note_thread_read(note(stage)["id"], {"Note": ["sg_nope"]})
    with fault("entity_fields"):
        stage.sg.note_thread_read(note(stage)["id"], {"Nope": ["code"]})


# The activity stream.

@case
def the_stream_of_a_shot_has_its_note_and_itself(stage):
    shot = stage.shot()
    made = note(stage, note_links=[shot])
    stream = stage.sg.activity_stream_read("Shot", shot["id"])
    equal(set(stream), {"entity_type", "entity_id", "earliest_update_id", "latest_update_id", "updates"})
    equal((stream["entity_type"], stream["entity_id"]), ("Shot", shot["id"]))
    newest, oldest = stream["updates"]
    equal((newest["update_type"], newest["meta"]["type"], newest["meta"]["entity_type"], newest["meta"]["entity_id"]),
          ("create", "new_entity", "Note", made["id"]))
    equal((oldest["update_type"], oldest["primary_entity"]["type"], oldest["primary_entity"]["id"]), ("create", "Shot", shot["id"]))
    equal((stream["earliest_update_id"], stream["latest_update_id"]), (oldest["id"], newest["id"]))
    equal(set(newest), {"id", "update_type", "meta", "primary_entity", "created_at", "created_by", "read"})
    assert isinstance(newest["created_at"], str) and newest["created_at"].endswith(" UTC"), newest
    equal(set(newest["created_by"]), {"type", "id", "name", "status", "image"})


@case
def a_stream_can_be_limited(stage):
    shot = stage.shot()
    note(stage, note_links=[shot])
    updates = stage.sg.activity_stream_read("Shot", shot["id"], limit=1)["updates"]
    equal([(update["update_type"], update["meta"]["entity_type"]) for update in updates], [("create", "Note")])


@case
def a_stream_is_read_in_pages_by_id(stage):
    shot = stage.shot()
    for _ in range(4):
        note(stage, note_links=[shot])
    everything = ids(stage.sg.activity_stream_read("Shot", shot["id"])["updates"])
    equal(everything, sorted(everything, reverse=True))
    older = stage.sg.activity_stream_read("Shot", shot["id"], max_id=everything[2])
    equal(ids(older["updates"]), everything[2:])
    newer = stage.sg.activity_stream_read("Shot", shot["id"], min_id=everything[1])
    equal(ids(newer["updates"]), everything[:2])
    middle = stage.sg.activity_stream_read("Shot", shot["id"], min_id=everything[3], max_id=everything[1], limit=2)
    equal(ids(middle["updates"]), everything[1:3])
    equal((middle["earliest_update_id"], middle["latest_update_id"]), (everything[-1], everything[0]))


@case
def a_stream_tells_more_fields_when_asked(stage):
    shot = stage.shot()
    note(stage, note_links=[shot])
    updates = stage.sg.activity_stream_read("Shot", shot["id"], {"Shot": ["created_by.HumanUser.image"], "Note": ["content"]})["updates"]
    equal(set(updates[0]["primary_entity"]), {"type", "id", "name", "status", "content"})
    equal(set(updates[1]["primary_entity"]), {"type", "id", "name", "status", "created_by.HumanUser.image"})


@case
def a_stream_tells_of_replies_by_their_note(stage):
    shot = stage.shot()
    made = note(stage, note_links=[shot])
    answer = reply(stage, made)
    newest = stage.sg.activity_stream_read("Shot", shot["id"])["updates"][0]
    equal((newest["update_type"], newest["primary_entity"]["type"], newest["primary_entity"]["id"]), ("create_reply", "Note", made["id"]))
    equal((newest["meta"]["entity_type"], newest["meta"]["entity_id"]), ("Reply", answer["id"]))


@case
def a_stream_tells_of_statuses_and_assignments_and_ends(stage):
    task = stage.task(entity=stage.shot())
    stage.sg.update("Task", task["id"], {"sg_status_list": "ip", "sg_description": "not told"})
    stage.sg.update("Task", task["id"], {"task_assignees": [person(stage)]})
    newest, before = stage.sg.activity_stream_read("Task", task["id"])["updates"][:2]
    equal((newest["update_type"], newest["meta"]["attribute_name"]), ("update", "task_assignees"))
    equal((before["meta"]["attribute_name"], before["meta"]["old_value"], before["meta"]["new_value"]), ("sg_status_list", "wtg", "ip"))
    version = stage.sg.create("Version", {"project": stage.project, "code": stage.name("v"), "sg_task": task})
    stage.sg.delete("Version", version["id"])
    newest = stage.sg.activity_stream_read("Task", task["id"])["updates"][0]
    equal((newest["update_type"], newest["primary_entity"]["id"]), ("delete", version["id"]))


@case
def a_projects_stream_has_what_happens_in_it(stage):
    shot = stage.shot()
    newest = stage.sg.activity_stream_read("Project", stage.project["id"], limit=1)["updates"][0]
    equal((newest["primary_entity"]["type"], newest["primary_entity"]["id"]), ("Shot", shot["id"]))


@case
def a_stream_has_ids_of_its_own(stage):
    shot = stage.shot()
    equal(ids(stage.events_after(stage.newest_event() - 1, ["id"], ["entity", "is", shot])) ==
          ids(stage.sg.activity_stream_read("Shot", shot["id"])["updates"]), False)


@case
def a_stream_of_nothing_is_a_fault(stage):
    with fault("Entity of type [Shot] with id=99999999 does not exist"):
        stage.sg.activity_stream_read("Shot", 99999999)
    with fault("invalid/missing string entity 'type'"):
        stage.sg.activity_stream_read("Nope", 1)
    with fault("invalid/missing positive integer 'limit'"):
        stage.sg.activity_stream_read("Project", stage.project["id"], limit=0)
    with fault("invalid/missing integer 'min_id'"):
        stage.sg.activity_stream_read("Project", stage.project["id"], min_id="1")


# Reading.

@case
def a_note_is_unread_until_somebody_reads_it(stage):
    human = stage.as_human()
    made = note(stage)
    state = lambda sg: sg.find_one("Note", [["id", "is", made["id"]]], ["read_by_current_user"])["read_by_current_user"]
    equal((state(human), state(stage.sg)), ("unread", "read"))
    after = stage.newest_event()
    human.update("Note", made["id"], {"read_by_current_user": "read"})
    equal((state(human), state(stage.sg)), ("read", "read"))
    (event,) = stage.events_after(after)
    equal(event["event_type"], "Shotgun_Reading_Change")
    equal(event["attribute_name"], "read_by_current_user")
    equal(event["meta"], {"type": "attribute_change", "attribute_name": "read_by_current_user", "old_value": None, "new_value": "read"})
    equal((event["entity"]["type"], event["entity"]["id"], event["user"]["type"]), ("Note", made["id"], "HumanUser"))
    human.update("Note", made["id"], {"read_by_current_user": "unread"})
    equal(state(human), "unread")


@case
def unread_notes_are_found_by_who_has_not_read_them(stage):
    human = stage.as_human()
    first, second = note(stage), note(stage)
    unread = [["id", "in", [first["id"], second["id"]]], ["read_by_current_user", "is", "unread"]]
    equal(ids(human.find("Note", unread)), [first["id"], second["id"]])
    equal(stage.sg.find("Note", unread), [])
    human.update("Note", first["id"], {"read_by_current_user": "read"})
    equal(ids(human.find("Note", unread)), [second["id"]])


@case
def reading_a_note_does_not_change_it(stage):
    made = note(stage)
    fields = ["updated_at", "updated_by"]
    before = stage.sg.find_one("Note", [["id", "is", made["id"]]], fields)
    stage.as_human().update("Note", made["id"], {"read_by_current_user": "read"})
    equal(stage.sg.find_one("Note", [["id", "is", made["id"]]], fields), before)


@case
def a_reading_state_is_read_or_unread(stage):
    with fault("read_by_current_user"):
        stage.sg.update("Note", note(stage)["id"], {"read_by_current_user": "skimmed"})


@case
def a_batch_that_fails_reads_nothing(stage):
    human, made = stage.as_human(), note(stage)
    with fault("request with index 1 failed"):
        human.batch([{"request_type": "update", "entity_type": "Note", "entity_id": made["id"], "data": {"read_by_current_user": "read"}},
                     {"request_type": "update", "entity_type": "Note", "entity_id": made["id"], "data": {"sg_nope": 1}}])
    equal(human.find_one("Note", [["id", "is", made["id"]]], ["read_by_current_user"])["read_by_current_user"], "unread")


@case
def the_stream_says_what_was_read(stage):
    human, made = stage.as_human(), note(stage)
    read = lambda: human.activity_stream_read("Note", made["id"])["updates"][0]["read"]
    equal(read(), False)
    human.update("Note", made["id"], {"read_by_current_user": "read"})
    equal(read(), True)


# Visits.

def visited(sg, stage):
    return sg.find_one("Project", [["id", "is", stage.project["id"]]], ["last_accessed_by_current_user"])["last_accessed_by_current_user"]


@case
def a_person_visits_a_project(stage):
    human = stage.as_human()
    human.update_project_last_accessed(stage.project)
    first = visited(human, stage)
    assert isinstance(first, datetime.datetime), first
    time.sleep(1.1)
    human.update_project_last_accessed(stage.project)
    assert visited(human, stage) > first


@case
def a_script_tells_of_somebodys_visit(stage):
    before = visited(stage.as_human(), stage)
    time.sleep(1.1)
    stage.sg.update_project_last_accessed(stage.project, user=person(stage))
    after = visited(stage.as_human(), stage)
    assert before is None or after > before
    assert visited(stage.sg, stage) != after


@case
def a_script_visits_in_the_name_of_a_person(stage):
    sudo = stage.as_script(sudo_as_login=stage.login)
    before = visited(sudo, stage)
    time.sleep(1.1)
    sudo.update_project_last_accessed(stage.project)
    assert before is None or visited(sudo, stage) > before


@case
def recent_projects_are_sorted_by_visit(stage):
    human = stage.as_human()
    human.update_project_last_accessed(stage.project)
    order = [{"field_name": "last_accessed_by_current_user", "direction": "desc"}]
    equal(human.find_one("Project", [], order=order)["id"], stage.project["id"])


@case
def a_visit_to_no_project_is_a_fault(stage):
    with fault("Entity of type [Project] with id=99999999 does not exist"):
        stage.sg.update_project_last_accessed({"type": "Project", "id": 99999999})
    with fault("Entity of type [HumanUser] with id=99999999 does not exist"):
        stage.sg.update_project_last_accessed(stage.project, {"type": "HumanUser", "id": 99999999})
    with fault("last_accessed_by_current_user is read only"):
        stage.sg.update("Project", stage.project["id"], {"last_accessed_by_current_user": datetime.datetime.now()})


# The tree.

@case
def the_tree_begins_with_the_projects(stage):
    root = stage.sg.nav_expand("/")
    equal((root["path"], root["ref"]), ("/", {"kind": "root", "value": None}))
    (project,) = [child for child in root["children"] if child["ref"]["value"]["id"] == stage.project["id"]]
    equal((project["label"], project["path"], project["has_children"]), (stage.project["name"], "/Project/%d" % stage.project["id"], True))
    # What is archived is over.
    assert "Salt Roads" not in [child["label"] for child in root["children"]]


@case
def a_project_has_assets_and_shots(stage):
    path = "/Project/%d" % stage.project["id"]
    project = stage.sg.nav_expand(path)
    equal((project["parent_path"], project["ref"]["kind"], project["ref"]["value"]["id"]), ("/", "entity", stage.project["id"]))
    equal([(child["label"], child["ref"], child["path"]) for child in project["children"]],
          [("Assets", {"kind": "entity_type", "value": "Asset"}, path + "/Asset"), ("Shots", {"kind": "entity_type", "value": "Shot"}, path + "/Shot")])
    equal(project["target_entities"], {"type": "Version", "additional_filter_presets": [
        {"preset_name": "NAV_ENTRIES", "path": path, "seed": {"type": "Version", "field": "entity"}}]})


@case
def shots_are_in_their_sequences_and_assets_in_their_types(stage):
    path = "/Project/%d" % stage.project["id"]
    sequence = stage.sg.create("Sequence", {"project": stage.project, "code": stage.name("nav")})
    shot, loose = stage.shot(sg_sequence=sequence), stage.shot()
    groups = stage.sg.nav_expand(path + "/Shot")["children"]
    (group,) = [child for child in groups if child["label"] == stage.sg.find_one("Sequence", [["id", "is", sequence["id"]]], ["code"])["code"]]
    equal((group["ref"]["kind"], group["path"]), ("entity", "%s/Shot/sg_sequence/Sequence/%d" % (path, sequence["id"])))
    (leaf,) = stage.sg.nav_expand(group["path"])["children"]
    equal((leaf["ref"]["value"]["id"], leaf["path"], leaf["has_children"]), (shot["id"], "%s/id/%d" % (group["path"], shot["id"]), False))
    equal(stage.sg.nav_expand(leaf["path"])["children"], [])
    equal((groups[-1]["label"], groups[-1]["path"]), ("Shots with no Sequence", path + "/Shot/sg_sequence/__none__"))
    assert loose["id"] in [child["ref"]["value"]["id"] for child in stage.sg.nav_expand(groups[-1]["path"])["children"]]
    kinds = [(child["label"], child["ref"]) for child in stage.sg.nav_expand(path + "/Asset")["children"]]
    assert ("Character", {"kind": "list", "value": "Character"}) in kinds, kinds


@case
def more_fields_of_the_tree_can_be_asked_for(stage):
    path = "/Project/%d/Asset/sg_asset_type/Character" % stage.project["id"]
    (first, *_) = stage.sg.nav_expand(path, entity_fields={"Asset": ["sg_status_list"]})["children"]
    equal(set(first["ref"]["value"]), {"type", "id", "sg_status_list"})


@case
def an_empty_branch_says_so(stage):
    project = stage.sg.create("Project", {"name": stage.name("empty")})
    (child,) = stage.sg.nav_expand("/Project/%d/Shot" % project["id"])["children"]
    equal(child, {"label": "No Shots", "ref": {"kind": "empty", "value": None}, "has_children": False})


@case
def the_tree_is_searched_by_text(stage):
    sequence = stage.sg.create("Sequence", {"project": stage.project, "code": stage.name("needle_seq")})
    shot = stage.shot(code=stage.name("needle_shot"), sg_sequence=sequence)
    path = "/Project/%d" % stage.project["id"]
    group = "%s/Shot/sg_sequence/Sequence/%d" % (path, sequence["id"])
    found = stage.sg.nav_search_string(path, "NEEDLE_S")
    (in_shots,) = [match for match in found if match["ref"] == {"type": "Sequence", "id": sequence["id"]}]
    equal(in_shots["incremental_path"], [path, path + "/Shot", group])
    equal((in_shots["path_label"], in_shots["project_id"]), ("Shots", stage.project["id"]))
    (match,) = [match for match in found if match["ref"] == {"type": "Shot", "id": shot["id"]}]
    equal(match["incremental_path"][-1], "%s/id/%d" % (group, shot["id"]))
    contains(match["path_label"], "Shots > ")
    same(stage.sg.nav_search_string("/", "needle_s"), found)
    equal(stage.sg.nav_search_string(path + "/Asset", "needle_s"), [])


@case
def a_record_is_found_in_the_tree(stage):
    shot = stage.shot()
    (match,) = stage.sg.nav_search_entity("/", {"type": "Shot", "id": shot["id"]})
    equal((match["ref"], match["incremental_path"][-1]),
          ({"type": "Shot", "id": shot["id"]}, "/Project/%d/Shot/sg_sequence/__none__/id/%d" % (stage.project["id"], shot["id"])))
    equal(stage.sg.nav_search_entity("/", {"type": "Task", "id": 1}), [])


@case
def paths_out_of_the_tree_are_faults(stage):
    path = "/Project/%d" % stage.project["id"]
    for where, part in [("/Project/99999999", "Unexpected result looking for project: 99999999: 0 found."),
                        (path + "/Shot/nope/1", "Unexpected field name in path: nope (expecting sg_sequence)"),
                        (path + "/Task", "Entity type provided is not part of the tree: Task"),
                        (path + "/Shot/sg_sequence/__none__/id/99999999", "0 found"),
                        ("/Nope", "Unexpected path")]:
        with fault(part):
            stage.sg.nav_expand(where)
    with fault("seed_entity_field"):
        stage.sg.nav_expand(path, "Version.code")
    with fault("search_criteria"):
        stage.sg.nav_search_string(path, "")
