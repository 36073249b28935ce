"""The signed confirmation as a file, and the keys by which anybody verifies it."""

from __future__ import annotations

import orjson
from aiohttp import web

from hub.answers.packing import closure_pack
from hub.attestation import exported
from hub.attestation.keys import PublicKey, key_set
from hub.routes.api.limits import address_of, count
from hub.routes.concerns import seen
from hub.routes.deps import WEB


def add_routes(app: web.Application) -> None:
    """Add the export for the signed-in, and the public keys for everybody."""
    app.router.add_get("/concerns/{concern}/closure/attestation.json", export)
    app.router.add_get("/concerns/{concern}/closure/pack.zip", pack)
    app.router.add_get("/v1/keys", keys)


async def export(request: web.Request) -> web.Response:
    """Answer the confirmation with its signature, for `hub verify`; 404 until there is one."""
    _, record = await seen(request, "attestation")
    made = record.attestation
    if made is None or made.seal is None:
        raise web.HTTPNotFound
    body = orjson.dumps(exported(made, made.seal), option=orjson.OPT_INDENT_2)
    name = f'attachment; filename="{record.concern.reference}-closure.json"'
    return web.Response(
        body=body, content_type="application/json", headers={"Content-Disposition": name}
    )


async def pack(request: web.Request) -> web.Response:
    """Answer the closure pack: the confirmation with all it rests on; 404 until there is one."""
    _, record = await seen(request, "closure pack")
    deps = request.app[WEB]
    if deps.signer is None:
        raise web.HTTPNotFound
    made = await closure_pack(deps.register, deps.clock, deps.signer, record.concern.id)
    if made is None:
        raise web.HTTPNotFound
    name = f'attachment; filename="{record.concern.reference}-closure.zip"'
    return web.Response(
        body=made, content_type="application/zip", headers={"Content-Disposition": name}
    )


async def keys(request: web.Request) -> web.Response:
    """Answer the hub's public keys as a JSON Web Key Set (RFC 7517, RFC 8037).

    The one that signs now, and those that were retired, each with the time until it signed.
    """
    count(request, address_of(request))
    deps = request.app[WEB]
    if deps.signer is None:
        raise web.HTTPNotFound
    now = PublicKey(key=deps.signer.key, public=deps.signer.public)
    body = orjson.dumps(key_set((now, *deps.retired_keys)))
    return web.Response(body=body, content_type="application/jwk-set+json")
