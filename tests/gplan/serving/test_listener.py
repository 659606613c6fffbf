"""The socket that a server listens at."""

import socket

from gplan.serving.listener import is_local, listen, url


def test_connections_send_at_once():
    """A body must not wait for the acknowledgement of its head, 40 ms later."""
    with listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        connection, _ = listener.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_addresses():
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        assert url("127.0.0.1", listener) == f"http://127.0.0.1:{port}"
        assert url("::1", listener) == f"http://[::1]:{port}"
    assert is_local("::1") and not is_local("0.0.0.0")
