"""The closure pack as a file: one ZIP with one form, a manifest, and a seal over the manifest.

The same files give the same octets: names in order, nothing compressed, no times. So whatever is
changed in such a file, and be it one bit of the container, can be told (proof.md).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from hashlib import sha256
from io import BytesIO
from typing import Any, Final
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from hub.vocabulary import HubError

TYPE: Final = "concernhub.closure-pack.v1"
MANIFEST: Final = "MANIFEST.sha256"
SEAL: Final = "MANIFEST.seal.json"
CONFIRMATION: Final = "confirmation.json"
INDEX: Final = "closure.json"
MOST_OCTETS: Final = 1024 * 1024 * 1024
MOST_FILES: Final = 60_000

_NAME: Final = re.compile(r"(?:[a-z]{1,20}/)?[A-Za-z0-9][A-Za-z0-9._-]{0,120}", re.ASCII)
_LINE: Final = re.compile(r"([0-9a-f]{64})  (\S+)", re.ASCII)
_BEGINNING: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest time a ZIP knows: none."""
_UNREADABLE: Final = (
    BadZipFile,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    struct.error,
)
"""All that `zipfile` raises of a file that was cut or altered: of its offsets, its checksums, a
method of packing that it does not know (`NotImplementedError`), a password that it asks for."""


class NoPack(HubError):
    """This is no closure pack as the hub writes it:"""  # noqa: D400  # why follows


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return the files as one ZIP."""
    whole = BytesIO()
    with ZipFile(whole, "w", ZIP_STORED) as pack:
        for name, content in sorted(files.items()):
            entry = ZipInfo(name, _BEGINNING)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            pack.writestr(entry, content)
    return whole.getvalue()


def unzipped(pack: bytes) -> dict[str, bytes]:
    """Return the files of a pack. Raises NoPack.

    Nothing is unpacked that was compressed, that has another name than the hub gives, or that
    would be more than the pack itself: no file of it can grow, and none can leave its folder.
    """
    if len(pack) > MOST_OCTETS:
        raise NoPack("it is longer than 1 GiB")
    try:
        with ZipFile(BytesIO(pack)) as opened:
            entries = opened.infolist()
            _refuse(entries, len(pack))
            files = {entry.filename: opened.read(entry) for entry in entries}
    except _UNREADABLE as fault:
        raise NoPack("it is cut short or altered") from fault
    if zipped(files) != pack:
        raise NoPack("its container was altered")
    return files


def manifest_of(files: Mapping[str, bytes]) -> bytes:
    """Return a line for each file: its SHA-256 and its name, as `sha256sum --check` reads it."""
    lines = [f"{sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items())]
    return "".join(lines).encode("ascii")


def hashes_in(manifest: bytes) -> dict[str, str]:
    """Return the SHA-256 of each file that a manifest lists. Raises NoPack."""
    try:
        read = [_LINE.fullmatch(line) for line in manifest.decode("ascii").splitlines()]
    except UnicodeDecodeError:
        raise NoPack("its manifest cannot be read") from None
    found = {match[2]: match[1] for match in read if match}
    if len(found) != len(read):
        raise NoPack("its manifest cannot be read")
    return found


def pack_statement(concern: str, attestation: str, at: str, manifest: bytes) -> dict[str, Any]:
    """Return what the hub signs of a pack: what it is about, when it was made, and all of it."""
    return {
        "type": TYPE,
        "concern": concern,
        "attestation": attestation,
        "at": at,
        "manifest": sha256(manifest).hexdigest(),
    }


def _refuse(entries: list[ZipInfo], octets: int) -> None:
    if len(entries) > MOST_FILES:
        raise NoPack("it has too many files")
    if len({entry.filename for entry in entries}) != len(entries):
        raise NoPack("it has two files of one name")
    for entry in entries:
        if not _NAME.fullmatch(entry.filename):
            raise NoPack("a file in it has a name that the hub does not give")
        if entry.compress_type != ZIP_STORED:
            raise NoPack("a file in it is compressed")
    if sum(entry.file_size for entry in entries) > octets:
        raise NoPack("its files would be larger than it is")
