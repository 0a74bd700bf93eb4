"""`thumper app`: whom it serves, on which port, and with which words."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import typer
from streamlit import config
from streamlit.web import skills
from typer.testing import CliRunner

from thumper_core.commands import app as command
from thumper_core.commands.app import (
    app_dir,
    free_port,
    is_loopback,
    require_safe_host,
    streamlit_words,
)
from thumper_core.contracts import UsageError
from thumper_core.upkeep import access


@pytest.mark.parametrize(
    ("host", "safe"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.4", False),
        ("ranch.example", False),
        ("", False),
    ],
)
def test_only_this_machine_without_users(tmp_path: Path, host: str, safe: bool) -> None:
    assert is_loopback(host) is safe
    if safe:
        require_safe_host(host, tmp_path)
        return
    with pytest.raises(UsageError, match="Add a user first"):
        require_safe_host(host, tmp_path)
    access.add_user(tmp_path, "ann", "a long password", "viewer")
    require_safe_host(host, tmp_path)


def test_a_taken_port_is_passed_over() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        if port > 65_000:
            pytest.skip("no room above this port")
        assert free_port("127.0.0.1", port) > port


def test_the_server_is_told_everything() -> None:
    command = streamlit_words("127.0.0.1", 8501, browser=False)
    assert str(app_dir() / "main.py") in command
    assert "--server.address=127.0.0.1" in command
    assert "--client.showErrorDetails=none" in command
    assert "--browser.gatherUsageStats=false" in command


def test_no_page_shows_an_advertisement(monkeypatch: pytest.MonkeyPatch) -> None:
    told = dict(
        flag.removeprefix("--").split("=", 1) for flag in streamlit_words("h", 1, browser=True)[3:]
    )
    monkeypatch.setattr(skills, "agent_harness_present", lambda: True)
    monkeypatch.setattr(skills, "detect_installed_skills", lambda _: [])
    monkeypatch.setattr(skills, "_nudge_dismissed_marker_path", lambda: Path("/nowhere"))
    options = {"server.headless": False, "logger.hideWelcomeMessage": False}
    monkeypatch.setattr(config, "get_option", options.__getitem__)
    assert skills.nudge_suppression_reason() == ""
    options["logger.hideWelcomeMessage"] = told["logger.hideWelcomeMessage"] == "true"
    assert skills.nudge_suppression_reason() == "welcome_hidden"


def test_the_command_refuses_before_it_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[list[str]] = []
    monkeypatch.setattr(command, "serve", lambda line, env, what: served.append(line))
    monkeypatch.setenv("THUMPER_WORKSPACE", str(tmp_path))
    cli = typer.Typer()
    command.register(cli)
    refused = CliRunner().invoke(cli, ["app", "--host", "0.0.0.0"])
    assert isinstance(refused.exception, UsageError)
    assert served == []
    assert CliRunner().invoke(cli, ["app", "--port", "8599", "--no-browser"]).exit_code == 0
    assert "--server.port=8599" in served[0]
