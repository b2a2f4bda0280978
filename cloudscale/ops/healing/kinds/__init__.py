"""Every kind of resource that is healed, by its name.

To add one: a module here with its `Kind`, its row in `KINDS`, its observer in
`adapters/aws/healing/observing/`, and its rows in the module's `desired` output of Terraform.
"""

from collections.abc import Mapping

from cloudscale.ops.healing.kinds.kind import Kind

KINDS: Mapping[str, Kind] = {}
