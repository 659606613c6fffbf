"""annotate, score and agree end to end, by rules and against a real HTTP server on this machine."""

import json

import pytest

from gplan.llm import paced
from gplan.llm.journal import read_journal
from tests.stagent.selection.annotate.test_annotation_form import NEAREST, said
from tests.stagent.selection.annotate.test_difficulty_form import said as scored
from tests.stagent.selection.annotate.verbs import verb
from tests.support.teacher_server import TeacherServer, completion
from utils import InputError

ROWS = [
    {"id": 1, "text": "附近最近的药店在哪", "note": "kept"},
    {"id": 2, "turns": ["明天澜屿下雨吗", "那后天呢"]},
    {"id": 3, "text": "你好"},
]
WEATHER = "dynamic_information.realtime_weather"


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS), encoding="utf-8")
    return path


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_rules_add_their_fields_and_keep_all_others(rows, tmp_path):
    out, both = tmp_path / "a.jsonl", tmp_path / "s.jsonl"
    assert verb("annotate", rows, out) == 0 and verb("score", out, both) == 0
    found = lines(both)
    assert [one["primary"] for one in found] == [NEAREST, WEATHER, "other_or_unclear"]
    assert found[0]["note"] == "kept" and found[0]["annotator"] == found[0]["scorer"] == "rules 1"
    assert [one["difficulty"] for one in found] == [1, 2, 0]
    assert found[0]["chain"] == ["map_search_places"] and found[2]["feasibility"] == "no_tool_needed"
    assert found[0]["simulation"][0]["parameters"]["center"] == "$Context.location"


def test_a_run_that_was_cut_off_goes_on(rows, tmp_path):
    out = tmp_path / "a.jsonl"
    verb("annotate", rows, out)
    whole = out.read_bytes()
    out.write_bytes(whole[: whole.index(b"\n") + 20])  # one line, and a torn one
    assert verb("annotate", rows, out) == 0 and out.read_bytes() == whole
    assert verb("annotate", rows, out) == 0 and out.read_bytes() == whole


def test_an_output_of_others_is_left_alone(rows, tmp_path):
    out = tmp_path / "a.jsonl"
    verb("annotate", rows, out)
    rows.write_text('{"text": "别的"}\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"a\.jsonl, line 1: of other instructions"):
        verb("annotate", rows, out)
    with pytest.raises(InputError, match="that is the input"):
        verb("annotate", rows, rows)


def test_an_annotation_outside_the_taxonomy_is_named(rows, tmp_path):
    rows.write_text('{"text": "x"}\n{"text": "y", "primary": "discovery.cafes"}\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"line 2: primary 'discovery\.cafes'"):
        verb("annotate", rows, tmp_path / "a.jsonl")


def test_agreement_is_printed_and_drawn(rows, tmp_path, capsys):
    gold, out, page = tmp_path / "g.jsonl", tmp_path / "s.jsonl", tmp_path / "p.html"
    labels = [(NEAREST, 1), (WEATHER, 4), (WEATHER, 0)]
    gold.write_text(
        "".join(json.dumps(row | {"primary": leaf, "difficulty": level}) + "\n"
                for row, (leaf, level) in zip(ROWS, labels, strict=True)), encoding="utf-8")  # fmt: skip
    verb("annotate", rows, tmp_path / "a.jsonl")
    verb("score", tmp_path / "a.jsonl", out)
    assert verb("agree", gold, out, "--page", page) == 0
    printed = capsys.readouterr().out
    assert "0.667 (0.208 to 0.939)" in printed  # 2 of 3 leaves, and of difficulties within one step
    assert "other_or_unclear  realtime_weather  1" in printed
    drawn = page.read_text(encoding="utf-8")
    assert drawn.count("<svg") == 3 and "http" not in drawn.replace("http://www.w3.org/2000/svg", "")
    other = tmp_path / "o.jsonl"
    other.write_text('{"id": 1, "text": "别的"}\n', encoding="utf-8")
    with pytest.raises(InputError, match="another text"):
        verb("agree", gold, other)


class TestByLlm:
    @pytest.fixture(autouse=True)
    def prepared(self, monkeypatch):
        pytest.importorskip("openai", reason="--by llm needs config/requirements/synthesis.txt")
        monkeypatch.setattr(paced, "BASE_SECONDS", 0.01)

    def llm(self, name, rows, out, server, *more):
        return verb(name, rows, out, "--by", "llm", "--teacher_url", server.url, "--teacher_model", "m", *more)

    def test_a_refused_answer_is_asked_for_once_more_with_its_reason(self, rows, tmp_path):
        """One good, one mended at the second try, one refused twice: it loses no other field, and keeps no label."""
        rows.write_text(rows.read_text(encoding="utf-8").replace('"id": 3', '"id": 3, "primary": "other_or_unclear"'))
        out = tmp_path / "a.jsonl"

        def answer(number, asked):
            if "你好" in asked.request:
                return said("discovery.cafes")
            if "下雨" in asked.request and asked.attempt == 1:
                return "天气类：" + said(WEATHER)
            return f"<think>想想</think>\n{said(WEATHER if '下雨' in asked.request else NEAREST)}"

        with TeacherServer(answer) as server:
            assert self.llm("annotate", rows, out, server) == 3
            assert len(server.asked) == 5
            assert any("answer.around" in one.last and "天气类" in one.last for one in server.asked)
            assert self.llm("annotate", rows, out, server) == 3
            assert len(server.asked) == 5  # all from the journal
        found = lines(out)
        assert [one.get("primary") for one in found] == [NEAREST, WEATHER, None]
        assert found[2] == {"id": 3, "text": "你好", "annotator": "llm m", "annotator_failed": "answer.taxonomy"}
        assert len(read_journal(tmp_path / "a.jsonl.journal.jsonl")) == 5

    def test_scores_are_checked_and_a_cut_answer_is_said_to_be_cut(self, rows, tmp_path):
        out = tmp_path / "s.jsonl"

        def answer(number, asked):
            if "你好" in asked.request:
                return completion(scored()[:80], finish="length")
            return scored(score=3 if "下雨" in asked.request and asked.attempt == 1 else 1)

        with TeacherServer(answer) as server:
            assert self.llm("score", rows, out, server) == 3
        found = lines(out)
        assert [one.get("difficulty") for one in found] == [1, 1, None]
        assert found[2]["scorer_failed"] == "answer.cut" and found[0]["chain"] == ["map_search_places"]

    def test_equal_instructions_are_asked_once_and_a_budget_ends_the_run(self, rows, tmp_path):
        rows.write_text("".join(json.dumps({"text": f"药店{n % 4}"}) + "\n" for n in range(12)), encoding="utf-8")
        out = tmp_path / "a.jsonl"
        with TeacherServer(lambda *_: said()) as server:
            assert self.llm("annotate", rows, out, server, "--max_requests", "2", "--concurrency", "1") == 3
            assert len(server.asked) == 2 and sum("primary" in one for one in lines(out)) == 6
            assert self.llm("annotate", rows, out, server) == 0 and len(server.asked) == 4

    def test_no_address_and_a_journal_of_rules_are_refused(self, rows, tmp_path, monkeypatch):
        monkeypatch.delenv("TEACHER_URL", raising=False)
        with pytest.raises(InputError, match="TEACHER_URL"):
            verb("annotate", rows, tmp_path / "a.jsonl", "--by", "llm", "--teacher_model", "m")
        with pytest.raises(InputError, match="--journal"):
            verb("annotate", rows, tmp_path / "a.jsonl", "--journal", tmp_path / "j.jsonl")
