"""RenderUiTemplate: a worker's page with one task in it.

Templates are written in Liquid. What they use of it (values, filters, if, for) Jinja reads too; a template that
Jinja cannot read is told in Errors, as AWS does with one that it cannot read.
"""

import json
from typing import Any

from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from ..control import ApiError, ControlPlane, Record


class Templates:
    """Renders the pages that workers would see."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._jinja = ImmutableSandboxedEnvironment(autoescape=True)
        self._jinja.filters.update(
            grant_read_access=self._presign, to_json=json.dumps, skip_autoescape=Markup
        )
        plane.answers("RenderUiTemplate", self.render)

    def render(self, params: Record) -> Record:
        """RenderUiTemplate."""
        if ("UiTemplate" in params) == ("HumanTaskUiArn" in params):
            raise ApiError("Exactly one of UiTemplate and HumanTaskUiArn must be given.")
        if "UiTemplate" in params:
            content = params["UiTemplate"]["Content"]
        else:
            content = self._plane.find("HumanTaskUi", params["HumanTaskUiArn"])["Content"]
        try:
            task = {"input": json.loads(params["Task"]["Input"])}
        except ValueError:
            return failed(content, "InvalidTaskInput", "Task.Input must be JSON.")
        try:
            return {"RenderedContent": self._jinja.from_string(content).render(task=task), "Errors": []}
        except (TemplateError, TypeError, ValueError) as error:
            return failed(content, "TemplateError", str(error))

    def _presign(self, uri: Any) -> Any:
        """`grant_read_access`: a URL of this account that opens the object."""
        bucket, _, key = str(uri).removeprefix("s3://").partition("/")
        if not str(uri).startswith("s3://") or not key:
            return uri
        url: str = self._plane.client("s3").generate_presigned_url(
            "get_object", Params={"Bucket": bucket, "Key": key}
        )
        return url.replace("http://127.0.0.1", self._plane.url, 1)


def failed(content: str, code: str, message: str) -> Record:
    """The answer about a template that could not be rendered."""
    return {"RenderedContent": content, "Errors": [{"Code": code, "Message": message}]}
