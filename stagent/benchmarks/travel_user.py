"""A user played by a language model, who says what the profile says and nothing else.

Every fact must be quoted from what the user knows, and every number in the user's words must stand there or in what
the agent said last: a reply that adds something is shown to the model with what is wrong, once.
"""

import re

from gplan.llm.asking import ATTEMPTS, Message
from gplan.llm.paced import PacedEndpoint
from stagent.benchmarks.answers import bare, object_of, plain, quote_of, texts_of
from stagent.benchmarks.travel_prompts import USER
from stagent.benchmarks.travel_queries import TravelQuery
from stagent.queries.interview import UnusableAnswer
from stagent.queries.trajectory import AnswerStep, Trajectory, UserStep
from stagent.rollout.speaker import NoReplyError

_LONGEST = 300  # characters of what a user says at a time
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


class TravelUser:
    """Args:
    turns: what a user says at most in an episode, the query with it.
    """

    def __init__(self, endpoint: PacedEndpoint, query: TravelQuery, turns: int):
        self._endpoint, self._turns = endpoint, turns
        parts = {"情况": query.profile, "要办的事": query.task.turns[0], "背景": query.context or "（无）"}
        self._known = list(parts.values())
        self._head = f"{USER}\n\n" + "\n".join(f"{name}：{text}" for name, text in parts.items())

    async def next_words(self, trajectory: Trajectory) -> str | None:
        """What is said after the agent's last answer; None: nothing more.

        Raises:
            NoReplyError: twice no reply that can be used.
        """
        if sum(isinstance(step, UserStep) for step in trajectory.steps) >= self._turns:
            return None
        chat, wrong = self._chat(trajectory), ""
        for _ in range(ATTEMPTS):
            reply, *_rest = await self._endpoint.ask(chat)
            if reply.problem:
                raise NoReplyError(f"the user's simulator: {reply.problem}: {reply.message}")
            try:
                return read_user(bare(reply.text), self._known, trajectory.answers()[-1].text)
            except UnusableAnswer as error:
                wrong = f"{error.reason}: {error}"
                again = f"上面的回答不能使用（{error.reason}）：{error}\n请按要求的格式重新回答，不写别的字。"
                said = reply.text.strip()[:2000] or "（空）"
                chat = [*chat, {"role": "assistant", "content": said}, {"role": "user", "content": again}]
        raise NoReplyError(f"the user's simulator: {wrong}")

    def _chat(self, trajectory: Trajectory) -> list[Message]:
        lines = []
        for step in trajectory.steps:
            if isinstance(step, (UserStep, AnswerStep)):
                who = "你" if isinstance(step, UserStep) else "助手"
                lines.append(f"{who}：{step.text}")
        return [{"role": "system", "content": self._head}, {"role": "user", "content": "\n".join(lines)}]


def read_user(text: str, known: list[str], heard: str) -> str | None:
    """What a reply says, None where it ends.

    Raises:
        UnusableAnswer: ``answer.json``, ``answer.shape``, ``answer.quote`` (a fact that the user doesn't know),
            ``user.number`` (a number from nowhere), ``user.long``.
    """
    found = object_of(text, ("done", "facts", "say"))
    if not isinstance(found["done"], bool) or not isinstance(found["say"], str):
        raise UnusableAnswer("answer.shape", "done 应为 true 或 false，say 应为文字")
    facts = texts_of("facts", found["facts"])
    if found["done"]:
        return None
    say = found["say"].strip()
    if not 0 < len(say) <= _LONGEST:
        raise UnusableAnswer("user.long", f"say 应有 1 至 {_LONGEST} 个字")
    for fact in facts:
        quote_of("facts", fact, known)
    allowed = {number for source in (*known, heard) for number in _NUMBER.findall(plain(source))}
    if strange := [number for number in _NUMBER.findall(plain(say)) if number not in allowed]:
        raise UnusableAnswer("user.number", f"say 里的 {strange[0]} 在已知的情况和助手的话里都没有")
    return say
