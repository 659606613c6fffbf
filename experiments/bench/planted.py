"""Generated instructions with planted duplicates, exact and near ones, each with its original: for ``bench funnel``.

Near: the same slot values, and courtesies and particles changed, clauses in another order, or a word for its synonym.
What is written of slots is left alone. The synonyms were written when the funnel's vocabulary
(``stagent/selection/funnel/words.txt``) was finished: some it knows, some not.
"""

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from stagent.queries.drawing import TextDraw
from stagent.queries.pattern import QueryPattern, Slots

KINDS = ("exact", "particles", "order", "synonym")
_SHARE = 0.1  # of all lines are planted, half of them exact
_PENDING = 20_000  # copies that wait for their place in the file at most
_SLOT = re.compile(r"{(\w+)}")
_END = re.compile(r"[？?。！!\s]*$")
_AHEAD = ("请问", "请", "麻烦", "帮我")
_BEHIND = ("吧", "吗", "呢", "啊", "呀")
_PARTICLE = re.compile(f"(?:{'|'.join(_BEHIND)})$")
_COURTESY = re.compile(f"^(?:{'|'.join(_AHEAD)})")
_BREAK = re.compile(r"[，,；;]")
_SYNONYMS = (
    ("怎么走", "咋过去", "怎样走"),
    ("怎么样", "如何", "好不好"),
    ("附近", "周边", "近处"),
    ("多少钱", "什么价钱", "花费多少"),
    ("多久", "多长时间", "几多时间"),
    ("有没有", "有无"),
    ("哪家", "哪一家", "哪间"),
    ("哪里", "哪儿", "什么位置"),
    ("哪个", "哪一个"),
    ("哪些", "什么"),
    ("便宜", "实惠", "省钱"),
    ("打算", "准备", "计划"),
    ("安排", "规划", "筹划"),
    ("来得及", "赶得上"),
    ("行程", "日程", "旅程"),
    ("好玩", "有意思", "有趣"),
    ("好吃", "可口"),
    ("地方", "去处", "场所"),
    ("出发", "动身", "启程"),
    ("抵达", "到达"),
    ("推荐", "安利", "介绍"),
    ("查一下", "搜一下", "查查看"),
    ("帮我", "替我", "给我"),
    ("告诉我", "跟我说", "知会我"),
    ("看看", "瞅瞅"),
    ("适合", "适宜"),
    ("需要", "得要", "须要"),
    ("一共", "总共", "合计"),
    ("什么时候", "何时", "啥时间"),
    ("为什么", "为啥"),
    ("顺便", "顺带"),
    ("顺路", "顺道"),
    ("方便", "便利"),
    ("路线", "走法"),
    ("比较", "对比"),
    ("步行", "走路", "徒步"),
    ("开车", "驾车", "自己开车"),
    ("骑车", "骑行"),
    ("下雨", "落雨", "降雨"),
    ("孩子", "小孩", "娃娃"),
    ("门票", "入场券"),
    ("人均", "平均每人"),
    ("营业", "开张"),
    ("关门", "打烊"),
    ("现在", "目前", "当下"),
    ("最近的", "离得最近的"),
    ("想要", "希望"),
    ("能不能", "可否"),
    ("如果", "假如", "倘若"),
    ("大概", "约莫"),
)
_OTHERS = {word: [each for each in group if each != word] for group in _SYNONYMS for word in group}
_KNOWN = re.compile("|".join(sorted(_OTHERS, key=len, reverse=True)))


class Original(NamedTuple):
    """A drawn instruction, and where it stands in the file."""

    line: int
    turns: tuple[str, ...]
    said: tuple[str, ...]  # slot values as they stand in the turns
    rest: dict[str, Any]  # the line's other fields


def planted_lines(
    draws: Iterable[TextDraw], patterns: Sequence[QueryPattern], count: int, seed: int
) -> Iterator[dict[str, Any]]:
    """``count`` lines of a pool, a tenth of them copies of lines before them.

    ``{"turns": […], "primary": leaf, "secondary": [], "difficulty": 2, "pair": [pattern, slots], "planted": null}``; a
    copy has ``{"kind": "order", "of": 17}``: the number of its original, from 0. Difficulties are drawn, two usual ones
    a pattern and now and then -1 and 0.
    """
    rng = random.Random(f"planted-{seed}")
    worded = {pattern.name: sorted(set(_SLOT.findall(str(pattern.wordings)))) for pattern in patterns}
    levels = {pattern.name: random.Random(pattern.name).sample(range(1, 6), 2) for pattern in patterns}
    waiting: list[Original] = []
    source = iter(draws)
    for line in range(count):
        if waiting and rng.random() < _SHARE:
            place = rng.randrange(len(waiting))
            waiting[place], waiting[-1] = waiting[-1], waiting[place]
            one = waiting.pop()
            kind, turns = copied(one, rng)
            yield {"turns": list(turns), **one.rest, "planted": {"kind": kind, "of": one.line}}
            continue
        draw = next(source)
        text = "\n".join(draw.turns)
        slots = said_slots(draw.slots, worded[draw.pattern], text)
        rest = {
            "primary": draw.leaf,
            "secondary": [],
            "difficulty": rng.choice((-1, 0)) if rng.random() < 0.1 else rng.choice(levels[draw.pattern]),
            "pair": [draw.pattern, slots],
        }
        yield {"turns": list(draw.turns), **rest, "planted": None}
        if len(waiting) < _PENDING and rng.random() < 2 * _SHARE:
            waiting.append(Original(line, draw.turns, tuple(map(str, slots.values())), rest))


def said_slots(slots: Slots, names: Sequence[str], text: str) -> Slots:
    """The slots that can be seen in the words; others (a date behind 明天) no one can tell apart by the text."""
    return {name: slots[name] for name in names if name in slots and str(slots[name]) in text}


def copied(one: Original, rng: random.Random) -> tuple[str, tuple[str, ...]]:
    """A kind of copy, and its turns: half of the copies are exact, the others changed in one way."""
    if rng.random() < 0.5:
        return "exact", one.turns
    ways = {"particles": particles, "order": order, "synonym": synonym}
    for kind in rng.sample(list(ways), len(ways)):
        if (turns := ways[kind](one, rng)) != one.turns:
            return kind, turns
    return "exact", one.turns


def particles(one: Original, rng: random.Random) -> tuple[str, ...]:
    """请 or the like put ahead or taken away, a particle at the end put, changed or taken away."""
    turns = list(one.turns)
    place = rng.randrange(len(turns))
    text, end = _END.sub("", turns[place]), _END.search(turns[place]).group()  # type: ignore[union-attr]
    if rng.random() < 0.5:
        text = _COURTESY.sub("", text) if _COURTESY.match(text) else rng.choice(_AHEAD) + text
    else:
        bare = _PARTICLE.sub("", text)
        text = bare if bare != text and rng.random() < 0.5 else bare + rng.choice(_BEHIND)
    turns[place] = text + end
    return tuple(turns)


def order(one: Original, rng: random.Random) -> tuple[str, ...]:
    """The clauses of a turn begun with another one, where no slot value is torn."""
    turns = list(one.turns)
    place = rng.randrange(len(turns))
    bare, end = _END.sub("", turns[place]), _END.search(turns[place]).group()  # type: ignore[union-attr]
    breaks = [found.start() for found in _BREAK.finditer(bare) if not _within(bare, found.start(), one.said)]
    if breaks:
        cut = rng.choice(breaks)
        turns[place] = f"{bare[cut + 1 :]}，{bare[:cut]}{end}"
    return tuple(turns)


def synonym(one: Original, rng: random.Random) -> tuple[str, ...]:
    """One word for another that means the same."""
    turns = list(one.turns)
    place = rng.randrange(len(turns))
    text = turns[place]
    words = [found for found in _KNOWN.finditer(text) if not _within(text, found.start(), one.said)]
    if words:
        word = rng.choice(words)
        turns[place] = text[: word.start()] + rng.choice(_OTHERS[word.group()]) + text[word.end() :]
    return tuple(turns)


def _within(text: str, place: int, values: Iterable[str]) -> bool:
    """Whether a place lies in one of the values."""
    return any(
        found.start() <= place < found.end()
        for value in values
        if value
        for found in re.finditer(re.escape(value), text)
    )
