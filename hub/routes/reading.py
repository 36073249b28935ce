"""Read what a request carries: its body within a size and a time, its form, its origin."""

from __future__ import annotations

import asyncio
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web

from hub.routes.deps import BODY_BYTES, WEB

_LONGEST_PATH: Final = 2_000
_FORM = "application/x-www-form-urlencoded"


async def body_of(request: web.Request, limit: int = BODY_BYTES) -> bytes:
    """Return the body. Raises 413 where it is longer than `limit`, 408 where it stalls."""
    if (request.content_length or 0) > limit:
        raise web.HTTPRequestEntityTooLarge(max_size=limit, actual_size=request.content_length or 0)
    read = bytearray()
    try:
        async with asyncio.timeout(request.app[WEB].settings.body_seconds):
            async for chunk in request.content.iter_any():
                read.extend(chunk)
                if len(read) > limit:
                    raise web.HTTPRequestEntityTooLarge(max_size=limit, actual_size=len(read))
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    return bytes(read)


async def form_of(request: web.Request, limit: int = BODY_BYTES) -> dict[str, str]:
    """Return a form's fields; of a field sent twice, the last. Raises 400, 413 and 415."""
    if request.content_type != _FORM:
        raise web.HTTPUnsupportedMediaType
    raw = await body_of(request, limit)
    try:
        pairs = parse_qsl(
            raw.decode(), keep_blank_values=True, errors="strict", max_num_fields=1000
        )
    except ValueError as error:  # UnicodeDecodeError is one
        raise web.HTTPBadRequest from error
    return dict(pairs)


def from_elsewhere(request: web.Request) -> bool:
    """Whether a browser says that another site sent this."""
    return request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}


def from_our_page(request: web.Request) -> bool:
    """Whether a browser says that our own page sent this (Sec-Fetch-Site, else Origin)."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return request.headers.get("Origin") == request.app[WEB].settings.origin


def ours(path: str) -> str:
    """Return this path where it is one of our own pages; else our first page."""
    plain = path.isascii() and path.isprintable() and "\\" not in path
    if not plain or len(path) > _LONGEST_PATH or not path.startswith("/"):
        return "/"
    try:
        parts = urlsplit(path)
    except ValueError:
        return "/"
    # `//elsewhere.example` is another site's address, and so is what a browser may make of it.
    return "/" if path.startswith("//") or parts.scheme or parts.netloc else path
