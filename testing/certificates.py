"""Test certificates for servers on this machine: of an authority, a server and a client."""

import datetime
import ipaddress
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def make_certificates(folder: Path, user: str, names: Sequence[str] = ()) -> None:
    """Write ca.crt, server.crt and .key (for 127.0.0.1 and the host names), client.crt and .key (for `user`)."""
    authority_key, authority_name = ec.generate_private_key(ec.SECP256R1()), name_of("Tests of Brain Log")
    authority = certificate(authority_name, authority_key, authority_name, authority_key, is_authority=True)
    write(folder / "ca.crt", authority.public_bytes(serialization.Encoding.PEM))
    for what, subject in (("server", "127.0.0.1"), ("client", user)):
        key = ec.generate_private_key(ec.SECP256R1())
        signed = certificate(name_of(subject), key, authority_name, authority_key, names=names)
        write(folder / f"{what}.crt", signed.public_bytes(serialization.Encoding.PEM))
        write(
            folder / f"{what}.key",
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ),
        )


def name_of(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def certificate(subject, key, issuer, issuer_key, *, is_authority=False, names=()) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    alternatives = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), *map(x509.DNSName, names)]
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )


def write(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)
