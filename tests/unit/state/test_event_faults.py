"""A call that no handler can take is refused before Reflex quotes it in a traceback."""

import pytest
import structlog
from redis.exceptions import RedisError
from reflex_base.registry import RegistrationContext

from cloudscale.cloudscale import app  # noqa: F401  registers every state
from cloudscale.presence import PRESENCE
from cloudscale.state.cart import CartState
from cloudscale.state.event_faults import event_failed, event_fault

ADD = f"{CartState.get_full_name()}.add"
# What Reflex's own front end calls; without one of these no page comes to life.
OF_REFLEX = ("hydrate", "on_load_internal", "update_vars_internal")


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    """The handlers of this app, wherever the test runs."""
    assert ADD in RegistrationContext.get().event_handlers


def test_a_call_that_its_handler_takes_has_no_fault():
    assert event_fault(ADD, {"product_id": 1, "quantity": 2}) is None


def test_what_reflexes_own_front_end_calls_has_no_fault():
    names = list(RegistrationContext.get().event_handlers)
    for ending in OF_REFLEX:
        [name] = [name for name in names if name.endswith(f".{ending}")]
        arguments = {"vars": {}} if ending == "update_vars_internal" else {}
        assert event_fault(name, arguments) is None


@pytest.mark.parametrize("name", ["", "add", "os.system", f"{ADD}s", ADD.replace("add", "setvar")])
def test_a_handler_that_is_not_there_is_a_fault(name):
    assert event_fault(name, {}) == "no such handler"


@pytest.mark.parametrize("arguments", [{}, {"id": 1}, {"product_id": 1, "price": 1}, {"self": 1}])
def test_arguments_that_a_handler_does_not_have_are_a_fault(arguments):
    assert event_fault(ADD, arguments) == "wrong arguments"


def test_a_failure_is_logged_by_kind_and_place_without_its_words():
    def charge():
        raise ValueError("password=hunter2")

    with structlog.testing.capture_logs() as lines:
        try:
            charge()
        except ValueError as error:
            told = event_failed(error)
    assert told.handler.fn.__name__ == "went_wrong"
    [line] = lines
    assert line["error"] == "ValueError"
    assert "in charge" in line["places"]
    assert "hunter2" not in str(line).replace('raise ValueError("password=hunter2")', "")


def test_what_fails_for_want_of_redis_is_said_by_whoever_watches_that(monkeypatch):
    monkeypatch.setattr(PRESENCE, "is_here", False)
    with structlog.testing.capture_logs() as lines:
        assert event_failed(RedisError("no connection")) is None
        assert event_failed(ValueError("another")) is not None
    assert [line["error"] for line in lines] == ["ValueError"]


def test_a_redis_that_is_there_and_fails_is_a_fault_like_any_other():
    with structlog.testing.capture_logs() as lines:
        assert event_failed(RedisError("no connection")) is not None
    assert [line["error"] for line in lines] == ["RedisError"]
