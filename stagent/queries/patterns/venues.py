"""Instructions about the rules of sights: reduced tickets, last entry, opening on holidays."""

import re
from datetime import date, timedelta

from data_process.almanac import HOLIDAYS
from stagent.queries.answer import Fact
from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import QueryPattern, Slots, Truth
from stagent.queries.patterns.anchors import find_place
from stagent.queries.patterns.attributes import place_named
from stagent.queries.patterns.policies import read_page, sandbox_only, told
from stagent.queries.patterns.telling import Teller
from stagent.queries.scene import Scene
from stagent.worlds.local.listing import yuan
from stagent.worlds.local.place import MapPlace
from stagent.worlds.sandbox.pages_cities import HOLIDAY_NAMES
from stagent.worlds.sandbox.sights import SIGHTS

_LEAF = "rules_and_policies.venue_policies"
_COUNTS = "零一两三四"
_HALF_WHO = (
    "65岁以上的老人",
    "70岁的老人",
    "六十八岁的老人",
    "身高一米四的十岁孩子",
    "身高一米五的12岁孩子",
    "一米三的七岁孩子",
)
# What else is asked -> how, where a page says it, what an answer must say.
_RULES = {
    "height": (
        ("多高以下的孩子免票", "儿童免票的身高线是多少", "小朋友多高要买票"),
        r"身高(一米二)以下的儿童免票",
        ("一米二", "1.2", "120"),
        "身高一米二以下的儿童免票",
    ),
    "again": (
        ("出来以后还能再进去吗", "离开了凭票能不能再进", "当天能二次入园吗"),
        r"(离场后不能再次进入)",
        ("不能", "不可以", "不可", "不行", "无法"),
        "离场后不能再次进入，票当日有效",
    ),
    "refund": (
        ("票买了能退吗，收手续费吗", "门票怎么退，扣不扣钱", "退门票要手续费吗"),
        r"(退票须在入场前办理)",
        ("不收手续费", "免手续费", "没有手续费", "不扣", "无手续费"),
        "入场前可以退票，不收手续费",
    ),
}


def ticketed(scene: Scene) -> MapPlace | None:
    """A sight of the city with tickets, about which there is a page."""
    if not sandbox_only(scene):
        return None
    names = {sight.name for sight in SIGHTS[scene.city.name] if sight.ticket}
    return scene.known_place("sight", lambda place: place.name in names and bool(place.price))


class ConcessionTicket(QueryPattern):
    """What a child or an old person pays at a sight."""

    name = "concession_ticket"
    leaf = _LEAF
    wordings = (
        (
            "{who}去{name}门票多少钱？",
            "{name}(对|给){who}有(优惠票|优惠)吗？票价多少",
            "带{who}去{name}，(这张|他的|)票要(买|花)多少钱",
            "(请问|){name}{who}(票|门票)怎么收费(，多少钱|)",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        place = ticketed(scene)
        who = scene.rng.choice(_HALF_WHO)
        return place and {"name": place.name, "who": who}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        if not await told(scene, f"{slots['name']}门票与优惠政策", slots["name"], "半价"):
            return None
        half = yuan(place_named(scene, slots["name"]).price / 2)
        child = "孩子" in slots["who"]
        traveller = "family_with_children" if child else "elderly"
        return Truth(
            ({"kind": "value", "of": "money", "any_of": [half], "entity": ""},),
            auxiliary=(f"traveller_constraints.{traveller}",),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        name = slots["name"]
        half = float(await read_page(episode, f"{name}门票与优惠政策", name, r"半价，即 ([\d.]+) 元"))
        teller = Teller(episode)
        episode.answer(
            teller.name(name),
            teller.one("的优惠票是半价，", "可以买半价票，"),
            *teller.said("", "money", yuan(half), name),
            "。",
            teller.one("六至十四岁儿童和六十五岁以上老人都适用。", "记得带上能证明年龄的证件。"),
        )


class SightRule(QueryPattern):
    """A rule of a sight: from which height children pay, whether one may leave and come back, what returning costs."""

    name = "sight_rule"
    leaf = _LEAF
    wordings = (
        (
            "{name}{ask}？",
            "(请问|打听下，|问一下，){name}{ask}",
            "(准备|打算)去{name}，{ask}",
            "(帮我|)查(一下|下){name}{ask}",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        place, rule = ticketed(scene), scene.rng.choice(tuple(_RULES))
        return place and {"name": place.name, "rule": rule, "ask": scene.rng.choice(_RULES[rule][0])}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        _, pattern, words, _ = _RULES[slots["rule"]]
        if not await told(scene, f"{slots['name']}门票与优惠政策", slots["name"], pattern):
            return None
        return Truth(({"kind": "text", "all_of": [list(words)]},))

    async def solve(self, slots: Slots, episode: Episode) -> None:
        name, (_, pattern, _, saying) = slots["name"], _RULES[slots["rule"]]
        await read_page(episode, f"{name}门票与优惠政策", name, pattern)
        teller = Teller(episode)
        ends = ("还想了解开放时间的话告诉我。", "需要我算一下一家人的票价吗？")
        episode.answer(
            teller.name(name),
            teller.one("的规定是：", "："),
            teller.fact("word", saying, name),
            "。",
            teller.one(*ends),
        )


class FamilyTickets(QueryPattern):
    """What a family pays: adults in full, children and old people half."""

    name = "family_tickets"
    leaf = _LEAF
    held_out = True
    wordings = (
        (
            "{party}去{name}，门票一共多少钱？",
            "(我们一家|我们){party}，去{name}(买票|门票)(总共|一共|)要(花|)多少",
            "(算一下|帮我算算){party}去{name}的门票(总价|一共多少)",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        place, rng = ticketed(scene), scene.rng
        adults, children, old = rng.choice((1, 2, 2, 3)), rng.choice((0, 1, 1, 2)), rng.choice((0, 0, 1, 2))
        if place is None or children + old == 0:
            return None
        parts = [f"{_COUNTS[adults]}个大人"]
        parts += (
            [f"{_COUNTS[children]}个{rng.choice(('八', '九', '十'))}岁的孩子（身高都超过一米三）"] if children else []
        )
        parts += [f"{_COUNTS[old]}位七十岁的老人"] if old else []
        party = "、".join(parts).replace("身高都", "身高" if children == 1 else "身高都")
        return {"name": place.name, "party": party, "full": adults, "half": children + old}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        if not await told(scene, f"{slots['name']}门票与优惠政策", slots["name"], "半价"):
            return None
        total = yuan(place_named(scene, slots["name"]).price * (slots["full"] + slots["half"] / 2))
        return Truth(
            ({"kind": "value", "of": "money", "any_of": [total], "entity": ""},),
            secondary=("discovery.information_query.basic_attributes",),
            auxiliary=("traveller_constraints.group",),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        name, full, half = slots["name"], slots["full"], slots["half"]
        text = await read_page(episode, f"{name}门票与优惠政策", name, r"(成人票 [\d.]+ 元.*半价，即 [\d.]+ 元)")
        adult, reduced = (float(value) for value in re.findall(r"([\d.]+) 元", text)[:2])
        teller = Teller(episode)
        episode.answer(
            teller.name(name),
            *teller.said("成人票", "money", yuan(adult), name),
            *teller.said("，儿童和老人半价", "money", yuan(reduced), name),
            *teller.said("；成人合计", "money", yuan(adult * full), name, "product"),
            *teller.said("，半价合计", "money", yuan(reduced * half), name, "product"),
            *teller.said("，加起来一共", "money", yuan(adult * full + reduced * half), name, "sum"),
            "。",
            teller.one("要不要再看看当天的开放时间？", "需要我查去那里的路线吗？"),
        )


class LastEntry(QueryPattern):
    """Until when one may enter a sight today: half an hour before it closes, as a page says."""

    name = "last_entry"
    leaf = _LEAF
    wordings = (
        (
            "{name}今天几点停止入场？",
            "今天最晚几点(能|可以)进{name}(，过了就不让进了吧|)？",
            "(想赶在下午去|下班后去|今天去){name}，(最晚|)几点(前|之前)(要|得)入场",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        place = ticketed(scene)
        return place and {"name": place.name}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        place = place_named(scene, slots["name"])
        spans = place.hours.intervals(scene.now.date()) if place.hours else ()
        if len(spans) != 1 or place.hours.on(scene.now.date()) in ("全天", "休息"):
            return None
        if not await told(scene, f"{place.name}停止入场时间", "为方便", f"现将{place.name}的开放时间.*闭门前三十分钟"):
            return None
        last = spans[0][1] - timedelta(minutes=30)
        return Truth(
            ({"kind": "value", "of": "clock", "any_of": [f"{last:%H:%M}"], "entity": ""},),
            auxiliary=("temporal_constraints.today", "preference_constraints.open_hours"),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        name = slots["name"]
        await read_page(episode, f"{name}停止入场时间", "为方便", rf"现将{name}的开放时间.*(闭门前三十分钟)")
        item = await find_place(name, episode, f"再查{name}今天几点关门")
        close = item["hours_today"].split("-")[-1]
        if ":" not in close:
            raise Unsolved(f"{name}今天{close}，没有停止入场的时间。")
        minutes = int(close[:2]) * 60 + int(close[3:]) - 30
        last = f"{minutes // 60:02d}:{minutes % 60:02d}"
        teller = Teller(episode)
        episode.answer(
            teller.name(name),
            *teller.said("今天的开放时间是", "hours", item["hours_today"], name),
            "，闭门前三十分钟停止入场，也就是",
            *teller.said("最晚", "clock", last, name, "difference"),
            teller.one("要进去", "前入场"),
            "。",
            teller.one("需要我算一下几点出发来得及吗？", "要不要帮您查路线？"),
        )


class OpenOnHoliday(QueryPattern):
    """Whether, and when, a sight opens on the first day of the next holiday, as the paper told a few days before."""

    name = "open_on_holiday"
    leaf = _LEAF
    wordings = (
        (
            "{holiday}(放假|)第一天{name}(开门吗|开不开)？几点到几点",
            "(打算|想){holiday}首日去{name}，(那天|)开放时间是(几点到几点|多少)",
            "{name}{holiday}(假期|)头一天(怎么|什么时间)开放",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        today = scene.now.date()
        near = [
            (name, first)
            for name, (first, _) in zip(HOLIDAY_NAMES, HOLIDAYS, strict=True)
            if timedelta() < first - today <= timedelta(days=9)
        ]
        if not sandbox_only(scene) or not near:
            return None
        names = {sight.name for sight in SIGHTS[scene.city.name]}
        place = scene.known_place("sight", lambda place: place.name in names)
        holiday, first = near[0]
        said = scene.rng.choice((holiday, holiday.replace("国庆节", "国庆").replace("劳动节", "五一")))
        city = {"city": scene.city.name, "date": first.isoformat()}
        return place and {"name": place.name, "holiday": said, "called": holiday, **city}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        place = place_named(scene, slots["name"])
        if place.hours is None or not await told(scene, self.query(slots), slots["called"], f"{place.name}：(\\S+)"):
            return None
        hours = place.hours.on(date.fromisoformat(slots["date"]))
        return Truth(
            ({"kind": "value", "of": "hours", "any_of": [hours], "entity": place.name},),
            auxiliary=("temporal_constraints.weekend_or_holiday", "preference_constraints.open_hours"),
        )

    @staticmethod
    def query(slots: Slots) -> str:
        return f"{slots['city']}{slots['called']}假期景点开放安排"

    async def solve(self, slots: Slots, episode: Episode) -> None:
        name = slots["name"]
        hours = await read_page(episode, self.query(slots), slots["called"], rf"{name}：(\S+)")
        teller = Teller(episode)
        day = teller.fact("date", slots["date"], name)
        pieces = [teller.name(name), f"{slots['holiday']}放假首日（", day, "）"]
        if hours == "休息":
            pieces += [Fact("休息", "hours", hours, name)]
        else:
            pieces += teller.said("的开放时间是", "hours", hours, name)
        episode.answer(*pieces, "。", teller.one("需要我看看当天的天气吗？", "要不要提前查一下路线？"))


VENUES = (ConcessionTicket(), SightRule(), FamilyTickets(), LastEntry(), OpenOnHoliday())
