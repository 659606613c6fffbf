"""The page in a real browser, against a real server with two small towns."""

import json
import re
from urllib.parse import urlsplit

import pytest

from experiments.agent_screenshot import parse_arguments, picture
from experiments.screenshot import chromium
from stagent.tools.schemas import BY_NAME, TOOLS
from tests.support.look_world import EVIL, QUOTE, LookWorld
from tests.support.looking import looking
from tests.support.toy_world import ToyWorld

pytest.importorskip("playwright.sync_api", reason="no playwright: see config/requirements/dev.txt")
pytestmark = pytest.mark.skipif(not chromium(), reason="no Chromium: apt-get install chromium")
SHOWN = EVIL.replace("\u202e", "")


@pytest.fixture(scope="module")
def url():
    with looking(LookWorld()) as url:
        yield url


def choose(page, tool: str) -> None:
    page.select_option("#tool", tool)
    page.evaluate("document.querySelectorAll('#form details').forEach((one) => (one.open = true))")


def called(page, act=None) -> tuple[dict, dict]:
    """Presses the button (or does something else that calls); returns what was sent and what came, once it is shown."""
    with page.expect_response(lambda response: response.url.endswith("/api/call")) as got:
        (act or (lambda: page.click("#call")))()
    page.wait_for_selector(".call.open .view")
    return got.value.request.post_data_json, got.value.json()


def example(page, tool: str) -> tuple[dict, dict]:
    choose(page, tool)
    page.click("#example")
    return called(page)


def map_point(page, east: float, south: float) -> tuple[float, float]:
    """A point of the window, by its shares of the map's box."""
    box = page.locator("#map").bounding_box()
    return box["x"] + east * box["width"], box["y"] + south * box["height"]


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_each_tool_has_a_form_that_makes_a_valid_call(open_page, tool):
    page = open_page()
    choose(page, tool.name)
    fields = page.locator(".field")
    assert fields.evaluate_all("all => all.map((one) => one.dataset.parameter)") == sorted(
        (one.name for one in tool.parameters), key=lambda name: not BY_NAME[tool.name].parameter(name).required
    )
    for parameter in tool.parameters:
        field = page.locator(f"[data-parameter={parameter.name}]")
        assert parameter.zh in field.inner_text()
        assert field.locator("em").count() == parameter.required
        if parameter.kind in ("integer", "number"):
            assert f"{parameter.least} – {parameter.most}" in field.inner_text()
        if parameter.default is not None and parameter.kind == "integer":
            assert field.locator("input").get_attribute("placeholder") == f"默认 {parameter.default}"
        if parameter.allowed:
            control = "option:not([value=''])" if parameter.kind == "choice" else "input"
            values = field.locator(control).evaluate_all("all => all.map((one) => one.value)")
            assert tuple(values) == parameter.allowed
    page.click("#example")
    sent, answer = called(page)
    assert (
        sent["tool"] == tool.name and {one.name for one in tool.parameters if one.required} <= sent["arguments"].keys()
    )
    assert answer["outcome"] == "found", answer["text"]
    assert page.locator(".call.open .item").count() == len(answer["content"]["items"])


def test_it_asks_nobody_else(open_page, url):
    page = open_page()
    for tool in TOOLS:
        example(page, tool.name)
    assert page.locator(".call").count() == len(TOOLS)
    assert {urlsplit(asked).netloc for asked in page.asked if not asked.startswith("data:")} == {urlsplit(url).netloc}


def test_every_kind_of_field_is_sent_as_its_type(open_page):
    page = open_page()
    choose(page, "map_search_places")
    page.click("#empty")
    for name, text in {"query": " 川菜 ", "center": "0.005,150.005", "radius": "800", "min_rating": "4.5"}.items():
        page.fill(f"[name={name}]", text)
    page.select_option("[name=sort_by]", "distance")
    sent, answer = called(page)
    wanted = {"query": " 川菜 ", "center": "0.005,150.005", "radius": 800, "sort_by": "distance", "min_rating": 4.5}
    assert sent["arguments"] == wanted and sent["language"] == "zh" and "clock" not in sent
    choose(page, "map_compute_routes")
    page.click("#empty")
    page.fill("[name=origin]", "0,150")
    page.fill("[name=destination]", "0.01,150.01")
    page.fill("[name=intermediates]", "0.005,150.005")
    page.click("[data-parameter=intermediates] .quiet")
    page.locator("[name=intermediates]").nth(1).fill("0.006,150.006")
    page.check("[name=modes][value=walking]", force=True)
    page.check("[name=traffic_aware][value=false]", force=True)
    page.fill("[name=departure_time]", "2026-01-05T10:30")
    sent, answer = called(page)
    assert sent["arguments"] == {
        "origin": "0,150", "destination": "0.01,150.01", "intermediates": ["0.005,150.005", "0.006,150.006"],
        "modes": ["walking"], "traffic_aware": False, "departure_time": "2026-01-05T10:30",
    }  # fmt: skip
    assert answer["outcome"] == "found"
    page.locator("[data-parameter=intermediates] .round").nth(0).click()
    sent, _ = called(page)
    assert sent["arguments"]["intermediates"] == ["0.006,150.006"]


def test_what_is_wrong_stands_at_its_field_as_a_model_gets_it(open_page):
    page = open_page()
    choose(page, "map_search_places")
    page.click("#empty")
    page.fill("[name=radius]", "five")  # sent as it is: what is wrong with it is the tool's to say
    sent, answer = called(page)
    assert sent["arguments"] == {"radius": "five"} and answer["error"]
    problems = answer["content"]["error"]["problems"]
    assert [one["parameter"] for one in problems] == ["query", "radius", "radius"]  # no number, and no center with it
    for name in ("query", "radius"):
        lines = [f"{one['problem']}（{one['allowed']}）" for one in problems if one["parameter"] == name]
        assert page.locator(f"#error-{name}").inner_text().split("\n") == lines
        assert page.locator(f"[name={name}]").get_attribute("aria-invalid") == "true"
    told = page.locator(".call.open .problems").inner_text()
    assert all(one["problem"] in told and one["allowed"] in told for one in problems)
    page.click("[role=tab]:nth-child(2)")
    assert page.locator(".call.open pre.text").text_content() == answer["text"]
    choose(page, "map_search_central_places")
    page.click("#empty")
    page.fill("[name=query]", "公园")
    page.locator("[name=origins]").nth(0).fill("0.005,150.005")
    page.locator("[name=origins]").nth(1).fill("there")
    _, answer = called(page)
    assert answer["content"]["error"]["problems"][0]["parameter"] == "origins[1]"
    marked = page.locator("[name=origins]").evaluate_all("all => all.map((one) => one.ariaInvalid)")
    assert marked == [None, "true"] and page.locator("#error-origins").inner_text().startswith("origins[1] ")
    page.locator("[name=origins]").nth(1).fill("0.002,150.002")
    called(page)
    assert page.locator("[aria-invalid]").count() == 0 and page.locator("#form .error:visible").count() == 0


def test_any_json_can_be_sent(open_page):
    page = open_page()
    choose(page, "map_search_places")
    page.click("#empty")
    page.fill("[name=query]", "公园")
    page.click(".modes button:nth-child(2)")
    assert json.loads(page.input_value("#raw")) == {"query": "公园"}
    page.fill("#raw", '{"query": ["a", {"b": null}], "nothing": 1}')
    sent, answer = called(page)
    assert sent["arguments"] == {"query": ["a", {"b": None}], "nothing": 1}
    assert {one["parameter"] for one in answer["content"]["error"]["problems"]} == {"query", "nothing"}
    page.fill("#raw", "[1, 2]")
    assert called(page)[0]["arguments"] == [1, 2]
    page.fill("#raw", "{")
    page.click("#call")
    page.wait_for_selector("#error-raw:not(:empty)")
    assert page.locator(".call").count() == 2  # nothing was sent
    page.fill("#raw", '{"query": "川菜", "limit": 3}')
    page.click(".modes button:nth-child(1)")
    assert (page.input_value("[name=query]"), page.input_value("[name=limit]")) == ("川菜", "3")


def test_routes_are_drawn_and_chosen(open_page):
    page = open_page()
    _, answer = example(page, "map_compute_routes")
    modes = [item["mode"] for item in answer["content"]["items"]]
    assert sorted(modes) == ["driving", "transit", "walking"]
    for mode in modes:
        path = page.locator(f"path.route.{mode}")
        box = path.bounding_box()
        assert path.count() == 1 and box["width"] > 50 and box["height"] > 50
        mapped = page.locator("#map").bounding_box()
        assert box["x"] >= mapped["x"] and box["x"] + box["width"] <= mapped["x"] + mapped["width"]
    assert page.locator(".mark-at text").all_text_contents() == ["A", "B"]
    # the first is chosen, the others are faint; a click chooses another one
    assert "faint" not in page.locator(f"path.route.{modes[0]}").get_attribute("class")
    page.click("[data-key='2'] button.heading")
    assert "faint" in page.locator(f"path.route.{modes[0]}").get_attribute("class")
    assert "faint" not in page.locator(f"path.route.{modes[1]}").get_attribute("class")


def test_pins_buffers_and_lines_to_origins(open_page):
    page = open_page()
    sent, answer = example(page, "map_search_along_route")
    assert page.locator("path.buffer").count() == page.locator("path.route").count() == 1
    # as wide as the buffer is: 2 × 2000 m, on a map where a metre is at the equator a Mercator metre
    assert float(page.locator("path.buffer").get_attribute("stroke-width")) == pytest.approx(4000, rel=1e-3)
    count = len(answer["content"]["items"])
    assert page.locator(".pin").count() == count > 0
    page.locator(".pin[data-key='1']").press("Enter")
    assert page.locator(".item.chosen").get_attribute("data-key") == "1"
    sent, _ = example(page, "map_search_central_places")
    origins = sent["arguments"]["origins"]
    assert page.locator("path.spoke").count() == len(origins) == page.locator(".mark-at").count()
    example(page, "map_search_ranking_list")
    assert page.locator(".pin text").all_text_contents() == ["3", "2", "1"]  # the best is drawn last, on top
    page.click(".list.entries li:nth-child(2) button")
    assert page.locator(".pin.chosen").get_attribute("data-key") == "1.2"
    example(page, "travel_search_flights")
    assert page.locator("path.arc").count() == 1 and page.locator(".pin").count() == 0
    page.click(".call:nth-child(4) .head")  # an older call again
    assert page.locator("path.buffer").count() == 1 and page.locator("path.arc").count() == 0


def test_a_click_on_the_map_fills_the_field_that_was_left(open_page):
    page = open_page()
    choose(page, "map_compute_routes")
    page.click("#empty")
    page.focus("[name=origin]")
    assert page.locator(".hint-at").inner_text() == "点地图，填入 origin"
    page.mouse.click(*map_point(page, 0.5, 0.5))
    lat, lon = map(float, page.input_value("[name=origin]").split(","))
    assert lat == pytest.approx(0.005, abs=2e-4) and lon == pytest.approx(150.005, abs=2e-4)  # the whole town is shown
    assert page.locator(".hint-at").is_hidden()
    page.focus("[name=destination]")
    page.focus("[name=preference]")
    assert page.locator(".hint-at").is_hidden()


def test_a_place_has_a_card_and_can_be_used(open_page):
    page = open_page()
    choose(page, "map_compute_routes")
    page.click("#empty")
    # 海角酒店 lies at the town's south-western corner
    corner = page.evaluate(
        "() => { const all = document.querySelector('#map canvas').getBoundingClientRect(); return [all.x, all.y]; }"
    )
    at = page.evaluate(
        """async () => { const { View } = await import('/view.js'); const box = document.querySelector('#map');
        const view = new View(() => {}); view.width = box.clientWidth; view.height = box.clientHeight;
        view.fit([[0, 150], [0.01, 150.01]], { free: 24 }); return view.at([0, 150]); }"""
    )
    page.mouse.click(corner[0] + at[0], corner[1] + at[1])
    page.wait_for_selector(".place-card dd")
    card = page.locator(".place-card").inner_text()
    assert "海角酒店" in card and "388.5 元" in card and "0.00000,150.00000" in card
    page.click(".use button:has-text('destination')")
    assert page.input_value("[name=destination]") == "0.00000,150.00000" and page.locator(".place-card").is_hidden()


def test_the_map_moves_by_wheel_drag_buttons_and_keys(open_page):
    page = open_page()
    scale = page.locator(".scale")
    first = scale.inner_text()
    metres = {"米": 1, "公里": 1000}

    def length(text: str) -> float:
        number, unit = text.split()
        return float(number) * metres[unit]

    page.mouse.move(*map_point(page, 0.5, 0.5))
    for _ in range(4):
        page.mouse.wheel(0, -240)
    page.wait_for_function("(text) => document.querySelector('.scale').textContent !== text", arg=first)
    assert length(scale.inner_text()) < length(first)
    page.focus("#map canvas")
    page.keyboard.press("0")
    page.wait_for_function("(text) => document.querySelector('.scale').textContent === text", arg=first)
    for _ in range(3):
        page.click(".controls [data-name=zoomOut]")
    page.wait_for_function("(text) => document.querySelector('.scale').textContent !== text", arg=first)
    assert length(scale.inner_text()) > length(first)
    page.keyboard.press("0")
    before = page.evaluate("document.querySelector('#map canvas').toDataURL()")
    page.mouse.move(*map_point(page, 0.5, 0.5))
    page.mouse.down()
    page.mouse.move(*map_point(page, 0.7, 0.6), steps=4)
    page.mouse.up()
    page.wait_for_timeout(100)
    assert page.evaluate("document.querySelector('#map canvas').toDataURL()") != before
    assert page.locator(".place-card").is_hidden()  # a drag is no click


def test_the_legend_switches_kinds_off(open_page):
    page = open_page()
    page.click(".legend > summary") if not page.locator(".kinds").is_visible() else None

    def colours() -> int:
        """How many different colours the map has: streets, a line and dots."""
        return page.evaluate(
            """() => { const canvas = document.querySelector('#map canvas');
            const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            return new Set(new Uint32Array(data.buffer)).size; }"""
        )

    page.wait_for_timeout(100)
    full = colours()
    page.click(".legend-head button:nth-child(2)")
    page.uncheck("[name=lines]")
    page.wait_for_timeout(100)
    bare = colours()
    assert bare < full / 2
    page.check(".group [name=food]")
    page.wait_for_timeout(100)
    assert colours() > bare
    assert page.evaluate("document.querySelector('[name=cafe]').checked")
    page.locator(".group:has([name=food]) summary").click()
    page.uncheck("[name=cafe]")
    assert page.evaluate("document.querySelector('.group > label [name=food]').indeterminate")


def test_the_clock_can_be_set_and_put_back(open_page):
    page = open_page()
    assert page.input_value("#clock") == "2026-01-05T09:00" and page.locator("#clock-reset").is_hidden()
    page.fill("#clock", "2026-05-01T12:30")
    page.dispatch_event("#clock", "change")
    sent, answer = example(page, "weather_current_conditions")
    assert sent["clock"] == "2026-05-01T12:30" and answer["content"]["clock"].startswith("2026-05-01T12:30")
    page.fill("#clock", "2025-05-01T12:30")
    page.dispatch_event("#clock", "change")
    page.click("#call")
    page.wait_for_selector("#clock-error:not(:empty)")
    assert "2026-01-01 to 2026-12-31" in page.locator(".call.open .fail").inner_text()
    page.click("#clock-reset")
    assert page.input_value("#clock") == "2026-01-05T09:00"
    assert "clock" not in called(page)[0]
    page.said.clear()  # the browser says of a 422 that it was one


def test_unavailable_is_no_error(open_page):
    page = open_page()
    choose(page, "web_search")
    page.fill("[name=query]", "无")
    called(page)
    assert page.locator(".call.open.unavailable .unable").inner_text() == "搜索服务没有回应\n\n可稍后重试"
    assert page.locator("[aria-invalid]").count() == 0


def test_text_of_a_world_is_never_markup(open_page):
    page = open_page()
    for tool in ("map_search_places", "web_search"):
        example(page, tool)
        assert SHOWN in page.locator(".call.open .view").inner_text()
        quote = page.locator(".call.open .quote").first
        assert "引文，不是指令" in quote.locator("figcaption").inner_text()
        for tab in (2, 3):
            page.click(f"[role=tab]:nth-child({tab})")
            page.evaluate("document.querySelectorAll('.tree details').forEach((one) => (one.open = true))")
            page.wait_for_timeout(50)  # what is in it is built when it opens
            page.evaluate("document.querySelectorAll('.tree details').forEach((one) => (one.open = true))")
            assert "onerror" in page.locator(".call.open .view").inner_text()
        page.click("[role=tab]:nth-child(1)")
    assert QUOTE in page.locator(".call .quote").first.inner_text()
    assert page.locator("main img, main script").count() == 0
    assert page.evaluate("document.body.innerText.includes('\\u202e')") is False
    assert page.title() == "STAgent · 世界与工具"


def test_calls_are_kept_and_can_be_made_again(open_page):
    page = open_page()
    first, _ = example(page, "map_search_places")
    example(page, "web_search")
    page.click(".call:nth-child(2) .head")
    assert page.locator(".call").evaluate_all("all => all.map((one) => one.classList.contains('open'))") == [
        False,
        True,
    ]
    page.click(".call.open .tabs .link")
    assert page.locator("#tool").input_value() == "map_search_places"
    again, answer = called(page)
    assert again["arguments"] == first["arguments"] and answer["cached"]
    assert "缓存" in page.locator(".call.open .badges").inner_text()
    page.click("#clear")
    assert page.locator(".call").count() == page.locator(".pin").count() == 0


def test_english_and_back(open_page):
    page = open_page()
    page.click("text=English")
    assert page.locator("html").get_attribute("lang") == "en" and page.title() == "STAgent · World and tools"
    for tool in TOOLS:
        choose(page, tool.name)
        words = page.locator(".ask").inner_text()
        assert tool.en in words and all(parameter.en in words for parameter in tool.parameters)
        # what is still Chinese are examples in the descriptions
        left = re.findall("[一-龥]+", words)
        assert all(word in tool.en + "".join(one.en for one in tool.parameters) for word in left)
    sent, answer = example(page, "map_search_places")
    assert sent["language"] == "en" and "distance: " in answer["text"]
    first = page.locator(".item").first.inner_text()
    assert "average cost" in first and "café" in first  # a kind of place has a name in both languages
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert page.locator("h1").inner_text() == "STAgent World and tools"
    keys = """async () => { const shape = (value) => value !== null && typeof value === 'object'
        ? Object.keys(value).map((key) => [key, shape(value[key])]) : typeof value;
        const [zh, en] = await Promise.all(['/zh.js', '/en.js'].map((file) => import(file)));
        return [shape(zh.default), shape(en.default)].map((one) => JSON.stringify(one)); }"""
    zh, en = page.evaluate(keys)
    assert zh == en
    page.click("text=中文")
    assert "调用与结果" in page.locator(".told").inner_text()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_phone_needs_no_sideways_scrolling(open_page, language):
    page = open_page(width=360, query=f"?lang={language}")
    for tool in ("map_compute_routes", "map_search_ranking_list", "web_search"):
        example(page, tool)
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    overflowing = (
        "[...document.querySelectorAll('.ask *, .told *')].filter((one) => one.getBoundingClientRect().right > 360"
        " && !one.closest('.details'))"  # a line that ends in an ellipsis
    )
    assert page.evaluate(f"{overflowing}.map((one) => one.outerHTML.slice(0, 200))") == []
    # the map stays in sight above the result
    page.evaluate("document.querySelector('.call.open').scrollIntoView()")
    box = page.locator("#map").bounding_box()
    assert box["y"] == pytest.approx(0, abs=1) and page.locator(".call.open").bounding_box()["y"] >= box["height"]


def test_a_world_without_a_map_can_be_asked(open_page):
    with looking(ToyWorld()) as address:
        page = open_page(address=address)
        assert page.locator(".city").is_hidden() and page.locator(".legend").is_hidden()
        choose(page, "map_compute_routes")
        page.fill("[name=origin]", "30.1,170.2")
        page.fill("[name=destination]", "30.2,170.2")
        _, answer = called(page)
        assert answer["outcome"] == "found" and page.locator("path.route").count() == 1


def test_a_server_that_is_gone_is_said(open_page):
    page = open_page()
    page.context.set_offline(True)
    choose(page, "web_search")
    page.fill("[name=query]", "天气")
    page.click("#call")
    page.wait_for_selector(".call.open .fail")
    assert page.locator(".call.open .fail").inner_text() == "连不上服务器。它在运行吗？"
    page.context.set_offline(False)
    assert called(page)[1]["outcome"] == "found"
    page.said.clear()  # the browser's own words


def test_all_can_be_done_by_keyboard(open_page):
    page = open_page()
    choose(page, "web_search")
    page.focus("[name=query]")
    page.keyboard.type("咖啡")
    called(page, lambda: page.keyboard.press("Enter"))
    for _ in range(60):  # to the result's second tab
        page.keyboard.press("Tab")
        if page.evaluate(
            "document.activeElement.getAttribute('role') === 'tab' && document.activeElement.nextSibling !== null"
        ):
            break
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("pre.text").is_visible()
    # the tab has the focus still, though the list was built anew
    assert page.evaluate("document.activeElement.getAttribute('aria-selected')") == "true"


def test_a_picture_of_it_can_be_made(browser, url):
    found = picture(browser, parse_arguments(["--url", url, "--tools", "web_search", "map_compute_routes"]))
    assert found.startswith(b"\x89PNG") and 40_000 < len(found) <= 400_000
