"""Finding the site, proving who one is, and what the site says to nonsense."""

import json
import threading

import shotgun_api3

from .stage import case, contains, equal, fault, refuses_the_person


@case
def the_site_announces_a_modern_version(stage):
    assert stage.sg.server_caps.version >= (8, 50, 0), stage.sg.server_caps.version


@case
def info_needs_no_credentials(stage):
    status, body = stage.post("/api3/json", {"method_name": "info", "params": []})
    equal(status, 200)
    info = json.loads(body)
    equal(info["api_max_entities_per_page"], 500)
    equal(info["s3_direct_uploads_enabled"], False)


@case
def a_script_reads(stage):
    equal(stage.as_script().find_one("Project", [["id", "is", stage.project["id"]]])["id"], stage.project["id"])


@case
def an_unknown_script_is_refused(stage):
    with fault("Can't authenticate script 'nobody'", shotgun_api3.AuthenticationFault):
        shotgun_api3.Shotgun(stage.url, script_name="nobody", api_key="x").find_one("Project", [])


@case
def a_wrong_key_is_refused_and_not_repeated_in_the_message(stage):
    try:
        shotgun_api3.Shotgun(stage.url, script_name=stage.script, api_key="wrong-key").find_one("Project", [])
    except shotgun_api3.AuthenticationFault as error:
        contains(str(error), "Can't authenticate script '{}'".format(stage.script))
        assert "wrong-key" not in str(error), error
    else:
        raise AssertionError("a wrong key was accepted")


@case
def a_human_reads(stage):
    assert stage.as_human().find_one("Project", [["id", "is", stage.project["id"]]])


@case
def an_unknown_login_is_refused(stage):
    with fault("Can't authenticate user 'nobody'.", shotgun_api3.AuthenticationFault):
        shotgun_api3.Shotgun(stage.url, login="nobody", password="x").find_one("Project", [])


@case
def a_wrong_password_is_refused(stage):
    with fault("Can't authenticate user", shotgun_api3.AuthenticationFault):
        shotgun_api3.Shotgun(stage.url, login=stage.login, password="x").find_one("Project", [])


@case
def a_session_token_stands_for_its_user(stage):
    token = stage.as_human().get_session_token()
    session = shotgun_api3.Shotgun(stage.url, session_token=token)
    created = session.create("Note", {"project": stage.project, "subject": stage.name("by token")}, ["created_by"])
    equal(created["created_by"]["type"], "HumanUser")


@case
def an_unknown_session_token_is_refused(stage):
    with fault("Can't authenticate session token ending with 'wxyz'", shotgun_api3.AuthenticationFault):
        shotgun_api3.Shotgun(stage.url, session_token="0123456789wxyz").find_one("Project", [])


@case
def authenticate_human_user_gives_the_user(stage):
    equal(stage.sg.authenticate_human_user(stage.login, stage.password)["login"], stage.login)


@case
def authenticate_human_user_refuses_a_wrong_password_and_leaves_the_script_as_it_was(stage):
    refuses_the_person(stage.sg, [stage.login, "x"], "Can't authenticate user")
    assert stage.sg.find_one("Project", [])


@case
def sudo_writes_in_the_name_of_a_human(stage):
    sudo = stage.as_script(sudo_as_login=stage.login)
    note = sudo.create("Note", {"project": stage.project, "subject": stage.name("sudo")}, ["created_by"])
    equal(note["created_by"]["type"], "HumanUser")


@case
def sudo_as_nobody_is_refused(stage):
    with fault("Cannot 'sudo' - unknown or retired user: 'nobody'", shotgun_api3.AuthenticationFault):
        stage.as_script(sudo_as_login="nobody").find_one("Project", [])


@case
def a_human_may_not_sudo(stage):
    with fault("The user does not have permission to 'sudo':"):
        stage.as_human(sudo_as_login=stage.login).find_one("Project", [])


@case
def an_unknown_method_is_a_fault(stage):
    with fault("no_such_method"):
        stage.sg._call_rpc("no_such_method", {"type": "Shot"})


@case
def malformed_json_is_refused_and_the_site_serves_on(stage):
    status, body = stage.post("/api3/json", b'{"method_name": "read", "params": [')
    assert status >= 400 or json.loads(body)["exception"] is True, (status, body)
    assert stage.sg.find_one("Project", [])


@case
def json_of_the_wrong_shape_is_refused_and_the_site_serves_on(stage):
    for body in ([], 7, "x", None, {}, {"method_name": 7}, {"method_name": "read"}, {"method_name": "read", "params": 7},
                 {"method_name": "read", "params": [7, 7]}, {"method_name": "read", "params": [{}, {"type": []}]}):
        status, text = stage.post("/api3/json", body)
        assert status >= 400 or json.loads(text)["exception"] is True, (body, status, text)
    assert stage.sg.find_one("Project", [])


@case
def other_paths_are_not_found(stage):
    for path in ("/api3", "/api3/xml", "/nothing"):
        equal(stage.post(path, {})[0], 404)


@case
def text_of_any_language_comes_back(stage):
    text = "Laterne – Фонарь – 灯籠 – 🏮 <b>&amp;"
    shot = stage.shot(description=text)
    equal(stage.sg.find_one("Shot", [["id", "is", shot["id"]]], ["description"])["description"], text)


@case
def two_clients_write_at_once(stage):
    made, errors = [], []

    def work():
        try:
            sg = stage.as_script()
            for _ in range(20):
                made.append(sg.create("Shot", {"project": stage.project, "code": stage.name("two")})["id"])
        except Exception as error:
            errors.append(error)

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    equal(errors, [])
    equal(len(set(made)), 40)
    equal(len(stage.sg.find("Shot", [["id", "in", made]])), 40)


@case
def a_connection_outlives_many_calls(stage):
    sg = stage.as_script()
    for _ in range(50):
        sg.find_one("Project", [])


@case
def a_connection_can_be_closed_and_opened_again(stage):
    sg = stage.as_script(connect=False)
    sg.connect()
    assert sg.find_one("Project", [])
    sg.close()
    assert sg.find_one("Project", [])


@case
def the_client_knows_what_the_site_says_about_itself(stage):
    equal(stage.sg.info()["version"], [8, 50, 0])
    equal(stage.sg.server_info["user_authentication_method"], "default")


@case
def the_name_of_a_tool_may_be_added_to_the_headers(stage):
    sg = stage.as_script()
    sg.add_user_agent("judge 1.0")
    assert sg.find_one("Project", [])
    sg.reset_user_agent()
    assert sg.find_one("Project", [])


@case
def what_the_client_itself_refuses_is_not_sent(stage):
    for call in (stage.sg.schema, stage.sg.entity_types):
        arguments = ["Shot"] if call == stage.sg.schema else []
        with fault("Deprecated", shotgun_api3.ShotgunError):
            call(*arguments)
