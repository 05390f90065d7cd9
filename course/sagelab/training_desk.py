"""Training jobs as boto3, their logs in CloudWatch and their records in S3 tell of them."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError, FlexibleChecksumError

from sagelab.job_log import GROUPS, log_lines
from sagelab.pipeline_desk import Clients
from sagelab.training_record import FILE, Saved, check, curves, read_record, thin

__all__ = ["ENDED", "TrainingDesk", "tensors"]

Record = dict[str, Any]
Tensors = tuple[list[Saved], int, str]  # what was saved, how many lines are strange, and the record's place
ENDED = ("Completed", "Failed", "Stopped")
POINTS = 300  # of one curve that are drawn
TAIL = 200
HISTOGRAMS = 60  # steps of one tensor


class TrainingDesk:
    """Looks at training jobs; what has ended is looked at once."""

    def __init__(self, lab: Clients, records: Mapping[str, str] | None = None) -> None:
        self._lab = lab
        self._records = dict(records or {})
        self._ended: dict[str, Record] = {}
        self._read: dict[str, Tensors] = {}  # the last record of each job that could be read

    def look(self, job: str) -> Record:
        """All about a job as plain JSON."""
        if job in self._ended:
            return self._ended[job]
        told = self._lab.client("sagemaker").describe_training_job(TrainingJobName=job)
        lines = log_lines(self._lab.client("logs"), GROUPS["training-job"], f"{told['TrainingJobName']}/")
        definitions = told.get("AlgorithmSpecification", {}).get("MetricDefinitions", [])
        found = curves([(line.time, line.text) for line in lines], definitions)
        saved, strange, place = self._record(told)
        look = {
            "job": job,
            "status": told["TrainingJobStatus"],
            "secondary": told.get("SecondaryStatus", ""),
            "reason": told.get("FailureReason", ""),
            "transitions": [_transition(one) for one in told.get("SecondaryStatusTransitions", [])],
            "seconds": told.get("TrainingTimeInSeconds"),
            "billable": told.get("BillableTimeInSeconds"),
            "curves": {name: _curve(points) for name, points in found.items()},
            "final": {one["MetricName"]: one["Value"] for one in told.get("FinalMetricDataList", [])},
            "log": [line.payload() for line in lines[-TAIL:]],
            "rules": _told_rules(told),
            "checked": [vars(finding) for finding in check(saved)] if saved else [],
            "tensors": tensors(saved),
            "record": place,
            "strange": strange,
        }
        if look["status"] in ENDED:
            self._ended[job] = look
        return look

    def stop(self, job: str) -> None:
        """StopTrainingJob."""
        self._lab.client("sagemaker").stop_training_job(TrainingJobName=job)

    def _record(self, told: Record) -> Tensors:
        """The saved tensors, the lines that cannot be read, and where they lie; empty where there is no record.

        A record that was copied to S3 while the script wrote to it may not fit its checksum: then the one before
        counts until the next copy.
        """
        name = told["TrainingJobName"]
        for place in self._places(told):
            bucket, _, key = place.removeprefix("s3://").partition("/")
            try:
                body = self._lab.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
            except ClientError:  # not there, or not yet
                continue
            except FlexibleChecksumError:
                break
            self._read[name] = (*read_record(bytes(body).decode("utf-8", "replace")), place)
            return self._read[name]
        return self._read.get(name, ([], 0, ""))

    def _places(self, told: Record) -> list[str]:
        name = told["TrainingJobName"]
        if name in self._records:
            return [self._records[name]]
        checkpoints = told.get("CheckpointConfig", {}).get("S3Uri", "")
        hook = told.get("DebugHookConfig", {}).get("S3OutputPath", "")
        places = [(checkpoints, ""), (hook, f"{name}/debug-output/")]
        return [f"{root.rstrip('/')}/{folder}{FILE}" for root, folder in places if root]


def tensors(saved: list[Saved]) -> dict[str, list[Record]]:
    """The histograms of each tensor by step, the newest kept where there are many."""
    found: dict[str, list[Record]] = {}
    for one in saved:
        if isinstance(one.value, dict):
            found.setdefault(one.name, []).append({"step": one.step, **one.value})
    return {name: thin(steps, HISTOGRAMS) for name, steps in sorted(found.items())}


def _curve(points: list[Record]) -> Record:
    values = [one["value"] for one in points]
    ends = {"least": min(values), "most": max(values), "last": values[-1]} if values else {}
    return {"count": len(points), "points": [[p["at"], p["value"]] for p in thin(points, POINTS)], **ends}


def _transition(one: Record) -> Record:
    start, end = one["StartTime"], one.get("EndTime")
    return {
        "status": one["Status"],
        "message": one.get("StatusMessage", ""),
        "start": start.timestamp(),
        "seconds": (end - start).total_seconds() if end else None,
    }


def _told_rules(told: Record) -> list[Record]:
    """What DescribeTrainingJob says of Debugger's and the profiler's rules."""
    members = ("DebugRuleEvaluationStatuses", "ProfilerRuleEvaluationStatuses")
    return [
        {
            "rule": one.get("RuleConfigurationName", ""),
            "status": one.get("RuleEvaluationStatus", ""),
            "details": one.get("StatusDetails", ""),
        }
        for member in members
        for one in told.get(member, [])
    ]
