"""JumpStart: the public model hub, private hubs, and the files behind their models.

hubs       CreateHub, DescribeHub, ListHubs, UpdateHub, DeleteHub
contents   import, describe, list, update and delete hub contents, by version
references CreateHubContentReference and its like: public models in private hubs
public     what the public hub offers, with documents in AWS's form
artifacts  writes a public model's files to S3 when somebody first wants them
scripts    the code that is deployed with these models
"""

from ..control import ControlPlane
from . import artifacts, contents, hubs, references


def register(plane: ControlPlane) -> None:
    """Answer for hubs in this account."""
    files = artifacts.Artifacts(plane)
    hubs.register(plane)
    contents.register(plane, files)
    references.register(plane)
