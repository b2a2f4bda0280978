"""Where in AWS the shop runs: the names of what is asked there, and the clients that ask.

Settings --Place.of--> Place --client--> boto3, imported at the first call
"""

from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from cloudscale.adapters.aws.connecting import connect
from cloudscale.settings import Settings

MISSING = {
    "auto_scaling_group": "AUTO_SCALING_GROUP is not set: the fleet's size, instances, activities "
    "and CPU are not read.",
    "target_group_arn": "TARGET_GROUP_ARN is not set: AWS's response times and healthy hosts are "
    "not read.",
    "load_balancer_arn": "LOAD_BALANCER_ARN is not set: AWS's response times and healthy hosts are "
    "not read.",
    "policy_parameter": "SCALING_POLICY_PARAMETER is not set: thresholds are those that the code "
    "declares, whatever Terraform has.",
}
"""What goes without, by the name of the setting."""


@dataclass
class Place:
    """One deployment of the shop in AWS. Any thread may use it.

    Attributes:
        region: The AWS region.
        environment: The shop's ENVIRONMENT, a dimension of its figures.
        endpoint_url: Where to call instead of AWS.
        auto_scaling_group: The fleet's name, or `None`.
        target_group_arn: What the load balancer sends to, or `None`.
        load_balancer_arn: The load balancer, or `None`.
        namespace: Of the figures that the shop tells CloudWatch.
        policy_parameter: The SSM parameter with the scaling policy, or `None`.
    """

    region: str
    environment: str = "demo"
    endpoint_url: str | None = None
    auto_scaling_group: str | None = None
    target_group_arn: str | None = None
    load_balancer_arn: str | None = None
    namespace: str = "CloudScale/Commerce"
    policy_parameter: str | None = None
    _clients: dict[str, Any] = field(default_factory=dict, init=False, repr=False)
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)

    @classmethod
    def of(cls, settings: Settings) -> "Place":
        """The place that the settings name."""
        return cls(
            region=settings.aws_region,
            environment=settings.environment,
            endpoint_url=settings.aws_endpoint_url,
            auto_scaling_group=settings.auto_scaling_group,
            target_group_arn=settings.target_group_arn,
            load_balancer_arn=settings.load_balancer_arn,
            namespace=settings.metrics_namespace,
            policy_parameter=settings.scaling_policy_parameter,
        )

    def missing(self) -> list[str]:
        """What is not named and what goes without, in words."""
        return [words for name, words in MISSING.items() if not getattr(self, name)]

    def client(self, service: str) -> Any:
        """The boto3 client of a service, made once."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = connect(service, self.region, self.endpoint_url)
            return self._clients[service]
