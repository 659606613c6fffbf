"""The worst requests of each kind, sent to a server from a process of its own: ``bench serve --hostile``.

    python -m experiments.bench.hostile http://127.0.0.1:8000 unknown_names --seconds 5

Meanwhile ``probe`` asks /healthz, over a connection of its own each time: a server that is held up by one request
shows it there, and an orchestrator would restart it.
"""

import argparse
import asyncio
import itertools
import json
import os
import random
import string
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from urllib.parse import urlsplit

from config.command_line import number
from data_process.schema import COLUMNS
from experiments.bench.client import quantile
from utils import ROOT, Parser, door, say

ROW = {"currenttime": "2026-02-10 09:30:00", "current_city": "临沧市", "trigger_1": "酒店"}
SENDERS = 4  # at once
BOUND = 0.25  # seconds that 99 % of the answers of /healthz keep to
LONGEST = 2048  # characters that the server takes of a column
LARGEST = 1 << 20  # bytes that it takes of a body


def _names(count: int) -> list[str]:
    return ["".join(key) for key in itertools.islice(itertools.product(string.ascii_letters, repeat=3), count)]


def _unknown_names() -> bytes:
    names = _names(20_000)
    return ("{" + ",".join(f'"{name}":0' for name in [*names, names[0]]) + "}").encode()


def _one_name_twice() -> bytes:
    return ("{" + ",".join(['"id":""'] * 100_000) + "}").encode()


def _misspelt_names() -> bytes:
    return json.dumps([{f"{name[:-1]}": "" for name in COLUMNS} for _ in range(32)]).encode()


def _histories() -> bytes:
    history = ("在1月1日周一1点" * LONGEST)[: LONGEST // 2]
    return json.dumps([ROW | {"short_term_behavior_seq": history}] * 32, ensure_ascii=False).encode()[:LARGEST]


def _long_rows() -> bytes:
    rng = random.Random(0)
    text = "".join(rng.choices("的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主", k=900))
    columns = ("profile_feat_13", "profile_feat_14", *COLUMNS[15:17], "current_tag", "trigger_2", "trigger_3")
    return json.dumps([ROW | dict.fromkeys(columns, text)] * 32, ensure_ascii=False).encode()


def _spelled_out() -> bytes:
    return json.dumps([ROW | {"current_tag": "商" * 2000, "profile_feat_13": "高" * 2000}] * 32).encode()


BODIES: dict[str, Callable[[], bytes]] = {
    "unknown_names": _unknown_names,
    "one_name_twice": _one_name_twice,
    "misspelt_names": _misspelt_names,
    "deep": lambda: b"[" * (LARGEST - 1),
    "deep_objects": lambda: b'{"a":' * (LARGEST // 6),
    "long_number": lambda: b"9" * (LARGEST - 1),
    "many_numbers": lambda: b"[" + b"0," * (LARGEST // 2 - 2) + b"0]",
    "histories": _histories,
    "long_rows": _long_rows,
    "spelled_out": _spelled_out,
    "search": lambda: json.dumps([ROW] * 32).encode(),
    "options": lambda: json.dumps(ROW).encode(),
    "slow_heads": lambda: b"",
}
KINDS = tuple(BODIES)


async def send(url: str, kind: str, seconds: float) -> Counter:
    """Sends requests of a kind for a while, some at once; returns how often each status came back."""
    ends = time.monotonic() + seconds
    if kind == "slow_heads":
        return Counter(await asyncio.gather(*(_slow_head(url, ends) for _ in range(200))))
    body, statuses = BODIES[kind](), Counter()

    async def sender() -> None:
        while time.monotonic() < ends:
            statuses[await _ask(url, _target(kind), body)] += 1

    await asyncio.gather(*(sender() for _ in range(SENDERS)))
    return statuses


def _target(kind: str) -> str:
    if kind == "options":
        return "/v1/plan?" + "&".join(f"{name}=1" for name in _names(6_000))
    return "/v1/plan?k=10" if kind == "search" else "/v1/plan"


async def _ask(url: str, target: str, body: bytes) -> str:
    """The status of one request, or what became of it instead."""
    parts = urlsplit(url)
    key = f"Authorization: Bearer {os.environ['API_KEY']}\r\n" if os.environ.get("API_KEY") else ""
    head = f"POST {target} HTTP/1.1\r\nHost: x\r\n{key}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    try:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        try:
            writer.write(head.encode() + body)
            line = await asyncio.wait_for(reader.readline(), 60)
            return line.split()[1].decode() if line else "closed"
        finally:
            writer.close()
    except (OSError, asyncio.TimeoutError) as error:
        return type(error).__name__


async def _slow_head(url: str, ends: float) -> str:
    """A byte now and then, as long as the server takes them: ``cut`` once it has had enough."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        while time.monotonic() < ends:
            writer.write(b"G")
            await writer.drain()
            if await _ended(reader, 0.5):
                return "cut"
        return "held"
    except OSError:
        return "cut"
    finally:
        writer.close()


async def _ended(reader: asyncio.StreamReader, seconds: float) -> bool:
    try:
        return await asyncio.wait_for(reader.read(1), seconds) == b""
    except asyncio.TimeoutError:
        return False


def probe(url: str, busy: Callable[[], bool]) -> list[float]:
    """Seconds of /healthz, asked some 30 times a second while ``busy()``."""
    found = []
    while busy():
        began = time.monotonic()
        asyncio.run(_healthz(url))
        found.append(time.monotonic() - began)
        time.sleep(0.03)
    return found


async def _healthz(url: str) -> None:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    line = await reader.readline()
    writer.close()
    if b" 200 " not in line:
        raise RuntimeError(f"/healthz answers {line!r}")


def hostile(url: str, seconds: float) -> list[dict]:
    """For each kind the statuses of its requests, and how long /healthz took meanwhile."""
    figures = []
    for kind in ("nothing", *KINDS):
        # Slow heads are to be seen cut off, ten seconds after they began.
        lasts = max(seconds, 13) if kind == "slow_heads" else seconds
        command = [sys.executable, "-m", "experiments.bench.hostile", url, kind, "--seconds", str(lasts)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as sender:
            taken = sorted(probe(url, lambda sender=sender: sender.poll() is None))
            statuses = json.loads(sender.stdout.read())
        quantiles = {f"p{share}": quantile(taken, share / 100) for share in (50, 99)}
        figures.append({"kind": kind, "statuses": statuses, "healthz": len(taken), **quantiles, "longest": taken[-1]})
        say(f"{kind}: /healthz p99 {quantiles['p99'] * 1000:.0f} ms")
    return figures


def hostile_table(figures: list[dict]) -> list[tuple[str, ...]]:
    """What is printed of them."""
    table = [("worst requests", "sent", "answers", "/healthz p50", "p99", "longest", "in bound")]
    for one in figures:
        times = (f"{one[name] * 1000:,.0f}" for name in ("p50", "p99", "longest"))
        answers = " ".join(f"{status}×{count}" for status, count in one["statuses"].items())
        bound = "yes" if one["p99"] <= BOUND else "no"
        table.append((one["kind"], str(sum(one["statuses"].values())), answers or "-", *times, bound))
    return table


def main() -> int:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    parser.add_argument("url", help="of the server")
    parser.add_argument("kind", choices=("nothing", *KINDS))
    parser.add_argument("--seconds", type=number(float, 0.001), default=5)
    args = parser.parse_args()
    if args.kind == "nothing":
        time.sleep(args.seconds)
        statuses = Counter()
    else:
        statuses = asyncio.run(send(args.url, args.kind, args.seconds))
    print(json.dumps(statuses))
    return 0


if __name__ == "__main__":
    sys.exit(door(main))
