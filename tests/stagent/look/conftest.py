"""A real browser, for the tests of the page."""

import pytest

from experiments.screenshot import FLAGS, chromium


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser, url):
    """Opens the page, the first city drawn. ``page.said``: console errors, ``page.asked``: all requests."""
    contexts = []

    def build(*, width: int = 1280, query: str = "", address: str = url):
        context = browser.new_context(viewport={"width": width, "height": 800}, locale="en-GB", has_touch=width < 500)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.said, page.asked = [], []
        page.on("console", lambda message: page.said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(address + "/" + query)
        page.wait_for_selector("html[data-ready]")
        return page

    yield build
    for context in contexts:
        assert [words for page in context.pages for words in page.said] == []
        context.close()
