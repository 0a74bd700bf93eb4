"""Work in a thread of the server, beside the pages."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any


def in_background(work: Callable[[], Any]) -> Future[Any]:
    """Do it in a thread that does not keep the server from ending."""
    future: Future[Any] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, name="pages", daemon=True).start()
    return future
