"""The case page: what a person reads, in order, and nothing of it runs."""

import base64
import hashlib
import re

from data_process.cells import FLAGS, TIMES
from data_process.response import render_label
from data_process.schema import COLUMNS, LABEL, write_rows
from gplan.synthesis.seeds.case_words import timeline
from tests.support.sheets import NAMES, PLAN, REASONS, ROW


def test_the_timeline_is_in_order_and_says_no_minutes_it_does_not_know(seeds_command, tmp_path):
    behaviours = "在3月2日周一20点act_2了位于异地行中高铁站的p_9, 在3月2日周一22点act_5了位于本地旅馆的p_2"
    times = {"trigger_5": "2026-03-02 22:30:00", "trigger_6": "2026-03-02 00:00:00", "trigger_7": "2026-03-03 00:00:00"}
    row = ROW | times | {"short_term_behavior_seq": behaviours}
    assert [(one.kind, one.words) for one in timeline(row)] == [
        ("start", "入住"),
        ("past", "异地行中 高铁站"),
        ("past", "本地 旅馆（订单地点）"),
        ("made", "下单"),
        ("now", "现在打开首页"),
        ("end", "离店"),
    ]
    write_rows(tmp_path / "rows.csv", [row])
    assert seeds_command("export", tmp_path / "rows.csv", tmp_path / "c.csv", "--html", tmp_path / "c.html")[0] == 0
    shown = re.findall(r'<span class="time">([^<]*)</span>', (tmp_path / "c.html").read_text(encoding="utf-8"))
    assert shown == [
        "3月2日周一 · 今天",
        "3月2日周一20点 · 约2小时前",
        "3月2日周一22点 · 约59分钟前",
        "3月2日周一22点30分 · 29分钟前",
        "3月2日周一22点59分",
        "3月3日周二 · 明天",
    ]
    # what can't be read stands last, as it is
    unread = timeline(row | {"trigger_5": "yesterday"})[-1]
    assert (unread.time, unread.words, unread.detail) == (None, "下单", "yesterday")


def test_the_page_shows_what_rows_say_and_runs_none_of_it(seeds_command, tmp_path):
    evil = "<script>alert(1)</script>\"'&amp;$count"
    blocks = list(zip(NAMES, [f"{name} {evil}" for name in NAMES], strict=True))
    row = ROW | dict.fromkeys((name for name in COLUMNS if name not in (LABEL, *TIMES, *FLAGS)), evil)
    row |= {"trigger_1": "酒店", LABEL: render_label(blocks, PLAN)}
    row["short_term_behavior_seq"] = f"在3月2日周一22点act_2了位于本地{evil}的p_1"
    write_rows(tmp_path / "rows.csv", [row, ROW])
    assert seeds_command("export", tmp_path / "rows.csv", tmp_path / "c.csv", "--html", tmp_path / "c.html")[0] == 0
    page = (tmp_path / "c.html").read_text(encoding="utf-8")
    assert page.count("<script") == 1
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#x27;&amp;amp;$count" in page
    assert "<script>alert" not in page
    for outside in ("http:", "https:", "src=", "@import", "url("):
        assert outside not in page.replace(" script-src", ""), outside
    # the case as a person reads it
    for words in ("打车", "订单提醒", "当前位置", "2026年3月2日周一22点59分", "身在外地", *REASONS, "规则检查：通过"):
        assert words in page
    assert page.count("<article ") == 2
    # every icon that is used is drawn
    assert all(f'<symbol id="{name}"' in page for name in ("tool_1", "tool_8", "tool_5", "tool_10"))


def test_the_pages_own_script_is_the_one_its_policy_allows(seeds_command, tmp_path):

    write_rows(tmp_path / "rows.csv", [ROW])
    assert seeds_command("export", tmp_path / "rows.csv", tmp_path / "c.csv", "--html", tmp_path / "c.html")[0] == 0
    page = (tmp_path / "c.html").read_text(encoding="utf-8")
    script = page.split("<script>")[1].split("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page
