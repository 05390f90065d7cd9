"""Model cards: content by AWS's schema, versions that stay, documents that really are in S3."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from joblab import until

from sagelab.account.app import Application
from sagelab.account.containers import card_document

BUCKET = "cards"
CONTENT: dict[str, Any] = {
    "model_overview": {
        "model_id": "churn-3",
        "model_description": "Churn classifier",
        "problem_type": "Binary Classification",
    },
    "intended_uses": {"purpose_of_model": "Rank accounts for retention calls", "risk_rating": "Low"},
    "evaluation_details": [
        {
            "name": "holdout",
            "metric_groups": [
                {"name": "quality", "metric_data": [{"name": "f1", "type": "number", "value": 0.81}]}
            ],
        }
    ],
}


@pytest.fixture(scope="module")
def sm(account: Any) -> Any:
    account.session.client("s3").create_bucket(Bucket=BUCKET)
    return account.session.client("sagemaker")


@pytest.fixture
def card(account: Any, sm: Any) -> str:
    """A card in Draft; its name."""
    name = str(account.unique("card"))
    sm.create_model_card(ModelCardName=name, Content=json.dumps(CONTENT), ModelCardStatus="Draft")
    return name


def changed(**sections: Any) -> str:
    return json.dumps({**CONTENT, **sections})


def refused(call: Callable[..., Any], **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def export(account: Any, sm: Any, card: str, path: str = f"s3://{BUCKET}/out", **more: Any) -> dict[str, Any]:
    job = sm.create_model_card_export_job(
        ModelCardName=card,
        ModelCardExportJobName=account.unique("export"),
        OutputConfig={"S3OutputPath": path},
        **more,
    )["ModelCardExportJobArn"]
    return dict(
        until(
            lambda: sm.describe_model_card_export_job(ModelCardExportJobArn=job),
            lambda described: described["Status"] != "InProgress",
        )
    )


def stored(account: Any, uri: str) -> bytes:
    key = uri.removeprefix(f"s3://{BUCKET}/")
    return bytes(account.session.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read())


# -- content ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("sections", "told"),
    [
        ({"intended_uses": {"risk_rating": "low"}}, "#/intended_uses/risk_rating: 'low' is not one of"),
        ({"summary": "x"}, "#: Additional properties are not allowed ('summary' was unexpected)"),
        ({"evaluation_details": [{}]}, "#/evaluation_details/0: 'name' is a required property"),
        ({"model_overview": {"model_owner": "x" * 1025}}, "#/model_overview/model_owner: "),
        ({"model_overview": {"model_artifact": ["a"] * 16}}, "#/model_overview/model_artifact: "),
        (
            {
                "training_details": {
                    "training_job_details": {"training_metrics": [{"name": "a", "value": "1"}]}
                }
            },
            "#/training_details/training_job_details/training_metrics/0/value: '1' is not of type 'number'",
        ),
    ],
)
def test_content_outside_the_schema_is_refused_with_its_place(
    account: Any, sm: Any, sections: dict[str, Any], told: str
) -> None:
    name = account.unique("card")

    code, sentence = refused(
        sm.create_model_card, ModelCardName=name, Content=changed(**sections), ModelCardStatus="Draft"
    )

    assert code == "ValidationException"
    assert told in sentence
    assert refused(sm.describe_model_card, ModelCardName=name)[0] == "ResourceNotFound"


@pytest.mark.parametrize(
    ("metric", "fits"),
    [
        ({"type": "linear_graph", "value": [[0, 1], [1, 2]]}, True),
        ({"type": "linear_graph", "value": [[0, 1, 2]]}, False),
        ({"type": "bar_chart", "value": [1, 2], "x_axis_name": ["a", "b"]}, True),
        ({"type": "bar_chart", "value": [1, 2], "x_axis_name": "a"}, False),
        ({"type": "matrix", "value": [[1.0] * 20] * 20}, True),
        ({"type": "matrix", "value": [[1.0] * 21]}, False),
        ({"type": "string", "value": "x" * 64}, False),
        ({"type": "pie", "value": 1}, False),
    ],
)
def test_each_kind_of_metric_has_its_own_values(account: Any, sm: Any, metric: Any, fits: bool) -> None:
    groups = [{"name": "g", "metric_data": [{"name": "m", **metric}]}]
    content = changed(evaluation_details=[{"name": "e", "metric_groups": groups}])
    name = account.unique("card")
    request = {"ModelCardName": name, "Content": content, "ModelCardStatus": "Draft"}

    if fits:
        sm.create_model_card(**request)
        assert sm.describe_model_card(ModelCardName=name)["Content"] == content
    else:
        assert (
            "#/evaluation_details/0/metric_groups/0/metric_data/0"
            in refused(sm.create_model_card, **request)[1]
        )


@pytest.mark.parametrize("content", ["", "{", "[]", '"text"', "[" * 50_000])
def test_what_is_no_object_is_no_content(sm: Any, card: str, content: str) -> None:
    assert refused(sm.update_model_card, ModelCardName=card, Content=content)[0] == "ValidationException"


def test_a_model_package_that_a_card_names_must_be_there(sm: Any, card: str) -> None:
    arn = "arn:aws:sagemaker:us-east-1:123456789012:model-package/nobody/1"

    code, sentence = refused(
        sm.update_model_card,
        ModelCardName=card,
        Content=changed(model_package_details={"model_package_arn": arn}),
    )

    assert (code, sentence) == ("ValidationException", f"ModelPackage {arn} does not exist.")


# -- versions --------------------------------------------------------------------------------------------------
def test_an_edit_makes_a_version_and_the_old_one_stays(sm: Any, card: str) -> None:
    sm.update_model_card(ModelCardName=card, Content=changed(additional_information={}))

    newest, first = (
        sm.describe_model_card(ModelCardName=card),
        sm.describe_model_card(ModelCardName=card, ModelCardVersion=1),
    )

    assert (newest["ModelCardVersion"], first["ModelCardVersion"]) == (2, 1)
    assert json.loads(first["Content"]) == CONTENT
    assert "additional_information" in json.loads(newest["Content"])
    assert newest["CreationTime"] == first["CreationTime"]


def test_another_status_is_no_new_version(sm: Any, card: str) -> None:
    for status in ("PendingReview", "Approved", "Draft", "Archived"):
        sm.update_model_card(ModelCardName=card, ModelCardStatus=status)
        described = sm.describe_model_card(ModelCardName=card)
        assert (described["ModelCardStatus"], described["ModelCardVersion"]) == (status, 1)


def test_content_and_status_are_not_updated_in_one_call(sm: Any, card: str) -> None:
    both = {"Content": changed(), "ModelCardStatus": "Approved"}

    assert refused(sm.update_model_card, ModelCardName=card, **both)[0] == "ValidationException"
    assert refused(sm.update_model_card, ModelCardName=card)[0] == "ValidationException"
    assert sm.describe_model_card(ModelCardName=card)["ModelCardStatus"] == "Draft"


def test_an_archived_card_takes_no_content(sm: Any, card: str) -> None:
    sm.update_model_card(ModelCardName=card, ModelCardStatus="Archived")

    assert refused(sm.update_model_card, ModelCardName=card, Content=changed())[0] == "ConflictException"


def test_the_versions_are_listed_with_filters_and_pages(sm: Any, card: str) -> None:
    for number in range(3):
        sm.update_model_card(
            ModelCardName=card, Content=changed(business_details={"line_of_business": str(number)})
        )
    sm.update_model_card(ModelCardName=card, ModelCardStatus="Approved")

    def numbers(**params: Any) -> list[int]:
        found = sm.list_model_card_versions(ModelCardName=card, **params)["ModelCardVersionSummaryList"]
        return [version["ModelCardVersion"] for version in found]

    assert numbers() == [4, 3, 2, 1]
    assert numbers(SortOrder="Ascending", MaxResults=2) == [1, 2]
    assert numbers(ModelCardStatus="Approved") == [4]
    page = sm.list_model_card_versions(ModelCardName=card, MaxResults=3)
    assert numbers(NextToken=page["NextToken"], MaxResults=3) == [1]


def test_metadata_only_keeps_the_five_documented_fields(sm: Any, card: str) -> None:
    described = sm.describe_model_card(ModelCardName=card, IncludedData="MetadataOnly")

    assert json.loads(described["Content"]) == {
        "model_overview": {"model_id": "churn-3"},
        "intended_uses": {"risk_rating": "Low"},
    }


def test_cards_are_listed_by_status_and_name(account: Any, sm: Any, card: str) -> None:
    sm.update_model_card(ModelCardName=card, ModelCardStatus="PendingReview")

    found = sm.list_model_cards(ModelCardStatus="PendingReview", NameContains=card)["ModelCardSummaries"]

    assert [summary["ModelCardName"] for summary in found] == [card]
    assert sm.list_model_cards(ModelCardStatus="Approved", NameContains=card)["ModelCardSummaries"] == []


def test_the_key_is_recorded_and_a_name_is_taken_once(account: Any, sm: Any) -> None:
    name, key = account.unique("card"), "arn:aws:kms:us-east-1:123456789012:key/abc"
    request = {"ModelCardName": name, "Content": changed(), "ModelCardStatus": "Draft"}
    sm.create_model_card(**request, SecurityConfig={"KmsKeyId": key})

    assert sm.describe_model_card(ModelCardName=name)["SecurityConfig"] == {"KmsKeyId": key}
    assert refused(sm.create_model_card, **request)[0] == "ConflictException"


def test_a_deleted_card_takes_its_versions_and_exports_along(account: Any, sm: Any, card: str) -> None:
    job = export(account, sm, card)
    sm.update_model_card(ModelCardName=card, Content=changed(business_details={}))
    sm.delete_model_card(ModelCardName=card)
    sm.create_model_card(ModelCardName=card, Content=changed(), ModelCardStatus="Draft")

    listed = sm.list_model_card_versions(ModelCardName=card)["ModelCardVersionSummaryList"]
    assert [version["ModelCardVersion"] for version in listed] == [1]
    assert sm.list_model_card_export_jobs(ModelCardName=card)["ModelCardExportJobSummaries"] == []
    arn = job["ModelCardExportJobArn"]
    assert refused(sm.describe_model_card_export_job, ModelCardExportJobArn=arn)[0] == "ResourceNotFound"


# -- exports ---------------------------------------------------------------------------------------------------
def test_an_export_puts_a_document_of_the_version_into_s3(account: Any, sm: Any, card: str) -> None:
    sm.update_model_card(ModelCardName=card, Content=changed(business_details={"line_of_business": "cards"}))

    job = export(account, sm, card, ModelCardVersion=1)

    uri = job["ExportArtifacts"]["S3ExportArtifacts"]
    page = stored(account, uri.removesuffix(".pdf").removesuffix(".html") + ".html").decode()
    assert (job["Status"], job["ModelCardVersion"]) == ("Completed", 1)
    assert uri.startswith(f"s3://{BUCKET}/out/{card}-1-")
    assert "Rank accounts for retention calls" in page
    assert "0.81" in page
    assert "line_of_business" not in page
    assert "Line of business" not in page


def test_the_export_is_a_pdf_where_weasyprint_is_installed(account: Any, sm: Any, card: str) -> None:
    pytest.importorskip("weasyprint", reason="weasyprint (the extra pdf) is not installed")

    uri = export(account, sm, card)["ExportArtifacts"]["S3ExportArtifacts"]

    document = stored(account, uri)
    assert uri.endswith(".pdf")
    assert document.startswith(b"%PDF-")
    assert document.rstrip().endswith(b"%%EOF")
    assert len(document) > 5000


def test_without_weasyprint_the_page_is_the_export(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)

    assert card_document.write_pdf("<p>card</p>", tmp_path / "card.pdf") is False
    assert list(tmp_path.iterdir()) == []


def test_an_export_that_was_cut_off_has_failed_after_a_restart(tmp_path: Path) -> None:
    arn = "arn:aws:sagemaker:us-east-1:123456789012:model-card/card/export-job/job"
    job = {"_arn": arn, "ModelCardExportJobArn": arn, "Status": "InProgress", "ModelCardName": "card"}
    app = Application(tmp_path)
    app.store.add("ModelCardExportJob", job)
    app.close()

    app = Application(tmp_path)
    app.plane.start()
    described = app.plane.call("DescribeModelCardExportJob", {"ModelCardExportJobArn": arn})
    app.close()

    assert described["Status"] == "Failed"
    assert "was stopped while the export ran" in described["FailureReason"]


def test_an_export_to_a_bucket_that_is_not_there_fails_and_says_so(account: Any, sm: Any, card: str) -> None:
    job = export(account, sm, card, "s3://nobodys-bucket/x")

    assert job["Status"] == "Failed"
    assert "NoSuchBucket" in job["FailureReason"]


def test_an_export_needs_a_card_a_version_and_an_s3_path(account: Any, sm: Any, card: str) -> None:
    def code(card: str, path: str = "s3://b/x", **more: Any) -> str:
        output = {"S3OutputPath": path}
        name = account.unique("export")
        call = sm.create_model_card_export_job
        return refused(call, ModelCardName=card, ModelCardExportJobName=name, OutputConfig=output, **more)[0]

    assert code("nobody") == "ResourceNotFound"
    assert code(card, ModelCardVersion=7) == "ResourceNotFound"
    assert code(card, "/tmp/here") == "ValidationException"


def test_export_jobs_are_listed_by_status(account: Any, sm: Any, card: str) -> None:
    good = export(account, sm, card)["ModelCardExportJobName"]
    bad = export(account, sm, card, "s3://nobodys-bucket/x")["ModelCardExportJobName"]

    def names(**params: Any) -> list[str]:
        found = sm.list_model_card_export_jobs(ModelCardName=card, **params)["ModelCardExportJobSummaries"]
        return [job["ModelCardExportJobName"] for job in found]

    assert names(StatusEquals="Failed") == [bad]
    assert names(SortBy="CreationTime", SortOrder="Ascending") == [good, bad]
    assert refused(sm.list_model_card_export_jobs, ModelCardName="nobody")[0] == "ResourceNotFound"


def test_a_strangers_text_stays_text_in_the_document() -> None:
    evil = "<script>alert(1)</script>"
    metrics = [
        {"name": evil, "type": "string", "value": evil, "notes": evil},
        {"name": evil, "type": "bar_chart", "value": [1, 2], "x_axis_name": [evil, "b"], "y_axis_name": evil},
        {"name": evil, "type": "linear_graph", "value": [[0, 1], [2, 0]], "x_axis_name": evil},
        {
            "name": evil,
            "type": "matrix",
            "value": [[1, 2], [3, 4]],
            "x_axis_name": [evil],
            "y_axis_name": [evil],
        },
    ]
    content = {
        "model_overview": {"model_description": evil, "model_artifact": [evil]},
        "evaluation_details": [
            {
                "name": evil,
                "metadata": {evil: evil},
                "metric_groups": [{"name": evil, "metric_data": metrics}],
            }
        ],
        "training_details": {
            "training_job_details": {"hyper_parameters": [{"name": evil}, {"name": "a", "value": evil}]}
        },
        "additional_information": {"custom_details": {evil: evil}},
    }
    about = {"ModelCardName": "c", "ModelCardVersion": 1, "ModelCardStatus": "Draft", "LastModifiedTime": 0}

    text = card_document.page({**about, "ModelCardArn": "arn", "Content": json.dumps(content)})

    assert "<script" not in text
    assert text.count("<svg") == 3
    assert text.count("&lt;script&gt;") > 10
