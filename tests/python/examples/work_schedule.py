"""Reference, `work_schedule_read` and `work_schedule_update`; `preferences_read`; `info`."""

import given

sg = given.connect()
exceptions = {"2015-12-24": "Closed for Christmas Eve", "2015-12-25": "Closed for Christmas"}
for day, why in exceptions.items():
    result = sg.work_schedule_update(day, working=False, description=why, project=None, user=None, recalculate_field=None)
    given.shows(result, {"date": day, "description": why, "project": None, "user": None, "working": False})
usual = {"description": None, "reason": "STUDIO_WORK_WEEK", "working": True}
given.shows(sg.work_schedule_read("2015-12-21", "2015-12-25"), {
    "2015-12-21": usual,
    "2015-12-22": usual,
    "2015-12-23": usual,
    "2015-12-24": {"description": "Closed for Christmas Eve", "reason": "STUDIO_EXCEPTION", "working": False},
    "2015-12-25": {"description": "Closed for Christmas", "reason": "STUDIO_EXCEPTION", "working": False},
})
assert isinstance(sg.preferences_read(), dict)
info = sg.info()
given.shows(info["user_authentication_method"], "default")
given.shows(info["full_version"][:3], info["version"])
given.shows(sg.server_info["version"], info["version"])
