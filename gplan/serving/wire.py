"""What goes over the wire: rows in, plans out, and one form for every error.

    {"currenttime": "2026-02-10 09:30:00", "current_city": "临沧市", "trigger_1": "酒店", …}      or a list of such rows
    {"request_id": …, "arm": …, "plan": [{"工具名称": "tool_6"}, …], "valid": true, "log_probability": -0.93, …}
    {"error": {"message": "currenttime: not a time; write YYYY-MM-DD HH:MM:SS", "field": "currenttime"}}

A value is refused only if it would break something: a time that can't be read leaves the prompt without its hours, a
flag other than 0 and 1 counts as 0, and a misspelt column would be an empty one. What has one meaning, like
``2026/2/10 0:19``, is read as files are (``data_process.cells``).
"""

import difflib
import itertools
import json
from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, create_model

from data_process.cells import Cells, read_cells
from data_process.intents import Intent
from data_process.schema import COLUMNS, LABEL, Row

MAX_K = 10
MAX_ROWS = 32  # of a list
MAX_BODY = 1 << 20  # bytes; a full list of real rows takes 0.1 MB, twice that with \u escapes
MAX_TEXT = 2048  # characters of a column; the longest real one has 532
_NAMED = 20  # errors that one answer lists
_NEEDED = ("currenttime", "current_city")
_KNOWN = frozenset(COLUMNS)


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


_Text = Annotated[str, Field(max_length=MAX_TEXT), AfterValidator(_text)]
_Time = Annotated[_Text, Field(description="YYYY-MM-DD HH:MM:SS")]
_Flag = Annotated[_Text, Field(description="0 or 1")]
_KINDS: dict[str, Any] = {
    "currenttime": (_Time, ...),
    "current_city": (_Text, ...),
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


class Parsed(NamedTuple):
    """``rows`` with their 32 columns; whether they came as a list; how many cells were read as something else."""

    rows: list[Row]
    listed: bool
    rewritten: int


def parse_rows(body: bytes, most: int = MAX_ROWS) -> Parsed:
    """The rows of a request's body, in time that grows with its length and no faster.

    ``parse_rows(b'{"currenttime": "2026-02-10 09:30:00", "current_city": "x"}')`` -> ``Parsed([{…}], False, 0)``

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
    read, problems = Parsed([], listed, 0), []
    for place, row in enumerate(rows):
        cells, wrong = _row(row, place if listed else None)
        problems += wrong
        if len(problems) >= _NAMED:  # more would be found only to be left out
            break
        if cells:
            read.rows.append(cells.row)
            read = read._replace(rewritten=read.rewritten + len(cells.rewritten))
    if problems := problems[:_NAMED]:
        raise ApiError(422, **problems[0], details=problems if len(problems) > 1 else None)
    return read


class _Pairs(dict):
    """A JSON object that remembers which names were given twice."""

    def __init__(self, pairs: list[tuple[str, Any]]):
        super().__init__(pairs)
        seen: set[str] = set()
        # seen.add returns None: a name is a double from its second time on
        twice = (name for name, _ in pairs if name in seen or seen.add(name)) if len(self) < len(pairs) else ()
        self.doubles = list(itertools.islice(twice, _NAMED))


def _row(given: Any, place: int | None) -> tuple[Cells | None, list[dict]]:
    """The cells of a row with its 32 columns, or what is wrong with it: at most ``_NAMED`` of each kind."""
    if not isinstance(given, _Pairs):
        return None, [_problem(place, None, "not a row; send a JSON object of columns")]
    problems = [_problem(place, name, "given twice") for name in given.doubles]
    unknown = itertools.islice((name for name in given if name not in _KNOWN), _NAMED)
    problems += [_problem(place, name, _no_such_column(name)) for name in unknown]
    try:
        row = PlanRow.model_validate({name: value for name, value in given.items() if name in _KNOWN})
    except ValidationError as error:
        problems += [_problem(place, str(wrong["loc"][0]), _words(wrong)) for wrong in error.errors(include_url=False)]
        return None, problems
    cells = read_cells(row.model_dump())
    problems += [_problem(place, column, message) for column, _, message in cells.errors]
    problems += [_problem(place, name, "empty; a plan needs it") for name in _NEEDED if not cells.row[name]]
    return cells, problems


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
    if kind == "string_type":
        return 'not text; put it in quotes, and write "" for nothing'
    if kind == "string_unicode":
        return "half of a surrogate pair; send whole characters"
    if kind == "string_too_long":
        return f"{len(error['input']):,} characters; {MAX_TEXT:,} at most"
    return str(error["ctx"]["error"])  # one of ours above


def _no_such_column(name: str) -> str:
    near = difflib.get_close_matches(name[:40], COLUMNS, n=1)
    return f"no such column{f'; is it {near[0]}?' if near else '; the columns are those of a GSISR file'}"
