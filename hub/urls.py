"""What each URL of the settings may be. Nothing here repeats a URL: it may hold a password.

Each function returns nothing and raises ValueError with every fault of the URL in words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import SplitResult, parse_qsl, urlsplit

_HOME: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_DATABASES: Final = ("postgresql+asyncpg", "sqlite+aiosqlite")
_COVERS: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
VERIFYING: Final = ("verify-ca", "verify-full")
"""Of the ways to cover a connection to PostgreSQL, those that verify who is there."""
COVER: Final = ("sslmode", "ssl")
PAPERS: Final = ("sslrootcert", "sslcert", "sslkey")
_ELSE: Final = frozenset(
    {
        "host",
        "port",
        "passfile",
        "target_session_attrs",
        "krbsrvname",
        "gsslib",
        "prepared_statement_cache_size",
    }
)
_BROKERS_PAPERS: Final = ("cafile", "capath", "cadata", "certfile", "keyfile", "no_verify_ssl")
_BROKERS: Final = frozenset({*_BROKERS_PAPERS, "heartbeat", "timeout", "name", "auth"})


def database(url: str) -> None:
    """Take `postgresql+asyncpg://...` or `sqlite+aiosqlite://...`."""
    if not url.startswith(tuple(f"{scheme}://" for scheme in _DATABASES)):
        raise ValueError(f"must start with {' or '.join(f'{each}://' for each in _DATABASES)}")
    if url.startswith(_DATABASES[0]):
        faults = cover_faults(_words(urlsplit(url)))
        if faults:
            raise ValueError("; ".join(faults))


def cover_faults(words: Mapping[str, str]) -> list[str]:
    """Return what is wrong with the words behind the `?` of a URL of PostgreSQL."""
    words = {name: value for name, value in words.items() if name not in _ELSE}
    faults = _unknown(words, (*COVER, *PAPERS))
    modes = [name for name in COVER if name in words]
    if len(modes) > 1:
        faults.append("`sslmode` and `ssl` say the same, and one of them is enough")
    faults += [
        f"`{name}` must be one of {', '.join(_COVERS)}"
        for name in modes
        if words[name] not in _COVERS
    ]
    if not any(words[name] in VERIFYING for name in modes):
        # Else whoever names a file would believe that somebody looks at it.
        faults += [
            f"`{name}` needs sslmode=verify-full, or verify-ca" for name in PAPERS if name in words
        ]
    if "sslkey" in words and "sslcert" not in words:
        faults.append("`sslkey` needs `sslcert`")
    return faults


def broker(url: str) -> None:
    """Take `amqp://` or `amqps://` with a host, and the words that the client library knows."""
    parts = _with_a_host(url, "amqp", "amqps")
    words = _words(parts)
    faults = _unknown(words, _BROKERS)
    if parts.scheme == "amqp":
        faults += [f"`{name}` needs amqps://" for name in _BROKERS_PAPERS if name in words]
    if "keyfile" in words and "certfile" not in words:
        faults.append("`keyfile` needs `certfile`")
    if faults:
        raise ValueError("; ".join(faults))


def mail_server(url: str) -> None:
    """Take `smtp://`, `smtps://` or `smtp+starttls://` with a host."""
    _with_a_host(url, "smtp", "smtp+starttls", "smtps")


def gateway(url: str) -> None:
    """Take `smtps://` or `smtp+starttls://` to another machine.

    What it takes is said to have been relayed: a mail server of ours must not stand there.
    """
    parts = urlsplit(url)
    covered = parts.scheme in {"smtps", "smtp+starttls"}
    if not covered or not parts.hostname or parts.hostname in _HOME:
        raise ValueError("must be smtps:// or smtp+starttls:// to the gateway, not to this machine")


def service(url: str, *, at_home: bool = True) -> None:
    """Take `https://` with a host; `at_home`: `http://` to this machine as well."""
    parts = urlsplit(url)
    home = at_home and parts.scheme == "http" and parts.hostname in _HOME
    if not parts.hostname or not (parts.scheme == "https" or home):
        raise ValueError("must be a URL with a host and the scheme https")


def _with_a_host(url: str, *schemes: str) -> SplitResult:
    parts = urlsplit(url)
    if parts.scheme not in schemes or not parts.hostname:
        raise ValueError(f"must be a URL with a host and one of the schemes {', '.join(schemes)}")
    return parts


def _words(parts: SplitResult) -> dict[str, str]:
    return dict(parse_qsl(parts.query, keep_blank_values=True))


def _unknown(words: Mapping[str, str], known: tuple[str, ...] | frozenset[str]) -> list[str]:
    return [f"`{name}` is no word that is known here" for name in words if name not in known]
