"""The resource explorer's rules on a live account, counted against direct calls."""

from datetime import timedelta
from decimal import Decimal

import pytest
from botocore.exceptions import ClientError
from joblab import BUCKET, ROLE, Lab, until

from sagelab.account import connect
from sagelab.errors import SagelabError
from sagelab.idle import judge
from sagelab.prices import Prices
from sagelab.removal import consequences, holds
from sagelab.resource_view import age, price_rows, rows, selection, sums, to_confirm
from sagelab.resources import Explorer
from sagelab.said import words

SERVE = "def model_fn(d):\n    return 0\ndef predict_fn(x, m):\n    return x\n"


class Desk:
    """A lab's attributes on the test's account."""

    def __init__(self, account):
        self.account, self.clock = account, account.clock

    def client(self, service):
        return self.account.session.client(service)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """An account of this file's own: all that stands in it is counted."""
    account = connect(tmp_path_factory.mktemp("resources"))
    yield account
    account.stop()


@pytest.fixture(scope="module")
def stocked(home):
    """An endpoint, a notebook instance, a Studio space with an app, a bucket with two objects, a log group."""
    bench = Lab(home)
    bench.endpoint_name = bench.serve(SERVE)
    sm = bench.sm
    sm.create_notebook_instance(
        NotebookInstanceName="nb", InstanceType="ml.t3.medium", RoleArn=ROLE, VolumeSizeInGB=10
    )
    settings = {"ExecutionRole": ROLE}
    made = sm.create_domain(DomainName="studio", AuthMode="IAM", DefaultUserSettings=settings,
                            SubnetIds=["subnet-12345678"], VpcId="vpc-12345678")  # fmt: skip
    bench.domain = made["DomainArn"].rpartition("/")[2]
    until(lambda: sm.describe_domain(DomainId=bench.domain), lambda told: told["Status"] == "InService")
    sm.create_user_profile(DomainId=bench.domain, UserProfileName="ann")
    app = {"DomainId": bench.domain, "UserProfileName": "ann", "AppType": "JupyterLab", "AppName": "default"}
    until(lambda: sm.describe_user_profile(DomainId=bench.domain, UserProfileName="ann"),
          lambda told: told["Status"] == "InService")  # fmt: skip
    sm.create_app(**app, ResourceSpec={"InstanceType": "ml.t3.large"})
    until(lambda: sm.describe_app(**app), lambda told: told["Status"] == "InService")
    until(lambda: sm.describe_notebook_instance(NotebookInstanceName="nb"),
          lambda told: told["NotebookInstanceStatus"] == "InService")  # fmt: skip
    bench.put("a.csv", b"x" * 2**20)
    bench.s3.create_bucket(Bucket="empty")
    return bench


@pytest.fixture
def explorer(home, stocked):
    made = Explorer(Desk(home))
    made.read()
    return made


def one(explorer, noun, name=""):
    return next(r for r in explorer.resources.values() if r.kind.noun == noun and r.name.startswith(name))


def test_everything_that_direct_calls_find_is_there(explorer, stocked):
    """The oracle is the account itself, asked service by service."""
    counts = {}
    for resource in explorer.resources.values():
        counts[resource.kind.noun] = counts.get(resource.kind.noun, 0) + 1

    sm = stocked.sm
    direct = {
        "Endpoint": len(sm.list_endpoints()["Endpoints"]),
        "EndpointConfig": len(sm.list_endpoint_configs()["EndpointConfigs"]),
        "Model": len(sm.list_models()["Models"]),
        "NotebookInstance": len(sm.list_notebook_instances()["NotebookInstances"]),
        "Domain": len(sm.list_domains()["Domains"]),
        "App": len(sm.list_apps()["Apps"]),
        "Artifact": len(sm.list_artifacts()["ArtifactSummaries"]),
        "Bucket": len(stocked.s3.list_buckets()["Buckets"]),
        "LogGroup": len(stocked.logs.describe_log_groups()["logGroups"]),
    }
    assert {noun: counts.get(noun, 0) for noun in direct} == direct
    assert direct["Endpoint"] == direct["App"] == direct["NotebookInstance"] == 1
    assert explorer.unread == {}


def test_money_of_a_whole_account_by_hand(explorer, stocked, tmp_path):
    """0.20 hosting + 0.05 notebook + 0.10 studio an hour; 10 GB of notebook volume at 7.30 are 0.10 an hour more."""
    prices = Prices(tmp_path / "prices.json")
    for key, price in (("Hosting: ml.m5.large", "0.20"), ("Notebook: ml.t3.medium", "0.05"),
                       ("Studio: ml.t3.large", "0.1"), ("Notebook volume", "7.30")):  # fmt: skip
        prices.set(key, price)

    told = sums(explorer.resources.values(), prices)

    assert (told["hourly"], told["monthly"], told["billed"]) == ("0.45", "328.50", 3)
    assert "S3 storage" in told["unpriced"]
    assert told["unknown"] == ["Domains"]
    shown = {
        row["key"]: (row["unit"], row["count"], row["price"])
        for row in price_rows(explorer.resources.values(), prices)
    }
    assert shown["Notebook volume"] == ("GB-month", "10", "7.30")
    assert shown["Hosting: ml.m5.large"] == ("instance hour", "1", "0.20")


def test_a_bucket_is_as_large_as_its_objects(explorer, stocked):
    sizes = [item["Size"] for item in stocked.s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
    (line,) = one(explorer, "Bucket", BUCKET).lines

    assert line.count == Decimal(sum(sizes)) / 2**30
    assert one(explorer, "Bucket", "empty").lines[0].count == 0


def test_idle_is_told_by_invocations_and_by_the_apps_activity(explorer, stocked, home, tmp_path):
    endpoint, app = one(explorer, "Endpoint"), one(explorer, "App")
    young = judge(explorer, 1)
    assert young[endpoint.key].idle is None
    assert "too young to judge" in words(young[endpoint.key].why)

    home.clock.step(timedelta(hours=3))
    stocked.ask(stocked.endpoint_name)
    used = until(lambda: judge(explorer, 1), lambda told: not told[endpoint.key].idle)
    assert (used[endpoint.key].idle, used[app.key].idle) == (False, True)
    assert words(used[endpoint.key].why).startswith("1 invocations since")

    home.clock.step(timedelta(hours=3))
    unused = judge(explorer, 1)
    assert unused[endpoint.key].idle is True
    assert judge(explorer, 24)[endpoint.key].idle is False
    assert unused[one(explorer, "NotebookInstance").key].idle is None
    shown = selection(explorer.resources.values(), unused, "idle", "")
    assert {row["kind"] for row in rows(shown, unused, Prices(tmp_path / "none.json"), home.clock.now())} == {
        "Endpoints",
        "Apps",
    }


def test_a_domain_names_what_belongs_to_it_and_aws_refuses(explorer):
    domain = one(explorer, "Domain")

    told = " ".join(words(said) for said in consequences(explorer, domain))
    assert "Apps: default" in told
    assert "User profiles: ann" in told
    assert {held.kind.noun for held in holds(explorer.resources.values(), domain)} == {"App", "UserProfile"}
    with pytest.raises(ClientError) as caught:
        explorer.act(domain.key)
    assert caught.value.response["Error"]["Code"] in ("ResourceInUse", "ValidationException")


def test_a_full_bucket_stays_and_an_empty_one_goes(explorer, stocked):
    full = one(explorer, "Bucket", BUCKET)
    assert "holds" in words(consequences(explorer, full)[0])
    with pytest.raises(ClientError, match="BucketNotEmpty"):
        explorer.act(full.key)

    (asked,) = to_confirm(explorer, [one(explorer, "Bucket", "empty").key], {})
    assert asked["call"] == "DeleteBucket(Bucket=empty)"
    assert explorer.act(asked["key"]) == "DeleteBucket"
    assert [bucket["Name"] for bucket in stocked.s3.list_buckets()["Buckets"]] == [BUCKET]
    stocked.s3.create_bucket(Bucket="empty")


def test_deleting_an_endpoint_leaves_its_configuration_and_model(explorer, stocked):
    name = stocked.serve(SERVE)
    explorer.read(["Endpoint"])
    explorer.act(one(explorer, "Endpoint", name).key)
    explorer.read(["Endpoint"])
    until(explorer.read_moving, lambda moving: not moving)

    assert name not in {found.name for found in explorer.resources.values() if found.kind.noun == "Endpoint"}
    assert len(stocked.sm.list_endpoint_configs()["EndpointConfigs"]) == 2


def test_what_is_gone_is_said(explorer):
    with pytest.raises(SagelabError, match="It is gone"):
        explorer.act("sagemaker|Endpoint||EndpointName=never")


def test_a_list_that_is_refused_is_named_and_the_rest_is_read(home, monkeypatch):
    desk = Desk(home)
    sagemaker = desk.client("sagemaker")
    refused = ClientError({"Error": {"Code": "AccessDenied", "Message": "not you"}}, "ListModels")
    monkeypatch.setattr(
        desk, "client", lambda service: sagemaker if service == "sagemaker" else _raise(refused)
    )
    explorer = Explorer(desk)
    explorer.read()

    assert explorer.unread["S3 buckets"] == "AccessDenied: not you"
    assert "Models" not in explorer.unread


def _raise(error):
    raise error


@pytest.mark.parametrize(
    ("passed", "text"),
    [(timedelta(seconds=90), "90 seconds"), (timedelta(minutes=119), "119 minutes"), (timedelta(hours=2), "2 hours"),
     (timedelta(days=3), "3 days"), (timedelta(seconds=-5), "0 seconds")],
)  # fmt: skip
def test_age_is_told_in_the_largest_unit_that_fits_twice(home, passed, text):
    now = home.clock.now()

    assert words(age(now, now - passed)) == text
    assert words(age(now, None)) == ""
