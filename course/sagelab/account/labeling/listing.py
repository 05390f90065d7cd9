"""ListLabelingJobsForWorkteam: the jobs of one work team."""

from ..control import ControlPlane, Record
from ..listing import page_start
from .rules import NOUN, workers_of
from .workforce import find_team


def list_for_team(plane: ControlPlane, params: Record) -> Record:
    """ListLabelingJobsForWorkteam."""
    team = find_team(plane, params["WorkteamArn"])
    jobs = [j for j in plane.records(NOUN) if j["HumanTaskConfig"]["WorkteamArn"] == team["_arn"]]
    jobs = [job for job in jobs if wanted(job, params)]
    jobs.sort(key=lambda job: job["CreationTime"], reverse=params.get("SortOrder") != "Ascending")
    start, size = page_start(params), int(params.get("MaxResults", 10))
    page: Record = {"LabelingJobSummaryList": [summary(plane, j) for j in jobs[start : start + size]]}
    return {**page, "NextToken": str(start + size)} if start + size < len(jobs) else page


def wanted(job: Record, params: Record) -> bool:
    """Does a job pass the filters of ListLabelingJobsForWorkteam?"""
    after, before = params.get("CreationTimeAfter"), params.get("CreationTimeBefore")
    if (after is not None and job["CreationTime"] <= after) or (
        before is not None and job["CreationTime"] >= before
    ):
        return False
    return params.get("JobReferenceCodeContains", "") in job["JobReferenceCode"]


def summary(plane: ControlPlane, job: Record) -> Record:
    """A job as its work team sees it."""
    counted = job["LabelCounters"]
    total = counted["HumanLabeled"] + counted["FailedNonRetryableError"] + counted["Unlabeled"]
    return {
        "LabelingJobName": job["LabelingJobName"],
        "JobReferenceCode": job["JobReferenceCode"],
        "WorkRequesterAccountId": plane.account,
        "CreationTime": job["CreationTime"],
        "NumberOfHumanWorkersPerDataObject": workers_of(job),
        "LabelCounters": {
            "HumanLabeled": counted["HumanLabeled"],
            "PendingHuman": counted["Unlabeled"],
            "Total": total,
        },
    }
