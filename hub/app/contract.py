"""The contract as files: one schema an event, and the AsyncAPI document (`hub schema --out`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, Final

from hub.adapters import topology
from hub.adapters.shipped import read_folder, shipped
from hub.answers.signed import SignedBody
from hub.compose.webhook_schema import notice_schema
from hub.events.asyncapi import document
from hub.events.channels import Surroundings
from hub.events.decode import STRUCTURED, decode
from hub.events.envelope import Event
from hub.events.schema import model_schema, schemas
from hub.events.strict import MAX_BYTES
from hub.events.told_back import FactsAround
from hub.facts.schema import fact_schemas

EVENTS_PATH: Final = "/v1/events"
ACKNOWLEDGING_PATH: Final = "/v1/notices/{notice}/acknowledgements"


def asyncapi() -> dict[str, Any]:
    """Return the AsyncAPI document of this hub, with its broker's names and the examples shipped.

    Raises NotShipped where the examples are missing.
    """
    return document(
        Surroundings(
            version=version("concern-hub"),
            exchange=topology.EVENTS_EXCHANGE,
            queue=topology.INTAKE_QUEUE,
            dead_queue=topology.DEAD_QUEUE,
            path=EVENTS_PATH,
            most_bytes=MAX_BYTES,
            notice=notice_schema(),
            acknowledging_path=ACKNOWLEDGING_PATH,
            acknowledgement=model_schema(SignedBody),
            examples=_examples(),
            facts=FactsAround(
                exchange=topology.FACTS_EXCHANGE,
                queue=topology.facts_queue("{publisher}"),
                schemas=fact_schemas(),
            ),
        )
    )


def contract_files() -> dict[str, str]:
    """Return every file of the contract by its name; the same models give the same bytes."""
    files = {f"{name}.json": written(schema) for name, schema in schemas().items()}
    return {**files, "asyncapi.json": written(asyncapi())}


def written(value: Mapping[str, Any]) -> str:
    """Return JSON as people read it too, with a last line ending."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _examples() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for text in read_folder(shipped("examples"), ".json").values():
        event = decode(text.encode(), STRUCTURED, {})
        if isinstance(event, Event):
            found.setdefault(event.name, []).append(json.loads(text))
    return found
