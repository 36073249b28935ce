"""The AsyncAPI document is one: by the specification's own schema, and by what the hub does."""

import copy
import hashlib
import inspect
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp import web
from jsonschema import Draft7Validator
from referencing import Registry
from referencing.jsonschema import DRAFT7

from hub.adapters import topology
from hub.adapters.received import _BINARY_PREFIXES
from hub.adapters.webhook import signed_headers
from hub.answers.signed import SignedBody
from hub.app.contract import ACKNOWLEDGING_PATH, EVENTS_PATH, asyncapi, contract_files
from hub.compose.sender import Sender
from hub.compose.webhook_body import webhook_bytes
from hub.compose.webhook_schema import notice_schema
from hub.directory import EndpointKey
from hub.events import EVENTS
from hub.events.asyncapi import ASYNCAPI, CLASSES_KEYWORD
from hub.events.channels import message_key
from hub.events.decode import STRUCTURED, decode
from hub.events.envelope import Event
from hub.events.hoist import hoisted, shared
from hub.events.told_back import fact_key
from hub.facts import FactName, Subscriber, tell
from hub.routes import answers
from hub.routes import events as door
from hub.vocabulary import AgencyId, DeliveryId, InfoClass, PublisherId, Role
from tests.core.deliveries import NOW, notice
from tests.core.test_facts import every_fact

SPECS: Final = Path(__file__).parents[2] / ".venv/specs/node_modules/@asyncapi/specs"
CONTRACT: Final = "urn:contract"
PINNED: Final = "51d3274899ad2875f25c18fd1aef4d5512f0a97be785d519740bde55a4162f61"
"""SHA-256 of the schema of AsyncAPI 3.1.0 in @asyncapi/specs 6.11.1, as it was read by us."""


@pytest.fixture(scope="module")
def official() -> Draft7Validator:
    path = SPECS / "schemas" / f"{ASYNCAPI}.json"
    assert path.is_file(), "the specification is not installed: `make specs` does it"
    body = path.read_bytes()
    assert hashlib.sha256(body).hexdigest() == PINNED
    return Draft7Validator(json.loads(body))


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return asyncapi()


def faults(official: Draft7Validator, document: object) -> str:
    return "\n".join(
        f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}"
        for error in official.iter_errors(document)
    )


def references(value: object) -> Iterator[str]:
    match value:
        case dict():
            for key, inner in value.items():
                if key == "$ref" and isinstance(inner, str):
                    yield inner
                elif key not in {"examples", "const", "enum", "default"}:
                    yield from references(inner)
        case list():
            for inner in value:
                yield from references(inner)
        case _:
            pass


def resolved(document: dict[str, Any], reference: str) -> Any:  # noqa: ANN401 - any JSON
    found: Any = document
    for part in filter(None, reference.removeprefix("#/").split("/")):
        found = found[part.replace("~1", "/").replace("~0", "~")]
    return found


@cache
def whole() -> Registry[Any]:
    """Return the document, ready for references into it."""
    empty: Registry[Any] = Registry()
    ready: Registry[Any] = empty.with_resource(CONTRACT, DRAFT7.create_resource(asyncapi())).crawl()
    return ready


def taken_by(message: str, part: str, instance: object) -> bool:
    """Whether the headers or the payload of a message take this value."""
    schema = {"$ref": f"{CONTRACT}#/components/messages/{message}/{part}"}
    return Draft7Validator(schema, registry=whole()).is_valid(instance)


def test_the_document_is_valid_by_the_specifications_own_schema(
    official: Draft7Validator, document: dict[str, Any]
) -> None:
    assert document["asyncapi"] == "3.1.0"
    assert faults(official, document) == ""


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("asyncapi", "2.6.0"),
        ("info/version", 1),
        ("servers/broker/protocol", None),
        ("channels/events/bindings/amqp/is", "topic"),
        ("channels/events/bindings/amqp/exchange/type", "fan"),
        ("channels/queue/bindings/amqp/queue/durable", "yes"),
        ("channels/door/messages", []),
        ("operations/takeByBroker/action", "read"),
        ("operations/takeByBroker/bindings/amqp/ack", "yes"),
        ("operations/tellByWebhook/bindings/http/method", "post"),
        ("components/securitySchemes/publisherKey/type", "key"),
        ("components/messages/concern.opened/contentType", 7),
        ("components/schemas/concern.opened/properties/themes/minItems", "one"),
    ],
)
def test_the_specifications_schema_would_say_what_is_wrong(
    official: Draft7Validator, document: dict[str, Any], path: str, wrong: object
) -> None:
    broken = copy.deepcopy(document)
    *way, last = path.split("/")
    resolved(broken, f"#/{'/'.join(way)}")[last] = wrong

    assert faults(official, broken) != ""


def test_every_reference_of_the_document_leads_somewhere(document: dict[str, Any]) -> None:
    found = set(references(document))

    assert len(found) > len(EVENTS)
    for reference in found:
        assert resolved(document, reference), reference


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_each_event_has_a_message_for_each_way_to_send_it(
    document: dict[str, Any], name: str
) -> None:
    messages = document["components"]["messages"]
    keys = [message_key(name), message_key(name, "amqp"), message_key(name, "http")]

    for key in keys:
        assert messages[key]["description"] == inspect.getdoc(EVENTS[name])
        assert set(messages[key][CLASSES_KEYWORD]) <= set(InfoClass)
    assert {keys[0], keys[1]} <= document["channels"]["events"]["messages"].keys()
    assert {keys[0], keys[2]} <= document["channels"]["door"]["messages"].keys()


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_each_example_of_the_document_is_what_its_schemas_take(
    document: dict[str, Any], name: str
) -> None:
    for by in (None, "amqp", "http"):
        key = message_key(name, by)
        for example in document["components"]["messages"][key]["examples"]:
            assert taken_by(key, "payload", example["payload"])
            assert not taken_by(key, "payload", example["payload"] | {"x_y": 1})
            if by is not None:
                assert taken_by(key, "headers", example["headers"])
                assert not taken_by(key, "headers", {})


@pytest.mark.parametrize("by", ["amqp", "http"])
def test_an_example_in_binary_mode_is_the_same_event_to_the_decoder(
    document: dict[str, Any], by: str
) -> None:
    whole = document["components"]["messages"]["concern.opened"]["examples"][0]["payload"]
    binary = document["components"]["messages"][message_key("concern.opened", by)]["examples"][0]
    prefix = "cloudEvents:" if by == "amqp" else "ce-"
    headers = {f"ce-{k.removeprefix(prefix)}": v for k, v in binary["headers"].items()}

    sent = decode(json.dumps(binary["payload"]).encode(), "application/json", headers)
    structured = decode(json.dumps(whole).encode(), STRUCTURED, {})

    assert prefix.lower() in _BINARY_PREFIXES
    assert isinstance(sent, Event)
    assert isinstance(structured, Event)
    assert (sent.id, sent.concern, sent.data) == (
        structured.id,
        structured.concern,
        structured.data,
    )


def test_the_document_names_what_the_hub_declares_and_where_it_listens(
    document: dict[str, Any],
) -> None:
    amqp = {key: each.get("bindings", {}).get("amqp") for key, each in document["channels"].items()}
    (exchange,) = (e for e in topology.EXCHANGES if e.name == topology.EVENTS_EXCHANGE)
    app = web.Application()
    door.add_routes(app)

    assert amqp["events"]["exchange"]["name"] == exchange.name
    assert amqp["events"]["exchange"]["type"] == exchange.kind
    assert {amqp[key]["queue"]["name"] for key in ("queue", "dead")} == {
        queue.name for queue in topology.QUEUES if queue.name != topology.UNROUTED
    }
    assert document["channels"]["door"]["address"] == EVENTS_PATH
    assert EVENTS_PATH in {r.canonical for r in app.router.resources()}


def test_the_hub_receives_events_and_sends_notices(document: dict[str, Any]) -> None:
    actions = {key: each["action"] for key, each in document["operations"].items()}

    assert actions == {
        "takeByBroker": "receive",
        "takeByHttp": "receive",
        "tellByWebhook": "send",
        "takeAcknowledgement": "receive",
        "tellBack": "send",
    }


@pytest.mark.parametrize("name", FactName)
def test_each_fact_that_is_told_is_what_its_message_says(
    document: dict[str, Any], name: FactName
) -> None:
    host = Subscriber(
        publisher=PublisherId("wscc"),
        agency=AgencyId("gss:E10000032"),
        source="https://cases.westsussex.example/concerns",
        roles=frozenset({Role.HOST_AUTHORITY}),
    )
    told = tell([f for f in every_fact() if f.name is name], [host], "https://hub.example")
    key = fact_key(name)

    assert told
    for one in told:
        assert taken_by(key, "payload", json.loads(one.body))
        assert not taken_by(key, "payload", json.loads(one.body) | {"type": "other"})
    assert document["channels"]["facts"]["messages"].keys() == {fact_key(n) for n in FactName}
    assert document["channels"]["factsQueue"]["messages"].keys() >= {key}


def test_facts_go_out_by_the_exchange_that_is_declared(document: dict[str, Any]) -> None:
    (exchange,) = (e for e in topology.EXCHANGES if e.name == topology.FACTS_EXCHANGE)
    said = document["channels"]["facts"]["bindings"]["amqp"]["exchange"]

    assert (said["name"], said["type"]) == (exchange.name, exchange.kind)
    assert document["channels"]["factsQueue"]["address"] == topology.facts_queue("{publisher}")


def test_the_acknowledgement_that_the_document_asks_for_is_the_one_that_is_read(
    document: dict[str, Any],
) -> None:
    app = web.Application()
    answers.add_routes(app)
    body = {"notice": "n-1", "agency": "gss:E10000030", "name": "A. Duty", "role": "Manager"}

    assert document["channels"]["acknowledgements"]["address"] == ACKNOWLEDGING_PATH
    assert ACKNOWLEDGING_PATH in {r.canonical for r in app.router.resources()}
    assert SignedBody.model_validate(body).agency == "gss:E10000030"
    assert taken_by("acknowledgement", "payload", body)
    assert not taken_by("acknowledgement", "payload", body | {"agency": "Surrey"})


def test_what_the_webhook_carries_is_what_the_document_says() -> None:
    pack = (("pack_partnership", "x"), ("pack_version", "1"), ("pack_hash", "0f"))
    made = notice(facts=(("provider_name", "Rosewood Care Ltd"), *pack), reply_due=NOW)
    sender = Sender(
        from_name="Hub",
        from_address="hub@hub.example",
        message_id_domain="hub.example",
        public_url="https://hub.example",
        source="https://hub.example",
    )
    body = webhook_bytes(made, DeliveryId("d-1"), sender)
    headers = signed_headers(DeliveryId("d-1"), NOW, body, [EndpointKey(id="k1", secret=b"k" * 32)])

    assert taken_by("notice", "payload", json.loads(body))
    assert taken_by("notice", "headers", headers)
    assert not taken_by("notice", "payload", json.loads(body) | {"type": "other"})
    assert json.loads(body).keys() == notice_schema()["properties"].keys()
    data = notice_schema()["properties"]["data"]["properties"]
    assert json.loads(body)["data"].keys() == data.keys()


def test_two_models_of_one_name_stand_apart_on_the_shelf() -> None:
    one = {"$ref": "#/$defs/Part", "$defs": {"Part": {"type": "string"}}}
    other = {"$ref": "#/$defs/Part", "$defs": {"Part": {"type": "integer"}}}

    definitions, bodies = shared({"a.b": one, "c.d": other, "e.f": one})

    assert definitions == {"a.b.Part": {"type": "string"}, "c.d.Part": {"type": "integer"}} | {
        "e.f.Part": {"type": "string"}
    }
    assert bodies["c.d"] == {"$ref": "#/components/schemas/c.d.Part"}


def test_what_stands_beside_a_reference_is_not_lost() -> None:
    beside = {"$ref": "#/$defs/Part", "x-information-class": "themes"}

    assert hoisted(beside, {"Part": "Part"}) == {
        "allOf": [{"$ref": "#/components/schemas/Part"}],
        "x-information-class": "themes",
    }


def test_a_list_of_fixed_places_is_said_as_this_format_says_it() -> None:
    pair = {"type": "array", "prefixItems": [{"$ref": "#/$defs/Part"}, {"type": "integer"}]}

    assert hoisted(pair, {"Part": "Part"}) == {
        "type": "array",
        "items": [{"$ref": "#/components/schemas/Part"}, {"type": "integer"}],
    }


def test_the_files_of_the_contract_are_the_same_bytes_each_time() -> None:
    files = contract_files()

    assert files == contract_files()
    assert files.keys() == {*(f"{name}.json" for name in EVENTS), "asyncapi.json"}
    assert all(json.loads(text) for text in files.values())
