"""S3, IAM, logs and the others: answered by moto, and the same after a restart."""

import io
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sagelab.account.app import Application
from sagelab.account.journal import Entry
from sagelab.account.wsgi import Incoming, environment, run

Restart = Callable[[], Application]


@pytest.fixture
def restart(tmp_path: Path) -> Iterator[Restart]:
    """Begin an account on the same home, leaving the one before as a kill would leave it."""
    begun: list[Application] = []

    def begin() -> Application:
        begun.append(Application(tmp_path))
        return begun[-1]

    yield begin
    begun[-1].close()


def entries(app: Application) -> int:
    return len(app.elsewhere._journal)


def test_objects_come_back_with_their_content_names_dates_and_tags(restart: Restart) -> None:
    app = restart()
    s3 = app.plane.client("s3")
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="a b/ü?&", Body=b"body", Metadata={"under_score": "1"}, Tagging="k=v")
    before = s3.list_objects_v2(Bucket="bucket")["Contents"], s3.list_buckets()["Buckets"]

    s3 = restart().plane.client("s3")

    assert (s3.list_objects_v2(Bucket="bucket")["Contents"], s3.list_buckets()["Buckets"]) == before
    got = s3.get_object(Bucket="bucket", Key="a b/ü?&")
    assert (got["Body"].read(), got["Metadata"]) == (b"body", {"under_score": "1"})
    assert s3.get_object_tagging(Bucket="bucket", Key="a b/ü?&")["TagSet"] == [{"Key": "k", "Value": "v"}]


def test_versions_keep_their_ids(restart: Restart) -> None:
    s3 = restart().plane.client("s3")
    s3.create_bucket(Bucket="bucket")
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    ids = [s3.put_object(Bucket="bucket", Key="k", Body=text)["VersionId"] for text in (b"1", b"2", b"3")]
    s3.delete_object(Bucket="bucket", Key="k", VersionId=ids[1])

    s3 = restart().plane.client("s3")

    assert s3.get_object(Bucket="bucket", Key="k", VersionId=ids[0])["Body"].read() == b"1"
    assert [v["VersionId"] for v in s3.list_object_versions(Bucket="bucket")["Versions"]] == [ids[2], ids[0]]


def test_an_upload_in_parts_can_go_on_after_a_restart(restart: Restart) -> None:
    s3 = restart().plane.client("s3")
    s3.create_bucket(Bucket="bucket")
    first, second = os.urandom(5 << 20), b"end"
    upload = s3.create_multipart_upload(Bucket="bucket", Key="big")["UploadId"]
    where = {"Bucket": "bucket", "Key": "big", "UploadId": upload}
    one = s3.upload_part(**where, PartNumber=1, Body=first)["ETag"]

    s3 = restart().plane.client("s3")
    two = s3.upload_part(**where, PartNumber=2, Body=second)["ETag"]
    parts = [{"PartNumber": 1, "ETag": one}, {"PartNumber": 2, "ETag": two}]
    s3.complete_multipart_upload(**where, MultipartUpload={"Parts": parts})

    assert (
        restart().plane.client("s3").get_object(Bucket="bucket", Key="big")["Body"].read() == first + second
    )


@pytest.mark.parametrize("body", [b"", b"x", os.urandom(300_000), io.BytesIO(b"a file's content")])
def test_a_body_arrives_whole_whatever_it_is(restart: Restart, body: Any) -> None:
    """A body handed on as `Transfer-Encoding: chunked` would be stored empty, with no error."""
    expected = body.getvalue() if isinstance(body, io.BytesIO) else body
    s3 = restart().plane.client("s3")
    s3.create_bucket(Bucket="bucket")

    s3.put_object(Bucket="bucket", Key="k", Body=body)

    assert s3.get_object(Bucket="bucket", Key="k")["Body"].read() == expected


def test_roles_logs_metrics_rules_and_messages_come_back(restart: Restart) -> None:
    def state(app: Application) -> list[Any]:
        client = app.plane.client
        metric = {"Namespace": "n", "MetricName": "m", "Period": 60, "Statistics": ["Sum"]}
        window = {"StartTime": app.clock.time() - 600, "EndTime": app.clock.time() + 60}
        events = client("logs").get_log_events(logGroupName="g", logStreamName="s")["events"]
        found = [
            client("iam").get_role(RoleName="R")["Role"],
            events,
            client("cloudwatch").get_metric_statistics(**metric, **window)["Datapoints"],
            client("events").list_rules()["Rules"],
            client("sqs").get_queue_attributes(
                QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"]
            ),
        ]
        return [{**item, "ResponseMetadata": 0} if isinstance(item, dict) else item for item in found]

    app = restart()
    client = app.plane.client
    client("iam").create_role(RoleName="R", AssumeRolePolicyDocument="{}")
    client("logs").create_log_group(logGroupName="g")
    client("logs").create_log_stream(logGroupName="g", logStreamName="s")
    event = {"timestamp": int(app.clock.time() * 1000), "message": "line"}
    client("logs").put_log_events(logGroupName="g", logStreamName="s", logEvents=[event])
    client("cloudwatch").put_metric_data(Namespace="n", MetricData=[{"MetricName": "m", "Value": 2.0}])
    client("events").put_rule(Name="r", ScheduleExpression="rate(1 hour)")
    queue = client("sqs").create_queue(QueueName="q")["QueueUrl"]
    client("sqs").send_message(QueueUrl=queue, MessageBody="hello")
    before = state(app)

    assert state(restart()) == before
    assert before[1][0]["message"] == "line"
    assert before[2][0]["Sum"] == 2.0


def test_a_message_that_was_received_can_be_deleted_after_a_restart(restart: Restart) -> None:
    sqs = restart().plane.client("sqs")
    queue = sqs.create_queue(QueueName="q")["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="hello")
    handle = sqs.receive_message(QueueUrl=queue)["Messages"][0]["ReceiptHandle"]

    sqs = restart().plane.client("sqs")
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=handle)

    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    left = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    assert set(left.values()) == {"0"}


def test_dates_follow_the_accounts_clock(restart: Restart) -> None:
    app = restart()
    app.clock.step(30 * 86400)
    s3 = app.plane.client("s3")

    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="k", Body=b"1")

    for moment in (
        s3.head_object(Bucket="bucket", Key="k")["LastModified"].timestamp(),
        s3.list_buckets()["Buckets"][0]["CreationDate"].timestamp(),
    ):
        assert abs(moment - app.clock.time()) < 60


def test_reading_writes_nothing_and_failing_writes_nothing(restart: Restart) -> None:
    app = restart()
    s3, iam, sts = (app.plane.client(service) for service in ("s3", "iam", "sts"))
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="k", Body=b"1")
    before = entries(app)

    s3.list_buckets()
    s3.get_object(Bucket="bucket", Key="k")["Body"].read()
    s3.head_object(Bucket="bucket", Key="k")
    iam.list_roles()
    sts.get_caller_identity()
    app.plane.client("cloudwatch").list_metrics()
    app.plane.client("logs").describe_log_groups()
    app.plane.client("sqs").list_queues()
    with pytest.raises(ClientError):
        s3.put_object(Bucket="nowhere", Key="k", Body=b"1")
    with pytest.raises(ClientError):
        iam.delete_role(RoleName="nobody")

    assert before == 2
    assert entries(app) == before


def test_each_change_is_written_once(restart: Restart) -> None:
    """Also the changes of the server's own threads, which go the same way."""
    app = restart()
    app.plane.client("logs").create_log_group(logGroupName="g")
    app.plane.client("cloudwatch").put_metric_data(
        Namespace="n", MetricData=[{"MetricName": "m", "Value": 1}]
    )
    app.plane.client("sns").create_topic(Name="t")

    assert entries(app) == 3


def test_an_orderly_end_forgets_what_was_overwritten(restart: Restart) -> None:
    app = restart()
    s3 = app.plane.client("s3")
    s3.create_bucket(Bucket="bucket")
    for number in range(20):
        s3.put_object(Bucket="bucket", Key="k", Body=str(number).encode())
    app.close()

    again = restart()

    assert entries(again) == 2
    assert again.plane.client("s3").get_object(Bucket="bucket", Key="k")["Body"].read() == b"19"


def test_a_start_after_a_kill_forgets_it_too_and_gives_the_room_back(
    restart: Restart, tmp_path: Path
) -> None:
    app = restart()
    s3 = app.plane.client("s3")
    s3.create_bucket(Bucket="bucket")
    for _ in range(6):
        s3.put_object(Bucket="bucket", Key="k", Body=os.urandom(1_000_000))
    full = entries(app)
    app.elsewhere._journal.close()  # and nothing else: so much a kill does too

    again = restart()
    again.elsewhere.warm_up()
    again.close()

    assert (full, entries(restart())) == (7, 2)
    assert (tmp_path / "state" / "journal.db").stat().st_size < 2_500_000


def test_dashboards_and_scaling_targets_keep_their_dates(restart: Restart) -> None:
    def dates(app: Application) -> list[Any]:
        dashboards = app.plane.client("cloudwatch").list_dashboards()["DashboardEntries"]
        targets = app.plane.client("application-autoscaling").describe_scalable_targets(
            ServiceNamespace="sagemaker"
        )
        return [dashboards[0]["LastModified"], targets["ScalableTargets"][0]["CreationTime"]]

    app = restart()
    app.clock.step(86400)
    app.plane.client("cloudwatch").put_dashboard(DashboardName="d", DashboardBody='{"widgets": []}')
    app.plane.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="sagemaker",
        ResourceId="endpoint/e/variant/v",
        ScalableDimension="sagemaker:variant:DesiredInstanceCount",
        MinCapacity=1,
        MaxCapacity=2,
    )
    before = dates(app)

    assert all(abs(date.timestamp() - app.clock.time()) < 60 for date in before)
    assert dates(restart()) == before


def test_what_cannot_be_saved_is_not_acknowledged(restart: Restart) -> None:
    app = restart()
    s3 = app.plane.client("s3")
    s3.create_bucket(Bucket="bucket")
    app.elsewhere._journal._db.execute("PRAGMA max_page_count = 20")

    with pytest.raises(ClientError, match=r"\(NotSaved\).*could not save this: database or disk is full"):
        s3.put_object(Bucket="bucket", Key="k", Body=os.urandom(500_000))

    assert "Contents" not in restart().plane.client("s3").list_objects_v2(Bucket="bucket")


def test_a_full_disk_is_told_in_one_sentence_by_the_control_plane_too(restart: Restart) -> None:
    app = restart()
    app.store._db.execute("PRAGMA max_page_count = 1")

    def fill() -> None:
        for number in range(50):
            app.plane.client("sagemaker").create_experiment(
                ExperimentName=f"e{number}", Description="x" * 3000
            )

    with pytest.raises(ClientError, match=r"\(NotSaved\).*database or disk is full"):
        fill()


@pytest.mark.parametrize(
    ("service", "call"),
    [
        ("cloudwatch", lambda client: client.describe_alarm_contributors(AlarmName="a")),
        ("logs", lambda client: client.list_anomalies()),
        ("iam", lambda client: client.get_mfa_device(SerialNumber="123456789")),
        ("s3", lambda client: client.write_get_object_response(RequestRoute="r", RequestToken="t")),
        ("qbusiness", lambda client: client.list_applications()),
    ],
)
def test_what_moto_cannot_do_is_a_clear_refusal(restart: Restart, service: str, call: Any) -> None:
    with pytest.raises(ClientError) as caught:
        call(restart().plane.client(service))

    status = caught.value.response["ResponseMetadata"]["HTTPStatusCode"]
    assert 400 <= status < 500 or status == 501
    assert "Traceback" not in str(caught.value)


def test_callers_of_sagemaker_wait_until_the_modules_have_gone_on(restart: Restart) -> None:
    """Else a module that fails what was running would fail what has just begun."""
    import threading

    app = restart()
    order: list[str] = []

    def resume() -> None:
        app.plane.client("sagemaker").list_experiments()  # the account's own threads do not wait
        order.append("resumed")

    def broken() -> None:
        raise RuntimeError("cannot go on")

    def ask() -> None:
        status, _ = call(app, "CreateExperiment", b'{"ExperimentName": "e"}')
        order.append(status)

    app.plane.on_start(broken)
    app.plane.on_start(resume)
    app.opened.clear()
    caller = threading.Thread(target=ask)
    caller.start()
    caller.join(timeout=0.3)
    waited = caller.is_alive()
    app.start()
    caller.join(timeout=60)

    assert waited
    assert order == ["resumed", "200 OK"]


def test_moments_in_an_answer_are_sent_as_aws_sends_them(restart: Restart) -> None:
    app = restart()
    moment = datetime(2026, 9, 1, tzinfo=UTC)
    app.plane.answers(
        "ListMonitoringAlerts", lambda _: {"MonitoringAlertSummaries": [{"CreationTime": moment}]}
    )

    answered = app.plane.client("sagemaker").list_monitoring_alerts(MonitoringScheduleName="s")

    assert answered["MonitoringAlertSummaries"][0]["CreationTime"] == moment


def call(app: Application, operation: str, body: bytes) -> tuple[str, bytes]:
    target = {"host": "127.0.0.1", "x-amz-target": f"SageMaker.{operation}"}
    answered = run(app, environment(Incoming("POST", "/", target, body)))
    return answered.status, answered.body


def test_motos_own_controls_are_out_of_reach(restart: Restart) -> None:
    app = restart()
    app.plane.client("s3").create_bucket(Bucket="bucket")

    answered = app.elsewhere.answer(Incoming("POST", "/moto-api/reset", {"host": "127.0.0.1"}, b""))

    assert answered.code == 400
    assert app.plane.client("s3").list_buckets()["Buckets"]


def test_a_waiting_receiver_does_not_hold_up_the_others(restart: Restart) -> None:
    import threading

    app = restart()
    sqs, s3 = app.plane.client("sqs"), app.plane.client("s3")
    queue = sqs.create_queue(QueueName="q")["QueueUrl"]
    got: list[Any] = []

    def receive() -> None:
        got.extend(sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20).get("Messages", []))

    waiter = threading.Thread(target=receive)
    waiter.start()
    s3.create_bucket(Bucket="bucket")
    sqs.send_message(QueueUrl=queue, MessageBody="now")
    waiter.join(timeout=15)

    assert [message["Body"] for message in got] == ["now"]


def test_a_damaged_entry_does_not_keep_the_account_from_starting(
    restart: Restart, capfd: pytest.CaptureFixture[str]
) -> None:
    app = restart()
    app.plane.client("s3").create_bucket(Bucket="bucket")
    app.elsewhere._journal.append(Entry(0.0, 1, "PUT", "/nowhere/k", {"host": "127.0.0.1"}, b""))
    app.elsewhere._journal.append(Entry(0.0, 1, "POST", "/", {"x-amz-target": "Nothing.AtAll"}, b"{"))

    assert restart().plane.client("s3").list_buckets()["Buckets"][0]["Name"] == "bucket"
    assert "not repeated: PUT /nowhere/k" in capfd.readouterr().err
