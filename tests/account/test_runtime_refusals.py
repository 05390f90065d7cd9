"""An operation of the runtime that nobody executes is refused; moto would invent an answer."""

from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.mark.parametrize(
    ("service", "operation", "params"),
    [
        (
            "sagemaker-a2i-runtime",
            "list_human_loops",
            {"FlowDefinitionArn": "arn:aws:sagemaker:us-east-1:123456789012:flow-definition/reviews"},
        ),
    ],
)
def test_what_would_not_happen_is_refused(
    account: Any, service: str, operation: str, params: dict[str, Any]
) -> None:
    with pytest.raises(ClientError, match="not available in the local account") as refused:
        getattr(account.session.client(service), operation)(**params)
    assert refused.value.response["Error"]["Code"] == "NotAvailableInLocalAccount"
