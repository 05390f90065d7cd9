"""VpcConfig: recorded as it is, once EC2 knows its subnets and security groups.

Nothing on one machine has subnets: a job's traffic is not led through them. What cuts a job off is isolation.
"""

from botocore.exceptions import ClientError

from .control import ApiError, ControlPlane, Record


def check(plane: ControlPlane, config: Record | None) -> None:
    """Refuse subnets and security groups that EC2 does not know, or that lie in several VPCs, in EC2's words."""
    if not config:
        return
    ec2 = plane.client("ec2")
    try:
        subnets = ec2.describe_subnets(SubnetIds=config["Subnets"])["Subnets"]
        groups = ec2.describe_security_groups(GroupIds=config["SecurityGroupIds"])["SecurityGroups"]
    except ClientError as error:
        raise ApiError(f"Invalid VpcConfig: {error.response['Error']['Message']}") from None
    if len({found["VpcId"] for found in (*subnets, *groups)}) > 1:
        raise ApiError("Invalid VpcConfig: the subnets and security groups must belong to one VPC.")
