"""The API as an OpenAPI 3.1 document, made from the operations and models that carry it out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

import orjson
from aiohttp import web
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from hub import api
from hub.access import Official, Post
from hub.routes.api.limits import address_of, count
from hub.routes.api.operations import ID, Operation
from hub.routes.api.serving import OPERATIONS
from hub.routes.openapi_before import PATHS
from hub.vocabulary import AgencyId

Json = dict[str, Any]

_REF: Final = "#/components/schemas/"
_PROBLEM: Final = "application/problem+json"
_TOP: Final[Json] = {
    "openapi": "3.1.0",
    "info": {
        "title": "Concern Hub",
        "version": "1",
        "summary": "Who must be told of a provider concern, who has been, with which evidence.",
        "description": "Send a key of the API (`hub key make`) or a person's session as "
        "`Authorization: Bearer`; no cookie is taken. Every error is problem+json (RFC 9457). "
        "What one may not see is not there: 404.",
    },
    "servers": [{"url": "/"}],
    "security": [{"bearer": []}],
}
_SCHEMES: Final[Json] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key of the API, `hubk_...`, or the session of a person.",
    },
    "publisher": {"type": "http", "scheme": "bearer", "description": "The key of a publisher."},
}


def add_routes(app: web.Application) -> None:
    """Add the document itself."""
    app.router.add_get("/v1/openapi.json", _answer)


async def _answer(request: web.Request) -> web.Response:
    count(request, address_of(request))
    return web.Response(body=written(), content_type="application/json")


def written() -> bytes:
    """Return the document as it is answered, and as docs/openapi.json has it."""
    return orjson.dumps(document(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"


def document(operations: Iterable[Operation] = OPERATIONS) -> Json:
    """Return the whole document."""
    every = tuple(operations)
    paths: dict[str, Json] = {path: dict(item) for path, item in PATHS.items()}
    for operation in every:
        item = paths.setdefault(operation.path, {})
        item[operation.method.lower()] = _operation(operation)
    components = {"schemas": _schemas(every), "securitySchemes": _SCHEMES}
    return {**_TOP, "paths": dict(sorted(paths.items())), "components": components}


def _schemas(operations: Iterable[Operation]) -> Json:
    asked: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {
        (api.Problem, "serialization"): None
    }
    for one in operations:
        if not isinstance(one.answer, str):
            asked[one.answer, "serialization"] = None
        if one.body is not None:
            asked[one.body, "validation"] = None
    _, found = models_json_schema(list(asked), ref_template=_REF + "{model}")
    schemas: Json = found["$defs"]
    # An error of ours may say more; what it always says is required.
    schemas["Problem"]["required"] = ["type", "title", "status", "detail"]
    return schemas


def _operation(one: Operation) -> Json:
    said: Json = {
        "operationId": one.id,
        "summary": one.says,
        "parameters": [*_ids(one), *_query(one), *_headers(one)],
        "responses": _responses(one),
    }
    if one.body is not None:
        said["requestBody"] = {
            "required": not one.body_optional,
            "content": {"application/json": {"schema": _ref(one.body)}},
        }
    scope = f"Scope of the key: `{one.scope}`. Posts: {_posts(one)}."
    return {**said, "description": scope}


def _posts(one: Operation) -> str:
    everybody = (Official(id="", name="", post=post, agency=AgencyId("")) for post in Post)
    return ", ".join(person.post for person in everybody if person.may(one.act))


def _ids(one: Operation) -> list[Json]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "pattern": ID},
        }
        for name in re.findall(r"{(\w+)}", one.path)
    ]


def _query(one: Operation) -> list[Json]:
    if one.query is None:
        return []
    asked = one.query.model_json_schema(mode="validation")
    return [
        {"name": name, "in": "query", "required": False, "schema": _plain(schema)}
        for name, schema in asked["properties"].items()
    ]


def _plain(schema: Mapping[str, Any]) -> Json:
    """Return a parameter's schema without null, which nobody can send behind a `?`."""
    (first, *_) = [each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]
    dropped = {"anyOf", "title"} | ({"default"} if schema.get("default") is None else set())
    whole = {**schema, **first}
    return {name: value for name, value in whole.items() if name not in dropped}


def _headers(one: Operation) -> list[Json]:
    found = []
    if one.method == "GET":
        found.append(_header("If-None-Match", "Answered 304 where this is its `ETag` still.", {}))
    if one.once:
        says = "The same key with the same request is answered the same for 24 hours."
        pattern = {"minLength": 1, "maxLength": 255, "pattern": r"^[\x21-\x7e]+$"}
        found.append(_header("Idempotency-Key", says, pattern))
    if one.if_match:
        says = "The `ETag` of the concern or of its board; 412 where it is older."
        found.append(_header("If-Match", says, {}))
    return found


def _header(name: str, says: str, more: Mapping[str, Any]) -> Json:
    schema = {"type": "string", **more}
    return {"name": name, "in": "header", "required": False, "description": says, "schema": schema}


def _responses(one: Operation) -> Json:
    found: Json = {str(status): _answered(one, status) for status in one.statuses}
    if one.method == "GET":
        found["304"] = {"description": "You have it already", "headers": {"ETag": _text()}}
    problems = {401, 403, 404, 422, 429, *one.problems}
    if one.body is not None:
        problems |= {400, 408, 413, 415}
    if one.once:
        problems.add(409)
    if one.if_match:
        problems.add(412)
    for status in sorted(problems):
        found[str(status)] = _problem(HTTPStatus(status).phrase)
    found["default"] = _problem("Any other error")
    return found


def _answered(one: Operation, status: int) -> Json:
    headers = {"ETag": _text()} if one.method == "GET" else {}
    if one.query is not None and not {"before", "page"}.isdisjoint(one.query.model_fields):
        headers["Link"] = _text(required=False)
    kind = one.answer if isinstance(one.answer, str) else "application/json"
    schema = {} if isinstance(one.answer, str) else _ref(one.answer)
    said: Json = {
        "description": HTTPStatus(status).phrase,
        "content": {kind: {"schema": schema}},
    }
    return {**said, "headers": headers} if headers else said


def _text(*, required: bool = True) -> Json:
    return {"required": required, "schema": {"type": "string"}}


def _problem(says: str) -> Json:
    return {"description": says, "content": {_PROBLEM: {"schema": _ref(api.Problem)}}}


def _ref(model: type[BaseModel]) -> Json:
    return {"$ref": f"{_REF}{model.__name__}"}
