"""The stand-in of sagemaker-clarify-processing: bias metrics and explanations, once or as a monitor.

A processing job gives it the inputs named `analysis_config` and `dataset`. A monitoring execution gives captured data
through the environment (dataset_source, dataset_format, output_path) and, where there is one, baseline_constraints: the
analysis.json of a baseline job, against which it writes constraint_violations.json.
"""

import json
import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import Any

from sagelab.errors import SagelabError

from . import bias_analysis, drift, explanations
from .analysis_config import AnalysisConfig, parse
from .bias_analysis import Stage
from .cloudwatch import Metric, publish
from .dataset import Dataset, input_folder, job_config, load, output_folder
from .explanations import Shap
from .job import Job, outcome, run
from .jsonfile import read_json, write_json
from .predictor import Predictor
from .table import files_under

PRE, POST = "pre_training_bias_metrics", "post_training_bias_metrics"
BIAS_NAMESPACE = "aws/sagemaker/Endpoints/bias-metrics"
EXPLAINABILITY_NAMESPACE = "aws/sagemaker/Endpoints/explainability-metrics"
STAGES = {PRE: "Pre-training", POST: "Post-Training"}  # as the guide writes them


def main(job: Job) -> str:
    """Analyze, write analysis.json and the report, and compare with a baseline where there is one."""
    config = read_config(job)
    data = load(job, config)
    output = output_folder(job)
    print(f"Read {len(data.table)} rows; features: {', '.join(data.features)}.")
    stages, shap, dependence = analyze(job, config, data, output)
    analysis = as_json(stages, shap, dependence)
    write_json(output / "analysis.json", analysis)
    if config.report is not None:
        from .report import write_report

        write_report(output, config, data, analysis)
    publish(job, BIAS_NAMESPACE, bias_metrics(stages))
    publish(job, EXPLAINABILITY_NAMESPACE, shap_metrics(shap))
    baseline = job.path("baseline_constraints")
    if baseline is None:
        return "Completed: Job completed successfully; the results are in analysis.json."
    found = violations(stages, shap, read_baseline(baseline))
    write_json(output / "constraint_violations.json", {"version": "1.0", "violations": found})
    return outcome(found)


def read_config(job: Job) -> AnalysisConfig:
    """The one JSON file of the input named analysis_config."""
    files = files_under(job.path("analysis_config") or input_folder(job, "analysis_config"))
    if len(files) != 1:
        raise SagelabError(
            f"The input analysis_config holds {len(files)} files; it must be one analysis_config.json."
        )
    try:
        given = read_json(files[0])
    except json.JSONDecodeError as error:
        raise SagelabError(f"{files[0].name}, line {error.lineno}: not JSON ({error.msg}).") from error
    return parse(given, captured="dataset_format" in job.environment)


def analyze(
    job: Job, config: AnalysisConfig, data: Dataset, output: Path
) -> tuple[dict[str, Stage], Shap | None, list[dict[str, Any]]]:
    """Everything that was asked for; the shadow endpoint lives only as long as this takes."""
    stages: dict[str, Stage] = {}
    shap, dependence = None, []
    pre, post = config.metrics.get("pre_training_bias"), config.metrics.get("post_training_bias")
    if (pre or post) and data.label is None:
        raise SagelabError(
            "Bias metrics need a label for every row: merge ground truth labels with the captures."
        )
    if pre:
        before = data.without_predictions()
        stages[PRE] = bias_analysis.pre_training(before.table, before.bias_config(config), pre)
    with ExitStack() as stack:
        predictor = None
        if config.shap is not None or config.pdp is not None or (post and data.predicted is None):
            insist_on_network(job)
            predictor = stack.enter_context(Predictor(config.predictor, config.dataset_type))
        if post:
            judged = data
            if predictor is not None and data.predicted is None:
                judged = data.with_predictions(predictor.labels(data.lines(), config.threshold))
            stages[POST] = bias_analysis.post_training(judged.table, judged.bias_config(config), post)
        if predictor is not None and config.shap is not None:
            shap = explanations.explain(job, config, data, predictor, output)
        if predictor is not None and config.pdp is not None:
            dependence = explanations.dependence(config, data, predictor, shap)
    return stages, shap, dependence


def insist_on_network(job: Job) -> None:
    """An isolated job cannot ask a model (developer guide, "Configure a SageMaker Clarify Processing Job")."""
    if job_config(job).get("NetworkConfig", {}).get("EnableNetworkIsolation"):
        raise SagelabError(
            "Could not connect to SageMaker AI: EnableNetworkIsolation is true, so the job cannot reach the "
            "endpoint that gives it predictions. Set it to false."
        )


def as_json(stages: dict[str, Stage], shap: Shap | None, dependence: list[dict[str, Any]]) -> dict[str, Any]:
    """The content of analysis.json."""
    document: dict[str, Any] = {"version": "1.0"}
    document |= {name: stage.as_json() for name, stage in stages.items()}
    explained: dict[str, Any] = {}
    if shap is not None:
        explained["kernel_shap"] = shap.as_json()
    if dependence:
        explained["pdp"] = dependence
    return document | ({"explanations": explained} if explained else {})


# -- as a monitor --------------------------------------------------------------------------------------------------
def read_baseline(path: Path) -> dict[str, Any]:
    """The baseline's analysis.json."""
    files = files_under(path) if path.exists() else []
    found = read_json(files[0]) if len(files) == 1 else None
    if not isinstance(found, dict) or not ({PRE, POST, "explanations"} & set(found)):
        raise SagelabError("The baseline constraints must be the analysis.json of a Clarify job.")
    return found


def violations(stages: dict[str, Stage], shap: Shap | None, baseline: dict[str, Any]) -> list[dict[str, str]]:
    """Where bias or the ranking of attributions is worse than in the baseline."""
    found = [
        entry for name, stage in stages.items() for entry in drift.bias_violations(name, stage, baseline)
    ]
    if shap is not None:
        before = baseline.get("explanations", {}).get("kernel_shap")
        if before is None:
            raise SagelabError("The baseline constraints hold no SHAP values (explanations.kernel_shap).")
        found += drift.attribution_violations(shap.as_json(), before)
    return found


def bias_metrics(stages: dict[str, Stage]) -> list[Metric]:
    """bias_metric_<NAME> of each group; a metric that failed is not published."""
    metrics = []
    for section, stage in stages.items():
        for result in stage.results:
            dimensions = {
                "BiasStage": STAGES[section],
                "Label": stage.label,
                "LabelValue": stage.label_group,
                "Facet": result.facet,
                "FacetValue": ",".join(map(str, result.values)) or result.group,
            }
            metrics += [
                Metric(f"bias_metric_{metric.name}", metric.value, dimensions=dimensions)
                for metric in result.metrics
                if metric.value is not None
            ]
    return metrics


def shap_metrics(shap: Shap | None) -> list[Metric]:
    """feature_<name> of each feature, and ExpectedValue."""
    if shap is None:
        return []
    metrics = []
    for place, label in enumerate(shap.labels):
        common = {"ExplainabilityMethod": "KernelShap", "Label": label}
        metrics += [
            Metric(f"feature_{name}", value, dimensions={**common, "ValueType": "GlobalShapValues"})
            for name, value in shap.totals(place).items()
        ]
        expected = {**common, "ValueType": "ExpectedValue"}
        metrics.append(Metric("ExpectedValue", float(shap.expected[place]), dimensions=expected))
    return metrics


def end_in_order(_number: int, _frame: FrameType | None) -> None:
    """StopProcessingJob sends SIGTERM: leave by an exception, so that the shadow endpoint is deleted."""
    sys.exit(143)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, end_in_order)
    run(main)
