"""Letters through SNS, read back from a queue."""

import logging
from datetime import UTC, datetime

import pytest

from cloudscale.adapters.aws.healing.messenger import SnsMessenger
from cloudscale.ops.healing.letters import letter
from cloudscale.ops.healing.ports import Letter
from cloudscale.ops.healing.record import Entry, Phase
from cloudscale.ops.healing.resource import Ref
from cloudscale.ops.ports import CloudFault
from tests.integration.adapters.aws.healing.conftest import Stack

ENTRY = Entry(
    "2026-11-26T22:30:00.000000Z#run#0000",
    "run",
    datetime(2026, 11, 26, 22, 30, tzinfo=UTC),
    Phase.HEALED,
    ref=Ref("security_group", "fleet"),
    title="Security group fleet is well again: put back",
    reason="Of the security group fleet, ingress is not as Terraform wrote it.",
    before={"ingress": "0.0.0.0/0 on 22"},
    after={"ingress": "nothing"},
    undo=("aws ec2 authorize-security-group-ingress --cli-input-json '{}'",),
    door="function",
)


def test_a_letter_arrives_with_what_why_before_after_and_how_to_undo_it(stack: Stack):
    SnsMessenger(stack.calls(), stack.topic).tell(letter(ENTRY, "cloudscale-test"))
    (found,) = stack.letters()
    assert found["Subject"] == "[cloudscale-test] Security group fleet is well again: put back"
    for words in ("Why: Of the security", "before: 0.0.0.0/0 on 22", "after:  nothing", "To undo"):
        assert words in found["Message"]
    assert found["MessageAttributes"]["phase"]["Value"] == "healed"


def test_a_very_long_letter_is_cut_and_says_so(stack: Stack):
    SnsMessenger(stack.calls(), stack.topic).tell(Letter("Long", "\u00fc" * 200_000, ENTRY))
    (found,) = stack.letters()
    assert found["Message"].endswith("(The rest is in the record.)")
    assert len(found["Message"].encode()) <= 250_000


def test_a_topic_that_is_not_there_is_a_fault_in_words(stack: Stack):
    messenger = SnsMessenger(stack.calls(), f"{stack.topic}-not")
    with pytest.raises(CloudFault, match="sns:Publish"):
        messenger.tell(letter(ENTRY, "cloudscale-test"))


def test_without_a_topic_letters_go_to_the_log(stack: Stack, caplog: pytest.LogCaptureFixture):
    calls = stack.calls()
    with caplog.at_level(logging.INFO):
        SnsMessenger(calls, "").tell(letter(ENTRY, "cloudscale-test"))
    assert "is well again" in caplog.text
    assert calls.made == 0
