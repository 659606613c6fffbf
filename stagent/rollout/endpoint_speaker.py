"""A model behind an OpenAI-compatible endpoint as a speaker: tools and results are text, as in Qwen3's template.

Any server will do, whether or not it knows of tools. What a model says goes back to it as it was said. Models of other
families write calls in blocks of code or in tags of their own: those are run too.
"""

from collections.abc import Sequence

from gplan.llm.paced import PacedEndpoint
from stagent.queries.task import Task
from stagent.queries.trajectory import CallStep
from stagent.rollout.briefing import briefing_of, system_text
from stagent.rollout.chat import Written, read_written, response_text, without_control
from stagent.rollout.sequence import TokenSequence
from stagent.rollout.speaker import NoReplyError
from stagent.tools.json_schema import Language


class EndpointSpeaker:
    """A model that is asked at its endpoint's pace."""

    def __init__(self, endpoint: PacedEndpoint, *, language: Language = "zh"):
        self.endpoint, self.language, self.name = endpoint, language, endpoint.model

    def begin(self, task: Task, seed: int) -> "EndpointDialogue":
        return EndpointDialogue(self.endpoint, system_text(briefing_of(task.context), self.language))


class EndpointDialogue:
    """A conversation in messages.

    Attributes:
        tokens_in, tokens_out: of all requests so far, as the endpoint counted them.
    """

    def __init__(self, endpoint: PacedEndpoint, head: str):
        self.sequences: list[TokenSequence] = []
        self.tokens_in = self.tokens_out = 0
        self._endpoint = endpoint
        self._messages = [{"role": "system", "content": head}]

    def user(self, text: str) -> None:
        self._messages.append({"role": "user", "content": without_control(text)})

    def results(self, steps: Sequence[CallStep]) -> None:
        self._messages.append({"role": "user", "content": response_text(step.text for step in steps)})

    async def speak(self) -> Written:
        """Raises NoReplyError, and what ``PacedEndpoint.ask`` raises."""
        reply, _, tokens_in, tokens_out = await self._endpoint.ask(self._messages)
        self.tokens_in += tokens_in
        self.tokens_out += tokens_out
        if reply.problem:
            raise NoReplyError(f"{reply.problem}: {reply.message}")
        self._messages.append({"role": "assistant", "content": reply.text})
        return read_written(reply.text, anywhere=True)
