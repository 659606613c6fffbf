"""What a language model is asked for an instruction's difficulty: a dry run with the ten tools, then a score.

    <analysis>
    <intent>…</intent>
    <feasibility>executable</feasibility>
    <missing></missing>
    <simulation>
    <step id="1"><tool>map_search_places</tool><reason>…</reason>
    <param name="query">药店</param><param name="center">$Context.location</param></step>
    </simulation>
    <selection rating="easy">…</selection>
    <quality rating="good">…</quality>
    </analysis>
    <response>
    * MissingInfo:[[false]]
    * MissingTool:[[false]]
    Rating:[[1]]
    </response>

The shape follows the paper's prompt; the words are ours.
"""

import re
from functools import cache
from pathlib import Path
from typing import ClassVar

from gplan.llm.asking import Message
from stagent.queries.interview import UnusableAnswer
from stagent.queries.pattern import difficulty
from stagent.selection.annotate.labels import FEASIBILITIES, Assessment, SimulatedStep
from stagent.selection.annotate.records import Instruction
from stagent.selection.annotate.tags import TagBlock, blocks, each_once
from stagent.tools.schemas import BY_NAME, TOOLS, Parameter

_SELECTION = ("very easy", "easy", "medium", "hard", "very hard")
_QUALITY = ("poor", "average", "good", "excellent")
_PARTS = ("intent", "feasibility", "missing", "simulation", "selection", "quality")
_RESPONSE = re.compile(
    r"\s*\*\s*MissingInfo:\s*\[\[(true|false)\]\]\s*\*\s*MissingTool:\s*\[\[(true|false)\]\]\s*"
    r"Rating:\s*\[\[(-?\d+)\]\]\s*"
)
_REFERENCE = re.compile(r"\$(\w+)")
_COORDINATE = re.compile(r"-?\d{1,3}(?:\.\d+)?\s*,\s*-?\d{1,3}(?:\.\d+)?")
# How far a score may lie from what the number of steps says: the rest is how hard the tools are to choose.
_LEEWAY = 1


def _parameter_line(parameter: Parameter) -> str:
    need = "必填" if parameter.required else "可选"
    allowed = f"，取值 {'、'.join(parameter.allowed)}" if parameter.allowed else ""
    return f"    {parameter.name}（{need}）：{parameter.zh}{allowed}"


@cache
def system_text() -> str:
    """The instructions (difficulty_prompt.txt), the tools in them."""
    tools = "\n".join(
        "\n".join((f"- {tool.name}：{tool.zh}", *map(_parameter_line, tool.parameters))) for tool in TOOLS
    )
    text = (Path(__file__).parent / "difficulty_prompt.txt").read_text(encoding="utf-8").rstrip()
    return text.replace("<tools/>", tools)


class DifficultyForm:
    """An instruction -> ``Assessment``."""

    name = "difficulty 1"
    dispensable: ClassVar[dict[str, object]] = {}

    def chat(self, record: Instruction) -> list[Message]:
        asked = f"<context>{record.context or '没有上下文'}</context>\n<instruction>{record.text}</instruction>"
        return [{"role": "system", "content": system_text()}, {"role": "user", "content": asked}]

    def read(self, record: Instruction, text: str) -> Assessment:
        return read_assessment(text, known=f"{record.context}\n{record.text}")


def read_assessment(text: str, known: str = "") -> Assessment:
    """The assessment that an answer is, its dry run checked.

    Args:
        known: what was told, the context and the words: a coordinate that stands there is not invented.

    Raises:
        UnusableAnswer: ``answer.shape``, ``answer.around`` (text beside the blocks), ``answer.value`` (a word that is
            none of the allowed), ``simulation.tool``, ``simulation.parameter`` (unknown, or a required one missing),
            ``simulation.source`` (a later step, or an invented coordinate), ``simulation.steps``, ``score.flags``,
            ``score.steps`` (the score and the steps don't fit).
    """
    said = each_once(text, ("analysis", "response"), needed=("analysis", "response"))
    parts = each_once(said["analysis"].inside, _PARTS, needed=_PARTS, where="analysis 里")
    feasibility = next((each for each in FEASIBILITIES if each == parts["feasibility"].inside), None)
    if feasibility is None:
        shown = parts["feasibility"].inside[:40]
        raise UnusableAnswer("answer.value", f"feasibility 是“{shown}”，应为 {'、'.join(FEASIBILITIES)} 之一")
    for name, allowed in (("selection", _SELECTION), ("quality", _QUALITY)):
        if parts[name].attribute not in allowed:
            raise UnusableAnswer(
                "answer.value", f"{name} 的 rating 是“{parts[name].attribute[:40]}”，应为 {'、'.join(allowed)} 之一"
            )
    steps = _steps(parts["simulation"].inside, known)
    response = _RESPONSE.fullmatch(said["response"].inside)
    if not response:
        raise UnusableAnswer(
            "answer.shape", "response 里要写三行：* MissingInfo:[[…]]、* MissingTool:[[…]]、Rating:[[…]]"
        )
    flags = {"missing_information": response[1] == "true", "missing_tool": response[2] == "true"}
    for name, flag in flags.items():
        if flag != (feasibility == name):
            raise UnusableAnswer("score.flags", f"feasibility 是 {feasibility}，response 里的标记却不一致（{name}）")
    score = int(response[3])
    _check_score(score, feasibility, len(steps))
    return Assessment(score, feasibility, steps)


def _check_score(score: int, feasibility: str, steps: int) -> None:
    if feasibility == "executable":
        if not steps:
            raise UnusableAnswer("simulation.steps", "executable 的指令要有至少一步推演")
        by_steps = difficulty(steps)
        if not 1 <= score <= 5 or abs(score - by_steps) > _LEEWAY:
            low, high = max(1, by_steps - _LEEWAY), min(5, by_steps + _LEEWAY)
            raise UnusableAnswer("score.steps", f"推演有 {steps} 步，Rating 应在 {low} 至 {high}，收到 {score}")
        return
    wanted = 0 if feasibility == "no_tool_needed" else -1
    if score != wanted:
        raise UnusableAnswer("score.flags", f"{feasibility} 的 Rating 应为 {wanted}，收到 {score}")
    if steps:
        raise UnusableAnswer("simulation.steps", f"{feasibility} 的指令不写推演步骤，收到 {steps} 步")


def _steps(inside: str, known: str) -> tuple[SimulatedStep, ...]:
    steps: list[SimulatedStep] = []
    for number, step in enumerate(blocks(inside, ("step",), "simulation 里"), 1):
        if step.attribute != str(number):
            raise UnusableAnswer("simulation.steps", f"第 {number} 步的 id 是“{step.attribute[:20]}”，应为 {number}")
        steps.append(_step(number, step, known))
    return tuple(steps)


def _step(number: int, step: TagBlock, known: str) -> SimulatedStep:
    inside = blocks(step.inside, ("tool", "reason", "param"), f"第 {number} 步里")
    named = [block.inside for block in inside if block.name == "tool"]
    if len(named) != 1:
        raise UnusableAnswer("answer.shape", f"第 {number} 步里要恰好一个 <tool>，收到 {len(named)} 个")
    tool = BY_NAME.get(named[0])
    if tool is None:
        raise UnusableAnswer("simulation.tool", f"第 {number} 步：没有工具 {named[0][:60]}；可用 {'、'.join(BY_NAME)}")
    sources: dict[str, str] = {}
    for block in inside:
        if block.name != "param":
            continue
        parameter = tool.parameter(block.attribute)
        if parameter is None:
            raise UnusableAnswer(
                "simulation.parameter",
                f"第 {number} 步：{tool.name} 没有参数 {block.attribute[:40]}；"
                f"可用 {'、'.join(each.name for each in tool.parameters)}",
            )
        if block.attribute in sources or not block.inside:
            why = "写了两次" if block.attribute in sources else "没有写来源"
            raise UnusableAnswer("simulation.parameter", f"第 {number} 步：参数 {block.attribute} {why}")
        _check_source(number, parameter, block.inside, known)
        sources[block.attribute] = block.inside
    for parameter in tool.parameters:
        if parameter.required and parameter.name not in sources:
            raise UnusableAnswer("simulation.parameter", f"第 {number} 步：{tool.name} 缺少必填参数 {parameter.name}")
    if "origin" in sources and sources["origin"] == sources.get("destination"):
        raise UnusableAnswer("simulation.source", f"第 {number} 步：起点和终点都是 {sources['origin'][:60]}")
    return SimulatedStep(tool.name, sources)


def _check_source(number: int, parameter: Parameter, source: str, known: str) -> None:
    references = _REFERENCE.findall(source)
    for name in references:
        step = re.fullmatch(r"Step(\d+)", name)
        if step and not 1 <= int(step[1]) < number:
            raise UnusableAnswer(
                "simulation.source", f"第 {number} 步：{parameter.name} 用了 ${name}，只能用前面步骤的结果"
            )
        if not step and name != "Context":
            raise UnusableAnswer(
                "simulation.source", f"第 {number} 步：{parameter.name} 的来源 ${name[:40]} 应为 $Context.… 或 $StepN.…"
            )
    if parameter.kind in ("coordinate", "coordinates"):
        given = _COORDINATE.findall(source)
        if not references and not given:
            raise UnusableAnswer(
                "simulation.source", f"第 {number} 步：{parameter.name} 要坐标，“{source[:40]}”不是；地名先用工具查坐标"
            )
        spaceless = known.replace(" ", "")
        if invented := next((each for each in given if each.replace(" ", "") not in spaceless), None):
            raise UnusableAnswer(
                "simulation.source", f"第 {number} 步：坐标 {invented} 上下文里没有；请写 $Context.… 或 $StepN.…"
            )
