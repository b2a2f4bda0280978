"""The record and the lock on a real table: never two at once, and nothing from who is late."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from cloudscale.adapters.aws.healing import ledger as ledger_module
from cloudscale.adapters.aws.healing.calls import Calls
from cloudscale.adapters.aws.healing.items import LARGEST_BYTES
from cloudscale.adapters.aws.healing.ledger import DynamoLedger
from cloudscale.ops.healing.ports import Lease, LeaseLost
from cloudscale.ops.healing.record import Entry, Phase
from cloudscale.ops.healing.resource import Ref
from cloudscale.ops.ports import CloudFault
from tests.integration.adapters.aws.healing.conftest import TABLE, Stack

NOW = datetime(2026, 11, 26, 23, 59, 30, tzinfo=UTC)


@pytest.fixture
def ledger(stack: Stack) -> DynamoLedger:
    return DynamoLedger(stack.calls(), TABLE, lambda: NOW)


def entry(at: datetime, number: int = 0, **fields: Any) -> Entry:
    stamp = at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    named = {"ref": Ref("alarm", "cpu"), "cause": "drift", **fields}
    return Entry(f"{stamp}#run#{number:04d}", "run", at, Phase.SEEN, **named)


def take(ledger: DynamoLedger, owner: str = "one", now: datetime = NOW) -> Lease:
    lease = ledger.take(owner, now, 120)
    assert lease
    return lease


def test_only_one_holds_the_lock_until_it_is_given_back(ledger: DynamoLedger):
    first = take(ledger)
    assert ledger.take("two", NOW, 120) is None
    ledger.give_back(first)
    assert take(ledger, "two").token > first.token


def test_a_lease_that_nobody_renewed_ends(ledger: DynamoLedger):
    first = take(ledger)
    assert ledger.take("two", NOW + timedelta(seconds=119), 120) is None
    renewed = ledger.renew(first, NOW + timedelta(seconds=60), 120)
    assert renewed.until == NOW + timedelta(seconds=180)
    assert ledger.take("two", NOW + timedelta(seconds=121), 120) is None
    assert take(ledger, "two", NOW + timedelta(seconds=181))
    with pytest.raises(LeaseLost):
        ledger.renew(renewed, NOW, 120)


def test_a_lease_of_a_clock_that_was_days_ahead_holds_nobody_up(ledger: DynamoLedger):
    take(ledger, now=NOW + timedelta(days=30))
    assert take(ledger, "two")


def answered_in_turn(calls: Calls, server: threading.Lock) -> Calls:
    """Have the server answer one write after the other, as DynamoDB does.

    Between a condition and what is written on it, moto lets another write in: of 200 races it let
    both win in a few. Who asks first is left to the threads.
    """
    ask = calls.ask

    def in_turn(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        with server:
            return ask(service, operation, **arguments)

    calls.ask = in_turn  # type: ignore[method-assign]
    return calls


def test_two_that_race_for_the_lock_never_both_hold_it(stack: Stack):
    rounds, holders, both, taken = 200, [], [], [0, 0]
    barrier, server = threading.Barrier(2), threading.Lock()

    def race(number: int) -> None:
        ledger = DynamoLedger(answered_in_turn(stack.calls(), server), TABLE)
        for turn in range(rounds):
            barrier.wait(60)
            lease = ledger.take(f"{number}-{turn}", datetime.now(UTC), 120)
            if lease:
                holders.append(number)
                both.extend([turn] * (len(holders) > 1))
                taken[number] += 1
            barrier.wait(60)
            if lease:
                holders.remove(number)
                ledger.give_back(lease)

    threads = [threading.Thread(target=race, args=(number,), daemon=True) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(200)
    assert not both
    assert sum(taken) == rounds, "in each round exactly one got it"


def test_whoever_lost_the_lock_can_write_nothing_any_more(ledger: DynamoLedger):
    old = take(ledger)
    later = NOW + timedelta(seconds=121)
    new = take(ledger, "two", later)
    with pytest.raises(LeaseLost):
        ledger.append(old, [entry(NOW)])
    with pytest.raises(LeaseLost):
        ledger.keep(old, {"outcome": "calm"})
    ledger.give_back(old)
    ledger.append(new, [entry(later)])
    assert [one.at for one in ledger.entries(NOW - timedelta(days=1))] == [later]
    assert ledger.board() is None


def test_a_lease_that_was_given_back_writes_nothing(ledger: DynamoLedger):
    lease = take(ledger)
    ledger.give_back(lease)
    with pytest.raises(LeaseLost):
        ledger.append(lease, [entry(NOW)])


def test_lines_are_told_in_order_across_midnight_and_whole(ledger: DynamoLedger):
    lease = take(ledger)
    moments = [NOW + timedelta(seconds=20 * number) for number in (3, 0, 2, 1)]
    for at in moments:
        ledger.append(lease, [entry(at, before={"port": 22}, after={"ports": [80, 443]})])
    found = ledger.entries(NOW - timedelta(days=2))
    assert [one.at for one in found] == sorted(moments)
    assert {one.at.day for one in found} == {26, 27}
    assert found[0] == entry(NOW, before={"port": 22}, after={"ports": [80, 443]}, commands=())


def test_lines_before_the_moment_asked_for_are_left_out(ledger: DynamoLedger):
    lease = take(ledger)
    ledger.append(lease, [entry(NOW - timedelta(seconds=1)), entry(NOW)])
    assert [one.at for one in ledger.entries(NOW)] == [NOW]


def test_lines_of_a_clock_that_was_ahead_are_read_up_to_a_day(ledger: DynamoLedger):
    lease = take(ledger)
    ahead = NOW + timedelta(hours=20)
    ledger.append(lease, [entry(ahead)])
    assert [one.at for one in ledger.entries(NOW)] == [ahead]


def test_several_lines_are_added_all_or_none_and_none_twice(ledger: DynamoLedger):
    lease = take(ledger)
    ledger.append(lease, [entry(NOW, 1)])
    with pytest.raises(CloudFault):
        ledger.append(lease, [entry(NOW, 2), entry(NOW, 1)])
    assert len(ledger.entries(NOW)) == 1


def test_more_lines_than_a_transaction_takes_are_refused_before_any_call(ledger: DynamoLedger):
    lease = take(ledger)
    with pytest.raises(ValueError, match="100 lines"):
        ledger.append(lease, [entry(NOW, number) for number in range(100)])


def test_more_than_one_page_of_lines_is_read(ledger: DynamoLedger):
    lease = take(ledger)
    long = "x" * 200_000
    for number in range(8):
        ledger.append(lease, [entry(NOW, number, reason=long)])
    assert len(ledger.entries(NOW)) == 8


def test_a_line_that_cannot_be_read_does_not_hide_the_others(stack: Stack, ledger: DynamoLedger):
    lease = take(ledger)
    ledger.append(lease, [entry(NOW)])
    day, name = {"S": "entry#2026-11-26"}, {"S": "2026-11-26T23:59:31.000000Z#x#0000"}
    item = {"pk": day, "sk": name, "line": {"S": '{"phase": "of-the-future"}'}}
    stack.aws.client("dynamodb").put_item(TableName=TABLE, Item=item)
    assert len(ledger.entries(NOW)) == 1


def test_the_board_is_replaced_and_a_very_long_plan_is_cut(ledger: DynamoLedger):
    lease = take(ledger)
    ledger.keep(lease, {"outcome": "calm", "plan": []})
    rows = [{"ref": f"alarm/{number}", "reason": "x" * 2_000} for number in range(400)]
    ledger.keep(lease, {"outcome": "planned", "plan": rows})
    board = ledger.board()
    assert board
    assert board["outcome"] == "planned"
    assert 0 < len(board["plan"]) == 400 - board["planCut"]
    assert len(str(board)) < LARGEST_BYTES * 1.1


def test_what_was_approved_counts_for_a_day(stack: Stack, ledger: DynamoLedger):
    ledger.approve("aaaa", "ann", NOW)
    ledger.approve("bbbb", "ann", NOW - timedelta(hours=25))
    assert ledger.approvals() == frozenset({"aaaa"})
    key = {"pk": {"S": "approval"}, "sk": {"S": "aaaa"}}
    item = stack.aws.client("dynamodb").get_item(TableName=TABLE, Key=key)["Item"]
    assert item["by"]["S"] == "ann"
    assert datetime.fromisoformat(item["at"]["S"]) == NOW


def test_a_table_that_is_not_there_is_a_fault_in_words(stack: Stack):
    ledger = DynamoLedger(stack.calls(), "no-such-table")
    with pytest.raises(CloudFault, match=r"dynamodb:UpdateItem.*ResourceNotFound"):
        ledger.take("one", NOW, 120)
    with pytest.raises(CloudFault):
        ledger.entries(NOW)


LEASE = Lease("one", 1, NOW)
CANCELLED = "TransactionCanceledException"


def stubbed(stack: Stack, *reasons: str | None) -> tuple[DynamoLedger, Stubber]:
    """A ledger whose writes are cancelled for these reasons, one after the other."""
    client = stack.calls().client("dynamodb")
    stubber = Stubber(client)
    for reason in reasons:
        if reason is None:
            stubber.add_response("transact_write_items", {})
            continue
        rows = {"CancellationReasons": [{"Code": reason}, {"Code": "None"}]}
        stubber.add_client_error("transact_write_items", CANCELLED, modeled_fields=rows)
    stubber.activate()
    return DynamoLedger(Calls(lambda service: client), TABLE), stubber


def test_a_write_that_gave_way_to_another_is_made_again(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(ledger_module, "PAUSE_SECONDS", 0)
    ledger, stubber = stubbed(stack, "TransactionConflict", "TransactionConflict", None)
    ledger.append(LEASE, [entry(NOW)])
    stubber.assert_no_pending_responses()


def test_a_write_that_always_gives_way_loses_the_lease(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(ledger_module, "PAUSE_SECONDS", 0)
    ledger, _ = stubbed(stack, *["TransactionConflict"] * ledger_module.TRIES)
    with pytest.raises(LeaseLost):
        ledger.append(LEASE, [entry(NOW)])


def test_being_asked_too_often_is_a_fault_and_no_lost_lease(stack: Stack):
    client = stack.calls().client("dynamodb")
    with Stubber(client) as stubber:
        code = "ProvisionedThroughputExceededException"
        stubber.add_client_error("transact_write_items", code)
        stubber.add_client_error("update_item", "ThrottlingException")
        ledger = DynamoLedger(Calls(lambda service: client), TABLE)
        with pytest.raises(CloudFault):
            ledger.append(LEASE, [entry(NOW)])
        with pytest.raises(CloudFault, match="too often"):
            ledger.renew(LEASE, NOW, 120)
