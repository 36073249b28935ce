"""The books the hub works from: packs and words, checked once at start, or refused whole."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from hub.adapters.shipped import pack_folders, read_folder, shipped
from hub.calendar import Calendar
from hub.compose import Sender, Words, WordsFaults, load_words, words_faults
from hub.directory import Directory, Endpoint, EndpointKey
from hub.pack.faults import PackFaults
from hub.pack.load import load, load_directory
from hub.pack.rules import Pack
from hub.plan import Tools
from hub.prove import prove
from hub.vocabulary import AgencyId, EndpointId, HubError, Mint, PublisherId


def publishers_in(policy: Path | None) -> frozenset[PublisherId]:
    """Return every publisher that the packs' directories name. Raises PackFaults."""
    folders = pack_folders(policy or shipped("policy"))
    known = (load_directory((each / "directory.toml").read_text("utf-8")) for each in folders)
    return frozenset(publisher.id for each in known for publisher in each.publishers)


class BooksRefused(HubError):
    """The packs or the words cannot be used:"""  # noqa: D400  # the faults follow, one a line

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        """Each with the pack it is of, its file and its line."""
        super().__init__("\n".join(["", *(f"  {fault}" for fault in self.faults)]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Every pack by its partnership, the words, and what `directory.toml` seeds."""

    packs: Mapping[str, Pack]
    agreed: Mapping[str, Pack]
    """The packs as their files say, which is what is proved; what a caller grants is not in it."""
    words: Words
    seeds: Mapping[str, Directory]
    sender: Sender
    mint: Mint
    digests: Mapping[str, str]
    """By partnership, of all that the proof of its pack rests on: six files, words, program."""
    words_digest: str

    def tools_for(self, partnership: str, directory: Directory) -> Tools | None:
        """Return what planning needs, or None for a partnership the hub has no pack of."""
        pack = self.packs.get(partnership)
        if pack is None:
            return None
        return Tools(
            pack=pack,
            directory=directory,
            words=self.words,
            sender=self.sender,
            mint=self.mint,
        )

    def granting(self, grants: Mapping[PublisherId, Collection[PublisherId]]) -> Books:
        """Return books in which a publisher may assert whatever certain others may."""
        if not grants:
            return self
        packs = {
            name: replace(
                pack,
                grants=pack.grants
                + tuple(
                    replace(grant, publisher=publisher)
                    for publisher, others in grants.items()
                    for grant in pack.grants
                    if grant.publisher in others
                ),
            )
            for name, pack in self.packs.items()
        }
        return replace(self, packs=packs)

    def hosts(self) -> tuple[AgencyId, ...]:
        """Return every host authority that a publisher may speak for."""
        grants = (grant for pack in self.packs.values() for grant in pack.grants)
        return tuple(sorted({host for grant in grants for host in grant.hosts}))

    def calendars(self) -> Mapping[str, Calendar]:
        """Return the working days of each partnership."""
        return {name: pack.calendar for name, pack in self.packs.items()}

    def partnerships(self) -> tuple[str, ...]:
        """Return the partnerships there is a pack of."""
        return tuple(self.packs)


def open_books(policy: Path | None, templates: Path | None, sender: Sender, mint: Mint) -> Books:
    """Read every pack and all words. Raises BooksRefused with every fault of all of them.

    The template law is checked here, at each start: the hub refuses to run where a template could
    tell a role a fact of a class it is not entitled to.
    """
    faults: list[str] = []
    packs: dict[str, Pack] = {}
    seeds: dict[str, Directory] = {}
    texts: dict[str, Mapping[str, str]] = {}
    for folder in pack_folders(policy or shipped("policy")):
        sources = read_folder(folder)
        try:
            pack = load(sources)
            if pack.partnership in packs:
                faults.append(f"{folder.name}/: another folder has `{pack.partnership}` already")
            packs[pack.partnership] = pack
            seeds[pack.partnership] = load_directory(sources["directory.toml"])
            texts[pack.partnership] = sources
        except PackFaults as refused:
            faults.extend(f"{folder.name}/{fault}" for fault in refused.faults)
    if not packs and not faults:
        faults.append(f"no pack in {policy or shipped('policy')}")
    written = read_folder(templates or shipped("message_templates"), ".md.j2")
    words = _words(written, faults)
    if words is not None:
        broken = dict.fromkeys(str(f) for p in packs.values() for f in words_faults(words, p))
        faults.extend(f"message_templates/{fault}" for fault in broken)
    if faults or words is None:
        raise BooksRefused(faults)
    said = _digest(written)
    return Books(
        packs=packs,
        agreed=packs,
        words=words,
        seeds=seeds,
        sender=sender,
        mint=mint,
        digests={name: _digest({**texts[name], "": said}) for name in packs},
        words_digest=said,
    )


def proof_faults(books: Books, partnerships: Collection[str]) -> tuple[str, ...]:
    """Prove these packs over their whole domain; return what is at fault. Takes seconds."""
    return tuple(
        f"{name}/{fault}"
        for name in partnerships
        for fault in prove(books.agreed[name], books.words, books.seeds[name])
    )


def with_keys(
    directory: Directory, keys: Mapping[EndpointId, tuple[EndpointKey, ...]]
) -> Directory:
    """Give the endpoints of a seed their signing keys, which no file of a pack holds."""

    def keyed(endpoint: Endpoint) -> Endpoint:
        return replace(endpoint, keys=keys.get(endpoint.id, endpoint.keys))

    return replace(directory, endpoints=tuple(keyed(e) for e in directory.endpoints))


def _words(written: Mapping[str, str], faults: list[str]) -> Words | None:
    try:
        return load_words(written)
    except WordsFaults as refused:
        faults.extend(f"message_templates/{fault}" for fault in refused.faults)
        return None


def _digest(texts: Mapping[str, str]) -> str:
    whole = sha256(version("concern-hub").encode())
    for name, text in sorted(texts.items()):
        for part in (name, text):
            octets = part.encode()
            whole.update(len(octets).to_bytes(8, "big") + octets)
    return whole.hexdigest()
