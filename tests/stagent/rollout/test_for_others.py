"""What other trainers take: chat with tools, the reward as a function, an environment with reset and step."""

import asyncio
import json

import datasets
import pytest
from transformers.utils.chat_template_utils import render_jinja_template

from agent import VERBS
from config.command_line import run_verb
from data_process.files import write_jsonl
from stagent.reward.verifier import Verifier
from stagent.rollout.environment import MapEnvironment
from stagent.rollout.export import messages_of
from stagent.rollout.live_episode import EpisodeLimits
from stagent.rollout.trl_reward import strict_reward, verifier_reward
from stagent.tools.calls import Calls
from tests.stagent.reward.episodes import episode, search, task, trains
from tests.stagent.rollout.qwen3_template import TEMPLATE
from tests.support.toy_world import ToyWorld
from utils import InputError

GOOD, LIE = "离您最近的是济安药房，距离 320 米。", "离您最近的是济安药房，距离 350 米。"
NEAREST = {"expects": ({"kind": "names", "any_of": ["济安药房"], "only": True},), "chain": ("map_search_places",)}
CALL = '<tool_call>{"name": "map_search_places", "arguments": {"query": "药店"}}</tool_call>'


def export(*words):
    return run_verb("agent", "", VERBS, ["rollout", "export", *map(str, words)])


def scored(answer, *calls, **more):
    trajectory = episode(answer, *calls, **more)
    trajectory.score = Verifier().score(trajectory).as_json()
    return trajectory.as_json()


def test_chat_with_tools(tmp_path):
    messages = messages_of(episode(GOOD, search()))
    assert [each["role"] for each in messages] == ["system", "user", "assistant", "tool", "assistant"]
    asked = messages[2]["tool_calls"][0]["function"]
    assert asked["name"] == "map_search_places" and json.loads(asked["arguments"])["query"] == "药店"
    assert messages[-1] == {"role": "assistant", "content": GOOD} and "济安药房" in messages[3]["content"]


def test_a_column_of_them_loads_and_renders(tmp_path):
    lines, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    write_jsonl(lines, [scored(GOOD, search()), scored("G12 09:40 开。", trains(), words="明天去霁川的火车")])
    assert export(lines, out) == 0
    rows = list(datasets.Dataset.from_json(str(out), cache_dir=str(tmp_path / "cache")))
    texts, _ = render_jinja_template([rows[0]["messages"]], tools=rows[0]["tools"], chat_template=TEMPLATE)
    assert texts[0].count("<tool_call>\n") == 2 and texts[0].rstrip().endswith(f"{GOOD}<|im_end|>")


def test_only_what_is_worth_it(tmp_path, capsys):
    lines, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    silent = scored(GOOD, search())
    silent["steps"].pop()
    write_jsonl(lines, [scored(GOOD, search(), **NEAREST), scored(LIE, search(), **NEAREST), silent])
    assert export(lines, out, "--least", "0.9") == 0
    assert json.loads(out.read_text(encoding="utf-8"))["messages"][-1]["content"] == GOOD
    told = capsys.readouterr().err
    assert "1 conversations, 1 left out: reward below 0.9, 1 left out: no answer" in told
    write_jsonl(lines, [episode(GOOD, search()).as_json()])
    with pytest.raises(InputError, match=r"trajectory 1: has no score; first: agent\.py reward score"):
        export(lines, out, "--least", "0.9")
    (tmp_path / "none.jsonl").write_text("")
    with pytest.raises(InputError, match=r"none\.jsonl: empty; trajectories are made by"):
        export(tmp_path / "none.jsonl", out)
    with pytest.raises(InputError, match="that is the input"):
        export(lines, lines)


def test_the_reward_as_a_function():
    good, lie = (episode(answer, search(), **NEAREST).as_json() for answer in (GOOD, LIE))
    failed = good | {"rollout": {"ended": "no reply"}}
    rewards = verifier_reward(prompts=["…"] * 3, completions=["…"] * 3, trajectory=[json.dumps(good), lie, failed])
    assert rewards[0] > 0.9 and rewards[1:] == [0, None]
    assert strict_reward([episode("两家一共 96 元。", search()).as_json()]) == [0]


def test_an_environment():
    async def run():
        environment = MapEnvironment(Calls(ToyWorld()), limits=EpisodeLimits(calls=2))
        messages = environment.reset(task(("附近的药店", "谢谢"), world="toy"))
        assert [each["role"] for each in messages] == ["system", "user"] and "map_search_places" in messages[0][
            "content"
        ]
        step = await environment.step(CALL)
        assert not step.done and step.reward is None and step.messages[0]["content"].startswith("<tool_response>\n")
        step = await environment.step("有一家。")
        assert step.messages == [{"role": "user", "content": "谢谢"}] and not step.done
        step = await environment.step("不客气。")
        assert step.done and 0 <= step.reward <= 1 and environment.trajectory.score["reward"] == step.reward
        roles = [each.role for each in environment.trajectory.steps]
        assert roles == ["user", "call", "answer", "user", "answer"]
        environment.reset(task(world="toy"))
        for _ in range(2):
            await environment.step(CALL)
        step = await environment.step(CALL)
        assert step == ([], True, 0)

    asyncio.run(run())
