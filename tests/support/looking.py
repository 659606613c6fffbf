"""The page's server in a thread of the test's process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from gplan.serving.listener import listen
from stagent.look.look import cities_of
from stagent.look.server import Look, create_app
from stagent.worlds.protocol import World


@contextmanager
def looking(world: World, **settings) -> Iterator[str]:
    """Serves a world; the server's address."""
    app = create_app(Look(world, cities_of(world), **settings))
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None))
    with listen("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(60)
            assert not thread.is_alive()
