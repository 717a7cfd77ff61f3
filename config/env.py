"""The one reader of the environment; everything else reads django.conf.settings."""

import secrets
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

from accounts.rules import PERMISSIONS_OF

ROOT = Path(__file__).resolve().parent.parent
env = environ.Env()
VAR = Path(env.str("REDRESS_VAR", default=str(ROOT / "var")))


def kept_secret(name: str) -> str:
    """Return the secret of this name from the environment, or one made once and kept under var/.

    Only the embedded default keeps secrets in files; production settings demand the variable.
    """
    given: str = env.str(name, default="")
    if given:
        return given
    file = VAR / "secrets" / name.lower()
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with file.open("x", encoding="ascii") as new:
            file.chmod(0o600)
            new.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return file.read_text(encoding="ascii")


def group_role(text: str) -> tuple[str, str, str, str]:
    """Read what a group of single sign-on gives: "group=role@site/team" as its four parts.

    Raises ImproperlyConfigured when the role does not exist.
    """
    group, _equals, rest = text.strip().partition("=")
    role, _at, place = rest.partition("@")
    site, _slash, team = place.partition("/")
    if role not in PERMISSIONS_OF or not group:
        raise ImproperlyConfigured(f"OIDC_ROLES: {text!r} is not group=role[@site[/team]]")
    return group.strip(), role, site, team
