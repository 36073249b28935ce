"""Sign-in by an organisation's own accounts: OpenID Connect, code flow with PKCE."""

from hub.adapters.oidc.provider import Client, OidcProvider

__all__ = ["Client", "OidcProvider"]
