"""What an agent must beat: one that always gives up, and one that reads out the first thing it finds."""

from collections.abc import Sequence

from stagent.queries.task import Task
from stagent.queries.trajectory import CallStep
from stagent.rollout.chat import ToolCall, Written
from stagent.rollout.sequence import TokenSequence

UNSOLVED = "[Unsolved] 抱歉，这个问题我处理不了。"


class AlwaysUnsolved:
    """Gives up on every task."""

    name = "always [Unsolved]"

    def begin(self, task: Task, seed: int) -> "UnsolvedDialogue":
        return UnsolvedDialogue()


class UnsolvedDialogue:
    """Says the same whatever is said."""

    def __init__(self) -> None:
        self.sequences: list[TokenSequence] = []

    def user(self, text: str) -> None:
        pass

    def results(self, steps: Sequence[CallStep]) -> None:
        pass

    async def speak(self) -> Written:
        return Written(UNSOLVED)


class FirstResult:
    """Searches for what the user says, in the user's city, and says the name and address of what comes first."""

    name = "first result"

    def begin(self, task: Task, seed: int) -> "FirstResultDialogue":
        return FirstResultDialogue(task)


class FirstResultDialogue(UnsolvedDialogue):
    """One search a turn, then its first item."""

    def __init__(self, task: Task):
        super().__init__()
        self._city, self._said = task.context.city, ""
        self._found: CallStep | None = None

    def user(self, text: str) -> None:
        self._said, self._found = text, None

    def results(self, steps: Sequence[CallStep]) -> None:
        self._found = steps[0]

    async def speak(self) -> Written:
        if self._found is None:
            return Written(
                "", (ToolCall("map_search_places", {"query": self._said, "region": self._city, "limit": 1}),)
            )
        items = self._found.content.get("items")
        if not items:
            return Written(UNSOLVED)
        return Written(f"{items[0]['name']}，地址是{items[0].get('address', items[0].get('district', ''))}。")
