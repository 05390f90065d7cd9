"""What a lesson's notebook holds in its hand: the account, the data, the hints and the quiz."""

import contextlib
import io
import json
import os
import tarfile
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sagelab import catalogue, teacher
from sagelab.account import connect
from sagelab.errors import SagelabError
from sagelab.progress import Progress

if TYPE_CHECKING:
    import pandas as pd

    from sagelab_widgets import Quiz

DATA = Path(__file__).with_name("data")
ROLE_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
Answer = TypeVar("Answer")


class Lab:
    """The lab of one lesson, in the folder where its notebook runs.

    Its account lives in `.sagelab/<lesson>` of that folder and is shared by every notebook of the lesson there.
    With SAGELAB_TARGET=aws the clients are plain boto3 clients of your own AWS account.
    """

    def __init__(self, lesson: str) -> None:
        self.entry = catalogue.find(lesson)
        self.folder = Path.cwd()
        self.progress = Progress(self.folder)
        self.account = connect(self.folder / ".sagelab" / lesson)
        self.session = self.account.session
        self._clients: dict[str, Any] = {}
        with contextlib.suppress(SagelabError):  # a record in use elsewhere keeps nobody from the lesson
            self.progress.touched(lesson)
        self._listen()

    def __repr__(self) -> str:
        where = f"local account at {self.account.url}" if self.account.url else "your own AWS account"
        return f"Lab of lesson {self.entry.slug}: {where}, region {self.region}"

    # -- the account ---------------------------------------------------------------------------------

    def client(self, service: str) -> Any:
        """A boto3 client of the lesson's account, the same one each time."""
        if service not in self._clients:
            self._clients[service] = self.session.client(service)
        return self._clients[service]

    @property
    def region(self) -> str:
        """The region that the lab works in."""
        return str(self.session.region_name)

    @cached_property
    def bucket(self) -> str:
        """The name of the lesson's S3 bucket, made on first use."""
        number = self.client("sts").get_caller_identity()["Account"]
        name = f"sagelab-{self.entry.slug.replace('_', '-')}-{number}"
        s3 = self.client("s3")
        where = (
            {}
            if self.region == "us-east-1"
            else {"CreateBucketConfiguration": {"LocationConstraint": self.region}}
        )
        with contextlib.suppress(s3.exceptions.BucketAlreadyOwnedByYou):
            s3.create_bucket(Bucket=name, **where)
        return name

    @cached_property
    def role(self) -> str:
        """The ARN of the role that SageMaker works under, made on first use."""
        iam = self.client("iam")
        try:
            return str(iam.get_role(RoleName="SageMakerRole")["Role"]["Arn"])
        except iam.exceptions.NoSuchEntityException:
            made = iam.create_role(RoleName="SageMakerRole", AssumeRolePolicyDocument=json.dumps(ROLE_TRUST))
            return str(made["Role"]["Arn"])

    @property
    def clock(self) -> Any:
        """The account's clock: now(), step(hours=1), set(moment)."""
        return self.account.clock

    def image(self, name: str) -> str:
        """The ECR URI of one of AWS's images: "scikit-learn", "model-monitor", "clarify" and so on."""
        from sagelab.account import images

        try:
            return images.uri(name)
        except KeyError as error:
            raise SagelabError(f"There is {error.args[0]}.") from None

    def unique(self, prefix: str) -> str:
        """A name that this account has not seen: train-1, then train-2."""
        return str(self.account.unique(prefix))

    def reset(self) -> None:
        """Start the account over: every resource, object and log of this lesson is gone."""
        self.account.reset()
        for name in ("bucket", "role"):
            self.__dict__.pop(name, None)

    def wait_for(
        self, call: Callable[[], Answer], until: Callable[[Answer], bool], seconds: float = 120
    ) -> Answer:
        """Call again and again until `until(answer)` is true, and return that answer.

        Raises SagelabError after `seconds`.
        """
        end = time.monotonic() + seconds
        while not until(answer := call()):
            if time.monotonic() > end:
                raise SagelabError(
                    f"Still waiting after {seconds:g} seconds; the last answer was {answer!r:.300}."
                )
            time.sleep(0.2 if self.account.url else 15)
        return answer

    # -- data and code -------------------------------------------------------------------------------

    def table(self, name: str) -> "pd.DataFrame":
        """One of the course's tables, for example "credit_clients"."""
        import pandas as pd

        path = DATA / f"{name}.csv.gz"
        if not path.is_file():
            there = ", ".join(sorted(file.name.removesuffix(".csv.gz") for file in DATA.glob("*.csv.gz")))
            raise SagelabError(f"There is no table named {name!r}; there is {there}.")
        return pd.read_csv(path)

    def put(self, key: str, content: "str | bytes | pd.DataFrame", **csv: Any) -> str:
        """Store text, bytes or a table (as CSV) in the lesson's bucket; returns its s3:// URI."""
        body = content if isinstance(content, str | bytes) else content.to_csv(index=False, **csv)
        self.client("s3").put_object(Bucket=self.bucket, Key=key, Body=body)
        return f"s3://{self.bucket}/{key}"

    def get(self, uri: str) -> bytes:
        """The bytes of an S3 object."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return bytes(self.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())

    def get_json(self, uri: str) -> Any:
        """An S3 object read as JSON."""
        return json.loads(self.get(uri))

    def list(self, uri: str) -> list[str]:
        """The URIs of all objects below an s3:// prefix."""
        bucket, _, prefix = uri.removeprefix("s3://").partition("/")
        pages = self.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [f"s3://{bucket}/{found['Key']}" for page in pages for found in page.get("Contents", [])]

    def script(self, name: str) -> str:
        """The text of a script that the lesson's jobs run."""
        return self._script(name).read_text("utf-8")

    def code(self, *scripts: str) -> str:
        """Pack scripts of the lesson as sourcedir.tar.gz and store it; returns its s3:// URI."""
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w:gz") as tar:
            for name in scripts:
                tar.add(self._script(name), name)
        return self.put("code/sourcedir.tar.gz", archive.getvalue())

    def _script(self, name: str) -> Path:
        path = self.entry.folder / name
        if not path.is_file():
            there = ", ".join(sorted(p.name for p in self.entry.folder.glob("*.py") if p.name != "lesson.py"))
            raise SagelabError(f"The lesson has no script named {name!r}; it has {there}.")
        return path

    # -- the learner's verbs -------------------------------------------------------------------------

    def hint(self, exercise: str) -> None:
        """Print the next hint for an exercise, from a nudge to nearly there."""
        hints = self._exercise(exercise).hints
        asked = self.progress.next_hint(self.entry.slug, exercise)
        number = min(asked, len(hints) - 1)
        last = "" if number + 1 < len(hints) else " (the last one)"
        print(f"Hint {number + 1} of {len(hints)}{last}: {hints[number]}")  # noqa: T201 - what the learner asked for

    def solution(self, exercise: str) -> None:
        """Print the solution of an exercise, once its check has been run."""
        found = self._exercise(exercise)
        if not self.progress.tries(self.entry.slug, exercise):
            raise SagelabError(
                f"Run the check of {exercise!r} once first; a wrong try teaches more. lab.hint({exercise!r}) helps."
            )
        print(found.solution)  # noqa: T201 - what the learner asked for

    def quiz(self, *, graded: bool = False) -> "Quiz":
        """The lesson's quiz; the graded one saves your answers and keeps the key to itself."""
        from sagelab.lesson_quiz import lesson_quiz

        return lesson_quiz(self.folder, self.entry, graded=graded)

    def quiz_points(self, points: float) -> float:
        """The points that the answers in answers.json earn of `points`; what nbgrader reads as partial credit.

        While nbgrader grades, it also prints why each answer is right or not: the learner reads it in the feedback.
        """
        from sagelab.lesson_quiz import marked

        result = marked(self.folder, self.entry)
        if os.environ.get("NBGRADER_EXECUTION") == "autograde":
            print(result.explanation)  # noqa: T201 - the feedback's own words
        return round(points * result.score.right / result.score.total, 2)

    def _exercise(self, name: str) -> Any:
        from sagelab.source import load_lesson

        exercises = {exercise.id: exercise for exercise in load_lesson(self.entry.folder).exercises}
        if name not in exercises:
            raise SagelabError(f"There is no exercise named {name!r}; there are {', '.join(exercises)}.")
        return exercises[name]

    # -- how cells speak -----------------------------------------------------------------------------

    def _listen(self) -> None:
        from IPython.core.getipython import get_ipython

        shell = get_ipython()
        if shell is not None:
            teacher.listen(shell, self._checked)

    def _checked(self, exercise: str, passed: bool) -> None:
        if exercise not in self.entry.exercises:
            return
        self.progress.checked(self.entry.slug, exercise, passed=passed)
        if passed:
            print(self._exercise(exercise).right)  # noqa: T201 - the check's own words
        else:
            print(f'Stuck? lab.hint("{exercise}") gives a nudge.')  # noqa: T201 - the check's own words
