"""One message template, checked when the hub starts: the facts it mentions, on which conditions.

It may show facts and ask whether a fact is there. It cannot compute, repeat, call or include.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from hub.compose.facts import FACT_CLASSES
from hub.compose.shapes import with_company
from hub.vocabulary import InfoClass, Role

SUBJECT: Final = "{{ concern_ref }}"
"""The subject of every notice: the reference and nothing else."""

_ENVIRONMENT: Final = ImmutableSandboxedEnvironment(
    autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True
)
_PATH: Final = re.compile(r"(?P<notice>[a-z][a-z0-9-]*)/(?P<who>[a-z-]+)\.md\.j2")
_ROLES: Final = {role.replace(" ", "-"): role for role in Role}
_OTHER_MARKDOWN: Final = frozenset("#<>[]|`~\\_=^")
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_PLACEHOLDER: Final = re.compile(r"\{\{.*?\}\}")
_TAG: Final = re.compile(r"\{%.*?%\}|\{#.*?#\}", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateFault:
    """One thing wrong with a template, at a file and a line (1-based)."""

    file: str
    line: int
    says: str

    def __str__(self) -> str:
        """Give the fault as one line."""
        return f"{self.file}:{self.line}: {self.says}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """One place where a template shows a fact, or asks whether it is there."""

    fact: str
    line: int
    shown: bool
    known: frozenset[str]
    """What is certain to be there at this place, by the conditions around it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One template: the words of one notice, for one role or for every role without its own."""

    path: str
    notice: str
    role: Role | None
    """None: for every role that has no override."""
    facts: frozenset[str]
    mentions: tuple[Mention, ...]
    says: tuple[tuple[int, str], ...]
    """The template's own words, line by line."""
    always_says: str
    """Its own words that stand under no condition."""
    words: int
    """How long it is, counted as the model notices are: a placeholder is two words."""
    body: str = field(repr=False)

    def markdown(self, slots: Mapping[str, Markup]) -> str:
        """Return the Markdown for one shape: its slots in place, its conditions answered."""
        # Compiled here and not when read: a shape is laid out once, and the hub starts sooner.
        return _ENVIRONMENT.from_string(self.body).render(slots)


def read_template(path: str, source: str) -> Template | tuple[TemplateFault, ...]:
    """Read one template, or return all that is wrong with it.

    `path` is `<notice>/notice.md.j2`, or `<notice>/<role>.md.j2` with dashes for the role's spaces.
    """
    named = _PATH.fullmatch(path)
    if named is None or (named["who"] != "notice" and named["who"] not in _ROLES):
        says = f"is neither `<notice>/notice.md.j2` nor `<notice>/<role>.md.j2` ({_list(_ROLES)})"
        return (TemplateFault(file=path, line=1, says=says),)
    body, faults = _front_matter(path, source)
    try:
        tree = _ENVIRONMENT.parse(body)
    except TemplateSyntaxError as error:
        return (*faults, TemplateFault(file=path, line=error.lineno, says=error.message or "?"))
    found = tuple(_walk(tree.body, frozenset(), path))
    mentions = tuple(one for one in found if isinstance(one, Mention))
    own_words = tuple(_literals(tree))
    faults += tuple(one for one in found if isinstance(one, TemplateFault))
    faults += tuple(_not_ours(own_words, path))
    if faults:
        return tuple(sorted(faults, key=lambda fault: fault.line))
    return Template(
        path=path,
        notice=named["notice"],
        role=_ROLES.get(named["who"]),
        # All that it names: a template has no loop and no assignment, so every name is a fact.
        facts=frozenset(one.fact for one in mentions),
        mentions=mentions,
        says=own_words,
        always_says="".join(_unconditional(tree)),
        words=len(_PLACEHOLDER.sub("{fact [C0]}", _TAG.sub("", body)).split()),
        body=body,
    )


def _front_matter(path: str, source: str) -> tuple[str, tuple[TemplateFault, ...]]:
    """Return the body, blank lines in place of the front matter: lines keep their numbers."""
    lines = source.split("\n")
    if lines[0] != "---" or "---" not in lines[1:]:
        says = f"starts with front matter: `---`, `subject: {SUBJECT}`, `---`"
        return source, (TemplateFault(file=path, line=1, says=says),)
    end = lines.index("---", 1)
    faults = []
    keys = dict.fromkeys(("subject",), False)
    for number, line in enumerate(lines[1:end], start=2):
        key, _, value = line.partition(":")
        if key not in keys:
            says = f"`{key}` is not of the front matter, which has `subject` alone"
            faults.append(TemplateFault(file=path, line=number, says=says))
        elif value.strip() != SUBJECT:
            says = f"the subject is `{SUBJECT}` and nothing else: it must name nobody"
            faults.append(TemplateFault(file=path, line=number, says=says))
        keys[key] = True
    if not keys["subject"]:
        says = f"the front matter has no `subject: {SUBJECT}`"
        faults.append(TemplateFault(file=path, line=1, says=says))
    return "\n" * (end + 1) + "\n".join(lines[end + 1 :]), tuple(faults)


def _walk(
    body: Sequence[nodes.Node], known: frozenset[str], path: str
) -> Iterator[Mention | TemplateFault]:
    for node in body:
        if isinstance(node, nodes.Output):
            yield from _output(node, known, path)
        elif isinstance(node, nodes.If):
            yield from _condition(node, known, path)
        else:
            yield _unlawful(node, path)


def _output(
    node: nodes.Output, known: frozenset[str], path: str
) -> Iterator[Mention | TemplateFault]:
    for part in node.nodes:
        if isinstance(part, nodes.Name):
            yield _mention(part, known, path, shown=True)
        elif not isinstance(part, nodes.TemplateData):
            yield _unlawful(part, path)


def _condition(
    node: nodes.If, known: frozenset[str], path: str
) -> Iterator[Mention | TemplateFault]:
    asked = tuple(_asked(node.test, known, path))
    yield from asked
    facts = {one.fact for one in asked if isinstance(one, Mention)}
    if (node.elif_ or node.else_ or _negates(node.test)) and not all(
        FACT_CLASSES[fact] is InfoClass.PROCESS for fact in facts
    ):
        says = "words for when a fact is not told hint that something is held: leave them out"
        yield TemplateFault(file=path, line=node.lineno, says=says)
    absent = known | _implied(node.test, so=False)
    yield from _walk(node.body, known | _implied(node.test, so=True), path)
    yield from _walk(node.elif_, absent, path)
    yield from _walk(node.else_, absent, path)


def _asked(test: nodes.Node, known: frozenset[str], path: str) -> Iterator[Mention | TemplateFault]:
    """Give what a condition asks; it may only ask whether facts are there."""
    match test:
        case nodes.And() | nodes.Or():
            yield from _asked(test.left, known, path)
            yield from _asked(test.right, known, path)
        case nodes.Not():
            yield from _asked(test.node, known, path)
        case nodes.Test(node=nodes.Name() as name, name="defined", args=[] | None):
            yield _mention(name, known, path, shown=False)
        case _:
            says = "a condition may only ask whether a fact is there: `{% if fact is defined %}`"
            yield TemplateFault(file=path, line=test.lineno, says=says)


def _implied(test: nodes.Node, *, so: bool) -> frozenset[str]:
    """Return what is certainly there where the condition is so, or is not so."""
    match test:
        case nodes.Test(node=nodes.Name() as name):
            return with_company({name.name}) if so else frozenset()
        case nodes.Not():
            return _implied(test.node, so=not so)
        case nodes.And() | nodes.Or():
            left, right = _implied(test.left, so=so), _implied(test.right, so=so)
            both = isinstance(test, nodes.And) is so
            return left | right if both else left & right
        case _:
            return frozenset()


def _negates(test: nodes.Node) -> bool:
    return isinstance(test, nodes.Not) or any(True for _ in test.find_all(nodes.Not))


def _mention(
    name: nodes.Name, known: frozenset[str], path: str, *, shown: bool
) -> Mention | TemplateFault:
    if name.name in FACT_CLASSES:
        return Mention(fact=name.name, line=name.lineno, shown=shown, known=known)
    near = get_close_matches(name.name, FACT_CLASSES, n=1)
    hint = f"; did you mean `{near[0]}`?" if near else ""
    says = f"`{name.name}` is not a fact a notice may show{hint}"
    return TemplateFault(file=path, line=name.lineno, says=says)


def _unlawful(node: nodes.Node, path: str) -> TemplateFault:
    says = f"`{type(node).__name__}`: a template may only show facts and ask whether they are there"
    return TemplateFault(file=path, line=node.lineno, says=says)


def _literals(tree: nodes.Template) -> Iterator[tuple[int, str]]:
    for data in tree.find_all(nodes.TemplateData):
        yield from enumerate(data.data.split("\n"), start=data.lineno)


def _unconditional(tree: nodes.Template) -> Iterator[str]:
    for output in tree.body:
        if isinstance(output, nodes.Output):
            yield from (d.data for d in output.nodes if isinstance(d, nodes.TemplateData))


def _not_ours(says: Sequence[tuple[int, str]], path: str) -> Iterator[TemplateFault]:
    """Refuse what our small Markdown does not have, and characters that nobody sees."""
    for line, words in says:
        for char in sorted(set(words)):
            if char in _OTHER_MARKDOWN:
                why = f"`{char}`: of Markdown there are paragraphs, **bold**, *italic* and lists"
                yield TemplateFault(file=path, line=line, says=why)
            elif unicodedata.category(char) in _UNSEEN:
                why = f"character U+{ord(char):04X} cannot be seen and is not allowed"
                yield TemplateFault(file=path, line=line, says=why)


def _list(names: dict[str, Role]) -> str:
    return ", ".join(sorted(names))
