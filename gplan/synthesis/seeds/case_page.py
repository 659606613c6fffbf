"""The case page: one HTML file that shows each case as a person reads it, with nothing to load or install.

A case is a header (kind, why), a timeline, the scene in words, and the plan as cards with its reasons folded beside
the steps. All text of a row is escaped; a content security policy that knows the page's own script alone stands
behind that. Without scripts the page shows everything and only the buttons are dead.
"""

import base64
import hashlib
from collections import Counter
from datetime import datetime
from html import escape
from pathlib import Path
from string import Template

from data_process.files import write_text
from data_process.intents import DESTINATION, ORIGIN, TOOL_KEY, TOOLS, Intent
from data_process.response import parse_label
from data_process.schema import LABEL, Row
from data_process.situation import is_date, parse_time
from gplan.synthesis.seeds.case_words import KIND_WORDS, PASSES, TimelineEntry, clock_words, timeline, usual_words
from gplan.synthesis.triggers import KINDS, triggers_of

TEMPLATE = Path(__file__).with_name("case_page.html")
SCRIPT = """
const cases = [...document.querySelectorAll('.case')], buttons = [...document.querySelectorAll('nav [data-kind]')];
for (const button of buttons) button.addEventListener('click', () => {
  for (const other of buttons) other.setAttribute('aria-pressed', other === button);
  const kind = button.dataset.kind;
  for (const one of cases) one.hidden = kind && !one.dataset.kinds.split(' ').includes(kind);
});
const fold = document.querySelector('.fold');
fold.addEventListener('click', () => {
  const open = fold.getAttribute('aria-pressed') !== 'true';
  fold.setAttribute('aria-pressed', open);
  for (const one of document.querySelectorAll('details')) one.open = open;
});
"""


def write_page(path: Path, rows: list[Row], cells: list[dict[str, str]]) -> None:
    """Writes the page of the exported rows and their sheet cells, whole or not at all."""
    write_text(path, render_page(rows, cells))


def render_page(rows: list[Row], cells: list[dict[str, str]]) -> str:
    kinds = [[kind for kind, _ in triggers_of(row)] for row in rows]
    counts = Counter(kind for found in kinds for kind in found)
    buttons = [_button("", f"全部 {len(rows)}", pressed=True)]
    buttons += [_button(kind, f"{KIND_WORDS[kind]} {counts[kind]}", pressed=False) for kind in KINDS if counts[kind]]
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        count=len(rows),
        script=SCRIPT,
        script_hash=f"sha256-{digest}",
        buttons="".join(buttons),
        cases="\n".join(_case(row, one, found) for row, one, found in zip(rows, cells, kinds, strict=True)),
    )


def _button(kind: str, words: str, *, pressed: bool) -> str:
    return f'<button type="button" data-kind="{kind}" aria-pressed="{str(pressed).lower()}">{words}</button>'


def _case(row: Row, cells: dict[str, str], kinds: list[str]) -> str:
    name, label = escape(cells["name"]), parse_label(row[LABEL])
    blocks = {block.name: escape(block.text) for block in label.blocks}
    badges = [f'<span class="badge kind">{KIND_WORDS[kinds[0]]}</span>']
    badges += [f'<span class="badge also">{KIND_WORDS[kind]}</span>' for kind in kinds[1:]]
    good = "good" if cells["filter"] == PASSES else "bad"
    steps = "".join(_step(i, one, blocks.get(f"STEP_{i}", "")) for i, one in enumerate(label.plan, start=1))
    return f"""<article class="case" id="{name}" data-kinds="{" ".join(kinds)}">
<div class="head"><span class="nr">{escape(cells["case"].replace(" of ", " / "))}</span>{"".join(badges)}
<span class="badge {good}">规则检查：{escape(cells["filter"])}</span><code>{name}</code></div>
<p class="why">{escape(cells["why"])}</p>
<div class="scene"><section><h2>时间线</h2><ol class="line">{_timeline(row)}</ol></section>
<section><h2>情境</h2><dl>
<dt>时间</dt><dd>{escape(cells["when"])}</dd>
<dt>地点</dt><dd>{_with_chips(cells["where"])}</dd>
<dt>订单</dt><dd>{_with_chips(cells["order"])}</dd>
<dt>用户</dt><dd>{_lines(cells["person"])}</dd>
<dt>常去</dt><dd>{escape(usual_words(row))}</dd></dl></section></div>
<div class="thought"><p><b>情境分析</b>{blocks.get("CONTEXT", "")}</p>
<p><b>策略</b>{blocks.get("STRATEGY", "")}</p></div>
<h2>计划</h2><ol class="plan">{steps}</ol></article>"""


def _timeline(row: Row) -> str:
    now = parse_time(row["currenttime"])
    return "".join(
        f'<li class="{one.kind}"><span class="time">{_time(one, now)}</span><b>{escape(one.words)}</b>'
        f' <span class="raw">{escape(one.detail)}</span></li>'
        for one in timeline(row)
    )


def _time(event: TimelineEntry, now: datetime | None) -> str:
    """``"2月9日周一20点 · 约4小时前"`` (a behaviour has no minutes), ``"2月10日周二 · 明天"`` (a date)."""
    if not event.time:
        return "时间不明"
    words = clock_words(event.time).partition("年")[2]
    if event.kind == "now" or not now:
        return words
    if event.kind == "past":
        return f"{words.partition('点')[0]}点 · 约{_apart(event.time, now)}"
    if event.kind != "made" and is_date(event.time):
        days = (event.time.date() - now.date()).days
        near = {-1: "昨天", 0: "今天", 1: "明天"}.get(days, f"{abs(days)}天{'前' if days < 0 else '后'}")
        return f"{words[: words.index('周') + 2]} · {near}"
    return f"{words} · {_apart(event.time, now)}"


def _apart(time: datetime, now: datetime) -> str:
    """``"2小时前"``, ``"3天后"``, ``"不到1分钟前"``."""
    minutes, side = abs((time - now).total_seconds()) / 60, "前" if time < now else "后"
    if minutes < 1:
        return f"不到1分钟{side}"
    if minutes < 60:
        return f"{int(minutes)}分钟{side}"
    return f"{int(minutes / 60)}小时{side}" if minutes < 48 * 60 else f"{int(minutes / 1440)}天{side}"


def _with_chips(text: str) -> str:
    """What stands behind the first ``；`` as chips."""
    first, _, rest = text.partition("；")
    chips = "".join(f'<span class="chip">{escape(one)}</span>' for one in rest.split("，") if one)
    return f"<p>{escape(first)}</p>{chips}"


def _lines(text: str) -> str:
    return "".join(
        f'<p class="raw">{escape(one)}</p>' if one.startswith("偏好") else f"<p>{escape(one)}</p>"
        for one in text.split("；")
    )


def _step(number: int, one: Intent, reason: str) -> str:
    tool = one[TOOL_KEY]
    chips = [f'<span class="chip">{escape(one[name])}</span>' for name in TOOLS[tool].parameters]
    if DESTINATION in one and ORIGIN in one:
        chips.insert(1, "→")
    return (
        f'<li><div class="what"><span class="i">{number}</span><svg aria-hidden="true"><use href="#{tool}"/></svg>'
        f'{escape(TOOLS[tool].meaning)}</div><div class="chips">{"".join(chips)}</div>'
        f"<details><summary>理由</summary>{reason}</details></li>"
    )
