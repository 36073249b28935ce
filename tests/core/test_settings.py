"""The settings: read once, checked whole, every fault listed, and no secret ever shown."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from hub.access import Appointment, Post
from hub.settings import Settings, SettingsFaults, read_settings
from hub.vocabulary import AgencyId

SECRET = "s3cret-that-nobody-may-see"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("HUB_") and not name.startswith("HUB_TEST_"):
            monkeypatch.delenv(name)


def _faults() -> list[str]:
    with pytest.raises(SettingsFaults) as refused:
        read_settings()
    head, *lines = str(refused.value).splitlines()
    assert head == "The settings cannot be used: "
    return [line.strip() for line in lines]


def test_with_nothing_set_the_hub_keeps_to_this_machine() -> None:
    settings = read_settings()

    assert settings.web_host == "127.0.0.1"
    assert settings.amqp_url is None
    assert not settings.development_sign_in
    assert settings.register == f"sqlite+aiosqlite:///{Path('hub-data/register.db').absolute()}"


def test_a_register_that_is_given_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_REGISTER_URL", "postgresql+asyncpg://hub@db/hub")

    assert read_settings().register == "postgresql+asyncpg://hub@db/hub"


def test_every_fault_of_names_and_files_is_listed_with_what_was_meant(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HUB_SMPT_URL", "smtp://relay")
    monkeypatch.setenv("HUB_XQZ", "1")
    monkeypatch.setenv("HUB_SECRET_FILE", "/no/such/file")
    monkeypatch.setenv("HUB_WEB_PRT_FILE", "/no/such/file")
    monkeypatch.setenv("HUB_TEST_ANYTHING", "of the tests")
    monkeypatch.setenv("HUB_FAILPOINT", "")

    assert _faults() == [
        "HUB_SECRET_FILE: no such file: /no/such/file",
        "HUB_SMPT_URL: there is no such setting; did you mean HUB_SMTP_URL?",
        "HUB_WEB_PRT_FILE: there is no such setting; did you mean HUB_WEB_PORT?",
        "HUB_XQZ: there is no such setting",
    ]


def test_every_value_that_does_not_fit_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "HUB_WEB_PORT": "65536",
        "HUB_AMQP_URL": "http://broker",
        "HUB_SMTP_URL": "smtp://",
        "HUB_REGISTER_URL": "mysql://db",
        "HUB_LOG_FORM": "xml",
        "HUB_LOG_LEVEL": "LOUD",
        "HUB_DEVELOPMENT_SIGN_IN": "maybe",
    }.items():
        monkeypatch.setenv(name, value)

    found = _faults()

    schemes = "must be a URL with a host and one of the schemes"
    assert len(found) == 7
    assert any(f.startswith("HUB_WEB_PORT: Input should be less") for f in found)
    assert any(f.startswith(f"HUB_AMQP_URL: {schemes}") for f in found)
    assert any(f.startswith(f"HUB_SMTP_URL: {schemes}") for f in found)
    assert any(f.startswith("HUB_REGISTER_URL: must start with postgresql") for f in found)
    assert {f.split(":")[0] for f in found} >= {"HUB_LOG_FORM", "HUB_LOG_LEVEL"}


@pytest.mark.parametrize(
    ("name", "url", "faults"),
    [
        ("AMQP", "smtp://broker", ["one of the schemes amqp, amqps"]),
        ("SMTP", "amqps://relay", ["one of the schemes smtp, smtp+starttls, smtps"]),
        ("AMQP", "amqp://hub:{}@broker/?cafile=/ca.pem", ["`cafile` needs amqps://"]),
        (
            "AMQP",
            "amqps://hub:{}@broker/?cacertfile=/ca.pem&verify=&keyfile=/key.pem",
            ["`cacertfile` is no word", "`verify` is no word", "`keyfile` needs `certfile`"],
        ),
        ("REGISTER", "postgresql+asyncpg://hub:{}@db/hub?sslmode=yes", ["`sslmode` must be one"]),
        (
            "REGISTER",
            "postgresql+asyncpg://hub:{}@db/hub?sslrootcert=/ca.pem&connect_timeout=3",
            ["`connect_timeout` is no word", "`sslrootcert` needs sslmode=verify-full"],
        ),
    ],
)
def test_what_a_url_says_that_nobody_would_heed_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, name: str, url: str, faults: list[str]
) -> None:
    monkeypatch.setenv(f"HUB_{name}_URL", url.format(SECRET))

    (found,) = _faults()

    assert found.startswith(f"HUB_{name}_URL: ")
    assert [each for each in faults if each not in found] == []
    assert SECRET not in found


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("AMQP", "amqps://hub@broker/?cafile=/ca.pem&certfile=/a.pem&keyfile=/b.pem&heartbeat=9"),
        ("REGISTER", "postgresql+asyncpg://hub@db/hub?sslmode=verify-full&sslrootcert=system"),
        ("REGISTER", "postgresql+asyncpg://hub@/hub?host=a:5432&host=b:5432&ssl=require"),
    ],
)
def test_what_is_heeded_is_taken(monkeypatch: pytest.MonkeyPatch, name: str, url: str) -> None:
    monkeypatch.setenv(f"HUB_{name}_URL", url)

    taken = read_settings()

    assert {"AMQP": taken.amqp_url, "REGISTER": taken.register_url}[name] is not None


def test_trusted_mail_servers_are_a_list_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (read_settings().trusted_mtas, read_settings().inbox_port) == ((), 0)

    monkeypatch.setenv("HUB_TRUSTED_MTAS", "relay.hub.example, mx.nhs.example,")

    assert read_settings().trusted_mtas == ("relay.hub.example", "mx.nhs.example")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_the_development_sign_in_works_on_loopback(
    monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv("HUB_DEVELOPMENT_SIGN_IN", "true")
    monkeypatch.setenv("HUB_WEB_HOST", host)

    assert read_settings().development_sign_in


def test_the_development_sign_in_is_refused_where_others_can_reach_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HUB_DEVELOPMENT_SIGN_IN", "true")
    monkeypatch.setenv("HUB_WEB_HOST", "0.0.0.0")  # noqa: S104 - it is what must be refused

    (fault,) = _faults()

    assert fault.startswith("settings: HUB_DEVELOPMENT_SIGN_IN works on loopback only")


def test_a_secret_comes_from_a_file_and_a_variable_beats_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "secret"
    file.write_text(f"  {SECRET}\n")
    monkeypatch.setenv("HUB_SECRET_FILE", str(file))
    from_file = read_settings().secret
    monkeypatch.setenv("HUB_SECRET", "another")
    from_variable = read_settings().secret

    assert from_file is not None
    assert from_variable is not None
    assert (from_file.get_secret_value(), from_variable.get_secret_value()) == (SECRET, "another")


def test_no_secret_is_shown_by_the_settings_or_by_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "HUB_SECRET": SECRET,
        "HUB_PUBLISHER_KEYS": f'{{"wscc": "{SECRET}"}}',
        "HUB_ENDPOINT_KEYS": f'{{"cqc": ["{SECRET}"]}}',
        "HUB_AMQP_URL": f"amqp://hub:{SECRET}@broker/vhost",
        "HUB_SMTP_URL": f"smtps://hub:{SECRET}@relay",
        "HUB_REGISTER_URL": f"postgresql+asyncpg://hub:{SECRET}@db/hub",
    }.items():
        monkeypatch.setenv(name, value)
    settings = read_settings()

    shown = [repr(settings), str(settings), settings.model_dump_json()]
    monkeypatch.setenv("HUB_SMTP_URL", f"ftp://hub:{SECRET}@relay")
    monkeypatch.setenv("HUB_REGISTER_URL", f"mysql://hub:{SECRET}@db")

    assert all(SECRET not in one for one in (*shown, *_faults()))


def test_settings_do_not_change_once_read() -> None:
    settings = Settings()

    with pytest.raises(ValueError, match="frozen"):
        settings.web_port = 1  # type: ignore[misc]  # it is what must be refused


@pytest.mark.parametrize(
    "url",
    [
        "smtp://relay.cjsm.net",
        "smtps://127.0.0.1",
        "smtp+starttls://localhost:587",
        "https://relay.cjsm.net",
        "smtps://",
    ],
)
def test_the_secure_mail_gateway_is_the_gateway_itself_under_tls(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    assert read_settings().cjsm_url is None
    monkeypatch.setenv("HUB_CJSM_URL", url)

    assert any(f.startswith("HUB_CJSM_URL: must be smtps://") for f in _faults())


def test_the_secure_mail_gateway_may_be_reached_by_tls_or_starttls(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for url in ("smtps://relay.cjsm.net", "smtp+starttls://relay.cjsm.net:587"):
        monkeypatch.setenv("HUB_CJSM_URL", url)

        given = read_settings().cjsm_url

        assert given is not None
        assert given.get_secret_value() == url


@pytest.mark.parametrize("url", ["http://mesh.example", "mesh.example", "https://"])
def test_mesh_is_called_by_https_alone_but_on_this_machine(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("HUB_MESH_URL", url)

    assert "HUB_MESH_URL: must be a URL with a host and the scheme https" in _faults()


def test_mesh_is_not_set_up_by_half(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_MESH_URL", "https://mesh.example")
    monkeypatch.setenv("HUB_MESH_MAILBOX", "X26HUB01")

    (fault,) = _faults()

    assert fault.startswith("settings: HUB_MESH_URL needs HUB_MESH_MAILBOX, HUB_MESH_PASSWORD")


SERVICE = "0c0ffee0-1111-4222-8333-944455556666"
PROOF = "0badcafe-7777-4888-8999-aaaabbbbcccc"
TEMPLATE = "0decade0-aaaa-4bbb-8ccc-ddddeeeeffff"


def test_a_key_of_notify_is_read_from_its_end_whatever_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert read_settings().notify_account is None
    monkeypatch.setenv("HUB_NOTIFY_KEY", f"our-hub-{SERVICE}-{PROOF}")
    monkeypatch.setenv("HUB_NOTIFY_TEMPLATE", TEMPLATE)

    settings = read_settings()

    assert settings.notify_account == (SERVICE, PROOF)
    assert settings.notify_url.startswith("https://")
    assert PROOF not in repr(settings) + settings.model_dump_json()


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("HUB_NOTIFY_KEY", f"{SERVICE}-{PROOF}", "must be a key as GOV.UK Notify makes it"),
        ("HUB_NOTIFY_KEY", "hub-secret", "must be a key as GOV.UK Notify makes it"),
        ("HUB_NOTIFY_TEMPLATE", "a-text", "must be the template's id, a UUID"),
        ("HUB_NOTIFY_URL", "http://notify.example", "must be a URL with a host and the scheme"),
        ("HUB_NOTIFY_URL", "notify.example", "must be a URL with a host and the scheme https"),
    ],
)
def test_what_notify_would_not_take_is_a_fault_and_no_secret_is_in_it(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, fault: str
) -> None:
    monkeypatch.setenv(name, value)

    faults = _faults()

    assert any(one.startswith(f"{name}: {fault}") for one in faults)
    assert PROOF not in "".join(faults)


@pytest.mark.parametrize(
    ("name", "value"),
    [("HUB_NOTIFY_KEY", f"hub-{SERVICE}-{PROOF}"), ("HUB_NOTIFY_TEMPLATE", TEMPLATE)],
)
def test_notify_is_not_set_up_by_half(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    (fault,) = _faults()

    assert fault == "settings: HUB_NOTIFY_KEY and HUB_NOTIFY_TEMPLATE are needed together"


OIDC = {
    "HUB_OIDC_ISSUER": "https://idp.example/tenant",
    "HUB_OIDC_CLIENT_ID": "hub",
    "HUB_OIDC_CLIENT_SECRET": "hush",
    "HUB_OIDC_GROUPS": '{"leos": {"post": "lead enquiry officer", "agency": "gss:E10000032"}}',
}


def test_B06_groups_give_posts_one_or_several(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in OIDC.items():
        monkeypatch.setenv(name, value)
    host = AgencyId("gss:E10000032")
    leo = Appointment(post=Post.LEO, agency=host)
    chair = Appointment(post=Post.CHAIR, agency=host)
    assert read_settings().oidc_groups == {"leos": (leo,)}

    both = [{"post": post, "agency": host} for post in ("chair", "lead enquiry officer")]
    monkeypatch.setenv("HUB_OIDC_GROUPS", json.dumps({"both": both}))

    assert read_settings().oidc_groups == {"both": (chair, leo)}
    assert "hush" not in repr(read_settings())


@pytest.mark.parametrize("name", OIDC)
def test_B06_a_part_of_the_sign_in_is_refused_and_what_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for each in set(OIDC) - {name}:
        monkeypatch.setenv(each, OIDC[each])

    (fault,) = _faults()

    assert fault == f"settings: sign-in by OpenID Connect needs {name} too"


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("HUB_OIDC_ISSUER", "http://idp.example", "must be a URL with a host"),
        ("HUB_OIDC_GROUPS", "{", "Invalid JSON"),
        ("HUB_OIDC_GROUPS", "{}", "at least one group"),
        ("HUB_OIDC_GROUPS", '{"x": {"post": "wizard", "agency": "gss:E1"}}', "x post"),
        ("HUB_OIDC_GROUPS", '{"x": {"post": "chair"}}', "x agency"),
        ("HUB_OIDC_GROUPS", '{"x": [{"post": "chair", "agency": "two words"}]}', "x agency"),
        ("HUB_DEVELOPMENT_SIGN_IN", "true", "two ways in"),
        ("HUB_PUBLIC_URL", "http://hub.example", "needs HUB_PUBLIC_URL with https"),
        ("HUB_WEB_HOST", "0.0.0.0", "needs HUB_PUBLIC_URL with https"),  # noqa: S104 - refused
    ],
)
def test_B06_a_sign_in_that_cannot_work_is_refused_at_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, fault: str
) -> None:
    for each, given in (OIDC | {name: value}).items():
        monkeypatch.setenv(each, given)

    (found,) = _faults()

    assert fault in found
