"""The widgets of the course: each a thin view whose rules live elsewhere."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sagelab_widgets.bias_report import BiasReport
    from sagelab_widgets.canvas import Canvas
    from sagelab_widgets.drift_explorer import DriftExplorer
    from sagelab_widgets.endpoint_console import EndpointConsole
    from sagelab_widgets.exam import Exam
    from sagelab_widgets.experiments import ExperimentsTable
    from sagelab_widgets.flashcards import Flashcards
    from sagelab_widgets.home import Home
    from sagelab_widgets.labeling import Labeling
    from sagelab_widgets.model_dashboard import ModelDashboard
    from sagelab_widgets.pipeline_viewer import PipelineViewer
    from sagelab_widgets.quiz import Quiz
    from sagelab_widgets.reference import Reference
    from sagelab_widgets.resource_explorer import ResourceExplorer
    from sagelab_widgets.shap_explorer import ShapExplorer
    from sagelab_widgets.training_monitor import TrainingMonitor
    from sagelab_widgets.wrangler import Wrangler

__all__ = [
    "BiasReport",
    "Canvas",
    "DriftExplorer",
    "EndpointConsole",
    "Exam",
    "ExperimentsTable",
    "Flashcards",
    "Home",
    "Labeling",
    "ModelDashboard",
    "PipelineViewer",
    "Quiz",
    "Reference",
    "ResourceExplorer",
    "ShapExplorer",
    "TrainingMonitor",
    "Wrangler",
]

MODULES = {
    "BiasReport": "bias_report",
    "Canvas": "canvas",
    "DriftExplorer": "drift_explorer",
    "EndpointConsole": "endpoint_console",
    "Exam": "exam",
    "ExperimentsTable": "experiments",
    "Flashcards": "flashcards",
    "Home": "home",
    "Labeling": "labeling",
    "ModelDashboard": "model_dashboard",
    "PipelineViewer": "pipeline_viewer",
    "Quiz": "quiz",
    "Reference": "reference",
    "ResourceExplorer": "resource_explorer",
    "ShapExplorer": "shap_explorer",
    "TrainingMonitor": "training_monitor",
    "Wrangler": "wrangler",
}


def __getattr__(name: str) -> Any:
    """Load a widget when it is first asked for: importing the package stays quick."""
    if name not in MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{MODULES[name]}"), name)
