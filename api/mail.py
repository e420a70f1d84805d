"""Notices by e-mail: one letter to one address, over SMTP (RFC 5321)."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final
from urllib.parse import urlsplit

from api.settings import Settings
from certification.notice_text import Letter
from certification.notifier import Deliver, Verdict
from certification.store.notices import Contact, Queued
from ledger.clock import Clock
from ledger.errors import KeyUnusable, Unavailable

TIMEOUT_S: Final = 30.0
_SERVICE_NOT_AVAILABLE: Final = 421


@contextmanager
def open_mail(settings: Settings, clock: Clock) -> Iterator[Deliver]:
    """Deliver over a connection that is made with the first letter.

    Raises (when delivering):
        Unavailable: the mail server cannot be reached, is not who it says, or does not take letters of ours.
        KeyUnusable: the password's file cannot be read.
    """
    connection = _Connection(settings)

    def deliver(notice: Queued, contact: Contact, letter: Letter, stop: str) -> Verdict:
        message = compose(settings, notice, contact, letter, stop, clock.now())
        return connection.send(message)

    try:
        yield deliver
    finally:
        connection.close()


def compose(settings: Settings, notice: Queued, contact: Contact, letter: Letter, stop: str, now: int) -> EmailMessage:
    """The message; one sent twice bears the same id, by which mail programs know it again (RFC 5322 §3.6.4)."""
    message = EmailMessage(policy=SMTP)
    message["From"] = settings.smtp_from
    message["To"] = contact.address
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(datetime.fromtimestamp(now, UTC))
    message["Message-ID"] = f"<{notice.id}@{_host(settings)}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = contact.language
    # RFC 8058: the program's own button stops notices without a page.
    message["List-Unsubscribe"] = f"<{stop}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(letter.body, cte="quoted-printable")
    return message


class _Connection:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._smtp: smtplib.SMTP | None = None

    def send(self, message: EmailMessage) -> Verdict:
        try:
            self._smtp = self._smtp or _connect(self._settings)
            self._smtp.send_message(message)
        except smtplib.SMTPRecipientsRefused as refused:
            [(code, _)] = refused.recipients.values()
            return self._verdict(code)
        except smtplib.SMTPDataError as refused:
            return self._verdict(refused.smtp_code)
        except (smtplib.SMTPException, OSError) as error:
            # Nobody knows in what state the connection is; the next letter gets another.
            self.close()
            raise Unavailable(f"the mail server takes no letters: {_reason(error)}", retry_after_s=60) from error
        return "sent"

    def close(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None

    def _verdict(self, code: int) -> Verdict:
        """What a reply to one letter means (RFC 5321 §4.2.1): 4xx for now, 5xx for ever."""
        if code == _SERVICE_NOT_AVAILABLE:
            self.close()
            raise Unavailable("the mail server closes the connection", retry_after_s=60)
        return "never" if code >= 500 else "later"


def _connect(settings: Settings) -> smtplib.SMTP:
    host, port, name = str(settings.smtp_host), settings.smtp_port, _host(settings)
    trusted = ssl.create_default_context(cafile=settings.smtp_ca_file)
    smtp: smtplib.SMTP
    if settings.smtp_security == "tls":
        smtp = smtplib.SMTP_SSL(host, port, local_hostname=name, timeout=TIMEOUT_S, context=trusted)
    else:
        smtp = smtplib.SMTP(host, port, local_hostname=name, timeout=TIMEOUT_S)
    try:
        if settings.smtp_security == "starttls":
            smtp.starttls(context=trusted)
        if settings.smtp_login is not None:
            smtp.login(settings.smtp_login, _password(settings))
    except (smtplib.SMTPException, OSError):
        smtp.close()
        raise
    return smtp


def _password(settings: Settings) -> str:
    try:
        return settings.smtp_password_file.read_text("utf-8").split("\n", 1)[0] if settings.smtp_password_file else ""
    except OSError as error:
        raise KeyUnusable(f"The file of the mail password cannot be read: {error.strerror}.") from error


def _host(settings: Settings) -> str:
    return urlsplit(settings.base_url).hostname or "localhost"


def _reason(error: Exception) -> str:
    """Without addresses: this text goes into the server's own log."""
    code = getattr(error, "smtp_code", None)
    return f"{type(error).__name__} {code}" if code is not None else type(error).__name__
