"""Write the exact pins: what Sagelab (binder/) and its tests (tests/) resolve to today, on each Python we support.

Run as `make pins`. Needs python3.11 and python3.12 on the path and PyPI.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PYTHONS = ("3.11", "3.12")
HERE = Path(__file__).resolve().parent
HEAD = "# Exact versions, also the constraints of make and CI. Written by `make pins`; edit pyproject.toml instead.\n"


def main() -> None:
    """Resolve on each Python and write both files, with markers where the Pythons differ."""
    product = {python: resolve(python, "") for python in PYTHONS}
    everything = {python: resolve(python, "[dev]") for python in PYTHONS}
    tests = {p: {n: v for n, v in everything[p].items() if n not in product[p]} for p in PYTHONS}
    write(HERE / "requirements.txt", product)
    write(HERE.parent / "tests" / "requirements.txt", tests)


def write(path: Path, found: dict[str, dict[str, str]]) -> None:
    """One file of pins."""
    names = sorted(set().union(*found.values()))
    lines = [line for name in names for line in pinned(name, {p: found[p].get(name) for p in PYTHONS})]
    path.write_text(HEAD + "\n".join(lines) + "\n", "utf-8")


def resolve(python: str, extra: str) -> dict[str, str]:
    """What pip would install of the project with `extra`."""
    interpreter = shutil.which(f"python{python}")
    if interpreter is None:
        sys.exit(f"python{python} is not on the path; install it and try again.")
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run([interpreter, "-m", "venv", scratch], check=True)
        report = Path(scratch) / "report.json"
        pip = [f"{scratch}/bin/python", "-m", "pip", "install", "-qq"]
        subprocess.run([*pip, "--upgrade", "pip"], check=True)
        subprocess.run([*pip, "--dry-run", "--report", str(report), f"{HERE.parent}{extra}"], check=True)
        installed = json.loads(report.read_text("utf-8"))["install"]
    pairs = ((item["metadata"]["name"], item["metadata"]["version"]) for item in installed)
    return {name.lower().replace("_", "-"): version for name, version in pairs if name != "sagelab"}


def pinned(name: str, versions: dict[str, str | None]) -> list[str]:
    """One line where all Pythons agree, else one a Python."""
    if len(set(versions.values())) == 1:
        return [f"{name}=={versions[PYTHONS[0]]}"]
    low, high = PYTHONS
    markers = {low: f"python_version < '{high}'", high: f"python_version >= '{high}'"}
    return [f"{name}=={version} ; {markers[python]}" for python, version in versions.items() if version]


if __name__ == "__main__":
    main()
