"""Five instructions, one of each class: the rule expert's calls and answers, the verifier's marks, and a lie caught."""

import json
import random
from dataclasses import replace
from datetime import datetime

from stagent.queries.answer import Fact, text_of
from stagent.queries.drawing import Drawn, draw_task
from stagent.queries.patterns.all import PATTERNS
from stagent.queries.sayings import say_fact
from stagent.queries.scene import Gazetteer
from stagent.queries.taxonomy import BY_ID, TOPS
from stagent.queries.trajectory import AnswerStep, CallStep, Trajectory, UserStep
from stagent.reward.score import DIMENSIONS, TrajectoryScore
from stagent.reward.verifier import Verifier
from stagent.worlds.local.world import LocalWorld
from stagent.worlds.record import RecordingWorld

_LINES, _WIDTH = 5, 120  # of a result that are shown, and characters of each; the day before has shown whole ones
_TRIES = 40
_MEASURED = ("duration", "distance", "money", "temperature", "rating")
_DIMENSION_WORDS = {"planning": "推理与规划", "fidelity": "信息真实", "presentation": "表达与服务"}
assert _DIMENSION_WORDS.keys() == set(DIMENSIONS)


async def play_instructions(world: LocalWorld | RecordingWorld, clock: datetime) -> None:
    """Prints them; a class of which this world has no task is passed over."""
    print("—— 五条指令：规则专家调用工具作答，核查器逐句对照工具结果打分 ——\n")
    gazetteer, verifier = Gazetteer(world), Verifier()
    shown: list[Trajectory] = []
    for top in TOPS:
        if drawn := await _draw(gazetteer, top, clock):
            shown.append(drawn.trajectory)
            print(f"【指令 {len(shown)}】{BY_ID[drawn.task.primary].zh}，难度 {drawn.task.difficulty}")
            _show(drawn.trajectory)
            _show_marks(verifier.score(drawn.trajectory))
    for trajectory in shown:
        if lie := _with_a_lie(trajectory):
            damaged, before, after = lie
            print(f"【改一处】指令 {shown.index(trajectory) + 1} 的回答里，“{before}”改成“{after}”：")
            print(f"答：{damaged.answers()[-1].text}")
            _show_marks(verifier.score(damaged))
            return


async def _draw(gazetteer: Gazetteer, top: str, clock: datetime) -> Drawn | None:
    """A task of a class that the expert solves; of the application's class, which no tool serves, one it refuses."""
    rng = random.Random(f"demo-{top}")
    patterns = [pattern for pattern in PATTERNS if BY_ID.get(pattern.leaf) and BY_ID[pattern.leaf].top == top]
    for number in range(_TRIES):
        pattern, city = rng.choice(patterns), gazetteer.cities[0]
        drawn = await draw_task(gazetteer, pattern, city, rng, f"demo-{number}", [clock])
        if drawn and (not drawn.task.unsolvable or top == "application_interaction"):
            return drawn
    return None


def _show(trajectory: Trajectory) -> None:
    print(f"（{trajectory.task.context.text()}）")
    for step in trajectory.steps:
        if isinstance(step, UserStep):
            print(f"用户：{step.text}")
        elif isinstance(step, CallStep):
            print(f"▶ {step.tool} {json.dumps(step.arguments, ensure_ascii=False)}")
            lines = step.text.splitlines()
            print("\n".join(f"  {line[:_WIDTH]}{'…' * (len(line) > _WIDTH)}" for line in lines[:_LINES]))
            if len(lines) > _LINES:
                print(f"  …（另 {len(lines) - _LINES} 行）")
        else:
            print(f"答：{step.text}")


def _show_marks(score: TrajectoryScore) -> None:
    held = sum(claim.holds for claim in score.claims)
    marks = "，".join(f"{_DIMENSION_WORDS[name]} {each.score:.2f}" for name, each in score.dimensions.items())
    print(f"核查：{len(score.claims)} 处事实，{held} 处有依据；{marks}；奖励 {score.reward:.2f}")
    for reason in score.vetoed:
        print(f"  ✗ 否决：{reason}")
    print()


def _with_a_lie(trajectory: Trajectory) -> tuple[Trajectory, str, str] | None:
    """The trajectory with the first measured value of its last answer doubled, and that value before and after."""
    *steps, last = trajectory.steps
    if not isinstance(last, AnswerStep):
        return None
    for place, piece in enumerate(last.pieces):
        if isinstance(piece, Fact) and piece.kind in _MEASURED and piece.value:
            lie = say_fact(piece.kind, 2 * piece.value, piece.entity)
            pieces = (*last.pieces[:place], lie, *last.pieces[place + 1 :])
            answer = replace(last, text=text_of(pieces), pieces=pieces)
            return replace(trajectory, steps=[*steps, answer]), piece.text, lie.text
    return None
