"""Pages about travelling: rules of carriers, trains and flights between cities, every line of metro and buses."""

from collections.abc import Iterator, Sequence
from itertools import permutations

from stagent.worlds.sandbox import policies
from stagent.worlds.sandbox.country import CITIES, CityPlan
from stagent.worlds.sandbox.departures import changes
from stagent.worlds.sandbox.flights import CARRIERS, Flight
from stagent.worlds.sandbox.pages import Page, earlier
from stagent.worlds.sandbox.timetables import METRO_FARES, METRO_MOST, bus_fare, periods, service_hours
from stagent.worlds.sandbox.trains import LINES, Train, cabins, rides, train_links
from stagent.worlds.sandbox.transit import Route

_SERVICES = {"workday": "工作日", "weekend": "周末", "holiday": "节假日"}


def travel_pages(trains: list[Train], flights: list[Flight], seed: int) -> Iterator[Page]:
    """All pages about trains and flights."""
    for carrier in CARRIERS:
        for page in _airline(carrier.name, carrier.code.lower()):
            yield page._replace(published=earlier(seed, page.slug))
    for page in _railway():
        yield page._replace(published=earlier(seed, page.slug))
    for number, line in enumerate(LINES):
        slug = f"lines/{number + 1}"
        stations = [
            next(plan for plan in CITIES if plan.name == city).stations[which].name for city, which in line.stops
        ]
        own = [train for train in trains if train.line == line.name]
        body = (
            f"{line.name}自{stations[0]}至{stations[-1]}，依次经过{'、'.join(stations)}。全线每天最多开行列车 "
            f"{len(own)} 列（往返合计）。"
            f"车次以 {'、'.join(sorted({train.number[0] for train in own}))} 字头为主，各次列车停站不同，"
            "以查询结果为准。"
        )
        yield Page(f"{line.name}线路与车站", "沧瀛铁路客服", slug, earlier(seed, slug), body)
    for a, b in permutations(CITIES, 2):
        yield from _train_pair(trains, a, b, seed)
        yield from _flight_pair(flights, a, b, seed)


def _airline(name: str, code: str) -> Iterator[Page]:
    rules = policies.AIRLINES[name]
    economy, business = rules.bags_kg
    hold = (
        f"经济舱免费托运 {economy} 公斤，公务舱 {business} 公斤"
        if economy
        else "票价不含免费托运行李，托运需另购行李额"
    )
    site, day = "差旅手册", ""
    yield Page(
        f"{name}行李规定：托运与手提",
        site,
        f"{code}/baggage",
        day,
        f"{name}：{hold}。手提行李每人一件，不超过 {rules.cabin_kg} 公斤，三边之和不超过 115 厘米。"
        f"超出部分按每公斤 {rules.excess_yuan} 元收取。充电宝必须手提，不能托运；滑雪板、乐器按特殊行李办理。",
    )
    week, days, short, after = rules.refund
    first = "免费" if not week else f"收取票价的 {week}%"
    yield Page(
        f"{name}退票与改签规定",
        site,
        f"{code}/refund",
        day,
        f"{name}退票手续费：起飞前 7 天（含）以上{first}；7 天以内至 2 天收取 {days}%；2 天以内至起飞前收取 {short}%；"
        f"起飞后收取 {after}%{'，即不予退票' if after == 100 else ''}。改签先补差价，改签费为同时段退票费的一半。"
        "因航班取消或延误四小时以上退票，不收手续费。",
    )
    pets = (
        f"猫狗可作为托运行李随机，每笼 {rules.pets} 元，须提前 48 小时申请，并出示检疫证明和疫苗记录；宠物不能进客舱"
        if rules.pets
        else "不承运宠物，客舱和货舱均不可以；服务犬除外，须提前 72 小时申报"
    )
    yield Page(
        f"{name}能带宠物吗：宠物运输规定", site, f"{code}/pets", day, f"{name}：{pets}。短鼻犬和怀孕的动物不予承运。"
    )
    child = "儿童票与成人同价" if rules.child == 100 else f"2 至 12 周岁儿童为成人票价的 {rules.child}%"
    yield Page(
        f"{name}儿童票、婴儿票与无人陪伴儿童",
        site,
        f"{code}/children",
        day,
        f"{name}：{child}；不满 2 周岁的婴儿为成人票价的 {rules.infant}%，不占座。5 至 12 "
        "周岁单独乘机须申请无人陪伴服务。",
    )
    yield Page(
        f"{name}值机几点截止",
        site,
        f"{code}/checkin",
        day,
        f"{name}在起飞前 {rules.closes_min} 分钟停止办理值机和行李托运，登机口在起飞前 15 分钟关闭。网上值机于起飞前 "
        "24 小时开放。",
    )


def _railway() -> Iterator[Page]:
    far, days, near, last = policies.RAIL_REFUND
    low, high = policies.RAIL_CHILD_AGES
    site = "沧瀛铁路客服"
    yield Page(
        "沧瀛铁路退票手续费怎么算",
        site,
        "rules/refund",
        "",
        f"沧瀛铁路火车票：开车前 8 天（含）以上退票{'不收手续费' if not far else f'收取 {far}%'}；8 天以内至 48 "
        "小时收取票价的 "
        f"{days}%；"
        f"48 小时以内至 24 小时收取 {near}%；不足 24 小时收取 {last}%。开车后不能退票，可在当日改乘其他列车。",
    )
    yield Page(
        "沧瀛铁路改签规则",
        site,
        "rules/change",
        "",
        f"沧瀛铁路火车票：开车前 {policies.RAIL_CHANGE_MIN} 分钟以上可免费改签一次，改至票价更高的车次补差价，"
        "更低的退差价。"
        "此后至开车只能改签当日车次。",
    )
    yield Page(
        "沧瀛铁路儿童票、学生票规定",
        site,
        "rules/children",
        "",
        f"沧瀛铁路规定，年满 {low} 周岁未满 {high} 周岁的儿童购半价票；未满 {low} 周岁的儿童每名成人可免费带一名，"
        "不占座。"
        "学生凭证购二等座、硬座享七五折。",
    )
    yield Page(
        "坐火车能带多少行李",
        site,
        "rules/baggage",
        "",
        f"沧瀛铁路规定，成人每人可带 {policies.RAIL_BAG_KG} 公斤，儿童 {policies.RAIL_CHILD_BAG_KG} 公斤，"
        "三边之和不超过 160 厘米。"
        "折叠婴儿车、轮椅不计入。",
    )
    yield Page(
        "火车能带宠物吗",
        site,
        "rules/pets",
        "",
        "沧瀛铁路规定，活体动物不能带进车厢，导盲犬除外。猫狗可在始发站办理行包托运，须当日检疫证明，随 K 字头、Z "
        "字头列车的行李车运送。",
    )
    yield Page(
        "火车提前几分钟停止检票",
        site,
        "rules/gate",
        "",
        f"沧瀛铁路各站在开车前 {policies.RAIL_GATE_MIN} 分钟停止检票。车票预售期为 15 天，每天八点起售第十五天的车票。"
        "候补购票在开车前 20 分钟截止。",
    )


def _train_pair(trains: list[Train], a: CityPlan, b: CityPlan, seed: int) -> Iterator[Page]:
    found = sorted(rides(trains, a.name, b.name), key=lambda ride: ride[1].depart % 1440)
    slug = f"routes/{a.key}-{b.key}"
    title = f"{a.name[:2]}到{b.name[:2]}坐火车要多久、多少钱"
    if not found:
        via = changes(train_links(trains), a.name, b.name)
        body = f"{a.name}到{b.name}没有直达列车，可在{'、'.join(via)}换乘。同站换乘请预留三十分钟以上。"
        yield Page(title, "沧瀛铁路客服", slug, earlier(seed, slug), body)
        return
    fastest = min(found, key=lambda ride: ride[2].arrive - ride[1].depart)
    train, board, leave = fastest
    minutes = leave.arrive - board.depart
    classes = "、".join(f"{cabin.name} {cabin.fare:g} 元" for cabin in cabins(train, leave.km - board.km))
    first, last = found[0], found[-1]
    body = (
        f"{a.name}到{b.name}的直达列车共 {len(found)} 个车次（部分不是每天开行）。最快的是 {train.number} 次，"
        f"{board.station}至{leave.station}，{minutes // 60} 小时 {minutes % 60} 分，{classes}。"
        f"最早一班是 {first[0].number} 次，{_clock(first[1].depart)} 从{first[1].station}开；"
        f"最晚一班是 {last[0].number} 次，{_clock(last[1].depart)} 从{last[1].station}开。余票以查询为准。"
    )
    yield Page(title, "沧瀛铁路客服", slug, earlier(seed, slug), body)


def _flight_pair(flights: Sequence[Flight], a: CityPlan, b: CityPlan, seed: int) -> Iterator[Page]:
    found = [flight for flight in flights if (flight.origin, flight.destination) == (a.name, b.name)]
    if not found:
        return
    fastest = min(found, key=lambda flight: (flight.arrive - flight.depart, flight.number))
    first, last = min(found, key=lambda f: (f.depart, f.number)), max(found, key=lambda f: (f.depart, f.number))
    slug = f"flights/{a.key}-{b.key}"
    carriers = "、".join(dict.fromkeys(flight.carrier for flight in found))
    body = (
        f"{a.name}到{b.name}共有 {len(found)} 个航班，由{carriers}执飞，从{a.airport.name}到{b.airport.name}。"
        f"飞行时间最短 {fastest.arrive - fastest.depart} 分钟（{fastest.number}）。最早 {_clock(first.depart)} "
        f"起飞（{first.number}），"
        f"最晚 {_clock(last.depart)} 起飞（{last.number}）。票价每天不同，节假日前后最贵。"
    )
    yield Page(f"{a.name[:2]}飞{b.name[:2]}：航班、机场与时间", "差旅手册", slug, earlier(seed, slug), body)


def _clock(minute: int) -> str:
    """``_clock(1500) == "01:00"``."""
    return f"{minute // 60 % 24:02d}:{minute % 60:02d}"


def transit_pages(plan: CityPlan, routes: Sequence[Route], names: dict[str, str], seed: int) -> Iterator[Page]:
    """A page a line, and one about the fares of a city; ``names``: of stops by id."""
    for route in routes:
        stops = [names[stop] for stop in route.stops]
        hours = []
        for way, start in enumerate((stops[0], stops[-1])):
            first, last = service_hours(route.kind, route.name, "workday", way)
            hours.append(f"{start}首班 {first}、末班 {last}")
        every = "；".join(
            f"{zh}最密 {min(span[2] for span in periods(route.kind, route.name)[service])} 分钟一班"
            for service, zh in _SERVICES.items()
        )
        price = "按里程计价" if route.kind == "metro" else f"每次 {bus_fare(route.name)} 元"
        slug = f"{plan.key}/lines/{route.id.partition('-')[2]}"
        body = (
            f"{plan.name}{route.name}，{stops[0]}至{stops[-1]}，全程 {sum(route.metres) / 1000:.1f} 公里，"
            f"{len(stops)} 站。"
            f"工作日{hours[0]}；{hours[1]}。{every}。票价：{price}。\n沿线车站：{'、'.join(stops)}"
        )
        yield Page(f"{plan.name[:2]}{route.name}路线、首末班车", "公交查一查", slug, earlier(seed, slug), body)
    steps = "；".join(f"{km} 公里以内 {yuan} 元" for km, yuan in METRO_FARES)
    slug = f"{plan.key}/fares"
    airport = f"，机场巴士 {bus_fare('机场巴士1线')} 元" if plan.airport else ""
    body = (
        f"{plan.name}地铁按里程计价：{steps}；再远 {METRO_MOST} 元封顶，站内换乘连续计程。公交每次 {bus_fare('1路')} "
        "元，"
        f"夜班 {bus_fare('夜1路')} 元{airport}，换乘不优惠。"
        f"身高 {policies.METRO_CHILD_CM} 厘米以下的儿童由成人带领免费乘车。{policies.METRO_BIKE}。"
    )
    yield Page(f"{plan.name[:2]}地铁票价与公交票价说明", "公交查一查", slug, earlier(seed, slug), body)
