"""What the built-in algorithms share: the job as their container sees it, hyperparameters, data, and how they fail."""

import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class CustomerError(Exception):
    """The learner can mend it: hyperparameters or data are wrong."""


@dataclass(frozen=True)
class Job:
    """One training job as the container of an algorithm sees it."""

    hyperparameters: dict[str, str]
    channels: dict[str, dict[str, str]]  # as in inputdataconfig.json
    data: Path
    model: Path
    checkpoints: Path | None

    def files(self, channel: str) -> list[Path]:
        """The data files of a channel; names that begin with a dot or an underscore are none."""
        folder = self.data / channel
        return [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name[0] not in "._"]

    def content_type(self, channel: str) -> str:
        """`text/csv` of `text/csv;label_size=1`; empty where the request gave none."""
        return self.channels[channel].get("ContentType", "").partition(";")[0].strip().lower()


def read_job() -> Job:
    """The job that this process runs, from the files of /opt/ml/input/config."""
    config = Path(os.environ["SM_INPUT_CONFIG_DIR"])
    checkpoints = config / "checkpointconfig.json"
    kept = json.loads(checkpoints.read_text())["LocalPath"] if checkpoints.exists() else None
    return Job(
        json.loads((config / "hyperparameters.json").read_text()),
        json.loads((config / "inputdataconfig.json").read_text()),
        Path(os.environ["SM_INPUT_DIR"], "data"),
        Path(os.environ["SM_MODEL_DIR"]),
        Path(kept) if kept else None,
    )


def run(train: Callable[[Job], None], failed: Callable[[CustomerError], str], exit_code: int) -> None:
    """Train; what the learner did wrong goes into /opt/ml/output/failure in the algorithm's own words."""
    try:
        train(read_job())
    except CustomerError as error:
        print(f"Customer Error: {error}", file=sys.stderr)
        Path(os.environ["SM_OUTPUT_DIR"], "failure").write_text(failed(error))
        sys.exit(exit_code)
    except Exception:
        traceback.print_exc()
        last = traceback.format_exc().strip().splitlines()[-1]
        Path(os.environ["SM_OUTPUT_DIR"], "failure").write_text(f"framework error: \n{last}")
        sys.exit(1)


@dataclass(frozen=True)
class Interval:
    """A range of numbers, as AWS writes it: `[0, 1]`, `(0, +inf)`."""

    low: float | None = None
    high: float | None = None
    open_low: bool = False
    open_high: bool = False

    def __contains__(self, value: float) -> bool:
        if self.low is not None and (value < self.low or (self.open_low and value == self.low)):
            return False
        return self.high is None or value < self.high or (value == self.high and not self.open_high)

    def __str__(self) -> str:
        low = "(-inf" if self.low is None else f"{'(' if self.open_low else '['}{self.low}"
        return low + (", +inf)" if self.high is None else f", {self.high}{')' if self.open_high else ']'}")


@dataclass(frozen=True)
class Parameter:
    """One hyperparameter: how it is read and what it may be."""

    read: Callable[[str], Any]
    allowed: Interval | tuple[str, ...] | None = None


def words(text: str) -> list[str]:
    """A list with commas between its words."""
    return [word.strip() for word in text.split(",")]


def parse(known: Mapping[str, Parameter], given: Mapping[str, str]) -> Iterator[tuple[str, Any, bool]]:
    """Each hyperparameter with its value, and whether that is allowed; CustomerError for one that is none."""
    for name, text in given.items():
        if name not in known:
            raise CustomerError(f"Extraneous hyperparameter found: {name}")
        parameter = known[name]
        try:
            value = parameter.read(text)
        except ValueError as error:
            raise CustomerError(
                f"Hyperparameter {name}: could not parse value (caused by {type(error).__name__})"
            ) from None
        allowed = parameter.allowed
        values = value if isinstance(value, list) else [value]
        yield name, value, allowed is None or all(one in allowed for one in values)
