"""What any agent must beat, played on hand-made tasks: what it calls, and what it says."""

import asyncio
from datetime import datetime

from stagent.cascade.floors import UNSOLVED, AlwaysUnsolved, FirstResult
from stagent.cascade.probing import Playground, tries
from stagent.reward.verifier import Verifier
from stagent.rollout.live_episode import EpisodeLimits
from stagent.rollout.play import play
from stagent.tools.calls import Calls
from stagent.worlds.protocol import Found
from tests.stagent.reward.episodes import task
from tests.support.toy_world import ToyWorld


class Shops(ToyWorld):
    """Finds what it was made with, whatever is looked for."""

    def __init__(self, *items):
        super().__init__()
        self.items = list(items)

    async def answer(self, tool: str, arguments: dict, clock: datetime) -> Found:
        self.asked.append((tool, arguments, clock))
        return Found(self.items)


def played(speaker, words, world):
    return asyncio.run(play(task(words), speaker, Calls(world), 0, EpisodeLimits())).trajectory


def texts(trajectory):
    return [answer.text for answer in trajectory.answers()]


def test_one_gives_up_on_every_turn():
    world = Shops({"name": "济安药房"})
    found = played(AlwaysUnsolved(), ("附近的药店", "那书店呢"), world)
    assert texts(found) == [UNSOLVED] * 2 and found.calls() == [] == world.asked and "[Unsolved]" in UNSOLVED


def test_the_other_reads_out_what_comes_first():
    world = Shops({"name": "济安药房", "address": "云集里81号"}, {"name": "同春堂", "address": "翠亭路274号"})
    found = played(FirstResult(), ("附近的药店", "那书店呢"), world)
    assert texts(found) == ["济安药房，地址是云集里81号。"] * 2
    asked = [(tool, arguments["query"], arguments["region"], arguments["limit"]) for tool, arguments, _ in world.asked]
    assert asked == [("map_search_places", "附近的药店", "澜屿市", 1), ("map_search_places", "那书店呢", "澜屿市", 1)]


def test_without_an_address_it_says_the_district_or_nothing():
    assert texts(played(FirstResult(), "药店", Shops({"name": "济安药房", "district": "望潮区"}))) == [
        "济安药房，地址是望潮区。"
    ]
    assert texts(played(FirstResult(), "药店", Shops({"name": "济安药房"}))) == ["济安药房，地址是。"]


def test_where_nothing_comes_it_gives_up():
    assert texts(played(FirstResult(), "药店", Shops())) == [UNSOLVED]
    found = played(FirstResult(), "药" * 5000, Shops({"name": "济安药房"}))  # the tool refuses so long a query
    assert [call.outcome for call in found.calls()] == ["error"] and texts(found) == [UNSOLVED]


def test_floors_are_low_on_drawn_tasks(gazetteer, drawn):
    """Giving up is right for what can't be solved and for nothing else, whichever task."""
    tasks = [each.task for each in drawn]

    async def score(speaker):
        ground = Playground(gazetteer.calls, Verifier(strict=True))
        return [each async for each in tries(tasks, 1, speaker, ground)]

    for each in asyncio.run(score(AlwaysUnsolved())):
        assert (each.score.reward > 0) == bool(each.task.unsolvable)
    found = asyncio.run(score(FirstResult()))
    assert {each.rollout.ended for each in found} == {"answered"}
    assert sum(each.score.reward for each in found) / len(found) < 0.4
