"""The scaling policy that Terraform wrote down, for the shop to draw and judge by.

SsmPolicy --GetParameter--> PolicyDocument
"""

from cloudscale.adapters.aws.faults import asking
from cloudscale.adapters.aws.place import MISSING, Place
from cloudscale.ops.ports import CloudFault, PolicyDocument


class SsmPolicy:
    """A scaling policy in an SSM parameter.

    Args:
        place: Where, under which name.
    """

    def __init__(self, place: Place) -> None:
        self._place = place

    def read(self) -> PolicyDocument:
        """The document as it is now, unchecked; blocks for up to 15 s.

        Raises:
            CloudFault: AWS did not tell it.
        """
        name = self._place.policy_parameter
        if name is None:
            raise CloudFault(MISSING["policy_parameter"])
        client = self._place.client("ssm")
        with asking("ssm:GetParameter"):
            try:
                found = client.get_parameter(Name=name)["Parameter"]
            except client.exceptions.ParameterNotFound:
                found = None
        if found is None:
            raise CloudFault(f"There is no SSM parameter {name} in {self._place.region}.")
        return PolicyDocument(found["Value"], f"{name}:{found['Version']}")
