"""The keys of a simulated ledger's server: drawn from the seed like everything else, so that its genesis is too."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random

from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ledger.batch import OnlineKeys
from ledger.durable import write_new_file
from ledger.home import Home, create_home
from ledger.keys import SigningKey, write_key_file
from ledger.log.note import format_vkey
from ledger.log.signature import Ed25519Signer, MlDsa44Signer

_SEED_BYTES = 32


@dataclass(frozen=True, slots=True)
class ServerKeys:
    """What signs ticks, conflicts and checkpoints. Whoever has the seed has them: they protect nothing."""

    clock: SigningKey
    recorder: SigningKey
    checkpoint: SigningKey
    checkpoint_ml_dsa: MLDSA44PrivateKey

    @classmethod
    def draw(cls, rng: Random) -> ServerKeys:
        """New ones from this chance."""
        clock, recorder, checkpoint = (SigningKey.from_seed(rng.randbytes(_SEED_BYTES)) for _ in range(3))
        return cls(clock, recorder, checkpoint, MLDSA44PrivateKey.from_seed_bytes(rng.randbytes(_SEED_BYTES)))

    @property
    def online(self) -> OnlineKeys:
        """Those of the recorder."""
        return OnlineKeys(self.clock, self.recorder)

    def verifier_keys(self, origin: str) -> list[str]:
        """How the genesis of this log names the checkpoint's signers."""
        signers = (Ed25519Signer(origin, self.checkpoint), MlDsa44Signer(origin, self.checkpoint_ml_dsa))
        return [format_vkey(signer.key) for signer in signers]

    def write_home(self, path: Path, origin: str) -> Home:
        """A server's folder with these keys, so that the ledger can be published, served and audited.

        Raises:
            KeyUnusable: a home is there already.
        """
        folder = path / "keys"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, key in (("clock", self.clock), ("recorder", self.recorder), ("checkpoint", self.checkpoint)):
            write_key_file(folder / f"{name}.pem", key, None)
        pem = self.checkpoint_ml_dsa.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_new_file(folder / "checkpoint-mldsa.pem", pem)
        return create_home(path, origin)
