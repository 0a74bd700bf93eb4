"""Logging in by a provider: who gets in as what, what must be set up, and what the pages show."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from thumper_core.commands.app import require_safe_host, streamlit_words
from thumper_core.contracts import UsageError
from thumper_core.upkeep import access, accounts
from thumper_core.upkeep.access import User
from thumper_core.workspace import Workspace

ROLES = {"ann@example.org": "editor", "@ranch.example": "viewer", "boss@ranch.example": "editor"}
LISTS = """
[oidc]
editors = ["Ann@Example.org", "boss@ranch.example"]
viewers = ["@ranch.example", "ann@example.org"]
"""
SECRETS = """
[auth]
redirect_uri = "https://deer.example.org/oauth2callback"
cookie_secret = "0123456789abcdef0123456789abcdef"
client_id = "thumper"
client_secret = "s"
server_metadata_url = "https://id.example.org/.well-known/openid-configuration"
"""


@pytest.mark.parametrize(
    ("claims", "user"),
    [
        ({"email": "ann@example.org"}, User("ann@example.org", "editor")),
        ({"email": " ANN@example.ORG "}, User("ann@example.org", "editor")),
        ({"email": "ann@example.org", "email_verified": True}, User("ann@example.org", "editor")),
        ({"email": "ann@example.org", "email_verified": "true"}, User("ann@example.org", "editor")),
        ({"email": "kim@ranch.example"}, User("kim@ranch.example", "viewer")),
        ({"email": "boss@ranch.example"}, User("boss@ranch.example", "editor")),
        ({"email": "ann@example.org", "email_verified": False}, None),
        ({"email": "ann@example.org", "email_verified": "false"}, None),
        ({"email": "ann@example.org", "email_verified": None}, None),
        ({"email": "eve@example.org"}, None),
        ({"email": "eve@evil@ranch.example"}, None),
        ({"email": "eve@sub.ranch.example"}, None),
        ({"email": "@ranch.example"}, None),
        ({"email": ""}, None),
        ({"email": ["ann@example.org"]}, None),
        ({"name": "ann@example.org"}, None),
        ({}, None),
    ],
)
def test_who_gets_in_as_what(claims: dict[str, Any], user: User | None) -> None:
    assert accounts.user_of(claims, ROLES) == user
    assert accounts.user_of(claims, {}) is None


def test_the_lists_are_read_and_a_higher_role_wins(tmp_path: Path) -> None:
    assert accounts.listed(tmp_path) == {}
    (tmp_path / "access.toml").write_text(LISTS)
    assert accounts.listed(tmp_path) == ROLES
    access.add_user(tmp_path, "vic", "long enough password", "viewer")
    assert accounts.listed(tmp_path) == ROLES, "a new password must not drop the lists"
    assert access.has_users(tmp_path)


@pytest.mark.parametrize(
    "text",
    ['editors = "ann@example.org"', 'viewers = ["ann"]', "editors = [1]", 'viewers = ["a b@c"]'],
)
def test_a_list_that_says_no_address_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "access.toml").write_text(f"[oidc]\n{text}\n")
    with pytest.raises(UsageError, match=r"access\.toml"):
        accounts.listed(tmp_path)


def secrets(root: Path, text: str) -> None:
    accounts.secrets_file(root).parent.mkdir(exist_ok=True)
    accounts.secrets_file(root).write_text(text)


NAMED = SECRETS.replace("client_id", "[auth.google]\nclient_id")


@pytest.mark.parametrize(("text", "names"), [(SECRETS, [""]), (NAMED, ["google"])])
def test_providers_are_named(tmp_path: Path, text: str, names: list[str]) -> None:
    secrets(tmp_path, text)
    assert accounts.providers(tmp_path) == names


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "is missing"),
        ("[auth", "Cannot read"),
        ("", "redirect_uri, cookie_secret is missing"),
        (SECRETS.replace("client_id", "other"), "client_id is missing"),
        (NAMED.replace("client_secret", "other"), r"\[auth.google\]: client_secret"),
        (SECRETS.replace("/oauth2callback", "/back"), "/oauth2callback"),
        (SECRETS.replace("https://deer", "deer"), "/oauth2callback"),
        (SECRETS.replace("abcdef0123456789abcdef", ""), "random characters"),
    ],
)
def test_secrets_that_lack_something_say_what(tmp_path: Path, text: str | None, said: str) -> None:
    if text is not None:
        secrets(tmp_path, text)
    with pytest.raises(UsageError, match=said):
        accounts.providers(tmp_path)


def test_beyond_this_machine_only_where_somebody_could_log_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "access.toml").write_text(LISTS)
    with pytest.raises(UsageError, match="would not work"):
        require_safe_host("0.0.0.0", tmp_path)
    secrets(tmp_path, SECRETS)
    monkeypatch.setattr(accounts, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match="pip install"):
        require_safe_host("0.0.0.0", tmp_path)
    monkeypatch.setattr(accounts, "find_spec", lambda name: object())
    require_safe_host("0.0.0.0", tmp_path)
    command = streamlit_words("0.0.0.0", 8501, browser=False, root=tmp_path)
    assert f"--secrets.files={accounts.secrets_file(tmp_path)}" in command


def test_secrets_that_would_change_the_environment_are_refused(tmp_path: Path) -> None:
    """Streamlit sets a variable for each line outside a section: who sends a workspace could say with
    it where this user's trust is kept.
    """
    secrets(tmp_path, f'THUMPER_HOME = "{tmp_path}"\n{SECRETS}')
    with pytest.raises(UsageError, match="THUMPER_HOME outside of a section"):
        streamlit_words("127.0.0.1", 8501, browser=False, root=tmp_path)


Open = Callable[..., Any]


@pytest.fixture
def provided(own_herd: Workspace, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, dict[str, Any]]:
    """A workspace with a provider, and what the provider says, to change."""
    (own_herd.root / "access.toml").write_text(LISTS)
    secrets(own_herd.root, SECRETS)
    monkeypatch.setattr(accounts, "find_spec", lambda name: object())
    claims: dict[str, Any] = {"is_logged_in": False}
    monkeypatch.setattr("streamlit.user_info._get_user_info", lambda: dict(claims))
    return own_herd.root, claims


def test_the_page_offers_the_provider_and_shows_nothing_else(
    open_page: Open, provided: tuple[Path, dict[str, Any]]
) -> None:
    root, claims = provided
    at = open_page(root)
    assert [s.value for s in at.subheader] == ["Log in to Thumper"]
    assert [b.key for b in at.button] == ["provider-"]
    assert not at.metric and not at.exception
    # An address that nobody vouches for is none.
    claims |= {"email": "ann@example.org"}
    at.run()
    assert not at.metric


@pytest.mark.parametrize(
    ("email", "may_edit"), [("ann@example.org", True), ("kim@ranch.example", False)]
)
def test_roles_hold_on_the_pages_and_end_with_the_list(
    open_page: Open, provided: tuple[Path, dict[str, Any]], email: str, may_edit: bool
) -> None:
    root, claims = provided
    claims |= {"is_logged_in": True, "email": email}
    at = open_page(root, "process")
    assert not at.exception
    assert at.button(key="reprocess").disabled is not may_edit
    assert at.text_input(key="author").value == email
    (root / "access.toml").write_text('[oidc]\neditors = ["someone@example.org"]\n')
    at.run()
    assert [b.key for b in at.button] == ["other-account"]
    assert "not on the list" in at.warning[0].value


def test_a_provider_that_is_not_set_up_opens_nothing(
    open_page: Open, provided: tuple[Path, dict[str, Any]]
) -> None:
    root, claims = provided
    accounts.secrets_file(root).unlink()
    at = open_page(root)
    assert "Logging in by a provider does not work" in at.error[0].value
    (root / "access.toml").write_text("[oidc")
    claims |= {"is_logged_in": True, "email": "ann@example.org"}
    at = open_page(root)
    assert "Cannot read" in at.error[0].value
    assert not at.metric
