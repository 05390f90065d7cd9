"""The image table speaks AWS's URIs."""

import pytest

from sagelab.account import images
from sagelab.account.errors import ApiError


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("scikit-learn", "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"),
        ("xgboost", "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"),
        ("model-monitor", "156813124566.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitor-analyzer"),
        ("clarify", "205585389593.dkr.ecr.us-east-1.amazonaws.com/sagemaker-clarify-processing:1.0"),
    ],
)
def test_a_name_gives_the_uri_that_works_on_aws(name, uri):
    assert images.uri(name) == uri


def test_a_name_nobody_knows_lists_those_that_exist():
    with pytest.raises(
        KeyError, match=r"choose from scikit-learn, xgboost, linear-learner, model-monitor, .*clarify"
    ):
        images.uri("tensorflow")


def test_another_region_or_version_of_an_image_is_the_same_image():
    uri = "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3"

    assert images.find_image(uri, "training").name == "scikit-learn"


@pytest.mark.parametrize(
    "uri", ["sagemaker-scikit-learn", "x/sagemaker-scikit-learn:1", images.uri("clarify"), ""]
)
def test_an_image_that_cannot_train_is_refused_with_those_that_can(uri):
    with pytest.raises(ApiError, match=r"Images that work: .*sagemaker-scikit-learn") as caught:
        images.find_image(uri, "training")

    assert "clarify-processing" not in str(caught.value).partition("Images that work")[2]
