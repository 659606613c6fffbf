"""Bad files and folders through the commands that read them: one clear error each, and nothing written.

Most commands run in this process, from their ``__main__`` block on, because importing torch takes seconds.
"""

import csv
import io
import json
import re
import runpy
import shutil
from pathlib import Path

import pytest
from transformers import AutoTokenizer

from add_tokens.extend import latent_tokens
from data_process import data_loader
from data_process.data_loader import CSVDataset
from data_process.encode import RowEncoder
from data_process.response import parse_label, plan_text
from data_process.schema import LABEL, write_rows
from tests.conftest import ROOT
from tests.doors.test_entry import FLAGS, start

ROWS = 4
# The row that is made bad: the third, in line 4.
BAD = 2


@pytest.fixture
def run(monkeypatch, capsys):
    """``run("test.py", "--json")`` -> (exit code, stdout, stderr)."""

    def command(script, *words):
        capsys.readouterr()
        monkeypatch.setattr("sys.argv", [script, *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(ROOT / script), run_name="__main__")
        return ended.value.code, *capsys.readouterr()

    return command


@pytest.fixture
def finetune(run, tiny_backbone, tmp_path):
    """Runs finetune.py with the tiny backbone; further flags are given as words."""

    def command(*words):
        base = ["--model", tiny_backbone, "--output_dir", tmp_path / "output", *FLAGS.split()]
        return run("finetune.py", *base, *words)

    return command


@pytest.fixture(scope="module")
def rows(labelled_rows):
    return labelled_rows[:ROWS]


@pytest.fixture(scope="module")
def clean(rows, tmp_path_factory):
    """A good file; each of its rows is one line."""
    path = tmp_path_factory.mktemp("clean") / "clean.csv"
    write_rows(path, rows)
    assert path.read_bytes().count(b"\n") == ROWS + 1
    return path


def the_error(result) -> str:
    """The one error line of a refused command, which says nothing on stdout and has no traceback."""
    code, out, err = result
    lines = err.splitlines()
    assert code == 2, err
    assert "Traceback" not in err
    assert [line for line in lines if line.startswith("error: ")] == lines[-1:]
    assert out == ""
    return lines[-1]


def line(change):
    """Changes the bad row's line: ``line(f)`` is a function of the file's bytes."""

    def corrupt(data):
        lines = data.split(b"\n")
        lines[BAD + 1] = change(lines[BAD + 1])
        return b"\n".join(lines)

    return corrupt


def label(change):
    """Changes the bad row's label, text to text: ``label(f)`` is a function of the file's bytes."""

    def corrupt(data):
        records = list(csv.reader(io.StringIO(data.decode(), newline="")))
        before = records[BAD + 1][-1]
        records[BAD + 1][-1] = change(before)
        assert records[BAD + 1][-1] != before
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(records)
        return text.getvalue().encode()

    return corrupt


def header(old, new):
    return lambda data: data.replace(old, new, 1)


def reasoning_and_plan(text):
    reasoning, tag, plan = text.rpartition("</THOUGHT>")
    return reasoning + tag, plan


def another_plan(change):
    def corrupt(text):
        reasoning, plan = reasoning_and_plan(text)
        return reasoning + json.dumps(change(json.loads(plan)), ensure_ascii=False)

    return corrupt


def doubled_step(text):
    step = re.search("<STEP_1>.*?</STEP_1>", text)[0]
    return text.replace(step, step + step)


# name, what happens to the file's bytes, words of the error beside the file's name
FILES = [
    ("missing column", header(b",trigger_7,", b","), ["missing column trigger_7", "header must hold the 32"]),
    ("extra column", header(b"id,", b"id,mood,"), ["unknown column 'mood'", "header must hold the 32"]),
    ("double column", header(b",trigger_7,", b",trigger_7,id,"), ["column id given twice", "header must hold the 32"]),
    ("GB 18030", lambda data: data.decode().encode("gb18030"), ["not UTF-8 at byte", "(line 2)", "save the file as"]),
    ("UTF-16", lambda data: data.decode().encode("utf-16"), ["not UTF-8 at byte 0 (line 1)", "save the file as"]),
    ("empty", lambda data: b"", ["the first line is empty", "it must hold the 32"]),
    ("header only", lambda data: data.split(b"\n")[0] + b"\n", ["a header but no rows", "give one with rows"]),
    ("open quote", line(lambda text: text.replace(b",", b',"', 1)), ["row 2 (line 4) is not CSV", "double the quotes"]),
]  # fmt: skip
# The same for a row that --bad_rows skip could leave out.
FIELDS = [
    ("too few fields", line(lambda text: text.replace(b",", b"", 1)), ["31 fields, the header has 32", "quote fields"]),
    ("too many fields", line(lambda text: text.replace(b",", b",,", 1)), ["33 fields, the header has 32", "quote"]),
    ("NUL", line(lambda text: text.replace(b",", b",\0", 1)), ["column profile_feat_1: a NUL byte; remove it"]),
]
LABELS = [
    ("no JSON", label(lambda text: reasoning_and_plan(text)[0] + "四步"), ["does not parse: plan.json"]),
    ("nothing", label(lambda text: ""), ["does not parse: plan.missing"]),
    ("cut off", label(lambda text: text[:-2]), ["does not parse: plan.truncated"]),
    ("unknown tool", label(another_plan(lambda plan: [*plan[:-1], {"工具名称": "tool_11"}])),
     ['the rule filter: schema.tool in {"工具名称":"tool_11"}']),
    ("unknown value", label(another_plan(lambda plan: [{"工具名称": "tool_7", "tag": "火锅"}, *plan[1:]])),
     ['the rule filter: schema.enum in {"工具名称":"tool_7","tag":"火锅"}']),
    ("fewer intents than steps", label(another_plan(lambda plan: plan[:-1])), ["STEP blocks for a plan of", "one per"]),
    ("no STRATEGY", label(lambda text: re.sub("<STRATEGY>.*</STRATEGY>", "", text)),
     ["block STRATEGY expected at '<STEP_1>", "each once"]),
    ("a step twice", label(doubled_step), ["block STEP_2 expected at '<STEP_1>", "each once"]),
    ("no reasoning", label(lambda text: reasoning_and_plan(text)[1]),
     ["no reasoning, but --cot_mode picd trains on it", "python -m gplan.synthesis augment"]),
]  # fmt: skip


def named(cases):
    return [pytest.param(*case[1:], id=case[0]) for case in cases]


@pytest.fixture
def corrupted(clean, tmp_path):
    def write(corrupt):
        path = tmp_path / "bad.csv"
        path.write_bytes(corrupt(clean.read_bytes()))
        return path

    return write


@pytest.mark.parametrize("flag", ["--train_csv", "--valid_csv"])
@pytest.mark.parametrize(("corrupt", "words"), named(FILES))
def test_a_bad_file_stops_training_and_skipping_rows_does_not_help(
    finetune, clean, corrupted, corrupt, words, flag, tmp_path
):
    path = corrupted(corrupt)
    # The flag given last wins.
    error = the_error(finetune("--train_csv", clean, flag, path, "--bad_rows", "skip"))
    assert all(word in error for word in [f"error: {path}: ", *words]), error
    assert not (tmp_path / "output").exists()


@pytest.mark.parametrize(("corrupt", "words"), named(FIELDS + LABELS))
def test_a_bad_row_stops_training_with_its_place_and_the_way_out(finetune, rows, corrupted, corrupt, words, tmp_path):
    path = corrupted(corrupt)
    error = the_error(finetune("--train_csv", path))
    assert all(word in error for word in words), error
    assert error.startswith(f"error: {path}: row 2 (line 4, id {rows[BAD]['id']}")
    if corrupt in [one for _, one, _ in LABELS]:
        assert "column raw_labels" in error
    assert "1 of 4 rows are bad" in error
    assert "--bad_rows skip (BAD_ROWS=skip) leaves them out" in error
    assert not (tmp_path / "output").exists()


def test_rows_that_do_not_fit_and_a_file_that_is_not_there(finetune, clean, tmp_path):
    error = the_error(finetune("--train_csv", clean, "--max_length", 40))
    assert f"error: {clean}: 4 of 4 rows are longer than --max_length 40 tokens" in error
    assert "--overlong skip leaves them out" in error
    error = the_error(finetune("--train_csv", tmp_path / "none.csv"))
    assert error == f"error: {tmp_path}/none.csv: no such file; give the path of a GSISR CSV"
    assert not (tmp_path / "output").exists()


def encoder_of(folder):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.add_tokens(latent_tokens())
    return RowEncoder(tokenizer, "compact")


def rewritten(data, line_end):
    """The same records with other line ends; what fields hold stays."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=line_end).writerows(csv.reader(io.StringIO(data.decode(), newline="")))
    return text.getvalue().encode()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda data: b"\xef\xbb\xbf" + data, id="BOM"),
        pytest.param(lambda data: rewritten(data, "\r\n"), id="CRLF"),
        pytest.param(lambda data: b"\xef\xbb\xbf" + rewritten(data, "\r\n") + b"\r\n\r\n", id="BOM, CRLF, empty lines"),
    ],
)
def test_a_byte_order_mark_and_line_ends_change_nothing(finetune, small_tokenizer_folder, rows, change, tmp_path):
    lined = [dict(row) for row in rows]
    lined[1]["short_term_behavior_seq"] += "\r\n另起一行\n又一行"
    lined[1][LABEL] = lined[1][LABEL].replace("</CONTEXT>", "\r\n第二行</CONTEXT>\n")
    plain, changed = tmp_path / "plain.csv", tmp_path / "changed.csv"
    write_rows(plain, lined)
    changed.write_bytes(change(plain.read_bytes()))
    assert changed.read_bytes() != plain.read_bytes()

    encoder = encoder_of(small_tokenizer_folder)
    first, second = (CSVDataset(path, encoder, "picd", max_length=4096) for path in (plain, changed))
    assert [first[1, i] for i in range(ROWS)] == [second[1, i] for i in range(ROWS)]
    shown = [
        finetune("--train_csv", path, "--preview", "1,5", "--preview_rows", ROWS, "--json", "true")
        for path in (plain, changed)
    ]
    assert (shown[0][0], shown[0][1]) == (shown[1][0], shown[1][1])
    assert [one["target"] for one in json.loads(shown[0][1])][1] == lined[1][LABEL] + "<|im_end|>"


@pytest.fixture
def mixed(labelled_rows, tmp_path):
    """Seven rows, of which 0, 2 and 6 are good; row 0 takes three lines."""
    rows = [dict(row, id=str(100 + i)) for i, row in enumerate(labelled_rows[:7])]
    rows[0]["long_term_behavior"] += "\n\n"
    rows[3][LABEL] = rows[3][LABEL][:-1]
    rows[4][LABEL] = plan_text(parse_label(rows[4][LABEL]).plan)
    rows[5]["current_city"] = "\0"
    path = tmp_path / "mixed.csv"
    write_rows(path, rows)
    lines = path.read_bytes().split(b"\n")
    lines[4] += b",one,two"
    path.write_bytes(b"\n".join(lines))
    return path


REPORT = [
    {"row": 1, "line": 5, "id": "101", "column": None, "reason": "row.fields"},
    {"row": 3, "line": 7, "id": "103", "column": "raw_labels", "reason": "plan.truncated"},
    {"row": 4, "line": 8, "id": "104", "column": "raw_labels", "reason": "reasoning.missing"},
    {"row": 5, "line": 9, "id": "105", "column": "current_city", "reason": "row.nul"},
]


def report_of(err):
    """The lines of the report that a row-count line or an error names."""
    path = Path(re.search(r"(?:see|listed in) (\S+\.bad_rows\.jsonl)", err)[1])
    report = [json.loads(one) for one in path.read_text(encoding="utf-8").splitlines()]
    assert all(one.pop("message") for one in report)
    return report


def test_bad_rows_are_left_out_counted_and_listed_and_again_from_the_cache(finetune, mixed, monkeypatch):
    words = ["--train_csv", mixed, "--bad_rows", "skip", "--preview", "1", "--preview_rows", 9, "--json", "true"]
    for _ in range(2):
        code, out, err = finetune(*words)
        assert code == 0
        # Their numbers are the file's.
        assert [one["row"] for one in json.loads(out)] == [0, 2, 6]
        assert f"{mixed}: 3 rows, 4 bad ones left out (1 row.fields, 1 plan.truncated, 1 reasoning.missing, 1" in err
        assert report_of(err) == REPORT
        monkeypatch.setattr(data_loader, "read_records", lambda *_: pytest.fail("the file was read again"))

    # Bad rows have no length either.
    assert "of 3 rows" in finetune(*words, "--json", "false")[1]
    # Out of the same cache, the default stops with the count.
    error = the_error(finetune("--train_csv", mixed))
    assert f"{mixed}: row 1 (line 5, id 101): 34 fields, the header has 32" in error
    assert "4 of 7 rows are bad" in error
    assert report_of(error) == REPORT


def test_a_row_without_reasoning_is_good_enough_for_direct_sft(finetune, mixed):
    words = ["--bad_rows", "skip", "--cot_mode", "direct_sft", "--preview", "1", "--preview_rows", 9, "--json", "true"]
    _, out, err = finetune("--train_csv", mixed, *words)
    assert [one["row"] for one in json.loads(out)] == [0, 2, 4, 6]
    assert report_of(err) == [REPORT[0], REPORT[1], REPORT[3]]


def test_a_run_without_its_bad_rows_says_so_in_its_manifest(finetune, mixed, clean, tmp_path):
    words = ["--train_csv", clean, "--valid_csv", mixed, "--max_steps", 1, "--batch_size", 2]
    assert f"{mixed}: row 1" in the_error(finetune(*words))
    code, _, err = finetune(*words, "--bad_rows", "skip")
    assert code == 0, err
    data = json.loads((tmp_path / "output" / "run.json").read_text())["data"]
    assert (data["train_rows"], data["train_rows_bad"]) == (4, {})
    assert data["valid_rows"] == 3
    assert data["valid_rows_bad"] == {"row.fields": 1, "plan.truncated": 1, "reasoning.missing": 1, "row.nul": 1}


def test_bad_rows_and_rows_that_are_too_long_are_told_apart(small_tokenizer_folder, mixed, labelled_rows):
    encoder = encoder_of(small_tokenizer_folder)
    dataset = CSVDataset(mixed, encoder, "picd", max_length=4096, bad_rows="skip")
    assert dataset.usable.tolist() == [True, False, True, False, False, False, True]
    kept = [parse_label(labelled_rows[i][LABEL]) for i in (0, 2, 6)]
    assert dataset.blocks[dataset.indices].tolist() == [len(one.blocks) for one in kept]
    longest = int(dataset.lengths(1).max())
    fewer = CSVDataset(mixed, encoder, "picd", max_length=longest - 1, overlong="skip", bad_rows="skip")
    assert (len(fewer), fewer.skipped, fewer.bad.total()) == (2, 1, 4)


def test_a_file_of_bad_rows_alone_is_refused_even_so(finetune, rows, tmp_path):
    path = tmp_path / "bare.csv"
    write_rows(path, [row | {LABEL: reasoning_and_plan(row[LABEL])[1]} for row in rows])
    error = the_error(finetune("--train_csv", path, "--bad_rows", "skip"))
    assert f"{path}: row 0 (line 2" in error
    assert f"write it with: python -m gplan.synthesis augment {path} OUT.csv --teacher rules" in error
    assert "4 of 4 rows are bad (4 reasoning.missing)" in error
    assert error.endswith("no row is left to use")


# Models


def settings(**changes):
    def corrupt(folder):
        path = folder / "config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    return corrupt


def removed(*names):
    return lambda folder: [(folder / name).unlink() for name in names]


def written(name, text):
    return lambda folder: (folder / name).write_text(text)


def cut(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1000])


def renamed_markers(folder):
    path = folder / "tokenizer.json"
    path.write_text(path.read_text(encoding="utf-8").replace("<|im_", "<|other_"), encoding="utf-8")


MODELS = [
    ("no folder", shutil.rmtree, ["no config.json there", "give the folder of a Qwen3 model"]),
    ("no config", removed("config.json"), ["no config.json there", "give the folder of a Qwen3 model"]),
    ("garbage config", written("config.json", "{oops"), ["config.json can't be used", "give the folder"]),
    ("config of no model", written("config.json", "[1]"), ["config.json can't be used (no JSON object)"]),
    ("unknown model", settings(model_type="gpt17"), ["config.json can't be used", "gpt17"]),
    ("impossible config", settings(num_attention_heads="two"), ["config.json can't be used", "num_attention_heads"]),
    ("another architecture", settings(model_type="bert", architectures=["BertForMaskedLM"]),
     ["no causal language model (found: BertForMaskedLM)", "give the folder of a Qwen3 model"]),
    ("no tokenizer", removed("tokenizer.json", "tokenizer_config.json"), ["no tokenizer.json there", "copy the"]),
    ("garbage tokenizer", written("tokenizer.json", "{oops"), ["the tokenizer can't be read", "copy the model's"]),
    # The end marker comes back as the end-of-sequence token of tokenizer_config.json.
    ("no ChatML", renamed_markers, ["no token <|im_start|>", "prompts need ChatML"]),
    ("no weights", removed("model.safetensors"), ["weights can't be loaded", "no file named model.safetensors"]),
    ("weights cut off", cut, ["weights can't be loaded", "fetch the folder anew"]),
    ("git-lfs pointer", written("model.safetensors", "version https://git-lfs.github.com/spec/v1\n"), ["git-lfs"]),
    ("weights of another shape", settings(intermediate_size=96), ["6 of the weights", "shape (model.layers.0.mlp"]),
    ("weights missing", settings(tie_word_embeddings=False), ["1 of the weights", "lm_head.weight"]),
]  # fmt: skip


@pytest.mark.parametrize("script", ["finetune.py", "test.py"])
@pytest.mark.parametrize(("corrupt", "words"), named(MODELS))
def test_a_folder_that_is_no_usable_model(run, tiny_backbone, clean, corrupt, words, script, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(tiny_backbone, folder)
    corrupt(folder)
    rows = "--train_csv" if script == "finetune.py" else "--valid_csv"
    flags = FLAGS.split() if script == "finetune.py" else []
    error = the_error(run(script, "--model", folder, rows, clean, "--output_dir", tmp_path / "output", *flags))
    assert all(word in error for word in [f"error: --model {folder}: ", *words]), error
    assert not (tmp_path / "output").exists()


# The other commands that read a GSISR file

COMMANDS = {
    "rule_filter": lambda path, out: ["data_process/rule_filter.py", path],
    "split": lambda path, out: ["data_process/split.py", path, out, f"{out}2", "--valid_rows", 1],
    "augment": lambda path, out: ["synthesize.py", "augment", path, out, "--teacher", "rules", "--replace"],
    "counterfactual": lambda path, out: ["synthesize.py", "twins", path, out, "--teacher", "rules"],
    "compare": lambda path, out: ["gplan/world/__main__.py", "--forest", path, path],
    "world": lambda path, out: ["gplan/world/__main__.py", "--compare", path],
    "test": lambda path, out: ["test.py", "--predictions", path, "--valid_csv", path, "--output_dir", out],
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(("corrupt", "words"), named(FILES))
def test_other_commands_refuse_the_same_files(run, corrupted, corrupt, words, command, tmp_path):
    path, out = corrupted(corrupt), tmp_path / "out"
    error = the_error(run(*COMMANDS[command](path, out)))
    assert all(word in error for word in [f"error: {path}: ", *words]), error
    assert not list(tmp_path.glob("out*"))


@pytest.mark.parametrize("command", sorted(COMMANDS.keys() - {"rule_filter"}))
@pytest.mark.parametrize(("corrupt", "words"), named(FIELDS))
def test_other_commands_refuse_the_same_rows(run, corrupted, corrupt, words, command, tmp_path):
    path, out = corrupted(corrupt), tmp_path / "out"
    error = the_error(run(*COMMANDS[command](path, out)))
    assert all(word in error for word in [f"error: {path}: ", *words]), error
    assert not list(tmp_path.glob("out*"))


@pytest.mark.parametrize(
    ("corrupt", "reason"), [(FIELDS[0][1], "fields"), (FIELDS[1][1], "fields"), (FIELDS[2][1], "nul")]
)
def test_rule_filter_lists_such_rows_with_the_others(run, corrupted, corrupt, reason):
    path = corrupted(corrupt)
    code, out, _ = run(*COMMANDS["rule_filter"](path, None))
    assert code == 0
    assert f"{path}: 3 of 4 rows pass" in out
    assert re.search(rf"row 2 \(id \d+\): row.{reason}$", out, re.MULTILINE)


@pytest.mark.parametrize("command", ["augment", "counterfactual", "test"])
def test_labels_that_no_other_command_can_use(run, corrupted, command, tmp_path):
    path, out = corrupted(label(lambda text: text[:-2])), tmp_path / "out"
    error = the_error(run(*COMMANDS[command](path, out)))
    assert f"{path}: row 2" in error
    assert "column raw_labels: the label does not parse" in error
    assert not list(tmp_path.glob("out*"))


@pytest.mark.parametrize(
    ("words", "corrupt", "expected"),
    [
        (["finetune.py", "--model", "MODEL", "--train_csv", "FILE", *FLAGS.split()], FIELDS[0][1], "row 2 (line 4"),
        (["test.py", "--model", "FILE", "--valid_csv", "FILE"], FILES[0][1], "missing column trigger_7"),
        (["-m", "data_process.rule_filter", "FILE"], FILES[3][1], "not UTF-8"),
    ],
    ids=["finetune", "test", "rule_filter"],
)
def test_in_a_process_of_its_own(tiny_backbone, corrupted, words, corrupt, expected, tmp_path):
    path = corrupted(corrupt)
    words = [{"FILE": path, "MODEL": tiny_backbone}.get(word, word) for word in words]
    if words[0] != "-m":
        words += ["--output_dir", tmp_path / "output"]
    done = start(*words)
    error = the_error((done.returncode, done.stdout, done.stderr))
    assert f"error: {path}: " in error
    assert expected in error
    assert not (tmp_path / "output").exists()


def test_an_error_stays_one_line_whatever_a_name_holds(run, clean, tmp_path):
    path = tmp_path / "bad.csv"
    path.write_bytes(clean.read_bytes().replace(b"id,", b'"i\nd\x1b[2J",', 1))
    error = the_error(run("data_process/rule_filter.py", path))
    assert r"unknown column 'i\nd\x1b[2J';" in error
