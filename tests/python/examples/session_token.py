"""Reference, `get_session_token` and a connection by it; `authenticate_human_user`; the session of a browser."""

import shotgun_api3

import given

sg = given.connect()
project = given.project(sg)
human = shotgun_api3.Shotgun(given.SERVER_PATH, login=given.LOGIN, password=given.PASSWORD)
token = human.get_session_token()
assert isinstance(token, str) and len(token) >= 32, token
by_token = shotgun_api3.Shotgun(given.SERVER_PATH, session_token=token)
user = given.person(by_token)
shot = by_token.create("Shot", {"project": project, "code": "100_010"}, ["created_by"])
given.shows(shot["created_by"], user)

known = sg.authenticate_human_user(given.LOGIN, given.PASSWORD, None)
given.shows({key: known[key] for key in ("type", "id")}, given.dict_of(user))
wrong = given.raises(shotgun_api3.AuthenticationFault)
if given.VERSION < (3, 10, 0):
    given.shows(sg.authenticate_human_user(given.LOGIN, "wrong", None), None)
else:
    with wrong:
        sg.authenticate_human_user(given.LOGIN, "wrong", None)

session = "5a1d49b0-0c69-11e0-a24c-003048d17544"
sg.set_session_uuid(session)
sg.update("Shot", shot["id"], {"description": "seen by the browser at once"})
events = sg.find("EventLogEntry", [["entity", "is", given.dict_of(shot)], ["attribute_name", "is", "description"]], ["session_uuid"])
given.shows(events[0]["session_uuid"], session)
