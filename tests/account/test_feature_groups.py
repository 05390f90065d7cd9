"""Feature groups: what is refused, how one comes to be, changes and goes."""

import json
from datetime import timedelta

import pytest
from featurelab import FeatureLab, definitions, refusal, until

TTL = {"Unit": "Hours", "Value": 2}
RESERVED = definitions({"client": "Integral", "at": "String", "Is_Deleted": "String"})
TWICE = definitions({"client": "Integral", "at": "String", "AT": "String"})
IN_MEMORY = {"EnableOnlineStore": True, "StorageType": "InMemory"}
NO_STORE = (
    "OnlineStore and OfflineStore cannot be both disabled. "
    "Please enable at least one of them and retry the request."
)
TAKEN = (
    "Resource Already Exists: FeatureGroup with name {0} already exists. Choose a different name.\n"
    "Info: Feature Group '{0}' already exists."
)


@pytest.fixture(scope="module")
def lab(account):
    return FeatureLab(account.session.client, account.unique)


def refused(lab, **changes):
    """The sentence that refuses a request."""
    code, sentence = refusal(lab.sm.create_feature_group, **{**lab.request(), **changes})
    assert code == "ValidationException"
    return sentence


def test_a_group_is_created_after_a_moment_of_creating(lab):
    """Who does not wait meets the status Creating, as on AWS."""
    request = lab.request()
    arn = lab.sm.create_feature_group(**request)["FeatureGroupArn"]
    name = request["FeatureGroupName"]

    first = lab.sm.describe_feature_group(FeatureGroupName=name)
    described = lab.settled(name)

    assert first["FeatureGroupStatus"] == "Creating"
    assert described["FeatureGroupStatus"] == "Created"
    assert described["OfflineStoreStatus"] == {"Status": "Active"}
    assert arn == f"arn:aws:sagemaker:us-east-1:123456789012:feature-group/{name}"
    assert lab.sm.describe_feature_group(FeatureGroupName=arn)["FeatureGroupName"] == name


def test_the_offline_store_lies_where_aws_puts_it(lab):
    described = lab.settled(lab.group())
    created, name = int(described["CreationTime"].timestamp()), described["FeatureGroupName"]

    config = described["OfflineStoreConfig"]

    assert config["S3StorageConfig"]["ResolvedOutputS3Uri"] == (
        f"s3://{lab.bucket}/store/123456789012/sagemaker/us-east-1/offline-store/{name}-{created}/data"
    )
    assert config["DataCatalogConfig"] == {
        "Catalog": "AwsDataCatalog",
        "Database": "sagemaker_featurestore",
        "TableName": f"{name}_{created}".replace("-", "_"),
    }
    assert config["TableFormat"] == "Glue"


def test_a_table_is_not_made_where_nobody_wants_it(lab):
    request = lab.request()
    request["OfflineStoreConfig"]["DisableGlueTableCreation"] = True
    lab.sm.create_feature_group(**request)

    assert "DataCatalogConfig" not in lab.settled(request["FeatureGroupName"])["OfflineStoreConfig"]


def test_a_group_without_any_store_is_refused_in_the_words_of_aws(lab):
    request = lab.request(online=False, offline=False)

    assert refusal(lab.sm.create_feature_group, **request) == (
        "ValidationException",
        f"Validation Error: {NO_STORE}",
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"RecordIdentifierFeatureName": "nobody"},
            "RecordIdentifierFeatureName [nobody] must be one of the names",
        ),
        ({"EventTimeFeatureName": "never"}, "EventTimeFeatureName [never] must be one of the names"),
        ({"EventTimeFeatureName": "client"}, "must be of type String or Fractional, but it is Integral"),
        ({"RoleArn": None}, "RoleArn is required"),
        ({"FeatureDefinitions": RESERVED}, "[Is_Deleted] is reserved"),
        ({"FeatureDefinitions": TWICE}, "[at] is given twice"),
        (
            {"OnlineStoreConfig": IN_MEMORY, "ThroughputConfig": {"ThroughputMode": "Provisioned"}},
            "Provisioned is not supported for StorageType InMemory",
        ),
        (
            {"ThroughputConfig": {"ThroughputMode": "OnDemand", "ProvisionedReadCapacityUnits": 5}},
            "cannot be set when",
        ),
    ],
)
def test_a_group_whose_parts_do_not_fit_is_refused(lab, changes, sentence):
    request = {name: value for name, value in {**lab.request(), **changes}.items() if value is not None}

    code, said = refusal(lab.sm.create_feature_group, **request)

    assert code == "ValidationException"
    assert said.startswith("Validation Error: ")
    assert sentence in said


@pytest.mark.parametrize(
    ("feature", "sentence"),
    [
        ({"FeatureType": "String", "CollectionType": "Map"}, "enum value set: [List, Set, Vector]"),
        (
            {"FeatureType": "String", "CollectionType": "List"},
            "needs an OnlineStore with StorageType InMemory",
        ),
        ({"FeatureType": "Boolean"}, "enum value set: [Integral, Fractional, String]"),
    ],
)
def test_a_feature_that_cannot_be_kept_is_refused(lab, feature, sentence):
    more = [*definitions(), {"FeatureName": "history", **feature}]

    assert sentence in refused(lab, FeatureDefinitions=more)


def test_a_vector_needs_a_dimension_and_fractions(lab):
    vector = {"FeatureName": "v", "FeatureType": "Fractional", "CollectionType": "Vector"}

    without = refused(lab, OnlineStoreConfig=IN_MEMORY, FeatureDefinitions=[*definitions(), vector])
    texts = refused(
        lab,
        OnlineStoreConfig=IN_MEMORY,
        FeatureDefinitions=[*definitions(), {**vector, "FeatureType": "String"}],
    )

    assert "needs CollectionConfig.VectorConfig.Dimension" in without
    assert "must be of type Fractional" in texts


def test_iceberg_needs_a_text_as_event_time_and_is_not_written_here(lab):
    iceberg = {**lab.request()["OfflineStoreConfig"], "TableFormat": "Iceberg"}
    fractional = definitions({"client": "Integral", "at": "Fractional"})

    assert "EventTime feature of type String" in refused(
        lab, OfflineStoreConfig=iceberg, FeatureDefinitions=fractional
    )
    code, said = refusal(lab.sm.create_feature_group, **lab.request(OfflineStoreConfig=iceberg))
    assert code == "NotAvailableInLocalAccount"
    assert "Glue table format only" in said


def test_a_bucket_that_does_not_exist_is_refused_as_aws_does(lab):
    nowhere = {"S3StorageConfig": {"S3Uri": "s3://there-is-no-such-bucket/store"}}

    assert refused(lab, OfflineStoreConfig=nowhere) == (
        "Validation Error: Invalid S3Uri provided.\n"
        "Info: The specified bucket does not exist [there-is-no-such-bucket]"
    )


def test_a_role_that_does_not_trust_sagemaker_is_refused_as_aws_does(lab, account):
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"},
                                                     "Action": "sts:AssumeRole"}]}  # fmt: skip
    iam, name = account.session.client("iam"), account.unique("role")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]

    assert "The execution role ARN is invalid." in refused(lab, RoleArn=role)


def test_a_name_that_is_taken_is_refused_also_in_other_letters(lab):
    name = lab.group(offline=False)

    assert refusal(lab.sm.create_feature_group, **lab.request(FeatureGroupName=name.upper())) == (
        "ResourceInUse",
        TAKEN.format(name.upper()),
    )


def test_a_table_name_that_is_taken_lets_the_creation_fail(lab):
    """A failure that shows only after the request was accepted: CreateFailed and its FailureReason."""
    taken = lab.settled(lab.group())["OfflineStoreConfig"]["DataCatalogConfig"]
    request = lab.request()
    request["OfflineStoreConfig"]["DataCatalogConfig"] = taken
    lab.sm.create_feature_group(**request)

    failed = lab.settled(request["FeatureGroupName"])

    assert failed["FeatureGroupStatus"] == "CreateFailed"
    assert failed["FailureReason"].startswith("Table already exists. (Service: AWSGlue; Status Code: 400;")
    lab.sm.delete_feature_group(FeatureGroupName=request["FeatureGroupName"])
    until(lambda: names(lab, NameContains=request["FeatureGroupName"]), lambda found: found == [])


def test_a_bucket_that_goes_while_the_group_is_made_lets_the_creation_fail(lab):
    bucket = lab.unique("short-lived")
    lab.s3.create_bucket(Bucket=bucket)
    request = lab.request(OfflineStoreConfig={"S3StorageConfig": {"S3Uri": f"s3://{bucket}/"}})
    lab.sm.create_feature_group(**request)
    lab.s3.delete_bucket(Bucket=bucket)

    failed = lab.settled(request["FeatureGroupName"])

    assert failed["FeatureGroupStatus"] == "CreateFailed"
    assert "Invalid S3Uri provided" in failed["FailureReason"]


def names(lab, **filters):
    """The names that ListFeatureGroups gives, over all pages."""
    token, found = {}, []
    while True:
        page = lab.sm.list_feature_groups(**filters, **token)
        found += [group["FeatureGroupName"] for group in page["FeatureGroupSummaries"]]
        if "NextToken" not in page:
            return found
        token = {"NextToken": page["NextToken"]}


def test_groups_are_listed_by_filter_order_and_page(account, lab):
    common = lab.unique("listed")
    made = [lab.group(FeatureGroupName=f"{common}-{letter}", offline=letter != "b") for letter in "cab"]

    assert names(lab, NameContains=common.upper()) == made[::-1]
    assert names(lab, NameContains=common, SortBy="Name", SortOrder="Ascending", MaxResults=1) == sorted(made)
    assert names(lab, NameContains=common, OfflineStoreStatusEquals="Active") == [made[1], made[0]]
    assert names(lab, NameContains=common, FeatureGroupStatusEquals="Creating") == []
    hour = account.clock.now() + timedelta(days=365)
    assert names(lab, NameContains=common, CreationTimeAfter=hour) == []
    assert len(names(lab, NameContains=common, CreationTimeBefore=hour)) == 3


def test_features_can_be_added_but_not_replaced(lab):
    name = lab.group()
    more = [{"FeatureName": "income", "FeatureType": "Fractional"}]

    lab.sm.update_feature_group(FeatureGroupName=name, FeatureAdditions=more)
    again = refusal(lab.sm.update_feature_group, FeatureGroupName=name, FeatureAdditions=more)

    described = lab.sm.describe_feature_group(FeatureGroupName=name)
    assert described["FeatureDefinitions"] == [*definitions(), *more]
    assert described["LastUpdateStatus"] == {"Status": "Successful"}
    assert described["LastModifiedTime"] > described["CreationTime"]
    assert "[income] is given twice" in again[1]
    lab.put(name, client=1, at="2026-01-01T00:00:00Z", income=3)
    assert lab.get(name, 1)["income"] == "3"


def test_the_time_to_live_of_a_group_can_be_set_and_taken_away(lab):
    name = lab.group(offline=False)

    lab.sm.update_feature_group(FeatureGroupName=name, OnlineStoreConfig={"TtlDuration": TTL})
    assert lab.sm.describe_feature_group(FeatureGroupName=name)["OnlineStoreConfig"]["TtlDuration"] == TTL

    lab.sm.update_feature_group(FeatureGroupName=name, OnlineStoreConfig={"TtlDuration": {}})
    assert "TtlDuration" not in lab.sm.describe_feature_group(FeatureGroupName=name)["OnlineStoreConfig"]


@pytest.mark.parametrize(
    ("update", "sentence"),
    [
        ({}, "exactly one of FeatureAdditions, OnlineStoreConfig and ThroughputConfig"),
        ({"OnlineStoreConfig": {"TtlDuration": TTL}}, "the FeatureGroup has no OnlineStore"),
    ],
)
def test_an_update_that_cannot_be_is_refused(lab, update, sentence):
    name = lab.group(online=False)

    code, said = refusal(lab.sm.update_feature_group, FeatureGroupName=name, **update)

    assert (code, sentence in said) == ("ValidationException", True)


def test_the_storage_type_goes_from_standard_to_standard_v2_and_not_back(lab):
    name = lab.group(offline=False)
    update = {"FeatureGroupName": name, "OnlineStoreConfig": {"StorageType": "Standard_V2"}}

    lab.sm.update_feature_group(**update)
    back = refusal(
        lab.sm.update_feature_group, **{**update, "OnlineStoreConfig": {"StorageType": "Standard"}}
    )

    assert "cannot be changed from Standard_V2 to Standard" in back[1]


def test_a_feature_has_a_description_and_parameters(lab):
    feature = {"FeatureGroupName": lab.group(offline=False), "FeatureName": "bill"}

    parameters = [{"Key": "unit", "Value": "TWD"}, {"Key": "pii", "Value": "no"}]

    lab.sm.update_feature_metadata(**feature, Description="monthly bill", ParameterAdditions=parameters)
    lab.sm.update_feature_metadata(
        **feature, ParameterAdditions=[{"Key": "unit", "Value": "USD"}], ParameterRemovals=["pii"]
    )

    described = lab.sm.describe_feature_metadata(**feature)
    assert (described["FeatureType"], described["Description"]) == ("Fractional", "monthly bill")
    assert described["Parameters"] == [{"Key": "unit", "Value": "USD"}]
    assert (
        refusal(lab.sm.describe_feature_metadata, **{**feature, "FeatureName": "age"})[0]
        == "ResourceNotFound"
    )


def test_a_deleted_group_is_gone_and_its_offline_store_stays(lab, tmp_path):
    """What was acknowledged before still reaches the offline store; a new group of the name begins empty."""
    name = lab.group()
    lab.put(name, client=1, at="2026-01-01T00:00:00Z", bill=1)
    described = lab.sm.describe_feature_group(FeatureGroupName=name)
    prefix = described["OfflineStoreConfig"]["S3StorageConfig"]["ResolvedOutputS3Uri"].split("/", 3)[3]

    lab.sm.delete_feature_group(FeatureGroupName=name)

    until(lambda: names(lab, NameContains=name), lambda found: found == [])
    assert refusal(lab.sm.describe_feature_group, FeatureGroupName=name) == (
        "ResourceNotFound",
        f"Resource Not Found: Amazon SageMaker can't find a FeatureGroup with name {name}",
    )
    kept = lab.s3.list_objects_v2(Bucket=lab.bucket, Prefix=prefix)["Contents"]
    assert len(kept) == 1
    assert lab.get(lab.group(FeatureGroupName=name), 1) is None
