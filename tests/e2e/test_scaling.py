"""The fleet in a real browser: people come, the alarm goes off, and an instance comes, with why."""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from cloudscale.ops.policy import POLICY, Thresholds, keeping
from tests.e2e.live import open_live
from tests.e2e.store_process import StoreProcess, wait_until
from tests.e2e.test_ops import connect, enter, open_looking, panel_of

MINUTE = 60_000
DRAWN = re.compile("scale out at 45 %")
OTHER = POLICY.model_copy(
    update={"name": "early", "thresholds": Thresholds(cpu_scale_out_percent=45)}
)


def fleet(page: Page) -> Locator:
    """The fleet's panel."""
    return page.get_by_role("region", name="Fleet and scaling", exact=True)


def size(page: Page, name: str) -> Locator:
    """One of its numbers."""
    return fleet(page).locator("div", has=page.get_by_text(name, exact=True)).locator("dd")


def sample(store: StoreProcess, page: Page) -> dict:
    """What programs are told."""
    return page.request.get(f"{store.url}/api/metrics").json()


def test_four_people_come_and_a_simulated_instance_follows_with_the_cause(
    new_store: Callable[..., StoreProcess], new_page: Callable[..., Page]
):
    store = new_store(SIMULATED_BOOT_SECONDS="30")
    ops = new_page(store.url)
    enter(ops, store)
    expect(size(ops, "In service")).to_have_text("2", timeout=MINUTE)
    expect(fleet(ops).locator(".badge")).to_have_text("SIMULATED")
    expect(fleet(ops)).to_contain_text("Policy mission")
    for _ in range(4):
        open_live(new_page(store.url), "/")
    happened = ops.get_by_role("region", name="What happened, and why")
    expect(happened).to_contain_text("Scaling alarm users-out went off", timeout=MINUTE)
    expect(size(ops, "Pending")).to_have_text("1", timeout=MINUTE)
    wait_until(lambda: sample(store, ops)["scalingStatus"] == "scaling", "programs are told")
    expect(fleet(ops)).to_contain_text("sim-00003 pending, ap-south-1a")
    expect(happened).to_contain_text("Scaling out: 2 → 3 instances")
    expect(happened).to_contain_text("which takes 3 instances")
    expect(panel_of(ops, "CPU utilisation").locator(".mark").first).to_be_attached()
    expect(size(ops, "In service")).to_have_text("3", timeout=MINUTE)
    expect(size(ops, "Pending")).to_have_text("0")
    expect(happened).to_contain_text("In service. It passed its health check")
    wait_until(lambda: sample(store, ops)["ec2Instances"] == 3, "programs are told")
    assert sample(store, ops)["source"] == "simulated"
    instances = panel_of(ops, "Instances")
    expect(instances.locator("[data-source=fleet]")).to_have_text("SIMULATED")
    traffic = panel_of(ops, "Traffic by instance")
    expect(traffic.locator(".badge")).to_have_text("MEASURED")


def test_thresholds_move_on_open_charts_when_another_policy_is_in_force(
    new_store: Callable[..., StoreProcess], new_page: Callable[..., Page]
):
    store = new_store()
    page = new_page(store.url)
    enter(page, store)
    chart = panel_of(page, "CPU utilisation")
    legend = chart.locator("[data-legend]")
    expect(legend).to_contain_text("scale out at 70 %")
    with connect(store) as connection:
        connection.execute(
            "INSERT INTO scaling_policy"
            " (id, name, document, sha256, origin, put_in_force_by, since)"
            " SELECT max(id) + 1, %s, %s, %s, 'operator', 'ada', now() FROM scaling_policy",
            (OTHER.name, json.dumps(OTHER.model_dump(mode="json")), keeping.digest(OTHER)),
        )
    expect(legend).to_contain_text(DRAWN, timeout=MINUTE)
    expect(fleet(page)).to_contain_text(re.compile(r"Policy early, in force since .* by ada"))
    expect(page.locator("#tile-cpu_percent .tile-note")).to_have_text("45 % scales out")


def test_when_aws_is_away_the_page_says_so_in_grey(
    new_store: Callable[..., StoreProcess],
    new_page: Callable[..., Page],
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing-secret")
    store = new_store(CLOUD="aws", AUTO_SCALING_GROUP="shop", AWS_ENDPOINT_URL="http://127.0.0.1:9")
    page = new_page(store.url)
    enter(page, store)
    open_looking(page, "/ops")
    expect(fleet(page)).to_contain_text("AWS did not answer", timeout=MINUTE)
    expect(fleet(page)).to_have_attribute("data-stale", "")
    expect(fleet(page).locator(".badge")).to_have_text("AWS")
    assert sample(store, page)["source"] == "measured"
