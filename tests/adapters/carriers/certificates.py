"""Certificates with one thing wrong each, made as the tests need them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.servers.papers import Papers

WRONG = (
    "expired",
    "not yet valid",
    "another host's",
    "self-signed",
    "of an authority that nobody knows",
    "its name in the subject alone",
    "for clients alone",
    "a key that is too short",
    "signed by one that is no authority",
    "without the one between",
)
HERE = x509.IPAddress(ip_address("127.0.0.1"))
ELSEWHERE = x509.DNSName("other.test")
DAY = timedelta(days=1)

_Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Signer:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: _Key


def bad_papers(folder: Path, wrong: str) -> Papers:
    """Make what a server shows that is wrong in this one way; an empty string: in none."""
    root = _authority("Test authority")
    signer, between = root, []
    if wrong == "of an authority that nobody knows":
        signer = _authority("Stranger")
    elif wrong == "signed by one that is no authority":
        signer = _made("neighbour", root, names=[ELSEWHERE])
        between = [signer]
    elif wrong == "without the one between":
        signer = _authority("Between", root)
    leaf = _leaf(wrong, None if wrong == "self-signed" else signer)
    authority, chain = folder / "authority.pem", folder / "server.pem"
    authority.write_bytes(_pem(root))
    shown = b"".join(_pem(each) for each in (leaf, *between))
    chain.write_bytes(_private(leaf.key) + shown)
    return Papers(authority, chain)


def _leaf(wrong: str, signer: Signer | None) -> Signer:
    now = datetime.now(UTC)
    since, until = now - 30 * DAY, now + DAY
    if wrong == "expired":
        until = now - DAY
    elif wrong == "not yet valid":
        since = now + DAY / 2
    names: list[x509.GeneralName] = [HERE]
    if wrong == "another host's":
        names = [ELSEWHERE]
    elif wrong == "its name in the subject alone":
        names = []
    key: _Key = ec.generate_private_key(ec.SECP256R1())
    if wrong == "a key that is too short":
        key = rsa.generate_private_key(65537, 1024)  # noqa: S505  # that is what must be refused
    use = ExtendedKeyUsageOID.SERVER_AUTH
    if wrong == "for clients alone":
        use = ExtendedKeyUsageOID.CLIENT_AUTH
    return _made("127.0.0.1", signer, names=names, key=key, use=use, since=since, until=until)


def _authority(name: str, signer: Signer | None = None) -> Signer:
    return _made(name, signer, names=[], authority=True)


def _made(  # each is one thing that can be wrong with a certificate
    name: str,
    signer: Signer | None,
    *,
    names: list[x509.GeneralName],
    key: _Key | None = None,
    use: x509.ObjectIdentifier | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    authority: bool = False,
) -> Signer:
    now = datetime.now(UTC)
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer = signer.certificate.subject if signer else subject
    issuer_key = signer.key if signer else key
    known = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    builder = (
        x509.CertificateBuilder(issuer_name=issuer, subject_name=subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since or now - 30 * DAY)
        .not_valid_after(until or now + DAY)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(known, critical=False)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if use is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([use]), critical=False)
    return Signer(builder.sign(issuer_key, hashes.SHA256()), key)


def _pem(signer: Signer) -> bytes:
    return signer.certificate.public_bytes(serialization.Encoding.PEM)


def _private(key: _Key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
