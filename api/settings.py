"""What an operator decides: the only reader of the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from api.limits import TOKEN_TTL_S_MAX
from certification.contact_link import ADDRESS_PATTERN

Port = Annotated[int, Field(ge=1, le=65535)]
Rate = Annotated[int, Field(ge=1, le=10_000_000)]


class Settings(BaseSettings):
    """Settings of one server; each is read from ``BITACORA_`` and its name in capitals.

    Attributes:
        database_url: ``sqlite:///file`` or ``postgresql://…``; masked when printed, since it may hold a password.
        home: folder with the server's keys, blobs and trust file.
        base_url: under which the world reaches this server, without a slash at the end.
        host: address to listen on.
        port: TCP port to listen on.
        clock_ahead_days_max: a server does not start with a clock more than this ahead of the ledger's newest tick.
        publish: whether this process signs checkpoints; exactly one of a ledger's processes does.
        token_ttl_s: how long a bearer token is good for.
        requests_per_minute: requests of one address.
        tokens_per_minute: token requests of one address.
        statements_per_minute: statements of one address, and of one key.
        reads_per_minute: requests with tokens of one key.
        deposits_per_minute: documents of one party, each counted once and once more for each MiB.
        papers_per_minute: papers and folders drawn for one key, each counted once and once more for each 250 units.
        smtp_host: the mail server that notices are handed to; without one none are sent.
        smtp_port: its TCP port.
        smtp_security: TLS from the start (port 465), STARTTLS (587), or none, for a relay on this host.
        smtp_login: the account there, if it asks for one.
        smtp_password_file: its first line is the password.
        smtp_from: the address that notices come from.
        smtp_ca_file: certificates to trust there instead of the machine's.
        efirma_anchors: folder with the certificates that are believed about e.firmas; without it none is verified.
        sandbox: whether strangers get keys; only a ledger whose origin begins with ``sandbox.`` is served so.
        sandbox_keys_per_minute: keys that one address gets there.
    """

    model_config = SettingsConfigDict(env_prefix="BITACORA_", frozen=True, extra="forbid")

    database_url: Annotated[str, Field(repr=False)]
    home: Path
    base_url: Annotated[str, StringConstraints(pattern=r"^https?://[a-z0-9.:\[\]-]+(/[A-Za-z0-9._/-]*[A-Za-z0-9])?$")]
    host: str = "127.0.0.1"
    port: Port = 8000
    clock_ahead_days_max: Annotated[int, Field(ge=1, le=36_500)] = 90
    publish: bool = True
    token_ttl_s: Annotated[int, Field(ge=30, le=TOKEN_TTL_S_MAX)] = TOKEN_TTL_S_MAX
    requests_per_minute: Rate = 3_000
    tokens_per_minute: Rate = 60
    statements_per_minute: Rate = 240_000
    reads_per_minute: Rate = 3_000
    deposits_per_minute: Rate = 600
    papers_per_minute: Rate = 120
    smtp_host: str | None = None
    smtp_port: Port = 587
    smtp_security: Literal["tls", "starttls", "none"] = "starttls"
    smtp_login: str | None = None
    smtp_password_file: Path | None = None
    smtp_from: Annotated[str, StringConstraints(pattern=ADDRESS_PATTERN)] | None = None
    smtp_ca_file: Path | None = None
    efirma_anchors: Path | None = None
    sandbox: bool = False
    sandbox_keys_per_minute: Rate = 12

    @model_validator(mode="after")
    def _mail_is_whole(self) -> Settings:
        if self.smtp_host is not None and self.smtp_from is None:
            raise ValueError("smtp_from: notices come from an address")
        if (self.smtp_login is None) is not (self.smtp_password_file is None):
            raise ValueError("smtp_password_file: a login takes a password, and a password a login")
        if self.smtp_login is not None and self.smtp_security == "none":
            raise ValueError("smtp_security: a password is not sent in the clear")
        return self
