"""Scripts and questions that the tests of endpoints share."""

from typing import Any

from joblab import Lab

NAMED = """
def model_fn(model_dir): return {name!r}
def input_fn(body, content_type): return body
def predict_fn(data, model): return model
def output_fn(prediction, accept): return prediction
"""
PID = "import os\n" + NAMED.replace("{name!r}", "str(os.getpid())")
SLOW = """
import os, time
def model_fn(model_dir): return None
def input_fn(body, content_type): return float(body)
def predict_fn(data, model):
    time.sleep(data)
    return str(os.getpid())
def output_fn(prediction, accept): return prediction
"""


def pids(lab: Lab, endpoint: str, times: int) -> set[int]:
    """The processes that answer an endpoint whose script is PID."""
    return {int(lab.ask(endpoint)) for _ in range(times)}


def metric(
    lab: Lab,
    endpoint: str,
    name: str,
    statistic: str = "Sum",
    *,
    variant: str | None = "AllTraffic",
    namespace: str = "AWS/SageMaker",
) -> float:
    """A metric of an endpoint over all times, summed up over its datapoints."""
    now = lab.account.clock.now()
    dimensions = [{"Name": "EndpointName", "Value": endpoint}]
    if variant and namespace == "AWS/SageMaker":
        dimensions.append({"Name": "VariantName", "Value": variant})
    points: Any = lab.cloudwatch.get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        Dimensions=dimensions,
        StartTime=now.replace(year=now.year - 1),
        EndTime=now.replace(year=now.year + 1),
        Period=86400 * 365 * 2,
        Statistics=[statistic],
    )["Datapoints"]
    return float(sum(point[statistic] for point in points))
