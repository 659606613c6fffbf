"""A picture of the server's page, with a what-if beside a request.

python -m experiments.screenshot --example 5 --place order --hour 14        # docs/images/page.png
"""

import argparse
import io
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from utils import InputError, Parser, door

# No GPU, no sandbox (containers), and nothing that calls home.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ANSWERED = "#results[aria-busy=false] .panel:not(.stale)"
SIZE, SCALE = {"width": 1440, "height": 1120}, 1.5


def chromium() -> str | None:
    """The path of an installed Chromium or Chrome."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def give_key(page, key: str) -> None:
    """Lets a page that is not open yet know the server's key, as if a person had typed it in."""
    page.add_init_script(f"sessionStorage.setItem('gplan-api-key', {json.dumps(key)})")


def small_png(page) -> bytes:
    """A page as a PNG of 256 colours: flat as it is, it does not need more, and the file is a third."""
    from PIL import Image

    shot = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
    small = io.BytesIO()
    shot.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    return small.getvalue()


def picture(browser, args: argparse.Namespace) -> bytes:
    """The server's page, with what a request's plan becomes beside it."""
    context = browser.new_context(viewport=SIZE, device_scale_factor=SCALE, color_scheme=args.scheme, locale="en-GB")
    page = context.new_page()
    if key := os.environ.get("API_KEY"):
        give_key(page, key)
    page.goto(f"{args.url}/?lang={args.language}")
    page.wait_for_selector(ANSWERED)
    page.select_option("#example", str(args.example - 1))
    page.check(f"[name=place][value='{args.place}']", force=True)
    if args.hour is not None:
        page.fill("#hour", str(args.hour))
    page.wait_for_selector(f"{ANSWERED}:nth-child(2)")
    page.wait_for_selector(".panel:nth-child(2) .alternatives li")
    # Once more, now that nothing else is under way: the latency in the picture is the plans' alone.
    page.locator("#settings").evaluate("(form) => form.requestSubmit()")
    page.wait_for_selector(".panel:nth-child(2) .alternatives p")
    page.wait_for_selector(".panel:nth-child(2) .alternatives li")
    found = small_png(page)
    context.close()
    return found


def parse_arguments(argv: list[str] | None = None) -> argparse.Namespace:
    parser = Parser(prog="python -m experiments.screenshot", description="A picture of the page.")
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="of the running server")
    parser.add_argument("--out", type=Path, default=Path("docs/images/page.png"))
    parser.add_argument("--example", type=int, default=5, help="number of the example, from 1")
    parser.add_argument("--place", default="order", choices=("", "order", "usual1", "usual2", "station"))
    parser.add_argument("--hour", type=int, help="0 to 23; unset: the request's own")
    return finish(parser, argv)


def finish(parser: argparse.ArgumentParser, argv: list[str] | None) -> argparse.Namespace:
    """The arguments, with those that every picture has."""
    parser.add_argument("--language", default="en", choices=("en", "zh"))
    parser.add_argument("--scheme", default="light", choices=("light", "dark"))
    args = parser.parse_args(argv)
    args.url = args.url.rstrip("/")
    return args


def take(args: argparse.Namespace, picture: Callable[..., bytes], start: str) -> int:
    """Writes ``picture(browser, args)`` to ``args.out``; ``start`` is the command that starts what is pictured.

    Raises:
        InputError: there is no Chromium, or nothing answers at ``args.url``.
    """
    from playwright.sync_api import Error, sync_playwright

    if not (path := chromium()):
        raise InputError("no Chromium here; apt-get install chromium")
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=path, args=FLAGS)
        try:
            found = picture(browser, args)
        except Error as error:
            said = error.message.splitlines()[0]
            raise InputError(f"--url {args.url}: {said}; start it with {start}, or give its address") from error
        finally:
            browser.close()
    args.out.write_bytes(found)
    print(f"{args.out}: {len(found) / 1000:.0f} kB")
    return 0


def main() -> int:
    return take(parse_arguments(), picture, "bash serve.sh")


if __name__ == "__main__":
    sys.exit(door(main))
