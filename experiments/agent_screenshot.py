"""A picture of the agent's page: the ways between two places of a city, drawn and listed.

bash agent.sh look                                     # in one shell
python -m experiments.agent_screenshot                 # in another: docs/images/agent.png

python -m experiments.agent_screenshot --trajectory 7  # docs/images/trajectory.png: line 7 of look --trajectories FILE
"""

import argparse
import sys
from pathlib import Path

from experiments.screenshot import finish, small_png, take
from stagent.tools.schemas import BY_NAME
from utils import Parser, door

SIZE, SCALE = {"width": 1440, "height": 900}, 1.0
DRAWN = ".call.open:is(.found, .empty, .error, .unavailable) .view"


def picture(browser, args: argparse.Namespace) -> bytes:
    """The page after the example of each tool was called; the last one's result is open."""
    context = browser.new_context(viewport=SIZE, device_scale_factor=SCALE, color_scheme=args.scheme, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{args.url}/?lang={args.language}" + (f"#{args.trajectory}" if args.trajectory else ""))
    page.wait_for_selector("html[data-ready]")
    if args.trajectory:
        show_claim(page)
    else:
        show_tools(page, args.tools)
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    found = small_png(page)
    context.close()
    return found


def show_tools(page, tools: list[str]) -> None:
    for tool in tools:
        page.select_option("#tool", tool)
        page.click("#example")
        page.click("#call")
        page.wait_for_selector(DRAWN)
    page.mouse.move(0, 0)


def show_claim(page) -> None:
    """Puts the pointer on a claim of the open trajectory: one that follows from several values, where there is one."""
    page.wait_for_selector(".words .claim")
    derived, any_one = page.locator(".words .claim.derived"), page.locator(".words .claim")
    (derived if derived.count() else any_one).last.hover()
    page.wait_for_selector(".witness:not([hidden])")


def parse_arguments(argv: list[str] | None = None) -> argparse.Namespace:
    parser = Parser(prog="python -m experiments.agent_screenshot", description="A picture of the agent's page.")
    parser.add_argument("--url", default="http://127.0.0.1:8200", help="of the running page")
    parser.add_argument("--out", type=Path, help="docs/images/agent.png; with --trajectory docs/images/trajectory.png")
    parser.add_argument("--trajectory", type=int, metavar="LINE", help="of the page's file: its claims, not the tools")
    tools = ["weather_forecast_days", "travel_search_trains", "map_search_places", "map_compute_routes"]
    parser.add_argument(
        "--tools", nargs="+", choices=BY_NAME, default=tools, metavar="TOOL", help="called in this order"
    )
    args = finish(parser, argv)
    args.out = args.out or Path("docs/images/trajectory.png" if args.trajectory else "docs/images/agent.png")
    return args


def main() -> int:
    return take(parse_arguments(), picture, "bash agent.sh look")


if __name__ == "__main__":
    sys.exit(door(main))
