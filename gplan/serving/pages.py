"""What a browser gets: the files of ``planner/page``, and the interface's description without anybody else's scripts.

FastAPI's own documentation page fetches its scripts from elsewhere, so ``/docs`` is written here, from
``/openapi.json``.
"""

import hashlib
import json
import re
from html import escape
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

PAGE = Path(__file__).parent / "page"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
# Nothing is fetched from elsewhere, and no other site may put the page into a frame.
_POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"
_STYLE = """body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; } td, th { text-align: left; vertical-align: top; padding: .2rem 1rem .2rem 0; }
code, pre { font-size: .9em; } pre { background: #8881; padding: .6rem; overflow: auto; }"""


class File:
    """A file as it was when the server started, with what a browser needs to keep it."""

    def __init__(self, body: bytes, kind: str):
        self._body = body
        self._headers = {
            "Content-Type": kind,
            "ETag": f'"{hashlib.sha256(body).hexdigest()[:16]}"',
            "Cache-Control": "max-age=60",
            "Content-Security-Policy": _POLICY,
            "X-Content-Type-Options": "nosniff",
        }

    async def answer(self, request: Request) -> Response:
        """The file, or 304 where the browser has it already."""
        if self._headers["ETag"] in request.headers.get("If-None-Match", ""):
            return Response(status_code=304, headers=self._headers)
        return Response(self._body, headers=self._headers)


def page_files(folder: Path = PAGE) -> dict[str, File]:
    """Path -> file: ``index.html`` is ``/``, ``app.js`` is ``/app.js``. These and no others are served."""
    return {
        "/" if path.name == "index.html" else f"/{path.name}": File(path.read_bytes(), _TYPES[path.suffix])
        for path in sorted(folder.glob("*.*"))
        if path.suffix in _TYPES
    }


def docs_page(openapi: dict) -> File:
    """A plain page of what ``openapi.json`` says."""
    sections = []
    for path, methods in openapi["paths"].items():
        for method, route in methods.items():
            sections.append(f"<h2><code>{method.upper()} {path}</code></h2><p>{_lines(route['description'])}</p>")
            if body := route.get("requestBody"):
                parts = (body, route["responses"]["200"], route["responses"]["422"])
                takes, gives, refuses = (_kind(part["content"]["application/json"]["schema"]) for part in parts)
                sections.append(f"<p>Takes {takes}; answers {gives}, or {refuses} where that is not possible.</p>")
            if options := route.get("parameters"):
                fields = {option["name"]: option["schema"] | option for option in options}
                sections.append(f"<h3>Options</h3>{_table(fields, [])}")
    for name, schema in openapi["components"]["schemas"].items():
        words = _lines(schema.get("description", ""))
        sections.append(f'<h2 id="{name}">{name}</h2><p>{words}</p>')
        sections.append(_table(schema["properties"], schema.get("required", [])))
    info = openapi["info"]
    return File(
        f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(info["title"])}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head><body>
<h1>{escape(info["title"])}</h1><p>{_lines(info["description"])}</p>
<p>For programs: <a href="/openapi.json">openapi.json</a></p>{"".join(sections)}</body></html>""".encode(),
        _TYPES[".html"],
    )


def _lines(text: str) -> str:
    """Text with its paragraphs and its code marked."""
    return re.sub(r"(`+)(.+?)\1", r"<code>\2</code>", escape(text)).replace("\n\n", "<p>")


def _table(fields: dict[str, dict], required: list[str]) -> str:
    rows = []
    for name, schema in fields.items():
        need = (
            "required"
            if name in required
            else f"default {json.dumps(schema['default'])}"
            if "default" in schema
            else ""
        )
        cells = (f"<code>{name}</code>", _kind(schema), need, _lines(schema.get("description", "")))
        rows.append("".join(f"<td>{cell}</td>" for cell in cells))
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def _kind(schema: dict) -> str:
    """``{"type": "array", "items": {"$ref": "#/…/Row"}}`` -> ``list of Row``, linked."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_kind(kind) for kind in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}"
    return schema.get("type", "")
