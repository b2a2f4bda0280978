"""Mailers: who carries the shop's notices out. Both keep the `Mailer` of `services.outbox`.

ConsoleMailer writes them to the log (default); SmtpMailer hands them to a mail server.
"""

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from urllib.parse import unquote, urlsplit

import structlog

log = structlog.get_logger(__name__)

TIMEOUT_SECONDS = 10.0
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class ConsoleMailer:
    """Writes each message to the log, for a shop without a mail server.

    Args:
        is_discreet: Leave out who bought what and where it goes.
    """

    def __init__(self, is_discreet: bool = False) -> None:
        self._is_discreet = is_discreet

    def send(self, *, recipient: str, subject: str, body: str, message_id: str) -> None:
        """Log the message."""
        private = {} if self._is_discreet else {"to": recipient, "body": body}
        log.info("mail", subject=subject, message_id=message_id, **private)


class SmtpMailer:
    """Hands each message to a mail server, encrypted wherever the server can.

    Args:
        url: `smtp://` (TLS is started if the server offers it) or `smtps://`, then
            `[user:password@]host[:port]`.
        sender: The From address, with or without a name.
    """

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        self._encrypted = parts.scheme == "smtps"
        self._host = parts.hostname or "localhost"
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")
        self._port = parts.port or (465 if self._encrypted else 587 if self._user else 25)
        self._sender = sender

    def send(self, *, recipient: str, subject: str, body: str, message_id: str) -> None:
        """Send one message; blocks for some seconds, so never call it on the event loop.

        Raises:
            smtplib.SMTPException: The server refused it.
            OSError: The server was not reached in time.
            ValueError: An address or the subject holds a line break.
        """
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self._sender, recipient, subject
        mail["Date"] = formatdate()
        domain = parseaddr(self._sender)[1].rpartition("@")[2]
        mail["Message-ID"] = f"<{message_id}@{domain}>"
        mail.set_content(body)
        with self._connect() as server:
            server.send_message(mail)

    def greet(self) -> None:
        """Connect and sign in as for a message, and send none.

        Raises:
            smtplib.SMTPException: The server refused it.
            OSError: The server was not reached in time.
        """
        with self._connect() as server:
            server.noop()

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self._encrypted:
            server = smtplib.SMTP_SSL(
                self._host, self._port, timeout=TIMEOUT_SECONDS, context=context
            )
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=TIMEOUT_SECONDS)
        try:
            self._sign_in(server, context)
        except BaseException:
            server.close()
            raise
        return server

    def _sign_in(self, server: smtplib.SMTP, context: ssl.SSLContext) -> None:
        server.ehlo()
        is_private = self._encrypted or self._host in LOOPBACK
        if not self._encrypted and server.has_extn("starttls"):
            server.starttls(context=context)
            is_private = True
        if not self._user:
            return
        if not is_private:
            raise smtplib.SMTPException("the server offers no TLS: the password was not sent")
        server.login(self._user, self._password)
