"""An operation of the runtime that nobody executes is refused; moto would invent an answer."""

from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.mark.parametrize(
    ("service", "operation", "params"),
    [
        ("sagemaker-runtime", "invoke_endpoint_async", {"EndpointName": "e", "InputLocation": "s3://b/k"}),
        ("sagemaker-runtime", "invoke_endpoint_with_response_stream", {"EndpointName": "e", "Body": b"1"}),
        (
            "sagemaker-metrics",
            "batch_put_metrics",
            {"TrialComponentName": "t", "MetricData": [{"MetricName": "m", "Timestamp": 1, "Value": 1.0}]},
        ),
    ],
)
def test_what_would_not_happen_is_refused(
    account: Any, service: str, operation: str, params: dict[str, Any]
) -> None:
    with pytest.raises(ClientError, match="not available in the local account") as refused:
        getattr(account.session.client(service), operation)(**params)
    assert refused.value.response["Error"]["Code"] == "NotAvailableInLocalAccount"
