"""What CreateAutoMLJob and CreateAutoMLJobV2 refuse: what AWS refuses, and what is not real here."""

from ..control import ApiError, Record
from .request import ALGORITHMS, Request

OBJECTIVES = {
    "BinaryClassification": ("Accuracy", "AUC", "BalancedAccuracy", "F1", "Precision", "Recall"),
    "MulticlassClassification": ("Accuracy", "BalancedAccuracy", "F1macro", "PrecisionMacro", "RecallMacro"),
    "Regression": ("MAE", "MSE", "R2", "RMSE"),
}
NOT_HERE = {
    "ImageClassificationJobConfig": "image classification",
    "TextClassificationJobConfig": "text classification",
    "TextGenerationJobConfig": "fine-tuning of language models",
    "TimeSeriesForecastingJobConfig": "time series forecasting",
}


def check_v2(params: Record) -> None:
    """CreateAutoMLJobV2."""
    given = params["AutoMLProblemTypeConfig"]
    if len(given) != 1:
        raise ApiError("Give exactly one problem type in AutoMLProblemTypeConfig.")
    for member, words in NOT_HERE.items():
        if member in given:
            raise ApiError(
                f"The local account has no AutoML for {words}: nothing here could train such a model. Use "
                "TabularJobConfig."
            )
    if "AutoMLComputeConfig" in params:
        raise ApiError("The local account has no EMR Serverless; leave AutoMLComputeConfig out.")
    if given["TabularJobConfig"].get("SampleWeightAttributeName"):
        raise ApiError(
            "The local account's AutoML has no sample weights; leave SampleWeightAttributeName out."
        )
    check_channels(params["AutoMLJobInputDataConfig"])
    check(Request.of(params))


def check_v1(params: Record) -> None:
    """CreateAutoMLJob."""
    targets = {channel["TargetAttributeName"] for channel in params["InputDataConfig"]}
    if len(targets) > 1:
        raise ApiError("All channels must have the same TargetAttributeName.")
    if any("SampleWeightAttributeName" in channel for channel in params["InputDataConfig"]):
        raise ApiError(
            "The local account's AutoML has no sample weights; leave SampleWeightAttributeName out."
        )
    check_channels(params["InputDataConfig"])
    check(Request.of(params))


def check_channels(channels: list[Record]) -> None:
    """A training channel, and data that can be read."""
    kinds = [channel.get("ChannelType", "training") for channel in channels]
    if "training" not in kinds or len(set(kinds)) < len(kinds):
        raise ApiError("Give one channel of type training, and at most one of type validation.")
    for channel in channels:
        source = channel.get("DataSource", {}).get("S3DataSource")
        if source is None or source["S3DataType"] != "S3Prefix":
            raise ApiError(
                "The local account reads AutoML data from an S3DataSource with S3DataType S3Prefix only."
            )
        if "header=absent" in channel.get("ContentType", "").replace(" ", ""):
            raise ApiError("AutoML needs column names: use ContentType text/csv;header=present.")


def check(request: Request) -> None:
    """Problem, objective, algorithms and limits fit together."""
    if bool(request.problem_type) != bool(request.objective):
        raise ApiError("Give both ProblemType and AutoMLJobObjective, or neither.")
    if request.problem_type and request.objective not in OBJECTIVES[request.problem_type]:
        raise ApiError(
            f"The objective metric {request.objective} cannot be used with problem type {request.problem_type}. "
            f"Choose one of: {', '.join(OBJECTIVES[request.problem_type])}."
        )
    if not 0 < request.fraction < 1:
        raise ApiError("ValidationFraction must lie between 0 and 1.")
    known = ALGORITHMS[request.mode]
    if unknown := sorted(set(request.algorithms or []) - set(known)):
        raise ApiError(
            f"The local account has no {', '.join(unknown)} for AutoML in {request.mode} mode; "
            f"it has {', '.join(known)}."
        )
    deploy = request.deploy
    if deploy is not None and bool(deploy.get("AutoGenerateEndpointName")) == ("EndpointName" in deploy):
        raise ApiError("ModelDeployConfig needs either AutoGenerateEndpointName true or an EndpointName.")
