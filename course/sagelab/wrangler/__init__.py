"""Data Wrangler's part of the course: a flow of transforms, a quality report, a quick model, and three exports.

from sagelab.wrangler import Flow
flow = Flow(df, "clients").add("Drop duplicates").add("Impute", input_column=["AGE"])
flow.table()
"""

from sagelab.wrangler.catalogue import catalogue, find, groups
from sagelab.wrangler.flow import Flow, Preview
from sagelab.wrangler.steps import StepError

__all__ = ["Flow", "Preview", "StepError", "catalogue", "find", "groups"]
