"""Load on a server: requests are sent when they are due, whether or not earlier ones have been answered.

    python -m experiments.bench.client http://127.0.0.1:8000 rows.csv --rate 50 --requests 1000 --out outcomes.jsonl

    due    │  │ │    │        latency counts from here: a server that stalls makes every request that was due
    sent   └► └►└►   └►       meanwhile slow, as it would be for users, and not just the one it was busy with

With --odd, shares of the requests are malformed, oversized, or leave before the answer. API_KEY is sent if it is set.
"""

import argparse
import asyncio
import json
import os
import random
import sys
import time
from collections import Counter
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from config.command_line import number
from data_process.files import write_jsonl
from data_process.schema import read_rows, unlabelled
from utils import Parser, door

Kind = Literal["good", "malformed", "oversized", "leaves"]
ODD: tuple[Kind, ...] = ("malformed", "oversized", "leaves")
OVERSIZED = 2 << 20  # bytes; the server takes half of that


class Outcome(NamedTuple):
    """What became of a request.

    ``end`` is ``answered``; ``left`` (as it was meant to); ``refused``, where there was no connection; ``closed``
    without a byte of an answer; ``cut`` within one; or ``stuck``: none came in time.
    """

    kind: Kind
    row: int  # of the CSV
    due: float  # seconds since the start
    seconds: float  # from then to the end
    end: str
    status: int | None = None
    answer: dict | None = None


class Dispatch(NamedTuple):
    """A request that is to be sent."""

    kind: Kind
    row: int
    due: float
    body: bytes


def main() -> int:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    parser.add_argument("url", help="of the server")
    parser.add_argument("csv", help="GSISR rows that are sent, over and over")
    parser.add_argument("--rate", type=number(float, 0.001), default=10, help="requests a second")
    parser.add_argument("--requests", type=number(int, 1), default=100)
    parser.add_argument("--spacing", choices=("poisson", "even"), default="poisson")
    parser.add_argument("--odd", type=number(float, 0), default=0, help="share of each odd kind")
    parser.add_argument("--patience", type=number(float, 0.001), default=60, help="seconds after which one is stuck")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", help="JSONL with an outcome a line")
    args = parser.parse_args()
    rows = list(map(unlabelled, read_rows(args.csv)))
    orders = make_orders(rows, args.requests, args.rate, spacing=args.spacing, odd=args.odd, seed=args.seed)
    outcomes = asyncio.run(send(orders, args.url, patience=args.patience))
    if args.out:
        write_jsonl(args.out, (outcome._asdict() for outcome in outcomes))
    print(json.dumps(summary(outcomes)))
    return 0


def make_orders(
    rows: list[dict[str, str]], requests: int, rate: float, *, spacing: str = "poisson", odd: float = 0, seed: int = 0
) -> list[Dispatch]:
    """What is sent and when: the rows in turn, at ``rate`` a second."""
    rng = random.Random(seed)
    bodies = [json.dumps(row, ensure_ascii=False).encode() for row in rows]
    due, orders = 0.0, []
    for i in range(requests):
        kind = next((kind for kind in ODD if rng.random() < odd), "good")
        row = i % len(rows)
        body = bodies[row]
        if kind == "oversized":
            body = b" " * OVERSIZED
        elif kind == "malformed":
            wrong = ("[", "{}", '{"curenttime": "x"}', json.dumps(rows[row] | {"currenttime": "noon"}))
            body = rng.choice(wrong).encode()
        orders.append(Dispatch(kind, row, due, body))
        due += rng.expovariate(rate) if spacing == "poisson" else 1 / rate
    return orders


async def send(orders: list[Dispatch], url: str, *, patience: float = 60, route: str = "/v1/plan") -> list[Outcome]:
    """Sends each when it is due, over as many connections as that takes; returns when all have come to an end."""
    connections = _Connections(url, route)
    began = time.monotonic()
    tasks = []
    for order in orders:
        await asyncio.sleep(order.due + began - time.monotonic())
        tasks.append(asyncio.create_task(_one(connections, order, began, patience)))
    outcomes = await asyncio.gather(*tasks)
    connections.close()
    return outcomes


def summary(outcomes: list[Outcome]) -> dict:
    """Counts by end and status, and seconds that the good ones took.

    ``{"ends": {"answered": 99, "left": 1}, "statuses": {"200": 99}, "p50": 0.012, "p95": …, "p99": …, "held": 49.8}``;
    ``held`` is plans a second, from the first that was due to the last answer.
    """
    good = sorted(one.seconds for one in outcomes if one.status == 200)
    lasted = max((one.due + one.seconds for one in outcomes if one.status == 200), default=0)
    return {
        "ends": dict(Counter(one.end for one in outcomes)),
        "statuses": dict(Counter(str(one.status) for one in outcomes if one.status)),
        **{f"p{share}": quantile(good, share / 100) for share in (50, 95, 99)},
        "held": len(good) / lasted if good else 0.0,
    }


def quantile(values: list[float], share: float) -> float | None:
    """The least of sorted values that ``share`` of them do not exceed: ``quantile([1, 2, 3, 4], 0.5) == 2``."""
    return values[max(0, -int(-len(values) * share // 1) - 1)] if values else None


async def _one(connections: "_Connections", order: Dispatch, began: float, patience: float) -> Outcome:
    status = answer = None
    try:
        if order.kind == "leaves":
            await asyncio.wait_for(connections.leave(order.body, order.row % 3), patience)
            end = "left"
        else:
            chunked = order.kind == "oversized" and order.row % 2 == 0
            status, text = await asyncio.wait_for(connections.ask(order.body, chunked=chunked), patience)
            answer = json.loads(text)
            end = "answered"
    except asyncio.TimeoutError:
        end = "stuck"
    except ConnectionRefusedError:
        end = "refused"
    except _Cut:
        end = "cut"
    except asyncio.IncompleteReadError as error:
        end = "cut" if error.partial else "closed"
    except ConnectionError:
        end = "closed"
    return Outcome(order.kind, order.row, order.due, time.monotonic() - began - order.due, end, status, answer)


class _Cut(Exception):
    """The connection ended within an answer."""


class _Connections:
    """Keep-alive connections to one server, as many as are in use at once."""

    def __init__(self, url: str, route: str):
        address = urlsplit(url)
        self._host, self._port = address.hostname, address.port
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        key = os.environ.get("API_KEY")
        shown = f"Authorization: Bearer {key}\r\n" if key else ""
        kind = "Content-Type: application/json\r\n"
        self._head = f"POST {route} HTTP/1.1\r\nHost: {address.netloc}\r\n{kind}{shown}".encode()

    async def ask(self, body: bytes, *, chunked: bool = False) -> tuple[int, bytes]:
        reader, writer = await self._connection()
        try:
            if chunked:
                pieces = (body[i : i + 65536] for i in range(0, len(body), 65536))
                body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
                writer.write(self._head + b"Transfer-Encoding: chunked\r\n\r\n" + body)
            else:
                writer.write(self._head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
            head = await reader.readuntil(b"\r\n\r\n")
            fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if line)
            try:
                text = await reader.readexactly(int(fields[b"content-length"]))
            except (asyncio.IncompleteReadError, ConnectionError) as error:
                raise _Cut from error
        except BaseException:
            writer.close()
            raise
        # What is left of an oversized body is still on its way.
        if fields.get(b"connection") == b"close" or len(body) >= OVERSIZED:
            writer.close()
        else:
            self._idle.append((reader, writer))
        return int(head[9:12]), text

    async def leave(self, body: bytes, moment: int) -> None:
        """Asks and goes: before the body is whole, right behind it, or a few milliseconds later."""
        _, writer = await self._connection()
        length = len(body) + (moment == 0)
        writer.write(self._head + b"Content-Length: %d\r\n\r\n" % length + body)
        if moment == 2:
            await asyncio.sleep(0.005)
        writer.close()

    def close(self) -> None:
        for _, writer in self._idle:
            writer.close()

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while self._idle:
            reader, writer = self._idle.pop()
            if not (reader.at_eof() or writer.is_closing()):
                return reader, writer
        return await asyncio.open_connection(self._host, self._port)


if __name__ == "__main__":
    sys.exit(door(main))
