"""The port: ours alone, or refused in words.

The web server binds with SO_REUSEPORT, and so would share a taken port in silence.
"""

import errno
import socket
import sys

from cloudscale.serving.refusal import Refused


class PortRefused(Refused):
    """The store cannot listen where it should; the message says why."""


def resolve(host: str, port: int) -> tuple[socket.AddressFamily, str]:
    """The address family and numeric address of a host name.

    Raises:
        PortRefused: The name is unknown.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as error:
        raise PortRefused(
            f"HOST={host} is no address of this machine ({error.strerror})."
        ) from None
    return family, str(address[0])


def reserve(host: str, port: int) -> socket.socket:
    """Take a port before anything is started for it.

    Bound without SO_REUSEPORT, so that it fails when anybody listens there; made shareable only
    then, so that our own web server can listen beside it while every later `reserve` is refused.

    Args:
        host: Name or address to listen on.
        port: TCP port.

    Returns:
        A socket that receives nothing; the port is ours until it is closed.

    Raises:
        PortRefused: The port is taken, needs privileges, or the address is not ours.
    """
    family, address = resolve(host, port)
    held = socket.socket(family, socket.SOCK_STREAM)
    try:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # past connections do not count
        held.bind((address, port))
    except OSError as error:
        held.close()
        raise PortRefused(_words(host, port, error)) from None
    if sys.platform != "linux":  # what two bound sockets may do differs there
        held.close()
        return held
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    return held


def _words(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {host} is taken: another program, or another `make run`, listens "
            f"there. Stop it, or choose another port: PORT={port + 1} make run"
        )
    if error.errno == errno.EACCES:
        return f"Port {port} needs privileges that this user does not have. Choose one above 1023."
    return f"The store cannot listen on {host}, port {port}: {error.strerror}."
