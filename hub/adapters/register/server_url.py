"""How the connection to PostgreSQL is covered, in the words that its own tools take.

`sslmode`, `sslrootcert`, `sslcert` and `sslkey` mean in the URL what they mean to libpq (PostgreSQL
15, 34.1.2 and 34.19); `ssl` is the driver's own word for the first. The driver takes the others in
no other way than as a context of TLS.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.engine import URL

from hub.ports import RegisterRefused
from hub.urls import COVER, PAPERS, VERIFYING, cover_faults

_SYSTEM: Final = "system"


def covered(url: URL) -> tuple[URL, dict[str, Any]]:
    """Return the URL without its words of TLS, and what they tell the driver instead.

    Who verifies the server trusts the authorities of `sslrootcert`, or the system's where it is not
    said, or is `system`; TLS 1.2 or later. Raises RegisterRefused with every fault of these words.
    """
    words = {name: str(value) for name, value in url.query.items()}
    faults = cover_faults(words)
    mode = next((words[name] for name in COVER if name in words), None)
    cover: dict[str, Any] = {} if mode is None else {"ssl": mode}
    if not faults and mode in VERIFYING:
        try:
            cover["ssl"] = _verifying(words, its_name=mode == "verify-full")
        except OSError as error:
            files = " or ".join(name for name in PAPERS if name in words)
            faults.append(f"{files} cannot be used ({error.strerror or type(error).__name__})")
    if faults:
        raise RegisterRefused(f"its URL: {'; '.join(faults)}")
    return url.difference_update_query((*COVER, *PAPERS)), cover


def _verifying(words: Mapping[str, str], *, its_name: bool) -> ssl.SSLContext:
    """Return what verifies the server; `its_name`: that the certificate is for this host, too."""
    authority = words.get("sslrootcert", _SYSTEM)
    context = ssl.create_default_context(cafile=None if authority == _SYSTEM else authority)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = its_name
    if "sslcert" in words:
        context.load_cert_chain(words["sslcert"], words.get("sslkey"))
    return context
