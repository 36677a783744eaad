"""Archives that only the owner of a private key can read. The server that makes them needs none."""

from dataclasses import dataclass

from operations.backups import BackupError
from operations.backups.pipeline import Program


@dataclass(frozen=True)
class Encryption:
    """How an archive is encrypted, and for whom."""

    method: str  # "age" or "gpg", the programs' names and the archives' last suffix
    recipient: str

    @classmethod
    def to(cls, recipient: str) -> "Encryption":
        """A public key of age or SSH is for age; a name, address or fingerprint is a key of GnuPG."""
        return cls("age" if recipient.startswith(("age1", "ssh-")) else "gpg", recipient)

    def encrypting(self) -> Program:
        if self.method == "age":
            return Program(["age", "--encrypt", "--recipient", self.recipient])
        # A key that we do not have is not to be looked for on the internet, and one that was put here is trusted.
        keys = ["--no-auto-key-locate", "--trust-model", "always"]
        return Program(["gpg", "--batch", "--no-tty", *keys, "--encrypt", "--recipient", self.recipient])

    def decrypting(self, identity: str | None) -> Program:
        """`identity` is the file with age's (or SSH's) private key; GnuPG finds its own in its keyring."""
        if self.method == "gpg":
            if identity:
                raise BackupError(
                    "This archive is for GnuPG, which finds the key in its keyring: leave out --identity."
                )
            hint = f"The archive is encrypted for {self.recipient}: is its private key in the keyring of this user?"
            return Program(["gpg", "--batch", "--quiet", "--decrypt"], hint=hint)
        if not identity:
            raise BackupError(
                f"This archive is encrypted for {self.recipient}: name the file with that key, --identity."
            )
        hint = f"The archive is encrypted for {self.recipient}: is that the key in {identity}?"
        return Program(["age", "--decrypt", "--identity", identity], hint=hint)
