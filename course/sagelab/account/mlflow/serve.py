"""One MLflow server: `python -m sagelab.account.mlflow.serve DESCRIPTOR DATABASE ARTIFACTS [register]`.

It is MLflow's own REST application on a SQLite file, so any MLflow client can talk to it. The web page needs the whole
`mlflow` package; `mlflow-skinny` has the application without it. With `register`, a model version that is
registered here becomes a model package in SageMaker's registry too.
"""

import json
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

NO_PAGE = (
    b"This MLflow tracking server answers its API. "
    b"Its web page comes with the extra: pip install 'sagelab[mlflow]'\n"
)
NEW_VERSION = re.compile(r"/(?:ajax-)?api/2\.0/mlflow/model-versions/create")
NOT_IN_A_NAME = re.compile(r"[^a-zA-Z0-9]+")

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def main(descriptor: str, database: str, artifacts: str, *options: str) -> None:
    """Serve until the account ends this process."""
    from mlflow.server.constants import ARTIFACT_ROOT_ENV_VAR, BACKEND_STORE_URI_ENV_VAR

    os.environ[BACKEND_STORE_URI_ENV_VAR] = f"sqlite:///{database}"
    os.environ[ARTIFACT_ROOT_ENV_VAR] = artifacts
    from mlflow.server import app
    from werkzeug.serving import make_server

    page = Path(str(app.static_folder or "")) / "index.html"
    front: Wsgi = app if page.exists() else without_page(app)
    if "register" in options:
        front = registering(front)
    make_server("127.0.0.1", 0, front, threaded=True, fd=int(descriptor)).serve_forever()


def without_page(app: Wsgi) -> Wsgi:
    """The application with a sentence where its web page would be."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/":
            return app(environ, start_response)
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(NO_PAGE)))])
        return [NO_PAGE]

    return answer


def registering(app: Wsgi) -> Wsgi:
    """The application, followed by SageMaker's registry when a model version was made."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not NEW_VERSION.fullmatch(environ["PATH_INFO"]):
            return app(environ, start_response)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        answered = b"".join(app({**environ, "wsgi.input": BytesIO(body)}, start_response))
        try:
            made = json.loads(answered).get("model_version")
            if made:
                register_package(made)
        except Exception:  # MLflow's answer stands; the account's log has the rest
            traceback.print_exc()
        return [answered]

    return answer


def register_package(version: dict[str, Any]) -> None:
    """Enter an MLflow model version in SageMaker's model registry."""
    import boto3

    client: Any = boto3.client("sagemaker")
    group = NOT_IN_A_NAME.sub("-", version["name"]).strip("-")[:63]
    if not client.list_model_package_groups(NameContains=group)["ModelPackageGroupSummaryList"]:
        client.create_model_package_group(
            ModelPackageGroupName=group, ModelPackageGroupDescription=f"MLflow model {version['name']}"
        )
    client.create_model_package(
        ModelPackageGroupName=group,
        ModelPackageDescription=f"Version {version['version']} of the MLflow model {version['name']}",
        SourceUri=version["source"],
        CustomerMetadataProperties={
            "mlflow.modelVersion": str(version["version"]),
            "mlflow.runId": version.get("run_id") or "none",
        },
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
