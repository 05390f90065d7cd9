"""Each job is a trial component: its parameters, what went in and came out, its metrics and its end."""

from collections.abc import Callable
from typing import Any

from ..control import ApiError, ControlPlane, Record
from .entities import TRIALS
from .points import Point

JOBS = {"TrainingJob": "training-job", "ProcessingJob": "processing-job", "TransformJob": "transform-job"}
LONGEST = 2500  # of a parameter's text
ENDED = ("Completed", "Failed", "Stopped")


def component_arn(plane: ControlPlane, noun: str, job_name: str) -> str:
    """The ARN of the trial component of a job."""
    return plane.arn("TrialComponent", component_name(noun, job_name))


def component_name(noun: str, job_name: str) -> str:
    """The name of the trial component of a job, as AWS forms it."""
    return f"{job_name}-aws-{JOBS[noun]}"


class Tracking:
    """Follows the jobs of one account; `put` takes the values of their metrics."""

    def __init__(self, plane: ControlPlane, put: Callable[[Point], None]) -> None:
        self._plane, self._put = plane, put
        for noun in JOBS:
            plane.checks(f"Create{noun}", self._check)
            plane.watches(noun, self._watcher(noun))
        plane.metric_listeners.append(self._heard)

    def _check(self, params: Record) -> None:
        """ExperimentConfig names what exists."""
        config = params.get("ExperimentConfig", {})
        if "ExperimentName" in config:
            self._plane.find("Experiment", config["ExperimentName"])
        if "TrialName" not in config:
            return
        trial = self._plane.find("Trial", config["TrialName"])
        if config.get("ExperimentName", trial["ExperimentName"]) != trial["ExperimentName"]:
            raise ApiError(
                f"Trial {trial['TrialName']} belongs to experiment {trial['ExperimentName']}, "
                f"not to {config['ExperimentName']}."
            )

    def _watcher(self, noun: str) -> Callable[[Record | None, Record], None]:
        status = f"{noun}Status"

        def changed(before: Record | None, job: Record) -> None:
            if before is None:
                self._begin(noun, job)
            elif before.get(status) != job.get(status):
                arn = component_arn(self._plane, noun, job[f"{noun}Name"])
                self._plane.store.update("TrialComponent", arn, progress(noun, job))

        return changed

    def _begin(self, noun: str, job: Record) -> None:
        name = component_name(noun, job[f"{noun}Name"])
        arn, config = self._plane.arn("TrialComponent", name), job.get("ExperimentConfig") or {}
        record: Record = {
            "_arn": arn,
            "TrialComponentArn": arn,
            "TrialComponentName": name,
            "DisplayName": config.get("TrialComponentDisplayName", name),
            "Source": {"SourceArn": job["_arn"], "SourceType": f"SageMaker{noun}"},
            "CreationTime": job["CreationTime"],
            **described(noun, job),
            **progress(noun, job),
            TRIALS: self._trials(config, job[f"{noun}Name"]),
        }
        if "RunName" in config:
            record["RunName"] = config["RunName"]
        if not self._plane.store.add("TrialComponent", record):  # a job of that name was deleted
            self._plane.store.update("TrialComponent", arn, record)

    def _trials(self, config: Record, job_name: str) -> list[str]:
        """The trial of a job; a new one where only the experiment is named."""
        if "TrialName" in config:
            return [self._plane.find("Trial", config["TrialName"])["TrialName"]]
        if "ExperimentName" not in config:
            return []
        trial = f"{job_name}-aws-trial"
        if not any(known["TrialName"] == trial for known in self._plane.records("Trial")):
            request = {"TrialName": trial, "ExperimentName": config["ExperimentName"]}
            self._plane.call("CreateTrial", request)
        return [trial]

    def _heard(self, job_arn: str, metric: str, value: float) -> None:
        arn = component_arn(self._plane, "TrainingJob", job_arn.rpartition("/")[2])
        self._put(Point(arn, metric, None, self._plane.clock.time(), value))


def progress(noun: str, job: Record) -> Record:
    """What a component says of how its job goes."""
    status, kind = job[f"{noun}Status"], noun.removesuffix("Job")
    message = job.get("FailureReason", "")
    if noun == "TrainingJob":
        said = f"Status: {status}, secondary status: {job.get('SecondaryStatus', 'Starting')}"
        message = f"{said}, failure reason: {message}."
    times = {"StartTime": job.get(f"{kind}StartTime"), "EndTime": job.get(f"{kind}EndTime")}
    return {
        "Status": {"PrimaryStatus": status, **({"Message": message[:1024]} if message else {})},
        "LastModifiedTime": job["LastModifiedTime"],
        **{name: value for name, value in times.items() if value is not None},
        **(produced(job) if noun == "TrainingJob" and status in ENDED else {}),
    }


def described(noun: str, job: Record) -> Record:
    """A component's parameters and artifacts, as AWS reads them from the job's request."""
    if noun == "TrainingJob":
        return of_training(job)
    return of_processing(job) if noun == "ProcessingJob" else of_transform(job)


def of_training(job: Record) -> Record:
    """Hyperparameters and channels."""
    image = job.get("AlgorithmSpecification", {}).get("TrainingImage")
    channels = {}
    for channel in job.get("InputDataConfig", []):
        source = channel["DataSource"].get("S3DataSource")
        if source:
            channels[channel["ChannelName"]] = artifact(source["S3Uri"], channel.get("ContentType"))
    return {
        "Parameters": {
            **parameters(job.get("HyperParameters", {})),
            **resources(image, job.get("ResourceConfig", {})),
        },
        "InputArtifacts": channels,
    }


def produced(job: Record) -> Record:
    """The model that a training job has left."""
    uri = (job.get("ModelArtifacts") or {}).get("S3ModelArtifacts")
    return {"OutputArtifacts": {"SageMaker.ModelArtifact": artifact(uri)}} if uri else {}


def of_processing(job: Record) -> Record:
    """Environment, inputs and outputs."""
    config = job.get("ProcessingResources", {}).get("ClusterConfig", {})
    inputs = {
        i["InputName"]: i["S3Input"]["S3Uri"] for i in job.get("ProcessingInputs", []) if "S3Input" in i
    }
    outputs = {
        output["OutputName"]: output["S3Output"]["S3Uri"]
        for output in job.get("ProcessingOutputConfig", {}).get("Outputs", [])
        if "S3Output" in output
    }
    return {
        "Parameters": {
            **parameters(job.get("Environment", {})),
            **resources(job.get("AppSpecification", {}).get("ImageUri"), config),
        },
        "InputArtifacts": {name: artifact(uri) for name, uri in inputs.items()},
        "OutputArtifacts": {name: artifact(uri) for name, uri in outputs.items()},
    }


def of_transform(job: Record) -> Record:
    """The model, what is transformed, and where to."""
    source = job["TransformInput"]["DataSource"].get("S3DataSource", {})
    target = job["TransformOutput"]
    return {
        "Parameters": {
            **parameters({"SageMaker.ModelName": job["ModelName"]}),
            **resources(None, job.get("TransformResources", {})),
        },
        "InputArtifacts": {
            "SageMaker.TransformInput": artifact(
                source.get("S3Uri", ""), job["TransformInput"].get("ContentType")
            )
        },
        "OutputArtifacts": {
            "SageMaker.TransformOutput": artifact(target["S3OutputPath"], target.get("Accept"))
        },
    }


def resources(image: str | None, config: Record) -> Record:
    """The machines of a job as parameters."""
    members = ("InstanceType", "InstanceCount", "VolumeSizeInGB")
    shown = {f"SageMaker.{member}": config[member] for member in members if member in config}
    return parameters({**({"SageMaker.ImageUri": image} if image else {}), **shown})


def parameters(values: dict[str, Any]) -> Record:
    """Parameters of a component: numbers where the text is one."""
    return {name[:320]: parameter(value) for name, value in list(values.items())[:300]}


def parameter(value: Any) -> Record:
    """A number or a text."""
    try:
        return {"NumberValue": float(value)} if float(value) - float(value) == 0 else text(value)
    except ValueError:
        return text(value)


def text(value: Any) -> Record:
    """A text, without the quotes of JSON that the SDK puts around hyperparameters."""
    plain = str(value)
    if len(plain) > 1 and plain[0] == plain[-1] == '"':
        plain = plain[1:-1]
    return {"StringValue": plain[:LONGEST]}


def artifact(uri: str, media_type: str | None = None) -> Record:
    """An artifact of a component."""
    kind = {"MediaType": media_type} if media_type and len(media_type) <= 64 else {}
    return {**kind, "Value": uri}
