"""The port is ours alone, or refused in words."""

import contextlib
import socket
import sys

import pytest

from cloudscale.serving.port import PortRefused, reserve
from tests.e2e.store_process import free_port


@pytest.fixture
def number() -> int:
    return free_port()


def listener(number: int) -> socket.socket:
    """Listens as the web server does: ready to share."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listening.bind(("127.0.0.1", number))
    listening.listen()
    return listening


def test_a_listener_that_would_share_is_noticed_and_named(number):
    with listener(number), pytest.raises(PortRefused, match=f"Port {number} .* is taken"):
        reserve("127.0.0.1", number)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the port is probed, not held")
def test_while_a_port_is_held_only_its_own_server_can_listen(number):
    with contextlib.closing(reserve("127.0.0.1", number)):
        with pytest.raises(PortRefused, match="taken"):
            reserve("127.0.0.1", number)
        with listener(number) as listening, socket.create_connection(("127.0.0.1", number)):
            listening.accept()[0].close()
        with pytest.raises(PortRefused, match="taken"):
            reserve("127.0.0.1", number)


def test_a_port_is_free_again_after_its_connections_ended(number):
    with listener(number) as listening, socket.create_connection(("127.0.0.1", number)) as client:
        listening.accept()[0].close()  # the server's side waits in TIME_WAIT from here on
        assert client.recv(1) == b""
    reserve("127.0.0.1", number).close()


def test_a_name_is_resolved_and_an_unknown_one_refused(number):
    reserve("localhost", number).close()
    with pytest.raises(PortRefused, match="no address of this machine"):
        reserve("no-such-host.invalid", number)


def test_a_foreign_address_is_refused_in_words(number):
    with pytest.raises(PortRefused, match=r"cannot listen on 192\.0\.2\.1"):
        reserve("192.0.2.1", number)
