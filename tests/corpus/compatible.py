"""Whether everything that an old schema took is taken by the new one, keyword by keyword.

What cannot be compared counts as narrowed, so that a person looks.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from jsonschema import Draft202012Validator

from hub.events.schema import CLASS_KEYWORD, Schema

REMARKS: Final = frozenset({"title", "description", "examples", "deprecated", "$schema", "$defs"})
"""Words that change nothing of what is taken."""
_UNIONS: Final = ("anyOf", "oneOf")
_LEAST: Final = {
    **dict.fromkeys(("minLength", "minItems", "minProperties"), 0),
    **dict.fromkeys(("minimum", "exclusiveMinimum"), float("-inf")),
}
_MOST: Final = ("maxLength", "maxItems", "maxProperties", "maximum", "exclusiveMaximum")
_FORMS: Final = ("pattern", "format", "multipleOf", "uniqueItems")
_KNOWN: Final = frozenset(
    {
        *("type", "enum", "const", "properties", "required", "additionalProperties", "items"),
        *("allOf", "default", CLASS_KEYWORD, *REMARKS, *_LEAST, *_MOST, *_FORMS),
    }
)


def narrowings(old: Schema, new: Schema) -> list[str]:
    """Return each way in which `new` refuses what `old` took, or means another thing by it."""
    return list(_Pair(old, new).compared(old, new, ""))


def bare(schema: Schema) -> Schema:
    """Return a schema without remarks: what a baseline keeps."""
    return {
        word: _bare(word, value)
        for word, value in schema.items()
        if word not in REMARKS - {"$defs", "deprecated"}
    }


def _bare(word: str, value: Any) -> Any:  # noqa: ANN401 - a schema holds any JSON
    match value:
        case dict() if word in {"properties", "$defs", "patternProperties"}:
            return {name: bare(inner) for name, inner in value.items()}
        case dict() if word not in {"default", "const"}:
            return bare(value)
        case list() if word not in {"enum", "required", "default"}:
            return [bare(each) if isinstance(each, dict) else each for each in value]
        case _:
            return value


@dataclass(frozen=True)
class _Pair:
    old_root: Schema
    new_root: Schema
    seen: set[tuple[str, str]] = field(default_factory=set)

    def compared(self, old: Schema, new: Schema, where: str) -> Iterator[str]:
        step = (str(old.get("$ref", "")), str(new.get("$ref", "")))
        if all(step):
            if step in self.seen:
                return
            self.seen.add(step)
        old, new = _resolved(old, self.old_root), _resolved(new, self.new_root)
        yield from _meaning(old, new, where)
        old_options, new_options = _options(old), _options(new)
        if old_options == [old] and new_options == [new]:
            yield from self._plain(old, new, where)
            return
        for option in old_options:
            yield from self._taken_by_some(option, new_options, where)

    def _taken_by_some(self, option: Schema, others: list[Schema], where: str) -> Iterator[str]:
        best: list[str] | None = None
        for other in others:
            faults = list(_Pair(self.old_root, self.new_root).compared(option, other, where))
            if best is None or len(faults) < len(best):
                best = faults
        yield from best or ()

    def _plain(self, old: Schema, new: Schema, where: str) -> Iterator[str]:
        for word in sorted((old.keys() | new.keys()) - _KNOWN):
            if old.get(word) != new.get(word):
                yield f"{where}: `{word}` changed, and cannot be compared"
        for added in new.get("allOf", ()):
            if added not in old.get("allOf", ()):
                yield f"{where}: asks for more: {added}"
        words = _words(old)
        if words is not None:
            yield from self._words_taken(words, new, where)
            return
        if _words(new) is not None:
            yield f"{where}: is now one of a few words"
        yield from _types(old, new, where)
        yield from _bounds(old, new, where)
        yield from self._members(old, new, where)

    def _words_taken(self, words: list[object], new: Schema, where: str) -> Iterator[str]:
        judge = Draft202012Validator({**new, "$defs": self.new_root.get("$defs", {})})
        for word in words:
            if not judge.is_valid(word):
                yield f"{where}: `{word}` is no longer taken"

    def _members(self, old: Schema, new: Schema, where: str) -> Iterator[str]:
        had, has = old.get("properties", {}), new.get("properties", {})
        for name, schema in had.items():
            if name in has:
                yield from self.compared(schema, has[name], f"{where}/{name}")
            else:
                yield f"{where}/{name}: is gone"
        if old.get("additionalProperties", True) is not False:
            for name in sorted(has.keys() - had.keys()):
                yield f"{where}/{name}: was free, and now has a form"
        for name in sorted(set(new.get("required", ())) - set(old.get("required", ()))):
            yield f"{where}/{name}: must now be sent"
        for word in ("additionalProperties", "items"):
            yield from self._inner(old.get(word, True), new.get(word, True), f"{where}/{word}")

    def _inner(self, old: Schema | bool, new: Schema | bool, where: str) -> Iterator[str]:
        if old is False or new is True:
            return
        if isinstance(old, dict) and isinstance(new, dict):
            yield from self.compared(old, new, where)
        else:
            yield f"{where}: was free, and now has a form"


def _resolved(schema: Schema, root: Schema) -> Schema:
    if "$ref" not in schema:
        return schema
    beside = {word: value for word, value in schema.items() if word != "$ref"}
    return {**root["$defs"][schema["$ref"].removeprefix("#/$defs/")], **beside}


def _options(schema: Schema) -> list[Schema]:
    """Return what a union holds; a union with demands beside it is compared as a whole."""
    for union in _UNIONS:
        if union in schema and schema.keys() <= {union, "default", CLASS_KEYWORD, *REMARKS}:
            return list(schema[union])
    return [schema]


def _meaning(old: Schema, new: Schema, where: str) -> Iterator[str]:
    if old.get(CLASS_KEYWORD) != new.get(CLASS_KEYWORD):
        was, now = old.get(CLASS_KEYWORD), new.get(CLASS_KEYWORD)
        yield f"{where}: its information class was {was} and is {now}"
    if "default" in old and old["default"] != new.get("default"):
        yield f"{where}: means another thing where it is left out"


def _words(schema: Schema) -> list[object] | None:
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _types(old: Schema, new: Schema, where: str) -> Iterator[str]:
    if "type" not in new:
        return
    now = {new["type"]} if isinstance(new["type"], str) else set(new["type"])
    if "number" in now:
        now.add("integer")
    was = old.get("type", ["anything"])
    for kind in [was] if isinstance(was, str) else was:
        if kind not in now:
            yield f"{where}: {kind} is no longer taken"


def _bounds(old: Schema, new: Schema, where: str) -> Iterator[str]:
    for word, none in _LEAST.items():
        if new.get(word, none) > old.get(word, none):
            yield f"{where}: `{word}` rose"
    for word in _MOST:
        if new.get(word, float("inf")) < old.get(word, float("inf")):
            yield f"{where}: `{word}` fell"
    for word in _FORMS:
        if new.get(word) and new[word] != old.get(word):
            yield f"{where}: `{word}` is new or another"
