"""What is shipped is sound: the lock, the image, the compose file, and nothing of this machine."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.house.test_words import hub_command, is_hub_command
from tests.house.tree import ROOT, lines, plant, texts

LOCKS = ("requirements.lock", "requirements-dev.lock")
# Spelt in pieces, so that this file keeps its own rule.
REGISTRIES = re.compile(
    "|".join(
        re.escape(f"{first}.{last}")
        for first, last in (
            ("pypi", "org"),
            ("files.pythonhosted", "org"),
            ("registry.npmjs", "org"),
            ("deb.debian", "org"),
            ("registry-1.docker", "io"),
            ("proxy.golang", "org"),
            ("static.crates", "io"),
        )
    )
)
HOMES = re.compile(r"(?<![\w.~/-])/(?:root|work|opt/(?:wheels|pypi))(?=/|\b)")
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)", re.MULTILINE)
ONE_SHOT = re.compile(r"^(migrate|topology)\b")


def lock_faults(text: str) -> Iterator[str]:
    """Yield what is wrong with a lock: no hash, no pin, or a word on where it came from."""
    for entry in re.split(r"\n(?=\S)", text.replace("\\\n", " ")):
        said = entry.split("#", 1)[0].strip()
        if re.match(r"-|.*(://|index|find-links)", said):
            yield f"it says where it was made: {said[:60]}"
        elif said and not PIN.match(said):
            yield f"not pinned: {said[:60]}"
        elif said and "--hash=sha256:" not in said:
            yield f"no hash: {said[:60]}"


def pins(text: str) -> dict[str, str]:
    return {name.lower(): version for name, version in PIN.findall(text)}


def machine_words(root: Path) -> Iterator[str]:
    """Yield each file that names a registry's host or a folder of somebody's machine."""
    for path, text in texts(root):
        for number, line in enumerate(text.splitlines(), 1):
            if REGISTRIES.search(line) or HOMES.search(line):
                yield f"{path.relative_to(root)}:{number}: {line.strip()[:80]}"


def image_faults(text: str) -> Iterator[str]:
    """Yield what is wrong with a Dockerfile."""
    last = re.split(r"^FROM ", text, flags=re.MULTILINE)[-1]
    user = re.findall(r"^USER (\S+)", last, re.MULTILINE)
    if not user or user[-1].partition(":")[0] in {"root", "0"}:
        yield "it runs as root"
    if not re.search(r"^HEALTHCHECK .*(?:\\\n.*)*CMD", last, re.MULTILINE):
        yield "it has no health check"
    for install in re.findall(r"pip install (?:.|\\\n)*?(?=\n[A-Z]|&&|\Z)", text):
        if "--require-hashes" not in install and "--no-deps" not in install:
            yield f"it installs what no hash vouches for: {install[:60]}"
    for line in re.findall(r"^(?:ENV|ARG) (?:.*\\\n)*.*", text, re.MULTILINE):
        if re.search(r"(?i)(password|secret|token|_key)\w*=", line):
            yield f"it holds a secret: {line[:60]}"


def compose_faults(compose: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a compose file."""
    for name, service in compose["services"].items():
        yield from (f"{name}: {fault}" for fault in _service_faults(name, service, compose))
    for name, secret in compose.get("secrets", {}).items():
        if set(secret) != {"file"}:
            yield f"{name}: a secret comes from a file"


def _service_faults(
    name: str, service: Mapping[str, Any], compose: Mapping[str, Any]
) -> Iterator[str]:
    command = " ".join(service.get("command", ()))
    if "healthcheck" not in service and not ONE_SHOT.match(command):
        yield "no health check"
    if ONE_SHOT.match(command) and service.get("restart") != "no":
        yield "runs once, so it must not be started again"
    for port in service.get("ports", ()):
        if not str(port).startswith("127.0.0.1:"):
            yield f"listens beyond this machine: {port}"
    for setting, value in service.get("environment", {}).items():
        if _is_secret(setting, str(value)):
            yield f"holds a secret in the open: {setting}"
        _, in_a_secret, secret = str(value).partition("/run/secrets/")
        if in_a_secret and secret not in _secret_names(service):
            yield f"{setting} names a secret that it is not given"
    for secret in _secret_names(service) - set(compose.get("secrets", {})):
        yield f"no such secret: {secret}"
    for other, terms in service.get("depends_on", {}).items():
        yield from _waiting_faults(other, terms["condition"], compose["services"])


def _waiting_faults(other: str, condition: str, services: Mapping[str, Any]) -> Iterator[str]:
    if other not in services:
        yield f"waits for {other}, which is not there"
    elif condition == "service_healthy" and "healthcheck" not in services[other]:
        yield f"waits for the health of {other}, which nobody checks"


def _is_secret(setting: str, value: str) -> bool:
    if setting.endswith("_FILE"):
        return False
    named = re.search(r"(PASSWORD|SECRET|TOKEN|KEYS?$)", setting) is not None
    return named or re.search(r"://[^/@\s]+:[^/@\s]+@", value) is not None


def _secret_names(service: Mapping[str, Any]) -> set[str]:
    return {
        each if isinstance(each, str) else each["source"] for each in service.get("secrets", ())
    }


def _compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_locked_with_hashes_and_no_index(lock: str) -> None:
    assert lines(lock_faults((ROOT / lock).read_text())) == ""


def test_what_proves_the_hub_is_what_runs_it() -> None:
    run, proof = (pins((ROOT / lock).read_text()) for lock in LOCKS)

    assert {name: proof.get(name) for name in run} == run


def test_the_lock_holds_every_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["speed"]]
    names = {re.split(r"[\[<>=!~ ]", each)[0].lower() for each in asked}

    assert names <= set(pins((ROOT / LOCKS[0]).read_text()))


def test_no_file_speaks_of_a_registry_or_a_machine() -> None:
    assert lines(machine_words(ROOT)) == ""


def test_the_image_runs_unprivileged_from_the_lock() -> None:
    assert lines(image_faults((ROOT / "Dockerfile").read_text())) == ""


def test_the_image_is_built_from_what_the_builder_gets() -> None:
    given = set(re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    copies = re.findall(r"^COPY (?!--from)(\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)

    assert set(copies) == given
    assert [name for name in copies if not (ROOT / name).exists()] == []


def test_the_compose_file_is_sound() -> None:
    assert lines(compose_faults(_compose())) == ""


def test_the_compose_file_runs_each_role_and_each_preparation() -> None:
    commands = {" ".join(each.get("command", ())) for each in _compose()["services"].values()}

    roles = {f"run --only {role}" for role in ("intake", "deliver", "watch", "facts", "web")}
    assert roles | {"migrate", "topology apply"} <= commands


def test_every_command_of_the_compose_file_is_real() -> None:
    ours = [each for each in _compose()["services"].values() if "build" in each]

    assert [
        each["command"] for each in ours if not is_hub_command(hub_command(), each["command"])
    ] == []


def test_every_setting_of_the_compose_file_is_real() -> None:
    from hub.settings import Settings  # noqa: PLC0415

    known = {f"HUB_{name.upper()}" for name in Settings.model_fields}
    given = {
        setting.removesuffix("_FILE")
        for each in _compose()["services"].values()
        for setting in each.get("environment", {})
        if setting.startswith("HUB_")
    }
    shipped = set(re.findall(r"\b(HUB_[A-Z_]+)=", (ROOT / "Dockerfile").read_text()))

    assert given | shipped <= known


def test_make_secrets_writes_what_the_compose_file_reads() -> None:
    makefile = (ROOT / "Makefile").read_text()
    read = [Path(secret["file"]).name for secret in _compose()["secrets"].values()]

    assert [name for name in read if f"make_one {name}" not in makefile] == []


# Each rule can fail.


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a==1", "no hash: a==1"),
        ("a>=1 \\\n    --hash=sha256:00", "not pinned: a>=1"),
        ("--index-" + "url x", "it says where it was made: --index-" + "url x"),
        ("a @ https://a.test/a.whl", "it says where it was made: a @ https"),
    ],
)
def test_a_loose_lock_is_caught(text: str, fault: str) -> None:
    assert lines(lock_faults(f"b==2 ; x == 'y' \\\n    --hash=sha256:00\n{text}\n")).startswith(
        fault
    )


@pytest.mark.parametrize(
    "text",
    ["https://pypi" + ".org/simple", "see /wo" + "rk/x", "cd /ro" + "ot", "`/op" + "t/wheels`"],
)
def test_a_word_on_this_machine_is_caught(tmp_path: Path, text: str) -> None:
    plant(tmp_path, {"a.md": text, "b.md": "/api/work/ at a/root, ~/work, /workers, PyPI"})

    assert [fault.split(":")[0] for fault in machine_words(tmp_path)] == ["a.md"]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("USER 10001:10001", "USER root", "it runs as root"),
        ("USER 10001:10001\n", "", "it runs as root"),
        ("HEALTHCHECK", "# HEALTHCHECK", "it has no health check"),
        ("--require-hashes --no-deps", "", "it installs what no hash vouches for"),
        ("HUB_LOG_FORM=json", "HUB_SECRET=abc", "it holds a secret"),
    ],
)
def test_a_careless_image_is_caught(old: str, new: str, fault: str) -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert old in text

    assert lines(image_faults(text.replace(old, new))).startswith(fault)


@pytest.mark.parametrize(
    ("service", "fault"),
    [
        ({}, "no health check"),
        ({"command": ["migrate"]}, "runs once, so it must not be started again"),
        ({"ports": ["8080:8080"]}, "listens beyond this machine: 8080:8080"),
        ({"ports": ["0.0.0.0:80:80"]}, "listens beyond this machine: 0.0.0.0:80:80"),
        ({"environment": {"HUB_SECRET": "a"}}, "holds a secret in the open: HUB_SECRET"),
        ({"environment": {"U": "amqp://a:b@c/"}}, "holds a secret in the open: U"),
        (
            {"environment": {"HUB_SECRET_FILE": "/run/secrets/s"}},
            "HUB_SECRET_FILE names a secret that it is not given",
        ),
        ({"secrets": ["s"]}, "no such secret: s"),
        (
            {"depends_on": {"b": {"condition": "service_healthy"}}},
            "waits for b, which is not there",
        ),
        (
            {"depends_on": {"bare": {"condition": "service_healthy"}}},
            "waits for the health of bare, which nobody checks",
        ),
    ],
)
def test_a_careless_service_is_caught(service: dict[str, Any], fault: str) -> None:
    checked: dict[str, Any] = {"healthcheck": {}} if service and "command" not in service else {}
    bare = {"command": ["migrate"], "restart": "no"}
    compose = {"services": {"a": checked | service, "bare": bare}}

    assert lines(compose_faults(compose)) == f"a: {fault}"
