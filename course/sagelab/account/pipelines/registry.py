"""Pipelines and their versions: CreatePipeline, UpdatePipeline, DescribePipeline, DeletePipeline and the lists."""

from typing import Any

from botocore.exceptions import ClientError

from ..control import ApiError, ControlPlane
from .definition import Definition, parse
from .records import (
    EXECUTION,
    PIPELINE,
    RUNNING,
    STEP,
    VERSION,
    executions_of,
    find_pipeline,
    page,
    shown,
    steps_of,
)

Record = dict[str, Any]
KEPT = (
    "PipelineDisplayName",
    "PipelineDescription",
    "RoleArn",
    "ParallelismConfiguration",
)


class Registry:
    """The pipelines of one account."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        plane.answers("CreatePipeline", self.create)
        plane.answers("UpdatePipeline", self.update)
        plane.answers("DescribePipeline", self.describe)
        plane.answers("DeletePipeline", self.delete)
        plane.answers("ListPipelines", self.list_pipelines)
        plane.answers("ListPipelineVersions", self.list_versions)
        plane.answers("UpdatePipelineVersion", self.update_version)

    # -- operations --------------------------------------------------------------------------------------------
    def create(self, params: Record) -> Record:
        """CreatePipeline: the definition is parsed now, so that a wrong one is never kept."""
        arn = self._plane.arn(PIPELINE, params["PipelineName"])
        kept = self._plane.store.get(PIPELINE, arn)
        if kept and kept["_token"] == params["ClientRequestToken"]:
            return {"PipelineArn": arn}
        if kept:
            raise taken(params["PipelineName"])
        text = self._text(params)
        self._parse(text)
        now = self._plane.clock.time()
        record = {
            "_arn": arn,
            "_token": params["ClientRequestToken"],
            "PipelineArn": arn,
            "PipelineName": params["PipelineName"],
            "PipelineDisplayName": params["PipelineName"],
            "PipelineStatus": "Active",
            "CreationTime": now,
            "LastModifiedTime": now,
            "Tags": params.get("Tags", []),
            **{name: params[name] for name in KEPT if name in params},
        }
        if not self._plane.store.add(PIPELINE, record):
            raise taken(params["PipelineName"])
        self._add_version(arn, text, params)
        return {"PipelineArn": arn}

    def update(self, params: Record) -> Record:
        """UpdatePipeline: a new definition makes a new version."""
        arn = find_pipeline(self._plane, params["PipelineName"])["_arn"]
        answer: Record = {"PipelineArn": arn}
        if "PipelineDefinition" in params or "PipelineDefinitionS3Location" in params:
            text = self._text(params)
            self._parse(text)
            answer["PipelineVersionId"] = self._add_version(arn, text, params)
        else:
            answer["PipelineVersionId"] = self.version(arn)["PipelineVersionId"]
        changes = {name: params[name] for name in KEPT if name in params}
        self._plane.update(PIPELINE, arn, **changes, LastModifiedTime=self._plane.clock.time())
        return answer

    def describe(self, params: Record) -> Record:
        """DescribePipeline, of its latest version or of the one that is asked for."""
        pipeline = find_pipeline(self._plane, params["PipelineName"])
        version = self.version(
            pipeline["_arn"], params.get("PipelineVersionId"), params.get("PipelineVersionAlias", "")
        )
        runs = executions_of(self._plane, pipeline["_arn"])
        last = {"LastRunTime": runs[-1]["CreationTime"]} if runs else {}
        whole = {**pipeline, **last, **{n: v for n, v in version.items() if n.startswith("PipelineVersion")}}
        shape = self._plane.model.operation("DescribePipeline").output_shape
        return shown({**whole, "PipelineDefinition": version["_definition"]}, shape)

    def delete(self, params: Record) -> Record:
        """DeletePipeline, with its executions; not while one of them runs."""
        arn = find_pipeline(self._plane, params["PipelineName"])["_arn"]
        runs = executions_of(self._plane, arn)
        if any(run["PipelineExecutionStatus"] in RUNNING for run in runs):
            raise ApiError(
                f"Pipeline {arn} has running executions. Stop them before you delete it.", "ConflictException"
            )
        for run in runs:
            for step in steps_of(self._plane, run["_arn"]):
                self._plane.store.delete(STEP, step["_arn"])
            self._plane.store.delete(EXECUTION, run["_arn"])
        for version in self._versions(arn):
            self._plane.store.delete(VERSION, version["_arn"])
        self._plane.store.delete(PIPELINE, arn)
        return {"PipelineArn": arn}

    def list_pipelines(self, params: Record) -> Record:
        """ListPipelines."""
        found = [
            {**record, **self._last(record["_arn"])}
            for record in self._plane.records(PIPELINE)
            if record["PipelineName"].startswith(params.get("PipelineNamePrefix", ""))
            and within(record["CreationTime"], params)
            and params.get("ManagedBy", "CUSTOMER") == "CUSTOMER"
        ]
        if params.get("SortBy") == "Name":
            found.sort(key=lambda record: record["PipelineName"])
        if params.get("SortOrder", "Descending") == "Descending":
            found.reverse()
        shape = self._plane.model.service.shape_for("PipelineSummary")
        return page("PipelineSummaries", [shown(record, shape) for record in found], params)

    def list_versions(self, params: Record) -> Record:
        """ListPipelineVersions."""
        arn = find_pipeline(self._plane, params["PipelineName"])["_arn"]
        found = [v for v in self._versions(arn) if within(v["CreationTime"], params)]
        if params.get("SortOrder", "Descending") == "Descending":
            found.reverse()
        shape = self._plane.model.service.shape_for("PipelineVersionSummary")
        return page("PipelineVersionSummaries", [shown(version, shape) for version in found], params)

    def update_version(self, params: Record) -> Record:
        """UpdatePipelineVersion: its name, its description, its aliases."""
        arn = find_pipeline(self._plane, params["PipelineArn"])["_arn"]
        version = self.version(arn, params["PipelineVersionId"])
        changes: Record = {
            name: params[name]
            for name in ("PipelineVersionDisplayName", "PipelineVersionDescription")
            if name in params
        }
        operations = params.get("PipelineVersionAliasOperations", {})
        aliases = [a for a in version["PipelineVersionAliases"] if a not in operations.get("Remove", [])]
        aliases = list(dict.fromkeys([*aliases, *operations.get("Add", [])]))
        self._claim(arn, operations.get("Add", []))
        self._plane.store.update(VERSION, version["_arn"], {**changes, "PipelineVersionAliases": aliases})
        return {"PipelineArn": arn, "PipelineVersionId": version["PipelineVersionId"]}

    # -- for executions ----------------------------------------------------------------------------------------
    def version(self, arn: str, number: int | None = None, alias: str = "") -> Record:
        """A version of a pipeline: by number, by alias, or the latest; ApiError ResourceNotFound."""
        for version in reversed(self._versions(arn)):
            if number is None and not alias:
                return version
            if version["PipelineVersionId"] == number or alias in version["PipelineVersionAliases"]:
                return version
        asked = f"alias '{alias}'" if alias else f"version {number}"
        raise ApiError(f"Pipeline {arn} has no {asked}.", "ResourceNotFound")

    # -- helpers -----------------------------------------------------------------------------------------------
    def _parse(self, text: str) -> Definition:
        return parse(text, self._plane.model)

    def _text(self, params: Record) -> str:
        inline, stored = params.get("PipelineDefinition"), params.get("PipelineDefinitionS3Location")
        if (inline is None) == (stored is None):
            raise ApiError("Provide exactly one of PipelineDefinition and PipelineDefinitionS3Location.")
        if stored is None:
            return str(inline)
        asked = {"Bucket": stored["Bucket"], "Key": stored["ObjectKey"]}
        if "VersionId" in stored:
            asked["VersionId"] = stored["VersionId"]
        try:
            body = self._plane.client("s3").get_object(**asked)["Body"].read()
        except ClientError as error:
            said = error.response["Error"].get("Message", "")
            raise ApiError(
                f"Unable to read the pipeline definition s3://{asked['Bucket']}/{asked['Key']}. {said}"
            ) from None
        return bytes(body).decode("utf-8", "replace")

    def _versions(self, arn: str) -> list[Record]:
        return [version for version in self._plane.store.all(VERSION) if version["PipelineArn"] == arn]

    def _add_version(self, arn: str, text: str, params: Record) -> int:
        number = max((v["PipelineVersionId"] for v in self._versions(arn)), default=0) + 1
        aliases = params.get("PipelineVersionAliases", [])
        self._claim(arn, aliases)
        record = {
            "_arn": f"{arn}/version/{number}",
            "_definition": text,
            "PipelineArn": arn,
            "PipelineVersionId": number,
            "PipelineVersionAliases": aliases,
            "CreationTime": self._plane.clock.time(),
        }
        self._plane.store.add(VERSION, record)
        return number

    def _claim(self, arn: str, aliases: list[str]) -> None:
        """An alias names one version: take it from the others."""
        for version in self._versions(arn):
            kept = [alias for alias in version["PipelineVersionAliases"] if alias not in aliases]
            self._plane.store.update(VERSION, version["_arn"], {"PipelineVersionAliases": kept})

    def _last(self, arn: str) -> Record:
        runs = executions_of(self._plane, arn)
        return {"LastExecutionTime": runs[-1]["CreationTime"]} if runs else {}


def taken(name: str) -> ApiError:
    """The refusal of a second pipeline of one name."""
    return ApiError(
        "Pipeline names must be unique within an AWS account and region. "
        f"Pipeline with name ({name}) already exists."
    )


def within(moment: float, params: Record) -> bool:
    """Does a time pass the filters CreatedAfter and CreatedBefore?"""
    return bool(params.get("CreatedAfter", moment - 1) < moment < params.get("CreatedBefore", moment + 1))
