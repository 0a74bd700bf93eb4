"""Work in a thread of the server, beside the pages."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from thumper_core import language


def in_background(work: Callable[[], Any]) -> Future[Any]:
    """Do it in a thread that does not keep the server from ending."""
    future: Future[Any] = Future()
    locale = language.current()  # of who asks for it

    def run() -> None:
        try:
            with language.speaking(locale):
                future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, name="pages", daemon=True).start()
    return future
