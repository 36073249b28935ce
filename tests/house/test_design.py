"""What the console's look is made of: every class styled, and every package locked and free."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.house.tree import ROOT, lines

PAGES = ROOT / "hub/routes/pages"
DESIGN = ROOT / "hub/routes/design"
FREE = {"MIT", "ISC", "BSD-3-Clause", "Apache-2.0"}
# GOV.UK's markup asks for these names and hangs no style on them that the plain one must have.
BARE = {
    "govuk-body",
    "govuk-link",
    "govuk-breadcrumbs__link",
    "govuk-checkboxes",
    "govuk-generic-header__container",
    "govuk-generic-header__logo",
    "govuk-grid-column-full",
    "govuk-radios",
    "govuk-service-navigation__item",
    "govuk-service-navigation__link",
    "govuk-table__body",
    "govuk-table__caption--s",
    "govuk-table__row",
    "govuk-template",
    "govuk-template__body",
    "govuk-error-summary__body",
    "govuk-fieldset__legend--s",
    "govuk-panel--confirmation",
    "govuk-warning-text__text",
    "govuk-!-width-two-thirds",
    "moj-timeline__header",
}


def named(page: str) -> set[str]:
    """Return every class that a template names in whole; half of one is made when it is filled."""
    plain = re.sub(r"\{[%#].*?[%#]\}", " ", page, flags=re.DOTALL)
    plain = re.sub(r"\{\{[^}]*\}\}", "{}", plain)
    classes = " ".join(re.findall(r'class="([^"]*)"', plain))
    return {each for each in classes.split() if "{" not in each and "}" not in each}


def styled(sheet: str) -> set[str]:
    rules = re.sub(r"/\*.*?\*/", " ", sheet, flags=re.DOTALL)
    return {name.replace("\\", "") for name in re.findall(r"\.([a-z](?:[\w-]|\\.)*)", rules)}


def lock_faults(package: Mapping[str, Any], lock: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with an npm lock: a host, no hash, a loose pin, a licence that binds."""
    for name, version in package["dependencies"].items():
        if not re.fullmatch(r"\d+\.\d+\.\d+", version):
            yield f"not pinned: {name}"
        if lock["packages"].get(f"node_modules/{name}", {}).get("version") != version:
            yield f"the lock holds another: {name}"
    for name, held in lock["packages"].items():
        if not name:
            continue
        if "resolved" in held:
            yield f"it says where it came from: {name}"
        if not held.get("integrity", "").startswith("sha512-"):
            yield f"no hash: {name}"
        if held.get("license") not in FREE:
            yield f"another licence: {name}"


def _read(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((DESIGN / name).read_text("utf-8"))
    return read


def test_every_class_of_every_page_is_styled_without_govuks_files_too() -> None:
    sheets = (PAGES / "style.css").read_text() + (PAGES / "own.css").read_text()
    known = styled(sheets) | BARE

    unknown = [
        f"{path.name}: {name}"
        for path in sorted(PAGES.glob("*.j2"))
        for name in sorted(named(path.read_text("utf-8")) - known)
    ]

    assert lines(unknown) == ""


def test_what_is_our_own_stands_in_the_sheet_that_is_in_force_with_either_style() -> None:
    ours = styled((PAGES / "style.css").read_text("utf-8"))

    in_the_wrong_sheet = {name for name in ours if not name.startswith(("govuk-", "moj-"))}
    assert in_the_wrong_sheet == set(), "these belong into own.css"


def test_the_styles_packages_are_pinned_hashed_free_and_from_nowhere() -> None:
    assert lines(lock_faults(_read("package.json"), _read("package-lock.json"))) == ""


@pytest.mark.parametrize(
    ("held", "fault"),
    [
        ({"resolved": "https://a.test/a.tgz"}, "it says where it came from: node_modules/a"),
        ({"integrity": ""}, "no hash: node_modules/a"),
        ({"license": "UNLICENSED"}, "another licence: node_modules/a"),
        ({"version": "1.0.1"}, "the lock holds another: a"),
    ],
)
def test_a_loose_npm_lock_is_caught(held: dict[str, str], fault: str) -> None:
    whole = {"version": "1.0.0", "integrity": "sha512-x", "license": "MIT"} | held

    found = lock_faults(
        {"dependencies": {"a": "1.0.0"}}, {"packages": {"": {}, "node_modules/a": whole}}
    )

    assert list(found) == [fault]


def test_a_class_that_is_made_when_the_page_is_filled_is_left_alone() -> None:
    page = '<b class="govuk-tag govuk-tag--{{ x }}{% if y %} late{% endif %}">'

    assert named(page) == {"govuk-tag", "late"}
