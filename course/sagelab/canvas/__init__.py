"""Canvas in code: what the Canvas widget does, as functions over boto3 clients.

`CanvasModel` goes from a table to predictions; the modules beside it hold the rules of each page.
"""

from sagelab.canvas.builds import BUILDS, Candidate, Progress, job_request
from sagelab.canvas.columns import Column, describe
from sagelab.canvas.estimate import Estimate, estimate
from sagelab.canvas.model import CanvasModel
from sagelab.canvas.predictions import Answer
from sagelab.canvas.problems import PROBLEMS, Problem, recognize
from sagelab.canvas.sharing import package_request

__all__ = [
    "BUILDS",
    "PROBLEMS",
    "Answer",
    "Candidate",
    "CanvasModel",
    "Column",
    "Estimate",
    "Problem",
    "Progress",
    "describe",
    "estimate",
    "job_request",
    "package_request",
    "recognize",
]
