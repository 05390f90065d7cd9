"""Bad requests, hundreds of them over all nouns: each gets AWS's error code, never a 500 or a traceback.

Most are made from botocore's description by a seeded generator; they are sent raw, past the checks that boto3 makes.
What depends on the state of the account is written by hand.
"""

import json
import random
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from requests_of import NoWordError, everything, smallest

from sagelab.account.app import Application
from sagelab.account.model import ApiModel
from sagelab.account.validation import matches
from sagelab.account.wsgi import Incoming, Outgoing, environment, run

MODEL = ApiModel()
SEED = 20261123
ROLE = "arn:aws:iam::123456789012:role/SageMakerRole"
SCIKIT = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
NOT_OURS = {"InternalFailure", "NotSaved", "NotAvailableInLocalAccount", "UnknownOperationException"}
ACTING = ("Create", "Describe", "Update", "Delete", "Start", "Stop", "List")


class Bad(NamedTuple):
    """A request that must be refused, and the codes with which AWS may do so."""

    why: str
    operation: str
    params: Any
    codes: frozenset[str]

    def __str__(self) -> str:
        return f"{self.operation}-{self.why}"


VALIDATION, SERIALIZATION = frozenset({"ValidationException"}), frozenset({"SerializationException"})


# -- made from the description ---------------------------------------------------------------------------------
def paths(
    shape: Any, path: tuple[str, ...] = (), depth: int = 4
) -> Iterator[tuple[tuple[str, ...], Any, bool]]:
    """The members of a structure at all depths: path, shape, required."""
    for name, member in shape.members.items():
        yield (*path, name), member, name in shape.required_members
        if member.type_name == "structure" and depth:
            yield from paths(member, (*path, name), depth - 1)


def holder(params: Any, path: tuple[str, ...]) -> Any:
    """The object that holds the last member of a path; None where the request does not have it."""
    for name in path[:-1]:
        params = params.get(name)
        if not isinstance(params, dict):
            return None
    return params if path[-1] in params else None


def wrong_type(shape: Any, rng: random.Random) -> Any:
    texts = ("string", "timestamp", "blob")
    wrong = {"structure": ["text", [], 7], "list": ["text", {}, 7], "map": ["text", [], True]}
    numbers: list[Any] = ["many", {}, True]
    if shape.type_name in texts:
        return rng.choice([{}, [], True])
    return rng.choice(wrong.get(shape.type_name, ["yes", {}, 2] if shape.type_name == "boolean" else numbers))


def misfit(shape: Any, rng: random.Random) -> Any:
    """A value of the right type that a rule of the shape forbids; None where all values are fine."""
    rule = shape.metadata
    found: list[Any] = []
    if shape.type_name == "string":
        if rule.get("enum"):
            found.append("No-Such-Value")
        if 0 < rule.get("max", 0) < 5000:
            found.append("x" * (rule["max"] + 1))
        found += [
            text for text in ("!", "a b!", "\n") if "pattern" in rule and not matches(rule["pattern"], text)
        ]
    elif shape.type_name in ("integer", "long", "float", "double"):
        found += [rule["min"] - 1] if "min" in rule else []
        found += [rule["max"] + 1] if "max" in rule else []
    return rng.choice(found) if found else None


def spoiled(operation: str, kind: str, rng: random.Random) -> Bad | None:
    """A valid request of an operation with one fault of that kind; None where it can have none."""
    shape = MODEL.operation(operation).input_shape
    places = list(paths(shape)) if shape is not None else []
    rng.shuffle(places)
    for path, member, required in places:
        try:
            params = everything(shape)
        except NoWordError:
            return None
        inside = holder(params, path)
        if inside is None or (kind == "missing" and not required):
            continue
        told = f"{kind}-{'.'.join(path)}"
        if kind == "missing":
            del inside[path[-1]]
            return Bad(told, operation, params, VALIDATION)
        if kind == "type":
            inside[path[-1]] = wrong_type(member, rng)
            return Bad(told, operation, params, SERIALIZATION)
        value = misfit(member, rng)
        if value is not None:
            inside[path[-1]] = value
            return Bad(told, operation, params, VALIDATION)
    return None


def generated() -> list[Bad]:
    """Faults of three kinds in the requests of every noun, the verb drawn by chance."""
    rng = random.Random(SEED)
    found = []
    for noun in sorted(MODEL.created):
        verbs = [v + noun for v in ACTING if v + noun in MODEL.operations] + [
            name for name in sorted(MODEL.operations) if MODEL.regular(name) == ("List", noun)
        ]
        for kind in ("missing", "type", "pattern"):
            candidates = rng.sample(verbs, len(verbs))
            bad = next((made for name in candidates if (made := spoiled(name, kind, rng))), None)
            found += [bad] if bad else []
    irregular = sorted(name for name in MODEL.operations if MODEL.regular(name) is None)
    made = [spoiled(name, kind, rng) for name in irregular for kind in ("missing", "type", "pattern")]
    return [*found, *filter(None, made)]


def unknown() -> list[Bad]:
    """Operations on something that is not there."""
    found = []
    for operation in sorted(MODEL.operations):
        regular = MODEL.regular(operation)
        if regular is None or regular[0] not in ("Describe", "Update", "Delete", "Stop", "Start"):
            continue
        if regular[0] == "Start" and f"Create{regular[1]}" not in MODEL.operations:
            continue
        try:
            params = smallest(MODEL.operation(operation).input_shape)
        except NoWordError:
            continue
        if params:
            declared = MODEL.errors(operation) | MODEL.errors("Describe" + regular[1])
            codes = declared & {"ResourceNotFound"} or {"ValidationException"}
            found.append(Bad("unknown", operation, params, frozenset({*codes, "ValidationException"})))
    return found


GENERATED, UNKNOWN = generated(), unknown()
HARMLESS = sorted(
    name
    for name in MODEL.operations
    if not name.startswith(("Create", "Start", "Import", "Register", "Delete"))
)


# -- sending ---------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    begun = Application(tmp_path_factory.mktemp("malformed"))
    yield begun
    begun.close()


def post(app: Application, operation: str, params: Any) -> Outgoing:
    headers = {"host": "127.0.0.1", "x-amz-target": f"SageMaker.{operation}"}
    body = params if isinstance(params, bytes) else json.dumps(params).encode()
    return run(app, environment(Incoming("POST", "/", headers, body)))


def code_of(answered: Outgoing) -> str:
    told = json.loads(answered.body)
    return str(told.get("__type", ""))


def insist(app: Application, bad: Bad, capfd: pytest.CaptureFixture[str]) -> None:
    answered = post(app, bad.operation, bad.params)

    assert answered.code == 400, (bad, answered.body[:500])
    told = json.loads(answered.body)
    assert told["__type"] in bad.codes, (bad, told)
    assert told["message"]
    assert "Traceback" not in capfd.readouterr().err


def test_there_are_enough_of_them_and_they_are_about_everything() -> None:
    kinds = {bad.why.partition("-")[0] for bad in GENERATED}
    nouns = {noun for noun in MODEL.created if any(noun in bad.operation for bad in GENERATED)}

    assert len(GENERATED) >= 200
    assert kinds == {"missing", "type", "pattern"}
    assert len(nouns) >= 0.95 * len(MODEL.created)


@pytest.mark.parametrize("bad", GENERATED, ids=str)
def test_a_request_with_one_fault_is_refused_for_that_fault(
    app: Application, bad: Bad, capfd: pytest.CaptureFixture[str]
) -> None:
    insist(app, bad, capfd)


@pytest.mark.parametrize("bad", UNKNOWN, ids=str)
def test_what_is_not_there_is_told_as_missing(
    app: Application, bad: Bad, capfd: pytest.CaptureFixture[str]
) -> None:
    answered = post(app, bad.operation, bad.params)

    assert "Traceback" not in capfd.readouterr().err
    if app.plane.status(bad.operation) == "refused":
        assert code_of(answered) == "NotAvailableInLocalAccount"
    else:
        assert (answered.code, code_of(answered) in bad.codes) == (400, True), answered.body[:500]


@pytest.mark.parametrize("operation", HARMLESS)
def test_a_valid_request_about_nothing_is_no_fault_of_ours(
    app: Application, operation: str, capfd: pytest.CaptureFixture[str]
) -> None:
    shape = MODEL.operation(operation).input_shape
    for build in (smallest, everything):
        answered = post(app, operation, build(shape) if shape else {})

        assert answered.code == 200 or code_of(answered) not in NOT_OURS - {"NotAvailableInLocalAccount"}
        assert answered.code in (200, 400)
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"7",
        b"\xff\xfe",
        b'{"a": NaN}',
        b"[" * 60_000,
        b'{"a":' * 60_000,
        b"\x00" * 10,
    ],
    ids=range(11),
)
def test_a_body_that_is_no_object_cannot_be_read(
    app: Application, body: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    answered = post(app, "CreateModel", body)

    assert answered.code == 400
    assert code_of(answered) in ("SerializationException", "ValidationException")
    assert "Traceback" not in capfd.readouterr().err


# -- what depends on the state of the account ------------------------------------------------------------------
CARD = {"ModelCardName": "card", "Content": "{}", "ModelCardStatus": "Draft"}
PACKAGE = {"ModelPackageGroupName": "group", "ModelPackageGroupDescription": "d"}
MODEL_REQUEST = {"ModelName": "model", "ExecutionRoleArn": ROLE, "PrimaryContainer": {"Image": SCIKIT}}
VARIANT = {"VariantName": "v", "ModelName": "model", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
CONFIG = {"EndpointConfigName": "config", "ProductionVariants": [VARIANT]}
FEATURES = {
    "FeatureGroupName": "features",
    "RecordIdentifierFeatureName": "id",
    "EventTimeFeatureName": "at",
    "FeatureDefinitions": [
        {"FeatureName": "id", "FeatureType": "String"},
        {"FeatureName": "at", "FeatureType": "Fractional"},
    ],
    "OnlineStoreConfig": {"EnableOnlineStore": True},
}
TRAIN = {
    "TrainingJobName": "job",
    "RoleArn": ROLE,
    "AlgorithmSpecification": {"TrainingImage": SCIKIT, "TrainingInputMode": "File"},
    "OutputDataConfig": {"S3OutputPath": "s3://b/o"},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
    "StoppingCondition": {"MaxRuntimeInSeconds": 60},
}
EXISTING = [
    ("CreateModelCard", CARD, "ConflictException"),
    ("CreateModelPackageGroup", PACKAGE, "ValidationException"),
    ("CreateModel", MODEL_REQUEST, "ValidationException"),
    ("CreateEndpointConfig", CONFIG, "ValidationException"),
    ("CreateExperiment", {"ExperimentName": "experiment"}, "ValidationException"),
    ("CreateFeatureGroup", FEATURES, "ResourceInUse"),
    ("CreateTrialComponent", {"TrialComponentName": "component"}, "ValidationException"),
    (
        "CreateContext",
        {"ContextName": "c", "Source": {"SourceUri": "u"}, "ContextType": "t"},
        "ValidationException",
    ),
    ("CreateImage", {"ImageName": "image", "RoleArn": ROLE}, "ResourceInUse"),
    (
        "CreateAlgorithm",
        {
            "AlgorithmName": "a",
            "TrainingSpecification": {
                "TrainingImage": SCIKIT,
                "SupportedTrainingInstanceTypes": ["ml.m5.large"],
                "TrainingChannels": [
                    {"Name": "c", "SupportedContentTypes": ["text/csv"], "SupportedInputModes": ["File"]}
                ],
            },
        },
        "ValidationException",
    ),
    (
        "CreateStudioLifecycleConfig",
        {
            "StudioLifecycleConfigName": "c",
            "StudioLifecycleConfigContent": "Iw==",
            "StudioLifecycleConfigAppType": "JupyterLab",
        },
        "ResourceInUse",
    ),
]


@pytest.fixture(scope="module")
def furnished(app: Application) -> Application:
    """The account with one of each."""
    for operation, params, _ in EXISTING:
        answered = post(app, operation, params)
        assert answered.code == 200, (operation, answered.body)
    return app


@pytest.mark.parametrize(("operation", "params", "code"), EXISTING, ids=[name for name, _, _ in EXISTING])
def test_a_name_is_taken_once(furnished: Application, operation: str, params: Any, code: str) -> None:
    answered = post(furnished, operation, params)

    declared = MODEL.errors(operation) & {"ResourceInUse", "ConflictException", "ResourceAlreadyExists"}
    assert answered.code == 400
    assert code_of(answered) == (next(iter(declared)) if declared else "ValidationException")


STATE = [
    (
        "CreateEndpointConfig",
        {**CONFIG, "EndpointConfigName": "c2", "ProductionVariants": [{**VARIANT, "ModelName": "no"}]},
    ),
    (
        "CreateEndpointConfig",
        {**CONFIG, "EndpointConfigName": "c3", "ProductionVariants": [VARIANT, VARIANT]},
    ),
    ("CreateEndpoint", {"EndpointName": "e", "EndpointConfigName": "no"}),
    ("CreateModel", {**MODEL_REQUEST, "ModelName": "m2", "PrimaryContainer": {"Image": "nobody/nothing:1"}}),
    ("CreateModel", {"ModelName": "m3", "ExecutionRoleArn": ROLE}),
    ("CreateModel", {**MODEL_REQUEST, "ModelName": "m4", "Containers": [{"Image": SCIKIT}]}),
    (
        "CreateTrainingJob",
        {**TRAIN, "AlgorithmSpecification": {"TrainingImage": "nobody/x:1", "TrainingInputMode": "File"}},
    ),
    ("CreateTrainingJob", {**TRAIN, "AlgorithmSpecification": {"TrainingInputMode": "File"}}),
    ("CreateTrainingJob", {**TRAIN, "EnableManagedSpotTraining": True}),
    ("CreateTrainingJob", {**TRAIN, "OutputDataConfig": {"S3OutputPath": "no-uri"}}),
    ("StopTrainingJob", {"TrainingJobName": "nobody"}),
    ("StopProcessingJob", {"ProcessingJobName": "nobody"}),
    ("CreateTrial", {"TrialName": "t", "ExperimentName": "nobody"}),
    ("CreateUserProfile", {"DomainId": "d-nobody", "UserProfileName": "u"}),
    ("CreateModelPackage", {"ModelPackageGroupName": "nobody"}),
    ("CreateModelPackage", {}),
    ("UpdateModelCard", {"ModelCardName": "nobody", "Content": "{}"}),
    ("UpdateModelCard", {"ModelCardName": "card", "Content": '{"no": 1}'}),
    (
        "CreateModelCardExportJob",
        {
            "ModelCardName": "card",
            "ModelCardVersion": 9,
            "ModelCardExportJobName": "j",
            "OutputConfig": {"S3OutputPath": "s3://b"},
        },
    ),
    ("CreateFeatureGroup", {**FEATURES, "FeatureGroupName": "f2", "RecordIdentifierFeatureName": "no"}),
    (
        "CreateFeatureGroup",
        {**FEATURES, "FeatureGroupName": "f3", "FeatureDefinitions": FEATURES["FeatureDefinitions"] * 2},
    ),
    ("DeleteFeatureGroup", {"FeatureGroupName": "nobody"}),
    (
        "AddTags",
        {
            "ResourceArn": "arn:aws:sagemaker:us-east-1:123456789012:model/nobody",
            "Tags": [{"Key": "k", "Value": "v"}],
        },
    ),
    ("ListTags", {"ResourceArn": "arn:aws:sagemaker:us-east-1:123456789012:model/nobody"}),
    ("ListModels", {"NextToken": "no-token"}),
    ("ListTrainingJobs", {"NextToken": "-1"}),
    ("ListModelCardVersions", {"ModelCardName": "nobody"}),
    ("ListMonitoringAlerts", {"MonitoringScheduleName": "nobody"}),
    ("CreateMonitoringSchedule", {"MonitoringScheduleName": "s", "MonitoringScheduleConfig": {}}),
    ("StartMonitoringSchedule", {"MonitoringScheduleName": "nobody"}),
    ("StartPipelineExecution", {"PipelineName": "nobody", "ClientRequestToken": "x" * 32}),
    (
        "CreatePipeline",
        {"PipelineName": "p", "ClientRequestToken": "x" * 32, "RoleArn": ROLE, "PipelineDefinition": "{"},
    ),
    ("CreatePipeline", {"PipelineName": "p", "ClientRequestToken": "x" * 32, "RoleArn": ROLE}),
    ("Search", {"Resource": "Nothing"}),
    ("QueryLineage", {"StartArns": ["no-arn"]}),
    ("UpdateEndpoint", {"EndpointName": "nobody", "EndpointConfigName": "config"}),
    ("DeleteModelPackageGroup", {"ModelPackageGroupName": "nobody"}),
]


@pytest.mark.parametrize(
    ("operation", "params"), STATE, ids=[f"{n}-{name}" for n, (name, _) in enumerate(STATE)]
)
def test_what_the_accounts_state_forbids_is_refused_in_a_sentence(
    furnished: Application, operation: str, params: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    answered = post(furnished, operation, params)

    told = json.loads(answered.body)
    declared = MODEL.errors(operation)
    assert answered.code == 400, told
    assert told["__type"] in declared | {"ValidationException", "ResourceNotFound"} - NOT_OURS
    assert told["message"][0].isupper() or told["message"].startswith("1 validation error")
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize(
    ("path", "body", "codes"),
    [
        ("/endpoints/nobody/invocations", b"1", {"ValidationError", "ValidationException"}),
        ("/endpoints/bad_name!/invocations", b"1", {"ValidationError", "ValidationException"}),
        ("/endpoints/nobody/async-invocations", b"", {"ValidationError", "ValidationException"}),
        ("/FeatureGroup/nobody", b"{}", {"ResourceNotFound", "ValidationError", "ValidationException"}),
        (
            "/FeatureGroup/features",
            b"{",
            {"SerializationException", "ValidationError", "ValidationException"},
        ),
        (
            "/FeatureGroup/features",
            b"[]",
            {"SerializationException", "ValidationError", "ValidationException"},
        ),
    ],
)
def test_the_runtimes_refuse_too(
    furnished: Application, path: str, body: bytes, codes: set[str], capfd: pytest.CaptureFixture[str]
) -> None:
    method = "PUT" if path.startswith("/Feature") else "POST"
    headers = {
        "host": "127.0.0.1",
        "content-type": "application/json",
        "authorization": "AWS4-HMAC-SHA256 Credential=local/20261123/us-east-1/sagemaker/aws4_request",
    }

    answered = run(furnished, environment(Incoming(method, path, headers, body)))

    told = dict(answered.headers).get("x-amzn-ErrorType", "") or code_of(answered)
    assert 400 <= answered.code < 500
    assert told in codes
    assert "Traceback" not in capfd.readouterr().err
