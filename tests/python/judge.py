"""Judges the stand-in site by the official Python client, over real HTTP.

    python judge.py URL SCRIPT KEY LOGIN PASSWORD [part of a case's name]

Prints one line per case; the exit code is 0 if all hold. The site is expected to hold the seed's production.
"""

import importlib
import sys
import time
import traceback

from cases import stage

SUBJECTS = ["connecting", "filtering", "paths", "paging", "writing", "batching", "schema", "events", "summaries", "following",
            "misbehaving"]


def cases(wanted):
    """All cases in the order in which they are written: (name, function)."""
    for subject in SUBJECTS:
        module = importlib.import_module("cases." + subject)
        for name, value in list(vars(module).items()):
            if getattr(value, "is_case", False):
                full = "{}: {}".format(subject, name.replace("_", " "))
                if wanted in full:
                    yield full, value


def main(arguments):
    url, script, key, login, password = arguments[:5]
    wanted = arguments[5] if len(arguments) > 5 else ""
    current = stage.Stage(url, script, key, login, password)
    passed, failed = 0, []
    for name, case in cases(wanted):
        begin = time.monotonic()
        try:
            case(current)
        except Exception:
            failed.append(name)
            print("FAIL {}\n{}".format(name, traceback.format_exc()), flush=True)
        else:
            passed += 1
            print("ok   {} ({:.0f} ms)".format(name, 1000 * (time.monotonic() - begin)), flush=True)
    print("{} cases hold, {} do not".format(passed, len(failed)))
    for name in failed:
        print("  does not hold: " + name)
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
