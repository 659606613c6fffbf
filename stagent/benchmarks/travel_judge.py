"""TravelBench's judge, and the judge of the judge, behind an endpoint: marks from 1 to 5, or none."""

import json
from typing import Any, ClassVar, NamedTuple

from gplan.llm.asking import Message
from stagent.benchmarks.answers import mark_of, object_of, quote_of, sentence_of
from stagent.benchmarks.travel_prompts import INTERACTION, JUDGE, META
from stagent.queries.trajectory import Trajectory
from stagent.reward.by_llm_form import shown

SINGLE = ("planning", "fidelity", "presentation")
MULTI = (*SINGLE, "interaction")
_PART = ("quote", "reason", "score")


class JudgedEpisode(NamedTuple):
    """What a judge sees.

    Attributes:
        profile: what the user's simulator knew; empty: a single turn.
        marks: of the first judge, for the second.
    """

    trajectory: Trajectory
    profile: str
    marks: dict[str, Any] | None = None

    @property
    def dimensions(self) -> tuple[str, ...]:
        return MULTI if self.profile else SINGLE

    def text(self) -> str:
        hidden = f"\n用户的情况（助手看不到）：{self.profile}" if self.profile else ""
        return shown(self.trajectory) + hidden


class TravelMarksForm:
    """An episode -> ``{"planning": {"quote": …, "reason": …, "score": 4}, …}``."""

    name = "travelbench judge 1"
    dispensable: ClassVar[dict[str, object]] = {}

    def chat(self, episode: JudgedEpisode) -> list[Message]:
        shape = {name: {"quote": "…", "reason": "…", "score": 4} for name in episode.dimensions}
        system = JUDGE.format(
            interaction=INTERACTION if episode.profile else "", shape=json.dumps(shape, ensure_ascii=False)
        )
        return [{"role": "system", "content": system}, {"role": "user", "content": episode.text()}]

    def read(self, episode: JudgedEpisode, text: str) -> dict[str, dict[str, Any]]:
        answers = [answer.text for answer in episode.trajectory.answers()]
        found = object_of(text, episode.dimensions)
        marks = {}
        for name, part in found.items():
            given = object_of(json.dumps(part), _PART)
            marks[name] = {
                "quote": quote_of(f"{name}.quote", given["quote"], answers),
                "reason": sentence_of(f"{name}.reason", given["reason"]),
                "score": mark_of(f"{name}.score", given["score"]),
            }
        return marks


class TravelMetaForm:
    """An episode with its marks -> how far they can be trusted, 1 to 5."""

    name = "travelbench meta judge 1"
    dispensable: ClassVar[dict[str, object]] = {}

    def chat(self, episode: JudgedEpisode) -> list[Message]:
        marks = json.dumps(episode.marks, ensure_ascii=False).replace("</", "＜/")
        user = f"{episode.text()}\n<marks>\n{marks}\n</marks>"
        return [{"role": "system", "content": META}, {"role": "user", "content": user}]

    def read(self, episode: JudgedEpisode, text: str) -> int:
        found = object_of(text, ("reason", "score"))
        sentence_of("reason", found["reason"])
        return mark_of("score", found["score"])
