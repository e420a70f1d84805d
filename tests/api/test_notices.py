"""Notices from the ledger to a mailbox: a real mail server, a real outbox."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from httpx2 import Response

from api.mail import open_mail
from api.notices import notify
from api.settings import Settings
from certification.notifier import queue_due, send_due
from certification.store.notices import (
    ATTEMPTS_MAX,
    LEASE_S,
    Queued,
    claim_notice,
    count_outbox,
    find_contact,
    queue_notices,
)
from ledger.errors import Unavailable
from tests.api.postbox import Postbox, certificate_of_localhost, open_postbox
from tests.api.served import Served, open_served
from tests.yard import Actor

ADDRESS = "avisos@recicladora.example"
DAY_S = 24 * 3600


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    with open_postbox() as postbox:
        yield postbox


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    # Another process sends, so that each round is the test's own.
    with open_served(tmp_path, f"sqlite:///{tmp_path / 'ledger.sqlite'}") as served:
        yield served


def mailing(served: Served, postbox: Postbox, **more: Any) -> Settings:
    to = {"smtp_host": "localhost", "smtp_port": postbox.port, "smtp_from": "bitacora@ledger.test"}
    return served.settings.model_copy(update={**to, "smtp_security": "none", **more})


def go_round(served: Served, postbox: Postbox, **more: Any) -> tuple[int, dict[str, int]]:
    settings = mailing(served, postbox, **more)
    queued, verdicts = notify(served.services.store, settings, served.services.links, served.clock)
    return queued, {str(name): count for name, count in verdicts.items()}


def put(served: Served, actor: Actor, address: str = ADDRESS, language: str = "es") -> Response:
    headers = {"authorization": f"Bearer {served.token(actor)}"}
    return served.client.put("/v1/contact", json={"address": address, "language": language}, headers=headers)


def link_in(postbox: Postbox, purpose: str) -> str:
    found = re.search(rf"https://\S+/v1/contact/{purpose}/\S+", postbox.letters[-1].get_content())
    assert found is not None
    return urlsplit(found[0]).path


def confirm(served: Served, postbox: Postbox, actor: Actor, language: str = "es") -> None:
    assert put(served, actor, language=language).status_code == 200
    go_round(served, postbox)
    assert served.client.post(link_in(postbox, "confirm")).status_code == 200


def told(postbox: Postbox) -> list[str]:
    return [letter["Subject"] for letter in postbox.letters]


def outbox(served: Served) -> dict[str, int]:
    with served.services.store.read() as reader:
        return count_outbox(reader)


def suspend(served: Served) -> str:
    """The recycler's permit, suspended from today."""
    yard = served.yard
    permit = yard.permit(yard.recycler, "recycling")
    yard.rule(permit, "suspended", cause="52-I")
    served.send()
    return permit


def test_nothing_is_sent_to_an_address_before_its_reader_says_yes(served: Served, postbox: Postbox) -> None:
    suspend(served)
    assert put(served, served.yard.recycler).json()["confirmed_at"] is None

    assert go_round(served, postbox) == (0, {"sent": 1})
    assert told(postbox) == ["Confirme este correo para recibir avisos"]
    assert served.get(link_in(postbox, "confirm").replace("/confirm/", "/stop/")).status_code == 404
    opened = served.get(link_in(postbox, "confirm"))
    assert (opened.status_code, "<button>" in opened.text) == (200, True)
    assert go_round(served, postbox) == (0, {})

    assert served.client.post(link_in(postbox, "confirm")).status_code == 200
    assert go_round(served, postbox) == (1, {"sent": 1})
    assert go_round(served, postbox) == (0, {})
    assert set(postbox.addresses) == {ADDRESS}


def test_what_was_queued_while_the_address_changed_is_not_sent_to_the_new_one(served: Served, postbox: Postbox) -> None:
    recycler = served.yard.recycler
    put(served, recycler)
    go_round(served, postbox)
    raced = Queued("ab" * 32, recycler.party, "suspended", {"number": "1", "from_on": "2025-01-06"})
    served.services.store.write(lambda writer: queue_notices(writer, [raced], served.clock.now()))

    assert go_round(served, postbox) == (0, {"never": 1})
    assert len(postbox.letters) == 1


def test_a_suspension_is_told_once_in_the_language_asked_for(served: Served, postbox: Postbox) -> None:
    confirm(served, postbox, served.yard.recycler, "en")
    permit = suspend(served)

    assert go_round(served, postbox) == (1, {"sent": 1})
    served.pass_time(DAY_S)
    assert go_round(served, postbox) == (0, {})

    letter = postbox.letters[-1]
    body = letter.get_content()
    assert "suspended" in letter["Subject"]
    assert f"https://ledger.test/autorizaciones/{permit}" in body
    assert ADDRESS not in body
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert urlsplit(letter["List-Unsubscribe"].strip("<>")).path == link_in(postbox, "stop")


def test_spanish_arrives_as_it_was_written(served: Served, postbox: Postbox) -> None:
    confirm(served, postbox, served.yard.recycler)
    suspend(served)
    go_round(served, postbox)

    letter = postbox.letters[-1]
    assert letter["Subject"].startswith("Autorización 19-39-PS-")
    assert "público" in letter.get_content()


def test_an_applicant_is_told_what_is_asked_of_it(served: Served, postbox: Postbox) -> None:
    yard = served.yard
    confirm(served, postbox, yard.recycler)
    application = yard.apply(yard.recycler)
    yard.require(application, answer_by="2099-12-31")
    served.send()

    go_round(served, postbox)
    assert told(postbox)[-1] == "La autoridad le pide información: responda a más tardar el 2099-12-31"


def test_one_press_stops_notices_and_erases_the_address(served: Served, postbox: Postbox) -> None:
    recycler = served.yard.recycler
    confirm(served, postbox, recycler)
    suspend(served)
    stop = link_in(postbox, "stop")
    assert queue_due(served.services.store, served.clock.now()) == 1

    assert served.get(stop).status_code == 200
    pressed = served.post(stop, b"List-Unsubscribe=One-Click", {"content-type": "application/x-www-form-urlencoded"})
    assert pressed.status_code == 200

    assert go_round(served, postbox) == (0, {})
    assert outbox(served)["waiting"] == 0
    assert served.get("/v1/contact", token=served.token(recycler)).status_code == 404
    assert served.get(stop).status_code == 404
    database = Path(urlsplit(served.settings.database_url).path.removeprefix("/"))
    assert ADDRESS.encode() not in database.read_bytes()


def test_who_reads_the_log_of_requests_cannot_follow_the_links_of_letters(
    served: Served, postbox: Postbox, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", "bitacora.api.access"):
        confirm(served, postbox, served.yard.recycler)
        served.get(link_in(postbox, "confirm"))

    told = [record.getMessage() for record in caplog.records if record.name == "bitacora.api.access"]
    assert any(line.startswith("POST /v1/contact/confirm/… 200 ") for line in told)
    assert [line for line in told if link_in(postbox, "confirm").rpartition(".")[2] in line] == []


def test_an_old_link_confirms_no_other_address(served: Served, postbox: Postbox) -> None:
    recycler = served.yard.recycler
    put(served, recycler)
    go_round(served, postbox)
    old = link_in(postbox, "confirm")
    put(served, recycler, "otro@recicladora.example")

    assert served.client.post(old).status_code == 404
    assert served.client.post(old.replace("/confirm/", "/stop/")).status_code == 404
    with served.services.store.read() as reader:
        contact = find_contact(reader, recycler.party)
    assert contact is not None
    assert contact.confirmed_at is None


def test_an_address_that_nobody_confirms_is_erased(served: Served, postbox: Postbox) -> None:
    recycler = served.yard.recycler
    put(served, recycler)
    go_round(served, postbox)
    served.pass_time(7 * DAY_S + 1)
    go_round(served, postbox)

    assert served.get("/v1/contact", token=served.token(recycler)).status_code == 404
    assert served.client.post(link_in(postbox, "confirm")).status_code == 404


def test_only_its_own_party_sees_and_changes_an_address(served: Served) -> None:
    yard = served.yard
    assert put(served, yard.recycler).status_code == 200

    assert served.get("/v1/contact").status_code == 401
    for other in (yard.carrier, yard.semarnat, yard.operator):
        assert served.get("/v1/contact", token=served.token(other)).status_code == 404
    assert served.get("/v1/contact", token=served.token(yard.recycler)).json()["address"] == ADDRESS


def test_nobody_is_flooded_with_questions(served: Served, postbox: Postbox) -> None:
    statuses = []
    for n in range(7):
        statuses.append(put(served, served.yard.recycler, f"a{n}@example.com").status_code)
        go_round(served, postbox)

    assert statuses == [200] * 5 + [429] * 2
    assert len(postbox.letters) == 5


@pytest.mark.parametrize(
    "address",
    [
        *("a", "a@b\r\nBcc: c@d", "á@b.mx", "a@b@c", "<a@b.mx>", "a" * 65 + "@b.mx"),
        # Encoded words (RFC 2047): a letter's header would read a line's end, another address, or no ASCII in them.
        *("=?utf-8?q?a=0d=0ab?=@b.mx", "=?utf-8?q?a?=@b.mx", "=?utf-8?q?=C3=A1?=@b.mx"),
    ],
)
def test_what_is_no_address_is_refused(served: Served, address: str) -> None:
    assert put(served, served.yard.recycler, address).status_code == 422


def test_a_busy_mail_server_is_asked_again_each_time_later(served: Served, postbox: Postbox) -> None:
    confirm(served, postbox, served.yard.recycler)
    suspend(served)
    postbox.reply = "451 greylisted"

    assert go_round(served, postbox) == (1, {"later": 1})
    assert go_round(served, postbox) == (0, {})
    served.pass_time(239)
    assert go_round(served, postbox)[1] == {}
    served.pass_time(1)
    assert go_round(served, postbox)[1] == {"later": 1}
    served.pass_time(240)
    assert go_round(served, postbox)[1] == {}

    postbox.reply = "250 OK"
    served.pass_time(240)
    assert go_round(served, postbox)[1] == {"sent": 1}
    assert outbox(served) == {"waiting": 0, "sent": 2, "dead": 0}


def test_after_the_last_attempt_a_notice_is_given_up(served: Served, postbox: Postbox) -> None:
    confirm(served, postbox, served.yard.recycler)
    suspend(served)
    postbox.reply = "452 full"
    verdicts: Counter[str] = Counter()
    for _ in range(ATTEMPTS_MAX + 2):
        verdicts.update(go_round(served, postbox)[1])
        served.pass_time(DAY_S)

    assert verdicts == {"later": ATTEMPTS_MAX - 1, "never": 1}
    assert outbox(served) == {"waiting": 0, "sent": 1, "dead": 1}


def test_a_refusal_for_ever_is_not_tried_again(served: Served, postbox: Postbox) -> None:
    confirm(served, postbox, served.yard.recycler)
    suspend(served)
    postbox.reply = "550 no such mailbox"

    assert go_round(served, postbox) == (1, {"never": 1})
    served.pass_time(DAY_S)
    assert go_round(served, postbox)[1] == {}


def test_a_mail_server_that_is_gone_costs_no_attempt(served: Served, postbox: Postbox) -> None:
    confirm(served, postbox, served.yard.recycler)
    suspend(served)
    with open_postbox() as gone:
        pass
    for _ in range(ATTEMPTS_MAX + 1):
        with pytest.raises(Unavailable):
            go_round(served, gone)
        served.pass_time(LEASE_S)

    postbox.reply = "452 full"
    assert go_round(served, postbox)[1] == {"later": 1}
    postbox.reply = "250 OK"
    served.pass_time(DAY_S)
    assert go_round(served, postbox)[1] == {"sent": 1}


def test_a_worker_that_dies_before_it_notes_what_it_sent_sends_it_again(served: Served, postbox: Postbox) -> None:
    confirm(served, postbox, served.yard.recycler)
    suspend(served)
    services, settings = served.services, mailing(served, postbox)
    queue_due(services.store, served.clock.now())

    class KilledError(BaseException):
        pass

    with open_mail(settings, served.clock) as deliver:

        def deliver_and_die(*letter: Any) -> Any:
            deliver(*letter)
            raise KilledError

        with pytest.raises(KilledError):
            send_due(services.store, deliver_and_die, services.links, served.clock.now())

    assert go_round(served, postbox)[1] == {}, "the other worker's lease holds"
    served.pass_time(LEASE_S)
    assert go_round(served, postbox)[1] == {"sent": 1}
    first, second = postbox.letters[-2:]
    assert first["Message-ID"] == second["Message-ID"]
    assert outbox(served) == {"waiting": 0, "sent": 2, "dead": 0}


def test_two_workers_share_the_outbox_without_sending_twice(served: Served, postbox: Postbox) -> None:
    confirm(served, postbox, served.yard.recycler)
    suspend(served)
    store, now = served.services.store, served.clock.now()
    queue_due(store, now)
    queue_due(store, now)

    assert claim_notice(store, now) is not None
    assert claim_notice(store, now) is None


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_letters_and_the_password_travel_encrypted_to_a_server_that_proves_its_name(
    served: Served, tmp_path: Path, security: str
) -> None:
    context, trusted = certificate_of_localhost(tmp_path)
    password = tmp_path / "password"
    password.write_text("correcta\n")
    starttls = {"tls_context": context, "require_starttls": True}
    options: dict[str, Any] = {"ssl_context": context, "auth_require_tls": False} if security == "tls" else starttls
    login = {"smtp_security": security, "smtp_login": "bitacora", "smtp_password_file": password}
    put(served, served.yard.recycler)

    with open_postbox(**options) as postbox:
        with pytest.raises(Unavailable, match="SSLCertVerificationError"):
            go_round(served, postbox, **login)
        assert postbox.logins == []
        served.pass_time(LEASE_S)
        assert go_round(served, postbox, **login, smtp_ca_file=trusted)[1] == {"sent": 1}
        assert (postbox.logins, postbox.letters != []) == ([b"bitacora"], True)

        password.write_text("equivocada\n")
        suspended = put(served, served.yard.carrier)
        assert suspended.status_code == 200
        with pytest.raises(Unavailable, match="SMTPAuthenticationError 535") as refused:
            go_round(served, postbox, **login, smtp_ca_file=trusted)
        assert "equivocada" not in refused.value.detail


def test_a_server_that_offers_no_encryption_gets_no_letter(served: Served, postbox: Postbox) -> None:
    put(served, served.yard.recycler)

    with pytest.raises(Unavailable, match="SMTPNotSupportedError"):
        go_round(served, postbox, smtp_security="starttls")
    assert postbox.letters == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"smtp_host": "localhost"},
        {"smtp_host": "localhost", "smtp_from": "no address"},
        {"smtp_login": "a"},
        {"smtp_login": "a", "smtp_password_file": "b", "smtp_security": "none"},
    ],
)
def test_mail_that_cannot_work_or_would_tell_a_password_is_refused_at_once(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="smtp"):
        Settings(database_url="sqlite:///x", home=Path("/nowhere"), base_url="https://ledger.test", **wrong)


def test_a_server_with_a_mail_server_sends_by_itself(tmp_path: Path, postbox: Postbox) -> None:
    mail = {"smtp_host": "localhost", "smtp_port": postbox.port, "smtp_security": "none", "smtp_from": "b@ledger.test"}
    with open_served(tmp_path, f"sqlite:///{tmp_path / 'ledger.sqlite'}", **mail) as served:
        assert put(served, served.yard.recycler).status_code == 200
        loop = served.services.notices
        assert loop is not None
        loop.stop()
        assert outbox(served)["waiting"] <= 1


@pytest.mark.parametrize(("language", "word"), [("es", "Autorización"), ("en", "Authorisation")])
def test_a_permit_is_shared_as_a_short_text_and_links_without_marks(served: Served, language: str, word: str) -> None:
    permit = suspend(served)

    shared = served.get(f"/v1/authorisations/{permit}/share?language={language}").json()

    assert shared["text"].startswith(word)
    assert ("suspendida" in shared["text"]) is (language == "es")
    assert shared["url"] == f"https://ledger.test/autorizaciones/{permit}"
    assert shared["whatsapp"].startswith("https://wa.me/?text=")
    assert len(shared["text"]) < 160
    assert served.get("/v1/authorisations/aut_mfzwizltoq2gk3tfnzsxe5dfoi/share").status_code == 404
