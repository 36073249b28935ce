"""What the OpenAPI document says of the paths that are no operation: doors with keys of their own.

Events have their own contract (`hub schema --asyncapi`), signed answers that of Standard Webhooks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hub.routes.api.operations import ID

_PROBLEM: Final = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_ANY: Final = {"type": "object", "additionalProperties": True}


def _said(says: str, kind: str = "application/json") -> dict[str, Any]:
    return {"description": says, "content": {kind: {"schema": _ANY}}}


def _wrong(*statuses: int) -> dict[str, Any]:
    each = {
        str(status): {"description": "See the problem", "content": _PROBLEM} for status in statuses
    }
    return {**each, "default": {"description": "Any other error", "content": _PROBLEM}}


PATHS: Final[Mapping[str, Mapping[str, Any]]] = {
    "/v1/events": {
        "post": {
            "operationId": "publish_event",
            "summary": "One event as a CloudEvent, structured or binary; 202 once it is written.",
            "security": [{"publisher": []}],
            "requestBody": {
                "required": True,
                "content": {"application/cloudevents+json": {"schema": _ANY}},
            },
            "responses": {
                "200": _said("It was taken before"),
                "202": _said("It is written down; this is its receipt"),
                **_wrong(401, 403, 408, 409, 413, 415, 422, 429, 503),
            },
        }
    },
    "/v1/notices/{notice}/acknowledgements": {
        "post": {
            "operationId": "acknowledge_signed",
            "summary": "An answer signed by the agency's system (Standard Webhooks v1).",
            "security": [],
            "parameters": [
                {
                    "name": "notice",
                    "in": "path",
                    "required": True,
                    "schema": {"type": "string", "pattern": ID},
                },
                *(
                    {
                        "name": name,
                        "in": "header",
                        "required": False,
                        "description": "Without it: 401.",
                        "schema": {"type": "string"},
                    }
                    for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
                ),
            ],
            "requestBody": {"required": True, "content": {"application/json": {"schema": _ANY}}},
            "responses": {
                "200": _said("It had been written down before"),
                "201": _said("It is written down"),
                **_wrong(401, 404, 408, 413, 422, 429),
            },
        }
    },
    "/v1/keys": {
        "get": {
            "operationId": "read_keys",
            "summary": "The hub's public keys (RFC 7517), by which anybody verifies closure.",
            "security": [],
            "responses": {
                "200": _said("A JSON Web Key Set", "application/jwk-set+json"),
                **_wrong(404, 429),
            },
        }
    },
    "/v1/openapi.json": {
        "get": {
            "operationId": "read_openapi",
            "summary": "This document.",
            "security": [],
            "responses": {"200": _said("OpenAPI 3.1"), **_wrong(429)},
        }
    },
    "/v1/sign-in": {
        "post": {
            "operationId": "begin_session",
            "summary": "Sign in without a password, on this machine, where that is set; else 404.",
            "security": [],
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": {
                            "type": "object",
                            "properties": {"person": {"type": "string"}},
                            "required": ["person"],
                            "additionalProperties": False,
                        }
                    }
                },
            },
            "responses": {
                "201": _said("The session, for `Authorization: Bearer`"),
                **_wrong(403, 404, 408, 413, 415, 422, 429),
            },
        }
    },
}
