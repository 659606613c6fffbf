"""Instructions about fares that must be compared or added: the cheapest of some days, a group's, there and back."""

from stagent.queries.episode import Episode
from stagent.queries.pattern import QueryPattern, Slots, Truth
from stagent.queries.patterns.days import called_city, later_day
from stagent.queries.patterns.journeys import said_value
from stagent.queries.patterns.manner import Manner
from stagent.queries.patterns.rides import (
    FLIGHTS,
    TRAINS,
    cheapest,
    draw_journey,
    ends,
    found_offers,
    ride,
    true_offers,
)
from stagent.queries.patterns.tickets import CHEAPEST, INTERCITY, LEAF, journey_labels, said_numbers
from stagent.queries.scene import Scene


class CheapestDay(QueryPattern):
    """On which of some days a flight or a train is cheapest."""

    name = "cheapest_day"
    leaf = LEAF
    held_out = True
    wordings = (
        (
            "{day}起的{span}天里，{from}去{to}哪天的{ticket}最便宜(，多少钱|？|)",
            "从{day}开始看{span}天，{from}到{to}的{ticket}哪天最低价",
            "{from}去{to}，日期灵活，{day}往后连看{span}天（含{day}），哪天{ticket}最划算",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        slots = draw_journey(scene, FLIGHTS, 1, 8)
        if slots is None or not scene.gazetteer.knows(FLIGHTS):
            return None
        return slots | {"span": scene.rng.randint(2, 4)}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        found = await true_offers(slots, scene, days=slots["span"] - 1)
        best = cheapest(found or [])
        if not best:
            return None
        return Truth(
            (said_value("money", best[0].fare), said_value("date", *dict.fromkeys(offer.date for offer in best))),
            auxiliary=(CHEAPEST, INTERCITY, "temporal_constraints.fuzzy_time.flexible"),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        best = cheapest(await found_offers(slots, episode, days=slots["span"] - 1))
        m = Manner(episode)
        episode.answer(
            *m.say(
                "这 {span} 天里{day}最便宜：{number} {cabin}{fare}，{origin}到{destination}，{times}，"
                "还剩 {seats} 张。",
                "{day}的票价最低，{number} {cabin}{fare}，{times}，余票 {seats} 张（{origin}到{destination}，"
                "看了 {span} 天）。",
                span=str(slots["span"]),
                day=m.day(best[0].date),
                **ends(slots),
                **ride(best[0], m),
            )
        )


class GroupFare(QueryPattern):
    """What some adults pay together in the cheapest train or flight that has seats for all."""

    name = "group_fare"
    leaf = LEAF
    held_out = True
    wordings = (
        (
            "我们{people}个大人{day}{from}去{to}，{ticket}最便宜一共要多少钱(？|)",
            "{people}个成年人，{day}{from}到{to}，买同一班最便宜的{ticket}，总共多少",
            "{day}{people}个人一起{from}去{to}，{ticket}选最便宜(且|又)够{people}张的，合计多少钱(，是哪班|)",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        tool = scene.rng.choice((TRAINS, FLIGHTS))
        slots = draw_journey(scene, tool)
        if slots is None or not scene.gazetteer.knows(tool):
            return None
        return slots | {"people": scene.rng.randint(2, 6)}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        best = cheapest(await true_offers(slots, scene) or [], slots["people"])
        if not best:
            return None
        return Truth(
            (said_value("money", round(best[0].fare * slots["people"], 2)), said_numbers(best)),
            auxiliary=journey_labels(slots, CHEAPEST, "traveller_constraints.group"),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        best = cheapest(await found_offers(slots, episode), slots["people"])
        m = Manner(episode)
        total = round(best[0].fare * slots["people"], 2)
        episode.answer(
            *m.say(
                "{people} 个人一共{total}：{day} {number} {cabin}每张{fare}，{times}，还剩 {seats} 张，够一起走。",
                "最便宜的是 {number} {cabin}，每张{fare}，"
                "{people} 人合计{total}。{day}{times}，{origin}到{destination}，余票 {seats} 张。",
                people=str(slots["people"]),
                total=m.fact("money", total, best[0].number, "product"),
                day=m.day(best[0].date),
                **ends(slots),
                **ride(best[0], m),
            )
        )


class RoundTrip(QueryPattern):
    """The cheapest way there and back on two days, together."""

    name = "round_trip_fare"
    leaf = LEAF
    held_out = True
    wordings = (
        (
            "{day}去{to}、{back}回{home}，{ticket}来回最便宜一共多少钱(？|)",
            "(算一下|帮我算算){home}到{to}往返的{ticket}，{day}去{back}回，最低(总价|加起来多少)",
            "{home}往返{to}，去程{day}，回程{back}，{ticket}都买最便宜的，总共要花多少",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        tool = scene.rng.choice((TRAINS, FLIGHTS))
        slots = draw_journey(scene, tool, 1, 7)
        if slots is None or not scene.gazetteer.numbers(tool, slots["destination"], slots["origin"]):
            return None
        back = later_day(scene, slots["days_on"] + scene.rng.randint(1, 6))
        home = slots["start"] or called_city(scene, scene.city.name)
        return slots | {"back": back["day"], "back_date": back["date"], "home": home}

    @staticmethod
    def _way_back(slots: Slots) -> Slots:
        turned = {"origin": slots["destination"], "destination": slots["origin"]}
        return slots | turned | {"date": slots["back_date"], "day": slots["back"]}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        best = [cheapest(await true_offers(way, scene) or []) for way in (slots, self._way_back(slots))]
        if not all(best):
            return None
        total = round(best[0][0].fare + best[1][0].fare, 2)
        return Truth((said_value("money", total),), auxiliary=journey_labels(slots, CHEAPEST))

    async def solve(self, slots: Slots, episode: Episode) -> None:
        there = cheapest(await found_offers(slots, episode))[0]
        back = cheapest(await found_offers(self._way_back(slots), episode))[0]
        m = Manner(episode)
        total = m.fact("money", round(there.fare + back.fare, 2), "", "sum")
        episode.answer(
            *m.say("来回一共{total}。", "往返最低合计{total}。", total=total),
            *m.say(
                "去程{day} {number} {cabin}{fare}，{times}；", "{day}去：{number} {cabin}{fare}，{times}；",
                day=m.day(there.date), **ride(there, m),
            ),
            *m.say(
                "回程{day} {number} {cabin}{fare}，{times}。", "{day}回：{number} {cabin}{fare}，{times}。",
                day=m.day(back.date), **ride(back, m),
            ),
        )  # fmt: skip


FARES = (CheapestDay(), GroupFare(), RoundTrip())
