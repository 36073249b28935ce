"""`hub explain`, `hub schema`: ask why, print the contract."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from hub.vocabulary import HubError

if TYPE_CHECKING:
    from hub.app.books import Books
    from hub.compose import Sender
    from hub.events.envelope import Event
    from hub.events.synonyms import Synonyms
    from hub.plan import Tools


class NoEvent(HubError):
    """This is no event that the hub takes:"""  # noqa: D400  # every fault follows


class NoPack(HubError):
    """There is no pack of the partnership that the event names:"""  # noqa: D400  # its name


def explain(
    file: Annotated[Path, typer.Argument(help="An event: CloudEvents 1.0, structured JSON.")],
    party: Annotated[
        str | None, typer.Option(help="Only this agency: its code, name or role, such as cqc.")
    ] = None,
    after: Annotated[
        list[Path] | None,
        typer.Option(
            help="What came before, oldest first. Else: the earlier events of the same concern "
            "that lie beside the file."
        ),
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(help="A folder of packs, one folder a partnership.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Say who is told, who is not and why: by which rule and paragraph. Sends nothing."""
    from hub.cli.showing import show_explanation
    from hub.explain import explain as explained
    from hub.plan import rehearse

    books = books_of(policy)
    words = {name: pack.aliases for name, pack in books.packs.items()}
    event = _event(file, words)
    tools = _tools(books, event)
    before = [_event(path, words) for path in after] if after else _beside(file, event, words)
    standing = rehearse(before, tools)
    found = explained(event, standing, tools, event.occurred)
    if party is not None:
        found = found.of(party)
    if as_json:
        sys.stdout.write(json.dumps(found.as_json(), indent=2, ensure_ascii=False) + "\n")
    else:
        show_explanation(found, len(before), Console(highlight=False))


def schema(
    event: Annotated[
        str | None, typer.Argument(help="One event type, such as concern.opened; else: all.")
    ] = None,
    asyncapi: Annotated[
        bool, typer.Option("--asyncapi", help="The whole contract, as an AsyncAPI 3.1 document.")
    ] = False,
    openapi: Annotated[
        bool, typer.Option("--openapi", help="The HTTP API, as an OpenAPI 3.1 document.")
    ] = False,
    page: Annotated[
        bool, typer.Option("--page", help="Every event type in Markdown: docs/events.md.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="Write one file for each event, and asyncapi.json, into this folder."),
    ] = None,
) -> None:
    """Print the JSON Schema (2020-12) of the events, each field with its information class."""
    from hub.app.contract import asyncapi as contract
    from hub.app.contract import written
    from hub.events import EVENTS
    from hub.events.listing import listing
    from hub.events.schema import event_schema, schemas

    if out is not None:
        said = _into(out)
    elif openapi:
        said = _openapi()
    elif page:
        said = listing()
    elif asyncapi:
        said = written(contract())
    elif event is None:
        said = written(schemas())
    elif event in EVENTS:
        said = written(event_schema(event))
    else:
        raise NoEvent(f"`{event}`. There are: {', '.join(EVENTS)}")
    sys.stdout.write(said)


def _into(folder: Path) -> str:
    """Write the contract's files; return how many there are."""
    from hub.app.contract import contract_files

    files = contract_files()
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    return f"{len(files)} files in {folder}\n"


def _openapi() -> str:
    from hub.routes.openapi import written

    return written().decode()


def _event(file: Path, words: Synonyms) -> Event:
    from hub.events.decode import decode

    try:
        body = file.read_bytes()
    except OSError as error:
        raise NoEvent(f"{file}: {error.strerror}") from error
    found = decode(body, "application/cloudevents+json", {}, words)
    if isinstance(found, tuple):
        raise NoEvent("\n".join([str(file), *(f"  {fault}" for fault in found)]))
    return found


def events_in(folder: Path, words: Synonyms | None = None) -> list[Event]:
    """Return every event in a folder, oldest first; files that are none are left out.

    `words`: other words for roles and kinds, by partnership.
    """
    from hub.events.decode import decode

    bodies = (path.read_bytes() for path in folder.glob("*.json"))
    found = (decode(body, "application/cloudevents+json", {}, words or {}) for body in bodies)
    events = (event for event in found if not isinstance(event, tuple))
    return sorted(events, key=lambda event: (event.occurred, event.id))


def rehearsing() -> Sender:
    """Return who would send, where nothing is sent."""
    from hub.compose import Sender

    return Sender(
        from_name="Safeguarding provider concerns",
        from_address="concerns@hub.example",
        message_id_domain="hub.example",
        public_url="https://hub.example",
        source="https://hub.example",
    )


def _beside(file: Path, event: Event, words: Synonyms) -> list[Event]:
    """Return the earlier events of the same concern in the same folder, oldest first."""
    others = (other for other in events_in(file.parent, words) if other.concern == event.concern)
    return [other for other in others if other.occurred < event.occurred]


def books_of(policy: Path | None) -> Books:
    """Return the packs and words of a folder (None: those that ship), where nothing is sent."""
    from hub.adapters.memory import SequentialMint

    return replace(_read(policy), mint=SequentialMint())


@cache
def _read(policy: Path | None) -> Books:
    """Read the packs and words once a process: they do not change while it answers."""
    from hub.adapters.memory import SequentialMint
    from hub.app.books import open_books

    return open_books(policy, None, rehearsing(), SequentialMint())


def _tools(books: Books, event: Event) -> Tools:
    from hub.directory import Directory

    tools = books.tools_for(event.partnership, books.seeds.get(event.partnership, Directory()))
    if tools is None:
        raise NoPack(f"`{event.partnership}`. There are: {', '.join(books.packs) or 'none'}")
    return tools
