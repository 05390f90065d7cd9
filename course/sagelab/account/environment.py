"""The environment variables that lead boto3 and the aws command to the local account, and to nothing else."""

import os
from collections.abc import Mapping

REGION = "us-east-1"


def local_environment(url: str) -> dict[str, str]:
    """What a process needs in its environment to use the account at `url`."""
    bypass = {name for name in os.environ.get("NO_PROXY", "").split(",") if name} | {"127.0.0.1", "localhost"}
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,  # profiles may name endpoints and real keys
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "MLFLOW_DISABLE_TELEMETRY": "true",  # its client would call home
        "NO_PROXY": ",".join(sorted(bypass)),
        "no_proxy": ",".join(sorted(bypass)),
    }


def without_aws(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without anything that speaks of AWS: profiles, tokens, other endpoints."""
    return {name: value for name, value in environment.items() if not name.startswith("AWS_")}
