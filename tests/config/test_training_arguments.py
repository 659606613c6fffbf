"""The help of the trainers: the project's own options first, transformers' on request."""

import dataclasses
import json
import re

import pytest

from config import align_arguments, finetune_arguments
from config.training_arguments import recipe
from utils import InputError


def options(text: str) -> list[str]:
    """The options that a help text lists, by their first names, in its order."""
    return [line.split()[0].rstrip(",") for line in text.splitlines() if re.match(r"  --\w", line)]


@pytest.mark.parametrize(
    ("module", "own"),
    [(finetune_arguments, {"--cot_mode", "--calr_target"}), (align_arguments, {"--beta", "--gap_low"})],
)
def test_help_shows_the_projects_own_options(module, own, capsys):
    shown = {}
    for word in ("--help", "--help_all"):
        with pytest.raises(SystemExit) as ended:
            module.parse_arguments([word])
        assert ended.value.code == 0
        shown[word] = options(capsys.readouterr().out)
    assert own | {"--bad_rows", "--seed", "--max_length"} <= set(shown["--help"])
    assert not {"--fsdp", "--hub_token"} & set(shown["--help"])
    assert len(shown["--help"]) < 60 < len(shown["--help_all"])
    # the same ones in front, the trainer's own behind them
    assert shown["--help_all"][: len(shown["--help"])] == shown["--help"]
    assert "--fsdp" in shown["--help_all"]


def test_a_manifest_names_arguments_alone():
    arguments = finetune_arguments.parse_arguments(["--blocks_per_epoch", "4"])
    flags = {field.name for field in dataclasses.fields(arguments)}
    names = recipe(arguments).keys()
    assert {"blocks_per_epoch", "cot_mode", "learning_rate", "seed"} <= names <= flags


@pytest.mark.parametrize(
    ("config", "rate"),
    [
        ({"hidden_size": 128, "gplan": {"prompt_style": "compact"}}, 1e-4),  # the embedded backbone
        ({"hidden_size": 896, "gplan": {"prompt_style": "compact"}}, 5e-7),  # Qwen2.5-0.5B, for which 1e-4 is ruin
        ({"hidden_size": 128, "gplan": {"prompt_style": "full"}}, 5e-7),
        ({"gplan": {"prompt_style": "compact"}}, 5e-7),
        ({"hidden_size": 128}, 5e-7),
        ([], 5e-7),
    ],
)
def test_an_alignment_takes_the_rate_of_the_backbone_that_it_starts_from(tmp_path, config, rate):
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert align_arguments.parse_arguments(["--model", str(tmp_path)]).learning_rate == rate


@pytest.mark.parametrize(("text", "words"), [("- 1\n", "a mapping of argument names"), ("a: [\n", "run.yaml: ")])
def test_a_file_of_arguments_that_is_none_is_one_error(tmp_path, text, words):
    path = tmp_path / "run.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=words) as error:
        finetune_arguments.parse_arguments([str(path)])
    assert "\n" not in str(error.value)
