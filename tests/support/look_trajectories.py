"""Trajectories to look at, in the world of ``look_world``, with scores written by hand."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from pathlib import Path
from typing import Any

from stagent.queries.episode import Episode
from stagent.queries.task import Context, Task
from stagent.tools.calls import Calls
from tests.support.look_world import EVIL, LookWorld

HERE, CAFE = "0.00450,150.00450", "0.00500,150.00550"
QUESTIONS = ("附近哪家咖啡馆评分最高？", "走过去再走回来要多久？")


def fact(step: int, path: str, text: Any) -> dict:
    return {"step": step, "path": path, "text": str(text)}


def claim(text: str, said: str, *facts: dict, answer: int = 0, how: str = "given", holds: bool = True, **more) -> dict:
    """A claim of what ``said`` is in an answer's ``text``, which Python's letters count."""
    start = text.index(said)
    place = {"answer": answer, "start": start, "end": start + len(said), "text": said}
    witness = {"how": how, "facts": list(facts)} if facts else None
    return place | {"kind": "word", "value": said, "entity": "", "holds": holds, "why": "", "witness": witness} | more


def two_turns() -> dict:
    """Two turns, two calls, five claims: given ones, one that follows from three values, and a lie."""
    with ThreadPoolExecutor(1) as pool:  # a browser's tests have a loop of their own in this thread
        return pool.submit(asyncio.run, _two_turns()).result()


async def _two_turns() -> dict:
    task = Task(
        id="t-1", pattern="best_and_back", split="held_out_kind", world="town", version="1",
        context=Context("2026-01-05T09:00:00+08:00", "甲市", HERE, {"家": "0.00100,150.00100"}),
        turns=QUESTIONS, primary="discovery.poi_search.spatial_optimized_poi_search", difficulty=2,
        expects=({"kind": "names", "any_of": ["晨光咖啡"]}, {"kind": "value", "of": "duration", "any_of": [60]}),
    )  # fmt: skip
    episode = Episode(task, Calls(LookWorld()))
    found = await episode.call("map_search_places", "先找咖啡馆", query="咖啡馆", center=CAFE, sort_by="distance")
    best = found["items"][0]
    # a letter beyond 16 bits, which a browser counts as two, before all claims
    first = f"😀评分最高的是{best['name']}，{best['rating']} 分，从家出发也不远。"
    episode.answer(first)
    episode.next_turn()
    ways = await episode.call("map_compute_routes", origin=HERE, destination=best["location"], modes=["walking"])
    way = ways["items"][0]
    second = f"来回 {2 * way['duration_s']} 秒，坐飞机只要 1 秒。"
    episode.answer(second)
    home, place = fact(-1, "context.profile.家", "0.00100,150.00100"), fact(1, "items.0.location", best["location"])
    subject, asked = fact(-2, "answer", best["name"]), fact(-1, "user", "咖啡馆")
    far, seconds = fact(1, "items.0.distance_m", best["distance_m"]), fact(4, "items.0.duration_s", way["duration_s"])
    score = {
        "judge": "verifier", "version": 1, "reward": 0, "unscored": "",
        "weights": {"planning": 0.3, "fidelity": 0.5, "presentation": 0.2},
        "dimensions": {
            "planning": {"score": 0.75, "reasons": ["1 of 2 predicates met"]},
            "fidelity": {"score": 0.5, "reasons": ["3 of 4 claims hold"]},
            "presentation": {"score": 1, "reasons": []},
        },
        "vetoed": ["“1 秒”没有依据"],
        "claims": [
            claim(first, best["name"], fact(1, "items.0.name", best["name"]), kind="name"),
            claim(first, f"{best['rating']} 分", fact(1, "items.0.rating", best["rating"]), subject),
            claim(first, "家", home, place, asked, how="rule"),
            claim(second, f"{2 * way['duration_s']} 秒", seconds, seconds, far, answer=1, how="sum"),
            claim(second, "1 秒", answer=1, holds=False, why="结果里没有航班"),
        ],
        "predicates": [
            {"predicate": task.expects[0], "met": True, "why": ""},
            {"predicate": task.expects[1], "met": False, "why": "没有说出 60 秒"},
        ],
    }  # fmt: skip
    return episode.trajectory.as_json() | {"score": score}


def variant(made: dict, name: str, score: dict | None, **task) -> dict:
    changed = deepcopy(made) | {"score": score}
    changed["task"] |= {"id": name} | task
    return changed


def hostile() -> dict:
    """What a file may hold that nobody should have written: markup, unseen letters, unknown roles, places outside."""
    call = {"role": "call", "tool": "map_search_places", "arguments": {"query": EVIL}, "outcome": "found"}
    answer = f"看\u200b\u200b{EVIL}"
    steps = [
        None, 5, {"role": "system", "text": EVIL}, {"role": "user", "text": EVIL},
        call | {"content": {"items": [{"name": EVIL, "rating": {"x": 1}, "steps": [None], "location": 5}]}},
        call | {"content": {"items": 5}}, call | {"content": None},
        call | {"content": {"items": []}, "outcome": "hidden"},
        call | {"content": {"items": []}, "geometry": [{"kind": "route", "points": [[None, 1], ["a", 2]], "item": 0}]},
        {"role": "answer", "text": answer}, {"role": "answer", "text": "长" * 350_000},
    ]  # fmt: skip
    outside = {"answer": 0, "start": 3, "end": 99_999, "text": EVIL, "kind": "constructor", "holds": False, "why": EVIL}
    claims = [
        claim(answer, "看", fact(4, "items.0.name", EVIL), how=EVIL, entity=EVIL), outside, outside | {"start": "x"},
        claim(answer, "看", fact(99, "items.7", EVIL), holds=False, why="又一次"), {"answer": 7}, None, "x",
    ]  # fmt: skip
    score = {
        "judge": EVIL, "reward": 0.5, "weights": 5, "vetoed": [], "claims": claims,
        "dimensions": {EVIL: {"score": 9, "reasons": [EVIL, None]}, "planning": None},
        "predicates": [{"predicate": {"kind": EVIL, "deep": [[EVIL]]}}, 7],
    }  # fmt: skip
    task = {
        "id": 5,
        "pattern": EVIL,
        "primary": "constructor",
        "split": "__proto__",
        "difficulty": "x",
        "context": {"city": 5, "profile": {EVIL: EVIL}},
    }
    return {"format": 1, "task": task, "agent": EVIL, "steps": steps, "score": score}


def write_file(path: Path, values: list[dict | bytes]) -> None:
    path.write_bytes(
        b"".join(
            (v if isinstance(v, bytes) else json.dumps(v, ensure_ascii=False).encode("utf-8", "replace")) + b"\n"
            for v in values
        )
    )


def many() -> list[dict | bytes]:
    """65 trajectories of all kinds and five broken lines: two pages; the first is ``two_turns``, the second hostile."""
    full = two_turns()
    scored = full["score"] | {"vetoed": []}
    others = [
        variant(
            full,
            f"n-{n}",
            scored | {"reward": n / 100},
            difficulty=n % 4,
            primary="discovery.area_summaries",
            split="train",
        )
        for n in range(60)
    ]
    unscored = {"reward": None, "unscored": "no answer came", "vetoed": [], "claims": [], "predicates": []}
    return [
        full, hostile(), variant(full, "unscored", unscored), variant(full, "bare", None),
        b'{"format": 1, "task"', b"", b"[]", b"\xff", b'{"format": 1, "task": {}, "steps": [NaN]}',
        variant(full, "elsewhere", None, world="osm", version="2"), *others,
    ]  # fmt: skip
