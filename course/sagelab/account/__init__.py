"""The local AWS account: boto3's real API, answered by this machine."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .attach import Account, connect

__all__ = ["Account", "connect"]


def __getattr__(name: str) -> Any:
    """Load boto3 with the first use: a device's agent lives in this package too, and needs none of it."""
    if name not in __all__:
        raise AttributeError(f"sagelab.account has no {name!r}; it has {', '.join(__all__)}.")
    from . import attach

    return getattr(attach, name)
