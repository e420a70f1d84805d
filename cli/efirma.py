"""``bitacora efirma``: sign an application with an e.firma, here; the private key is sent to nobody."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.console import NOT_FINE, describe_problem, note, show
from cli.options import (
    DEFAULT_PROFILE,
    JsonOption,
    PassphraseFileOption,
    PassphraseOption,
    ProfileOption,
    read_file,
    read_passphrase,
)
from cli.record import open_own

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from certification.application import EfirmaProof
    from cli.desk import Desk

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Firmar y verificar con e.firma · Sign an application with an e.firma, and verify who signed one.",
)


@app.command("sign")
def sign(
    draft: Annotated[str, typer.Argument(metavar="DRAFT", help="Id del borrador, o su archivo · Its id, or its file.")],
    cer: Annotated[Path, typer.Option("--cer", metavar="FILE", help="Certificado (.cer) · Certificate, DER.")],
    key: Annotated[Path, typer.Option("--key", metavar="FILE", help="Llave privada (.key) · Private key, DER.")],
    ocsp: Annotated[
        Path | None, typer.Option("--ocsp", metavar="FILE", help="Respuesta OCSP del SAT · An OCSP response, DER.")
    ] = None,
    key_passphrase_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Su primera línea abre la llave · Its first line opens the private key."),
    ] = None,
    key_passphrase: Annotated[str | None, typer.Option(envvar="BITACORA_EFIRMA_PASSPHRASE", hidden=True)] = None,
    test: Annotated[
        bool, typer.Option("--test", help="Certificado de prueba, para un sandbox · A certificate for tests.")
    ] = False,
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Firmar una solicitud en este equipo · Sign an application on this machine.

    The key never leaves it. Certificate and signature are sealed for the authority; the log has a commitment to them.
    """
    from certification.application import application_bytes, format_efirma_proof
    from certification.efirma import check_certificate, parse_certificate
    from cli.desk import open_desk
    from cli.drafts import application_of, keep_draft, ledger_of, read_draft, seal_identity

    der = read_file(cer, "--cer")
    answer = None if ocsp is None else read_file(ocsp, "--ocsp")
    opened, secret = open_own(profile), read_passphrase(passphrase_file, passphrase)
    with open_desk(opened, secret) as desk:
        members = read_draft(desk, draft)
        application = application_of(desk, members)
        certificate = parse_certificate(der)
        identity = check_certificate(certificate, at=desk.now(), tests_allowed=test)
        private = _open_key(key, _ask_key_passphrase(key, key_passphrase_file, key_passphrase))
        proof = _sign(certificate, private, application_bytes(application, ledger_of(desk)), der, answer)
        commitment = seal_identity(desk, format_efirma_proof(proof), application.to)
        keep_draft(desk, draft, {**members, "identity": commitment})
    shown = {"identity": commitment, "rfc": identity.rfc, "name": identity.name, "serial": identity.serial}
    text = f"Firmó {identity.name} ({identity.rfc}), certificado {identity.serial}.\nidentity {commitment}"
    show(shown, as_json=as_json, text=text)


@app.command("verify")
def verify(
    application: Annotated[str, typer.Argument(metavar="APPLICATION", help="Su id · Its id.")],
    anchors: Annotated[
        Path | None,
        typer.Option("--anchors", metavar="DIR", help="Verificar aquí, con estas raíces · Verify here, with these."),
    ] = None,
    rfc: Annotated[
        str | None, typer.Option("--rfc", metavar="RFC", help="Quien debe firmar · Who has to sign.")
    ] = None,
    test: Annotated[
        bool, typer.Option("--test", help="Aceptar certificados de prueba · Accept those for tests.")
    ] = False,
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Verificar quién firmó una solicitud · Verify who signed an application; exit 1 if nobody did as it should be.

    By the server, or here with the roots of a folder of one's own, which trusts no server.
    """
    from cli.desk import open_desk
    from cli.drafts import ask

    opened, secret = open_own(profile), read_passphrase(passphrase_file, passphrase)
    with open_desk(opened, secret) as desk:
        if anchors is None:
            members = ask(desk, f"v1/applications/{application}/identity")
        else:
            members = _verify_here(desk, application, anchors, rfc, test)
    identity = members["identity"] or {}
    if rfc is not None and anchors is None and identity.get("rfc") != rfc:
        members = {**members, "verified": False, "refusal": _other_rfc()}
    lines = [f"{name:18} {value}" for name, value in identity.items() if value is not None]
    verdict = "La identidad está verificada." if members["verified"] else "La identidad NO está verificada."
    show(members, as_json=as_json, text="\n".join([verdict, *lines]))
    if not members["verified"]:
        note(describe_problem(members["refusal"]))
        raise typer.Exit(NOT_FINE)


def _other_rfc() -> dict[str, str]:
    return {"code": "efirma-other-rfc", "detail": "the server does not show that this RFC signed"}


def _verify_here(desk: Desk, application: str, folder: Path, rfc: str | None, test: bool) -> dict[str, Any]:
    from certification.application import applicant_members, verify_applicant
    from certification.trust_folder import read_trust_folder
    from cli.console import problem_of
    from cli.drafts import ask, ledger_of, open_identity, server_of
    from ledger.domain.authorisation import ApplicationSubmitted
    from ledger.domain.values import parse_instant
    from ledger.errors import ProofInvalid, Refusal
    from ledger.event import parse_event

    trusted, ledger = read_trust_folder(folder, tests_allowed=test), ledger_of(desk)
    row = ask(desk, f"v1/applications/{application}")
    event = parse_event(server_of(desk).tell("GET", f"v1/events/{row['submitted']}", accept="application/cose"))
    payload = event.payload
    if not isinstance(payload, ApplicationSubmitted) or (event.id, payload.application) != (
        row["submitted"],
        application,
    ):
        raise ProofInvalid("the server shows another statement than the application's")
    try:
        sealed = open_identity(desk, payload.identity)
        at = parse_instant(row["submitted_at"])
        proven = verify_applicant(payload, sealed, ledger=ledger, anchors=trusted, at=at, expected_rfc=rfc)
    except Refusal as refusal:
        return {"verified": False, "refusal": problem_of(refusal), "identity": None}
    return {"verified": True, "refusal": None, **applicant_members(proven)}


def _ask_key_passphrase(key: Path, file: Path | None, given: str | None) -> bytes:
    passphrase = read_passphrase(file, given)
    if passphrase is not None:
        return passphrase
    answer: str = typer.prompt(f"Contraseña de {key}", hide_input=True, err=True)
    return answer.encode()


def _open_key(path: Path, passphrase: bytes) -> RSAPrivateKey:
    """The key that SAT's program made: PKCS #8 in DER, encrypted."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    from ledger.errors import KeyUnusable

    try:
        key = load_der_private_key(read_file(path, "--key"), passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyUnusable(f"{path} does not open: another passphrase, or no encrypted PKCS #8 key in DER.") from error
    if not isinstance(key, RSAPrivateKey):
        raise KeyUnusable(f"{path} holds no RSA key.")
    return key


def _sign(
    certificate: x509.Certificate, key: RSAPrivateKey, message: bytes, der: bytes, ocsp: bytes | None
) -> EfirmaProof:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    from certification.application import EfirmaProof
    from certification.efirma import verify_signature

    signature = key.sign(message, PKCS1v15(), SHA256())
    # A .key of another .cer is the usual mistake.
    verify_signature(certificate, signature, message)
    return EfirmaProof(der, signature, ocsp)
