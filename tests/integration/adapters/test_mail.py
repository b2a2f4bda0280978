"""Mailers against a real mail server on loopback."""

import smtplib
import socket
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from typing import Any

import pytest
import structlog
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

from cloudscale.adapters.mail import ConsoleMailer, SmtpMailer

MESSAGE = {
    "recipient": "ada@example.com",
    "subject": "Your order CS-7K4M-29QX",
    "body": "Thank you! 2 x Tasse für Café: $25.00\n.\nTotal: $29.99\n",
    "message_id": "outbox-7",
}


class Inbox:
    """What the mail server took, and what it answers."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.logins: list[tuple[bytes, bytes]] = []
        self.answer = "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        mail: Message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return self.answer

    def authenticate(self, *call: Any) -> AuthResult:
        data = call[-1]
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"p@ss", handled=False)


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def port(inbox: Inbox) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as found:
        free = found.getsockname()[1]
    controller = Controller(
        inbox,
        hostname="127.0.0.1",
        port=free,
        authenticator=inbox.authenticate,
        auth_require_tls=False,
    )
    controller.start()
    yield free
    controller.stop()


def mailer(port: int, login: str = "") -> SmtpMailer:
    return SmtpMailer(f"smtp://{login}127.0.0.1:{port}", "CloudScale <orders@shop.example>")


def test_a_mail_server_gets_the_notice_whole(port: int, inbox: Inbox):
    mailer(port).send(**MESSAGE)
    (mail,) = inbox.mails
    assert mail["From"] == "CloudScale <orders@shop.example>"
    assert mail["To"] == "ada@example.com"
    assert mail["Subject"] == "Your order CS-7K4M-29QX"
    assert mail["Message-ID"] == "<outbox-7@shop.example>"
    assert mail["Date"]
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().replace("\r\n", "\n") == MESSAGE["body"]


def test_the_login_is_taken_from_the_url(port: int, inbox: Inbox):
    mailer(port, "shop:p%40ss@").send(**MESSAGE)
    assert inbox.logins == [(b"shop", b"p@ss")]
    assert len(inbox.mails) == 1


def test_a_wrong_login_is_refused_without_telling_the_password(port: int, inbox: Inbox):
    with pytest.raises(smtplib.SMTPAuthenticationError) as refusal:
        mailer(port, "shop:secret-word@").send(**MESSAGE)
    assert "secret-word" not in str(refusal.value)
    assert inbox.mails == []


def test_a_password_never_leaves_in_the_clear(
    port: int, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
):
    # The server is on loopback, so take loopback for a foreign network.
    monkeypatch.setattr("cloudscale.adapters.mail.LOOPBACK", set())
    with pytest.raises(smtplib.SMTPException, match="offers no TLS"):
        mailer(port, "shop:p%40ss@").send(**MESSAGE)
    assert inbox.logins == []


def test_a_server_that_refuses_is_an_error(port: int, inbox: Inbox):
    inbox.answer = "451 try later"
    with pytest.raises(smtplib.SMTPDataError, match="try later"):
        mailer(port).send(**MESSAGE)


def test_no_server_is_an_error():
    with socket.create_server(("127.0.0.1", 0)) as found:
        closed = found.getsockname()[1]
    with pytest.raises(OSError, match="refused"):
        mailer(closed).send(**MESSAGE)


@pytest.mark.parametrize("field", ["recipient", "subject"])
def test_a_header_cannot_be_smuggled_in(port: int, inbox: Inbox, field: str):
    smuggled = {**MESSAGE, field: "x@example.com\r\nBcc: everyone@example.com"}
    with pytest.raises(ValueError, match=r"linefeed|newline|header"):
        mailer(port).send(**smuggled)
    assert inbox.mails == []


def test_the_console_tells_the_whole_message():
    with structlog.testing.capture_logs() as logged:
        ConsoleMailer().send(**MESSAGE)
    (entry,) = logged
    assert entry["to"] == MESSAGE["recipient"]
    assert (entry["subject"], entry["body"]) == (MESSAGE["subject"], MESSAGE["body"])


def test_a_discreet_console_names_no_one():
    with structlog.testing.capture_logs() as logged:
        ConsoleMailer(is_discreet=True).send(**MESSAGE)
    (entry,) = logged
    assert MESSAGE["recipient"] not in str(entry)
    assert "Tasse" not in str(entry)
    assert entry["message_id"] == "outbox-7"
