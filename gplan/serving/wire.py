"""What goes over the wire: rows in, plans out, and one form for every error.

    {"currenttime": "2026-02-10 09:30:00", "current_city": "临沧市", "trigger_1": "酒店", …}      or a list of such rows
    {"request_id": …, "arm": …, "plan": [{"工具名称": "tool_6"}, …], "valid": true, "log_probability": -0.93, …}
    {"error": {"message": "currenttime: not a time; write YYYY-MM-DD HH:MM:SS", "field": "currenttime"}}

A value is refused only if it would break something: a time that can't be read leaves the prompt without its hours, a
flag other than 0 and 1 counts as 0, and a misspelt column would be an empty one.
"""

import difflib
import json
import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, create_model

from data_process.intents import Intent
from data_process.schema import COLUMNS, LABEL, Row
from data_process.situation import parse_time

MAX_K = 10
MAX_ROWS = 32  # of a list
MAX_BODY = 1 << 20  # bytes; a full list of real rows takes 0.1 MB, twice that with \u escapes
# Characters of a column. The longest real one has 532; a history's pattern takes time that grows with the square.
MAX_TEXT = 2048
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
_NAMED = 20  # errors that one answer lists


class ApiError(Exception):
    """An answer other than a plan. ``row`` is the place in a list, from 0."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        field: str | None = None,
        row: int | None = None,
        details: list[dict] | None = None,
        headers: dict[str, str] | None = None,
    ):
        super().__init__(message)
        self.status, self.headers = status, headers
        named = {"message": message, "field": field, "row": row, "details": details}
        self.content = {"error": {name: value for name, value in named.items() if value is not None}}


def _text(value: str) -> str:
    if "\0" in value:
        raise ValueError("a NUL character; remove it")
    return value


def _time(value: str) -> str:
    if value and not (_TIME.fullmatch(value) and parse_time(value)):
        raise ValueError("not a time; write YYYY-MM-DD HH:MM:SS")
    return value


def _flag(value: str) -> str:
    if value not in ("", "0", "1"):
        raise ValueError('not a flag; write "0" or "1"')
    return value


def _required(value: str) -> str:
    if not value:
        raise ValueError("empty; a plan needs it")
    return value


_Text = Annotated[str, Field(max_length=MAX_TEXT), AfterValidator(_text)]
_Time = Annotated[_Text, AfterValidator(_time), Field(description="YYYY-MM-DD HH:MM:SS")]
_Flag = Annotated[_Text, AfterValidator(_flag), Field(description="0 or 1")]
_Needed = AfterValidator(_required)
_KINDS: dict[str, Any] = {
    "currenttime": (Annotated[_Time, _Needed], ...),
    "current_city": (Annotated[_Text, _Needed], ...),
    "holidayflag": (_Flag, ""),
    "weekendflag": (_Flag, ""),
    "trigger_1": (Annotated[_Text, Field(description="kind of the order; empty: no order")], ""),
    **{f"trigger_{i}": (_Time, "") for i in (5, 6, 7)},
    "id": (Annotated[_Text, Field(description="not looked at")], ""),
    LABEL: (Annotated[str, Field(description="not looked at")], ""),
}
PlanRow = create_model(
    "Row",
    __config__=ConfigDict(extra="forbid", strict=True),
    __doc__="A request: the columns of a GSISR file, all text.",
    **{name: _KINDS.get(name, (_Text, "")) for name in COLUMNS},
)


class Options(BaseModel):
    """What can stand behind the question mark of ``/v1/plan``."""

    model_config = ConfigDict(extra="forbid")
    k: Annotated[int, Field(ge=1, le=MAX_K, description="how many of the best plans to list")] = 1
    explain: Annotated[bool, Field(description="list the decisions that led to the plan")] = False


class DecisionMade(BaseModel):
    """A choice of the model: ``step`` is the intent's place (0: the plan as a whole), ``options`` sum to 1."""

    step: int
    field: str
    chosen: str
    probability: float
    options: dict[str, float]


class Alternative(BaseModel):
    plan: list[Intent]
    log_probability: Annotated[float, Field(description="in nats, among all valid plans")]


class Timing(BaseModel):
    """Milliseconds waiting, planning and in all; passes of the model that the plan took part in."""

    queue_ms: float
    plan_ms: float
    total_ms: float
    forward_passes: int


class Planned(Alternative):
    """The answer to a row. ``decisions`` with explain; ``alternatives``, the k best plans in order, with k > 1."""

    request_id: str
    arm: str
    valid: Annotated[bool, Field(description="whether the plan passes the rule filter")]
    decisions: list[DecisionMade] | None = None
    alternatives: list[Alternative] | None = None
    alternatives_complete: Annotated[
        bool | None, Field(description="false: the search gave up before these were proved to be the k best")
    ] = None
    timing: Timing


class Problem(BaseModel):
    """What is wrong: in which field, in which row of a list (from 0); ``details`` if it is more than one thing."""

    message: str
    field: str | None = None
    row: int | None = None
    details: list["Problem"] | None = None


class Refused(BaseModel):
    error: Problem


def parse_rows(body: bytes, most: int = MAX_ROWS) -> tuple[list[Row], bool]:
    """The rows of a request's body, and whether they came as a list.

    ``parse_rows(b'{"currenttime": "2026-02-10 09:30:00", "current_city": "x"}')`` -> ``([{…32 columns}], False)``

    Raises:
        ApiError: 400 for what is no JSON, 413 for more than ``most`` rows, 422 naming the field otherwise.
    """
    try:
        given = json.loads(body, object_pairs_hook=_Pairs)
    except RecursionError:
        raise ApiError(400, "the body is nested too deep; send a row, or a list of rows, as JSON") from None
    except ValueError as error:
        raise ApiError(400, f"the body is not JSON ({error}); send a row, or a list of rows") from None
    listed = isinstance(given, list)
    rows = given if listed else [given]
    if not rows:
        raise ApiError(422, "the list is empty; send at least one row")
    if len(rows) > most:
        raise ApiError(413, f"{len(rows)} rows; {most} at most in one list")
    judged = [_row(row, place if listed else None) for place, row in enumerate(rows)]
    problems = [problem for _, wrong in judged for problem in wrong][:_NAMED]
    if problems:
        raise ApiError(422, **problems[0], details=problems if len(problems) > 1 else None)
    return [row for row, _ in judged], listed


class _Pairs(dict):
    """A JSON object that remembers which names were given twice."""

    def __init__(self, pairs: list[tuple[str, Any]]):
        super().__init__(pairs)
        names = [name for name, _ in pairs]
        self.doubles = [name for name in self if names.count(name) > 1] if len(self) < len(names) else []


def _row(given: Any, place: int | None) -> tuple[Row, list[dict]]:
    """A row with its 32 columns, or what is wrong with it."""
    if not isinstance(given, _Pairs):
        return {}, [_problem(place, None, "not a row; send a JSON object of columns")]
    problems = [_problem(place, name, "given twice") for name in given.doubles]
    try:
        row = PlanRow.model_validate(given)
    except ValidationError as error:
        problems += [_problem(place, str(wrong["loc"][0]), _words(wrong)) for wrong in error.errors(include_url=False)]
        return {}, problems
    return row.model_dump(), problems


def _problem(place: int | None, field: str | None, message: str) -> dict:
    # A name that is no column can be anything, and a page long.
    field = field if field is None or field in COLUMNS else repr(field[:40])[1:-1]
    words = ([f"row {place}"] if place is not None else []) + ([field] if field else []) + [message]
    named = {"message": ": ".join(words), "field": field, "row": place}
    return {name: value for name, value in named.items() if value is not None}


def _words(error: Any) -> str:
    """A pydantic error as a sentence that says what to do."""
    kind = error["type"]
    if kind == "missing":
        return "missing; a plan needs it"
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(error["loc"][0])[:40], COLUMNS, n=1)
        return f"no such column{f'; is it {near[0]}?' if near else '; the columns are those of a GSISR file'}"
    if kind == "string_type":
        return 'not text; put it in quotes, and write "" for nothing'
    if kind == "string_unicode":
        return "half of a surrogate pair; send whole characters"
    if kind == "string_too_long":
        return f"{len(error['input']):,} characters; {MAX_TEXT:,} at most"
    return str(error["ctx"]["error"])  # one of ours above
