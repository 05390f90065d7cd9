"""The API sagemaker-metrics: values of metrics go in one by one and come out as curves."""

import json
import math
import statistics
from collections.abc import Callable

from werkzeug.wrappers import Request, Response

from ..control import ApiError, ControlPlane, Record
from ..model import service_model
from ..validation import validate
from .points import Point, Points
from .tracking import JOBS, component_arn

SECONDS = {"OneMinute": 60, "FiveMinute": 300, "OneHour": 3600}
STATISTICS: dict[str, Callable[[list[float]], float]] = {
    "Min": min,
    "Max": max,
    "Avg": statistics.fmean,
    "Count": len,
    "StdDev": statistics.pstdev,
    "Last": lambda values: values[-1],
}


class MetricsRuntime:
    """The metrics of one account; `settle` waits for those that are on their way."""

    def __init__(self, plane: ControlPlane, points: Points, settle: Callable[[], None]) -> None:
        self._plane, self._points, self._settle = plane, points, settle
        plane.route("/BatchPutMetrics", self.put)
        plane.route("/BatchGetMetrics", self.get)

    def put(self, request: Request) -> Response:
        """BatchPutMetrics."""
        params = read(request, "BatchPutMetrics")
        component = self._plane.find("TrialComponent", params["TrialComponentName"])
        self._points.add(
            Point(component["_arn"], d["MetricName"], d.get("Step"), d["Timestamp"], d["Value"])
            for d in params["MetricData"]
        )
        return reply({})

    def get(self, request: Request) -> Response:
        """BatchGetMetrics."""
        queries = read(request, "BatchGetMetrics")["MetricQueries"]
        self._settle()
        return reply({"MetricQueryResults": [self._result(query) for query in queries]})

    def _result(self, query: Record) -> Record:
        by_step = query["XAxisType"] == "IterationNumber"
        if by_step != (query["Period"] == "IterationNumber"):
            text = "The period IterationNumber goes with the x-axis type IterationNumber, and no other."
            return {"Status": "ValidationError", "Message": text, "XAxisValues": [], "MetricValues": []}
        found = self._points.of(self._component(query["ResourceArn"]), query["MetricName"])
        groups = grouped(found, None if by_step else SECONDS[query["Period"]])
        start, end = query.get("Start", -math.inf), query.get("End", math.inf)
        shown = {x: values for x, values in sorted(groups.items()) if start <= x <= end}
        statistic = STATISTICS[query["MetricStat"]]
        return {
            "Status": "Complete",
            "XAxisValues": list(shown),
            "MetricValues": [float(statistic(values)) for values in shown.values()],
        }

    def _component(self, arn: str) -> str:
        """The component of an ARN, which may be a job's."""
        noun = next((noun for noun, kind in JOBS.items() if f":{kind}/" in arn), None)
        return component_arn(self._plane, noun, arn.rpartition("/")[2]) if noun else arn


def grouped(points: list[Point], seconds: int | None) -> dict[int, list[float]]:
    """Values by step, or by the second at which their period begins."""
    groups: dict[int, list[float]] = {}
    for number, point in enumerate(points):
        step = (
            number if point.step is None else point.step
        )  # a job's log has no steps: its values are counted
        x = step if seconds is None else int(point.moment // seconds * seconds)
        groups.setdefault(x, []).append(point.value)
    return groups


def read(request: Request, operation: str) -> Record:
    """A request of the API, validated."""
    try:
        params = json.loads(request.get_data() or b"{}")
    except (ValueError, RecursionError):
        raise ApiError("The request is not JSON", "SerializationException") from None
    return validate(service_model("sagemaker-metrics").operation_model(operation).input_shape, params)


def reply(body: Record) -> Response:
    """An answer of the API."""
    return Response(json.dumps(body), content_type="application/json")
