"""Holds the files of time zones, for `pytz` and for `zoneinfo`: both open them when a zone is asked for."""

import io
import os
import zoneinfo

import pytz

_FOLDER = os.path.join(os.path.dirname(pytz.__file__), "zoneinfo")


def _read(folder):
    files = {}
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            with open(path, "rb") as file:
                files[os.path.relpath(path, folder).replace(os.sep, "/")] = file.read()
    return files


_files = _read(_FOLDER)


def _open(name):
    try:
        return io.BytesIO(_files[name])
    except KeyError:
        raise FileNotFoundError(name) from None


def _open_zone(key):
    try:
        return _open(key)
    except FileNotFoundError as error:
        raise zoneinfo.ZoneInfoNotFoundError(f"No time zone found with key {key}") from error


pytz.open_resource = _open
pytz.resource_exists = _files.__contains__
zoneinfo._common.load_tzdata = _open_zone
zoneinfo.reset_tzpath(to=())
