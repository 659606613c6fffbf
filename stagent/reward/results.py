"""What one call's result tells, as evidence: its items' values with the things, days, modes … that they are of."""

import re
from collections.abc import Iterator
from typing import Any

from stagent.queries.task import Context
from stagent.queries.trajectory import CallStep
from stagent.reward.evidence import (
    FIELD_KINDS,
    HERE,
    KIND_OF,
    SPAN,
    Known,
    QuotedText,
    ResultFacts,
    Subject,
    minutes_of,
)
from stagent.reward.phrases import ENDINGS, EVERYDAY, LAST
from stagent.reward.plain import plain, plain_name
from stagent.worlds.fields import FIELDS
from stagent.worlds.local.categories import WORDS

_NAMES = (
    "name", "list_name", "line", "road", "from_name", "to_name", "from_station", "to_station", "carrier", "vehicle",
    "direction", "city", "district", "region", "category", "title", "site", "address",
)  # fmt: skip
_THINGS = {"name", "from_name", "to_name", "from_station", "to_station", "list_name", "direction"}
_PASSED = ("road", "line", "direction", "from_name", "to_name", "mode")
_RATED = re.compile(
    r"(?:[、，：；。有是]|^)([^、，：；。()有是\s][^、，：；。()]{1,13}(?:\([^、，：；。()]{2,8}店\))?)\([\d.]+ 分\)"
)
_IN_PAGES = re.compile(
    r"(?:^|[，。；、：:\s至到从往由（(]|工作日|周末|节假日)([\u4e00-\u9fff]{2,12}?(?:公交站|地铁站|国际机场|机场|航空|火车站|[东西南北]站))"
)


def spellings(name: str, slot: str) -> Iterator[str]:
    """How people write a name: as it is, without brackets, without the ending that its kind has."""
    whole = plain_name(name)
    yield whole
    tight = whole.replace(" ", "")
    if tight != whole:
        yield tight
    if "(" in whole:
        head, _, rest = whole.partition("(")
        yield whole.replace("(", "").replace(")", "")
        if len(head.strip()) > 1:
            yield head.strip()
        if slot == "thing" and len(rest) > 3:
            yield rest.rstrip(")")
    if slot == "city" and len(whole) > 2 and whole[-1] in "市区县省":
        yield whole[:-1]
    if slot == "thing":
        for ending in ("地铁站", "公交站", "火车站", "站"):
            if whole.endswith(ending) and len(whole) > len(ending) + 1:
                yield whole[: -len(ending)] + "站"
                if len(whole) > len(ending) + 1:
                    yield whole[: -len(ending)]
                break
        if whole.endswith("机场") and len(whole) > 4:
            core = whole.removesuffix("国际机场").removesuffix("机场")
            yield core + "机场"
            if len(core) == 4:
                yield core[2:] + "机场"  # without its city
        if stem := _stem(head if "(" in whole else whole):
            yield stem
    if slot == "road" and len(whole) >= 6 and whole.endswith(("高速", "快速路")):
        yield whole[2:]  # without its city
    if slot == "line" and whole.startswith(("地铁", "公交")) and len(whole) > 4:
        yield whole[2:]


def _stem(name: str) -> str:
    """What people call a place for short, its name without its kind: ``_stem("双层堡汉堡店") == "双层堡"``; else ""."""
    for size in range(len(name) - 2, 1, -1):
        tail = name[-size:]
        if tail in ENDINGS and not name[:-size].isascii():
            stem = name[:-size].strip()
            return stem if 2 <= len(stem) <= 5 and stem not in EVERYDAY and stem[-1] not in LAST else ""
    return ""


def _tight(text: str) -> str:
    return plain(text).text.replace(" ", "")


def _points(given: Any) -> tuple[str, ...]:
    """The coordinates among a call's arguments."""
    return tuple(each for each in given or () if isinstance(each, str) and "," in each)


class _Reader:
    """Fills a ``ResultFacts`` from one call's content."""

    def __init__(self, step: CallStep):
        self.step, self.found = step, ResultFacts()
        self.centres = _points([step.arguments.get("center"), *(step.arguments.get("origins") or ())])

    def run(self) -> ResultFacts:
        content, found = self.step.content, self.found
        if "unavailable" in content:
            found.unavailable = str(content.get("reason") or content["unavailable"])
            found.tight = _tight(found.unavailable)
            return found
        if "error" in content or not isinstance(content.get("items"), list):
            allowed = [str(problem.get("allowed", "")) for problem in content.get("error", {}).get("problems", [])]
            found.tight = _tight("\n".join(allowed))
            return found
        about = content.get("about") or {}
        context: dict[str, frozenset[str]] = {}
        arguments = self.step.arguments
        city = about.get("region") or arguments.get("location") or arguments.get("region")
        if self.step.tool.startswith("weather") and isinstance(city, str):
            context["city"] = frozenset((plain_name(city), plain_name(city.rstrip("市"))))
        ends = _points([arguments.get("origin"), arguments.get("destination")])
        via = _points(arguments.get("intermediates"))
        if about:
            self._item(about, Subject(dict(context), ends=ends, via=via), "about")
        found.count = len(content["items"])
        if self.step.tool == "map_compute_routes":
            context["pref"] = frozenset((str(arguments.get("preference") or "plain"),))
        else:
            ends = via = ()
        for number, item in enumerate(content["items"]):
            if isinstance(item, dict):
                self._item(item, Subject(dict(context), ends=ends, via=via), f"items.{number}")
        if note := content.get("note"):
            found.texts.append(QuotedText("note", str(note), "", True))
        found.tight = _tight(self.step.text or "")
        found.close()
        return found

    def _name(self, name: str, slot: str) -> str:
        """Makes a name known; returns its key."""
        key = plain_name(name)
        for spelling in spellings(name, slot):
            self.found.names.setdefault(spelling, set()).add((slot, key))
        return key

    def _item(self, item: dict[str, Any], above: Subject, path: str) -> None:
        subject = inner = self._subject(item, above)
        if passed := [entry for name in ("steps", "legs") for entry in item.get(name) or ()]:
            # a whole way is about what it passes, too
            names = {plain_name(entry[name]) for entry in passed for name in _PASSED if entry.get(name)}
            subject = subject._replace(weak=subject.weak | names)
        add = self._add
        for name, value in item.items():
            entry = FIELDS.get(name)
            if entry is None:
                continue
            where = f"{path}.{name}"
            if entry.kind == "items" and isinstance(value, list):
                for number, each in enumerate(value):
                    if isinstance(each, dict):
                        self._item(each, inner, f"{where}.{number}")
            elif entry.kind == "metres_each":
                for number, each in enumerate(value):
                    add(name, "distance", each, subject, f"{where}.{number}", str(each))
            elif entry.kind == "time":
                add(name, "clock", minutes_of(value), subject, where, value)
                add(name, "date", value[:10], subject, where, value)
            elif name in ("hours", "hours_today"):
                self._hours(name, str(value), subject, where)
            elif entry.kind in ("quote", "quotes"):
                head = str(item.get("title", ""))
                if name == "excerpt":
                    self._page(head, str(value))
                for number, text in enumerate([value] if isinstance(value, str) else value):
                    spot = where if isinstance(value, str) else f"{where}.{number}"
                    self.found.texts.append(QuotedText(spot, str(text), head, name != "reviews"))
            elif name in ("sunrise", "sunset"):
                add(name, "clock", minutes_of(value), subject, where, value)
            elif name == "number":
                add(name, "number", str(value).upper(), subject, where, str(value))
            elif name == "phone":
                add(name, "phone", re.sub(r"\D", "", str(value)), subject, where, str(value))
            elif name == "wind_level":
                for digit in re.findall(r"\d+", str(value)):
                    add(name, "level", int(digit), subject, where, str(value))
            elif name == "reason":
                self.found.texts.append(QuotedText(where, str(value), str(item.get("name", "")), True))
            elif entry.kind in FIELD_KINDS:
                if entry.kind == "coordinate":
                    add(name, "coordinate", value, subject, where, value)
                elif isinstance(value, (int, float)):
                    add(name, KIND_OF[name], value, subject, where, str(value))
                else:
                    add(name, KIND_OF[name], value, subject, where, str(value))
            else:
                if name == "tags":
                    told = [str(each) for each in value if re.search(r"\d", str(each))]
                    self.found.texts += [QuotedText(where, each, str(item.get("name", "")), True) for each in told]
                for each in [value] if isinstance(value, str) else value if isinstance(value, list) else [str(value)]:
                    add(name, "word", plain_name(str(each)), subject, where, str(each))

    def _page(self, title: str, text: str) -> None:
        """What a page is about, its title's and its text's common beginning, and stations, airports, carriers in it."""
        head, body = plain(title).text, plain(text).text
        common = 0
        while common < min(len(head), len(body)) and head[common] == body[common]:
            common += 1
        carrier = head.find("航空", 0, common)
        common = carrier + 2 if carrier > 0 else common
        if common > 2:
            self.found.names.setdefault(head[:common], set()).add(("thing", head[:common]))
        for match in _IN_PAGES.finditer(body):
            self._name(match.group(1), "thing")
        for match in _RATED.finditer(body):
            self._name(match.group(1), "thing")

    def _address(self, address: str, item: dict[str, Any]) -> None:
        """An address is known as it stands, and without its district or its house's number."""
        key = plain_name(address)
        district = plain_name(str(item.get("district", "")))
        street = key.removeprefix(plain_name(str(item.get("city", "")))).removeprefix(district)
        for spelling in (key, street, re.sub(r"\d+号.*", "", street)):
            if len(spelling) > 2:
                self.found.names.setdefault(spelling, set()).add(("word", key))

    def _add(self, name: str, kind: str, value: Any, subject: Subject, path: str, text: str) -> None:
        if self.centres and name in ("distance_m", "distances_m", "max_distance_m", "total_distance_m"):
            subject = subject._replace(ends=self.centres)
        self.found.facts.append(Known(name, kind, value, subject, path, text))

    def _hours(self, name: str, text: str, subject: Subject, path: str) -> None:
        self._add(name, "hours", text, subject, path, text)
        for opens, closes in SPAN.findall(text):
            self._add("hours_open", "clock", minutes_of(opens), subject, path, text)
            self._add("hours_close", "clock", minutes_of(closes), subject, path, text)

    def _subject(self, item: dict[str, Any], above: Subject) -> Subject:
        slots, weak = dict(above.slots), set(above.weak)
        for name in _NAMES:
            value = item.get(name)
            if not isinstance(value, str) or not value:
                continue
            if name in _THINGS:
                key = self._name(value, "thing")
                city = plain_name(str(item.get("city", ""))).removesuffix("市")
                short = key.removeprefix(city)
                if city and 3 <= len(short) < len(key) and short not in WORDS and "(" not in short:
                    self.found.names.setdefault(short, set()).add(("thing", key))
                if name in ("name", "list_name"):
                    weak |= slots.get("thing", frozenset())  # of an entry, its list
                    slots["thing"] = frozenset((key,))
                else:
                    weak.add(key)
                    if "thing" in slots and name in ("from_name", "to_name"):
                        slots["thing"] = slots["thing"] | {key}
            elif name in ("line", "road"):
                slots[name] = frozenset((self._name(value, name),))
            elif name in ("city", "district", "region"):
                weak.add(self._name(value, "city"))
                if name == "region" and self.step.tool.startswith("weather"):
                    slots["city"] = frozenset((plain_name(value), plain_name(value.rstrip("市"))))
            elif name in ("carrier", "vehicle", "category", "site"):
                weak.add(self._name(value, "word"))
            elif name == "address":
                weak.add(plain_name(value))
                self._address(value, item)
        if (location := item.get("location")) and (names := slots.get("thing")):
            self.found.places.setdefault(location, set()).update(names)
        if number := item.get("number"):
            slots["ride"] = frozenset((str(number).upper(),))
        if cabin := item.get("cabin"):
            slots["cabin"] = frozenset((str(cabin),))
        if day := item.get("date"):
            slots["day"] = frozenset((str(day),))
        elif "observed" in item:
            slots["day"] = frozenset((str(item["observed"])[:10],))
        if (mode := item.get("mode")) and "mode" not in slots:
            slots["mode"] = frozenset((mode,))
        elif mode:
            weak.add(mode)
            if mode in ("metro", "bus"):
                weak.add("transit")
        if self.step.tool == "map_compute_routes" and "mode" in item and "departure" in item and "leave" not in slots:
            slots["leave"] = frozenset((item["departure"][11:16],))
            self.found.ways |= slots["leave"] | slots.get("pref", frozenset())
            if above.via:
                self.found.passing.append(above)
        ends, via = above.ends, above.via
        if "from_location" in item and "to_location" in item:
            ends, via = (item["from_location"], item["to_location"]), ()
        return Subject(slots, frozenset(weak), ends, via)


_CACHE: dict[tuple[str, str, str, str], ResultFacts] = {}
_MOST = 4096  # results whose facts are kept


def facts_of(step: CallStep) -> ResultFacts:
    """The facts of a call's result, kept for the next who asks: texts say all that contents do."""
    key = (step.tool, step.text, step.outcome, repr(step.arguments))
    found = _CACHE.get(key)
    if found is None:
        found = _keep(key, _Reader(step).run())
    return found


def _keep(key: tuple[str, str, str, str], found: ResultFacts) -> ResultFacts:
    if len(_CACHE) >= _MOST:
        for old in list(_CACHE)[: _MOST // 4]:
            del _CACHE[old]
    _CACHE[key] = found
    return found


def forget() -> None:
    """Lets go of all facts that are kept: for measurements."""
    _CACHE.clear()


def context_facts(context: Context) -> ResultFacts:
    """What the agent is told besides the words, as a result's facts."""
    key = ("context", context.clock + context.city, context.location, repr(context.profile))
    if key in _CACHE:
        return _CACHE[key]
    found = _keep(key, ResultFacts())
    now = context.now
    here = Subject({"thing": frozenset((HERE,))})
    found.facts += [
        Known("clock", "clock", now.hour * 60 + now.minute, Subject({}), "context.clock", context.clock),
        Known("clock", "date", context.clock[:10], Subject({}), "context.clock", context.clock),
        Known("location", "coordinate", context.location, here, "context.location", context.location),
    ]
    found.places.setdefault(context.location, set()).add(HERE)
    found.names[plain_name(context.city)] = {("city", plain_name(context.city))}
    for spelling in spellings(context.city, "city"):
        found.names.setdefault(spelling, set()).add(("city", plain_name(context.city)))
    for name, value in context.profile.items():
        if re.fullmatch(r"-?\d+\.\d+,-?\d+\.\d+", value):
            subject = Subject({"thing": frozenset((name,))})
            found.facts.append(Known("location", "coordinate", value, subject, f"context.profile.{name}", value))
            found.places.setdefault(value, set()).add(name)
    found.tight = _tight(context.text())
    found.close()
    return found
