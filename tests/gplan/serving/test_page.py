"""The page in a real browser, against a real server with a tiny checkpoint of random weights."""

import re
from datetime import datetime
from urllib.parse import urlsplit

import pytest

from data_process.intents import TOOL_KEY
from data_process.schema import CONTEXT
from experiments.screenshot import ANSWERED, FLAGS, chromium, give_key, parse_arguments, picture
from tests.support.serving import ask, server_process

playwright = pytest.importorskip("playwright.sync_api", reason="no playwright: see config/requirements/dev.txt")
pytestmark = pytest.mark.skipif(not chromium(), reason="no Chromium: apt-get install chromium")
KEY = "sésame 42"


@pytest.fixture(scope="module")
def url(picd_checkpoint, tmp_path_factory) -> str:
    """A server that wants a key; its examples are generated rows, wherever the tests run."""
    folder = tmp_path_factory.mktemp("page")
    words = ("--model", picd_checkpoint, "--device", "cpu")
    with server_process(folder, *words, API_KEY=KEY) as running:
        yield running.url


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser, url):
    """Opens the page, by default with the key given and the first plan there. ``page.said``: console errors,
    ``page.asked``: all requests."""
    contexts = []

    def build(*, width: int = 1280, key: str | None = KEY, wait: str = ANSWERED, query: str = ""):
        context = browser.new_context(viewport={"width": width, "height": 800}, locale="en-GB")
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        if key:
            give_key(page, key)
        page.said, page.asked = [], []
        page.on("console", lambda message: page.said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(url + query)
        page.wait_for_selector(wait)
        return page

    yield build
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def call(browser, url):
    """Calls one of the page's own functions: ``call("plans.js", "compare", old, new)``."""
    page = browser.new_page()
    page.goto(url)
    script = "async ([file, name, given]) => (await import('/' + file))[name](...given)"
    yield lambda file, name, *given: page.evaluate(script, [file, name, given])
    page.close()


def planned(page, act) -> tuple[list[dict], list[dict]]:
    """Does something that makes the page ask; returns the rows it sent and the answers, once they are shown."""
    with page.expect_response(lambda response: "k=1" in response.url) as got:
        act()
    answers = got.value.json()
    page.wait_for_selector(ANSWERED)
    return got.value.request.post_data_json, answers


def titles(page, panel: int = 0) -> list[str]:
    return page.locator(".panel").nth(panel).locator(".card strong").all_text_contents()


def unfold_form(page) -> None:
    page.evaluate("document.querySelectorAll('#edit, #form details').forEach((one) => (one.open = true))")


def edit(page, column: str, value: str) -> None:
    page.fill(f"#form [name={column}]", value)
    page.locator(f"#form [name={column}]").dispatch_event("change")


def said_changes(old: list[dict], young: list[dict]) -> set[str]:
    """The badges that a change of plans must show, but for moved: found by counting, otherwise than the page does."""
    found = set()
    for kind in {kind_of(one) for one in (*old, *young)}:
        here, there = ([one for one in plan if kind_of(one) == kind] for plan in (old, young))
        if len(there) > len(here):
            found.add("added")
        if len(there) < len(here):
            found.add("removed")
        if min(len(here), len(there)) > sum(one in there for one in here):
            found.add("changed")
    return found


def kind_of(one: dict) -> tuple[str, str | None]:
    return one[TOOL_KEY], one.get("tag")


def test_it_plans_and_asks_nobody_else(open_page, url):
    page = open_page()
    rows, answers = planned(page, lambda: page.click("#next"))
    assert len(rows) == len(answers) == 1
    plan = answers[0]["plan"]
    assert page.locator(".card").count() == len(plan)
    tools = page.evaluate("import('/zh.js').then((words) => words.default.tool)")
    for title, one in zip(titles(page), plan, strict=True):
        assert title == {"tool_5": f"{one.get('tag')}推荐", "tool_7": f"附近{one.get('tag')}"}.get(
            one[TOOL_KEY], tools[one[TOOL_KEY]]
        )
    figures = page.locator(".figures").inner_text().split("\n")
    assert figures[:2] == [f"{len(plan)} 个意图", "有效"]
    assert figures[figures.index("前向次数") + 1] == str(answers[0]["timing"]["forward_passes"])
    assert figures[figures.index("对数概率") + 1] == f"{answers[0]['log_probability']:.2f}".replace("-", "−")
    # random weights hesitate: the least certain choice stands first
    shown = [
        float(text.rstrip("%")) for text in page.locator(".hesitations > .choices .chosen .share").all_text_contents()
    ]
    assert shown == sorted(shown) and shown[0] < 90
    page.wait_for_selector(".alternatives li:nth-child(5)")
    assert not page.said
    assert {urlsplit(asked).netloc for asked in page.asked if not asked.startswith("data:")} == {urlsplit(url).netloc}


def test_what_if_shows_both_plans_and_what_changed(open_page):
    page = open_page()
    page.select_option("#example", "2")
    page.wait_for_selector(ANSWERED)
    for act in (
        lambda: page.fill("#hour", "8"),
        lambda: page.check("[name=place][value=order]", force=True),
        lambda: page.check("[name=day][value='6']", force=True),
        lambda: page.check("[name=place][value=station]", force=True),
        lambda: page.check("[name=city][value=home]", force=True),
    ):
        (row, twin), (answer, other) = planned(page, act)
        assert {name for name in {*row, *twin} if row.get(name) != twin.get(name)} <= set(CONTEXT)
        badges = {name for name in ("added", "removed", "changed", "moved") if page.locator(f".badge.{name}").count()}
        assert badges - {"moved"} == said_changes(answer["plan"], other["plan"])
        text = page.locator(".verdict").inner_text()
        assert text.startswith("计划变了" if answer["plan"] != other["plan"] else "计划不变")
        moment = datetime.fromisoformat(twin["currenttime"])
        assert moment.hour == 8
    # the last one: a Saturday morning at a station of the home city, which no order's place settles any more
    assert (moment.weekday(), twin["weekendflag"]) == (5, "1")
    assert 0 <= (moment.date() - datetime.fromisoformat(row["currenttime"]).date()).days < 7
    assert "站" in twin["current_tag"] and twin["current_city"] == row["profile_feat_5"]
    assert twin.get("current_poi_name", "") != row["current_poi_name"]
    rows, _ = planned(page, lambda: page.click("#reset"))
    assert rows == [row] and page.locator(".verdict").count() == 0 and page.locator(".panel").count() == 1


def test_what_if_says_that_nothing_changed(open_page):
    page = open_page()
    unfold_form(page)
    for name in ("trigger_5", "trigger_6", "trigger_7"):
        edit(page, name, "")
    # Without the order's times, the compact prompt tells working days apart by nothing.
    planned(page, lambda: edit(page, "currenttime", "2026-03-03T10:00:00"))  # a Tuesday
    (row, twin), (answer, other) = planned(page, lambda: page.check("[name=day][value='4']", force=True))
    assert (row["currenttime"], twin["currenttime"]) == ("2026-03-03 10:00:00", "2026-03-05 10:00:00")
    assert answer["plan"] == other["plan"]
    assert page.locator(".verdict").inner_text() == "计划不变：同样的意图，同样的顺序。"
    assert page.locator(".badge").count() == 0 and titles(page, 0) == titles(page, 1)
    assert page.locator(".panel:nth-child(2) .scene mark").all_text_contents() == ["3月5日 周四"]


def test_edits_are_sent_and_can_be_taken_back(open_page):
    page = open_page()
    unfold_form(page)
    rows, _ = planned(page, lambda: edit(page, "current_tag", "高铁站"))
    assert rows[0]["current_tag"] == "高铁站"
    assert page.locator("#edited").inner_text() == "已改 1 项"
    # the weekend flag follows the date, the seconds that a picker leaves out are put back
    rows, _ = planned(page, lambda: edit(page, "currenttime", "2026-03-07T10:00"))
    assert (rows[0]["currenttime"], rows[0]["weekendflag"]) == ("2026-03-07 10:00:00", "1")
    assert page.locator(".scene dd").first.locator("span").all_text_contents() == [
        "3月7日 周六",
        "10:00",
        "上午",
        "周末",
    ]
    rows, _ = planned(page, lambda: page.click("#restore"))
    assert rows[0]["current_tag"] != "高铁站" and page.locator("#edited").inner_text() == ""


def test_an_error_stands_at_its_field_and_goes_with_it(open_page):
    page = open_page()
    unfold_form(page)
    before = titles(page)
    edit(page, "current_city", "")
    page.wait_for_selector("[name=current_city][aria-invalid]")
    assert page.locator("#error-current_city").inner_text() == "missing; a plan needs it"
    failure = page.locator("[role=alert]").inner_text()
    assert "当前城市：missing; a plan needs it（状态 422）。 下面是上一次的计划。" in failure
    assert titles(page) == before and page.locator(".panel.stale").count() == 1
    planned(page, lambda: edit(page, "current_city", "杭州市"))
    assert page.locator("[role=alert], .error, [aria-invalid]").count() == 0


def test_a_server_that_is_gone_can_be_tried_again(open_page):
    page = open_page(query="/?lang=en")
    page.context.set_offline(True)
    page.click("#next")
    page.wait_for_selector("[role=alert]")
    assert "can’t be reached" in page.locator("[role=alert]").inner_text()
    page.click("#next")  # the page can still be used
    assert page.locator("#count").inner_text() == "3 / 20"
    page.wait_for_selector("[role=alert]")
    page.context.set_offline(False)
    rows, _ = planned(page, lambda: page.click("[role=alert] button"))
    assert rows[0]["currenttime"][11:16] in page.locator("#example option:checked").inner_text()
    assert page.locator("[role=alert]").count() == 0


def test_an_old_answer_never_stands_under_a_new_request(open_page):
    page = open_page()
    held = []
    page.route("**/v1/plan?k=1*", lambda route: route.continue_() if held else held.append(route))
    page.fill("#hour", "3")
    page.wait_for_selector("#results[aria-busy=true]")
    while not held:
        page.wait_for_timeout(20)
    (_, twin), _ = planned(page, lambda: page.fill("#hour", "15"))
    assert twin["currenttime"][11:13] == "15"
    shown = page.locator(".cards").all_inner_texts()
    held[0].continue_()
    page.wait_for_timeout(300)
    assert page.locator(".panel:nth-child(2) .scene mark").first.inner_text()[:2] == "15"
    assert page.locator(".cards").all_inner_texts() == shown


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_phone_needs_no_sideways_scrolling(open_page, language):
    page = open_page(width=360, query=f"/?lang={language}")
    assert page.locator("#what-if").get_attribute("open") is None  # the plan is what comes first
    page.click("#what-if > summary")
    planned(page, lambda: page.check("[name=city][value=home]", force=True))
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    overflowing = "[...document.querySelectorAll('main *')].filter((one) => one.getBoundingClientRect().right > 360)"
    assert page.evaluate(f"{overflowing}.filter((one) => !one.closest('svg')).map((one) => one.outerHTML)") == []


def test_english_and_back(open_page, url):
    page = open_page()
    row = ask(url, "/v1/examples", Authorization=f"Bearer {KEY}".encode()).json["rows"][0]
    chinese = titles(page)
    page.click("text=English")
    assert page.locator("html").get_attribute("lang") == "en"
    assert all(title.isascii() for title in titles(page)) and len(titles(page)) == len(chinese)
    # what is still Chinese is what the row says
    known = " ".join([row["current_city"] + row["current_district"], "加油站 充电站 景区", *row.values()])
    page.evaluate("document.querySelectorAll('main details').forEach((one) => (one.open = true))")
    page.evaluate("document.querySelectorAll('option, textarea, pre').forEach((one) => one.remove())")
    chinese_words = re.findall("[一-龥]+", page.locator("main").inner_text())
    assert chinese_words and [word for word in chinese_words if word not in known] == []
    assert row["current_city"] in page.locator(".scene").inner_text()
    page.reload()
    page.wait_for_selector(ANSWERED)
    assert page.locator("h1").inner_text() == "GPlan Homepage intent planner"
    assert page.evaluate(
        "Promise.all(['/zh.js', '/en.js'].map((file) => import(file)))"
        ".then(([zh, en]) => Object.keys(zh.default).join() === Object.keys(en.default).join())"
    )
    page.click("text=中文")
    assert titles(page) == chinese


def test_text_of_a_row_is_never_markup(open_page):
    page = open_page()
    unfold_form(page)
    evil = "<img src=x onerror=\"document.title='gone'\"><script>document.title='gone'</script>"
    for column in ("current_tag", "current_city", "trigger_2", "profile_feat_7"):
        edit(page, column, evil)
    planned(page, lambda: edit(page, "short_term_behavior_seq", f"在3月2日周一22点act_2了位于本地{evil}的p_1"))
    planned(page, lambda: page.check("[name=place][value=order]", force=True))
    assert evil in page.locator(".scene").first.inner_text()
    assert page.locator("main img, main script").count() == 0
    assert page.title() == "GPlan · 地图首页意图规划"
    assert not page.said


def test_a_key_is_asked_for_where_one_is_needed(open_page):
    page = open_page(key=None, wait="#key[open]")
    page.fill("#key-value", "wrong")
    page.click("#key .main")
    page.wait_for_selector("text=这个密钥被拒绝了")
    page.fill("#key-value", KEY)
    page.keyboard.press("Enter")
    page.wait_for_selector(ANSWERED)
    assert page.locator("#forget").is_visible()


def test_plans_are_compared_as_a_reader_would(call):
    """Hand-derived: equal intents are one, then those of one tool and tag; the rest was added or removed."""
    food, far_food, sight, ride, weather = (
        {"工具名称": "tool_5", "空间范围": "附近", "tag": "美食"},
        {"工具名称": "tool_5", "空间范围": "全城", "tag": "美食"},
        {"工具名称": "tool_5", "空间范围": "附近", "tag": "景点"},
        {"工具名称": "tool_1"},
        {"工具名称": "tool_9"},
    )

    def compared(old, young):
        return call("plans.js", "compare", old, young)

    same = compared([ride, food, weather], [ride, food, weather])
    assert same["counts"] == {"added": 0, "removed": 0, "moved": 0, "changed": 0}
    # one step moves past two, not two past one
    moved = compared([ride, food, weather], [food, weather, ride])
    assert moved["after"] == [{}, {}, {"movedFrom": 1}] and moved["counts"]["moved"] == 1
    # the same tag is the partner, though another recommendation stands before it
    other = compared([food, weather], [sight, far_food, weather])
    assert other["after"] == [{"added": True}, {"changed": ["空间范围"]}, {}]
    assert other["before"] == [{"changed": ["空间范围"]}, {}]
    assert compared([food, weather], [sight, ride])["counts"] == {"added": 2, "removed": 2, "moved": 0, "changed": 0}


def test_tokens_of_one_value_are_one_choice(call):
    """4 of at least 4 intents: 0.9 of the first token times 0.8 of the second."""
    decisions = [
        {"step": 0, "field": "steps", "chosen": "4|5", "options": {"3": 0.1, "4|5": 0.9}},
        {"step": 0, "field": "steps", "chosen": "4", "options": {"4": 0.8, "5": 0.2}},
        {"step": 1, "field": "tag", "chosen": "美食", "options": {"美食": 0.6, "购物": 0.4}},
    ]
    found = call("plans.js", "choices", decisions)
    assert [(one["step"], one["chosen"]) for one in found] == [(0, "4"), (1, "美食")]
    assert [[name, round(p, 6)] for name, p in found[0]["options"]] == [["4", 0.72], ["5", 0.18], ["3", 0.1]]
    assert found[0]["probability"] == pytest.approx(0.72) and found[1]["probability"] == 0.6


def test_twins_stay_plausible(call):
    """POI, tag, city and district move together, and a city that is not known is not made up."""
    row = {
        "currenttime": "2026-03-06 22:59:07", "weekendflag": "0", "holidayflag": "0",
        "current_poi_name": "p_1", "current_tag": "商圈", "current_city": "洛阳市", "current_district": "洛龙区",
        "profile_feat_5": "衡阳市", "profile_feat_6": "p_6", "profile_feat_7": "衡阳市雁峰区",
        "profile_feat_8": "p_8", "profile_feat_9": "某处", "long_term_behavior": "住宅区的p_6act_8了26次",
        "short_term_behavior_seq": "", "trigger_1": "加油", "trigger_2": "洛阳市", "trigger_3": "西工区",
        "trigger_4": "p_4",
    }  # fmt: skip
    elsewhere = row | {"current_poi_name": "p_9", "current_city": "衡阳市", "current_district": "石鼓区"}
    station = elsewhere | {"current_poi_name": "p_7", "current_tag": "火车站"}

    def twin(examples=(), **settings):
        """What differs from the row."""
        as_is = {"hour": None, "day": None, "holiday": None, "place": "", "city": ""}
        found = call("whatif.js", "twin", row, as_is | settings, list(examples))
        return {name: value for name, value in found.items() if value != row[name]}

    def at(poi, tag, city, district):
        parts = {"current_poi_name": poi, "current_tag": tag, "current_city": city, "current_district": district}
        return {name: value for name, value in parts.items() if value != row[name]}

    assert twin() == {}
    assert twin(hour=8) == {"currenttime": "2026-03-06 08:59:07"}
    assert twin(day=7) == {"currenttime": "2026-03-08 22:59:07", "weekendflag": "1"}  # Friday -> Sunday
    assert twin(day=4) == {"currenttime": "2026-03-12 22:59:07"}  # the Thursday to come
    assert twin(place="order") == at("p_4", "加油站", "洛阳市", "西工区")
    assert twin(place="usual1", city="order") == at("p_6", "住宅区", "衡阳市", "雁峰区")
    assert twin(place="usual2") == {}  # its city can't be told
    assert twin(place="station") == at("", "高铁站", "洛阳市", "洛龙区")
    assert twin(place="station", city="home") == at("", "高铁站", "衡阳市", "雁峰区")
    assert twin([elsewhere, station], place="station", city="home") == at("p_7", "火车站", "衡阳市", "石鼓区")
    assert twin([elsewhere], city="home") == at("p_9", "商圈", "衡阳市", "石鼓区")
    assert twin(city="order") == {}  # there already
    for area, city in (
        ("杭州市余杭区", "杭州市"),
        ("延边朝鲜族自治州延吉市", "延边朝鲜族自治州"),
        ("荆州市沙市区", "荆州市"),
    ):
        assert call("whatif.js", "splitArea", area) == {"city": city, "district": area.removeprefix(city)}


def test_a_picture_of_it_can_be_made(browser, url, monkeypatch):
    monkeypatch.setenv("API_KEY", KEY)
    found = picture(browser, parse_arguments(["--url", url, "--hour", "14"]))
    assert found.startswith(b"\x89PNG") and 50_000 < len(found) <= 300_000
