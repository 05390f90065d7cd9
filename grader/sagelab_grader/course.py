"""An instructor's start: an nbgrader course whose assignments are the lessons."""

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sagelab import catalogue
from sagelab.build import build_instructor
from sagelab.catalogue import Entry
from sagelab.errors import SagelabError
from sagelab.source import load_lesson

CONFIG = '''"""nbgrader's settings for this course; JupyterLab reads them when it is started in this folder."""

import os
from pathlib import Path

# Autograding starts an account a submission; each ends soon after its notebook.
os.environ.setdefault("SAGELAB_ACCOUNT_IDLE", "2")

c = get_config()
here = Path(__file__).resolve().parent

c.CourseDirectory.course_id = {course_id!r}
c.CourseDirectory.root = str(here / "course")
c.Exchange.root = str(here / "exchange")

# A learner's answers.json is never replaced by a file of the same name in source/.
c.Autograde.exclude_overwriting = {exclude!r}

# The local account of a learner's folder stays with the learner: grading starts with an empty one.
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", ".sagelab"]

# A lesson's longest cell waits for jobs of the local account.
c.ExecutePreprocessor.timeout = 300
c.Execute.timeout = 300

'''


def init(folder: Path, course_id: str, lessons: Sequence[str] = ()) -> Iterator[str]:
    """Make the course in `folder`, generate and release one assignment a lesson; yields what was done.

    `lessons` names those to take, all where it is empty. `folder` must be new or empty; SagelabError says so, and
    where nbgrader refuses, why.
    """
    entries = [catalogue.find(slug) for slug in lessons] or catalogue.entries()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SagelabError(f"{folder} is not empty; give sagelab course init a new folder.")
    for part in ("course/source", "exchange"):
        (folder / part).mkdir(parents=True)
    (folder / "exchange").chmod(0o777)  # what nbgrader's exchange asks for: every student writes here
    exclude = {assignment(entry): ["answers.json"] for entry in entries}
    (folder / "nbgrader_config.py").write_text(CONFIG.format(course_id=course_id, exclude=exclude), "utf-8")
    yield f"Course {course_id} made in {folder}."
    api = nbgrader_api(folder)
    for entry in entries:
        name = assignment(entry)
        source = folder / "course" / "source" / name
        source.mkdir()
        (source / entry.notebook).write_text(
            build_instructor(load_lesson(entry.folder), graded=True), "utf-8"
        )
        _succeed(api.generate_assignment(name, create=True), f"generate {name}")
        _succeed(api.release_assignment(name), f"release {name}")
        yield f"Assignment {name} generated and released."
    yield f"Next: cd {folder}, then jupyter lab. Formgrader is in the Nbgrader menu."


def assignment(entry: Entry) -> str:
    """The name of a lesson's assignment."""
    return f"{entry.number:02d}_{entry.slug}"


def nbgrader_api(folder: Path) -> Any:
    """nbgrader's own API on the course that `folder` holds."""
    from nbgrader.apps import NbGraderAPI
    from traitlets.config.loader import PyFileConfigLoader

    # nbgrader calls alembic as a command when it makes the gradebook.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return NbGraderAPI(config=PyFileConfigLoader("nbgrader_config.py", path=str(folder)).load_config())


def _succeed(result: dict[str, Any], what: str) -> None:
    if not result["success"]:
        lines = [
            line for line in (result.get("log") or result.get("error") or "").splitlines() if line.strip()
        ]
        raise SagelabError(f"nbgrader could not {what}: {lines[-1] if lines else 'it gave no reason'}")
