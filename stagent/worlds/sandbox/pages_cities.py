"""Pages about cities and districts: what they are like, their seasons, food and festivals, and when what closes."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from data_process.almanac import HOLIDAYS
from stagent.worlds.local.categories import CATEGORIES, ancestors
from stagent.worlds.local.place import MapPlace
from stagent.worlds.sandbox.chance import dice
from stagent.worlds.sandbox.country import COUNTRY, CityPlan
from stagent.worlds.sandbox.pages import Page, earlier
from stagent.worlds.sandbox.rankings import Chart, score
from stagent.worlds.sandbox.sights import FESTIVALS, SIGHTS
from stagent.worlds.sandbox.timetables import METRO_FARES, METRO_MOST, bus_fare
from stagent.worlds.sandbox.weather import Sky

_SEASONS = (("冬天", 1), ("春天", 4), ("夏天", 7), ("秋天", 10))
HOLIDAY_NAMES = ("元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节")
_MONTHLY = {"必吃榜", "咖啡馆榜", "火锅榜", "民宿榜", "必游榜"}  # endings of the lists that papers print


def city_pages(
    plan: CityPlan, places: Sequence[MapPlace], charts: Sequence[Chart], sky: Sky, seed: int
) -> Iterator[Page]:
    """All pages about a city and its districts."""
    short, sights = plan.name[:2], [sight.name for sight in SIGHTS[plan.name]]
    seats = [spot.name for spot in plan.stations]
    pages = [
        (
            f"{plan.name}概况：第一次来要知道什么",
            "overview",
            f"{plan.name}是{COUNTRY}的城市之一，{plan.nature}。辖{'、'.join(plan.districts)}，"
            f"市中心在{plan.districts[0]}。{_arrival(plan, seats)}",
        ),
        (
            f"{short}两日游怎么安排",
            "two-days",
            f"第一天上午{sights[0]}，下午{sights[1]}，随后到{sights[2]}；第二天去{sights[4]}和{sights[3]}。"
            f"吃的方面，{plan.dishes[0]}和{plan.dishes[1]}各尝一次。各处的开放日不同，出发前先查当日是否开放。",
        ),
        (
            f"{short}吃什么：本地人的五样",
            "food",
            f"{short}人待客离不开这五样：{'、'.join(plan.dishes)}。{plan.dishes[0]}讲究现做现吃，"
            f"{plan.dishes[2]}适合带走。"
            f"{_best(places, 'food', '口碑较好的馆子有')}",
        ),
        (
            f"{short}住哪里方便",
            "stay",
            f"坐火车来往住{seats[0]}附近省事，逛老城住{plan.districts[0]}。"
            f"{_best(places, 'lodging', '评分靠前的住处有')}节假日请早订。",
        ),
        (f"{short}交通：火车、{'飞机、' if plan.airport else ''}地铁与公交", "transport", _transport(plan, seats)),
        (
            f"带孩子去{short}玩什么",
            "family",
            _best(places, "sight", "亲子家庭常去的有", "亲子") + "雨天优先选室内的去处。",
        ),
        (f"{short}免费去处", "free", f"不花钱也能逛的地方：{'、'.join(_free(places))}。"),
    ]
    for title, slug, body in pages:
        address = f"{plan.key}/{slug}"
        yield Page(title, "沧瀛旅行", address, earlier(seed, address), body)
    yield _in_english(plan, seats, seed)
    for season, month in _SEASONS:
        yield _season(plan, season, month, sky, seed)
    yield from _districts(plan, places, seed)
    yield from _festivals(plan, places)
    yield from _holidays(plan, places)
    yield from _monthly(plan, charts)


def _in_english(plan: CityPlan, seats: list[str], seed: int) -> Page:
    """For who can't read Chinese; names stay as the map has them."""
    airport = f" Its airport is {plan.airport.name}." if plan.airport else " It has no airport."
    steps = ", ".join(f"{yuan} yuan up to {km} km" for km, yuan in METRO_FARES)
    slug = f"{plan.key}/english"
    body = (
        f"{plan.key.title()} ({plan.name}) has {len(plan.districts)} districts; the centre is {plan.districts[0]}. "
        f"Railway stations: {', '.join(seats)}.{airport} Metro fares go by distance: {steps}, {METRO_MOST} yuan "
        "beyond. "
        f"A bus ride costs {bus_fare('1路')} yuan, at night {bus_fare('夜1路')} yuan. "
        f"Try {plan.dishes[0]} and {plan.dishes[1]}; see {SIGHTS[plan.name][0].name} and {SIGHTS[plan.name][1].name}."
    )
    title = f"{plan.key.title()} for visitors: metro, buses, fares, what to see"
    return Page(title, "沧瀛旅行", slug, earlier(seed, slug), body)


def _arrival(plan: CityPlan, seats: list[str]) -> str:
    airport = f"，机场是{plan.airport.name}" if plan.airport else "，没有机场"
    return f"火车站有{'、'.join(seats)}{airport}。"


def _transport(plan: CityPlan, seats: list[str]) -> str:
    lines = "三十条上下" if plan.buses > 25 else "二十条上下"
    tolls = "绕城高速和机场高速" if plan.airport else "绕城高速"
    return f"{_arrival(plan, seats)}市内有 {plan.metro} 条地铁线和{lines}的公交线。{tolls}收费，内环快速路不收费。"


def _best(places: Sequence[MapPlace], top: str, lead: str, tag: str = "") -> str:
    """``"口碑较好的馆子有甲（4.9 分）、乙（4.8 分）。"``"""
    fitting = [p for p in places if p.rating and ancestors(p.category)[-1] == top and (not tag or tag in p.tags)]
    fitting.sort(key=lambda place: (-score(place), place.id))
    names = "、".join(f"{place.name}（{place.rating} 分）" for place in fitting[:5])
    return f"{lead}{names}。" if names else ""


def _free(places: Sequence[MapPlace]) -> list[str]:
    return [place.name for place in places if "免费" in place.tags][:8]


def _season(plan: CityPlan, season: str, month: int, sky: Sky, seed: int) -> Page:
    """What a month of 2026 is like there, counted from its days."""
    first = date(2026, month, 1)
    days = [first + timedelta(days=k) for k in range(28)]
    forecasts = [sky.forecast(plan.name, day) for day in days]
    high = round(sum(f["high_c"] for f in forecasts) / 28)
    low = round(sum(f["low_c"] for f in forecasts) / 28)
    wear = "羽绒服" if low < 0 else "厚外套" if low < 8 else "薄外套" if low < 18 else "短袖和防晒"
    rough = ("少雨", "偶有雨", "多雨")[min(2, int(plan.climate.wet[month // 3] * 6))]
    slug = f"{plan.key}/season/{month:02d}"
    body = (
        f"{plan.name}的{season}以{month}月为例：白天平均最高 {high} 度，夜里平均最低 {low} 度，{rough}。建议带{wear}。"
        "具体哪天下雨请看出发前的天气预报。"
    )
    return Page(f"{plan.name[:2]}{season}穿什么、天气怎么样", "沧瀛旅行", slug, earlier(seed, slug), body)


def _districts(plan: CityPlan, places: Sequence[MapPlace], seed: int) -> Iterator[Page]:
    for number, district in enumerate(plan.districts):
        own = [place for place in places if place.district == district]
        sights = [place.name for place in own if place.name in {sight.name for sight in SIGHTS[plan.name]}]
        slug = f"{plan.key}/districts/{number + 1}"
        rng = dice(seed, slug)
        mood = rng.choice(
            ("早市热闹，晚上安静", "年轻人多，咖啡馆也多", "老房子多，街窄而有树", "新楼多，路宽，适合开车")
        )
        famous = f"名气最大的去处是{'、'.join(sights)}。" if sights else "没有大景点，住着舒服。"
        body = f"{district}属于{plan.name}，{mood}。{famous}{_best(own, 'food', '当地人常去的馆子有')}"
        yield Page(f"{plan.name[:2]}{district}：住在这里的人怎么过周末", "城里城外", slug, earlier(seed, slug), body)


def _festivals(plan: CityPlan, places: Sequence[MapPlace]) -> Iterator[Page]:
    by_name = {place.name: place for place in places}
    for number, festival in enumerate(festival for festival in FESTIVALS if festival.city == plan.name):
        place, first = by_name[festival.place], date.fromisoformat(festival.first)
        ticket = f"进场仍需购{place.name}门票 {place.price:.0f} 元" if place.price else "免费入场"
        body = (
            f"2026 年{festival.name}定于 {festival.first} 至 {festival.last} 在{place.district}{place.name}举行。"
            f"{festival.words}。{ticket}。周边道路当天可能限行，建议坐公共交通。"
        )
        told = first - timedelta(days=35)
        yield Page(
            f"{plan.name[:2]}{festival.name}时间地点公布",
            "沧瀛日报",
            f"{plan.key}/festival/{number + 1}",
            told.isoformat(),
            body,
        )


def _holidays(plan: CityPlan, places: Sequence[MapPlace]) -> Iterator[Page]:
    """Before each holiday: which sights, banks and offices are open, as their hours say for its first day."""
    sights = [place for place in places if place.name in {sight.name for sight in SIGHTS[plan.name]} and place.hours]
    for name, (first, last) in zip(HOLIDAY_NAMES, HOLIDAYS, strict=True):
        lines = [f"{place.name}：{place.hours.on(first)}" for place in sights]
        shut = sorted(
            {
                CATEGORIES[place.category].zh
                for place in places
                if place.category in ("government", "post", "school")
                and place.hours
                and place.hours.on(first) == "休息"
            }
        )
        told = first - timedelta(days=9)
        body = (
            f"{name}放假为 {first.isoformat()} 至 {last.isoformat()}。"
            f"放假首日（{first.isoformat()}）各景点开放时间如下。\n"
            + "\n".join(lines)
            + (f"\n当日不办公：{'、'.join(shut)}。" if shut else "")
        )
        slug = f"{plan.key}/holiday/{first.isoformat()}"
        yield Page(f"{plan.name[:2]}{name}假期景点开放安排", "沧瀛日报", slug, told.isoformat(), body)


def _monthly(plan: CityPlan, charts: Sequence[Chart]) -> Iterator[Page]:
    """The lists that papers print in each quarter's first month."""
    for month in (1, 4, 7, 10):
        for chart in charts:
            ending = chart.name.removeprefix(plan.name)
            if chart.region != plan.name or ending not in _MONTHLY:
                continue
            names = "；".join(
                f"第 {rank} 名 {place.name}，评分 {place.rating}" for rank, place in enumerate(chart.places[:5], 1)
            )
            slug = f"{plan.key}/charts/{chart.category}-{month}"
            day = date(2026, month, 1).isoformat()
            yield Page(f"{chart.name} 2026 年 {month} 月", "吃在沧瀛", slug, day, f"{chart.name}本期前五：{names}。")
