"""The folder that stands for /opt/ml in one training job, on one machine."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class TrainingFolder:
    """The folder that stands for /opt/ml in one training job."""

    ml: Path

    def make(self) -> None:
        """Create the folders that a container finds."""
        for path in (self.config, self.data, self.model, self.output_data, self.code, self.checkpoints):
            path.mkdir(parents=True, exist_ok=True)

    @property
    def config(self) -> Path:
        """/opt/ml/input/config."""
        return self.ml / "input" / "config"

    @property
    def data(self) -> Path:
        """/opt/ml/input/data, one folder a channel."""
        return self.ml / "input" / "data"

    @property
    def model(self) -> Path:
        """/opt/ml/model."""
        return self.ml / "model"

    @property
    def output_data(self) -> Path:
        """/opt/ml/output/data."""
        return self.ml / "output" / "data"

    @property
    def failure(self) -> Path:
        """/opt/ml/output/failure, where a script may say why it failed."""
        return self.ml / "output" / "failure"

    @property
    def code(self) -> Path:
        """/opt/ml/code."""
        return self.ml / "code"

    @property
    def checkpoints(self) -> Path:
        """/opt/ml/checkpoints."""
        return self.ml / "checkpoints"


def merge(source: Path, target: Path) -> None:
    """Move what one folder holds into another; what stands there already stays."""
    for path in sorted(source.rglob("*")):
        goal = target / path.relative_to(source)
        if path.is_dir():
            goal.mkdir(exist_ok=True)
        elif not goal.exists():
            path.rename(goal)
