"""What ``test.py --decode planner|mbr|best_of`` scores: a checkpoint's plans under the grammar."""

from data_process.rule_filter import filter_response
from data_process.schema import REQUEST, Row
from gplan.evaluation.predictions import Predictions
from gplan.metrics.placement import answer_tables, placement
from gplan.planner.chance import Chance
from gplan.planner.decode import Planner
from gplan.planner.least_risk import plans_of_least_risk
from gplan.planner.request import Answer


def plan_predictions(args, *tables: list[Row]) -> Predictions | None:
    """The responses to each table's rows and the forward passes they took; None on every rank but the first.

    Without drafts: what they save depends on the requests before, and so on the number of processes. A row's passes
    are here a matter of the row and the model alone, the most that it can take.

    Args:
        args: ``model``, ``decode``, ``k`` (plans among which ``mbr`` and ``best_of`` choose), ``batch_size`` (requests
            under way at once), ``seed`` (of what ``best_of`` draws) and ``dtype``.

    Raises:
        InputError: the folder holds no model that can be loaded, or none that was trained here.
        RuntimeError: a plan is not valid, which is a bug.
    """
    device, dtype = placement(args.dtype)
    slots = max(args.batch_size, args.k)
    planner = Planner.load(args.model, dtype=dtype, device=device, slots=slots, drafts=False)
    prompts = [len(planner.encoder.prompt(row)) for rows in tables for row in rows]
    planner.slots.reserve(
        min(max(prompts), planner.longest_prompt) + planner.limit
    )  # now, so that every process's passes have the same shapes

    def answer(rows: list[Row]) -> list[tuple[str, int]]:
        if args.decode == "mbr":
            chosen = plans_of_least_risk(planner, rows, args.k)
            texts = [planner.encoder.plan_response(one.plan, planner.mode) for one in chosen]
        else:
            chosen = planner.plan(rows) if args.decode == "planner" else likeliest_of(planner, rows, args.k, args.seed)
            texts = [planner.encoder.response_text(one.ids) for one in chosen]
        for row, text in zip(rows, texts, strict=True):
            check_valid(row, text)
        return [(text, one.forward_passes) for text, one in zip(texts, chosen, strict=True)]

    found = answer_tables(tables, args.batch_size, lambda row: len(planner.encoder.prompt(row)), answer)
    if found is None:
        return None
    texts, passes = ([[one[i] for one in table] for table in found] for i in range(2))
    return Predictions(texts, planner.mode == "picd", passes)


def likeliest_of(planner: Planner, rows: list[Row], k: int, seed: int) -> list[Answer]:
    """Of k plans drawn for each row the likeliest; what is drawn follows from the row and the seed alone."""
    keys = ["|".join(row[name] for name in REQUEST) for row in rows]
    chances = [[Chance(1.0, f"{seed} {number} {key}") for number in range(k)] for key in keys]
    return [max(own, key=lambda answer: answer.log_probability) for own in planner.sample(rows, chances)]


def check_valid(row: Row, text: str) -> None:
    """Raises RuntimeError unless the plan in a planner's response passes the rule filter, as every one must."""
    if reason := filter_response(text, has_order=bool(row["trigger_1"])):
        raise RuntimeError(
            f"a plan of the planner fails the rule filter ({reason}), which its grammar must not allow. This is a bug: "
            f"please report it with this request and response:\n{row}\n{text}"
        )
