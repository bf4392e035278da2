"""Reference, "Filter Syntax": basic and complex filters, and filters by type, name and time."""

import given

sg = given.connect()
project = given.project(sg)
nine, other = [sg.create("Asset", {"project": project, "code": code}) for code in ("nine", "twenty-three")]
shots = {}
for code, status, assets in (("a", "ip", [nine]), ("b", "ip", [other]), ("c", "ip", []), ("d", "fin", [nine])):
    shots[code] = sg.create("Shot", {"project": project, "code": code, "sg_status_list": status, "assets": assets})


def found(filters, **options):
    rows = sg.find("Shot", [["project", "is", project]] + filters, ["code"], **options)
    return [row["code"] for row in rows]


filters = [["sg_status_list", "is", "ip"], ["assets", "is", {"type": "Asset", "id": nine["id"]}]]
given.shows(found(filters), ["a"])
filters = [
    ["sg_status_list", "is", "ip"],
    {
        "filter_operator": "any",
        "filters": [
            ["assets", "is", {"type": "Asset", "id": nine["id"]}],
            ["assets", "is", {"type": "Asset", "id": other["id"]}],
        ],
    },
]
given.shows(found(filters), ["a", "b"])
given.shows(found([["code", "in", ["a", "d"]]]), ["a", "d"])
given.shows(found([["code", "not_in", ["a", "d"]]]), ["b", "c"])
given.shows(found([["created_at", "in_last", 1, "DAY"]]), ["a", "b", "c", "d"])
given.shows(found([["created_at", "in_calendar_day", 0]]), ["a", "b", "c", "d"])
given.shows(found([["assets", "name_contains", "twenty"]]), ["b"])
given.shows(found([["id", "between", shots["b"]["id"], shots["c"]["id"]]]), ["b", "c"])
given.shows(found([["code", "starts_with", "d"]]), ["d"])
given.shows(found([["image", "is", None]]), ["a", "b", "c", "d"])
