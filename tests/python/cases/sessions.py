"""Session tokens and how they end, one-time codes, and sites where people log in somewhere else."""

import contextlib
import json
import urllib.request

import shotgun_api3

from .stage import case, contains, equal, fault, refuses_the_person

CODE = "123456"


@contextlib.contextmanager
def settings(stage, **changes):
    """The site's administrators choose otherwise during the block."""
    with urllib.request.urlopen(stage.url + "/cuebox/settings") as answer:
        before = json.load(answer)
    stage.control("settings", changes)
    try:
        yield
    finally:
        stage.control("settings", before)


def login_events(stage, after):
    conditions = ["event_type", "in", ["Shotgun_User_Login", "Shotgun_User_FailedLogin"]]
    return [(row["event_type"], (row["user"] or {}).get("type"), row["meta"])
            for row in stage.events_after(after, ["event_type", "user", "meta"], conditions)]


def by_token(stage, token, **options):
    return shotgun_api3.Shotgun(stage.url, session_token=token, **options)


@case
def a_session_token_reads_and_writes(stage):
    session = by_token(stage, stage.as_human().get_session_token())
    equal(session.find_one("HumanUser", [["login", "is", stage.login]], ["login"])["login"], stage.login)
    note = session.create("Note", {"project": stage.project, "subject": stage.name("token")}, ["created_by"])
    equal(note["created_by"]["type"], "HumanUser")


@case
def a_script_has_sessions_too(stage):
    session = by_token(stage, stage.sg.get_session_token())
    note = session.create("Note", {"project": stage.project, "subject": stage.name("token")}, ["created_by"])
    equal(note["created_by"]["type"], "ApiUser")


@case
def every_login_begins_a_session_of_its_own(stage):
    first, second = stage.as_human().get_session_token(), stage.as_human().get_session_token()
    assert first and second and first != second


@case
def a_session_that_is_open_is_given_again(stage):
    token = stage.as_human().get_session_token()
    session = by_token(stage, token)
    equal(session.get_session_token(), token)
    # The client knew that by itself; the site says the same.
    equal(session._call_rpc("get_session_token", None), {"session_id": token})


@case
def a_login_is_in_the_event_log_and_a_scripts_session_is_not(stage):
    after = stage.newest_event()
    stage.as_script().get_session_token()
    equal(login_events(stage, after), [])
    stage.as_human().get_session_token()
    equal(login_events(stage, after), [("Shotgun_User_Login", "HumanUser", {})])


@case
def a_wrong_password_is_in_the_event_log(stage):
    after = stage.newest_event()
    for login in [stage.login, "nobody"]:
        with fault("Can't authenticate user '{}'.".format(login), shotgun_api3.AuthenticationFault):
            shotgun_api3.Shotgun(stage.url, login=login, password="wrong").find_one("Project", [])
    equal(login_events(stage, after), [("Shotgun_User_FailedLogin", "HumanUser", {"login": stage.login}),
                                       ("Shotgun_User_FailedLogin", None, {"login": "nobody"})])


@case
def a_session_expires_when_it_is_told_to(stage):
    token = stage.as_human().get_session_token()
    session = by_token(stage, token)
    session.find_one("Project", [])
    equal(stage.control("sessions", {"expire": token})["expired"], 1)
    with fault("Can't authenticate session token ending with '{}'".format(token[-4:]), shotgun_api3.AuthenticationFault):
        session.find_one("Project", [])
    stage.control("sessions", "expire_all")


@case
def a_session_expires_when_it_was_not_used_for_long(stage):
    session = by_token(stage, stage.as_human().get_session_token())
    session.find_one("Project", [])
    with settings(stage, session_life_seconds=0):
        with fault("Can't authenticate session token", shotgun_api3.AuthenticationFault):
            session.find_one("Project", [])


@case
def whoever_does_not_ask_for_a_refusal_takes_an_expired_session_up_again(stage):
    token = stage.as_human().get_session_token()
    stage.control("sessions", {"expire": token})
    _, body = stage.post("/api3/json", {"method_name": "schema_entity_read", "params": [
        {"session_token": token}]})
    assert "exception" not in json.loads(body), body
    assert by_token(stage, token).find_one("Project", [])


@case
def a_session_ends_with_its_user(stage):
    login = stage.name("leaver")
    user = stage.sg.create("HumanUser", {"login": login, "name": login, "password_proxy": "secret"})
    token = shotgun_api3.Shotgun(stage.url, login=login, password="secret").get_session_token()
    session = by_token(stage, token)
    assert session.find_one("Project", [])
    stage.sg.update("HumanUser", user["id"], {"sg_status_list": "dis"})
    with fault("Can't authenticate session token", shotgun_api3.AuthenticationFault):
        session.find_one("Project", [])
    with fault("Can't authenticate user", shotgun_api3.AuthenticationFault):
        shotgun_api3.Shotgun(stage.url, login=login, password="secret").find_one("Project", [])
    with fault("Cannot 'sudo' - inactive user account: '{}'".format(login), shotgun_api3.AuthenticationFault):
        stage.as_script(sudo_as_login=login).find_one("Project", [])
    stage.sg.delete("HumanUser", user["id"])
    with fault("Cannot 'sudo' - unknown or retired user: '{}'".format(login), shotgun_api3.AuthenticationFault):
        stage.as_script(sudo_as_login=login).find_one("Project", [])


@case
def a_new_password_counts_from_the_next_login(stage):
    login = stage.name("changer")
    user = stage.sg.create("HumanUser", {"login": login, "name": login, "password_proxy": "first"})
    stage.sg.update("HumanUser", user["id"], {"password_proxy": "second"})
    with fault("Can't authenticate user", shotgun_api3.AuthenticationFault):
        shotgun_api3.Shotgun(stage.url, login=login, password="first").find_one("Project", [])
    equal(stage.sg.authenticate_human_user(login, "second")["id"], user["id"])


@case
def a_user_who_may_not_be_impersonated_is_not(stage):
    login = stage.name("closed")
    stage.sg.create("HumanUser", {"login": login, "name": login, "can_impersonate_this_user": False})
    with fault("Cannot 'sudo' - user account has 'can_impersonate_this_user' turned off: '{}'".format(login),
               shotgun_api3.AuthenticationFault):
        stage.as_script(sudo_as_login=login).find_one("Project", [])


@case
def a_missing_one_time_code_is_asked_for(stage):
    with settings(stage, two_factor_required=True):
        with fault("the 'auth_token' is missing", shotgun_api3.MissingTwoFactorAuthenticationFault):
            stage.as_human().find_one("Project", [])
        with fault("the 'auth_token' is not valid", shotgun_api3.MissingTwoFactorAuthenticationFault):
            stage.as_human(auth_token="000000")
        # The password is judged first.
        with fault("Can't authenticate user", shotgun_api3.AuthenticationFault):
            shotgun_api3.Shotgun(stage.url, login=stage.login, password="wrong", auth_token=CODE)
        # Scripts have no codes.
        assert stage.as_script().find_one("Project", [])


@case
def a_one_time_code_begins_a_session(stage):
    with settings(stage, two_factor_required=True):
        human = stage.as_human(auth_token=CODE)
        # The client has forgotten the password by now, and goes on with the session it got.
        assert human.config.session_token and not human.config.user_login
        assert human.find_one("Project", [])


@case
def one_person_can_have_two_factors_and_others_not(stage):
    with settings(stage, two_factor_logins=[stage.login]):
        with fault("two-factor", shotgun_api3.MissingTwoFactorAuthenticationFault):
            stage.as_human().find_one("Project", [])
    with settings(stage, two_factor_logins=["somebody else"]):
        assert stage.as_human().find_one("Project", [])


@case
def authenticate_human_user_says_who_it_is(stage):
    user = stage.sg.authenticate_human_user(stage.login, stage.password)
    equal((user["type"], user["login"]), ("HumanUser", stage.login))
    # The script's own credentials are as before.
    assert stage.sg.find_one("ApiUser", [["firstname", "is", stage.script]])


@case
def authenticate_human_user_refuses_a_wrong_password(stage):
    refuses_the_person(stage.sg, [stage.login, "wrong"], "Can't authenticate user", shotgun_api3.AuthenticationFault)


@case
def authenticate_human_user_takes_a_one_time_code(stage):
    with settings(stage, two_factor_required=True):
        refuses_the_person(stage.sg, [stage.login, stage.password], "two-factor", shotgun_api3.MissingTwoFactorAuthenticationFault)
        refuses_the_person(stage.sg, [stage.login, stage.password, "000000"], "two-factor", shotgun_api3.MissingTwoFactorAuthenticationFault)
        equal(stage.sg.authenticate_human_user(stage.login, stage.password, CODE)["login"], stage.login)


@case
def a_site_with_single_sign_on_takes_no_passwords(stage):
    token = stage.as_human().get_session_token()
    with settings(stage, user_authentication_method="saml2"):
        equal(stage.sg.info()["user_authentication_method"], "saml2")
        with fault("SSO", shotgun_api3.UserCredentialsNotAllowedForSSOAuthenticationFault):
            stage.as_human().find_one("Project", [])
        assert by_token(stage, token).find_one("Project", [])
        assert stage.as_script().find_one("Project", [])


@case
def a_site_with_autodesk_identity_takes_no_passwords(stage):
    with settings(stage, user_authentication_method="oxygen"):
        equal(stage.sg.info()["user_authentication_method"], "oxygen")
        with fault("Autodesk Identity", shotgun_api3.shotgun.UserCredentialsNotAllowedForOxygenAuthenticationFault):
            stage.as_human().find_one("Project", [])
        refuses_the_person(stage.sg, [stage.login, stage.password], "Autodesk Identity", shotgun_api3.shotgun.UserCredentialsNotAllowedForOxygenAuthenticationFault)


@case
def to_a_client_a_directory_is_like_any_other_site(stage):
    with settings(stage, user_authentication_method="ldap"):
        assert stage.as_human().find_one("Project", [])


@case
def settings_that_do_not_exist_are_refused(stage):
    for changes, part in [({"two_factor": True}, "two_factor"), ({"session_life_seconds": "long"}, "u64"),
                          ({"user_authentication_method": "magic"}, "magic")]:
        status, body = stage.post("/cuebox/settings", changes)
        equal(status, 400)
        contains(body, part)
