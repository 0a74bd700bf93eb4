"""Why a mailbox could not be read, in a sentence that says what to try."""

from __future__ import annotations

import errno
import socket
import ssl
from typing import Final

from thumper_core.mail.boxes import Mailbox
from thumper_core.trust import plain

_NOT_TLS: Final = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE")
_UNREACHED: Final = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EHOSTDOWN)
_CHANGE: Final = "`thumper mail add` of the same name changes it"


def why(error: Exception, box: Mailbox) -> str:
    """What went wrong between this machine and the mailbox's server.

    error: as `socket`, `ssl` or `imaplib` raised it; what none of the known ones is keeps its own words,
    which may hold what the server was sent.
    """
    port = f"port {box.at_port}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"its certificate is not accepted ({plain(error.verify_message)}). --host has to be the name "
            f"that the certificate is for; {_CHANGE}."
        )
    if isinstance(error, ssl.SSLError) and error.reason in _NOT_TLS:
        return (
            f"what answers at {port} does not speak TLS from the start. Try --security starttls, or another "
            f"--port; {_CHANGE}."
        )
    if "TLS not supported" in str(error):
        return f"it offers no STARTTLS at {port}. Try --security tls; {_CHANGE}."
    if isinstance(error, ConnectionRefusedError):
        return f"nothing listens at {port}. Look at --host, --port and --security; {_CHANGE}."
    if isinstance(error, TimeoutError):
        return (
            f"it gave no answer at {port} in time. Look at --host and --port, and at --security: a server "
            f"that wants TLS from the start is silent without it; {_CHANGE}."
        )
    if isinstance(error, socket.gaierror):
        return f"no server of that name is found. Look at --host ({_CHANGE}), and at the network."
    if isinstance(error, OSError) and error.errno in _UNREACHED:
        return f"it cannot be reached. Look at the network, and at --host; {_CHANGE}."
    return plain(str(error)) or type(error).__name__
