"""An answer made by hand over two places and a way, and the country of seed 7."""

import asyncio

import pytest

from stagent.queries.answer import Fact
from stagent.queries.scene import Gazetteer
from stagent.queries.task import Context, Task
from stagent.queries.trajectory import AnswerStep, CallStep, Trajectory, UserStep
from stagent.reward.measure.expert import ExpertAnswers
from stagent.worlds.sandbox.world import SandboxWorld

CLOCK = "2026-01-05T09:00:00+08:00"
HERE, SHOP, OTHER = "30.41200,174.61800", "30.42000,174.62000", "30.43000,174.63000"
PLACES = [
    {"name": "济安药房", "category": "药店", "location": SHOP, "distance_m": 910, "rating": 4.8, "open_now": True,
     "hours_today": "08:00-22:00", "average_cost_yuan": 56},
    {"name": "同春堂", "category": "药店", "location": OTHER, "distance_m": 2340, "rating": 4.6, "open_now": False,
     "hours_today": "休息", "average_cost_yuan": 56},
]  # fmt: skip
WAY = {"mode": "walking", "distance_m": 1100, "duration_s": 832, "departure": CLOCK,
       "arrival": "2026-01-05T09:13:52+08:00",
       "steps": [{"road": "望海大道", "distance_m": 700, "duration_s": 540}]}  # fmt: skip
PIECES = [
    "最近的是", Fact("济安药房", "name", "济安药房", "济安药房"), "，评分 ", Fact("4.8 分", "rating", 4.8, "济安药房"),
    "，人均 ", Fact("56 元", "money", 56, "济安药房"),
    "，走过去", Fact("约 14 分钟", "duration", 832, "济安药房"), "，",
    Fact("09:13", "clock", "09:13", "济安药房", "end"), "到。它比同春堂近",
    Fact("约 1.4 公里", "distance", 1430, "同春堂", "difference"), "。",
]  # fmt: skip


@pytest.fixture
def answers() -> ExpertAnswers:
    context = Context(CLOCK, "澜屿市", HERE, {"家": "30.50000,174.60000"})
    task = Task("1-000001", "made_by_hand", "train", "sandbox", "0", context, ("最近的药店？评分 4.2 分以上的",),
                "discovery.poi_search.spatial_optimized_poi_search", 2)  # fmt: skip
    search = CallStep("map_search_places", {"query": "药店", "center": HERE}, CLOCK, "found",
                      {"items": PLACES}, "1. 名称：济安药房；2. 名称：同春堂；")  # fmt: skip
    way = CallStep("map_compute_routes", {"origin": HERE, "destination": SHOP, "modes": ["walking"]}, CLOCK, "found",
                   {"items": [WAY]}, "1. 方式：walking；")  # fmt: skip
    steps = [UserStep(task.turns[0]), search, way, AnswerStep.of(list(PIECES))]
    return ExpertAnswers(Trajectory(task, "expert", steps))


@pytest.fixture(scope="session")
def gazetteer():
    world = SandboxWorld.open(7)
    yield Gazetteer(world)
    asyncio.run(world.close())
