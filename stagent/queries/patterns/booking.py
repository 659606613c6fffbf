"""Instructions to the application of which a part can be looked up: what is asked for isn't done, but prepared."""

from typing import Any

from stagent.queries.answer import Piece
from stagent.queries.episode import Episode
from stagent.queries.pattern import QueryPattern, Slots, Truth
from stagent.queries.patterns.anchors import find_place
from stagent.queries.patterns.application import BOOK, NOTIFY, ORDERS
from stagent.queries.patterns.days import called_city, day_labels, draw_day
from stagent.queries.patterns.journeys import landmark, route
from stagent.queries.patterns.manner import Manner, called, word
from stagent.queries.patterns.refusing import unserved
from stagent.queries.patterns.rides import FLIGHTS, TRAINS, cheapest, draw_journey, found_offers, ride, true_offers
from stagent.queries.patterns.weather import rains, weather_pieces
from stagent.queries.scene import Scene

_TICKETS = "dynamic_information.dynamic_pricing_and_availability"
_WEATHER = "dynamic_information.realtime_weather"
_BASIC = "discovery.information_query.basic_attributes"
_RULES = "rules_and_policies.travel_policies"
_CARRIERS = ("澜海航空", "霁云航空", "白鹭航空", "小帆航空")


class BookTicket(QueryPattern):
    """To book a ticket: which one it would be can be said."""

    name = "book_ticket"
    leaf = BOOK
    wordings = (
        (
            "(帮我|给我)(订|买)一张{day}{from}去{to}的{ticket}，(要|)最便宜的(那种|)",
            "{day}{from}去{to}，{ticket}(帮我|)(下单|订了|买好)，选最便宜的",
            "(直接|)(订|抢)一张{day}{from}到{to}的{ticket}(吧|，越便宜越好)",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        tool = scene.rng.choice((TRAINS, FLIGHTS))
        return draw_journey(scene, tool) if scene.gazetteer.knows(tool) else None

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        if not cheapest(await true_offers(slots, scene) or []):
            return None
        words = ("订票", "下单", "购票", "代订", "预订", "出票", "不能订", "无法订", "买票")
        return unserved("missing_tool", *words, secondary=(_TICKETS,), auxiliary=day_labels(slots))

    async def solve(self, slots: Slots, episode: Episode) -> None:
        best = cheapest(await found_offers(slots, episode))[0]
        m = Manner(episode)
        episode.answer(
            "[Unsolved] ",
            *m.say(
                "我没有订票功能，要请您自己下单。{day}最便宜的是 {number} {cabin}，{fare}，{times}，还剩 {seats} 张。",
                "订票我办不了，只能帮您查好：{day} {number}，{cabin}{fare}，{times}，余票 {seats} 张，"
                "请尽快到购票平台下单。",
                day=m.day(best.date),
                **ride(best, m),
            ),
        )


class WatchPrice(QueryPattern):
    """To be told when a ticket gets cheaper: what it costs now can be said."""

    name = "watch_price"
    leaf = NOTIFY
    held_out = True
    wordings = (
        (
            "{day}{from}去{to}的{ticket}降价了(告诉我|通知我|提醒我)",
            "(帮我|)盯着{day}{from}到{to}的{ticket}，(便宜了|一降价)就(通知我|喊我)",
            "给{day}{from}去{to}的{ticket}设个降价提醒",
        ),
    )

    draw = BookTicket.draw

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        if not cheapest(await true_offers(slots, scene) or []):
            return None
        words = ("提醒", "通知", "监控", "盯")
        return unserved("missing_tool", *words, secondary=(_TICKETS,), auxiliary=day_labels(slots))

    async def solve(self, slots: Slots, episode: Episode) -> None:
        best = cheapest(await found_offers(slots, episode))[0]
        m = Manner(episode)
        episode.answer(
            "[Unsolved] ",
            *m.say(
                "我没有降价提醒的功能。目前{day}最低价是 {number} {cabin}{fare}，还剩 {seats} 张，"
                "您可以过些时候再来问我。",
                "没办法替您盯着降价。现在查到{day}最便宜的是{cabin}{fare}（{number}，余票 {seats} 张），"
                "想再比较可以随时问我。",
                day=m.day(best.date),
                **ride(best, m),
            ),
        )


class RemindIfRain(QueryPattern):
    """To be reminded of an umbrella on a day, if it rains: whether it will can be said."""

    name = "remind_if_rain"
    leaf = NOTIFY
    wordings = (
        (
            "{day}(要是|如果){where}下雨，(出门前|早上)提醒我带伞",
            "{where}{day}有雨的话(通知我一声|提醒我带伞)",
            "(帮我|)设个提醒，{day}{where}下雨就叫我带伞",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        if not scene.gazetteer.knows("weather_forecast_days"):
            return None
        return {"city": scene.city.name, "where": called_city(scene, scene.city.name)} | draw_day(scene, 1, 5)

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        return unserved("missing_tool", "提醒", "通知", secondary=(_WEATHER,), auxiliary=day_labels(slots))

    async def solve(self, slots: Slots, episode: Episode) -> None:
        content = await episode.call(
            "weather_forecast_days", "提醒不了，但可以先看预报", location=slots["city"], date=slots["date"]
        )
        m, day = Manner(episode), content["items"][0]
        episode.answer(
            "[Unsolved] ",
            *m.say(
                "我没有提醒功能。不过可以先告诉您：{city}{day}{weather}，{advice}",
                "定时提醒我做不到，先把预报给您：{city}{day}{weather}，{advice}",
                city=called(slots["city"]),
                day=m.day(day["date"]),
                weather=weather_pieces(day, m),
                advice="记得带伞。" if rains(day) else "不用带伞。",
            ),
        )


class CallTaxi(QueryPattern):
    """To call a car to a place: how far and how long it is can be said."""

    name = "call_taxi"
    leaf = BOOK
    wordings = (
        (
            "(帮我|给我)(叫|打)(个|辆)(车|出租车|网约车)，(我要|)去{to}",
            "(打车|叫车)去{to}(，现在就走|，快点|)",
            "我要去{to}，(帮忙|麻烦)叫(辆|台)车(来|)",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        place = landmark(scene, "driving")
        return place and {"to": place.name}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        return unserved(
            "missing_tool",
            *("叫车", "打车", "约车", "派车"),
            secondary=("planning_and_decision.route_planning",),
            auxiliary=("temporal_constraints.now",),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        place = await find_place(slots["to"], episode)
        way = await route(episode, episode.context.location, place["location"], thought="估一下车程")
        m = Manner(episode)
        episode.answer(
            "[Unsolved] ",
            *m.say(
                "我不能叫车，请用打车软件下单。供您参考：从您现在的位置到{place}有{distance}，现在开车要{time}。",
                "叫车的功能我没有。到{place}的路程是{distance}，现在开车过去要{time}，您可以据此在打车软件上叫车。",
                place=called(place["name"]),
                distance=m.fact("distance", way["distance_m"], place["name"]),
                time=m.fact("duration", way["duration_s"], place["name"]),
            ),
        )


class BookTable(QueryPattern):
    """To book a table: the telephone number and the opening hours can be said."""

    name = "book_table"
    leaf = BOOK
    held_out = True
    wordings = (
        (
            "(帮我|)在{place}订个(位|位子|桌)，今晚{people}个人",
            "今晚{people}位，{place}(订一桌|订个包间|留个位)",
            "(给|帮)我预订{place}今晚的位子，{people}个人(一起|)",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        place = scene.known_place("restaurant", lambda place: bool(place.phone))
        return place and {"place": place.name, "people": scene.rng.randint(2, 9)}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        labels = ("temporal_constraints.fuzzy_time.part_of_day", "traveller_constraints.group")
        return unserved("missing_tool", "订位", "预订", "订座", "电话", secondary=(_BASIC,), auxiliary=labels)

    async def solve(self, slots: Slots, episode: Episode) -> None:
        place = await find_place(slots["place"], episode, "订不了位，但可以查到电话")
        m = Manner(episode)
        parts: dict[str, Any] = {"place": called(place["name"])}
        hours: list[Piece] = []
        if today := place.get("hours_today"):
            told = m.fact("hours", today, place["name"])
            hours = ["今天", told, "。"] if today in ("休息", "全天") else ["今天的营业时间是 ", told, "。"]
        number = m.fact("phone", place["phone"], place["name"])
        episode.answer(
            "[Unsolved] ",
            *m.say(
                "我不能替您订位，请直接打{place}的电话 {number}。{hours}",
                "订座要您自己来，{place}的电话是 {number}。{hours}",
                number=number,
                hours=hours,
                **parts,
            ),
        )


class RefundTicket(QueryPattern):
    """To return a flight's ticket: the airline's rules can be said."""

    name = "refund_ticket"
    leaf = ORDERS
    wordings = (
        (
            "我买的{carrier}的机票(不想要了|去不了了)，帮我退(了|一下|掉)",
            "(帮忙|麻烦)把我{carrier}的(航班|机票)退了(，看看扣多少|)",
            "退票！{carrier}那张机票(给我|帮我|)退掉",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        return {"carrier": scene.rng.choice(_CARRIERS)} if scene.gazetteer.knows("web_search") else None

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        return unserved("missing_tool", "退票", "操作", "办理", secondary=(_RULES,))

    async def solve(self, slots: Slots, episode: Episode) -> None:
        content = await episode.call("web_search", "退不了票，先查规定", query=f"{slots['carrier']} 退票")
        page = next((item for item in content["items"] if item["title"].startswith(slots["carrier"])), None)
        m, carrier = Manner(episode), slots["carrier"]
        rule: list[Piece] = []
        if page and "退票" in page["excerpt"]:
            text = page["excerpt"].split("。")[0].removeprefix(f"{carrier}退票手续费：")
            rule = ["按查到的规定，", called(carrier), "的退票手续费是：", word(text, carrier), "。"]
        episode.answer(
            "[Unsolved] ",
            *m.say(
                "我没有退票的权限，请到购票平台或航空公司办理。{rule}",
                "退票要您自己在购票的平台操作，我办不了。{rule}(早退手续费少一些。|)",
                rule=rule,
            ),
        )


BOOKING = (BookTicket(), WatchPrice(), RemindIfRain(), CallTaxi(), BookTable(), RefundTicket())
