"""Writes the day of a moment into a date field: the day that it was in the studio, not in UTC."""

import zoneinfo

import cuebox
from cuebox import config

#: All zones, read when the component is made: there are no files in the sandbox.
ZONES = {name: zoneinfo.ZoneInfo(name) for name in zoneinfo.available_timezones()}


def register(reg: cuebox.Registrar) -> None:
    zone = config.require("zone")
    if zone not in ZONES:
        raise cuebox.SettingError(f"setting `zone` names no time zone: {zone}")
    config.require("day_field")
    reg.callback(stamp).on("Shotgun_Shot_Change", config.require("moment_field"))


def stamp(sg: cuebox.Shotgun, event: cuebox.Event) -> cuebox.Outcome | None:
    entity = event.required_entity()
    moment, day = config.require("moment_field"), config.require("day_field")
    shot = sg.find_one("Shot", [["id", "is", entity["id"]]], [moment, day])
    if shot is None:
        return cuebox.skipped("the Shot is gone")
    date = None
    if shot[moment] is not None:
        date = shot[moment].astimezone(ZONES[config.require("zone")]).date().isoformat()
    if shot[day] == date:
        return cuebox.skipped("the day is there already")
    sg.update("Shot", entity["id"], {day: date})
    cuebox.log.info("%s of %s is %s", day, entity["name"], date)
    return cuebox.DONE
