"""The healing page of a store on AWS: what the healer there wrote is shown, and approved."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from cloudscale.adapters.aws.healing.assembly import ledger_of, parts_of
from cloudscale.ops.healing.run import heal
from tests import aws_server
from tests.deadline import within
from tests.e2e.store_process import StoreProcess
from tests.e2e.test_accessibility import violations
from tests.e2e.test_healing import URL, panel, width_beyond
from tests.e2e.test_ops import enter
from tests.integration.adapters.aws.healing import conftest, resources
from tests.integration.adapters.aws.healing.conftest import Stack

COPIED_MS = 45_000  # the leader copies each ten seconds, once it leads


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """A stack that somebody tampered with, and whose healer asks before it acts."""
    for name, value in aws_server.CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with aws_server.running(tmp_path) as aws:
        made = conftest.built(aws)
        made.limits["mode"] = "approve"
        made.want(*resources.build(made))
        resources.tamper(made)
        yield made


def run_healer(stack: Stack) -> None:
    heal(parts_of(stack.where, stack.calls()), "function")


def test_what_the_healer_on_aws_asks_is_approved_on_the_page_and_shown_when_done(
    stack: Stack, new_store: Callable[..., StoreProcess], new_page: Callable[..., Page]
):
    run_healer(stack)
    where = stack.where
    store = new_store(
        CLOUD="aws",
        AWS_ENDPOINT_URL=stack.aws.url,
        HEALING_STACK=where.stack,
        HEALING_TABLE=where.table,
    )
    page = new_page(store.url, phone=True)
    enter(page, store)
    page.goto(URL)
    plan = panel(page, "What it would do now")
    expect(plan).to_contain_text("Log group application", timeout=COPIED_MS)
    expect(page.get_by_text("On approval")).to_be_visible()
    plan.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Approved: one of the next runs does it.")).to_be_visible()
    ledger = ledger_of(where, stack.calls())
    with within(COPIED_MS // 1000):
        while not ledger.approvals():
            page.wait_for_timeout(500)
    run_healer(stack)
    assert resources.retention(stack) == 30
    expect(plan).to_contain_text("Acted on", timeout=COPIED_MS)
    expect(page.get_by_text("Log group application is well again")).to_be_visible()
    expect(page.get_by_text("simulated", exact=False)).to_have_count(0)
    assert width_beyond(page) <= 0
    assert violations(page) == []
