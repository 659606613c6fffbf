"""A picture of the agent's page: the ways between two places of a city, drawn and listed.

bash agent.sh look                                     # in one shell
python -m experiments.agent_screenshot                 # in another: docs/images/agent.png
"""

import argparse
import io
import sys
from pathlib import Path

from experiments.screenshot import FLAGS, chromium
from stagent.tools.schemas import BY_NAME
from utils import InputError, Parser, door

SIZE, SCALE = {"width": 1440, "height": 900}, 1.0
DRAWN = ".call.open:is(.found, .empty, .error, .unavailable) .view"


def picture(browser, args: argparse.Namespace) -> bytes:
    """The page as a PNG of 256 colours, after the example of each tool was called; the last one's result is open."""
    from PIL import Image

    context = browser.new_context(viewport=SIZE, device_scale_factor=SCALE, color_scheme=args.scheme, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{args.url}/?lang={args.language}")
    page.wait_for_selector("html[data-ready]")
    for tool in args.tools:
        page.select_option("#tool", tool)
        page.click("#example")
        page.click("#call")
        page.wait_for_selector(DRAWN)
    page.mouse.move(0, 0)
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    shot = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
    context.close()
    small = io.BytesIO()
    shot.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    return small.getvalue()


def parse_arguments(argv: list[str] | None = None) -> argparse.Namespace:
    parser = Parser(prog="python -m experiments.agent_screenshot", description="A picture of the agent's page.")
    parser.add_argument("--url", default="http://127.0.0.1:8200", help="of the running page")
    parser.add_argument("--out", type=Path, default=Path("docs/images/agent.png"))
    tools = ["weather_forecast_days", "travel_search_trains", "map_search_places", "map_compute_routes"]
    parser.add_argument(
        "--tools", nargs="+", choices=BY_NAME, default=tools, metavar="TOOL", help="called in this order"
    )
    parser.add_argument("--language", default="en", choices=("en", "zh"))
    parser.add_argument("--scheme", default="light", choices=("light", "dark"))
    args = parser.parse_args(argv)
    args.url = args.url.rstrip("/")
    return args


def main() -> int:
    from playwright.sync_api import Error, sync_playwright

    args = parse_arguments()
    if not (path := chromium()):
        raise InputError("no Chromium here; apt-get install chromium")
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=path, args=FLAGS)
        try:
            found = picture(browser, args)
        except Error as error:
            said = error.message.splitlines()[0]
            raise InputError(
                f"--url {args.url}: {said}; start it with bash agent.sh look, or give its address"
            ) from error
        finally:
            browser.close()
    args.out.write_bytes(found)
    print(f"{args.out}: {len(found) / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(door(main))
