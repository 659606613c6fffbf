"""A listening socket that a server process owns before it loads anything."""

import os
import socket

from utils import InputError

# Longer than proxies keep an idle connection (60 s is usual), so that it is they who close it.
KEEP_ALIVE = 75
BACKLOG = 1024  # connections that the kernel holds until they are taken


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0: any free one.

    Raises:
        InputError: the address can't be had.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except socket.gaierror as error:
        raise InputError(f"--host {host}: {error.strerror}; give an address of this machine") from error
    except OSError as error:
        reason = os.strerror(error.errno)
        raise InputError(f"--host {host} --port {port}: {reason}; give others, or end what uses them") from error
    # Inherited by its connections. uvicorn writes head and body one after the other, and without this the body waits
    # for the client's acknowledgement of the head: 40 ms on Linux. asyncio only sees to sockets that it made itself.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def url(host: str, listener: socket.socket) -> str:
    """``url("::1", listener)`` -> ``"http://[::1]:8000"``."""
    return f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"


def is_local(host: str) -> bool:
    """Whether only this machine reaches an address."""
    return host in ("127.0.0.1", "::1", "localhost")
