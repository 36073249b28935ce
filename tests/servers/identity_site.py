"""A real provider of OpenID Connect (Django OAuth Toolkit) on loopback: the process itself.

`python -m tests.servers.identity_site FOLDER` reads what it is from the folder's `site.json`.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.urls import include, path

_FORM = """<!DOCTYPE html><html lang="en"><title>{title}</title><h1>{title}</h1>
<form method="post">{fields}<button name="allow" value="yes">{title}</button></form></html>"""
_LOGIN = _FORM.format(
    title="Council account",
    fields='{% csrf_token %}<label>Name <input name="username"></label>'
    '<label>Password <input type="password" name="password"></label>'
    '<input type="hidden" name="next" value="{{ next }}">',
)
_LOGOUT = _FORM.format(
    title="Leave the council account",
    fields="{% csrf_token %}{% for field in form %}"
    "{% if field.is_hidden %}{{ field }}{% endif %}{% endfor %}",
)

urlpatterns: list[Any] = []


def configure(folder: Path, site: dict[str, Any]) -> None:
    """Tell Django what it is."""
    key = generate_private_key(65537, 2048)
    settings.configure(
        SECRET_KEY="of this process alone",
        ALLOWED_HOSTS=["localhost"],
        ROOT_URLCONF=__name__,
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        DATABASES={
            "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "site.db")}
        },
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "oauth2_provider",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {
                    "loaders": [
                        (
                            "django.template.loaders.locmem.Loader",
                            {
                                "registration/login.html": _LOGIN,
                                "oauth2_provider/logout_confirm.html": _LOGOUT,
                            },
                        )
                    ],
                    "context_processors": ["django.template.context_processors.request"],
                },
            }
        ],
        LOGIN_URL="/login/",
        SESSION_COOKIE_NAME="council",
        OAUTH2_PROVIDER={
            "OIDC_ENABLED": True,
            "OIDC_ISS_ENDPOINT": site["issuer"],
            "OIDC_RSA_PRIVATE_KEY": key.private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
            ).decode(),
            "OIDC_RP_INITIATED_LOGOUT_ENABLED": True,
            "OAUTH2_VALIDATOR_CLASS": f"{__name__}.validator",
            "PKCE_REQUIRED": True,
            "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
            "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
            "SCOPES": {"openid": "who you are", "profile": "what you are called"},
        },
    )


def fill(site: dict[str, Any]) -> None:
    """Put people and the client in."""
    from django.contrib.auth.models import Group, User  # noqa: PLC0415  # Django must be set up
    from oauth2_provider.models import Application  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    for name, first, last, groups in site["people"]:
        user = User.objects.create_user(
            name, password=name, first_name=first, last_name=last, email=f"{name}@council.example"
        )
        user.groups.set(Group.objects.get_or_create(name=group)[0] for group in groups)
    Application.objects.create(
        client_id=site["client_id"],
        client_secret=site["client_secret"],
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        redirect_uris=site["back"],
        post_logout_redirect_uris=site["out"],
        algorithm=Application.RS256_ALGORITHM,
        skip_authorization=True,
    )


def validator(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - of a library without types
    """Return what says who somebody is, with their groups."""
    from oauth2_provider.oauth2_validators import OAuth2Validator  # noqa: PLC0415

    class WithGroups(OAuth2Validator):  # type: ignore[misc]
        oidc_claim_scope = None

        def get_additional_claims(self, request: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
            return {
                "name": request.user.get_full_name(),
                "email": request.user.email,
                "groups": sorted(group.name for group in request.user.groups.all()),
            }

    return WithGroups(*args, **kwargs)


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's
        """Say nothing: a code stands in each line."""


def main(folder: Path) -> None:
    """Serve until ended."""
    site: dict[str, Any] = json.loads((folder / "site.json").read_text())
    configure(folder, site)
    django.setup()
    fill(site)
    from django.contrib.auth.views import LoginView  # noqa: PLC0415

    urlpatterns.extend(
        [path("login/", LoginView.as_view()), path("o/", include("oauth2_provider.urls"))]
    )
    application: Callable[..., Any] = get_wsgi_application()
    with make_server("127.0.0.1", site["port"], application, _Server, _Quiet) as server:
        print("ready", flush=True)  # noqa: T201  # whoever started it waits for this
        server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
