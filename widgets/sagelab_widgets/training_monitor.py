"""The training monitor: curves of jobs side by side, where each job is, its tensors, rules that fire, and its log."""

from collections.abc import Mapping, Sequence
from typing import Any

import traitlets

from sagelab.errors import SagelabError
from sagelab.pipeline_desk import Clients
from sagelab.training_desk import ENDED, TrainingDesk
from sagelab_widgets.language import translate
from sagelab_widgets.live import Live, as_text

__all__ = ["TrainingMonitor"]

MOST_JOBS = 8


class TrainingMonitor(Live, asset="training_monitor"):
    """Watch training jobs of the lab's account, one or several to compare.

    `records` gives the S3 URI of a job's record of tensors where it is not in the job's checkpoints (see
    `sagelab.training_record`). `looks` holds what is known of each job, `metrics` those that are drawn.
    """

    jobs: Any = traitlets.List(traitlets.Unicode()).tag(sync=True)
    job = traitlets.Unicode().tag(sync=True)
    looks = traitlets.Dict().tag(sync=True)
    metrics: Any = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(
        self, lab: Clients, jobs: str | Sequence[str], records: Mapping[str, str] | None = None
    ) -> None:
        names = [jobs] if isinstance(jobs, str) else list(dict.fromkeys(jobs))
        if not 1 <= len(names) <= MOST_JOBS:
            raise SagelabError(f"Give from 1 to {MOST_JOBS} training jobs.")
        self.desk = TrainingDesk(lab, records)
        self._chosen = False
        super().__init__(
            {
                "refresh": lambda _: self.refresh(),
                "show": lambda message: self.show(as_text(message, "job")),
                "draw": lambda message: self.draw(message.get("metrics")),
                "stop": lambda _: self.stop(),
            },
            jobs=names,
            job=names[0],
        )
        self.attempt(self.refresh)

    def __repr__(self) -> str:
        lines = [f"Training {'job' if len(self.jobs) == 1 else 'jobs'}:"]
        for name in self.jobs:
            look = self.looks.get(name, {})
            final = "".join(f", {metric} {value:g}" for metric, value in look.get("final", {}).items())
            lines.append(f"  {name}: {look.get('status', 'unknown')}{final}")
        return "\n".join(lines)

    @property
    def known(self) -> list[str]:
        """The metrics of all jobs, in the order of their definitions."""
        return list(dict.fromkeys(m for look in self.looks.values() for m in look.get("curves", {})))

    # -- looking -----------------------------------------------------------------------------------------------
    def refresh(self) -> None:
        """Look at every job that has not ended."""
        self.looks = {name: self.desk.look(name) for name in self.jobs}
        if not self._chosen:
            self.metrics = self.known if len(self.jobs) == 1 else self.known[:1]

    def show(self, job: str) -> None:
        """Show another job's record, rules and log."""
        if job not in self.jobs:
            raise SagelabError(translate("The monitor does not watch {job}.", job=job))
        self.job = job

    def draw(self, metrics: Any) -> None:
        """Draw these metrics."""
        strange = not isinstance(metrics, list) or not all(name in self.known for name in metrics)
        if strange:
            raise SagelabError(translate("Choose among the metrics {known}.", known=", ".join(self.known)))
        self._chosen = True
        self.metrics = metrics

    # -- orders ------------------------------------------------------------------------------------------------
    def stop(self) -> None:
        """Stop the job that is shown: it gets two minutes to save."""
        if self.looks.get(self.job, {}).get("status") in ENDED:
            raise SagelabError(translate("{job} has ended already.", job=self.job))
        self.desk.stop(self.job)
        self.note = translate("{job} was told to stop; it has two minutes to save.", job=self.job)
        self.refresh()
