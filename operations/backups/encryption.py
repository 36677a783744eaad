"""Encryption of archives with a public key. The server that makes backups does not need the private key."""

from dataclasses import dataclass

from operations.backups import BackupError
from operations.backups.pipeline import Program


@dataclass(frozen=True)
class Encryption:
    """The program that encrypts an archive, and the recipient whose private key decrypts it."""

    method: str  # "age" or "gpg": the name of the program, and the last suffix of the archive's name
    recipient: str

    @classmethod
    def for_recipient(cls, recipient: str) -> "Encryption":
        """Public keys of age or SSH use age; names, e-mail addresses and fingerprints use GnuPG."""
        return cls("age" if recipient.startswith(("age1", "ssh-")) else "gpg", recipient)

    def encryption_program(self) -> Program:
        if self.method == "age":
            return Program(["age", "--encrypt", "--recipient", self.recipient])
        # Do not search the internet for a missing key; trust a key that was imported on this machine.
        keys = ["--no-auto-key-locate", "--trust-model", "always"]
        return Program(["gpg", "--batch", "--no-tty", *keys, "--encrypt", "--recipient", self.recipient])

    def decryption_program(self, identity: str | None) -> Program:
        """`identity` is the file with the private key of age or SSH; GnuPG finds its keys in the keyring."""
        if self.method == "gpg":
            if identity:
                raise BackupError(
                    "This archive is encrypted with GnuPG, which finds the key in its keyring: leave out --identity."
                )
            hint = f"The archive is encrypted for {self.recipient}: is its private key in the keyring of this user?"
            return Program(["gpg", "--batch", "--quiet", "--decrypt"], hint=hint)
        if not identity:
            raise BackupError(
                f"This archive is encrypted for {self.recipient}: name the file with that key with --identity."
            )
        hint = f"The archive is encrypted for {self.recipient}: is that the key in {identity}?"
        return Program(["age", "--decrypt", "--identity", identity], hint=hint)
