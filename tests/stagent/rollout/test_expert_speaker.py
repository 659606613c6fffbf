"""The expert's way, message by message, through the real world."""

import asyncio

from stagent.queries.trajectory import AnswerStep, CallStep, Trajectory, UserStep
from stagent.rollout.chat import ToolCall, Written
from stagent.rollout.expert_speaker import WaySpeaker, expert_way
from stagent.rollout.live_episode import EpisodeLimits
from stagent.rollout.play import play
from tests.stagent.reward.episodes import CLOCK, task


def test_the_expert_s_episodes_are_its_trajectories(gazetteer, drawn):
    """Step by step, several turns too; what is beside the text of an answer (its pieces) stays with the expert."""
    speaker, turns = WaySpeaker("expert", expert_way(gazetteer)), 0
    for each in drawn:
        rollout = asyncio.run(play(each.task, speaker, gazetteer.calls, 1, EpisodeLimits()))
        assert rollout.ended == "answered" and rollout.trajectory.agent == "expert" and rollout.sequences == []
        for step, wanted in zip(rollout.trajectory.steps, each.trajectory.steps, strict=True):
            if isinstance(wanted, AnswerStep):
                assert step == AnswerStep(wanted.text, thought=wanted.thought)
            else:
                assert step == wanted
        turns += len(each.task.turns) > 1
    assert turns > 0


def test_a_way_is_asked_for_with_the_episode_s_seed():
    asked = []

    async def way(task, seed):
        asked.append((task.id, seed))
        call = CallStep("web_search", {"query": "药店"}, CLOCK, "found", {}, "", thought="先搜")
        return Trajectory(task, "t", [UserStep("药店"), call, call, AnswerStep("好", thought="有了")])

    async def say():
        dialogue = WaySpeaker("teacher", way).begin(task("药店", id="7"), 5)
        dialogue.user("别的")  # what it hears changes nothing
        first = await dialogue.speak()
        dialogue.results([])
        return [first, await dialogue.speak(), await dialogue.speak()]

    call = Written("", (ToolCall("web_search", {"query": "药店"}),), "先搜")
    assert asyncio.run(say()) == [call, call, Written("好", thought="有了")] and asked == [("7", 5)]
