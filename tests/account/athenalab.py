"""An account in the tests' own process, whose Athena can be reached."""

import itertools

from featurelab import FeatureLab, until

from sagelab.account.app import Application
from sagelab.account.inside import Clients

ENDED = ("SUCCEEDED", "FAILED", "CANCELLED")
DATABASE = {"Database": "sagemaker_featurestore"}


class Door:
    """Hands Athena's requests to the module that registered for them."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        if self.app.plane.routes.find("/" + target):
            environ["PATH_INFO"] = "/" + target
        return self.app(environ, start_response)


class Bench(FeatureLab):
    """An account in this process, whose Athena can be reached."""

    def __init__(self, home):
        numbers = itertools.count()
        self.app = Application(home)
        self.app.start()
        clients = Clients(Door(self.app), "us-east-1")
        super().__init__(clients, lambda prefix: f"{home.name.replace('_', '-')}-{prefix}-{next(numbers)}")
        self.athena, self.output = clients("athena"), f"s3://{self.bucket}/results/"

    def start(self, sql, context=DATABASE, **more):
        """StartQueryExecution; its id."""
        started = self.athena.start_query_execution(
            QueryString=sql,
            QueryExecutionContext=context,
            ResultConfiguration={"OutputLocation": self.output},
            **more,
        )
        return started["QueryExecutionId"]

    def ended(self, name):
        """The query once it has ended."""
        describe = lambda: self.athena.get_query_execution(QueryExecutionId=name)["QueryExecution"]  # noqa: E731
        return until(describe, lambda query: query["Status"]["State"] in ENDED)

    def rows(self, sql, **more):
        """The rows of a query, without the names of the columns."""
        name = self.start(sql, **more)
        status = self.ended(name)["Status"]
        assert status["State"] == "SUCCEEDED", status
        pages = self.athena.get_paginator("get_query_results").paginate(QueryExecutionId=name)
        rows = [row["Data"] for page in pages for row in page["ResultSet"]["Rows"]]
        return [[datum.get("VarCharValue") for datum in row] for row in rows[1:]]

    def reason(self, sql, **more):
        """Why a query fails."""
        status = self.ended(self.start(sql, **more))["Status"]
        assert status["State"] == "FAILED", status
        return status["StateChangeReason"]

    def table(self, group):
        """The name of a group's table."""
        config = self.sm.describe_feature_group(FeatureGroupName=group)["OfflineStoreConfig"]
        return config["DataCatalogConfig"]["TableName"]
