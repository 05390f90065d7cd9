"""The local AWS account: boto3's real API, answered by this machine."""

from .attach import Account, connect

__all__ = ["Account", "connect"]
