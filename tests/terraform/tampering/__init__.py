"""What somebody could do to the stack by hand, family by family."""

from tests.terraform.tampering import fleet, kept, told

FAMILIES = (*fleet.FAMILIES, *told.FAMILIES, *kept.FAMILIES)
"""All of them, each with what Terraform would have to do about it."""
