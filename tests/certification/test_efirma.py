"""An e.firma proves who signed; everything that only looks like one is refused by its own code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import pytest
from cryptography.x509 import ObjectIdentifier
from cryptography.x509.oid import ExtendedKeyUsageOID

from certification.efirma import Anchors, Verified, identity_of, verify_efirma
from certification.revocation import NOTHING_KNOWN, Revocations, parse_ocsp_answer
from ledger.errors import Refusal
from tests.certification.efirma_chain import AT, COMPANY, CURP, PERSON, Efirma, Sat, elliptic, rsa_key

MESSAGE = b"solicitud"
SAT = Sat()
DAY_S = 86_400


def verify(efirma: Efirma, anchors: Anchors | None = None, at: int = AT, **more: Any) -> Verified:
    return verify_efirma(
        efirma.der,
        efirma.sign(MESSAGE),
        MESSAGE,
        anchors=anchors or SAT.anchors(),
        at=at,
        **more,
    )


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as refused:
        call()
    return refused.value.code


def test_a_company_is_named_with_who_represents_it() -> None:
    identity = verify(SAT.company()).identity

    assert (identity.rfc, identity.representative_rfc, identity.curp) == (COMPANY, PERSON, CURP)
    assert (identity.kind, identity.name) == ("moral", "RECICLADORA DEMO SA DE CV")
    assert len(identity.serial) == 20
    assert identity.valid_from < AT < identity.valid_to


def test_a_person_is_named_by_rfc_and_curp() -> None:
    identity = verify(SAT.person()).identity

    assert (identity.rfc, identity.curp, identity.kind) == (PERSON, CURP, "fisica")
    assert identity.representative_rfc is None


def test_nothing_is_accepted_without_an_anchor() -> None:
    assert code_of(lambda: verify(SAT.company(), Anchors())) == "efirma-untrusted"


def test_a_chain_that_misses_its_authority_is_refused() -> None:
    assert code_of(lambda: verify(SAT.company(), Anchors((SAT.root,)))) == "efirma-untrusted"


def test_another_root_of_the_same_name_is_refused() -> None:
    impostor = Sat(seal="sat")
    impostor.root_key, impostor.key = rsa_key("impostor root"), rsa_key("impostor authority")
    impostor.root = impostor._authority("AC RAIZ", None)
    impostor.authority = impostor._authority(impostor.name, impostor.root)

    assert code_of(lambda: verify(impostor.company())) == "efirma-untrusted"
    assert verify(impostor.company(), impostor.anchors()).identity.rfc == COMPANY


def test_an_authority_that_may_not_certify_is_refused() -> None:
    lame = Sat(certifying=frozenset({"crl_sign"}))

    assert code_of(lambda: verify(lame.company(), lame.anchors())) == "efirma-untrusted"


def test_a_holder_cannot_issue_for_others() -> None:
    issuer = SAT.company()
    forged = Sat(name="RECICLADORA DEMO SA DE CV")
    forged.key, forged.authority = issuer.key, issuer.certificate
    anchors = Anchors((SAT.root,), (SAT.authority, issuer.certificate))

    assert code_of(lambda: verify(forged.person(), anchors)) == "efirma-untrusted"


@pytest.mark.parametrize(
    ("at", "code"),
    [(AT - DAY_S - 1, "efirma-not-yet-valid"), (AT + DAY_S + 1, "efirma-expired")],
)
def test_validity_is_judged_at_the_stated_time(at: int, code: str) -> None:
    efirma = SAT.company(from_s=AT - DAY_S, to_s=AT + DAY_S)

    assert code_of(lambda: verify(efirma, at=at)) == code
    assert [verify(efirma, at=day).identity.rfc for day in (AT - DAY_S, AT, AT + DAY_S)] == [COMPANY] * 3


@pytest.mark.parametrize(
    "seal",
    [
        SAT.seal_of(),
        SAT.company(unit="Sucursal 1"),
        SAT.company(purposes=()),
        SAT.company(purposes=(ExtendedKeyUsageOID.CLIENT_AUTH,)),
    ],
)
def test_a_digital_seal_is_refused(seal: Efirma) -> None:
    assert code_of(lambda: verify(seal)) == "efirma-csd"


def test_a_key_that_may_repudiate_is_refused() -> None:
    assert code_of(lambda: verify(SAT.company(usage=frozenset({"digital_signature"})))) == "efirma-untrusted"


def test_a_test_certificate_counts_in_a_sandbox_alone() -> None:
    uat = Sat(name="AC UAT")

    assert code_of(lambda: verify(uat.company(), uat.anchors())) == "efirma-test"
    assert code_of(lambda: verify(uat.company())) == "efirma-test"
    assert verify(uat.company(), uat.anchors(tests_allowed=True)).identity.rfc == COMPANY


def test_a_root_for_tests_taints_what_is_below() -> None:
    root = Sat(root_name="AC RAIZ de pruebas")

    assert code_of(lambda: verify(root.company(), root.anchors())) == "efirma-test"


def test_the_certificate_of_an_authority_is_refused() -> None:
    assert code_of(lambda: verify(Efirma(SAT.authority, SAT.key))) == "efirma-ca"
    assert code_of(lambda: verify(SAT.company(ca=True))) == "efirma-ca"


def test_weak_and_foreign_keys_are_refused() -> None:
    assert code_of(lambda: verify(SAT.person(bits=1024))) == "efirma-weak-key"
    curve = elliptic(SAT)
    call = verify_efirma
    assert code_of(lambda: call(curve, b"", MESSAGE, anchors=SAT.anchors(), at=AT)) == "efirma-weak-key"


def test_another_rfc_than_expected_is_refused() -> None:
    assert code_of(lambda: verify(SAT.company(), expected_rfc=PERSON)) == "efirma-other-rfc"
    assert verify(SAT.company(), expected_rfc=COMPANY).identity.rfc == COMPANY


@pytest.mark.parametrize("signature", [b"", b"x" * 256, SAT.person().sign(MESSAGE), SAT.company().sign(MESSAGE + b".")])
def test_only_the_holders_signature_over_these_bytes_counts(signature: bytes) -> None:
    der = SAT.company().der
    call = verify_efirma
    code = code_of(lambda: call(der, signature, MESSAGE, anchors=SAT.anchors(), at=AT))

    assert code == "efirma-signature-invalid"


@pytest.mark.parametrize(
    "efirma",
    [
        SAT.efirma("XAXX01010100", CURP, "X"),
        SAT.efirma("ABC991301AB1", CURP, "X"),
        SAT.efirma(f"{PERSON} / {PERSON}", CURP, "X"),
        SAT.efirma(f"{COMPANY} / {PERSON} / {PERSON}", CURP, "X"),
        SAT.efirma(PERSON, "XIQB891116MGRMZR06", "X"),
        SAT.efirma(PERSON, CURP, "X", serial="0000100000040000241"),
        SAT.efirma(PERSON, CURP, "X", serial="0000100000040000241A"),
    ],
)
def test_a_subject_that_is_none_of_sats_is_refused(efirma: Efirma) -> None:
    assert code_of(lambda: identity_of(efirma.certificate)) == "efirma-malformed"


@pytest.mark.parametrize("der", [b"", b"0" * 9000, SAT.person().der[:-1], SAT.person().der + b"0"])
def test_bytes_that_are_no_certificate_are_refused(der: bytes) -> None:
    assert code_of(lambda: verify_efirma(der, b"", b"", anchors=SAT.anchors(), at=AT)) == "efirma-malformed"


def by_list(efirma: Efirma, since: int) -> Revocations:
    return SAT.revoke(efirma.certificate, since)


def by_answer(efirma: Efirma, since: int) -> Revocations:
    return Revocations(answers=(parse_ocsp_answer(SAT.answer(efirma.certificate, since)),))


@pytest.mark.parametrize("told", [by_list, by_answer])
def test_a_revocation_counts_from_its_own_time(told: Callable[[Efirma, int], Revocations]) -> None:
    efirma = SAT.company()

    assert code_of(lambda: verify(efirma, revocations=told(efirma, AT))) == "efirma-revoked"
    assert code_of(lambda: verify(efirma, SAT.anchors(told(efirma, AT - 1)))) == "efirma-revoked"
    assert verify(efirma, revocations=told(efirma, AT + 1)).revocation_known


def test_good_standing_is_known_only_from_what_tells_of_that_time() -> None:
    efirma, other = SAT.company(), SAT.person()
    fresh, stale = SAT.list_of(until=AT), SAT.list_of(until=AT - 1)
    good = Revocations(answers=(parse_ocsp_answer(SAT.answer(efirma.certificate)),))
    of_another = Revocations(answers=(parse_ocsp_answer(SAT.answer(other.certificate)),))
    known = [
        verify(efirma, revocations=told).revocation_known for told in (fresh, stale, good, of_another, NOTHING_KNOWN)
    ]

    assert known == [True, False, True, False, False]


def test_a_list_in_the_issuers_name_but_not_signed_by_it_is_refused() -> None:
    forged = SAT.list_of(until=AT + DAY_S, key=rsa_key("forger"))

    assert code_of(lambda: verify(SAT.company(), revocations=forged)) == "efirma-revocation-unusable"


@pytest.mark.parametrize("purposes", [(), (ExtendedKeyUsageOID.CLIENT_AUTH,)])
def test_an_answer_by_whom_the_issuer_did_not_name_for_it_is_refused(purposes: tuple[ObjectIdentifier, ...]) -> None:
    efirma = SAT.company()
    told = Revocations(answers=(parse_ocsp_answer(SAT.answer(efirma.certificate, responder=SAT.responder(purposes))),))

    assert code_of(lambda: verify(efirma, revocations=told)) == "efirma-revocation-unusable"


def test_an_answer_by_a_responder_of_another_authority_is_refused() -> None:
    efirma, other = SAT.company(), Sat(seal="other")
    der = SAT.answer(efirma.certificate, responder=other.responder())

    told = Revocations(answers=(parse_ocsp_answer(der),))
    assert code_of(lambda: verify(efirma, revocations=told)) == "efirma-revocation-unusable"


def test_a_responder_that_the_issuer_named_may_answer() -> None:
    efirma = SAT.company()
    der = SAT.answer(efirma.certificate, AT - DAY_S, responder=SAT.responder())

    told = Revocations(answers=(parse_ocsp_answer(der),))
    assert code_of(lambda: verify(efirma, revocations=told)) == "efirma-revoked"


def test_bytes_that_are_no_answer_are_refused() -> None:
    assert code_of(lambda: parse_ocsp_answer(b"good")) == "efirma-revocation-unusable"


def altered(data: bytes) -> Iterator[bytes]:
    """One bit of each byte turned, another for each."""
    for place in range(len(data)):
        yield data[:place] + bytes([data[place] ^ 1 << place % 8]) + data[place + 1 :]


def codes(tries: Iterable[Callable[[], Verified]]) -> set[str]:
    found = set()
    for attempt in tries:
        try:
            attempt()
        except Refusal as refusal:
            found.add(refusal.code)
    return found


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_whatever_is_altered_of_a_certificate_is_refused_and_breaks_nothing() -> None:
    efirma = SAT.company()
    signature = efirma.sign(MESSAGE)
    call = partial(verify_efirma, signature=signature, message=MESSAGE, anchors=SAT.anchors(), at=AT)

    found = codes(partial(call, der) for der in altered(efirma.der))
    assert found >= {"efirma-malformed", "efirma-untrusted"}
    assert all(code.startswith("efirma-") for code in found)


def test_whatever_is_altered_of_an_answer_breaks_nothing() -> None:
    efirma = SAT.company()
    answer = SAT.answer(efirma.certificate, AT - DAY_S, responder=SAT.responder())

    def ask(der: bytes) -> Verified:
        return verify(efirma, revocations=Revocations(answers=(parse_ocsp_answer(der),)))

    assert codes(partial(ask, der) for der in altered(answer)) == {"efirma-revocation-unusable"}
