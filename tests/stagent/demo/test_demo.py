"""The demo: ten tools on one day, every argument out of what earlier calls answered; agent.sh's first screen."""

import re
import subprocess
import sys

import pytest

from stagent.tools.schemas import TOOLS
from tests.conftest import ROOT


def demo(*words: object) -> subprocess.CompletedProcess:
    command = [sys.executable, "agent.py", "demo", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    path = tmp_path_factory.mktemp("demo") / "calls.jsonl"
    return demo("--record", path), path


def test_all_ten_tools_are_at_work_and_find_something(shown):
    done, _ = shown
    assert done.returncode == 0, done.stderr
    assert sorted(re.findall(r"^▶ (\w+) ", done.stdout, flags=re.M)) == sorted(tool.name for tool in TOOLS)
    for line in ("调用有误", "暂不可用", "没有找到"):
        assert line not in done.stdout
    assert done.stdout.count("\n  1. ") == 10


def test_arguments_come_from_what_was_answered(shown):
    output = shown[0].stdout
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
    assert demo("--replay", path, "--home", home, "--away", away, "--start", start).stdout == done.stdout
