"""What the registry, experiments, lineage and EventBridge knew is known after the account was killed."""

import json
from datetime import UTC, datetime

import pytest
from joblab import until
from test_restart import FOREVER, Server

from sagelab.account import process


@pytest.fixture
def server(tmp_path):
    running = Server(tmp_path / "home")
    yield running
    process.stop(running.home)


def test_a_killed_account_keeps_versions_metrics_lineage_and_rules(server):
    lab = server.lab()
    metrics, events, sqs = (server.client(name) for name in ("sagemaker-metrics", "events", "sqs"))
    lab.sm.create_model_package_group(ModelPackageGroupName="churn")
    first = lab.sm.create_model_package(ModelPackageGroupName="churn")["ModelPackageArn"]
    lab.sm.update_model_package(ModelPackageArn=first, ModelApprovalStatus="Rejected")
    lab.sm.create_trial_component(TrialComponentName="run")
    data = [{"MetricName": "f1", "Timestamp": datetime.now(UTC), "Value": 0.5}]
    metrics.batch_put_metrics(TrialComponentName="run", MetricData=data)
    url = sqs.create_queue(QueueName="failures")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {
        "detail-type": ["SageMaker Training Job State Change"],
        "detail": {"TrainingJobStatus": ["Failed"]},
    }
    events.put_rule(Name="failures", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="failures", Targets=[{"Id": "1", "Arn": arn}])
    job = lab.train(FOREVER)
    until(
        lambda: lab.sm.describe_training_job(TrainingJobName=job)["SecondaryStatus"],
        lambda step: step == "Training",
    )

    lab = server.again(kill=True)

    sqs = server.client("sqs")
    assert lab.trained(job)["TrainingJobStatus"] == "Failed"
    (message,) = until(lambda: sqs.receive_message(QueueUrl=url).get("Messages", []), bool)
    assert json.loads(message["Body"])["detail"]["TrainingJobName"] == job
    component = lab.sm.describe_trial_component(TrialComponentName=f"{job}-aws-training-job")
    assert component["Status"]["PrimaryStatus"] == "Failed"
    (metric,) = lab.sm.describe_trial_component(TrialComponentName="run")["Metrics"]
    assert (metric["MetricName"], metric["Last"], metric["Count"]) == ("f1", 0.5, 1)
    second = lab.sm.create_model_package(ModelPackageGroupName="churn")["ModelPackageArn"]
    assert second.endswith("/churn/2")
    assert lab.sm.describe_model_package(ModelPackageName=first)["ModelApprovalStatus"] == "Rejected"
    (artifact,) = lab.sm.list_artifacts(SourceUri=first)["ArtifactSummaries"]
    into = lab.sm.list_associations(DestinationArn=artifact["ArtifactArn"])["AssociationSummaries"]
    assert [edge["SourceType"] for edge in into] == ["Approval", "Approval"]
