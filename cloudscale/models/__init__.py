"""The tables, one module an area. Importing this package registers all of them."""

from cloudscale.models.access import AccessToken, AuditEntry, Scope
from cloudscale.models.account import Address, AddressType, Role, SignInFailure, User, Visit
from cloudscale.models.base import metadata, utc_now
from cloudscale.models.build import BuildFile
from cloudscale.models.cart import Cart, CartLine
from cloudscale.models.catalogue import Category, Product, SearchWord
from cloudscale.models.fleet import ServerProcess
from cloudscale.models.healing import HealingApproval, HealingLine, HealingState, HealingTrial
from cloudscale.models.load_run import LoadRun
from cloudscale.models.order import (
    Order,
    OrderEvent,
    OrderLine,
    OrderStatus,
    OutboxMessage,
    PaymentStatus,
)
from cloudscale.models.scaling import PutInForce, ScalingState
from cloudscale.models.scaling_trace import ScalingTrace
from cloudscale.models.telemetry import OpsEvent, SlowTrace, TelemetryInbox, TelemetrySample

__all__ = [
    "AccessToken",
    "Address",
    "AddressType",
    "AuditEntry",
    "BuildFile",
    "Cart",
    "CartLine",
    "Category",
    "HealingApproval",
    "HealingLine",
    "HealingState",
    "HealingTrial",
    "LoadRun",
    "OpsEvent",
    "Order",
    "OrderEvent",
    "OrderLine",
    "OrderStatus",
    "OutboxMessage",
    "PaymentStatus",
    "Product",
    "PutInForce",
    "Role",
    "ScalingState",
    "ScalingTrace",
    "Scope",
    "SearchWord",
    "ServerProcess",
    "SignInFailure",
    "SlowTrace",
    "TelemetryInbox",
    "TelemetrySample",
    "User",
    "Visit",
    "metadata",
    "utc_now",
]
