"""`python warmed.py MODULE...`: imports the modules, waits for one order on standard input, and becomes that script.

An order is a line of JSON: the arguments behind `python`, the folder and the environment. It stands alone.
"""

import contextlib
import importlib
import json
import os
import runpy
import sys


def main() -> None:
    """Import, wait, become."""
    for name in sys.argv[1:]:
        with contextlib.suppress(Exception):  # the script will say it better
            importlib.import_module(name)
    line = sys.stdin.readline()
    if line:
        become(json.loads(line))


def become(order: dict[str, object]) -> None:
    """Run the script as if Python had just been started for it."""
    words = [str(word) for word in order["argv"]]  # type: ignore[attr-defined]
    os.environ.clear()
    os.environ.update(order["env"])  # type: ignore[call-overload]
    os.chdir(str(order["cwd"]))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    if safe_path := words[0] == "-P":
        words = words[1:]
    sys.path[1:1] = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    if words[0] == "-m":
        sys.argv = words[1:]
        sys.path[0:1] = [] if safe_path else [str(order["cwd"])]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = words
        sys.path[0] = os.path.dirname(os.path.abspath(words[0]))  # noqa: PTH100, PTH120  # pathlib may not be loaded
        runpy.run_path(words[0], run_name="__main__")


if __name__ == "__main__":
    main()
