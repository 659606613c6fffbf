"""What a checkpoint says of itself: read where it is there, empty or one error where it is not."""

import json

import pytest

from config.stored import stored_settings, trained_settings
from utils import InputError

SETTINGS = {"cot_mode": "picd", "prompt_style": "compact", "response_tokens": 306}


@pytest.mark.parametrize("content", [None, "", "[]", "{", '{"gplan": 1}', '{"model_type": "qwen3"}', '{"gplan": {}}'])
def test_a_folder_that_says_nothing(tmp_path, content):
    if content is not None:
        (tmp_path / "config.json").write_text(content)
    assert stored_settings(tmp_path) == {}
    with pytest.raises(InputError, match=r"config\.json has no gplan settings; give a checkpoint of finetune\.sh"):
        trained_settings(tmp_path)


def test_settings_that_somebody_has_cut(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"gplan": {"cot_mode": "picd", "prompt_style": "full"}}))
    with pytest.raises(InputError, match=r"config\.json has no response_tokens in its gplan settings"):
        trained_settings(tmp_path)


def test_what_a_run_has_stored(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "qwen3", "gplan": SETTINGS}))
    assert stored_settings(tmp_path) == trained_settings(tmp_path) == SETTINGS
