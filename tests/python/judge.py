"""Judges the stand-in site by the official Python client, over real HTTP.

    python judge.py URL SCRIPT KEY LOGIN PASSWORD [part of a case's name]

Prints one line per case; the exit code is 0 if all hold. The site is expected to hold the seed's production. Without a part of a
name, the manual's table of methods is compared with what was called, too.
"""

import importlib
import pkgutil
import sys
import time
import traceback

import cases as folder
import methods
from cases import stage


def cases(wanted):
    """All cases in the order in which they are written, subject by subject: (name, function)."""
    for subject in sorted(module.name for module in pkgutil.iter_modules(folder.__path__)):
        module = importlib.import_module("cases." + subject)
        for name, value in list(vars(module).items()):
            if getattr(value, "is_case", False) and value.__module__ == module.__name__:
                full = "{}: {}".format(subject, name.replace("_", " "))
                if wanted in full:
                    yield full, value


def main(arguments):
    url, script, key, login, password = arguments[:5]
    wanted = arguments[5] if len(arguments) > 5 else ""
    methods.record()
    current = stage.Stage(url, script, key, login, password)
    passed, failed, called = 0, [], set()
    for name, case in cases(wanted):
        if stage.VERSION < case.since:
            print("skip {}: the client is {}, and it needs {}".format(name, stage.VERSION, case.since), flush=True)
            continue
        begin = time.monotonic()
        methods.take()
        try:
            case(current)
        except Exception:
            failed.append(name)
            print("FAIL {}\n{}".format(name, traceback.format_exc()), flush=True)
        else:
            passed += 1
            called |= methods.take()
            print("ok   {} ({:.0f} ms)".format(name, 1000 * (time.monotonic() - begin)), flush=True)
    if not wanted:
        failed += methods.check(called)
    print("{} cases hold; {} complaints; the client is {}".format(passed, len(failed), stage.VERSION))
    for name in failed:
        print("  does not hold: " + name)
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
