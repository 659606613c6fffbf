"""gplan.synthesis.triggers: which rows are picked and why, by hand-made rows, and what the files hold."""

import json
import subprocess
import sys

import pytest

from data_process.schema import COLUMNS, read_rows, write_rows
from data_process.situation import Behaviour, behaviour_time, parse_time
from gplan.synthesis.__main__ import VERBS
from gplan.synthesis.triggers import KINDS, Trigger, pick, triggers_of
from tests.conftest import ROOT
from utils import InputError

# At home, in the home city, with an order that says nothing.
PLAIN = dict.fromkeys(COLUMNS, "") | {
    "id": "1",
    "profile_feat_5": "惠州市",
    "currenttime": "2026-03-02 10:30:00",
    "current_tag": "住宅区",
    "current_city": "惠州市",
    "trigger_1": "其他",
}
AWAY = PLAIN | {"current_city": "南宁市"}


def kinds(row):
    return [kind for kind, _ in triggers_of(row)]


def at(text, tag="高铁站"):
    return f"在{text}act_2了位于异地行前{tag}的p_1, 在3月2日周一10点act_2了位于异地行中面馆的p_2"


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (PLAIN, []),
        (AWAY, []),  # being elsewhere is no arrival
        (AWAY | {"current_tag": "高铁站"}, ["arrival"]),
        (PLAIN | {"current_tag": "高铁站"}, []),  # a station at home
        (AWAY | {"current_tag": "高铁站", "profile_feat_5": ""}, []),  # home unknown
        (AWAY | {"current_tag": "高铁站", "current_city": ""}, []),
        # 10:30 less 3 hours is 7:30: a behaviour of 8 o'clock counts, one of 7 o'clock does not
        (AWAY | {"short_term_behavior_seq": at("3月2日周一8点")}, ["arrival"]),
        (AWAY | {"short_term_behavior_seq": at("3月2日周一7点")}, []),
        (AWAY | {"short_term_behavior_seq": at("3月2日周一8点", "面馆")}, []),
        (AWAY | {"short_term_behavior_seq": at("3月2日周一11点")}, []),  # not yet: a year ago
        (AWAY | {"short_term_behavior_seq": at("3月2日周一8点"), "currenttime": "now"}, []),
        (PLAIN | {"current_tag": "服务区"}, ["ride"]),
        (PLAIN | {"current_tag": "收费站"}, ["ride"]),
        (PLAIN | {"short_term_behavior_seq": at("3月2日周一10点", "服务区")}, ["ride"]),
        (PLAIN | {"short_term_behavior_seq": at("3月2日周一9点", "服务区")}, []),
        (PLAIN | {"trigger_1": "酒店"}, ["hotel"]),
        (PLAIN | {"trigger_1": "门票"}, ["ticket"]),
        (PLAIN | {"trigger_1": "加油"}, ["fuel"]),
        (PLAIN | {"trigger_1": "充电桩"}, ["charging"]),
        (PLAIN | {"trigger_1": "火星"}, []),
        # a date counts as a day, any other time to the second
        (PLAIN | {"trigger_1": "酒店", "trigger_7": "2026-03-02 00:00:00"}, ["hotel"]),
        (PLAIN | {"trigger_1": "酒店", "trigger_7": "2026-03-01 23:59:59"}, []),
        (PLAIN | {"trigger_1": "酒店", "trigger_7": "2026-03-02 10:29:59"}, []),
        (PLAIN | {"trigger_1": "酒店", "trigger_7": "2026-03-02 10:30:00"}, ["hotel"]),
        (PLAIN | {"trigger_1": "酒店", "trigger_7": "tomorrow"}, ["hotel"]),
        (PLAIN | {"trigger_1": "酒店", "trigger_7": "2026-03-01 00:00:00", "currenttime": ""}, ["hotel"]),
        (AWAY | {"current_tag": "机场", "trigger_1": "酒店"}, ["arrival", "hotel"]),
        (
            AWAY | {"current_tag": "服务区", "short_term_behavior_seq": at("3月2日周一9点"), "trigger_1": "加油"},
            ["arrival", "ride", "fuel"],
        ),
    ],
)
def test_kinds_of_a_row(row, expected):
    assert kinds(row) == expected


def test_why_names_the_fields_and_their_values():
    row = AWAY | {"current_tag": "机场", "trigger_1": "酒店", "trigger_7": "2026-03-03 00:00:00"}
    assert triggers_of(row) == [
        ("arrival", "现在在机场（current_tag），所在城市南宁市（current_city）不是常驻城市惠州市（profile_feat_5）"),
        ("hotel", "酒店订单（trigger_1），结束2026-03-03 00:00:00（trigger_7），未过"),
    ]
    passed = AWAY | {"short_term_behavior_seq": at("3月2日周一8点", "火车站")}
    assert triggers_of(passed)[0][1].startswith("3月2日8点的行为在火车站（short_term_behavior_seq），所在城市南宁市")


def test_the_label_is_not_looked_at():
    assert triggers_of(AWAY | {"trigger_1": "酒店", "raw_labels": "broken"}) == triggers_of(
        AWAY | {"trigger_1": "酒店"}
    )


def test_pick_keeps_row_order_and_puts_the_primary_kind_first():
    both = AWAY | {"current_tag": "机场", "trigger_1": "门票"}
    picked = pick([PLAIN, both, PLAIN, PLAIN | {"trigger_1": "加油"}])
    assert [(one.row, one.kind) for one in picked] == [(1, "arrival"), (1, "ticket"), (3, "fuel")]
    assert all(isinstance(one, Trigger) and one.why for one in picked)


def test_a_behaviour_belongs_to_the_newest_year_that_fits():
    now = parse_time("2026-01-01 01:00:00")
    assert behaviour_time(Behaviour(12, 31, 23, "", "本地", "", "p_1"), now) == parse_time("2025-12-31 23:00:00")
    assert behaviour_time(Behaviour(1, 1, 1, "", "本地", "", "p_1"), now) == now
    assert behaviour_time(Behaviour(2, 29, 1, "", "本地", "", "p_1"), now) is None  # neither 2026 nor 2025 has one
    assert behaviour_time(Behaviour(13, 1, 25, "", "本地", "", "p_1"), now) is None


def test_the_picked_rows_come_out_as_they_went_in(synthesize, tmp_path):
    source, target = tmp_path / "rows.csv", tmp_path / "picked.csv"
    odd = AWAY | {
        "id": "7",
        "current_tag": "机场",
        "trigger_1": "酒店",
        "trigger_4": 'p "1",\r\n=2',
        "raw_labels": "[]",
    }
    write_rows(source, [PLAIN, odd, PLAIN | {"id": "8", "trigger_1": "加油"}])
    (tmp_path / "rows.csv.meta.json").write_text('{"world_version": 3, "rows": 3}')
    code, out, _ = synthesize("triggers", source, target)
    assert code == 0
    assert read_rows(target) == [odd, PLAIN | {"id": "8", "trigger_1": "加油"}]
    listing = (tmp_path / "picked.csv.triggers.jsonl").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in listing.splitlines()]
    assert [(one["row"], one["picked"], one["id"], one["kinds"]) for one in lines] == [
        (1, 0, "7", ["arrival", "hotel"]),
        (2, 1, "8", ["fuel"]),
    ]
    assert [len(one["why"]) for one in lines] == [2, 1]
    assert "2 of 3 rows picked" in out
    assert ["arrival", "1", "1)"] in [[line.split()[0], line.split()[1], line.split()[-1]] for line in out.splitlines()]
    # what the world wrote of three rows is not said of two
    assert not (tmp_path / "picked.csv.meta.json").exists()


def test_a_world_file_kept_whole_keeps_its_meta(synthesize, tmp_path):
    source, target = tmp_path / "rows.csv", tmp_path / "picked.csv"
    write_rows(source, [PLAIN | {"trigger_1": "加油"}])
    (tmp_path / "rows.csv.meta.json").write_text("{}")
    assert synthesize("triggers", source, target)[0] == 0
    assert (tmp_path / "picked.csv.meta.json").read_text() == "{}"
    # overwritten by a part of other rows, it goes
    write_rows(source, [PLAIN, PLAIN | {"trigger_1": "加油"}])
    assert synthesize("triggers", source, target, "--force")[0] == 0
    assert not (tmp_path / "picked.csv.meta.json").exists()


def test_refusals_leave_files_alone(synthesize, tmp_path):
    source, target = tmp_path / "rows.csv", tmp_path / "picked.csv"
    write_rows(source, [PLAIN])
    code, _, err = synthesize("triggers", source, target)
    assert (code, "none of 1 rows has a trigger" in err) == (2, True)
    assert not target.exists()
    write_rows(source, [PLAIN | {"trigger_1": "加油"}])
    target.write_text("mine")
    code, _, err = synthesize("triggers", source, target)
    assert (code, "--force" in err, target.read_text()) == (2, True, "mine")
    assert synthesize("triggers", source, source, "--force")[0] == 2
    target.unlink()
    (tmp_path / "picked.csv.triggers.jsonl").write_text("mine")
    assert synthesize("triggers", source, target)[0] == 2


def test_json_counts(synthesize, tmp_path, real_csv):
    code, out, _ = synthesize("triggers", real_csv, tmp_path / "picked.csv", "--json")
    result = json.loads(out)
    rows = read_rows(real_csv)
    assert code == 0
    assert result["rows"] == 500
    # spec gsisr.md gives the shares of the order kinds; of the sample's own rows none is over
    for kind, word in (("hotel", "酒店"), ("ticket", "门票"), ("fuel", "加油"), ("charging", "充电桩")):
        assert result["kinds"][kind] == sum(row["trigger_1"] == word for row in rows)
    assert result["picked"] == sum(result["primary"].values())
    assert tuple(result["kinds"]) == KINDS


def test_help_needs_no_other_commands_module():
    """Only the called command's module is imported: help says what each does though none is loaded."""
    code = "import sys, synthesize\nsys.argv[1:] = ['--help']\ntry: synthesize.main()\nexcept SystemExit: pass\n"
    code += "print([m for m in sys.modules if m.startswith('gplan.synthesis.')])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "['gplan.synthesis.__main__']"
    assert all(f"    {name} " in done.stdout for name in VERBS)


def test_unreadable_rows_are_refused_by_name(tmp_path):
    from gplan.synthesis.triggers import pick_file

    (tmp_path / "rows.csv").write_text("id\n1\n", encoding="utf-8")
    with pytest.raises(InputError, match="missing column"):
        pick_file(tmp_path / "rows.csv", tmp_path / "picked.csv", force=False)
