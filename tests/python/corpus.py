"""Writes the corpus of requests in tests/fuzz/corpus/request anew: what the judge's cases send, one request of each shape.

    python corpus.py FOLDER URL SCRIPT KEY LOGIN PASSWORD

Credentials are replaced by those of the fuzz target's own site. Values are kept, so that the requests fit the seed's production.
"""

import collections
import json
import pathlib
import sys

import shotgun_api3

import judge

# A shape that was sent by many cases is kept once; of each method at most this many shapes are kept, the smallest ones.
SHAPES_MAX = 30
BYTES_MAX = 4_000


def shape(value):
    """What makes two requests different: keys, relations, types of values."""
    if isinstance(value, dict):
        return tuple(sorted((key, shape(part)) for key, part in value.items()))
    if isinstance(value, list):
        return tuple(sorted({shape(part) for part in value}, key=repr))
    if isinstance(value, str) and value.isidentifier() and value.islower() and len(value) < 20:
        return value
    return type(value).__name__


def signed(request):
    """The same request in the name of the fuzz target's script."""
    if request["params"] and isinstance(request["params"][0], dict):
        auth = {key: value for key, value in request["params"][0].items() if key in ("session_uuid", "sudo_as_login")}
        request["params"][0] = dict(auth, script_name="fuzz", script_key="fuzz")
    return request


def main(arguments):
    folder, judged = pathlib.Path(arguments[0]), arguments[1:]
    seen = collections.defaultdict(dict)
    send = shotgun_api3.Shotgun._http_request

    def remember(self, verb, path, body, headers):
        if path == "/api3/json" and len(body) <= BYTES_MAX:
            request = signed(json.loads(body))
            seen[request["method_name"]].setdefault(shape(request), request)
        return send(self, verb, path, body, headers)

    shotgun_api3.Shotgun._http_request = remember
    code = judge.main(judged)
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.json"):
        old.unlink()
    for method, shapes in seen.items():
        texts = sorted((json.dumps(request, ensure_ascii=False) for request in shapes.values()), key=len)
        step = max(1, len(texts) // SHAPES_MAX)
        for number, text in enumerate(texts[::step][:SHAPES_MAX]):
            (folder / "{}-{:02d}.json".format(method, number)).write_text(text + "\n", encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
