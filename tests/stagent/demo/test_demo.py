"""agent.sh's first screen: ten tools on one day, then five instructions answered and marked, and a lie caught."""

import re
import subprocess
import sys

import pytest

from stagent.tools.schemas import TOOLS
from tests.conftest import ROOT


def demo(*words: object) -> subprocess.CompletedProcess:
    command = [sys.executable, "agent.py", "demo", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def day(output: str) -> str:
    return re.split("—— 五条指令|接下来：", output)[0]


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    path = tmp_path_factory.mktemp("demo") / "calls.jsonl"
    return demo("--record", path), path


def test_all_ten_tools_are_at_work_and_find_something(shown):
    done, _ = shown
    assert done.returncode == 0, done.stderr
    assert sorted(re.findall(r"^▶ (\w+) ", day(done.stdout), flags=re.M)) == sorted(tool.name for tool in TOOLS)
    for line in ("调用有误", "暂不可用", "没有找到"):
        assert line not in day(done.stdout)
    assert day(done.stdout).count("\n  1. ") == 10


def test_arguments_come_from_what_was_answered(shown):
    output = day(shown[0].stdout)
    places = output.partition("▶ map_search_places")[2]
    station = re.search(r"坐标：([\d.]+,[\d.]+)", places)[1]
    assert f'"destination": "{station}"' in places
    arrival = re.search(r'"arrival_time": "(\S+?)\+08:00"', output)[1]
    departures = re.findall(r"班次：G?[A-Z]?\d+；.*?出发：2026-01-06 (\d\d):(\d\d)", output)
    minutes = {60 * int(hour) + int(minute) for hour, minute in departures}
    assert 60 * int(arrival[11:13]) + int(arrival[14:16]) + 30 in minutes


def test_it_replays_to_equal_bytes(shown):
    done, path = shown
    assert demo("--replay", path).stderr.splitlines()[-1] == (
        "error: the world sandbox has no list of cities; give --home, --away and --start LAT,LON"
    )
    home, start = re.match(r"旅行者在(\S+?)（(\S+?)）", done.stdout).groups()
    away = re.search("明天要去(.+)。", done.stdout)[1]
    replayed = demo("--replay", path, "--home", home, "--away", away, "--start", start)
    assert day(replayed.stdout) == day(done.stdout)


def test_five_instructions_are_solved_and_a_lie_is_vetoed(shown):
    instructions = shown[0].stdout.partition("—— 五条指令")[2]
    honest, _, damaged = instructions.partition("【改一处】")
    assert re.findall(r"^【指令 (\d)】", honest, flags=re.M) == list("12345")
    marks = re.findall(r"核查：(\d+) 处事实，(\d+) 处有依据；.*奖励 ([\d.]+)", honest)
    assert len(marks) == 5 and all(claims == held and float(reward) > 0.8 for claims, held, reward in marks)
    assert "否决" not in honest
    claims, held, reward = re.search(r"核查：(\d+) 处事实，(\d+) 处有依据；.*奖励 ([\d.]+)", damaged).groups()
    assert int(held) < int(claims) and float(reward) == 0
    before, after = re.match(r".*“(.+?)”改成“(.+?)”", damaged).groups()
    assert before in honest and f"✗ 否决：“{after.removeprefix('约 ')}" in damaged
