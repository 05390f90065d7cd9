"""What of moto's EC2 is left out: the instance types that other regions offer, 60 MB for which nobody here asks."""

from functools import cache
from typing import Any

OFFERINGS = "ec2/resources/instance_type_offerings/"


@cache
def stay_lean(region: str) -> None:
    """Let moto read the offerings of `region` alone, whichever of its services loads EC2."""
    from moto.utilities import utils

    read = utils.load_resource

    def read_own(resource: str) -> Any:
        foreign = resource.startswith(OFFERINGS) and not resource.rpartition("/")[2].startswith(f"{region}.")
        return [] if foreign else read(resource)

    utils.load_resource = read_own
