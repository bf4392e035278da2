"""Runs the examples of the official client's documentation, each as a script of its own, against the site.

    python documented.py URL SCRIPT KEY LOGIN PASSWORD [part of a script's name]

Prints one line per script; the exit code is 0 if what each says, and what it is answered, is what the documentation shows.
"""

import pathlib
import runpy
import sys
import traceback

FOLDER = pathlib.Path(__file__).resolve().parent / "examples"


def main(arguments):
    wanted = arguments[5] if len(arguments) > 5 else ""
    sys.path.insert(0, str(FOLDER))
    held, failed = 0, []
    for path in sorted(FOLDER.glob("*.py")):
        if path.stem == "given" or wanted not in path.stem:
            continue
        sys.argv = [str(path)] + arguments[:5]
        sys.modules.pop("given", None)
        try:
            runpy.run_path(str(path), run_name="__main__")
        except Exception:
            failed.append(path.stem)
            print("FAIL {}\n{}".format(path.stem, traceback.format_exc()), flush=True)
        else:
            held += 1
            print("ok   {}".format(path.stem), flush=True)
    print("{} examples hold; {} do not".format(held, len(failed)))
    return 1 if failed or not held else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
