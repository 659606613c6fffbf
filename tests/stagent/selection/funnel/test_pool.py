"""Reading a pool: parts are whole lines, and what is wrong is named with its line."""

import itertools
import json

import pytest

from stagent.selection.funnel.pool import Part, line_numbers, parts_of, read_part, text_at
from utils import InputError

GOOD = {
    "text": "附近有药店吗",
    "primary": "discovery.poi_search.spatial_optimized_poi_search",
    "secondary": [],
    "difficulty": 1,
}


def everything(path, size=1 << 20):
    return [line for part in parts_of(path, size) for line in read_part(path, part)]


def pool(path, *lines):
    path.write_text(
        "".join(f"{line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)}\n" for line in lines)
    )
    return path


@pytest.mark.parametrize("size", [1, 7, 150, 400, 10_000])
def test_parts_hold_every_line_once(tmp_path, size):
    path = pool(
        tmp_path / "pool.jsonl", *({**GOOD, "text": f"附近{number}公里有药店吗"} for number in range(20)), "", "  "
    )
    read = everything(path, size)
    assert [line.text for _, _, line in read] == [f"附近{number}公里有药店吗" for number in range(20)]
    assert all(text_at(path, offset) == line.text for offset, _, line in read)
    parts = parts_of(path, size)
    assert parts[0].start == 0 and parts[-1].end == path.stat().st_size
    assert all(one.end == other.start for one, other in itertools.pairwise(parts))


def test_turns_stand_for_a_text(tmp_path):
    task = {name: value for name, value in GOOD.items() if name != "text"} | {"turns": ["有药店吗", "要近的"]}
    assert everything(pool(tmp_path / "pool.jsonl", task))[0][2].text == "有药店吗\n要近的"


def without(name):
    return {key: value for key, value in GOOD.items() if key != name}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"text": "附近', "no JSON"),
        ("[1, 2]", "an object is needed"),
        ("[" * 200_000, "no JSON"),
        (without("text"), "text: a text is needed, or turns"),
        ({**GOOD, "text": "  "}, "text: a text that isn't empty"),
        ({**without("text"), "turns": "附近"}, "text: a text is needed, or turns"),
        (without("primary"), "primary: a leaf's id is needed; annotate first: agent.py queries annotate"),
        (without("secondary"), "secondary: a list of leaves' ids is needed; annotate first"),
        ({**GOOD, "secondary": "x"}, "secondary: a list"),
        (
            without("difficulty"),
            "difficulty: a whole number from -1 to 5 is needed; score first: agent.py queries score",
        ),
        ({**GOOD, "difficulty": 6}, "difficulty: a whole number"),
        ({**GOOD, "difficulty": True}, "difficulty: a whole number"),
        ({**GOOD, "primary": "discovery.cinemas"}, "primary 'discovery.cinemas': not in the taxonomy"),
        ({**GOOD, "secondary": ["weather"]}, "secondary 'weather': not in the taxonomy"),
        ({**GOOD, "secondary": [GOOD["primary"]]}, "secondary: at most 3 leaves"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, said):
    path = pool(tmp_path / "pool.jsonl", GOOD, "", line, GOOD)
    with pytest.raises(InputError) as error:
        everything(path, 40)
    assert str(error.value).startswith(f"{path}, line 3: {said}")


def test_bytes_that_are_no_text(tmp_path):
    path = tmp_path / "pool.jsonl"
    path.write_bytes(json.dumps(GOOD).encode() + b'\n{"text": "\xff\xfe"}\n')
    with pytest.raises(InputError, match="line 2: not UTF-8"):
        everything(path)


def test_an_empty_pool_and_none(tmp_path):
    (tmp_path / "empty.jsonl").touch()
    with pytest.raises(InputError, match=r"empty\.jsonl: empty; a pool is a line"):
        parts_of(tmp_path / "empty.jsonl", 100)
    with pytest.raises(InputError, match="No such file"):
        parts_of(tmp_path / "none.jsonl", 100)


def test_line_numbers(tmp_path):
    path = tmp_path / "lines"
    path.write_bytes(b"a\n\nbc\nd")
    assert line_numbers(path, [0, 3, 6, 3]) == {0: 1, 3: 3, 6: 4}
    assert Part(0, 7) == parts_of(path, 100)[0]
