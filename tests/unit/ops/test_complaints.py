"""What a loop logs of its failures."""

import logging

import pytest
from sqlalchemy.exc import OperationalError

from cloudscale.errors import Busy
from cloudscale.ops.complaints import Complaint

AWAY = OperationalError("SELECT 1", None, ConnectionRefusedError("nobody listens"))


@pytest.fixture
def complaint(caplog: pytest.LogCaptureFixture) -> Complaint:
    caplog.set_level(logging.INFO)
    return Complaint(logging.getLogger("a loop"), "Notices wait", "Notices go out again")


def test_an_outage_is_told_once_in_words_and_so_is_its_end(
    complaint: Complaint, caplog: pytest.LogCaptureFixture
):
    complaint.worked()
    for failure in (AWAY, AWAY, Busy(), AWAY):
        complaint.failed(failure)
    complaint.worked()
    complaint.worked()
    first, last = caplog.records
    assert (first.levelname, first.getMessage()) == ("WARNING", "Notices wait: OperationalError")
    assert first.exc_info is None
    assert last.getMessage() == "Notices go out again, after 0 s"
    complaint.failed(AWAY)
    assert len(caplog.records) == 3, "the next outage is told again"


def test_a_bug_is_told_with_its_place_and_once_too(
    complaint: Complaint, caplog: pytest.LogCaptureFixture
):
    for _ in range(3):
        complaint.failed(KeyError("a bug"))
    (told,) = caplog.records
    assert told.exc_info and told.exc_info[0] is KeyError
