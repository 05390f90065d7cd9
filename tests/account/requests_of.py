"""Builds requests from AWS's own description: the smallest that is valid, or one with everything."""

import itertools
from typing import Any

from sagelab.account.validation import matches

WORDS = (
    "abc",
    "a" * 40,
    "1",
    "12",
    "123456789012",
    "1.0",
    "1.2.3",
    "p-abc123",
    "d-abcdefghijkl",
    "i-0123456789abcdef0",
    "s3://bucket/key",
    "https://example.com",
    "https://example.auth.us-east-1.amazoncognito.com",
    "git@example.com:a/b.git",
    "arn:aws:iam::123456789012:role/SageMakerRole",
    "arn:aws:kms:us-east-1:123456789012:key/abc",
    "arn:aws:lambda:us-east-1:123456789012:function:abc",
    "arn:aws:sns:us-east-1:123456789012:abc",
    "arn:aws:s3:::bucket",
    "arn:aws:cognito-idp:us-east-1:123456789012:userpool/abc",
    "arn:aws:codeconnections:us-east-1:123456789012:connection/abc",
    "arn:aws:secretsmanager:us-east-1:123456789012:secret:abc",
    "arn:aws:acm:us-east-1:123456789012:certificate/abc",
    "arn:aws:ecr:us-east-1:123456789012:repository/abc",
    "arn:aws:rds:us-east-1:123456789012:db:abc",
    "123456789012.dkr.ecr.us-east-1.amazonaws.com/abc:1",
    "us-east-1",
    "subnet-abc",
    "vpc-abc",
    "sg-abc",
    "rate(1 hour)",
    "cron(0 * ? * * *)",
    "-PT1H",
    "PT1H",
    "/opt/ml/abc",
    "10.0.0.0/16",
    "ml.m5.large",
    "a@example.com",
    "Sun:04:00",
    "{}",
    "0.5",
    "text/csv",
    "us-east-1_abc",
    "PyTorch 2.1",
    "DisplayName",
    "https://example.com/abc.json",
    "01234567-89ab-cdef-0123-456789abcdef",
    "arn:aws:sagemaker:us-east-1:123456789012:cluster/abcdefghijkl",
    "arn:aws:sagemaker:us-east-1:123456789012:partner-app/app-ABCDEFGHIJKL",
    "arn:aws:sagemaker:us-east-1:123456789012:pipeline/abc/execution/abc",
    "arn:aws:sagemaker:us-east-1:123456789012:model-card/abc/export-job/abc",
    "arn:aws:sagemaker:us-east-1:aws:hub-content/abc/Model/abc",
    "abcdefghijkl",
    "fs-01234567",
    "fs-01234567.example",
    "sha256:" + "0" * 64,
    "notebook-al2-v2",
    "arn:aws:sagemaker:us-east-1:123456789012:extension/eks-abc/abc/abc",
    "vol-01234567",
    "UserName",
    "arn:aws:sso:::instance/ssoins-0123456789abcdef",
    "mig-1g.5gb",
    "default",
    "1D",
    "eni-01234567",
    "us-east-1a",
    "arn:aws:codewhisperer:us-east-1:123456789012:profile/abc",
    "arn:aws:sagemaker:us-east-1:aws:hub-content/abc/DataSet/abc",
    "arn:aws:eks:us-east-1:123456789012:cluster/abc",
    "p90",
)
KINDS = [
    "training-job",
    "processing-job",
    "transform-job",
    "model",
    "model-package",
    "model-package-group",
    "endpoint",
    "endpoint-config",
    "cluster",
    "domain",
    "user-profile",
    "space",
    "app",
    "image",
    "image-version",
    "pipeline",
    "hub",
    "hub-content",
    "artifact",
    "context",
    "action",
    "feature-group",
    "workteam",
    "workforce",
    "flow-definition",
    "human-task-ui",
    "labeling-job",
    "compilation-job",
    "device-fleet",
    "mlflow-tracking-server",
    "mlflow-app",
    "partner-app",
    "training-plan",
    "model-card",
    "experiment",
    "experiment-trial",
    "studio-lifecycle-config",
    "cluster-scheduler-config",
    "compute-quota",
    "inference-component",
    "inference-experiment",
    "app-image-config",
    "code-repository",
    "notebook-instance",
    "edge-deployment",
    "model-card-export-job",
    "reserved-capacity",
]


class NoWordError(AssertionError):
    """AWS has a pattern that none of our words fits."""


def smallest(shape: Any) -> Any:
    """A valid value with nothing that is not required."""
    return _build(shape, everything=False, depth=0)


def everything(shape: Any) -> Any:
    """A valid value with all members, as deep as is sensible."""
    return _build(shape, everything=True, depth=0)


def _build(shape: Any, *, everything: bool, depth: int) -> Any:
    kind, rule = shape.type_name, shape.metadata
    if kind == "structure":
        return _members(shape, everything=everything, depth=depth)
    if kind == "list":
        size = max(rule.get("min", 0), 1 if everything and depth < 5 else 0)
        return [_build(shape.member, everything=everything, depth=depth + 1) for _ in range(size)]
    if kind == "map":
        full = everything or rule.get("min", 0)
        return {_text(shape.key): _build(shape.value, everything=everything, depth=depth + 1)} if full else {}
    if kind == "boolean":
        return True
    if kind == "timestamp":
        return 1_790_000_000
    if kind in ("integer", "long", "float", "double"):
        return max(rule.get("min", 1), min(1, rule.get("max", 1)))
    return _text(shape)


def _members(shape: Any, *, everything: bool, depth: int) -> dict[str, Any]:
    built = {}
    for name in shape.members if everything and depth < 5 else shape.required_members:
        try:
            built[name] = _build(shape.members[name], everything=everything, depth=depth + 1)
        except NoWordError:  # a new kind of id: a request without it is valid too
            if name in shape.required_members:
                raise
    return built


def _text(shape: Any) -> str:
    rule = shape.metadata
    if rule.get("enum"):
        return str(rule["enum"][0])
    arns = (f"arn:aws:sagemaker:us-east-1:123456789012:{kind}/abc" for kind in KINDS)
    tails = ("", "/1", "/abc", "/abc/1", "/abc/abc")
    tried = itertools.chain(WORDS, (arn + tail for arn in arns for tail in tails))
    for word in tried:
        long_enough = word * max(1, -(-rule.get("min", 1) // len(word)))
        if len(long_enough) <= rule.get("max", 10**9) and matches(rule.get("pattern", ".*"), long_enough):
            return long_enough
    raise NoWordError(f"no word fits {shape.name}: {rule}")
