"""`app` and `access`: the workbench in a browser, and who may log in to it."""

from __future__ import annotations

import ipaddress
import socket
from pathlib import Path
from typing import Annotated

import typer

from thumper_core.commands.common import State, open_workspace, out, serve
from thumper_core.contracts import ThumperError, UsageError
from thumper_core.files import shipped_files
from thumper_core.upkeep import accounts
from thumper_core.upkeep.access import Role, add_user, has_users
from thumper_core.workspace import ENVIRONMENT, chosen_folder

DEFAULT_PORT = 8501


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command("app")(open_app)
    app.command()(access)


def open_app(
    host: Annotated[
        str,
        typer.Option(
            help="Address to listen on; beyond this machine only where people must log in."
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Default: 8501, or the next free one.")
    ] = None,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
) -> None:
    """Open the workbench: the herd, its photos and everything one can do with them, in a browser."""
    root = chosen_folder(State.workspace).resolve()
    require_safe_host(host, root)
    chosen = port or free_port(host, DEFAULT_PORT)
    out.print(f"Workbench of {root}: http://{host}:{chosen}  (Ctrl-C ends it; work goes on)")
    words = streamlit_words(host, chosen, browser=browser, root=root)
    serve(words, {ENVIRONMENT: str(root)}, "The pages")


def access(
    name: Annotated[str, typer.Argument(help="Who logs in, and whose name decisions get.")],
    role: Annotated[Role, typer.Option(help="A viewer sees, an editor decides.")] = "viewer",
) -> None:
    """Add a user who may log in to the workbench, or give one another role and password.

    The password is asked for, never an argument: arguments can be read by others of the machine.
    """
    workspace = open_workspace()
    password = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    add_user(workspace.root, name, password, role)
    out.print(f"{name} may log in as {role}: {workspace.root / 'access.toml'}", markup=False)


def app_dir() -> Path:
    """The folder of the pages: the wheel's, else the checkout's. Raises ThumperError."""
    return shipped_files("app", "main.py")[0].parent


def streamlit_words(host: str, port: int, *, browser: bool, root: Path | None = None) -> list[str]:
    """What Python serves the pages with; every option is said, so that no user file changes them.

    root: the workspace whose secrets name who proves people's addresses; None: no provider does.
    """
    folder = app_dir()
    options = {
        "server.address": host,
        "server.port": port,
        "server.headless": not browser,
        "server.showEmailPrompt": False,
        "server.fileWatcherType": "none",
        "server.maxUploadSize": 1,
        "browser.gatherUsageStats": False,
        "client.showErrorDetails": "none",
        "client.toolbarMode": "minimal",
        "logger.hideWelcomeMessage": True,  # and with it an advertisement on the pages
        # A full collection after every refresh of a bar takes 70 ms from the work beside the pages.
        "runner.postScriptGC": False,
        "theme.base": folder / "theme.toml",
    }
    if root is not None and accounts.secrets_file(root).is_file():
        accounts.require_sections_only(root)
        options["secrets.files"] = accounts.secrets_file(root)
    flags = [
        f"--{key}={str(value).lower() if isinstance(value, bool) else value}"
        for key, value in options.items()
    ]
    return [str(folder / "serve.py"), "run", str(folder / "main.py"), *flags]


def require_safe_host(host: str, root: Path) -> None:
    """Raise UsageError for an address beyond this machine where no login would be needed."""
    if is_loopback(host) or has_users(root):
        return
    if accounts.listed(root):
        if why := accounts.problem(root):
            raise UsageError(f"Logging in at --host {host} would not work: {why}")
        return
    raise UsageError(
        f"--host {host} would show the photos to all on the network. Add a user first, who "
        "must then log in (`thumper access NAME --role editor`), or list who "
        "may come by a provider (docs/howto-people.md), or leave --host out and reach this machine "
        "through an SSH tunnel."
    )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def free_port(host: str, first: int) -> int:
    """The first free port from `first` on, of twenty. Raises ThumperError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in range(first, first + 20):
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise ThumperError(f"No free port from {first} to {first + 19}: name one with --port.")
