"""Lineage: entities, associations, queries, and what the account writes by itself."""

from itertools import pairwise
from typing import Any

import pytest
from botocore.exceptions import ClientError
from joblab import BUCKET, ENDED, ROLE, Lab, channel, s3_output, until, variant

from sagelab.account import Account, images

SERVE = "def model_fn(d):\n    return 0\ndef predict_fn(x, m):\n    return x\n"


@pytest.fixture(scope="module")
def lab(account: Account) -> Lab:
    return Lab(account)


def refused(call: Any, **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def artifact(lab: Lab, kind: str = "DataSet", **more: Any) -> str:
    source = {"SourceUri": f"s3://lineage/{lab.unique('data')}"}
    return lab.sm.create_artifact(Source=source, ArtifactType=kind, **more)["ArtifactArn"]


def action(lab: Lab, kind: str = "ModelDeployment") -> str:
    name = lab.unique("action")
    return lab.sm.create_action(ActionName=name, Source={"SourceUri": "arn"}, ActionType=kind)["ActionArn"]


def context(lab: Lab, kind: str = "Endpoint") -> str:
    name = lab.unique("context")
    return lab.sm.create_context(ContextName=name, Source={"SourceUri": "arn"}, ContextType=kind)[
        "ContextArn"
    ]


def connect(lab: Lab, *arns: str, kind: str = "ContributedTo") -> None:
    for source, destination in pairwise(arns):
        lab.sm.add_association(SourceArn=source, DestinationArn=destination, AssociationType=kind)


def vertices(lab: Lab, start: str, direction: str, **more: Any) -> list[str]:
    answer = lab.sm.query_lineage(StartArns=[start], Direction=direction, **more)
    return [vertex["Arn"] for vertex in answer["Vertices"]]


def by_source(lab: Lab, uri: str) -> dict[str, Any]:
    (found,) = lab.sm.list_artifacts(SourceUri=uri)["ArtifactSummaries"]
    return found


def test_there_is_one_artifact_for_each_source(lab: Lab) -> None:
    source = {"SourceUri": f"s3://lineage/{lab.unique('once')}"}
    arn = lab.sm.create_artifact(Source=source, ArtifactType="DataSet", Properties={"rows": "9"})[
        "ArtifactArn"
    ]

    code, said = refused(lab.sm.create_artifact, Source=source, ArtifactType="Model")

    assert (code, "already exists" in said) == ("ValidationException", True)
    assert lab.sm.describe_artifact(ArtifactArn=arn)["Properties"] == {"rows": "9"}
    assert by_source(lab, source["SourceUri"])["ArtifactType"] == "DataSet"


def test_an_update_replaces_properties_and_removes_some(lab: Lab) -> None:
    arn = artifact(lab, Properties={"a": "1", "b": "2"})
    name = lab.sm.describe_action(ActionName=action(lab).rpartition("/")[2])["ActionName"]

    lab.sm.update_artifact(ArtifactArn=arn, PropertiesToRemove=["a"], ArtifactName="named")
    lab.sm.update_action(ActionName=name, Status="Completed", Properties={"x": "1"})

    shown = lab.sm.describe_artifact(ArtifactArn=arn)
    assert (shown["Properties"], shown["ArtifactName"]) == ({"b": "2"}, "named")
    done = lab.sm.describe_action(ActionName=name)
    assert (done["Status"], done["Properties"]) == ("Completed", {"x": "1"})


def test_a_context_keeps_its_description_and_can_be_found_by_type(lab: Lab) -> None:
    kind = lab.unique("Kind")
    arn = context(lab, kind)
    name = arn.rpartition("/")[2]

    lab.sm.update_context(ContextName=name, Description="prod")

    assert lab.sm.describe_context(ContextName=name)["Description"] == "prod"
    assert [c["ContextArn"] for c in lab.sm.list_contexts(ContextType=kind)["ContextSummaries"]] == [arn]


def test_associations_are_listed_by_their_ends_and_types(lab: Lab) -> None:
    data, model, deployment = artifact(lab), artifact(lab, "Model"), action(lab)
    connect(lab, data, deployment)
    connect(lab, model, deployment)
    listed = lab.sm.list_associations

    into = listed(DestinationArn=deployment, SortBy="SourceType", SortOrder="Ascending")[
        "AssociationSummaries"
    ]
    only = listed(DestinationArn=deployment, SourceType="Model")["AssociationSummaries"]

    assert [(edge["SourceArn"], edge["SourceType"]) for edge in into] == [(data, "DataSet"), (model, "Model")]
    assert [edge["SourceArn"] for edge in only] == [model]
    assert only[0]["DestinationType"] == "ModelDeployment"
    assert only[0]["DestinationName"] == deployment.rpartition("/")[2]
    assert listed(SourceArn=data)["AssociationSummaries"][0]["AssociationType"] == "ContributedTo"
    page = listed(DestinationArn=deployment, MaxResults=1)
    rest = listed(DestinationArn=deployment, MaxResults=1, NextToken=page["NextToken"])
    assert {e["SourceArn"] for p in (page, rest) for e in p["AssociationSummaries"]} == {data, model}


def test_an_association_needs_two_entities_and_exists_once(lab: Lab) -> None:
    one, two = artifact(lab), artifact(lab)
    connect(lab, one, two)
    nobody = one[:-4] + "0000"

    assert refused(lab.sm.add_association, SourceArn=one, DestinationArn=nobody)[0] == "ResourceNotFound"
    assert "already exists" in refused(lab.sm.add_association, SourceArn=one, DestinationArn=two)[1]
    assert refused(lab.sm.add_association, SourceArn=one, DestinationArn=one)[0] == "ValidationException"


def test_an_entity_can_be_deleted_once_nothing_hangs_on_it(lab: Lab) -> None:
    one, two, three = artifact(lab), action(lab), context(lab)
    uri = lab.sm.describe_artifact(ArtifactArn=one)["Source"]["SourceUri"]
    connect(lab, one, two, three)

    assert "has associations" in refused(lab.sm.delete_artifact, ArtifactArn=one)[1]
    assert "has associations" in refused(lab.sm.delete_context, ContextName=three.rpartition("/")[2])[1]
    lab.sm.delete_association(SourceArn=one, DestinationArn=two)
    lab.sm.delete_association(SourceArn=two, DestinationArn=three)
    lab.sm.delete_artifact(Source={"SourceUri": uri})
    lab.sm.delete_action(ActionName=two.rpartition("/")[2])
    lab.sm.delete_context(ContextName=three.rpartition("/")[2])

    assert refused(lab.sm.describe_artifact, ArtifactArn=one)[0] == "ResourceNotFound"
    assert refused(lab.sm.delete_association, SourceArn=one, DestinationArn=two)[0] == "ResourceNotFound"


def test_a_query_walks_in_its_direction(lab: Lab) -> None:
    a, b, c, other = artifact(lab), artifact(lab), artifact(lab), artifact(lab)
    connect(lab, a, b, c)
    connect(lab, a, other)

    assert vertices(lab, b, "Ascendants") == [a]
    assert vertices(lab, b, "Descendants") == [c]
    assert set(vertices(lab, b, "Both")) == {a, c}  # not other, which comes from a but not from b
    assert vertices(lab, c, "Ascendants", MaxDepth=1) == [b]
    assert refused(lab.sm.query_lineage, StartArns=[a[:-4] + "0000"])[0] == "ResourceNotFound"
    assert "StartArns" in refused(lab.sm.query_lineage)[1]
    for limit in ("MaxDepth", "MaxResults"):
        assert "at least 1" in refused(lab.sm.query_lineage, StartArns=[a], **{limit: 0})[1]


def test_a_query_shows_the_way_to_what_it_finds_or_only_what_it_finds(lab: Lab) -> None:
    data, middle, model, dead_end = artifact(lab), action(lab, "Work"), artifact(lab, "Model"), artifact(lab)
    connect(lab, data, middle, model)
    connect(lab, data, dead_end)
    wanted = {"Types": ["Model"], "LineageTypes": ["Artifact"]}

    whole = lab.sm.query_lineage(StartArns=[data], Direction="Descendants", Filters=wanted)
    alone = lab.sm.query_lineage(
        StartArns=[data], Direction="Descendants", Filters=wanted, IncludeEdges=False
    )

    assert [(v["Arn"], v["Type"], v["LineageType"]) for v in whole["Vertices"]] == [
        (middle, "Work", "Action"),
        (model, "Model", "Artifact"),
    ]
    assert {(e["SourceArn"], e["DestinationArn"]) for e in whole["Edges"]} == {
        (data, middle),
        (middle, model),
    }
    assert ([v["Arn"] for v in alone["Vertices"]], alone["Edges"]) == ([model], [])


def test_a_query_filters_by_property_and_time(lab: Lab, account: Account) -> None:
    start, old = artifact(lab), artifact(lab, Properties={"team": "risk"})
    connect(lab, start, old)
    account.clock.step(seconds=60)
    between = account.clock.now()
    account.clock.step(seconds=60)
    new = artifact(lab, Properties={"team": "sales"})
    connect(lab, start, new)
    down = {"direction": "Descendants", "IncludeEdges": False}

    assert vertices(lab, start, **down, Filters={"Properties": {"team": "risk"}}) == [old]
    assert vertices(lab, start, **down, Filters={"CreatedAfter": between}) == [new]
    assert vertices(lab, start, **down, Filters={"CreatedBefore": between}) == [old]


def test_a_circle_and_long_answers_come_to_an_end(lab: Lab) -> None:
    ring = [artifact(lab) for _ in range(4)]
    connect(lab, *ring, ring[0])
    ask = {"StartArns": [ring[0]], "Direction": "Descendants", "MaxResults": 2}

    first = lab.sm.query_lineage(**ask)
    second = lab.sm.query_lineage(**ask, NextToken=first["NextToken"])

    assert [v["Arn"] for page in (first, second) for v in page["Vertices"]] == ring[1:]
    assert "NextToken" not in second


def test_every_account_has_one_lineage_group(lab: Lab) -> None:
    (group,) = lab.sm.list_lineage_groups()["LineageGroupSummaries"]

    name = group["LineageGroupName"]
    assert lab.sm.describe_lineage_group(LineageGroupName=name)["LineageGroupArn"] == group["LineageGroupArn"]
    assert refused(lab.sm.describe_lineage_group, LineageGroupName="other")[0] == "ResourceNotFound"


def test_an_endpoint_leads_back_to_the_data(lab: Lab) -> None:
    raw, clean = lab.put(f"raw/{lab.unique('r')}.csv", "1"), f"s3://{BUCKET}/clean/{lab.unique('c')}"
    copy = "import sys; open(sys.argv[1] + '/a.csv', 'w').write('1')"
    source = {"InputName": "raw", "S3Input": {"S3Uri": raw, "LocalPath": "/opt/ml/processing/in"}}
    source["S3Input"] |= {"S3DataType": "S3Prefix", "S3InputMode": "File"}
    out = "/opt/ml/processing/out"
    lab.processed(lab.process(copy, out, inputs=[source], outputs=[s3_output("o", out, clean)]))
    fit = "import os; open(os.environ['SM_MODEL_DIR'] + '/inference.py', 'w').write('')"
    job = lab.trained(lab.train(fit, InputDataConfig=[channel("train", clean)]))
    data = job["ModelArtifacts"]["S3ModelArtifacts"]
    name = lab.model(SERVE, ModelDataUrl=data)
    endpoint = lab.endpoint(lab.config(variant("AllTraffic", name)))
    arn = lab.sm.describe_endpoint(EndpointName=endpoint)["EndpointArn"]
    (found,) = lab.sm.list_contexts(SourceUri=arn)["ContextSummaries"]

    answer = lab.sm.query_lineage(StartArns=[found["ContextArn"]], Direction="Ascendants", MaxResults=50)

    kinds = {vertex["Arn"]: (vertex["LineageType"], vertex["Type"]) for vertex in answer["Vertices"]}
    for uri in (raw, clean):
        assert kinds[by_source(lab, uri)["ArtifactArn"]] == ("Artifact", "DataSet")
    assert kinds[by_source(lab, data)["ArtifactArn"]] == ("Artifact", "Model")
    assert {("TrialComponent", "TrainingJob"), ("TrialComponent", "ProcessingJob")} <= set(kinds.values())
    assert {("Action", "ModelDeployment"), ("Artifact", "Image")} <= set(kinds.values())
    produced = [e for e in answer["Edges"] if e["DestinationArn"] == by_source(lab, data)["ArtifactArn"]]
    assert [edge["AssociationType"] for edge in produced] == ["Produced"]
    down = lab.sm.query_lineage(
        StartArns=[by_source(lab, raw)["ArtifactArn"]],
        Direction="Descendants",
        Filters={"Types": ["Endpoint"]},
        IncludeEdges=False,
    )
    assert [vertex["Arn"] for vertex in down["Vertices"]] == [found["ContextArn"]]


def test_a_transform_connects_its_model_with_what_it_wrote(lab: Lab) -> None:
    name, source = lab.model(SERVE), lab.put(f"in/{lab.unique('t')}.csv", "1\n")
    job, out = lab.unique("transform"), f"s3://{BUCKET}/out/{lab.unique('t')}"
    lab.sm.create_transform_job(
        TransformJobName=job,
        ModelName=name,
        TransformInput={
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": source}},
            "ContentType": "text/csv",
        },
        TransformOutput={"S3OutputPath": out},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )
    ended = until(
        lambda: lab.sm.describe_transform_job(TransformJobName=job),
        lambda found: found["TransformJobStatus"] in ENDED,
    )

    written = by_source(lab, out)["ArtifactArn"]
    kinds = {
        (vertex["LineageType"], vertex["Type"])
        for vertex in lab.sm.query_lineage(StartArns=[written], Direction="Ascendants")["Vertices"]
    }
    assert kinds >= {("TrialComponent", "TransformJob"), ("Artifact", "DataSet"), ("Artifact", "Model")}
    model = by_source(lab, lab.sm.describe_model(ModelName=name)["ModelArn"])["ArtifactArn"]
    assert written in vertices(lab, model, "Descendants")
    component = lab.sm.describe_trial_component(TrialComponentName=f"{job}-aws-transform-job")
    assert component["Status"]["PrimaryStatus"] == ended["TransformJobStatus"] == "Completed"
    assert component["OutputArtifacts"]["SageMaker.TransformOutput"]["Value"] == out
    (row,) = lab.sm.search(
        Resource="Model", SearchExpression={"Filters": [{"Name": "Model.ModelName", "Value": name}]}
    )["Results"]
    assert row["Model"]["LastBatchTransformJob"]["TransformJobName"] == job


def test_who_approved_a_model_can_be_told_from_its_endpoint(lab: Lab) -> None:
    group, name = lab.unique("group"), lab.unique("model")
    lab.sm.create_model_package_group(ModelPackageGroupName=group)
    environment = {
        "SAGEMAKER_PROGRAM": "inference.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": lab.archive(inference_py=SERVE),
    }
    container = {"Image": images.uri("scikit-learn"), "ModelDataUrl": lab.archive(model_txt="1")}
    package = lab.sm.create_model_package(
        ModelPackageGroupName=group,
        InferenceSpecification={"Containers": [{**container, "Environment": environment}]},
    )["ModelPackageArn"]
    lab.sm.update_model_package(ModelPackageArn=package, ModelApprovalStatus="Approved")
    lab.sm.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer={"ModelPackageName": package})
    endpoint = lab.endpoint(lab.config(variant("AllTraffic", name)))
    arn = lab.sm.describe_endpoint(EndpointName=endpoint)["EndpointArn"]
    (context_found,) = lab.sm.list_contexts(SourceUri=arn)["ContextSummaries"]

    answer = lab.sm.query_lineage(
        StartArns=[context_found["ContextArn"]],
        Direction="Ascendants",
        Filters={"Types": ["Approval"], "Properties": {"ModelApprovalStatus": "Approved"}},
        IncludeEdges=False,
    )

    (approval,) = [vertex["Arn"] for vertex in answer["Vertices"]]
    action_name = approval.rpartition("/")[2]
    assert lab.sm.describe_action(ActionName=action_name)["Source"]["SourceUri"] == package
    of_this_package = lab.sm.list_actions(SourceUri=package, ActionType="Approval")["ActionSummaries"]
    assert approval in [found["ActionArn"] for found in of_this_package]


def test_a_failed_job_produces_nothing(lab: Lab) -> None:
    source = lab.put(f"raw/{lab.unique('f')}.csv", "1")
    lab.trained(lab.train("raise SystemExit(1)", InputDataConfig=[channel("train", source)]))

    assert lab.sm.list_artifacts(SourceUri=source)["ArtifactSummaries"] == []


def test_a_package_hangs_on_its_group_and_its_approvals(lab: Lab) -> None:
    group = lab.unique("group")
    group_arn = lab.sm.create_model_package_group(ModelPackageGroupName=group)["ModelPackageGroupArn"]
    data = lab.archive(model_txt="1")
    container = {"Image": images.uri("scikit-learn"), "ModelDataUrl": data}
    arn = lab.sm.create_model_package(
        ModelPackageGroupName=group,
        InferenceSpecification={
            "Containers": [container],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    )["ModelPackageArn"]
    lab.sm.update_model_package(
        ModelPackageArn=arn, ModelApprovalStatus="Approved", ApprovalDescription="good"
    )

    package = by_source(lab, arn)["ArtifactArn"]
    (home,) = lab.sm.list_contexts(SourceUri=group_arn)["ContextSummaries"]
    assert home["ContextType"] == "ModelGroup"
    into = lab.sm.list_associations(DestinationArn=package)["AssociationSummaries"]
    assert sorted(edge["SourceType"] for edge in into) == ["Approval", "Approval", "Image", "ModelData"]
    assert vertices(lab, package, "Descendants") == [home["ContextArn"]]
    said = [
        lab.sm.describe_action(ActionName=edge["SourceName"])["Properties"]
        for edge in into
        if edge["SourceType"] == "Approval"
    ]
    assert {"ModelApprovalStatus": "PendingManualApproval"} in said
    assert {"ModelApprovalStatus": "Approved", "ApprovalDescription": "good"} in said
