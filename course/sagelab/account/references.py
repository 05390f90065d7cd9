"""Recorded resources that name another one: AWS refuses them where that one is missing."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .control import ControlPlane

# operation: the member that names another resource, and that resource's noun
NAMED = {
    "CreateUserProfile": ("DomainId", "Domain"),
    "CreateSpace": ("DomainId", "Domain"),
    "CreateApp": ("DomainId", "Domain"),
    "CreateTrial": ("ExperimentName", "Experiment"),
    "CreateImageVersion": ("ImageName", "Image"),
}


def register(plane: "ControlPlane") -> None:
    """Check what recorded resources name."""
    for operation, (member, noun) in NAMED.items():
        plane.checks(operation, _check(plane, member, noun))


def _check(plane: "ControlPlane", member: str, noun: str) -> Any:
    def there(params: dict[str, Any]) -> None:
        plane.find(noun, params[member])

    return there
