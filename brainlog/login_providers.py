"""Providers of social login, as the environment names them."""

from brainlog.environment import Environment, origin_of

ORIGINS = {
    "google": "https://accounts.google.com",
    "github": "https://github.com",
    "gitlab": "https://gitlab.com",
    "microsoft": "https://login.microsoftonline.com",
}


def from_environment(env: Environment) -> tuple[dict[str, str], dict[str, dict]]:
    """The origin of the login page of each provider that is set up, and the settings of allauth, both by its name."""
    settings = {
        name: {"APPS": [{"client_id": pair[0], "secret": pair[1]}], "OAUTH_PKCE_ENABLED": True}
        for name in ORIGINS
        if (pair := env.all_or_none(f"{name.upper()}_CLIENT_ID", f"{name.upper()}_CLIENT_SECRET"))
    }
    origins = {name: ORIGINS[name] for name in settings}
    if oidc := env.all_or_none("OIDC_SERVER_URL", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"):
        origins["openid_connect"] = env.parse(origin_of, oidc[0], "OIDC_SERVER_URL", default="")
        app = {"provider_id": "oidc", "client_id": oidc[1], "secret": oidc[2], "settings": {"server_url": oidc[0]}}
        settings["openid_connect"] = {
            "APPS": [app | {"name": env.string("OIDC_NAME", default="OpenID Connect")}],
            "OAUTH_PKCE_ENABLED": True,
            "SCOPE": ["openid", "profile"],
        }
    return origins, settings
