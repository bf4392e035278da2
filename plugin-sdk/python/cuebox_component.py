"""The module that componentize-py makes a component of: the author's module `plugin`, as the contract wants it."""

import os
import sys

import plugin
from cuebox import guest

_FOLDER = os.path.dirname(plugin.__file__)

# The plugin's own modules, for tracebacks.
for _module in list(sys.modules.values()):
    _path = getattr(_module, "__file__", None)
    if _path and os.path.dirname(_path).startswith(_FOLDER) and _path.endswith(".py"):
        with open(_path, encoding="utf-8") as _file:
            guest.remember_source(_path, _file.read())


class CueboxPluginCallbacks010:
    """Named after the interface that it implements."""

    def register(self):
        return guest.register(plugin.register)

    def handle(self, callback, event):
        return guest.handle(callback, event)


guest.hide(__file__)
