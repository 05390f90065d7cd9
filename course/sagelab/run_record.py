"""All that a tracker wrote down of a run and that it takes to run it again, and what it did not write down."""

from collections.abc import Iterator, Mapping
from typing import Any

from sagelab.run_columns import shown
from sagelab.runs import Run

__all__ = ["record_of"]

Rows = list[tuple[str, str]]
NEEDED = ("Script", "Data", "Versions")
CODE = ("sagemaker_program", "sagemaker_submit_directory")


def record_of(run: Run) -> dict[str, Any]:
    """The record in sections of (name, value), and the `missing` of what another run of it would need."""
    sections: dict[str, Rows] = {"Run": list(_run(run))}
    sections |= {"SageMaker": _of_component, "MLflow": _of_mlflow}.get(run.source, _of_row)(run)
    sections["Parameters"] = [(name, shown(value)) for name, value in sorted(run.parameters.items())]
    sections["Metrics"] = sections.get("Metrics") or [(n, shown(v)) for n, v in sorted(run.metrics.items())]
    sections["Tags"] = [*sections.get("Tags", []), *sorted(run.tags.items())]
    missing = [name for name in NEEDED if not sections.get(name)]
    return {
        "id": run.id,
        "name": run.name,
        "sections": [
            {"title": title, "rows": [list(row) for row in rows]} for title, rows in sections.items() if rows
        ],
        "missing": missing,
    }


def _run(run: Run) -> Iterator[tuple[str, str]]:
    yield "Identity", run.id
    for name, value in (("Tracked by", run.source), ("Experiment", run.experiment), ("Status", run.status)):
        if value:
            yield name, value
    for name, moment in (("Started", run.started), ("Ended", run.ended)):
        if moment:
            yield name, f"{moment:%Y-%m-%d %H:%M:%S %Z}"
    if run.seconds is not None:
        yield "Seconds", shown(run.seconds)


# -- SageMaker -------------------------------------------------------------------------------------------------
def _of_component(run: Run) -> dict[str, Rows]:
    raw: Mapping[str, Any] = run.raw
    detail = raw.get("SourceDetail", {})
    job = next((value for value in detail.values() if isinstance(value, dict)), {})
    application = job.get("AppSpecification", {})
    hyper = job.get("HyperParameters", {})
    entry = [*application.get("ContainerEntrypoint", []), *application.get("ContainerArguments", [])]
    images = (
        job.get("AlgorithmSpecification", {}).get("TrainingImage"),
        application.get("ImageUri"),
        shown(run.parameters.get("SageMaker.ImageUri")),
    )
    machines = job.get("ResourceConfig") or job.get("ProcessingResources", {}).get("ClusterConfig") or {}
    return {
        "Job": _filled({
            "Source": raw.get("Source", {}).get("SourceArn"), "Message": raw.get("Status", {}).get("Message"),
            "Role": job.get("RoleArn"), **{name: machines.get(name) for name in MACHINE},
        }),
        "Script": _filled({**{name: hyper.get(name) for name in CODE}, "Entry point": " ".join(entry)}),
        "Versions": _filled({"Image": next((image for image in images if image), None)}),
        "Data": _artifacts(raw.get("InputArtifacts", {}), images),
        "Environment": _filled(job.get("Environment", {})),
        "Outputs": _artifacts(raw.get("OutputArtifacts", {}), ()),
        "Metrics": [_metric(metric) for metric in raw.get("Metrics", [])],
    }  # fmt: skip


MACHINE = ("InstanceType", "InstanceCount", "VolumeSizeInGB")


def _artifacts(artifacts: Mapping[str, Any], images: tuple[Any, ...]) -> Rows:
    found = [(name, str(one.get("Value", ""))) for name, one in sorted(artifacts.items())]
    return [(name, value) for name, value in found if value not in images and name != "SageMaker.ImageUri"]


def _metric(metric: Mapping[str, Any]) -> tuple[str, str]:
    parts = [
        f"{name.lower()} {shown(metric[name])}" for name in ("Last", "Min", "Max", "Count") if name in metric
    ]
    return str(metric["MetricName"]), ", ".join(parts)


# -- MLflow and tables -----------------------------------------------------------------------------------------
def _of_mlflow(run: Run) -> dict[str, Rows]:
    tags = {name.removeprefix("mlflow."): value for name, value in run.raw.data.tags.items()}
    inputs = getattr(run.raw, "inputs", None)
    data = [
        (one.dataset.name, f"{one.dataset.source} (digest {one.dataset.digest})")
        for one in getattr(inputs, "dataset_inputs", None) or []
    ]
    return {
        "Script": _filled({
            "File": tags.get("source.name"), "Git commit": tags.get("source.git.commit"),
            "Entry point": tags.get("project.entryPoint"),
        }),
        "Versions": _versions(run),
        "Data": data,
        "Outputs": _filled({"Artifacts": run.raw.info.artifact_uri}),
        "Tags": _filled({"User": tags.get("user"), "Parent run": tags.get("parentRunId")}),
    }  # fmt: skip


def _versions(run: Run) -> Rows:
    """Versions as the run says them: tags and parameters whose names end in version."""
    told = {**run.raw.data.tags, **run.raw.data.params}
    return sorted((name, value) for name, value in told.items() if name.casefold().endswith("version"))


def _of_row(run: Run) -> dict[str, Rows]:
    return {"Outputs": _filled({"Artifacts": run.raw.get("artifact_uri")})}


def _filled(rows: Mapping[str, Any]) -> Rows:
    return [(name, shown(value)) for name, value in rows.items() if value not in (None, "", [])]
