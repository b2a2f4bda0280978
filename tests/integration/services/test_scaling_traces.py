"""Traces that operators uploaded: kept as they came, for a day, and for them alone."""

from array import array
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session

from cloudscale.db import unit_of_work
from cloudscale.errors import NotAllowed, NotFound, NotSignedIn
from cloudscale.models import Role, utc_now
from cloudscale.ops import housekeeping
from cloudscale.services import scaling_traces
from cloudscale.services.identity import Shopper
from cloudscale.services.scaling_traces import TraceView
from tests import shop

BEGAN = datetime(2026, 11, 26, 12, tzinfo=UTC)


def keep(session: Session, shopper: Shopper, *counts: float, name: str = "a.csv") -> TraceView:
    requests = array("d", counts or (1.5, 2, 3))
    return scaling_traces.keep(
        session, shopper, name, requests, step_seconds=60, filled_steps=1, began_at=BEGAN
    )


@pytest.mark.parametrize("role", [Role.OPS, Role.STAFF, Role.OWNER])
def test_what_is_kept_is_found_again_as_it_was(session: Session, role: Role):
    kept = keep(session, shop.member(session, role), 1.5, 0, 1e12)
    view, requests = scaling_traces.find(session, kept.id)
    assert view == kept == TraceView(kept.id, "a.csv", 60, 3, 1, BEGAN)
    assert list(requests) == [1.5, 0, 1e12]


def test_nobody_else_keeps_one(session: Session):
    with pytest.raises(NotSignedIn):
        keep(session, shop.guest(session))
    with pytest.raises(NotAllowed):
        keep(session, shop.member(session))
    with pytest.raises(NotAllowed):
        scaling_traces.require_uploader(session, shop.member(session))


@pytest.mark.parametrize(("given", "shown"), [("  ", "trace.csv"), ("x" * 99, "x" * 80)])
def test_a_name_is_there_and_short(session: Session, given: str, shown: str):
    assert keep(session, shop.member(session, Role.OPS), name=given).name == shown


def test_one_that_is_not_kept_is_told_so(session: Session):
    with pytest.raises(NotFound):
        scaling_traces.find(session, 2**40)


def test_old_ones_go_a_batch_at_a_time_and_the_others_stay(session: Session):
    ops = shop.member(session, Role.OPS)
    kept = [keep(session, ops).id for _ in range(scaling_traces.BATCH + 2)]
    assert scaling_traces.prune(session) == 0
    tomorrow = utc_now() + scaling_traces.KEPT + timedelta(seconds=1)
    assert scaling_traces.prune(session, tomorrow) == scaling_traces.BATCH
    assert scaling_traces.prune(session, tomorrow) == 2
    for number in kept:
        with pytest.raises(NotFound):
            scaling_traces.find(session, number)


def test_the_shops_housekeeping_sees_to_that():
    assert scaling_traces.prune in housekeeping.PRUNED


@pytest.mark.usefixtures("database")
async def test_housekeeping_clears_old_traces_for_good():
    with unit_of_work() as session:
        keep(session, shop.member(session, Role.OPS))
        long_ago = utc_now() - timedelta(days=2)
        session.connection().execute(scaling_traces.traces.update().values(created_at=long_ago))
    assert await housekeeping.prune(scaling_traces.prune) == 1


def test_a_trace_goes_with_the_account_that_brought_it(session: Session):
    ops = shop.member(session, Role.OPS)
    kept = keep(session, ops)
    session.connection().exec_driver_sql(
        "DELETE FROM user_account WHERE id = %s", (ops.require_user().id,)
    )
    session.expire_all()
    with pytest.raises(NotFound):
        scaling_traces.find(session, kept.id)
