"""The Python event daemon's behaviour, so that cuebox can be run beside it.

    python daemon.py --site URL --script NAME --key KEY --state FILE FOLDER [FOLDER ...]

This is not the source of `shotgunEvents`, which is not on PyPI. It was written anew from a description of what that daemon does, and
decides as it does: what it asks the site for, which gaps it waits for, when it hands an event over, what it saves and when, and what a
failure leads to. Each FOLDER holds plugins: `.py` files with `registerCallbacks(reg)`.

Left out is what decides nothing of that: the configuration file, the pid file, mail, log files, the timing log, `use_session_uuid`.
Its times are options, so that a test need not wait for minutes; left alone they are the daemon's own.
"""

import argparse
import datetime
import importlib.util
import logging
import pathlib
import pickle
import sys
import time

import shotgun_api3

FIELDS = [
    "id",
    "event_type",
    "attribute_name",
    "meta",
    "entity",
    "user",
    "project",
    "session_uuid",
    "created_at",
]

LOG = logging.getLogger("daemon")


class Callback:
    """One function of a plugin, and what it wants."""

    def __init__(self, plugin, function, sg, wanted, args, stops):
        self.function = function
        self.sg = sg
        self.wanted = wanted
        self.args = args
        self.stops = stops
        # A callback can be an object that is no function.
        name = getattr(function, "__name__", type(function).__name__)
        self.logger = logging.getLogger("plugin.{}.{}".format(plugin.name, name))

    def wants(self, event):
        if self.wanted is None:
            return True
        attributes = self.wanted["*"] if "*" in self.wanted else self.wanted.get(event["event_type"], ())
        return attributes is None or "*" in attributes or event["attribute_name"] in attributes

    def process(self, event):
        """Whether the event counts as processed."""
        try:
            self.function(self.sg, self.logger, event, self.args)
        except Exception:
            self.logger.exception("event %d failed", event["id"])
            return not self.stops
        return True


class Registrar:
    """What `registerCallbacks` is handed."""

    def __init__(self, plugin, site):
        self.plugin = plugin
        self.site = site
        self.logger = logging.getLogger("plugin." + plugin.name)

    def getLogger(self):
        return self.logger

    def setEmails(self, *emails):
        """Taken, and nothing is sent."""

    def registerCallback(self, scriptName, scriptKey, callback, matchEvents=None, args=None, stopOnError=True):
        sg = shotgun_api3.Shotgun(self.site, script_name=scriptName, api_key=scriptKey)
        self.plugin.callbacks.append(Callback(self.plugin, callback, sg, matchEvents, args, stopOnError))


class Plugin:
    """One file, with its place in the stream of events."""

    def __init__(self, path, options):
        self.path = path
        self.name = path.stem
        self.options = options
        self.callbacks = []
        self.is_active = True
        self.modified = None
        self.last_id = None
        # Ids that are waited for, and until when.
        self.backlog = {}

    def load(self):
        """Loads the file if it is new, or was saved since. A failure deactivates the plugin."""
        modified = self.path.stat().st_mtime
        if self.modified is not None and modified <= self.modified:
            return
        self.modified = modified
        self.callbacks = []
        self.is_active = True
        try:
            spec = importlib.util.spec_from_file_location("plugin_" + self.name, str(self.path))
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            module.registerCallbacks(Registrar(self, self.options.site))
        except Exception:
            LOG.exception("plugin %s cannot be loaded", self.name)
            self.is_active = False
        else:
            LOG.info("plugin %s is loaded", self.name)

    def next_id(self):
        """Where the fetch must begin for this plugin; None if it knows no place."""
        now = time.time()
        self.backlog = {missing: until for missing, until in self.backlog.items() if until > now}
        if self.backlog:
            return min(self.backlog)
        return None if self.last_id is None else self.last_id + 1

    def process(self, event):
        """Takes an event that is new to it, or was waited for."""
        number = event["id"]
        if number not in self.backlog and self.last_id is not None and number <= self.last_id:
            return
        for callback in self.callbacks:
            if callback.wants(event) and not callback.process(event):
                LOG.critical("plugin %s is stopped at event %d until its file changes", self.name, number)
                self.is_active = False
                return
        self.backlog.pop(number, None)
        self.advance(event)

    def advance(self, event):
        """Makes this event the last one, also when it is an earlier one that came late."""
        number = event["id"]
        if self.last_id is not None and number > self.last_id + 1:
            age = datetime.datetime.now(datetime.timezone.utc) - event["created_at"]
            if age.total_seconds() > self.options.gap_age:
                LOG.info("ids %d to %d never happened", self.last_id + 1, number - 1)
            else:
                until = time.time() + self.options.gap_wait
                self.backlog.update((missing, until) for missing in range(self.last_id + 1, number))
        self.last_id = number


class Daemon:
    def __init__(self, options):
        self.options = options
        self.sg = shotgun_api3.Shotgun(options.site, script_name=options.script, api_key=options.key)
        # By folder, as configured; the plugins of each by file name.
        self.folders = {str(folder): {} for folder in options.folders}
        # What the state file held when the daemon was started; None if that cannot be read.
        self.saved = {}

    def run(self):
        is_first_start = not self.options.state.exists()
        if not is_first_start:
            self.load_state()
        self.load_plugins()
        if is_first_start:
            self.save_state()
        LOG.info("the daemon runs")
        while True:
            events = self.fetch()
            for event in events:
                for plugin in self.active_plugins():
                    plugin.process(event)
                self.save_state()
            if len(events) < self.options.batch:
                time.sleep(self.options.fetch_interval)
            self.load_plugins()

    def active_plugins(self):
        plugins = [plugin for folder in self.folders.values() for plugin in folder.values()]
        return [plugin for plugin in plugins if plugin.is_active]

    # What is saved: one file, written in place.

    def load_state(self):
        with self.options.state.open("rb") as file:
            try:
                self.saved = pickle.load(file)
            except pickle.UnpicklingError:
                # The old form is a single number.
                file.seek(0)
                line = file.readline().strip()
                self.saved = int(line) if line.isdigit() else None

    def save_state(self):
        plugins = self.folders.items()
        state = {
            folder: {name: (plugin.last_id, plugin.backlog) for name, plugin in held.items()} for folder, held in plugins
        }
        with self.options.state.open("wb") as file:
            pickle.dump(state, file)

    def place(self, plugin, folder):
        """Gives a plugin the place that was saved for it, or for one of its name in another folder; else the newest event."""
        if self.saved is None:
            # Nothing says so: the plugin has no place, and nothing is ever asked for it.
            return
        if isinstance(self.saved, int):
            plugin.last_id = self.saved
            return
        if plugin.name in self.saved.get(folder, {}):
            plugin.last_id, plugin.backlog = self.saved[folder][plugin.name]
            return
        moved = [held[plugin.name] for held in self.saved.values() if plugin.name in held]
        if moved:
            plugin.last_id, plugin.backlog = max(moved, key=lambda place: place[0])
        else:
            plugin.last_id = self.ask(self.find_newest)

    # Plugins.

    def load_plugins(self):
        """Loads what is new or changed, and drops what is gone."""
        for folder, held in self.folders.items():
            paths = sorted(path for path in pathlib.Path(folder).glob("*.py") if not path.name.startswith("."))
            gone = set(held) - {path.stem for path in paths}
            for name in gone:
                del held[name]
            for path in paths:
                plugin = held.get(path.stem)
                if plugin is None:
                    plugin = held[path.stem] = Plugin(path, self.options)
                    self.place(plugin, folder)
                plugin.load()

    # The site.

    def find_newest(self):
        newest = [{"field_name": "id", "direction": "desc"}]
        # An empty log ends the daemon here, as it always did.
        return self.sg.find_one("EventLogEntry", [], ["id"], newest)["id"]

    def fetch(self):
        """The next events from the lowest place that a plugin waits at."""
        places = [plugin.next_id() for plugin in self.active_plugins()]
        places = [place for place in places if place is not None]
        if not places:
            return []
        condition = [["id", "greater_than", min(places) - 1]]
        ascending = [{"field_name": "id", "direction": "asc"}]
        limit = self.options.batch
        return self.ask(lambda: self.sg.find("EventLogEntry", condition, FIELDS, ascending, limit=limit))

    def ask(self, question):
        """Asks for ever. After some failures in a row it complains, and waits for long."""
        failures = 0
        while True:
            try:
                return question()
            except (shotgun_api3.ShotgunError, OSError) as error:
                failures += 1
                if failures < self.options.retries_max:
                    LOG.warning("the site does not answer: %s", error)
                    continue
                LOG.error("the site did not answer %d times: %s", failures, error)
                time.sleep(self.options.retry_sleep)
                failures = 0


def options_of(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=pathlib.Path, metavar="FOLDER", help="plugins")
    parser.add_argument("--site", required=True, metavar="URL")
    parser.add_argument("--script", required=True, metavar="NAME", help="the script user that reads the events")
    parser.add_argument("--key", required=True, help="its key")
    parser.add_argument("--state", required=True, type=pathlib.Path, metavar="FILE")
    parser.add_argument("--batch", type=int, default=500, help="events in one answer")
    seconds = {"type": float, "metavar": "SECONDS"}
    parser.add_argument("--fetch-interval", default=5, help="between two fetches", **seconds)
    parser.add_argument("--gap-wait", default=300, help="how long a missing id is waited for", **seconds)
    parser.add_argument("--gap-age", default=300, help="how old an event is before which nothing can be missing", **seconds)
    parser.add_argument("--retries-max", type=int, default=5, help="failures in a row before it sleeps")
    parser.add_argument("--retry-sleep", default=60, help="for how long then", **seconds)
    return parser.parse_args(arguments)


def main(arguments):
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    Daemon(options_of(arguments)).run()


if __name__ == "__main__":
    main(sys.argv[1:])
