"""What public bug reports broke: files as they are, and what else they named."""

import json
import shutil

import pytest
from safetensors.torch import load_file
from transformers import AutoTokenizer

from data_process.intents import render_plan
from data_process.response import parse_label
from data_process.schema import LABEL, read_rows, write_rows
from gplan.evaluation.free import gold_lengths
from tests.conftest import tiny_qwen3
from tests.support.doors import finetune, here, in_folder, refused, score
from utils import InputError

# The public data's own files


def test_the_readmes_way_on_a_file_with_rows_that_break_rules(tiny_backbone, labelled_rows, tmp_path):
    """Three of 24 labels are no good to train on, as 4 of the 1,000 public ones: two repeat an intent, one begins with
    a reference to an intent before. Scoring keeps all 24."""
    rows = [dict(row) for row in labelled_rows[:24]]
    for row in rows:
        row[LABEL] = render_plan(parse_label(row[LABEL]).plan)
    for number in (3, 10):
        rows[number][LABEL] = render_plan([{"工具名称": name} for name in ("tool_9", "tool_8", "tool_9")])
    plan = parse_label(rows[7][LABEL]).plan
    rows[7][LABEL] = render_plan(
        [{"工具名称": "tool_1", "起始位置": "当前位置", "终点位置": "前一位推荐结果"}, *plan[1:]]
    )
    write_rows(tmp_path / "test.csv", rows)
    augment = ("augment", "test.csv", "cot_test.csv", "--teacher", "rules")
    stopped = in_folder(tmp_path, "synthesize", *augment)
    line = refused(stopped, "test.csv: row 3 (line 5, id 100003), column raw_labels: the plan fails the rule filter")
    assert "3 of 24 rows are bad (2 logic.duplicate, 1 logic.unresolved_reference)" in line
    assert not (tmp_path / "cot_test.csv").exists()
    skipped = in_folder(tmp_path, "synthesize", *augment, "--bad_rows", "skip")
    assert skipped.returncode == 0, skipped.stderr
    listed = (tmp_path / "cot_test.csv.bad_rows.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["row"] for line in listed] == [3, 7, 10]
    assert len(read_rows(tmp_path / "cot_test.csv")) == 21
    more = ("--max_steps", "2", "--save_strategy", "no", "--valid_csv", tmp_path / "cot_test.csv")
    trained = finetune(tiny_backbone, tmp_path / "cot_test.csv", tmp_path / "out", *more)
    assert trained.returncode == 0, trained.stderr
    # JSON-only labels are what direct_sft trains on: the same flag, the same meaning
    direct = ("--cot_mode", "direct_sft", "--bad_rows", "skip", "--max_steps", "1", "--save_strategy", "no")
    trained = finetune(tiny_backbone, tmp_path / "test.csv", tmp_path / "direct", *direct)
    assert trained.returncode == 0 and "21 rows, 3 bad ones left out" in trained.stderr
    scored = score(
        "--model",
        tmp_path / "out",
        "--valid_csv",
        tmp_path / "test.csv",
        "--json",
        "--output_dir",
        tmp_path / "results",
    )
    assert json.loads(scored.stdout)["rows"] == 24, scored.stderr
    for words in (("generate", "test.csv", "made"), ("filter", "test.csv", "made"), ("twins", "test.csv", "t.jsonl")):
        assert "3 of 24 rows are bad" in refused(in_folder(tmp_path, "synthesize", *words))
        done = in_folder(tmp_path, "synthesize", *words, "--bad_rows", "skip")
        assert done.returncode == 0, done.stderr
        assert "3 of 24 rows can't be used and are left out" in done.stderr


def test_scoring_can_go_on_without_rows_that_do_not_parse(picd_checkpoint, labelled_rows, tmp_path):
    rows = [dict(row) for row in labelled_rows[:6]]
    rows[2][LABEL] = "[{"
    write_rows(tmp_path / "gold.csv", rows)
    words = (
        "--model",
        picd_checkpoint,
        "--valid_csv",
        tmp_path / "gold.csv",
        "--output_dir",
        tmp_path / "r",
    )
    refused(score(*words), "row 2 (line 4, id 100002), column raw_labels: the label does not parse")
    scored = score(*words, "--bad_rows", "skip", "--json")
    assert json.loads(scored.stdout)["rows"] == 5, scored.stderr
    lines = [json.loads(line) for line in (tmp_path / "r" / "predictions.jsonl").read_text().splitlines()]
    assert [line["row"] for line in lines] == [0, 1, 3, 4, 5]
    assert json.loads((tmp_path / "r" / "bad_rows.jsonl").read_text())["row"] == 2
    again = score(
        "--predictions",
        tmp_path / "r" / "predictions.jsonl",
        "--valid_csv",
        tmp_path / "gold.csv",
        "--bad_rows",
        "skip",
        "--json",
        "--output_dir",
        tmp_path / "r2",
    )
    first, second = (json.loads(one.stdout) for one in (scored, again))
    assert second["acc@1"] == first["acc@1"]


# Ten more reports: what they broke here


@pytest.mark.parametrize(("sign", "name"), [(";", "semicolons"), ("\t", "tabs")])
def test_columns_that_are_parted_by_something_else(sign, name, cot_csv, tmp_path):
    text = cot_csv.read_text(encoding="utf-8").replace(",", sign, 31)
    (tmp_path / "rows.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=f"its columns are parted by {name}; save it with commas"):
        read_rows(tmp_path / "rows.csv")


def test_a_recipe_in_another_encoding_is_one_line(tmp_path):
    (tmp_path / "run.yaml").write_bytes("run_name: 中文\n".encode("gbk"))
    refused(here("finetune", tmp_path / "run.yaml"), "run.yaml: not UTF-8; save it as UTF-8")


def test_a_tilde_in_quotes_is_the_home_folder(tiny_backbone, cot_csv, tmp_path):
    shutil.copytree(tiny_backbone, tmp_path / "m")
    result = finetune("~/m", cot_csv, tmp_path / "out", "--max_steps", "1", "--save_strategy", "no", HOME=str(tmp_path))
    assert result.returncode == 0, result.stderr


def test_a_head_apart_and_a_vocabulary_that_fills_the_matrix(small_tokenizer_folder, cot_csv, tmp_path):
    """Thirty-five tokens more than there are rows: both matrices grow, and scoring and planning load what was saved."""
    tokenizer = AutoTokenizer.from_pretrained(small_tokenizer_folder)
    model = tiny_qwen3(len(tokenizer), tie_word_embeddings=False, max_position_embeddings=4096)
    model.save_pretrained(tmp_path / "untied")
    tokenizer.save_pretrained(tmp_path / "untied")
    more = ("--max_steps", "1", "--save_strategy", "no")
    assert finetune(tmp_path / "untied", cot_csv, tmp_path / "out", *more).returncode == 0
    weights = load_file(tmp_path / "out" / "model.safetensors")
    shapes = {weights[name].shape[0] for name in ("model.embed_tokens.weight", "lm_head.weight")}
    assert len(shapes) == 1 and shapes.pop() >= len(tokenizer) + 35
    words = ("--valid_csv", cot_csv, "--output_dir", tmp_path / "results", "--decode", "planner")
    assert score("--model", tmp_path / "out", *words).returncode == 0


def test_a_run_that_was_cut_at_an_epochs_end_goes_on_with_the_next(tiny_backbone, cot_csv, tmp_path):
    more = ("--epochs", "2", "--save_steps", "6")
    assert finetune(tiny_backbone, cot_csv, tmp_path / "whole", *more).returncode == 0
    shutil.copytree(tmp_path / "whole", tmp_path / "cut")
    shutil.rmtree(tmp_path / "cut" / "checkpoint-12")
    for name in ("run.json", "model.safetensors"):
        (tmp_path / "cut" / name).unlink()
    assert finetune(tiny_backbone, cot_csv, tmp_path / "cut", *more, "--resume", "auto").returncode == 0
    ends = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("whole", "cut")]
    assert ends[0] == ends[1]


def test_reasoning_counts_towards_a_gold_response_where_it_is_written_as_text(cot_csv, small_encoder):
    """The second way: ids laid out as training lays them out, less the prompt's."""
    rows = read_rows(cot_csv)[:3]
    cases = (({"cot_mode": "cot_sft"}, 0), ({"cot_mode": "picd", "stage": 2}, 2), ({"cot_mode": "picd"}, 11))
    for settings, stage in cases:
        walks = [small_encoder.lay_out(one, stage, settings["cot_mode"]) for one in small_encoder.encode(rows)]
        prompts = [len(small_encoder.prompt(row)) for row in rows]
        wanted = [len(walk.ids) - prompt for walk, prompt in zip(walks, prompts, strict=True)]
        assert gold_lengths(small_encoder, rows, settings) == wanted
