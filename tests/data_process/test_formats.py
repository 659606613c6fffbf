"""Numbers of formats: what a few fixed inputs give has a digest, pinned beside the number.

Where one of these fails because the format was meant to change, raise FORMAT where the message says and pin the new
digest: tables, rows and references that were cached under the old number are made anew.
"""

import json

import pytest
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from add_tokens.extend import latent_tokens
from data_process.cache import digest
from data_process.data_loader import CSVDataset
from data_process.encode import IM_END, IM_START, RowEncoder
from data_process.intents import render_plan
from data_process.response import parse_label
from data_process.schema import COLUMNS, LABEL, write_rows
from data_process.twins import Pair, write_pairs
from gplan.scdpo import reference
from gplan.scdpo.pairs import PairCollater, PairDataset
from gplan.synthesis.rules import rule_teacher
from gplan.synthesis.rules.rule_teacher import RuleTeacher
from gplan.synthesis.teachers.by_rules import rules
from gplan.synthesis.twins import counterfactual
from gplan.world import rows

LABEL_TEXT = (
    "<THOUGHT><CONTEXT>刚到南京</CONTEXT><STRATEGY>先去酒店</STRATEGY><STEP_1>打车</STEP_1><STEP_2>看店</STEP_2>"
    '<STEP_3>天气</STEP_3></THOUGHT>[{"工具名称":"tool_1","起始位置":"当前位置","终点位置":"订单目的地"},'
    '{"工具名称":"tool_6"},{"工具名称":"tool_9"}]'
)
# A request by hand, so that no digest here depends on the world.
REQUEST = dict.fromkeys(COLUMNS, "") | {
    "id": "7",
    "profile_feat_5": "杭州市",
    "profile_feat_6": "p_1",
    "short_term_behavior_seq": "在2月9日周一20点act_4了位于异地行中车站入口的p_34999",
    "long_term_behavior": "住宅区的p_1act_4&act_7了6次",
    "currenttime": "2026-02-10 18:05:00",
    "holidayflag": "0",
    "weekendflag": "0",
    "current_poi_name": "p_34999",
    "current_tag": "高铁站",
    "current_city": "南京市",
    "current_district": "江宁区",
    "trigger_1": "酒店",
    "trigger_2": "南京市",
    "trigger_3": "玄武区",
    "trigger_4": "p_20",
    "trigger_5": "2026-02-09 12:00:00",
    "trigger_6": "2026-02-10 00:00:00",
    "trigger_7": "2026-02-12 00:00:00",
}
RAISE = "the format changed: raise FORMAT in {} and pin the new digest"


@pytest.fixture(scope="module")
def byte_encoder():
    """A tokenizer that is the same with every version of every library: a token a byte, and the control tokens."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({letter: i for i, letter in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(name, special=True) for name in ("<|endoftext|>", IM_START, IM_END)])
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=IM_END, pad_token="<|endoftext|>")
    fast.add_tokens(latent_tokens())
    return {style: RowEncoder(fast, style) for style in ("compact", "full")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """``rows.csv``: a row with reasoning, one whose label fails the filter, one with a NUL. ``twins.jsonl``: a pair."""
    folder = tmp_path_factory.mktemp("formats")
    labels = (LABEL_TEXT, LABEL_TEXT.replace("tool_9", "tool_6"), "\0")
    write_rows(folder / "rows.csv", [REQUEST | {LABEL: text} for text in labels])
    anchor = REQUEST | {LABEL: LABEL_TEXT[LABEL_TEXT.index("[") :]}
    plan = parse_label(anchor[LABEL]).plan
    moment = {"currenttime": "2026-02-11 09:00:00", LABEL: render_plan(plan[::-1])}
    write_pairs(folder / "twins.jsonl", [Pair(0, anchor, anchor | moment, ["currenttime"], (plan, plan[::-1]))])
    return folder


def table(dataset) -> str:
    """What a dataset has cached of every entry, and why entries are bad."""
    entries = [dataset._tokens[i] for i in range(len(dataset._tokens))]
    return json.dumps([entries, dict(dataset.bad)], sort_keys=True)


def test_rows(byte_encoder, folder):
    found = {
        style: digest(table(CSVDataset(folder / "rows.csv", encoder, "picd", max_length=9999, bad_rows="skip")))
        for style, encoder in byte_encoder.items()
    }
    # The embedded tokenizer is trained on the same texts.
    where = "data_process/data_loader.py, and if it is a prompt or a label also where the backbone is made"
    assert found == {"compact": "f8cbf1be21a2", "full": "015250cb2d48"}, RAISE.format(where)


def test_pairs(byte_encoder, folder):
    dataset = PairDataset(folder / "twins.jsonl", byte_encoder["compact"], max_length=9999)
    assert digest(table(dataset)) == "b826f3140b72", RAISE.format(PairDataset.__module__)


@pytest.mark.parametrize(("share_prompt", "pinned"), [(True, "e958928cb426"), (False, "08a7f1a97f58")])
def test_references(byte_encoder, folder, share_prompt, pinned):
    dataset = PairDataset(folder / "twins.jsonl", byte_encoder["compact"], max_length=9999)
    batch = PairCollater(byte_encoder["compact"], share_prompt=share_prompt)([dataset[1, 0], dataset[1, 1]])
    found = digest(json.dumps({name: tensor.tolist() for name, tensor in batch.items()}))
    assert found == pinned, RAISE.format(reference.__name__)


MOMENTS = [
    {},
    {"currenttime": "2026-02-11 12:10:00", "current_poi_name": "p_20", "current_district": "玄武区"},
    {"current_city": "杭州市", "current_district": "西湖区", "current_poi_name": "p_1", "current_tag": "住宅区"},
]


def test_rule_teacher():
    rows = [REQUEST | moment for moment in MOMENTS]
    labels = [RuleTeacher().label(row, plan) for row, plan in zip(rows, rules(rows), strict=True)]
    assert digest(json.dumps(labels)) == "b54eb4a47e83", RAISE.format(rule_teacher.__name__)


def test_twins():
    rows = [REQUEST | moment for moment in MOMENTS]
    pairs, without = counterfactual.find_twins(rows, [""] * 3, rules, seed=1, per_row=2)
    assert digest(json.dumps([pairs, without])) == "21b2d6f4df79", RAISE.format(counterfactual.__name__)


def test_world():
    found = digest(json.dumps(rows.generate(20, 1)))
    assert found == "e2dcac7a7223", "the world gives other rows: raise WORLD_VERSION and pin the new digest"
