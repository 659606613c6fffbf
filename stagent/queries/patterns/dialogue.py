"""Conversations about journeys and weather: a user who adds what was missing, corrects it, asks on."""

from stagent.queries.episode import Episode
from stagent.queries.pattern import QueryPattern, Slots, Truth
from stagent.queries.patterns.booking import BookTicket
from stagent.queries.patterns.days import called_city, day_labels, draw_day, later_day, other_city, short_city
from stagent.queries.patterns.journeys import said_value
from stagent.queries.patterns.manner import Manner, called
from stagent.queries.patterns.rides import (
    FLIGHTS,
    TRAINS,
    Offer,
    cheapest,
    draw_journey,
    ends,
    found_offers,
    ride,
    true_offers,
)
from stagent.queries.patterns.tickets import said_numbers
from stagent.queries.patterns.weather import conditions, weather_pieces
from stagent.queries.scene import Scene

_PRICING = "dynamic_information.dynamic_pricing_and_availability"
_WEATHER = "dynamic_information.realtime_weather"
_MODES = "planning_and_decision.solution_comparison.transportation_mode_comparison"
_BOOK = "application_interaction.booking_and_orders.booking_and_payment"
_CHEAPEST = ("budget_constraints.cheapest", "spatial_constraints.intercity")
_ASK_DAY = ["哪天", "哪一天", "日期", "什么时候", "几号", "何时", "时间"]


def say_cheapest(offer: Offer, slots: Slots, m: Manner, episode: Episode) -> None:
    """The answer about the cheapest offer of a turn."""
    episode.answer(
        *m.say(
            "{day}{origin}到{destination}最便宜的是 {number}，{cabin}{fare}，{times}，还剩 {seats} 张。",
            "{day}最低价是 {number} 的{cabin}，{fare}，{times}，余票 {seats} 张，从{origin}到{destination}。",
            day=m.day(offer.date),
            **ends(slots),
            **ride(offer, m),
        )
    )


class DayAddedLater(QueryPattern):
    """A ticket without a day; then the day; then the same by plane."""

    name = "day_added_later"
    leaf = _PRICING
    wordings = (
        (
            "{from}去{to}的{ticket}最便宜多少钱(？|)",
            "(查|看)一下{from}到{to}最便宜的{ticket}",
            "(我想|想)买{from}去{to}的{ticket}，最低什么价",
        ),
        ("{day}的", "{day}(走|出发)", "哦，{day}(去|走)", "{day}那天"),
        ("那坐飞机呢(？|)", "(机票|飞机票)(呢|最便宜多少|什么价)(？|)", "再看看(同一天的|)机票(，哪个便宜|)"),
    )

    def draw(self, scene: Scene) -> Slots | None:
        slots = draw_journey(scene, TRAINS)
        if slots is None or not scene.gazetteer.numbers(FLIGHTS, slots["origin"], slots["destination"]):
            return None
        return slots

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        train = cheapest(await true_offers(slots, scene) or [])
        flight = cheapest(await true_offers(slots | {"tool": FLIGHTS}, scene) or [])
        if not train or not flight:
            return None
        return Truth(
            (
                {"kind": "unsolved", "reason": "missing_information", "words": _ASK_DAY, "turn": 0},
                said_value("money", train[0].fare) | {"turn": 1},
                said_numbers(train) | {"turn": 1},
                said_value("money", flight[0].fare),
                said_numbers(flight),
            ),
            secondary=(_MODES,),
            auxiliary=(*day_labels(slots), *_CHEAPEST),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        m = Manner(episode)
        episode.answer(
            *m.say("请问您哪天出发？告诉我日期，我来查票价。", "好的，您打算什么时候走？有了日期就能查余票和票价。")
        )
        episode.next_turn()
        train = cheapest(await found_offers(slots, episode))[0]
        say_cheapest(train, slots, m, episode)
        episode.next_turn()
        flight = cheapest(await found_offers(slots | {"tool": FLIGHTS}, episode))[0]
        gap = round(abs(flight.fare - train.fare), 2)
        parts = {"gap": m.fact("money", gap, "", "difference"), "train": m.fact("number", train.number, train.number)}
        compared = (
            m.say("和刚才的 {train} 同价。", **parts)
            if not gap
            else m.say("比刚才的火车 {train} {how}{gap}。", how="贵" if flight.fare > train.fare else "便宜", **parts)
        )
        episode.answer(
            *m.say(
                "{day}最便宜的航班是 {number}，{cabin}{fare}，{times}，还剩 {seats} 张，{compared}",
                "坐飞机的话，{day}最低是 {number} {cabin}{fare}，{times}，余票 {seats} 张，{compared}",
                day=m.day(flight.date),
                compared=compared,
                **ride(flight, m),
            )
        )


class DayCorrected(QueryPattern):
    """The cheapest ticket of a day that the user then corrects."""

    name = "day_corrected"
    leaf = _PRICING
    wordings = (
        (
            "{day}{from}去{to}的{ticket}最便宜多少钱(？|)",
            "(查|看)一下{day}{from}到{to}最便宜的{ticket}",
            "{day}{from}去{to}，最便宜的{ticket}是哪班",
        ),
        (
            "(不对|说错了|搞错了)，(应该|)是{other_day}",
            "(等等，|啊，)我记错日子了，{other_day}(才走|的)",
            "改成{other_day}(呢|看看|)(？|)",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        slots = draw_journey(scene, scene.rng.choice((TRAINS, FLIGHTS)), 1, 6)
        if slots is None or not scene.gazetteer.knows(slots["tool"]):
            return None
        other = later_day(scene, slots["days_on"] + scene.rng.randint(1, 5))
        return slots | {"other_day": other["day"], "other_date": other["date"]}

    @staticmethod
    def _corrected(slots: Slots) -> Slots:
        return slots | {"date": slots["other_date"], "day": slots["other_day"]}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        best = [cheapest(await true_offers(each, scene) or []) for each in (slots, self._corrected(slots))]
        if not all(best):
            return None
        expects = [
            predicate | {"turn": turn}
            for turn, offers in enumerate(best)
            for predicate in (said_value("money", offers[0].fare), said_numbers(offers))
        ]
        return Truth(tuple(expects), auxiliary=(*day_labels(self._corrected(slots)), *_CHEAPEST))

    async def solve(self, slots: Slots, episode: Episode) -> None:
        m = Manner(episode)
        say_cheapest(cheapest(await found_offers(slots, episode))[0], slots, m, episode)
        episode.next_turn()
        say_cheapest(cheapest(await found_offers(self._corrected(slots), episode))[0], slots, m, episode)


class ThenBookIt(QueryPattern):
    """The cheapest ticket, and then to book it, which can't be done."""

    name = "then_book_it"
    leaf = _PRICING
    held_out = True
    wordings = (
        DayCorrected.wordings[0],
        ("(就这个，|好，)帮我订(一张|了)(吧|)", "(行，|可以，)下单(吧|)", "那你(帮我|)把这张买了"),
    )

    draw = BookTicket.draw

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        best = cheapest(await true_offers(slots, scene) or [])
        if not best:
            return None
        words = ["订票", "下单", "购票", "代订", "预订", "出票", "不能订", "无法订", "买票", "购买"]
        return Truth(
            (
                said_value("money", best[0].fare) | {"turn": 0},
                said_numbers(best) | {"turn": 0},
                {"kind": "unsolved", "reason": "missing_tool", "words": words},
            ),
            secondary=(_BOOK,),
            unsolvable="missing_tool",
            auxiliary=(*day_labels(slots), *_CHEAPEST),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        m = Manner(episode)
        best = cheapest(await found_offers(slots, episode))[0]
        say_cheapest(best, slots, m, episode)
        episode.next_turn()
        episode.answer(
            "[Unsolved] ",
            *m.say(
                "我没有订票功能，没法替您下单。请在购票平台搜索 {number}，选{day}的{cabin}。",
                "下单要您自己来：在购票平台选{day}的 {number} {cabin}就可以，票价{fare}。",
                day=m.day(best.date),
                **ride(best, m),
            ),
        )


class WeatherThenThere(QueryPattern):
    """The weather of a day here; then of another city; then of another day there."""

    name = "weather_then_there"
    leaf = _WEATHER
    wordings = (
        (
            "{day}{where}天气怎么样(？|)",
            "(查|看)下{where}{day}的天气",
            "{where}{day}多少度，(什么天气|下雨吗)",
        ),
        ("那{there}呢(？|)", "{there}(也看一下|那边呢)(？|)", "(再|也)查一下{there}(的|)"),
        ("{there}{other_day}呢(？|)", "要是{other_day}去{there}呢", "那{there}到了{other_day}怎么样(？|)"),
    )

    def draw(self, scene: Scene) -> Slots | None:
        other = other_city(scene)
        if other is None or not scene.gazetteer.knows("weather_forecast_days"):
            return None
        slots = draw_day(scene, 1, 4)
        later = later_day(scene, slots["days_on"] + scene.rng.randint(1, 5))
        city = scene.city.name
        return slots | {
            "city": city,
            "where": called_city(scene, city),
            "other": other,
            "there": called_city(scene, other),
            "other_day": later["day"],
            "other_date": later["date"],
        }

    @staticmethod
    def _asked(slots: Slots) -> tuple[tuple[str, str], ...]:
        """City and date of each turn."""
        here, there = slots["city"], slots["other"]
        return (here, slots["date"]), (there, slots["date"]), (there, slots["other_date"])

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        expects = []
        for turn, (city, date) in enumerate(self._asked(slots)):
            item = (await scene.ask("weather_forecast_days", location=city, date=date))["items"][0]
            expects += [said_value("temperature", item["high_c"]) | {"turn": turn}]
            expects += [conditions(item["condition_day"]) | {"turn": turn}]
        return Truth(tuple(expects), auxiliary=day_labels(slots))

    async def solve(self, slots: Slots, episode: Episode) -> None:
        m = Manner(episode)
        for turn, (city, date) in enumerate(self._asked(slots)):
            if turn:
                episode.next_turn()
            content = await episode.call(
                "weather_forecast_days", f"查{short_city(city)}{date}的预报", location=city, date=date
            )
            item = content["items"][0]
            episode.answer(
                *m.say(
                    "{city}{day}{weather}，降水概率{rain}。",
                    "{day}{city}{weather}，降水概率{rain}。",
                    city=called(city),
                    day=m.day(date),
                    weather=weather_pieces(item, m),
                    rain=m.fact("percent", item["rain_percent"], date),
                )
            )


DIALOGUE = (DayAddedLater(), DayCorrected(), ThenBookIt(), WeatherThenThere())
