"""The settings: read once from HUB_* variables, checked whole, every fault listed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from hub import urls
from hub.access import Appointment, posts_by_group
from hub.vocabulary import HubError

_UUID: Final = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_NOTIFY_KEY: Final = re.compile(rf".+-({_UUID})-({_UUID})")

_URLS: Final[Mapping[str, Callable[[str], None]]] = {
    "register_url": urls.database,
    "amqp_url": urls.broker,
    "smtp_url": urls.mail_server,
    "cjsm_url": urls.gateway,
    "heartbeat_url": partial(urls.service, at_home=False),
}


class SettingsFaults(HubError):
    """The settings cannot be used:"""  # noqa: D400  # the faults follow, one a line


class Settings(BaseSettings):
    """Everything an operator may set. `HUB_X_FILE` names a file that holds `HUB_X`, for secrets."""

    model_config = SettingsConfigDict(env_prefix="HUB_", extra="ignore", frozen=True)

    data_dir: Path = Path("hub-data")
    """Where the embedded register and generated keys live."""
    register_url: SecretStr | None = None
    """`postgresql+asyncpg://...` or `sqlite+aiosqlite:///path`; unset: SQLite in `data_dir`."""
    amqp_url: SecretStr | None = None
    """`amqp://user:password@host/vhost`; unset: events come by HTTP alone."""
    smtp_url: SecretStr = SecretStr("smtp://127.0.0.1:25")
    """`smtp://`, `smtp+starttls://` or `smtps://`; STARTTLS is required unless on loopback."""
    cjsm_url: SecretStr | None = None
    """The gateway of Criminal Justice Secure Mail itself, `smtps://` or `smtp+starttls://`."""
    smtp_pipelining: bool = True
    """Whether MAIL, RCPT and DATA go in one piece where that relay offers it (RFC 2920)."""
    cjsm_pipelining: bool = True
    mesh_url: str | None = None
    """Where MESH's API is, `https://...`; unset: what is for `mesh:` mailboxes waits."""
    mesh_mailbox: str | None = None
    """Our own mailbox there."""
    mesh_password: SecretStr | None = None
    mesh_shared_key: SecretStr | None = None
    """The key that the environment's mailboxes share."""
    mesh_identity: Path | None = None
    """A PEM file with our client certificate and its key (MESH asks for both sides' TLS)."""
    mesh_workflow: str = "CONCERN_HUB_NOTICE"
    """The workflow that the agencies' mailboxes are registered for."""
    notify_url: str = "https://api.notifications.service.gov.uk"
    """Where GOV.UK Notify's API is: the base that its documentation gives."""
    notify_key: SecretStr | None = None
    """An API key of our service there, `name-serviceid-secret`; unset: texts wait."""
    notify_template: str | None = None
    """The id of the template that texts are made from; its whole text is `((message))`."""
    policy_dir: Path | None = None
    """A folder of packs, one folder a partnership; unset: those that ship with the hub."""
    templates_dir: Path | None = None
    policy_watch_seconds: Annotated[int, Field(ge=0, le=3600)] = 5
    """Between looks at `policy_dir` and `templates_dir` for changes; 0: only on SIGHUP."""
    web_host: str = "127.0.0.1"
    web_port: Annotated[int, Field(ge=0, le=65535)] = 8080
    health_host: str = "127.0.0.1"
    health_port: Annotated[int, Field(ge=0, le=65535)] | None = None
    """Where `/readyz` and `/metrics` are answered, and no page; unset: beside the pages."""
    public_url: str | None = None
    """How agencies reach this hub; unset: its own address on this machine."""
    sender_name: str = "Safeguarding provider concerns"
    sender_address: str = "concerns@hub.example"
    mail_domain: str = "hub.example"
    """The domain of Message-IDs and of the bounce addresses (VERP)."""
    inbox_host: str = "127.0.0.1"
    inbox_port: Annotated[int, Field(ge=0, le=65535)] = 0
    """Where mail that comes back is taken in, by SMTP or LMTP; 0: nowhere."""
    trusted_mtas: Annotated[tuple[str, ...], NoDecode] = ()
    """Mail servers whose word of success counts, by the names they report under, with commas."""
    heartbeat_mail: str | None = None
    """Whoever runs the hub: told at a set interval how it is."""
    heartbeat_url: SecretStr | None = None
    """`https://...` of a switch that rings when it stays away; `HUB_ENDPOINT_KEYS` has its key."""
    heartbeat_minutes: Annotated[int, Field(ge=1, le=1440)] = 5
    drill_day: Literal["monday", "tuesday", "wednesday", "thursday", "friday"] | None = None
    """On which day each week every mailbox and webhook gets a drill; unset: none is sent."""
    drill_hour: Annotated[int, Field(ge=9, le=15)] = 10
    """From which hour of that day, in London."""
    source: str = "https://hub.example"
    """CloudEvents `source` of what the hub sends."""
    secret: SecretStr | None = None
    """Signs bounce addresses; unset: made once and kept in `data_dir`."""
    signing_key: SecretStr | None = None
    """Signs confirmations of closure: 32 bytes in base64url; unset: made once, in `data_dir`."""
    signing_keys_retired: str | None = None
    """Public halves of older signing keys: a JSON Web Key Set, each with `until` (and `from`)."""
    publisher_keys: SecretStr | None = None
    """JSON object, publisher to API key; unset: made once and kept in `data_dir`."""
    endpoint_keys: SecretStr | None = None
    """JSON object, endpoint to its signing keys: `whsec_...`, or an object with its time too."""
    extra_ca_file: Path | None = None
    """A CA certificate to trust beside the system's, for mail, webhooks and other services."""
    oidc_issuer: str | None = None
    """Where people prove who they are (OpenID Connect), exactly as the provider writes it."""
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    oidc_groups: Annotated[Mapping[str, tuple[Appointment, ...]] | None, NoDecode] = None
    """JSON object, group of the provider to `{"post": ..., "agency": ...}`, or a list of these."""
    oidc_groups_claim: str = "groups"
    """What the ID token calls a person's groups; with Entra ID's app roles, `roles`."""
    oidc_name_claim: str = "name"
    """What the ID token calls the person's name."""
    requests_a_minute: Annotated[int, Field(ge=1, le=1_000_000)] = 600
    """What one key, person or address may send to the API."""
    events_a_minute: Annotated[int, Field(ge=1, le=1_000_000)] = 6_000
    """What one publisher may send by HTTP."""
    development_sign_in: bool = False
    """Sign in without a password, on loopback only; never for real concerns."""
    log_form: Literal["auto", "json", "text"] = "auto"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("trusted_mtas", mode="before")
    @classmethod
    def _with_commas(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(name.strip() for name in value.split(",") if name.strip())

    @field_validator("register_url", "amqp_url", "smtp_url", "cjsm_url", "heartbeat_url")
    @classmethod
    def _a_url_that_may_hold_a_secret(
        cls, value: SecretStr | None, field: ValidationInfo
    ) -> SecretStr | None:
        if value is not None:
            _URLS[field.field_name or ""](value.get_secret_value())
        return value

    @field_validator("oidc_groups", mode="before")
    @classmethod
    def _posts(cls, value: object) -> object:
        return posts_by_group(value) if isinstance(value, str) else value

    @field_validator("mesh_url", "notify_url", "oidc_issuer")
    @classmethod
    def _a_service(cls, value: str | None) -> str | None:
        if value is not None:
            urls.service(value)
        return value

    @model_validator(mode="after")
    def _mesh_is_whole(self) -> Settings:
        needed = (self.mesh_mailbox, self.mesh_password, self.mesh_shared_key)
        if self.mesh_url is not None and not all(needed):
            msg = "HUB_MESH_URL needs HUB_MESH_MAILBOX, HUB_MESH_PASSWORD and HUB_MESH_SHARED_KEY"
            raise ValueError(msg)
        return self

    @field_validator("notify_key")
    @classmethod
    def _a_key_of_notify(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _NOTIFY_KEY.fullmatch(value.get_secret_value()):
            msg = "must be a key as GOV.UK Notify makes it: name-serviceid-secret, both UUIDs"
            raise ValueError(msg)
        return value

    @field_validator("notify_template")
    @classmethod
    def _a_template(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(_UUID, value):
            msg = "must be the template's id, a UUID"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _notify_is_whole(self) -> Settings:
        if (self.notify_key is None) != (self.notify_template is None):
            msg = "HUB_NOTIFY_KEY and HUB_NOTIFY_TEMPLATE are needed together"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _sign_in_stays_at_home(self) -> Settings:
        if self.development_sign_in and self.web_host not in {"127.0.0.1", "::1", "localhost"}:
            msg = "HUB_DEVELOPMENT_SIGN_IN works on loopback only: set HUB_WEB_HOST=127.0.0.1"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _sign_in_is_whole(self) -> Settings:
        needed = {
            "HUB_OIDC_ISSUER": self.oidc_issuer,
            "HUB_OIDC_CLIENT_ID": self.oidc_client_id,
            "HUB_OIDC_CLIENT_SECRET": self.oidc_client_secret,
            "HUB_OIDC_GROUPS": self.oidc_groups,
        }
        missing = [name for name, value in needed.items() if not value]
        if missing and len(missing) < len(needed):
            msg = f"sign-in by OpenID Connect needs {', '.join(missing)} too"
            raise ValueError(msg)
        if self.oidc_issuer and self.development_sign_in:
            msg = "HUB_OIDC_ISSUER and HUB_DEVELOPMENT_SIGN_IN are two ways in: take one away"
            raise ValueError(msg)
        where = urlsplit(self.public_url or f"http://{self.web_host}")
        home = where.scheme == "http" and where.hostname in {"127.0.0.1", "::1", "localhost"}
        if self.oidc_issuer and not (where.scheme == "https" or home):
            msg = "HUB_OIDC_ISSUER needs HUB_PUBLIC_URL with https: people sign in there"
            raise ValueError(msg)
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # no .env file is read
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # `_Files` reads them
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read arguments, then the environment, then the files it names; nothing else."""
        return (init_settings, env_settings, _Files(settings_cls))

    @property
    def register(self) -> str:
        """Return the register's URL."""
        if self.register_url is not None:
            return self.register_url.get_secret_value()
        return f"sqlite+aiosqlite:///{(self.data_dir / 'register.db').absolute()}"

    @property
    def notify_account(self) -> tuple[str, str] | None:
        """Return our service's id at GOV.UK Notify and its secret; None: there is no key."""
        found = _NOTIFY_KEY.fullmatch(self.notify_key.get_secret_value() if self.notify_key else "")
        return (found[1], found[2]) if found else None


class _Files(PydanticBaseSettingsSource):
    """Reads `HUB_X` from the file that `HUB_X_FILE` names, as container secrets come."""

    def get_field_value(
        self,
        field: FieldInfo,  # noqa: ARG002  # the base class asks for it
        field_name: str,
    ) -> tuple[Any, str, bool]:
        """Return the file's text for one setting, or None."""
        path = os.environ.get(f"HUB_{field_name.upper()}_FILE")
        return (Path(path).read_text("utf-8").strip() if path else None), field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return every setting that a file gives."""
        found = {
            name: self.get_field_value(field, name)[0]
            for name, field in self.settings_cls.model_fields.items()
        }
        return {name: value for name, value in found.items() if value is not None}


def read_settings() -> Settings:
    """Return the settings, from the process's environment.

    Raises SettingsFaults with every fault at once: a variable that is no setting, a file that
    cannot be read, a value that does not fit.
    """
    faults = list(_names_and_files())
    if not faults:
        try:
            return Settings()
        except ValidationError as error:
            faults.extend(_said(fault) for fault in error.errors(include_url=False))
    raise SettingsFaults("\n".join(["", *(f"  {fault}" for fault in faults)]))


def _names_and_files() -> Iterator[str]:
    for name, value in sorted(os.environ.items()):
        if not name.startswith("HUB_") or name.startswith("HUB_TEST_") or name in _NOT_SETTINGS:
            continue
        field = name.removeprefix("HUB_").lower()
        if field in Settings.model_fields:
            continue
        if not field.endswith("_file") or field.removesuffix("_file") not in Settings.model_fields:
            close = get_close_matches(field, Settings.model_fields, n=1)
            hint = f"; did you mean HUB_{close[0].upper()}?" if close else ""
            yield f"{name}: there is no such setting{hint}"
        elif not Path(value).is_file():
            yield f"{name}: no such file: {value}"


_NOT_SETTINGS: Final = {"HUB_FAILPOINT", "HUB_PUBLISHER_KEY", "HUB_URL"}
"""Read by other parts: the failpoints of tests, and `hub publish`."""


def _said(fault: ErrorDetails) -> str:
    name = f"HUB_{str(fault['loc'][0]).upper()}" if fault["loc"] else "settings"
    return f"{name}: {fault['msg'].removeprefix('Value error, ')}"
