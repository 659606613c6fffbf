"""Pages of an invented web, and the index that searches them: SQLite's FTS5 over pairs of characters."""

import re
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from stagent.worlds.local.categories import plain
from stagent.worlds.sandbox.chance import dice

# name -> domain; .example can be nobody's
SITES = {
    "沧瀛旅行": "travel.cangying.example",
    "沧瀛铁路客服": "rail.cangying.example",
    "城里城外": "inandout.example",
    "慢走地图": "slowmap.example",
    "吃在沧瀛": "eat.cangying.example",
    "沧瀛日报": "daily.cangying.example",
    "公交查一查": "bus.cangying.example",
    "差旅手册": "worktrip.example",
}
_FOUND = 6
_EXCERPT = 280  # characters
_TERMS = 40  # of a query, at most
_CJK = "一-鿿㐀-䶿"
_RUN = re.compile(f"[{_CJK}]+|[a-z0-9]+")
# Words of questions, which no page is about.
_IDLE = (
    "怎么样 怎么 如何 什么 哪些 哪里 请问 一下 可以 能不能 是否 有没有 多少 搜索 最新 关于 介绍 "
    "吗 呢 的 了 我 想 要 请 帮 查"
)
_IDLE_RUN = re.compile("|".join(sorted(_IDLE.split(), key=len, reverse=True)))


class Page(NamedTuple):
    """A web page; ``published`` is an ISO date, ``slug`` its address after the site's."""

    title: str
    site: str
    slug: str
    published: str
    body: str

    @property
    def url(self) -> str:
        return f"https://{SITES[self.site]}/{self.slug}"


def earlier(seed: int, slug: str) -> str:
    """When a page was published of which the date doesn't matter: in the fourteen months before March 2026."""
    days = dice(seed, "published", slug).randrange(425)
    return (date(2025, 1, 1) + timedelta(days=days)).isoformat()


def terms(text: str) -> list[str]:
    """``terms("地铁票价 A380") == ["地铁", "铁票", "票价", "a380"]``; a single character stays one."""
    found = []
    for run in _RUN.findall(plain(text)):
        if re.match(f"[{_CJK}]", run) and len(run) > 1:
            found += [run[i : i + 2] for i in range(len(run) - 1)]
        else:
            found.append(run)
    return found


def write_index(pages: Iterable[Page], path: Path) -> None:
    """A file that ``PageIndex`` opens."""
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("CREATE TABLE page (title, site, url, published, body)")
        connection.execute("CREATE VIRTUAL TABLE words USING fts5 (title, body, content='', tokenize='unicode61')")
        for number, page in enumerate(pages, 1):
            row = page.title, page.site, page.url, page.published, page.body
            connection.execute(
                "INSERT INTO page (rowid, title, site, url, published, body) VALUES (?,?,?,?,?,?)", (number, *row)
            )
            # single characters too, for queries of one
            indexed = [
                " ".join([*terms(text), *sorted(set(re.findall(f"[{_CJK}]", text)))])
                for text in (page.title, page.body)
            ]
            connection.execute("INSERT INTO words (rowid, title, body) VALUES (?,?,?)", (number, *indexed))
    connection.close()


class PageIndex:
    """Searches the pages of a file, which nothing changes; one thread at a time, whichever it is."""

    def __init__(self, path: Path):
        self._connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
        )
        if not self._connection.execute("SELECT count(*) FROM page").fetchone()[0]:
            raise ValueError(f"{path} holds no page")

    def search(self, query: str, today: date) -> list[dict]:
        """The best pages that were published by a day, by the keys of ``worlds.fields``; [] where none fits.

        Pages must have at least half of the query, words of questions left out.
        """
        query = plain(query)
        if terms(asked := _IDLE_RUN.sub(" ", query)):
            query = asked
        wanted = list(dict.fromkeys(terms(query)))[:_TERMS]
        if not wanted:
            return []
        expression = " OR ".join(f'"{term}"' for term in wanted)
        rows = self._connection.execute(
            "SELECT page.title, site, url, published, page.body FROM words JOIN page ON page.rowid = words.rowid"
            " WHERE words MATCH ? AND published <= ? ORDER BY bm25(words, 6.0, 1.0), page.rowid LIMIT 200",
            (expression, today.isoformat()),
        ).fetchall()
        scored = []
        for order, (title, site, url, published, body) in enumerate(rows):
            text, head = plain(title + body), plain(title)
            share = _covered(query, text)
            if share >= 0.5:
                scored.append((-(share + 0.5 * _covered(query, head)), order, title, site, url, published, body))
        scored.sort()
        return [
            {"title": title, "site": site, "url": url, "published": published, "excerpt": _excerpt(body, wanted)}
            for _, _, title, site, url, published, body in scored[:_FOUND]
        ]

    def all(self) -> list[Page]:
        """Every page, for tests and for who makes tasks from them."""
        rows = self._connection.execute("SELECT page.title, site, url, published, body FROM page ORDER BY rowid")
        return [Page(title, site, url.split("/", 3)[3], day, body) for title, site, url, day, body in rows]

    def close(self) -> None:
        self._connection.close()


def _covered(query: str, text: str) -> float:
    """The share of a query's characters that stand in a text together with a neighbour; both as ``plain`` writes them.

    ``_covered("火车退票", "开车前退票") == 0.5``
    """
    found = total = 0
    for run in _RUN.findall(query):
        total += len(run)
        if not re.match(f"[{_CJK}]", run) or len(run) == 1:
            found += len(run) * (run in text)
            continue
        pairs = [run[i : i + 2] in text for i in range(len(run) - 1)]
        found += sum(left or right for left, right in zip([False, *pairs], [*pairs, False], strict=True))
    return found / total if total else 0.0


def _excerpt(body: str, wanted: Sequence[str]) -> str:
    """The part of a page in which most of the wanted words stand, whole sentences as far as there is room."""
    if len(body) <= _EXCERPT:
        return body
    sentences = re.findall(r"[^。！？\n]*[。！？\n]?", body)
    best, best_at, at = -1.0, 0, 0
    for sentence in sentences:
        window = plain(body[at : at + _EXCERPT])
        found = sum(term in window for term in wanted)
        if found > best:
            best, best_at = found, at
        at += len(sentence)
    piece = body[best_at : best_at + _EXCERPT]
    last = max(piece.rfind(mark) for mark in "。！？\n")
    if best_at + _EXCERPT < len(body):
        piece = piece[: last + 1] if last > _EXCERPT // 3 else piece + "…"
    return ("…" if best_at else "") + piece.strip()
