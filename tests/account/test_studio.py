"""Studio: domains, user profiles, spaces, and the apps that start in them."""

import base64
import json
import urllib.request
from datetime import timedelta
from urllib.error import HTTPError

import pytest
from botocore.exceptions import ClientError
from joblab import ROLE, until

LOGS = "/aws/sagemaker/studio"


class Studio:
    """A small bench for Studio."""

    def __init__(self, account):
        self.account, self.sm = account, account.session.client("sagemaker")
        self.logs = account.session.client("logs")

    def domain(self, **settings):
        """A domain in service; its id."""
        answered = self.sm.create_domain(
            DomainName=self.account.unique("domain"),
            AuthMode="IAM",
            DefaultUserSettings={"ExecutionRole": ROLE, **settings.pop("user", {})},
            SubnetIds=["subnet-1"],
            VpcId="vpc-1",
            **settings,
        )
        domain = answered["DomainArn"].rpartition("/")[2]
        self.settled(self.sm.describe_domain, DomainId=domain)
        return domain

    def profile(self, domain, name="ana", **settings):
        self.sm.create_user_profile(DomainId=domain, UserProfileName=name, UserSettings=settings)
        self.settled(self.sm.describe_user_profile, DomainId=domain, UserProfileName=name)
        return {"DomainId": domain, "UserProfileName": name}

    def space(self, domain, name="work", owner="ana", sharing="Private", **settings):
        self.sm.create_space(
            DomainId=domain,
            SpaceName=name,
            OwnershipSettings={"OwnerUserProfileName": owner},
            SpaceSharingSettings={"SharingType": sharing},
            SpaceSettings=settings,
        )
        self.settled(self.sm.describe_space, DomainId=domain, SpaceName=name)
        return {"DomainId": domain, "SpaceName": name}

    def place(self, **user):
        """A private space in a new domain with these default user settings."""
        domain = self.domain(user=user)
        self.profile(domain)
        return self.space(domain)

    def app(self, owner, app_type="JupyterLab", **more):
        """An app that has started, or failed; its description."""
        app = {**owner, "AppType": app_type, "AppName": "default"}
        self.sm.create_app(**app, **more)
        return self.settled(self.sm.describe_app, **app)

    def script(self, text, app_type="JupyterLab"):
        """A lifecycle configuration; its ARN."""
        return self.sm.create_studio_lifecycle_config(
            StudioLifecycleConfigName=self.account.unique("script"),
            StudioLifecycleConfigContent=base64.b64encode(text.encode()).decode(),
            StudioLifecycleConfigAppType=app_type,
        )["StudioLifecycleConfigArn"]

    def printed(self, app):
        """What the scripts of an app printed."""
        owner = app.get("SpaceName") or app["UserProfileName"]
        stream = f"{app['DomainId']}/{owner}/{app['AppType']}/{app['AppName']}/LifecycleConfigOnStart"
        events = self.logs.get_log_events(logGroupName=LOGS, logStreamName=stream, startFromHead=True)
        return [event["message"] for event in events["events"]]

    def use(self, app):
        """Somebody uses the app."""
        body = json.dumps({"AppArn": app["AppArn"]}).encode()
        urllib.request.urlopen(self.account.url + "/_studio/activity", body).close()

    def status(self, app):
        named = ("DomainId", "UserProfileName", "SpaceName", "AppType", "AppName")
        return self.sm.describe_app(**{n: app[n] for n in named if n in app})["Status"]

    def settled(self, describe, **named):
        return until(
            lambda: describe(**named),
            lambda shown: shown["Status"] not in ("Pending", "Updating", "Deleting"),
        )

    def gone(self, describe, **named):
        def absent():
            try:
                return describe(**named)["Status"]
            except ClientError as error:
                return error.response["Error"]["Code"]

        return until(absent, lambda said: said != "Deleting")


def lifecycle(arn):
    return {
        "JupyterLabAppSettings": {
            "LifecycleConfigArns": [arn],
            "DefaultResourceSpec": {"InstanceType": "ml.t3.large", "LifecycleConfigArn": arn},
        }
    }


def idle(minutes, **limits):
    settings = {"LifecycleManagement": "ENABLED", "IdleTimeoutInMinutes": minutes, **limits}
    return {"JupyterLabAppSettings": {"AppLifecycleManagement": {"IdleSettings": settings}}}


@pytest.fixture(scope="module")
def studio(account):
    return Studio(account)


# -- domains, user profiles, spaces ------------------------------------------------------------------------------
def test_a_domain_is_pending_before_it_is_in_service_and_deleting_before_it_is_gone(studio):
    made = studio.sm.create_domain(
        DomainName=studio.account.unique("domain"),
        AuthMode="IAM",
        DefaultUserSettings={"ExecutionRole": ROLE},
    )
    domain = {"DomainId": made["DomainArn"].rpartition("/")[2]}

    assert made["DomainId"] == domain["DomainId"]
    assert studio.sm.describe_domain(**domain)["Status"] == "Pending"
    assert studio.settled(studio.sm.describe_domain, **domain)["Status"] == "InService"

    studio.sm.delete_domain(**domain)
    assert studio.sm.describe_domain(**domain)["Status"] == "Deleting"
    assert studio.gone(studio.sm.describe_domain, **domain) == "ResourceNotFound"


def test_a_profile_needs_its_domain_and_a_domain_with_profiles_stays(studio):
    with pytest.raises(ClientError) as refused:
        studio.profile("d-000000000000")
    assert refused.value.response["Error"]["Code"] in ("ResourceNotFound", "ValidationException")

    domain = studio.domain()
    studio.profile(domain)
    with pytest.raises(
        ClientError, match=r"ResourceInUse.*Unable to delete Domain .* because UserProfile\(s\) are"
    ):
        studio.sm.delete_domain(DomainId=domain)

    studio.sm.delete_user_profile(DomainId=domain, UserProfileName="ana")
    named = {"DomainId": domain, "UserProfileName": "ana"}
    assert studio.gone(studio.sm.describe_user_profile, **named) == "ResourceNotFound"
    studio.sm.delete_domain(DomainId=domain)


def test_a_profile_that_owns_a_space_and_a_space_with_an_app_stay(studio):
    place = studio.place()
    app = studio.app(place)

    with pytest.raises(ClientError, match=r"because Space\(s\) are associated"):
        studio.sm.delete_user_profile(DomainId=place["DomainId"], UserProfileName="ana")
    with pytest.raises(ClientError, match=r"because App\(s\) are associated"):
        studio.sm.delete_space(**place)

    studio.sm.delete_app(**place, AppType="JupyterLab", AppName="default")
    until(lambda: studio.status(app), lambda status: status == "Deleted")
    studio.sm.delete_space(**place)
    assert studio.gone(studio.sm.describe_space, **place) == "ResourceNotFound"


def test_an_update_keeps_what_it_does_not_name(studio):
    domain = studio.domain(user={"StudioWebPortal": "ENABLED"})
    studio.sm.update_domain(DomainId=domain, DefaultUserSettings={"SecurityGroups": ["sg-1"]})
    shown = studio.settled(studio.sm.describe_domain, DomainId=domain)

    wanted = {"ExecutionRole": ROLE, "StudioWebPortal": "ENABLED", "SecurityGroups": ["sg-1"]}
    assert shown["DefaultUserSettings"] == wanted


def test_a_space_has_the_domains_volume_and_not_more_than_it_allows(studio):
    sizes = {"DefaultEbsVolumeSizeInGb": 7, "MaximumEbsVolumeSizeInGb": 20}
    place = studio.place(SpaceStorageSettings={"DefaultEbsStorageSettings": sizes})

    def size(gigabytes):
        return {"SpaceStorageSettings": {"EbsStorageSettings": {"EbsVolumeSizeInGb": gigabytes}}}

    assert studio.sm.describe_space(**place)["SpaceSettings"] == size(7)
    studio.sm.update_space(**place, SpaceSettings=size(15))
    assert studio.settled(studio.sm.describe_space, **place)["SpaceSettings"] == size(15)
    with pytest.raises(ClientError, match="cannot be decreased"):
        studio.sm.update_space(**place, SpaceSettings=size(10))
    with pytest.raises(ClientError, match="greater than the maximum of the domain, 20"):
        studio.sm.update_space(**place, SpaceSettings=size(21))


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        ({"OwnershipSettings": {"OwnerUserProfileName": "ana"}}, "must be given together"),
        (
            {
                "OwnershipSettings": {"OwnerUserProfileName": "nobody"},
                "SpaceSharingSettings": {"SharingType": "Private"},
            },
            "Could not find user profile",
        ),
    ],
)
def test_a_space_needs_an_owner_who_is_there(studio, part, sentence):
    domain = studio.domain()
    studio.profile(domain)
    with pytest.raises(ClientError, match=sentence):
        studio.sm.create_space(DomainId=domain, SpaceName="x", **part)


def test_lists_filter_by_domain(studio):
    place = studio.place()
    domain = place["DomainId"]
    studio.app(place)

    profiles = studio.sm.list_user_profiles(DomainIdEquals=domain)["UserProfiles"]
    spaces = studio.sm.list_spaces(DomainIdEquals=domain)["Spaces"]
    apps = studio.sm.list_apps(DomainIdEquals=domain)["Apps"]
    domains = [
        d["DomainId"] for p in studio.sm.get_paginator("list_domains").paginate() for d in p["Domains"]
    ]
    assert [p["UserProfileName"] for p in profiles] == ["ana"]
    assert [(s["SpaceName"], s["Status"]) for s in spaces] == [("work", "InService")]
    assert [(a["SpaceName"], a["AppType"], a["Status"]) for a in apps] == [
        ("work", "JupyterLab", "InService")
    ]
    assert domain in domains


def test_a_url_that_opens_nothing_is_refused(studio):
    domain = studio.domain()
    with pytest.raises(ClientError, match="no IDE of the account listens behind such a URL"):
        studio.sm.create_presigned_domain_url(DomainId=domain, UserProfileName="ana")


# -- apps and lifecycle configurations ---------------------------------------------------------------------------
def test_the_script_runs_when_the_app_starts_and_its_output_is_in_the_log(studio):
    script = studio.script(
        'echo hello from $(basename $PWD)\ngrep -o \'"AppType": "[A-Za-z]*"\' /opt/ml/metadata/resource-metadata.json'
    )
    app = studio.app(studio.place(**lifecycle(script)))

    assert app["Status"] == "InService"
    assert app["ResourceSpec"] == {"InstanceType": "ml.t3.large", "LifecycleConfigArn": script}
    assert app["LastUserActivityTimestamp"] >= app["CreationTime"]
    assert studio.printed(app) == ["hello from work", '"AppType": "JupyterLab"']


def test_a_script_that_fails_fails_the_app(studio):
    script = studio.script("echo no pip here >&2; exit 3")
    app = studio.app(studio.place(**lifecycle(script)))

    assert app["Status"] == "Failed"
    assert app["FailureReason"].startswith(f"ConfigurationError: Lifecycle configuration {script} failed")
    assert "exit code 3" in app["FailureReason"]
    assert studio.printed(app) == ["no pip here"]
    with pytest.raises(ClientError, match="previously failed and was automatically deleted"):
        studio.sm.delete_app(
            DomainId=app["DomainId"], SpaceName="work", AppType="JupyterLab", AppName="default"
        )


def test_the_profiles_script_takes_the_place_of_the_domains(studio):
    of_domain, of_profile = studio.script("echo domain"), studio.script("echo profile")
    domain = studio.domain(user=lifecycle(of_domain))
    studio.profile(domain, "ana")
    studio.profile(domain, "ben", **lifecycle(of_profile))

    assert studio.printed(studio.app(studio.space(domain, "a", "ana"))) == ["domain"]
    assert studio.printed(studio.app(studio.space(domain, "b", "ben"))) == ["profile"]
    shared = studio.space(domain, "c", "ben", sharing="Shared")
    assert "LifecycleConfigArn" not in studio.app(shared)["ResourceSpec"]


def test_an_updated_profile_starts_its_next_app_with_the_new_script(studio):
    before, after = studio.script("echo before"), studio.script("echo after")
    domain = studio.domain(user=lifecycle(before))
    user = studio.profile(domain)
    studio.sm.update_user_profile(**user, UserSettings=lifecycle(after))
    shown = studio.settled(studio.sm.describe_user_profile, **user)

    assert shown["UserSettings"] == lifecycle(after)
    assert studio.printed(studio.app(studio.space(domain))) == ["after"]
    listed = studio.sm.list_studio_lifecycle_configs(NameContains=after.rpartition("/")[2])
    assert [c["StudioLifecycleConfigArn"] for c in listed["StudioLifecycleConfigs"]] == [after]
    described = studio.sm.describe_studio_lifecycle_config(StudioLifecycleConfigName=after.rpartition("/")[2])
    assert base64.b64decode(described["StudioLifecycleConfigContent"]) == b"echo after"


def test_the_built_in_script_runs_before_the_default_one(studio):
    first, second = studio.script("echo built in"), studio.script("echo default")
    settings = lifecycle(second)
    settings["JupyterLabAppSettings"]["BuiltInLifecycleConfigArn"] = first
    app = studio.app(studio.place(**settings))

    assert studio.printed(app) == ["built in", "default"]
    assert app["BuiltInLifecycleConfigArn"] == first


def test_files_of_a_space_outlive_its_app(studio):
    script = studio.script("ls notes.txt 2>/dev/null || echo new; touch /home/sagemaker-user/notes.txt")
    place = studio.place(**lifecycle(script))
    app = studio.app(place)
    studio.sm.delete_app(**place, AppType="JupyterLab", AppName="default")
    until(lambda: studio.status(app), lambda status: status == "Deleted")
    again = studio.app(place)

    assert again["Status"] == "InService"
    assert studio.printed(again) == ["new", "notes.txt"]


def test_an_app_is_there_once_and_is_deleted_once(studio):
    place = studio.place()
    app = studio.app(place)
    with pytest.raises(ClientError, match=r"ResourceInUse.*already exists"):
        studio.app(place)

    named = {**place, "AppType": "JupyterLab", "AppName": "default"}
    studio.sm.delete_app(**named)
    assert studio.status(app) == "Deleting"
    until(lambda: studio.status(app), lambda status: status == "Deleted")
    with pytest.raises(ClientError, match="has already been deleted"):
        studio.sm.delete_app(**named)


def test_deleting_an_app_ends_its_script(studio):
    place = studio.place(**lifecycle(studio.script("echo up; sleep 600")))
    named = {**place, "AppType": "JupyterLab", "AppName": "default"}
    studio.sm.create_app(**named)
    assert studio.sm.describe_app(**named)["Status"] == "Pending"
    studio.sm.delete_app(**named)

    assert studio.gone(studio.sm.describe_app, **named) == "Deleted"


@pytest.mark.parametrize(
    ("request_part", "sentence"),
    [
        ({"UserProfileName": "ana", "SpaceName": "work"}, "Exactly one of"),
        ({"SpaceName": "other"}, "Could not find space"),
        ({"SpaceName": "work", "AppName": "mine"}, 'must be "default"'),
        ({"SpaceName": "work", "AppType": "Canvas"}, "has no Canvas apps"),
        ({"SpaceName": "code", "AppType": "JupyterLab"}, "is for CodeEditor apps"),
    ],
)
def test_what_cannot_start_is_refused(studio, place, request_part, sentence):
    request = {"AppType": "JupyterLab", "AppName": "default", **request_part}
    with pytest.raises(ClientError, match=sentence):
        studio.sm.create_app(DomainId=place["DomainId"], **request)


@pytest.fixture(scope="module")
def place(studio):
    place = studio.place()
    studio.space(place["DomainId"], "code", AppType="CodeEditor")
    return place


def test_a_script_must_be_attached_fit_the_app_and_stay_while_it_is_used(studio):
    script, loose = studio.script("echo 1"), studio.script("echo 2")
    place = studio.place(**lifecycle(script))
    with pytest.raises(ClientError, match="is not attached to the domain or user profile"):
        studio.app(place, ResourceSpec={"LifecycleConfigArn": loose})
    with pytest.raises(ClientError, match="is for KernelGateway apps, not for JupyterLab"):
        studio.place(**lifecycle(studio.script("echo 3", "KernelGateway")))
    with pytest.raises(ClientError, match="ResourceInUse"):
        studio.sm.delete_studio_lifecycle_config(StudioLifecycleConfigName=script.rpartition("/")[2])
    with pytest.raises(ClientError, match="encoded in base64"):
        studio.sm.create_studio_lifecycle_config(
            StudioLifecycleConfigName="plain",
            StudioLifecycleConfigContent="echo 1",
            StudioLifecycleConfigAppType="JupyterLab",
        )
    studio.sm.delete_studio_lifecycle_config(StudioLifecycleConfigName=loose.rpartition("/")[2])


# -- idle shutdown -----------------------------------------------------------------------------------------------
def test_an_app_that_nobody_uses_is_shut_down_on_the_accounts_clock(studio):
    place = studio.place(**idle(60))
    app = studio.app(place)

    studio.account.clock.step(minutes=59)
    assert studio.status(app) == "InService"
    studio.use(app)
    studio.account.clock.step(minutes=59)
    assert studio.status(app) == "InService"
    studio.account.clock.step(minutes=1)
    until(lambda: studio.status(app), lambda status: status == "Deleted")

    studio.account.clock.step(days=1, minutes=1)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        studio.status(app)


def test_an_app_without_idle_settings_goes_on(studio):
    app = studio.app(studio.place())
    studio.account.clock.step(days=30)
    shown = studio.sm.describe_app(
        DomainId=app["DomainId"], SpaceName="work", AppType="JupyterLab", AppName="default"
    )

    assert shown["Status"] == "InService"
    assert shown["LastHealthCheckTimestamp"] - shown["LastUserActivityTimestamp"] >= timedelta(days=30)


def test_only_an_app_in_service_is_used(studio):
    for body in (b"", b"[]", b'{"AppArn": "arn:none"}', b'{"AppArn": 1}'):
        with pytest.raises(HTTPError) as refused:
            urllib.request.urlopen(studio.account.url + "/_studio/activity", body)
        assert json.load(refused.value)["__type"] == "ResourceNotFound"


def test_a_space_chooses_its_time_out_between_the_limits(studio):
    domain = studio.domain(user=idle(120, MinIdleTimeoutInMinutes=90, MaxIdleTimeoutInMinutes=240))
    studio.profile(domain)

    def own(minutes):
        return {
            "JupyterLabAppSettings": {
                "AppLifecycleManagement": {"IdleSettings": {"IdleTimeoutInMinutes": minutes}}
            }
        }

    with pytest.raises(ClientError, match="IdleTimeoutInMinutes 60 must be between 90 and 240"):
        studio.space(domain, "short", **own(60))
    with pytest.raises(ClientError, match="IdleTimeoutInMinutes 300 must be between 90 and 240"):
        studio.profile(domain, "eve", **own(300))
    app = studio.app(studio.space(domain, "long", **own(200)))
    studio.account.clock.step(minutes=150)
    assert studio.status(app) == "InService"
    studio.account.clock.step(minutes=60)
    assert studio.status(app) in ("Deleting", "Deleted")


# -- images ------------------------------------------------------------------------------------------------------
BASE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/mine:1"


def test_image_versions_count_up_and_aliases_move(studio):
    sm, name = studio.sm, studio.account.unique("image")
    sm.create_image(ImageName=name, RoleArn=ROLE)
    for token in ("a", "b", "b"):
        sm.create_image_version(ImageName=name, BaseImage=BASE, ClientToken=token, Aliases=["latest"])
    until(
        lambda: sm.describe_image_version(ImageName=name),
        lambda shown: shown["ImageVersionStatus"] == "CREATED",
    )

    assert sm.describe_image(ImageName=name)["ImageStatus"] == "CREATED"
    assert [v["Version"] for v in sm.list_image_versions(ImageName=name)["ImageVersions"]] == [2, 1]
    assert sm.describe_image_version(ImageName=name, Alias="latest")["Version"] == 2
    sm.update_image_version(ImageName=name, Version=1, AliasesToAdd=["latest"], ReleaseNotes="back")
    assert sm.describe_image_version(ImageName=name, Alias="latest")["Version"] == 1
    assert sm.describe_image_version(ImageName=name, Version=1)["ReleaseNotes"] == "back"
    assert sm.list_aliases(ImageName=name, Version=2)["SageMakerImageVersionAliases"] == []
    sm.delete_image_version(ImageName=name, Version=2)
    sm.create_image_version(ImageName=name, BaseImage=BASE, ClientToken="c")
    assert [v["Version"] for v in sm.list_image_versions(ImageName=name)["ImageVersions"]] == [3, 1]


def test_an_image_can_be_described_anew_and_takes_its_versions_along(studio):
    sm, name = studio.sm, studio.account.unique("image")
    sm.create_image(ImageName=name, RoleArn=ROLE, Description="old", DisplayName="Mine")
    sm.create_image_version(ImageName=name, BaseImage=BASE, ClientToken="a")
    sm.update_image(ImageName=name, Description="new", DeleteProperties=["DisplayName"])
    shown = sm.describe_image(ImageName=name)

    assert (shown["Description"], shown.get("DisplayName")) == ("new", None)
    assert name in [image["ImageName"] for image in sm.list_images(NameContains=name)["Images"]]
    sm.delete_image(ImageName=name)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        sm.describe_image(ImageName=name)
    sm.create_image(ImageName=name, RoleArn=ROLE)
    assert sm.list_image_versions(ImageName=name)["ImageVersions"] == []


def test_an_image_version_needs_an_image_of_ecr_and_is_found_or_not(studio):
    sm, name = studio.sm, studio.account.unique("image")
    sm.create_image(ImageName=name, RoleArn=ROLE)
    with pytest.raises(ClientError, match="not the path of an image in Amazon ECR"):
        sm.create_image_version(ImageName=name, BaseImage="mine:1", ClientToken="a")
    with pytest.raises(ClientError, match="ResourceNotFound"):
        sm.describe_image_version(ImageName=name, Alias="latest")
    with pytest.raises(ClientError, match="Either Version or Alias"):
        sm.delete_image_version(ImageName=name)


def test_an_image_that_settings_name_stays(studio):
    sm, name = studio.sm, studio.account.unique("image")
    config = studio.account.unique("config")
    used = {"JupyterLabAppSettings": {"CustomImages": [{"ImageName": name, "AppImageConfigName": config}]}}
    with pytest.raises(ClientError, match="Could not find image"):
        studio.domain(user=used)
    sm.create_image(ImageName=name, RoleArn=ROLE)
    sm.create_app_image_config(AppImageConfigName=config, JupyterLabAppImageConfig={})
    studio.domain(user=used)

    with pytest.raises(ClientError, match="ResourceInUse"):
        sm.delete_image(ImageName=name)
    with pytest.raises(ClientError, match="ResourceInUse"):
        sm.delete_app_image_config(AppImageConfigName=config)


def test_home_directories_are_kept_unless_the_domains_deletion_says_otherwise(studio):
    for policy, kept in (("Retain", True), ("Delete", False)):
        domain = studio.domain()
        named = studio.profile(domain)
        folder = studio.account.home / "state" / "studio" / domain / "UserProfile" / "ana"
        assert folder.is_dir()
        studio.sm.delete_user_profile(**named)
        studio.gone(studio.sm.describe_user_profile, **named)
        studio.sm.delete_domain(DomainId=domain, RetentionPolicy={"HomeEfsFileSystem": policy})
        studio.gone(studio.sm.describe_domain, DomainId=domain)
        assert folder.is_dir() is kept
