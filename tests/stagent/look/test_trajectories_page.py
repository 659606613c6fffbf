"""Trajectories in a real browser: the server's file, and one that stays in the browser."""

import json
import re
from urllib.parse import urlsplit

import pytest

from experiments.agent_screenshot import parse_arguments, picture
from experiments.screenshot import chromium
from stagent.look.trajectory_file import TrajectoryFile
from tests.support.look_trajectories import QUESTIONS, many, write_file
from tests.support.look_world import EVIL, LookWorld
from tests.support.looking import looking

pytest.importorskip("playwright.sync_api", reason="no playwright: see config/requirements/dev.txt")
pytestmark = pytest.mark.skipif(not chromium(), reason="no Chromium: apt-get install chromium")
SHOWN = EVIL.replace("\u202e", "U+202E")  # what turns a line around is said by its number
HOSTILE, UNSCORED, BARE, ELSEWHERE, LAST = 2, 3, 4, 10, 70  # lines of the file


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("look") / "many.jsonl"
    write_file(path, many())
    return path


@pytest.fixture(scope="module")
def url(path):
    with looking(LookWorld(), trajectories=TrajectoryFile(path)) as url:
        yield url


@pytest.fixture
def open_list(open_page):
    """The page with the list of the file."""

    def build(**given):
        page = open_page(**given)
        page.wait_for_selector("#rows > li")
        return page

    return build


def until(page, condition: str, given=None) -> None:
    """Waits for a JavaScript condition; a function, for the page allows no text to be run."""
    page.wait_for_function(f"(given) => {condition}", arg=given)


def open_line(page, line: int) -> None:
    page.click(f"#rows [data-line='{line}']")
    until(page, "document.querySelector('#talk h2')?.textContent === given", f"第 {line} 行")


def rows(page) -> list[str]:
    return page.locator("#rows > li").all_inner_texts()


def mark(page, text: str):
    return page.locator(".words .claim", has_text=text)


def is_in_sight(page, selector: str) -> bool:
    return page.evaluate(
        """(selector) => { const box = document.querySelector(selector).getBoundingClientRect();
        const frame = document.querySelector('.talk').getBoundingClientRect();
        return box.top >= frame.top && box.bottom <= frame.bottom; }""",
        selector,
    )


def test_a_trajectory_is_shown_as_it_was(open_list, url, path):
    page = open_list()
    talk = page.locator("#talk")
    assert page.locator("#rows > li").count() == 50 and page.locator("#count").inner_text() == "共 69 条"
    assert page.locator("#rows [aria-current]").get_attribute("data-line") == "1" and page.locator(".ask").is_hidden()
    assert talk.locator(".said").all_inner_texts() == list(QUESTIONS)
    assert talk.locator(".thought").text_content() == "想法: 先找咖啡馆"
    steps = [
        re.search("of-\\w+", kind).group()
        for kind in talk.locator(".step").evaluate_all("all => all.map((one) => one.className)")
    ]
    assert steps == ["of-user", "of-call", "of-answer"] * 2
    # what it is worth stands above: the veto with its reason, three dimensions with weights and reasons, predicates
    assert talk.locator(".reward").inner_text().split() == [
        "0",
        "一票否决",
        "5",
        "条断言，1",
        "条不成立",
        "·",
        "verifier",
        "1",
    ]
    assert talk.locator(".veto li").all_inner_texts() == ["“1 秒”没有依据"]
    dimensions = [text.split("\n") for text in talk.locator(".dimensions li").all_inner_texts()]
    assert [(one[0], one[1], one[2]) for one in dimensions] == [
        ("推理与规划", "权重 0.3", "0.75"), ("信息保真与整合", "权重 0.5", "0.5"), ("呈现与服务", "权重 0.2", "1"),
    ]  # fmt: skip
    assert "1 of 2 predicates met" in dimensions[0] and "3 of 4 claims hold" in dimensions[1]
    met, unmet = talk.locator(".predicates li").all_inner_texts()
    assert "说出名称" in met and "晨光咖啡" in met and "说出数值" in unmet and "没有说出 60 秒" in unmet
    assert talk.locator(".predicates .met").count() == talk.locator(".predicates .unmet").count() == 1
    assert "0.00450,150.00450" in talk.locator(".told-before").inner_text()
    # claims are marked where they are said, though a letter before them is two of a browser's
    assert page.locator(".words .claim").all_inner_texts() == [
        "晨光咖啡",
        "3.9 分",
        "家",
        mark(page, " 秒").first.inner_text(),
        "1 秒",
    ]
    assert (
        page.locator(".claim.bad").all_inner_texts() == ["1 秒", "1 秒"]
        and "结果里没有航班" in page.locator(".claims").inner_text()
    )
    # the last call's way is on the map, and each call shows its result when it is unfolded
    assert page.locator("path.route.walking").count() == 1 and page.locator(".call.open").count() == 0
    page.click(".step:nth-child(2) .head")
    assert page.locator(".step:nth-child(2) .item").count() == 2 and page.locator(".pin").count() == 2
    page.click(".step:nth-child(2) .item:nth-child(2) button.heading")
    assert page.locator(".pin.chosen").get_attribute("data-key") == "2"
    page.locator(".pin[data-key='1']").press("Enter")
    assert page.locator(".item.chosen").get_attribute("data-key") == "1"
    page.click(".step:nth-child(2) [role=tab]:nth-child(2)")
    first = json.loads(path.read_bytes().splitlines()[0])
    assert page.locator(".step:nth-child(2) pre.text").text_content() == first["steps"][1]["text"]
    page.click(".step:nth-child(2) .tabs .link")  # once more, with the tools
    assert page.locator("#tool").input_value() == "map_search_places" and page.input_value("[name=query]") == "咖啡馆"
    assert page.locator(".talk").is_hidden()
    page.click(".halves button:nth-child(2)")
    assert page.locator(".talk").is_visible() and page.locator(".pin").count() == 2
    assert {urlsplit(asked).netloc for asked in page.asked if not asked.startswith("data:")} == {urlsplit(url).netloc}


def test_a_claim_leads_to_its_witness(open_list):
    page = open_list()
    derived = mark(page, " 秒").first
    derived.scroll_into_view_if_needed()
    before = derived.bounding_box()
    derived.hover()
    page.wait_for_selector(".witness:not([hidden])")
    # its steps unfold above it, and it stays where it is
    assert derived.bounding_box() == pytest.approx(before, abs=1) and page.locator(".call.open").count() == 2
    seconds, distance = page.locator(".witnessed").all_inner_texts()[::-1]
    assert page.locator(".step:nth-child(5) .witnessed").inner_text() == seconds and "秒" in seconds
    assert page.locator(".step:nth-child(2) .item:nth-child(1) .witnessed").inner_text() == distance
    card = page.locator(".witness").inner_text()
    assert "由下列值推出： 相加" in card and card.count("第 5 步 规划路线 items.0.duration_s = ") == 2
    assert "第 2 步 搜索地点 items.0.distance_m = " in card
    page.click(".words .claim.derived >> nth=1")  # to its first value, then to the next
    until(page, "document.querySelector('.facts-of .chosen')")
    until(page, "document.activeElement.matches('.claim')")
    for place in (5, 5, 2):
        page.wait_for_timeout(400)
        assert is_in_sight(page, f".step:nth-child({place}) .witnessed")
        page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.wait_for_timeout(600)
    assert is_in_sight(page, ".words .claim.derived:focus")
    # by keyboard, and of what the agent was told; what the list of items doesn't show stands in the JSON
    page.focus(".words .claim:has-text('家')")
    assert page.locator(".told-before .witnessed").inner_text() == "0.00100,150.00100"
    assert "location" in page.locator(".step:nth-child(2) .tree .witnessed").inner_text()
    assert page.locator(".said.witnessed").inner_text() == QUESTIONS[0]
    mark(page, "3.9 分").focus()  # of another claim of the answer
    assert page.locator(".claim.witnessed").inner_text() == "晨光咖啡"
    assert page.locator(".step:nth-child(2) [aria-selected=true]").inner_text() == "JSON"
    page.keyboard.press("Tab")  # away from it: nothing is marked any more
    mark(page, "1 秒").focus()
    assert page.locator(".witnessed").count() == 0
    card = page.locator(".witness").inner_text()
    assert card.startswith("不成立") and "结果里没有航班" in card and "没有依据" in card
    page.focus(".words .claim >> nth=0")
    assert page.locator(".item:nth-child(1) strong.witnessed, .tree .witnessed").count() == 1
    assert page.locator(".pin.chosen").get_attribute("data-key") == "1"  # and it is chosen on the map


def test_filters_pages_and_the_same_from_a_file_of_the_browsers(open_list, path):
    page = open_list()

    def asked() -> list:
        """What the list says after some filters, page by page."""
        found = [rows(page)]
        page.click("#pages [aria-label=下一个]")
        until(page, "document.querySelector('#rows [data-line]').dataset.line === '52'")
        found.append(rows(page))
        for name, value, count in (
            ("state", "broken", "4 条"),
            ("state", "", "共"),
            ("leaf", "discovery.area_summaries", "60 条"),
            ("difficulty", "3", "15 条"),
        ):
            page.select_option(f"[name={name}]", value)
            until(page, "document.querySelector('#count').textContent.startsWith(given)", count)
            found.append(rows(page))
        for name, text, count in (("least", "0.3", "8 条"), ("most", "0.4", "3 条"), ("text", "N-35 咖啡", "1 条")):
            page.fill(f"[name={name}]", text)
            until(page, "document.querySelector('#count').textContent.startsWith(given)", count)
            found.append(rows(page))
        return found

    from_server = asked()
    assert [len(found) for found in from_server] == [50, 19, 4, 50, 50, 15, 8, 3, 1]
    assert from_server[2][:2] == ["第 5 行\n不是 JSON\n坏行", "第 7 行\n不是轨迹（format 1，含 task 和 steps）\n坏行"]
    sent = len(page.asked)
    page.set_input_files("#file", path)
    until(page, "document.querySelector('#count').textContent === '共 69 条'")
    assert asked() == from_server
    until(page, "document.querySelector('#talk h2').textContent === '第 1 行'")
    page.click("#rows button.row")
    until(page, "document.querySelector('#talk h2').textContent === '第 46 行'")
    assert [one for one in page.asked[sent:] if "/api/" in one] == []  # nothing of it went to the server


def test_a_dropped_file_is_read_here_a_slice_at_a_time(open_list):
    page = open_list()
    line = {
        "format": 1,
        "task": {"id": "x" * 100},
        "steps": [{"role": "user", "text": "问"}, {"role": "answer", "text": "答"}],
    }
    page.evaluate(
        """(line) => { const lines = (line + '\\n').repeat(40000) + '{"half"'; const data = new DataTransfer();
        data.items.add(new File([lines], 'dropped.jsonl')); document.querySelector('#map').dispatchEvent(
        new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })); }""",
        json.dumps(line),
    )
    until(page, "document.querySelector('#count').textContent === '共 40001 条'")  # 8 MB: two slices
    assert page.locator("#file-name").inner_text() == "dropped.jsonl"
    page.fill("#pages input", "999")
    page.keyboard.press("Enter")
    until(page, "document.querySelector('#rows > :last-child').textContent.startsWith('第 40001 行没有写完')")
    assert page.input_value("#pages input") == "801"  # the last there is
    page.focus("#rows button.row") if page.locator("#rows button.row").count() else None
    page.click("#pages [aria-label=上一个]")
    until(page, "document.querySelectorAll('#rows button.row').length === 50")
    page.focus("#rows button.row")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    until(page, "document.querySelector('#talk h2').textContent === '第 39952 行'")
    assert page.locator(".said").inner_text() == "问" and page.locator(".worth").count() == 0


def test_unscored_and_without_a_score_and_of_another_world(open_list):
    page = open_list(query=f"#{UNSCORED}")
    assert page.locator("#talk h2").inner_text() == f"第 {UNSCORED} 行"
    assert (
        "未评分" in page.locator(".worth").inner_text()
        and "no answer came" in page.locator(".worth .note").inner_text()
    )
    page.click(".talk-head [aria-label=下一个]")
    until(page, "document.querySelector('#talk h2').textContent === given", f"第 {BARE} 行")
    assert page.locator(".worth").count() == page.locator(".claim").count() == 0 and page.locator(".words").count() == 2
    page.click(".talk-head [aria-label=下一个]")  # over the broken ones
    until(page, "document.querySelector('#talk h2').textContent === given", f"第 {ELSEWHERE} 行")
    assert "来自另一个世界（osm 2）" in page.locator(".talk .note").inner_text()
    assert page.url.endswith(f"#{ELSEWHERE}")


def test_a_file_may_hold_anything(open_list):
    page = open_list()
    open_line(page, HOSTILE)
    talk = page.locator("#talk")
    assert talk.locator(".step").count() == 11 and talk.locator(".step.of-unknown").count() == 3
    assert talk.locator(".raw").count() == 6  # and three calls whose results are none
    page.click(".step:nth-child(5) .head")  # its items can't be shown as such
    assert talk.locator(".raw").count() == 7
    page.click(".step:nth-child(9) .head")
    for tab in (2, 3, 1):
        page.click(f".step:nth-child(9) [role=tab]:nth-child({tab})")
    assert (
        "U+200B ×2" in page.locator(".words").first.inner_text() and SHOWN in page.locator(".words").first.inner_text()
    )
    assert [one.inner_text() for one in page.locator(".claims > li").all()][-1] == "看 又一次"
    for one in page.locator("[data-claim]").all():
        one.focus()
        page.keyboard.press("Enter")
        assert page.locator(".witness").is_visible()
    assert page.locator(".words").nth(1).evaluate("(one) => one.textContent.length") < 21_000
    page.click(".words .link")
    assert page.locator(".words").nth(1).evaluate("(one) => one.textContent.length") == 350_000
    assert page.locator("main img, main script").count() == 0 and page.title() == "STAgent · 世界与工具"
    assert page.evaluate("document.querySelector('#talk').textContent.includes('\\u200b')") is False
    assert page.evaluate("document.querySelector('.talk').scrollWidth <= document.querySelector('.talk').clientWidth")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_on_a_phone(open_list, language):
    page = open_list(width=360, query=f"?lang={language}")
    page.tap("#rows [data-line='2']")
    page.tap("#rows [data-line='1']")
    until(page, "document.querySelector('#talk .words')")
    page.evaluate("document.querySelectorAll('#talk .head').forEach((one) => one.click())")
    overflowing = (
        "[...document.querySelectorAll('.shelf *, .talk *')].filter((one) => one.getBoundingClientRect().right > 360"
        " && !one.closest('.details, .asked'))"  # lines that end in an ellipsis
    )
    assert page.evaluate(f"{overflowing}.map((one) => one.outerHTML.slice(0, 200))") == []
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    rating = page.locator(".words .claim >> nth=1")
    rating.tap()  # shows it, and only a second time goes there
    assert page.locator(".witness").is_visible() and page.locator("#back").is_hidden()
    box, card = rating.bounding_box(), page.locator(".witness").bounding_box()
    assert card["y"] >= box["y"] + box["height"] or card["y"] + card["height"] <= box["y"]  # beside it, not above it
    rating.tap()
    assert page.locator("#back").is_visible()
    if language == "en":  # the page's own words; the rest is the file's
        own = page.locator(
            ".shelf header, #filters, #count, .reward, .dimension, .predicates > summary, .tabs"
        ).all_inner_texts()
        assert re.findall("[一-龥]", "".join(own)) == []
    page.tap("#back")
    assert page.locator("#back").is_hidden()


def test_a_picture_of_it_can_be_made(browser, url):
    args = parse_arguments(["--url", url, "--trajectory", "1"])
    assert str(args.out) == "docs/images/trajectory.png"
    assert picture(browser, args).startswith(b"\x89PNG")
