"""Who may open the pages by an account that they have elsewhere (OpenID Connect).

The provider proves the e-mail address; what its owner may do is decided here, by the lists of
`<workspace>/access.toml`:

    [oidc]
    editors = ["ann@example.org"]
    viewers = ["bob@example.org", "@ranch.example"]

An entry that begins with `@` is every address of that domain. How to reach the provider is Streamlit's
`[auth]` section, in `<workspace>/.streamlit/secrets.toml`. Addresses that are not listed are refused.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from thumper_core.contracts import UsageError
from thumper_core.upkeep.access import User, read_access

CALLBACK: Final = "/oauth2callback"
SECRET_CHARS_MIN: Final = 32
INSTALL: Final = "pip install 'thumper[oidc]'"
_SHARED: Final = ("redirect_uri", "cookie_secret")
_OF_PROVIDER: Final = ("client_id", "client_secret", "server_metadata_url")


def secrets_file(root: Path) -> Path:
    """Where the provider's addresses and secrets stand."""
    return root / ".streamlit" / "secrets.toml"


def require_sections_only(root: Path) -> None:
    """Raise UsageError where the secrets say something outside a section.

    Streamlit makes an environment variable of each such line, for itself and every process that the
    pages start: a workspace from elsewhere could say with it what Thumper runs and trusts.
    """
    file = secrets_file(root)
    try:
        loose = [key for key, value in tomllib.loads(file.read_text("utf-8")).items()
                 if not isinstance(value, dict)]  # fmt: skip
    except (OSError, ValueError) as error:
        raise UsageError(f"Cannot read {file}: {error}.") from error
    if loose:
        raise UsageError(
            f"{file} sets {', '.join(loose)} outside of a section, which would change the environment "
            "of the pages. Put it below [auth] where it belongs there, or take it out."
        )


def listed(root: Path) -> dict[str, str]:
    """Role by e-mail address or `@domain`, lower case; empty where no address is listed.

    Raises UsageError where `access.toml` cannot be read or an entry is no address.
    """
    table = read_access(root).get("oidc", {})
    roles: dict[str, str] = {}
    # Who stands in both lists may edit.
    for role, name in (("viewer", "viewers"), ("editor", "editors")):
        entries = table.get(name, [])
        if not isinstance(entries, list) or not all(_is_entry(entry) for entry in entries):
            raise UsageError(
                f"access.toml, [oidc] {name}: write a list of e-mail addresses, or `@domain` for "
                f"all of a domain; it says {entries!r}."
            )
        roles |= {entry.strip().casefold(): role for entry in entries}
    return roles


def user_of(claims: Mapping[str, Any], roles: Mapping[str, str]) -> User | None:
    """The user that a provider's claims stand for, or None where they may not come in.

    claims: of the identity token (`email`, `email_verified`, ...); roles: as `listed` gives them.
    An address counts only where the provider does not call it unverified; one that stands in the
    lists itself goes before its domain.
    """
    email = claims.get("email")
    if not isinstance(email, str) or not _is_entry(email) or email.strip().startswith("@"):
        return None
    if str(claims.get("email_verified", True)).casefold() != "true":
        return None
    address = email.strip().casefold()
    role = roles.get(address) or roles.get("@" + address.rpartition("@")[2])
    return User(address, role) if role else None


def providers(root: Path) -> list[str]:
    """Names of the providers in the secrets: `""` for the one without a name of its own.

    Raises UsageError where the secrets do not say what a log-in needs.
    """
    file = secrets_file(root)
    try:
        auth = tomllib.loads(file.read_text("utf-8")).get("auth", {})
    except FileNotFoundError as error:
        raise UsageError(
            f"{file} is missing: it names the provider, in a section [auth]."
        ) from error
    except (OSError, ValueError) as error:
        raise UsageError(f"Cannot read {file}: {error}.") from error
    _require(file, "[auth]", auth, _SHARED)
    uri = urlsplit(str(auth["redirect_uri"]))
    if uri.scheme not in ("http", "https") or not uri.netloc or uri.path != CALLBACK:
        raise UsageError(
            f"{file}, [auth] redirect_uri: write the pages' address as a browser sees it, followed "
            f"by {CALLBACK}, such as https://deer.example.org{CALLBACK}."
        )
    if len(str(auth["cookie_secret"])) < SECRET_CHARS_MIN:
        raise UsageError(
            f"{file}, [auth] cookie_secret: whoever guesses it can log in as any user; write at "
            f"least {SECRET_CHARS_MIN} random characters (`openssl rand -hex 32`)."
        )
    named = {name: value for name, value in auth.items() if isinstance(value, dict)}
    named.pop("client_kwargs", None)
    for name, table in named.items():
        _require(file, f"[auth.{name}]", table, _OF_PROVIDER)
    if not named or any(key in auth for key in _OF_PROVIDER):
        _require(file, "[auth]", auth, _OF_PROVIDER)
        return ["", *named]
    return list(named)


def problem(root: Path) -> str | None:
    """What is missing for logging in by a provider, as a sentence; None where all is there."""
    try:
        if not listed(root):
            return "access.toml lists no user under [oidc]."
        providers(root)
    except UsageError as error:
        return str(error)
    missing = [name for name in ("authlib", "httpx") if find_spec(name) is None]
    if missing:
        return f"{' and '.join(missing)} must be installed to log in by a provider: {INSTALL}"
    return None


def _require(file: Path, section: str, table: Any, keys: tuple[str, ...]) -> None:
    missing = [key for key in keys if not isinstance(table, dict) or not table.get(key)]
    if missing:
        raise UsageError(f"{file}, {section}: {', '.join(missing)} is missing.")


def _is_entry(value: object) -> bool:
    """Whether it is an address, or a domain with its `@`."""
    if not isinstance(value, str):
        return False
    text = value.strip()
    before, at, domain = text.rpartition("@")
    return bool(at and domain) and text.isprintable() and not set(" @") & set(before + domain)
