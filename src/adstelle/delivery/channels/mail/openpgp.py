"""Sign with an OpenPGP key (Sequoia), so that a Stelle can tell our mails from forged ones."""

import msgspec
from pysequoia import Sig, SignatureMode, Tsk, sign

from adstelle.errors import SettingsError, Unsigned


class Signature(msgspec.Struct, frozen=True):
    """A detached signature, and the hash it was made with in the words of RFC 3156."""

    armored: bytes
    algorithm: str


class Signer:
    """A secret key that signs for one address.

    The library's messages stay here: they quote the key. It tells errors apart by their text only.
    """

    def __init__(self, key: bytes, passphrase: str | None, address: str) -> None:
        """Try the key once. Raises `SettingsError` if it cannot sign for *address*."""
        try:
            self._key = Tsk.from_bytes(key)
            names = [str(user) for user in self._key.extract_certificate().user_ids]
        except RuntimeError:
            raise SettingsError("ADSTELLE_OPENPGP_KEY_FILE holds no OpenPGP key") from None
        if not any(_belongs(name, address) for name in names):
            raise SettingsError("the OpenPGP key is not for the address ADSTELLE_MAIL_FROM")
        self._passphrase = passphrase
        try:
            self.sign(b"")
        except Unsigned:
            raise SettingsError(
                "the OpenPGP key cannot sign: it is public, revoked or expired, "
                "or the passphrase does not fit"
            ) from None

    def sign(self, content: bytes) -> Signature:
        """Sign *content* as it is. Raises `Unsigned`, for instance once the key has expired."""
        try:
            signer = self._key.signer(self._passphrase)  # asks anew whether the key is still good
            armored = sign(signer, content, mode=SignatureMode.DETACHED)
            name = str(Sig.from_bytes(armored).hash_algorithm)
        except RuntimeError:
            raise Unsigned from None
        return Signature(armored, name.rpartition(".")[2].lower().replace("_", "-"))


def _belongs(name: str, address: str) -> bool:
    """Whether a user id such as `Adstelle <a@example.org>` is for *address*."""
    return name.rpartition("<")[2].rstrip(">").casefold() == address.casefold()
