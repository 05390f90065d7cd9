"""What a wrangler's view may ask for, done on a flow; the view's traits come back as plain values."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sagelab.errors import SagelabError
from sagelab.wrangler.flow import SAMPLE, Flow
from sagelab.wrangler.flowfile import from_flow_file, to_flow_file
from sagelab.wrangler.processing import Bench, ProcessingStep, processing_step, upload
from sagelab.wrangler.script import file_name, python_script
from sagelab.wrangler.showing import nodes_payload, page_payload
from sagelab.wrangler.sources import fetch, read_table, split_uri

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Desk"]

ENDINGS = {"script": ".py", "flow": ".flow", "step": ".json", "pipeline": ".json"}
PLACE = {"s3": "s3://YOUR-BUCKET/flow", "role": "arn:aws:iam::111122223333:role/YOUR-ROLE"}


class Desk:
    """A flow, the account that it may use, and what the view shows of them (`shown`, by trait)."""

    def __init__(
        self, table: pd.DataFrame | str, lab: Bench | None = None, *, name: str = "flow", sample: int = SAMPLE
    ) -> None:
        self.lab, self.name, self.shown = lab, name, dict[str, Any]()
        if isinstance(table, str):
            self.flow = Flow(self._read(table), Path(table).name, uri=table, sample=sample)
        else:
            self.flow = Flow(table, name, sample=sample)
        self.show()

    def do(self, content: Any) -> str:
        """Do what a message asks for; a sentence about it, or "". Raises SagelabError for what cannot be done."""
        acts = {
            "choose": self._choose, "add": self._add, "edit": self._edit, "remove": self._remove,
            "trust": self._trust, "undo": self._undo, "redo": self._redo, "import": self._import,
            "open": self._open, "report": self._report, "quick": self._quick, "export": self._export,
            "save": self._save, "run": self._run, "refresh": self._refresh,
        }  # fmt: skip
        do = content.get("do") if isinstance(content, dict) else None
        if not isinstance(do, str) or do not in acts:
            raise SagelabError("The wrangler cannot do that.")
        return acts[do](content) or ""

    def show(self, node: str | None = None, start: int = 0) -> None:
        """Bring the graph and the page of rows up to date."""
        self.shown["nodes"] = nodes_payload(self.flow)
        self.shown["page"] = page_payload(self.flow, self.flow.node(node).id, start)
        self.shown["undoable"] = (self.flow.can_undo, self.flow.can_redo)
        if self.shown.get("export"):
            self.shown["export"] = {}

    # -- the graph -----------------------------------------------------------------------------------

    def _choose(self, content: dict[str, Any]) -> None:
        start = content.get("start", 0)
        self.show(_text(content, "node"), start if isinstance(start, int) else 0)

    def _add(self, content: dict[str, Any]) -> None:
        right = content.get("right")
        self.flow.add(
            _text(content, "transform"),
            after=_text(content, "after"),
            right=right if isinstance(right, str) and right else None,
            **_parameters(content),
        )
        self.show()

    def _edit(self, content: dict[str, Any]) -> None:
        step = _text(content, "step")
        self.flow.edit(step, **_parameters(content))
        self.show(step)

    def _remove(self, content: dict[str, Any]) -> None:
        step = self.flow.node(_text(content, "step"))
        self.flow.remove(step.id)
        self.show(step.inputs[0] if step.inputs else None)

    def _trust(self, content: dict[str, Any]) -> None:
        step = _text(content, "step")
        self.flow.trust(step)
        self.show(step)

    def _undo(self, _: dict[str, Any]) -> None:
        self.flow.undo()
        self.show()

    def _redo(self, _: dict[str, Any]) -> None:
        self.flow.redo()
        self.show()

    def _import(self, content: dict[str, Any]) -> None:
        uri = _text(content, "uri").strip()
        self.show(self.flow.add_source(self._read(uri), Path(uri).name, uri=uri))

    def _open(self, content: dict[str, Any]) -> str:
        here = {self.flow.node(key).name: table for key, table in self.flow.sources.items()}

        def read(uri: str, name: str) -> pd.DataFrame:
            if not uri and name not in here:
                raise SagelabError(f"The file's table '{name:.80}' is not in S3, and not in this flow.")
            return self._read(uri) if uri else here[name]

        flow, notes = from_flow_file(_text(content, "text"), read)
        flow.sample, self.flow = self.flow.sample, flow
        self.show()
        return " ".join(notes)

    # -- what is found out ---------------------------------------------------------------------------

    def _report(self, content: dict[str, Any]) -> None:
        from sagelab.wrangler.quality import quality_report

        node, target = _text(content, "node"), str(content.get("target") or "")
        found = quality_report(self.flow.table(node), target).payload()
        self.shown |= {"target": target, "report": {**found, "node": node}}

    def _quick(self, content: dict[str, Any]) -> None:
        from sagelab.wrangler.power import quick_model

        node, target = _text(content, "node"), str(content.get("target") or "")
        found = quick_model(self.flow.table(node), target).payload()
        self.shown |= {"target": target, "model": {**found, "node": node}}

    # -- exports -------------------------------------------------------------------------------------

    def _export(self, content: dict[str, Any]) -> None:
        kind = _text(content, "kind")
        text = self.exported(kind)
        self.shown["export"] = {"kind": kind, "text": text, "file": file_name(self.name, ENDINGS[kind])}

    def exported(self, kind: str) -> str:
        """The text of one of the exports: script, flow, step (a processing job's request) or pipeline."""
        if kind not in ENDINGS:
            raise SagelabError(f"There is no export '{kind:.40}'; there are {', '.join(ENDINGS)}.")
        if kind == "script":
            return python_script(self.flow, name=self.name)
        if kind == "flow":
            return to_flow_file(self.flow) + "\n"
        lab = self.lab
        folder = f"s3://{lab.bucket}/{file_name(self.name, '')}" if lab else PLACE["s3"]
        step = processing_step(
            self.flow, name=self.name, folder=folder, role=lab.role if lab else PLACE["role"]
        )
        return (step.pipeline if kind == "pipeline" else step.request_text) + "\n"

    def _save(self, content: dict[str, Any]) -> str:
        kind = _text(content, "kind")
        text, name = self.exported(kind), file_name(self.name, ENDINGS[kind])
        if content.get("where") == "s3":
            lab = self._bench()
            key = f"{file_name(self.name, '')}/{name}"
            lab.client("s3").put_object(Bucket=lab.bucket, Key=key, Body=text.encode())
            return f"s3://{lab.bucket}/{key}"
        Path(name).write_text(text, encoding="utf-8")
        if kind == "script":
            from sagelab.wrangler.saving import save_sources

            return ", ".join([name, *save_sources(self.flow, Path.cwd(), self.lab)])
        return name

    def _run(self, _: dict[str, Any]) -> None:
        lab = self._bench()
        step: ProcessingStep = upload(self.flow, lab, name=self.name)
        name = lab.unique(step.name)
        lab.client("sagemaker").create_processing_job(**step.job(name))
        self.shown["job"] = {"name": name, "status": "InProgress", "reason": "", "output": step.output}

    def _refresh(self, _: dict[str, Any]) -> None:
        job = self.shown.get("job")
        if job and self.lab:
            found = self.lab.client("sagemaker").describe_processing_job(ProcessingJobName=job["name"])
            status, reason = found["ProcessingJobStatus"], found.get("FailureReason", "")
            self.shown["job"] = {**job, "status": status, "reason": reason}

    # -- inside --------------------------------------------------------------------------------------

    def _bench(self) -> Bench:
        if self.lab is None:
            raise SagelabError("This needs an account: give the wrangler a lab, as in Wrangler(table, lab).")
        return self.lab

    def _read(self, uri: str) -> pd.DataFrame:
        split_uri(uri)
        client = self._bench().client("s3")
        with tempfile.TemporaryDirectory() as folder:
            path = fetch(uri, client, Path(folder))
            try:
                return read_table(str(path))
            except (
                Exception
            ) as fault:  # pandas and duckdb have many kinds of faults for a file that is damaged
                words = str(fault).partition("\n")[0][:200]
                raise SagelabError(f"{uri} is not a table that can be read: {words}") from fault


def _text(content: dict[str, Any], key: str) -> str:
    value = content.get(key)
    if not isinstance(value, str) or not value:
        raise SagelabError(f"The wrangler was not told the {key}.")
    return value


def _parameters(content: dict[str, Any]) -> dict[str, Any]:
    given = content.get("parameters")
    if not isinstance(given, dict) or {"after", "right", "step"} & given.keys():
        raise SagelabError("The wrangler was not told the parameters.")
    return given
