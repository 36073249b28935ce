"""The LEO's confirmation of closure, and the bytes that the hub signs of it (004 11.1, M102)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from hub.concern import Party
from hub.receipt import Reached

TYPE: Final = "concernhub.attestation.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """A party the LEO confirms without the evidence, and who says so, and why."""

    party: Party
    reason: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What the LEO's confirmation rests on for one party, by its hashes (SHA-256, lower-case hex).

    What is shown as evidence later has these hashes, or it is not what was confirmed upon.
    """

    party: Party
    notice: str
    """Its closure notice's id."""
    deliveries: tuple[str, ...]
    """Of the bytes of each, as they were sent."""
    receipts: tuple[str, ...]
    """Of each receipt that there was (`hub.attestation.evidence`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """The hub's signature, and all that is needed to verify it but for whose key it is."""

    key: str
    """The key's id: its thumbprint (RFC 7638)."""
    public: str
    """The public key, Ed25519, in base64url (RFC 8037)."""
    signature: str
    """Over the bytes of the statement, in base64url (RFC 8032)."""
    sha256: str
    """Of the same bytes, in lower-case hex."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """The LEO's confirmation that closure notices were sent. Made by the hub alone; immutable."""

    id: str
    concern: str
    by: str
    role: str
    at: datetime
    reached: tuple[tuple[Party, Reached], ...]
    waivers: tuple[Waiver, ...] = ()
    flags: tuple[str, ...] = ()
    """Such as one person in two of the three acts (separation of duties)."""
    proofs: tuple[Proof, ...] = ()
    """Empty: made before the hub wrote them down."""
    missing: tuple[tuple[Party, str], ...] = ()
    """What was missing of each party that was confirmed by a waiver."""
    seal: Seal | None = None
    """None: made before the hub signed, or by one without a key."""


def statement(attestation: Attestation) -> dict[str, Any]:
    """Return all that is confirmed, as JSON has it; times in UTC, to the microsecond."""
    return {
        "type": TYPE,
        "id": attestation.id,
        "concern": attestation.concern,
        "by": attestation.by,
        "role": attestation.role,
        "at": instant(attestation.at),
        "reached": [_reached(party, reached) for party, reached in attestation.reached],
        "waivers": [
            {
                "agency": waiver.party.agency,
                "role": waiver.party.role.value,
                "reason": waiver.reason,
                "name": waiver.name,
            }
            for waiver in attestation.waivers
        ],
        "flags": list(attestation.flags),
        **_rests_on(attestation),
    }


def canonical(said: object) -> bytes:
    """Return JSON in the form that is signed: keys sorted, UTF-8, no spaces (as RFC 8785).

    What is signed has no numbers, about which that form has most to say.
    """
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS)


def exported(attestation: Attestation, seal: Seal) -> dict[str, Any]:
    """Return the confirmation with its signature and key, for `hub verify`."""
    return sealed(statement(attestation), seal)


def sealed(said: dict[str, Any], seal: Seal) -> dict[str, Any]:
    """Return what was signed, with its signature and key."""
    return {
        "statement": said,
        "signature": {"alg": "EdDSA", "kid": seal.key, "value": seal.signature},
        "key": jwk(seal),
    }


def jwk(seal: Seal) -> dict[str, str]:
    """Return the public key as a JSON Web Key (RFC 8037, 2)."""
    return {**public_parts(seal.public), "kid": seal.key, "alg": "EdDSA", "use": "sig"}


def public_parts(public: str) -> dict[str, str]:
    """Return what a key is, without what it is called; its thumbprint is made from it."""
    return {"crv": "Ed25519", "kty": "OKP", "x": public}


def _rests_on(attestation: Attestation) -> dict[str, Any]:
    # A confirmation of before is stated as it was signed: without them.
    proofs = [
        {
            "agency": proof.party.agency,
            "role": proof.party.role.value,
            "notice": proof.notice,
            "deliveries": list(proof.deliveries),
            "receipts": list(proof.receipts),
        }
        for proof in attestation.proofs
    ]
    missing = [
        {"agency": party.agency, "role": party.role.value, "says": says}
        for party, says in attestation.missing
    ]
    found = {"evidence": proofs, "missing": missing}
    return {name: said for name, said in found.items() if said}


def _reached(party: Party, reached: Reached) -> dict[str, Any]:
    act = reached.acknowledgement
    return {
        "agency": party.agency,
        "role": party.role.value,
        "rung": reached.rung.value,
        "since": None if reached.since is None else instant(reached.since),
        "setbacks": [setback.value for setback in reached.setbacks],
        "acknowledged": None
        if act is None
        else {
            "name": act.name,
            "role": act.role,
            "organisation": act.organisation,
            "strength": act.strength.value,
            # What was confirmed before this was kept has none, and its bytes never change.
            **({} if reached.acknowledged_at is None else {"at": instant(reached.acknowledged_at)}),
        },
    }


def instant(at: datetime) -> str:
    """Return a time as it is written in what is signed: UTC, to the microsecond (RFC 3339)."""
    utc = at.astimezone(UTC).replace(tzinfo=None)
    return f"{utc.isoformat(timespec='microseconds')}Z"
