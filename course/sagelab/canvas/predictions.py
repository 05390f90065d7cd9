"""Predict with the best candidate: one row at a time by an endpoint, many rows by a batch transform job."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from sagelab.errors import SagelabError

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Answer",
    "ask",
    "batch_rows",
    "batch_status",
    "delete_endpoint",
    "deploy",
    "endpoint_status",
    "start_batch",
]

INSTANCE = "ml.m5.large"
SINGLE = "predicted_label,probability,probabilities,labels"
BATCH = "predicted_label,probability"


@dataclass(frozen=True)
class Answer:
    """What the model says of one row: a number, or a category with the probability of each."""

    value: str | float
    shares: tuple[tuple[str, float], ...] = ()

    def payload(self) -> dict[str, Any]:
        """The answer as plain JSON."""
        return asdict(self)


def create_model(sagemaker: Any, name: str, role: str, best: Mapping[str, Any], output: str) -> None:
    """CreateModel from a candidate's containers; of categories, `output` names what is answered."""
    containers = [{**each, "Environment": dict(each["Environment"])} for each in best["InferenceContainers"]]
    if "SAGEMAKER_INFERENCE_OUTPUT" in containers[-1]["Environment"]:
        containers[-1]["Environment"]["SAGEMAKER_INFERENCE_OUTPUT"] = output
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=role, Containers=containers)


def deploy(sagemaker: Any, name: str, role: str, best: Mapping[str, Any]) -> None:
    """Start an endpoint with the model behind it, all under one name; it is billed on AWS until it is deleted."""
    create_model(sagemaker, name, role, best, SINGLE)
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": name,
        "InstanceType": INSTANCE,
        "InitialInstanceCount": 1,
        "InitialVariantWeight": 1.0,
    }
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)


def endpoint_status(sagemaker: Any, name: str) -> tuple[str, str]:
    """An endpoint's status ("" where there is none) and the reason of its failure."""
    try:
        found = sagemaker.describe_endpoint(EndpointName=name)
    except ClientError as error:
        if "Could not find" in error.response["Error"]["Message"]:
            return "", ""
        raise
    return found["EndpointStatus"], found.get("FailureReason", "")


def delete_endpoint(sagemaker: Any, name: str) -> None:
    """Delete an endpoint, its configuration and its model."""
    sagemaker.delete_endpoint(EndpointName=name)
    sagemaker.delete_endpoint_config(EndpointConfigName=name)
    sagemaker.delete_model(ModelName=name)


def as_csv(rows: Sequence[Sequence[str | None]]) -> str:
    """Rows without a header, as a model's container takes them."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(
        [["" if value is None else value for value in row] for row in rows]
    )
    return buffer.getvalue()


def ask(runtime: Any, endpoint: str, row: Sequence[str | None]) -> Answer:
    """InvokeEndpoint with one row of the columns that the model was trained on."""
    answer = runtime.invoke_endpoint(
        EndpointName=endpoint, ContentType="text/csv", Accept="application/json", Body=as_csv([row])
    )
    (found,) = json.loads(answer["Body"].read())["predictions"]
    if "labels" not in found:
        return Answer(float(found["predicted_label"]))
    shares = zip(map(str, found["labels"]), map(float, found["probabilities"]), strict=True)
    return Answer(str(found["predicted_label"]), tuple(shares))


def batch_table(rows: pd.DataFrame, columns: Sequence[str]) -> tuple[pd.DataFrame, int]:
    """The rows as a transform job splits them: a line each, the model's columns last; how many come before them."""
    if lacking := [name for name in columns if name not in rows]:
        raise SagelabError(f"The rows have no column named {lacking[0]}; the model was trained on it.")
    others = [name for name in rows if name not in columns]
    return rows[[*others, *columns]].replace(r"[\r\n]+", " ", regex=True), len(others)


def start_batch(
    sagemaker: Any, name: str, best: Mapping[str, Any], *, role: str, source: str, output: str, skip: int = 0
) -> None:
    """Start a transform job over the CSV at the S3 URI `source`; each line comes back with its prediction.

    The first `skip` columns stay away from the model.
    """
    create_model(sagemaker, name, role, best, BATCH)
    sagemaker.create_transform_job(
        TransformJobName=name,
        ModelName=name,
        TransformInput={
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": source}},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        TransformOutput={"S3OutputPath": output, "Accept": "text/csv", "AssembleWith": "Line"},
        DataProcessing={"InputFilter": f"$[{skip}:]", "JoinSource": "Input"},
        TransformResources={"InstanceType": INSTANCE, "InstanceCount": 1},
    )


def batch_status(sagemaker: Any, name: str) -> tuple[str, str]:
    """A transform job's status and the reason of its failure."""
    found = sagemaker.describe_transform_job(TransformJobName=name)
    return found["TransformJobStatus"], found.get("FailureReason", "")


def batch_rows(s3: Any, uri: str, columns: Sequence[str]) -> pd.DataFrame:
    """A transform job's output as a table: the columns that were sent, then the prediction."""
    import pandas as pd

    bucket, _, key = uri.removeprefix("s3://").partition("/")
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    rows = pd.read_csv(io.BytesIO(body), header=None, dtype=str)
    names = [*columns, "prediction", "probability"][: rows.shape[1]]
    if len(names) < rows.shape[1] or rows.shape[1] <= len(columns):
        raise SagelabError(f"The output {uri} has {rows.shape[1]} columns; {len(columns)} were sent.")
    return rows.set_axis(names, axis=1)
