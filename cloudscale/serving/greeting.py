"""How a WebSocket is asked for, and what proves that it was opened (RFC 6455).

Greeting --headers--> who is asked --101, Sec-WebSocket-Accept--> whether it is for this greeting
"""

import base64
import hashlib
import secrets
from uuid import uuid4

# What a server adds to the key that it was sent, to prove that it speaks WebSocket.
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Greeting:
    """One question for a WebSocket.

    Args:
        origin: The page that asks.
    """

    def __init__(self, origin: str) -> None:
        self._key = base64.b64encode(secrets.token_bytes(16)).decode()
        self.headers = {
            "Origin": origin,
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": self._key,
            "Sec-WebSocket-Version": "13",
        }

    def is_accepted_by(self, told: str) -> bool:
        """Whether that Sec-WebSocket-Accept answers this greeting."""
        digest = hashlib.sha1((self._key + GUID).encode(), usedforsecurity=False).digest()
        return told == base64.b64encode(digest).decode()


def page_socket() -> str:
    """The path of the pages' socket, for one tab: each names itself, and no other is let in."""
    return f"/_event/?EIO=4&transport=websocket&token={uuid4()}"
