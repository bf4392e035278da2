"""Keeps dates in step with times, in the zone of the studio."""

import datetime
import os

import pytz
import shotgun_api3
from shotgun_api3 import Fault

ZONES = [pytz.timezone(name) for name in ("US/Pacific", "Europe/Berlin", "Asia/Kolkata")]


def registerCallbacks(reg):
    wanted = {
        "Shotgun_Shot_Change": ["sg_client_approved_at", "sg_turnover_date"],
        "Shotgun_Shot_New": None,
    }
    reg.registerCallback(os.environ["SG_NAME"], os.environ["SG_KEY"], stamp, wanted, {"days": 3})


def stamp(sg, logger, event, args):
    assert event["created_at"].tzinfo is not None
    age = datetime.datetime.now(pytz.utc) - event["created_at"]
    assert abs(age) < datetime.timedelta(hours=1), age
    shot = sg.find_one(
        "Shot", [["id", "is", event["entity"]["id"]]], ["sg_client_approved_at", "sg_turnover_date", "code"]
    )
    approved = shot["sg_client_approved_at"]
    if event["attribute_name"] == "sg_client_approved_at" and approved:
        places = [approved.astimezone(zone).strftime("%Y-%m-%d %H:%M %Z") for zone in ZONES]
        due = (approved.astimezone(ZONES[0]) + datetime.timedelta(days=args["days"])).date()
        sg.update("Shot", shot["id"], {"description": " / ".join(places), "sg_turnover_date": due})
    elif event["attribute_name"] == "sg_turnover_date":
        day = datetime.datetime.strptime(shot["sg_turnover_date"], "%Y-%m-%d")
        noon = ZONES[0].localize(day.replace(hour=12))
        earlier = sg.find("Shot", [["sg_client_approved_at", "less_than", noon], ["id", "is", shot["id"]]])
        sg.update("Shot", shot["id"], {"sg_cut_order": int(noon.utcoffset().total_seconds()) // 3600 + len(earlier)})
    else:
        noon = ZONES[1].localize(datetime.datetime(2026, 7, 4, 12))
        sg.update("Shot", shot["id"], {"sg_client_approved_at": noon})
        try:
            sg.update("Shot", shot["id"], {"sg_turnover_date": "no date"})
        except Fault as error:
            logger.info("refused: %s", error)
        assert shotgun_api3.ShotgunError in Fault.__mro__
