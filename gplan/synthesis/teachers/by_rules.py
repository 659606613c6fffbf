"""``--teacher rules``: the rule teacher's words, and its expert's plan where a row has none."""

from data_process.intents import Plan
from data_process.schema import Row
from gplan.llm.journal import Entry, digest
from gplan.synthesis.rules.rule_teacher import FORMAT, RuleTeacher
from gplan.synthesis.teachers.jobs import Job
from gplan.synthesis.teachers.teacher import AtOnce, RowPlanner


def rules(rows: list[Row]) -> list[Plan | None]:
    """The rule teacher's plans, which are the expert's."""
    teacher = RuleTeacher()
    return [teacher.plan(row) for row in rows]


class ByRules(AtOnce):
    name = "rules"

    def __init__(self) -> None:
        self._teacher = RuleTeacher()

    def planner(self) -> RowPlanner:
        return rules

    def request(self, job: Job) -> str:
        return digest(["rules", FORMAT, job.source])

    def entries(self, job: Job) -> list[Entry]:
        plan = self._teacher.plan(job.row) if job.plan is None else job.plan
        text = self._teacher.label(job.row, plan)
        return [Entry(job.number, job.row["id"], job.source, self.request(job), 1, self.name, "", text, "stop")]
