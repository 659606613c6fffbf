"""A fuzzer for what reads other people's text: the response parser and the CSV reader.

    pip install -r config/requirements/fuzz.txt     # Linux, CPython 3.11 to 3.13; no torch needed
    python -m tests.fuzz response --inputs 1000000
    python -m tests.fuzz csv --inputs 1000000
    python -m tests.fuzz csv output_fuzz/csv/crash                   # one input again; needs no atheris

Inputs start from the seeds below and are changed by ``change`` and by libFuzzer, which keeps those that reach new
branches of ``response``, ``rule_filter`` and ``schema``. Each goes through a check of ``tests/fuzz/properties.py``; the
first that fails it ends the run with a traceback and lies in ``output_fuzz/TARGET/`` as ``crash`` (``timeout-…`` if
it hangs). ``output_fuzz/TARGET/corpus`` holds the inputs that were kept, and a later run starts from them; without
that folder, the same ``--seed`` gives the same inputs. One run of a target at a time: they share the folder.
"""

import csv
import io
import random
import sys
import types
from pathlib import Path

from data_process import response, rule_filter, schema
from data_process.intents import all_intents, render_plan
from tests.fuzz.properties import LARGEST, check_csv, check_response
from utils import Parser

TARGETS = ("response", "csv")

# What goes wrong first, put in anywhere.
TOKENS = (
    *("<THOUGHT>", "</THOUGHT>", "<CONTEXT>", "</CONTEXT>", "<STRATEGY>", "</STRATEGY>", "<STEP_1>", "</STEP_1>"),
    *("<STEP_0>", "<STEP_10>", "</STEP_١>", "<STEP_1></STEP_1>", "<T_1_a>", "<|im_end|>", "```", "```json\n", "\n```"),
    *("[", "]", "{", "}", "},{", ",", ":", '"', '""', '","', '"\n"', "\\", '\\"', "\\u0022", "\\u003cTHOUGHT>"),
    *("\\ud83d", "\\ude00", "\ud800", "\udcff", "😀", "e\u0301", "\ufeff", "\0", "\x1c", "\x85", "\u2028", "\u3000"),
    *(" ", "\t", "\n", "\r", "\r\n", "NaN", "-Infinity", "1e400", "1.0", "-0", "9" * 4_301, "true", "null", "[1]"),
    *('{"工具名称":"tool_9"},', '"tag":"美食",', '"a":1,"\\u0061":2', '{"a":' * 9, '{"a":[1]},', "{}", "tool_11"),
)


def response_seeds() -> list[str]:
    """Labels of the rule teacher, whole, cut and wrapped, and short texts that are wrong in one way each."""
    from gplan.synthesis.rules.rule_teacher import RuleTeacher
    from gplan.world.rows import generate

    rows = list(generate(3, seed=1))
    plans = [response.parse_response(row[schema.LABEL]).plan for row in rows]
    labels = [RuleTeacher().label(row, plan) for row, plan in zip(rows, plans, strict=True)]
    short = "<THOUGHT><CONTEXT>在家</CONTEXT>\n<STRATEGY>吃</STRATEGY><STEP_1>近</STEP_1> </THOUGHT>" + "[{}]"
    plan = render_plan(all_intents()[42:45])
    wrapped = [f"```json\n{plan}\n```", f"计划: {plan} 完", f"<THOUGHT>[1]</THOUGHT>{plan}", f"<THOUGHT>{short}"]
    wrong = ['[{"a":1,"a":2}]', '[{"a":NaN}]', '[{"a":1e400}]', '[{"a":[1.0,null]},{},{}]', "", "[1]"]
    wrong += ['[{"a":"\\ud83d\\ude00"}]', "[" + "{}," * 300]
    wrong += ['[{"a":' + "[" * depth + "]" * depth + "}]" for depth in (7, 8, 2_000)]
    return [*labels, labels[0][:-30], labels[1][:200], render_plan(plans[0]), short, *wrapped, *wrong]


def csv_seeds() -> list[str]:
    """Files in every dialect that is read (and some that are refused), with generated and with short rows."""
    from gplan.world.rows import generate

    rows = [list(row.values()) for row in generate(1, seed=1)]
    label = '[{"工具名称":"tool_8"},{"工具名称":"tool_9"}]'
    short = [["1", "", "NA", *["x"] * 14, *[""] * 14, label], ["2", *['a "b"\r\n,'] * 2, *[""] * 28, label]]
    seeds = [_file(rows), _file(short), _file(short, quoting=csv.QUOTE_ALL), _file(short[:1], lineterminator="\r")]
    seeds += ["\ufeff" + _file(short, lineterminator="\r\n"), _file(short) + "\n\r\n" + _file(short).partition("\n")[2]]
    seeds += [_file([short[0][:-1]]), _file([[*short[0], "y"]]), _file(short).replace('""', '"'), _file([]), ""]
    return [*seeds, _file([[*short[0][:-1], "y" * 131_072]]), _file([one[::-1] for one in short], schema.COLUMNS[::-1])]


def _file(rows: list[list[str]], header: tuple[str, ...] = schema.COLUMNS, **dialect) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, **{"lineterminator": "\n", **dialect}).writerows([header, *rows])
    return text.getvalue()


def mutate(text: str, choose: random.Random, start: int = 0) -> str:
    """``text`` with one change at or after ``start``: a token in, a slice out, moved, or repeated up to ``LARGEST``."""
    here = choose.randint(start, len(text))
    there = min(len(text), here + choose.choice((0, 1, 2, 5, 20, 100)))
    piece, token = text[here:there], choose.choice(TOKENS)
    match choose.randrange(8):
        case 0:
            return text[:here] + text[there:]
        case 1:
            rest = text[:here] + text[there:]
            other = choose.randint(start, len(rest))
            return rest[:other] + piece + rest[other:]
        case 2:  # where reading is quadratic, many pieces show it, equal or numbered; mostly few, which is cheap
            piece = choose.choice((piece, token, piece + token)) or token
            times = int(10 ** choose.uniform(0, 6)) if choose.randrange(20) == 0 else choose.randint(2, 12)
            times = min(times, LARGEST // len(piece))
            many = piece * times if choose.randrange(4) else "".join(f"{piece}{i}" for i in range(times))
            return text[:here] + many[:LARGEST] + text[there:]
        case 3:
            return text[:here] + token + text[there:]
        case _:
            return text[:here] + token + text[here:]


def mutate_field(text: str, choose: random.Random) -> str | None:
    """The same CSV with one field changed and all of them quoted rightly, so that it is read and not refused."""
    try:
        header, *rows = csv.reader(io.StringIO(text, newline=""))
    except (csv.Error, ValueError):
        return None
    if not rows or not all(rows):
        return None
    row = choose.choice(rows)
    column = choose.randrange(len(row))
    row[column] = mutate(row[column], choose)
    quoting = choose.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    return _file(rows, header, quoting=quoting, lineterminator=choose.choice(("\n", "\r", "\r\n")))


def mutate_label(text: str, choose: random.Random) -> str | None:
    """The same label with the text of one block or one value changed, which mostly leaves it a label."""
    try:
        label = response.parse_label(text)
    except response.LabelError:
        return None
    blocks = [[block.name, block.text] for block in label.blocks]
    places = [(block, 1) for block in blocks]
    places += [(one, key) for one in label.plan for key, value in one.items() if isinstance(value, str)]
    if not places:
        return None
    place, key = choose.choice(places)
    place[key] = mutate(place[key], choose)
    thought = "".join(f"<{name}>{text}</{name}>" for name, text in blocks)
    return (f"<THOUGHT>{thought}</THOUGHT>" if blocks else "") + render_plan(label.plan)


def change(target: str, text: str, choose: random.Random) -> str:
    """``text`` with one change or a few; half the time within one field or block, so that it is still accepted."""
    inner = mutate_label if target == "response" else mutate_field
    if choose.randrange(2) and (changed := inner(text, choose)) is not None:
        return changed
    start = body(target, text, choose)
    for _ in range(choose.choice((1, 1, 2, 4))):
        text = mutate(text, choose, start)
    return text


def body(target: str, text: str, choose: random.Random) -> int:
    """Where changes may start: mostly after a CSV's header, which would be refused with nearly any change."""
    return text.find("\n") + 1 if target == "csv" and choose.randrange(8) else 0


def encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def decode(data: bytes) -> str:
    """Any bytes as text; what is not UTF-8 becomes lone surrogates."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "surrogateescape")


def fuzz(target: str, inputs: int, seed: int, folder: Path) -> None:
    """Runs libFuzzer; it ends the process itself, with status 0 if nothing was found."""
    import atheris

    for module in (response, rule_filter, schema):
        for function in vars(module).values():
            if isinstance(function, types.FunctionType) and function.__module__ == module.__name__:
                atheris.instrument_func(function)

    seeds = response_seeds() if target == "response" else csv_seeds()

    def next_input(data: bytes, max_size: int, number: int) -> bytes:
        choose = random.Random(number)
        text = decode(data)
        if way := choose.randrange(3):
            # libFuzzer keeps every new way to be refused, so most of what it offers is: a third begin at a seed again
            return encode(change(target, text if way == 1 else choose.choice(seeds), choose))[:max_size]
        head = encode(text[: body(target, text, choose)])[: max_size // 2]
        return head + atheris.Mutate(data[len(head) :], max_size - len(head))

    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(seeds):
        (corpus / f"seed_{number:02d}").write_bytes(encode(text))
    options = {
        "runs": inputs,
        "seed": seed,
        "max_len": LARGEST,
        "len_control": 0,  # else it would begin with inputs of a few bytes
        "timeout": 120,  # seconds by the clock, for a real hang on a busy machine; the checks have their own bound
        "rss_limit_mb": 4_096,
        "artifact_prefix": f"{folder}/",
        "print_final_stats": 1,
    }
    arguments = [sys.argv[0], *(f"-{name}={value}" for name, value in options.items()), str(corpus)]

    def check_one(data: bytes) -> None:
        try:
            check(target, data, folder)
        except BaseException:
            # libFuzzer would write it after Python has ended, and its alarm clock can strike in between
            (folder / "crash").write_bytes(data)
            raise

    atheris.Setup(arguments, check_one, custom_mutator=next_input)
    atheris.Fuzz()


def check(target: str, data: bytes, folder: Path) -> None:
    if target == "response":
        check_response(decode(data))
    else:
        check_csv(data, folder)


def main() -> int:
    parser = Parser(prog="python -m tests.fuzz", description="Fuzz the parser or the CSV reader.")
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("file", nargs="?", type=Path, help="check this input only")
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    folder = Path("output_fuzz") / args.target
    folder.mkdir(parents=True, exist_ok=True)
    if args.file and not args.file.is_file():
        parser.error(f"{args.file}: no such file")
    if args.file:
        check(args.target, args.file.read_bytes(), folder)
        print(f"{args.file}: nothing wrong")
        return 0
    try:
        fuzz(args.target, args.inputs, args.seed, folder)
    except ModuleNotFoundError as error:
        if error.name != "atheris":
            raise
        print("error: atheris is missing; pip install -r config/requirements/fuzz.txt", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
