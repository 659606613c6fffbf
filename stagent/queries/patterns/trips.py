"""Instructions for trips of some days: by train to another city, or in the city where one is."""

import random
from collections.abc import Sequence
from datetime import date, timedelta

from stagent.queries.answer import Fact
from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import QueryPattern, Slots, Truth, sentence
from stagent.queries.patterns.journeys import no_data, rarely, said_value
from stagent.queries.patterns.trip_rides import cheapest_fare, comfort, dates_from, day_said, fitting_rides, ride_said
from stagent.queries.patterns.trip_stays import (
    days_said,
    drawn_theme,
    find_hotel,
    find_sights,
    fitting_hotels,
    hotel_said,
    trip_auxiliary,
    true_sights,
)
from stagent.queries.sayings import in_words, say_fact
from stagent.queries.scene import Scene

MEDIUM = "planning_and_decision.itinerary_planning.medium_trip_itinerary"


LONG = "planning_and_decision.itinerary_planning.long_trip_itinerary"


_AHEAD = 15  # days that tickets and forecasts reach


class TripByTrain(QueryPattern):
    """A trip to another city by train: tickets, hotel, and a sight for each day by weather."""

    name = "weekend_by_train"
    leaf = MEDIUM
    lengths: tuple[int, ...] = (2, 2, 3)
    wordings = (
        (
            "{go}从{a}坐火车去{b}玩{days}天{nights}晚，当天{by_said}前到，{last}{back_said}以后坐火车回来，{people_said}。"
            "每天排一个评分{rating}以上的地方：降水概率到{p}%的日子去{wet}，其余去{dry}，当天得开门。"
            "再找一家{price}元以内、{hotel_rating}分以上的酒店，帮我做个计划",
            "帮我规划{a}到{b}的{days}天{nights}晚行程，{people_said}：{go}去（火车{by_said}前到），{last}返程（{back_said}后发车）。"
            "雨天（降水概率{p}%及以上）安排{wet}，不下雨安排{dry}，每天一个不重复，评分不低于{rating}、当天营业；"
            "住每晚不超过{price}元且评分{hotel_rating}以上的酒店",
            "{people_said}打算{go}出发去{b}待{days}天{nights}晚，从{a}坐火车，{by_said}之前到，{last}{back_said}之后的车回。"
            "酒店每晚{price}元封顶、{hotel_rating}分起；每天一个地方，降水{p}%以上去{wet}否则{dry}，要{rating}分以上且那天开着。怎么安排",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        others = [city.name for city in scene.gazetteer.cities if city.name != scene.region]
        if not others and rarely(scene):
            others = ["图尔库"]
        if not others:
            return None
        rng = scene.rng
        days = rng.choice(self.lengths)
        first = scene.now.date() + timedelta(days=rng.randrange(1, _AHEAD - days))
        people = rng.choice((1, 1, 2, 2, 3))
        by, back = rng.choice((11, 12, 12, 13, 14)), rng.choice((15, 16, 17))
        return {
            "a": scene.region,
            "b": rng.choice(others),
            "first": first.isoformat(),
            "go": day_said(first),
            "last": day_said(first + timedelta(days=days - 1)),
            "count": days,
            "days": in_words(days) if days > 2 else "两",
            "nights": {1: "一", 2: "两"}.get(days - 1) or in_words(days - 1),
            "by": by,
            "by_said": f"{by}点",
            "from_hour": back,
            "back_said": f"{back}点",
            "people": people,
            "people_said": {1: "一个人", 2: "两个人", 3: "三个人"}[people],
            **drawn_theme(scene),
            "price": rng.choice((250, 300, 350, 400, 500)),
            "hotel_rating": rng.choice((4.0, 4.2, 4.5)),
        }

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        dates = dates_from(slots["first"], slots["count"])
        auxiliary = trip_auxiliary(slots, "spatial_constraints.intercity")
        fitting = []
        for way, (start, end, day) in _both_ways(slots, dates).items():
            content = await scene.ask("travel_search_trains", origin=start, destination=end, date=day)
            if "unavailable" in content:
                return Truth(no_data("火车", "天气", "班次"), auxiliary=auxiliary, unsolvable="no_data")
            fitting.append([item["number"] for item in fitting_rides(content["items"], slots, way)])
        weather = await scene.ask(
            "weather_forecast_days", location=slots["b"], date=slots["first"], days=slots["count"]
        )
        hotels = fitting_hotels(scene, slots["b"], slots)
        sights = await true_sights(scene, weather["items"], slots, slots["b"])
        if not all(fitting) or not hotels or sights is None:
            return None
        return Truth(
            (
                said_value("number", *fitting[0]),
                said_value("number", *fitting[1]),
                {"kind": "sequence", "stops": sights},
                {"kind": "names", "any_of": hotels},
            ),
            secondary=("dynamic_information.dynamic_pricing_and_availability", "dynamic_information.realtime_weather"),
            auxiliary=auxiliary,
            temporal={
                "departure": "temporal_constraints.specific_date",
                "arrival": "temporal_constraints.specific_time",
            },
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        dates = dates_from(slots["first"], slots["count"])
        rides = {}
        for way, (start, end, day) in _both_ways(slots, dates).items():
            content = await episode.call(
                "travel_search_trains", f"查{start}到{end}的车", origin=start, destination=end, date=day
            )
            fitting = fitting_rides(content["items"], slots, way)
            if not fitting:
                raise Unsolved(content.get("note") or f"{start}到{end}没有合时间又有票的车。")
            rides[way] = min(fitting, key=lambda item: comfort(item, slots["people"]))
        weather = await episode.call(
            "weather_forecast_days",
            f"看{slots['b']}这几天的天气",
            location=slots["b"],
            date=slots["first"],
            days=slots["count"],
        )
        plan = await find_sights(episode, weather["items"], slots, slots["b"])
        hotel = await find_hotel(episode, slots["b"], slots)
        people = slots["people"]
        total = sum(cheapest_fare(item, people)["fare_yuan"] for item in rides.values())
        there = Fact(slots["go"], "date", slots["first"], slots["first"])
        back = Fact(slots["last"], "date", dates[-1].isoformat(), dates[-1].isoformat())
        episode.answer(
            *sentence(("去程{date}", "{date}出发，"), rng, date=there),
            *ride_said(rides["there"], people, rng),
            "。",
            *days_said(weather["items"], plan, slots, rng),
            *hotel_said(hotel, slots["count"] - 1, rng),
            *sentence(("{date}返回，", "{date}回来，"), rng, date=back),
            *ride_said(rides["back"], people, rng),
            *sentence(
                ("。往返车票每人共{total}。", "。来回车票合计每人{total}。"),
                rng,
                total=say_fact("money", int(total) if total == int(total) else total, "", how="sum"),
            ),
        )


def _both_ways(slots: Slots, dates: Sequence[date]) -> dict[str, tuple[str, str, str]]:
    return {
        "there": (slots["a"], slots["b"], dates[0].isoformat()),
        "back": (slots["b"], slots["a"], dates[-1].isoformat()),
    }


class LongTripByTrain(TripByTrain):
    """The same for four to six days."""

    name = "long_trip_by_train"
    leaf = LONG
    lengths = (4, 4, 5, 6)


class DaysInCity(QueryPattern):
    """Some days in the city where the user is: a sight for each by weather, and a hotel."""

    name = "days_in_city"
    leaf = MEDIUM
    held_out = True
    lengths: tuple[int, ...] = (2, 3, 3)
    wordings = (
        (
            "我在{b}，想从{go}起玩{days}天，每天去一个评分{rating}以上、当天开门的地方：降水概率到{p}%就去{wet}，没到就去{dry}，别重复。"
            "住{price}元以内、{hotel_rating}分以上的酒店，帮我排排",
            "{b}{days}日游，{go}开始：每天一处，降水概率{p}%及以上安排{wet}，其他日子安排{dry}，{rating}分以上且当天营业；"
            "另外推荐一家每晚不超过{price}元、评分{hotel_rating}以上的酒店",
            "帮忙做{b}{days}天的计划，第一天是{go}。看天气，降水≥{p}%逛{wet}，否则去{dry}，每天换一个，评分至少{rating}，要开着门。"
            "酒店{price}元以内，{hotel_rating}分起",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        if scene.gazetteer.world.name != "sandbox" and not rarely(scene):
            return None
        rng = scene.rng
        days = rng.choice(self.lengths)
        first = scene.now.date() + timedelta(days=rng.randrange(1, 8))
        return {
            "b": scene.region,
            "first": first.isoformat(),
            "go": day_said(first),
            "count": days,
            "days": in_words(days) if days > 2 else "两",
            **drawn_theme(scene),
            "price": rng.choice((250, 300, 350, 400, 500)),
            "hotel_rating": rng.choice((4.0, 4.2, 4.5)),
        }

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        auxiliary = trip_auxiliary(slots, "spatial_constraints.within_city.whole_city")
        weather = await scene.ask(
            "weather_forecast_days", location=slots["b"], date=slots["first"], days=slots["count"]
        )
        if "unavailable" in weather:
            return Truth(no_data("天气", "预报"), auxiliary=auxiliary, unsolvable="no_data")
        hotels = fitting_hotels(scene, slots["b"], slots)
        sights = await true_sights(scene, weather["items"], slots, slots["b"])
        if not hotels or sights is None:
            return None
        return Truth(
            ({"kind": "sequence", "stops": sights}, {"kind": "names", "any_of": hotels}),
            secondary=("dynamic_information.realtime_weather", "discovery.poi_search.constrained_poi_search"),
            auxiliary=auxiliary,
            temporal={"departure": "temporal_constraints.specific_date"},
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        weather = await episode.call(
            "weather_forecast_days",
            "先看这几天的天气",
            location=slots["b"],
            date=slots["first"],
            days=slots["count"],
        )
        plan = await find_sights(episode, weather["items"], slots, slots["b"])
        hotel = await find_hotel(episode, slots["b"], slots)
        episode.answer(
            *sentence(("{b}{days}天可以这样玩：", "{b}的{days}天安排："), rng, b=slots["b"], days=slots["days"]),
            *days_said(weather["items"], plan, slots, rng),
            *hotel_said(hotel, 1, rng),
            *rng.choice(([], ["天气有变化我可以重新排。"])),
        )


class LongDaysInCity(DaysInCity):
    """The same for four to six days."""

    name = "long_days_in_city"
    leaf = LONG
    held_out = False
    lengths = (4, 5, 6)


TRIPS = (TripByTrain(), DaysInCity(), LongTripByTrain(), LongDaysInCity())
