"""The private workforce, its work teams, worker task templates, and what flow definitions name."""

import hashlib
from typing import Any

from ..control import ApiError, ControlPlane, Record

PUBLIC_CROWD = "394669845002:workteam/public-crowd"
BUSY = ("Initializing", "InProgress", "Stopping")


class Workforce:
    """People who can be asked; the members of a team are recorded, the account has no Cognito."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        for operation in ("CreateWorkforce", "UpdateWorkforce"):
            plane.checks(operation, drop_secret)
        plane.checks("CreateWorkforce", self._check_workforce)
        plane.executes("CreateWorkforce", self._open_workforce)
        plane.checks("DeleteWorkforce", self._check_empty)
        plane.checks("CreateWorkteam", self._check_team)
        plane.executes("CreateWorkteam", self._join_workforce)
        plane.answers("DeleteWorkteam", self._delete_team)
        plane.answers("ListSubscribedWorkteams", lambda _: {"SubscribedWorkteams": []})
        plane.executes("CreateHumanTaskUi", self._keep_template)
        plane.checks("DeleteHumanTaskUi", self._check_template_unused)
        plane.checks("CreateFlowDefinition", self._check_flow)

    # -- the workforce -----------------------------------------------------------------------------------------
    def _check_workforce(self, params: Record) -> None:
        if ("CognitoConfig" in params) == ("OidcConfig" in params):
            raise ApiError("Exactly one of CognitoConfig and OidcConfig must be given.")
        for workforce in self._plane.records("Workforce"):
            if workforce["WorkforceName"] != params["WorkforceName"]:
                raise ApiError(
                    "You can have one private workforce in a region, and there is "
                    f"[{workforce['_arn']}] already.",
                    "ResourceLimitExceeded",
                )

    def _open_workforce(self, record: Record) -> None:
        """CreateWorkforce."""
        self._plane.update("Workforce", record["_arn"], Status="Active")

    def _check_empty(self, params: Record) -> None:
        workforce = self._plane.find("Workforce", params["WorkforceName"])
        for team in self._plane.records("Workteam"):
            if team.get("WorkforceArn") == workforce["_arn"]:
                raise ApiError(
                    f"Unable to delete Workforce [{workforce['_arn']}] because Workteam [{team['_arn']}] is "
                    "associated with it.",
                    "ResourceInUse",
                )

    # -- work teams --------------------------------------------------------------------------------------------
    def _check_team(self, params: Record) -> None:
        kinds = {kind for definition in params["MemberDefinitions"] for kind in definition}
        if len(kinds) != 1:
            raise ApiError(
                "MemberDefinitions must be all CognitoMemberDefinition or all OidcMemberDefinition."
            )
        if "WorkforceName" in params:
            self._plane.find("Workforce", params["WorkforceName"])
        elif kinds == {"OidcMemberDefinition"} and not self._plane.records("Workforce"):
            raise ApiError("A work team of an OIDC identity provider needs a workforce: use CreateWorkforce.")

    def _join_workforce(self, record: Record) -> None:
        """CreateWorkteam; the first team of Cognito users makes the workforce `default`."""
        found = self._plane.records("Workforce")
        if not found:
            member = record["MemberDefinitions"][0]["CognitoMemberDefinition"]
            config = {"UserPool": member["UserPool"], "ClientId": member["ClientId"]}
            self._plane.call("CreateWorkforce", {"WorkforceName": "default", "CognitoConfig": config})
            found = self._plane.records("Workforce")
        self._plane.update("Workteam", record["_arn"], WorkforceArn=found[0]["_arn"], ProductListingIds=[])

    def _delete_team(self, params: Record) -> Record:
        """DeleteWorkteam."""
        team = self._plane.find("Workteam", params["WorkteamName"])
        for job in self._plane.records("LabelingJob"):
            if job["HumanTaskConfig"]["WorkteamArn"] == team["_arn"] and job["LabelingJobStatus"] in BUSY:
                raise ApiError(
                    f"Work team [{team['_arn']}] works on [{job['LabelingJobName']}] and cannot be deleted."
                )
        self._plane.store.delete("Workteam", team["_arn"])
        return {"Success": True}

    # -- worker task templates and flow definitions ------------------------------------------------------------
    def _keep_template(self, record: Record) -> None:
        """CreateHumanTaskUi: descriptions show the template's digest, RenderUiTemplate has the template."""
        content = record["UiTemplate"]["Content"]
        shown = {"ContentSha256": hashlib.sha256(content.encode()).hexdigest()}
        self._plane.update(
            "HumanTaskUi", record["_arn"], UiTemplate=shown, Content=content, HumanTaskUiStatus="Active"
        )

    def _check_template_unused(self, params: Record) -> None:
        template = self._plane.find("HumanTaskUi", params["HumanTaskUiName"])
        for flow in self._plane.records("FlowDefinition"):
            if flow.get("HumanLoopConfig", {}).get("HumanTaskUiArn") == template["_arn"]:
                raise ApiError(f"HumanTaskUi [{template['_arn']}] is used by [{flow['_arn']}].")

    def _check_flow(self, params: Record) -> None:
        config: Any = params.get("HumanLoopConfig")
        if config is not None:
            find_team(self._plane, config["WorkteamArn"])
            self._plane.find("HumanTaskUi", config["HumanTaskUiArn"])


def drop_secret(params: Record) -> None:
    """The secret of an OIDC client is not shown again, so it is not kept."""
    params.get("OidcConfig", {}).pop("ClientSecret", None)


def find_team(plane: ControlPlane, arn: str) -> Record:
    """The work team of an ARN; there is no public crowd on one machine."""
    if PUBLIC_CROWD in arn:
        raise ApiError(
            "The local account has no Mechanical Turk workers: name a private work team, which CreateWorkteam makes.",
            "NotAvailableInLocalAccount",
        )
    return plane.find("Workteam", arn)
