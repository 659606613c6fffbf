"""An answer made by hand; small policies over a vocabulary that was found as the cascade finds its own."""

import asyncio
from pathlib import Path

import pytest

from stagent.cascade.mistakes import NO_MISTAKES
from stagent.cascade.policy import Policy, load_policy, save_policy
from stagent.cascade.teacher import ErringTeacher
from stagent.queries.answer import Fact
from stagent.queries.task import Context, Task
from stagent.queries.trajectory import AnswerStep, CallStep, Trajectory, UserStep
from stagent.rollout.compact.vocabulary import CompactVocabulary
from stagent.rollout.compact.words import WordCounts, names_of
from tests.conftest import tiny_qwen3
from tests.stagent.cascade.toy import toy_lessons, train_toy

CLOCK, HERE, HOME = "2026-01-05T09:00:00+08:00", "30.41200,174.61800", "30.50000,174.60000"
SHOP, OTHER, THIRD = "30.42000,174.62000", "30.43000,174.63000", "30.44000,174.64000"
PLACES = [
    {"name": "济安药房", "location": SHOP, "distance_m": 910, "open_now": True},
    {"name": "同春堂", "location": OTHER, "distance_m": 1340, "open_now": False},
    {"name": "百草药店", "location": THIRD, "distance_m": 2020, "open_now": True},
]
WAY = {"mode": "walking", "distance_m": 1100, "duration_s": 832}
PIECES = [
    "最近的是", Fact("济安药房", "name", "济安药房", "济安药房"), "，距离 ",
    Fact("910 米", "distance", 910, "济安药房"), "，走过去", Fact("约 14 分钟", "duration", 832, "济安药房"),
    "。济安药房现在开着，", "需要路线吗？",
]  # fmt: skip
EXPECTS = (
    {"kind": "choice", "winner": ["济安药房"], "among": [["济安药房"], ["同春堂"], ["百草药店"]]},
    {"kind": "value", "of": "duration", "any_of": [840], "within": 60},
)


@pytest.fixture
def by_hand() -> Trajectory:
    """A search and a way: the nearest pharmacy, and how long it takes on foot."""
    context = Context(CLOCK, "澜屿市", HERE, {"家": HOME, "车辆": "没有车"})
    task = Task("1-000001", "by_hand", "train", "sandbox", "0", context, ("最近的药店，走过去多久？",),
                "discovery.poi_search.spatial_optimized_poi_search", 2, expects=EXPECTS)  # fmt: skip
    asked = {"query": "药店", "center": HERE, "radius": 3000, "limit": 5}
    search = CallStep("map_search_places", asked, CLOCK, "found", {"items": PLACES}, "…")
    way = CallStep("map_compute_routes", {"origin": HERE, "destination": SHOP, "modes": ["walking"]}, CLOCK, "found",
                   {"items": [WAY]}, "…")  # fmt: skip
    return Trajectory(task, "expert", [UserStep(task.turns[0]), search, way, AnswerStep.of(list(PIECES))])


@pytest.fixture(scope="session")
def vocabulary(gazetteer, drawn) -> CompactVocabulary:
    """Of the tasks and the expert's answers to them, all worded in one way."""
    words, teacher = WordCounts(names_of(gazetteer)), ErringTeacher(gazetteer, NO_MISTAKES, 0, wording="plain")

    async def look():
        for each in drawn:
            words.add((await teacher.answer(each.task, 0)).trajectory)

    asyncio.run(look())
    return words.vocabulary()


@pytest.fixture(scope="session")
def untrained(vocabulary):
    """``untrained()``: a policy of two layers and 32 channels, with the same random weights every time."""
    marks = {"pad_token_id": vocabulary.ids["<pad>"], "eos_token_id": vocabulary.ids["<end>"], "bos_token_id": None}
    return lambda: Policy(tiny_qwen3(len(vocabulary), layers=2, max_position_embeddings=2048, **marks), vocabulary)


@pytest.fixture(scope="session")
def toy_start(untrained, vocabulary, tmp_path_factory) -> Path:
    """The checkpoint of a policy that was taught both of the toy's answers, and gives each about half the time."""
    folder = tmp_path_factory.mktemp("toy")
    policy = untrained()
    assert train_toy(policy, folder / "run", toy_lessons(vocabulary), epochs=80) == 0
    save_policy(policy, folder / "start")
    return folder / "start"


@pytest.fixture
def toy_policy(toy_start):
    """``toy_policy()``: that policy, opened anew."""
    return lambda: load_policy(toy_start)
