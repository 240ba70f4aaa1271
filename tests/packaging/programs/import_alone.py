"""Import each module named by the arguments in a process of its own; write those that fail.

The processes are forked from one that has loaded what any import of the module begins with: other
people's modules, the packages of lower layers, and the face of its own package.
"""

import importlib
import os
import sys
import traceback
import warnings

# From the lowest layer up; none imports one that stands after it.
OURS = ("cache", "generators", "monitoring", "service")


def imports(name):
    """Return whether `name` can be imported alone."""
    child = os.fork()
    if child == 0:
        warnings.simplefilter("error")
        try:
            importlib.import_module(name)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def main(names):
    for name in names:
        importlib.import_module(name)
    for name in [each for each in sys.modules if each.split(".")[0] in OURS]:
        del sys.modules[name]
    for package in OURS:
        importlib.import_module(package)
        behind = [name for name in names if name.split(".")[0] == package]
        for name in behind:
            # What the face has imported was imported as any import of it begins.
            if name not in sys.modules and not imports(name):
                sys.stdout.write(f"{name}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
