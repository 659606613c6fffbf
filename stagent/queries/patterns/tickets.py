"""Instructions about fares and seats of trains and flights."""

from collections.abc import Sequence
from typing import Any

from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import QueryPattern, Slots, Truth
from stagent.queries.patterns.days import day_labels
from stagent.queries.patterns.journeys import no_data, said_value
from stagent.queries.patterns.manner import Manner
from stagent.queries.patterns.rides import (
    FLIGHTS,
    TRAINS,
    Offer,
    cheapest,
    draw_journey,
    ends,
    found_offers,
    nothing,
    offers,
    ride,
    shortened,
    true_offers,
)
from stagent.queries.scene import Scene

LEAF = "dynamic_information.dynamic_pricing_and_availability"
INTERCITY = "spatial_constraints.intercity"
CHEAPEST = "budget_constraints.cheapest"
SEATS_YES = ["还有票", "有票", "有余票", "还有余票", "还有座", "还剩", "可以买", "能买到"]
SEATS_NO = ["没有票", "没票", "无票", "售罄", "卖完", "售完", "没有余票", "没座", "买不到"]
_CABINS = {"G": ("二等座", "一等座", "商务座"), "D": ("二等座", "一等座"), "Z": ("硬座", "硬卧"), "K": ("硬座", "硬卧")}


def journey_labels(slots: Slots, *more: str) -> tuple[str, ...]:
    return (*day_labels(slots), INTERCITY, *more)


def said_numbers(found: Sequence[Offer]) -> dict[str, Any]:
    """One of these trains or flights is named."""
    return said_value("number", *dict.fromkeys(offer.number for offer in found))


class CheapestTicket(QueryPattern):
    """The cheapest ticket that is left; asked for on maps without trains too, where it can't be answered."""

    name = "cheapest_ticket"
    leaf = LEAF
    weight = 1.5
    wordings = (
        (
            "{day}{from}去{to}(最便宜的|最低价的){ticket}(多少钱|要多少|是哪一班)(？|)",
            "{day}{from}到{to}的{ticket}最便宜(的是哪班|是多少|多少钱)(，还有票吗|？|)",
            "(帮我查|查一下|看看){day}{from}去{to}还有票的{ticket}里最便宜的",
            "(想|准备){day}{from}去{to}，{ticket}最低(什么价|多少)",
            "{from}去{to}，{day}，{ticket}，要(最便宜|价格最低)(还能买到|有余票)的",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        return draw_journey(scene, scene.rng.choice((TRAINS, FLIGHTS)))

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        content = await scene.ask(
            slots["tool"], origin=slots["origin"], destination=slots["destination"], date=slots["date"]
        )
        if "unavailable" in content:
            words = ("火车", "车次", "列车") if slots["tool"] == TRAINS else ("航班", "机票", "飞机")
            return Truth(no_data(*words), unsolvable="no_data", auxiliary=journey_labels(slots, CHEAPEST))
        if shortened(content):
            return None
        best = cheapest(offers(content))
        if not best:
            return Truth((nothing(),), unsolvable="nothing_found", auxiliary=journey_labels(slots, CHEAPEST))
        return Truth((said_value("money", best[0].fare), said_numbers(best)), auxiliary=journey_labels(slots, CHEAPEST))

    async def solve(self, slots: Slots, episode: Episode) -> None:
        best = cheapest(await found_offers(slots, episode))
        if not best:
            raise Unsolved(f"{slots['day']}去{slots['to']}的票已经全部售罄，可以换一天再看。")
        m = Manner(episode)
        same = len({offer.number for offer in best}) > 1
        more = m.say("(同价的还有别的班次。|别的班次也有这个价的。|)") if same else ""
        episode.answer(
            *m.say(
                "{day}{origin}到{destination}最便宜的是 {number}，{cabin}{fare}，{times}，还剩 {seats} 张。"
                "{more}(要看别的时间可以告诉我。|)",
                "最便宜的是{cabin}{fare}：{day} {number}，{origin}到{destination}，{times}，余票 {seats} 张。{more}",
                day=m.day(best[0].date),
                more=more,
                **ends(slots),
                **ride(best[0], m),
            )
        )


class SeatsLeft(QueryPattern):
    """Whether a class of a train or a flight has seats left, and how many."""

    name = "seats_left"
    leaf = LEAF
    wordings = (
        (
            "{day}{from}去{to}的{number}(还有|有){cabin}(吗|票吗)(？|，还剩几张|)",
            "{number}(次|){day}{from}到{to}，{cabin}(还有没有票|有余票吗|还剩多少张)",
            "(查|帮我看|看下){day}{number}（{start}到{to}）{cabin}(的余票|还有没有票)",
            "{from}去{to}的{number}，{day}那班{cabin}卖完了吗",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        tool = scene.rng.choice((TRAINS, TRAINS, FLIGHTS))
        slots = draw_journey(scene, tool, 1, 12)
        if slots is None or not scene.gazetteer.knows(tool):
            return None
        number = scene.rng.choice(scene.gazetteer.numbers(tool, slots["origin"], slots["destination"]))
        cabin = scene.rng.choice(_CABINS[number[0]]) if tool == TRAINS else "经济舱"
        start = slots["start"] or scene.city.name
        return slots | {"number": number, "cabin": cabin, "start": start}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        found = await true_offers(slots, scene)
        if found is None:
            return None
        own = [offer for offer in found if (offer.number, offer.cabin) == (slots["number"], slots["cabin"])]
        if not own:
            if scene.rng.random() < 0.7 or any(offer.number == slots["number"] for offer in found):
                return None
            return Truth((nothing(),), unsolvable="nothing_found", auxiliary=journey_labels(slots))
        verdict = {"kind": "verdict", "value": own[0].seats > 0, "yes": SEATS_YES, "no": SEATS_NO}
        seats = (said_value("count", own[0].seats),) if own[0].seats else ()
        return Truth((verdict, *seats), auxiliary=journey_labels(slots))

    async def solve(self, slots: Slots, episode: Episode) -> None:
        found = await found_offers(slots, episode)
        own = [offer for offer in found if (offer.number, offer.cabin) == (slots["number"], slots["cabin"])]
        if not own:
            raise Unsolved(
                f"{slots['day']}没有查到{slots['number']}，这趟当天可能不开行。可以换一天，或者让我列出当天的其他班次。"
            )
        m = Manner(episode)
        parts = {"day": m.day(own[0].date), **ends(slots), **ride(own[0], m)}
        if own[0].seats:
            episode.answer(
                *m.say(
                    "{day}{origin}到{destination}的 {number} {cabin}还有票，剩 {seats} 张，票价{fare}，{times}。",
                    "有票：{number} {day}{cabin}还剩 {seats} 张，{fare}一张，{stations}，{times}。",
                    **parts,
                )
            )
        else:
            episode.answer(
                *m.say(
                    "{day}{origin}到{destination}的 {number} {cabin}没有票了，余票 {seats} 张。"
                    "要不要看看其他班次或席别？",
                    "{number} {day}的{cabin}已经售罄，余票 {seats} 张，可以考虑换一班。",
                    **parts,
                )
            )


class FareOfRide(QueryPattern):
    """What a class of a train or a flight costs."""

    name = "fare_of_ride"
    leaf = LEAF
    wordings = (
        (
            "{day}{from}去{to}的{number}，{cabin}多少钱(？|一张|)",
            "{number}(次|){day}{from}到{to}{cabin}票价(多少|是多少|)",
            "(问下|请问|){day}坐{number}{from}去{to}，{cabin}要多少钱",
        ),
    )

    draw = SeatsLeft.draw

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        found = await true_offers(slots, scene)
        own = [offer for offer in found or () if (offer.number, offer.cabin) == (slots["number"], slots["cabin"])]
        return Truth((said_value("money", own[0].fare),), auxiliary=journey_labels(slots)) if own else None

    async def solve(self, slots: Slots, episode: Episode) -> None:
        found = await found_offers(slots, episode)
        own = next(offer for offer in found if (offer.number, offer.cabin) == (slots["number"], slots["cabin"]))
        m = Manner(episode)
        left = m.say("目前还剩 {seats} 张", **ride(own, m)) if own.seats else "不过这个席别已经售罄"
        episode.answer(
            *m.say(
                "{day}{number} {cabin}{fare}一张，{stations}，{times}，{left}。",
                "{number}（{origin}到{destination}）{day}{cabin}票价{fare}，{times}，{left}。",
                day=m.day(own.date),
                left=left,
                **ends(slots),
                **ride(own, m),
            )
        )


class RidesWithinBudget(QueryPattern):
    """How many trains or flights cost no more than so much and have seats, and the earliest of them."""

    name = "rides_within_budget"
    leaf = LEAF
    wordings = (
        (
            "{day}{from}去{to}，{budget}元以内(还有票|有余票)的{ride}有几班，最早是哪班(？|)",
            "{ticket}{budget}块以内的，{day}{from}到{to}，有(余票|票)的一共几班？最早的(是哪一班|几点)",
            "预算{budget}元，{day}{from}去{to}的{ticket}，有票的班次有多少个，最早一班(几点走|是哪个)",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        tool = scene.rng.choice((TRAINS, FLIGHTS))
        slots = draw_journey(scene, tool)
        if slots is None or not scene.gazetteer.knows(tool):
            return None
        budget = scene.rng.choice((150, 200, 250, 300, 400) if tool == TRAINS else (400, 500, 600, 700, 800))
        return slots | {"budget": budget, "ride": "火车" if tool == TRAINS else "航班"}

    @staticmethod
    def _fitting(found: list[Offer], slots: Slots) -> list[Offer]:
        """The cheapest class with seats of each that fits, by departure."""
        best: dict[str, Offer] = {}
        for offer in found:
            fits = offer.seats and offer.fare <= slots["budget"]
            if fits and (offer.number not in best or offer.fare < best[offer.number].fare):
                best[offer.number] = offer
        return sorted(best.values(), key=lambda offer: offer.departure)

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        found = await true_offers(slots, scene)
        if not found:
            return None
        labels = journey_labels(slots, "budget_constraints.upper_limit")
        fitting = self._fitting(found, slots)
        if not fitting:
            return Truth((nothing(),), unsolvable="nothing_found", auxiliary=labels)
        first = [offer for offer in fitting if offer.departure == fitting[0].departure]
        return Truth((said_value("count", len(fitting)), said_numbers(first)), auxiliary=labels)

    async def solve(self, slots: Slots, episode: Episode) -> None:
        found = await found_offers(slots, episode)
        fitting = self._fitting(found, slots)
        m = Manner(episode)
        if not fitting:
            reason = f"{slots['day']}没有 {slots['budget']} 元以内还有余票的{slots['ride']}，可以提高预算或换一天。"
            raise Unsolved(reason)
        episode.answer(
            *m.say(
                "{day}{origin}到{destination}，{budget} 元以内还有票的{ride}共 {count} 班，最早的是 {number}，"
                "{times}，{cabin}{fare}。",
                "一共 {count} 班。最早是 {number}：{day}{times}，{cabin}{fare}，"
                "还剩 {seats} 张，从{origin}到{destination}，在 {budget} 元以内。",
                day=m.day(fitting[0].date),
                budget=str(slots["budget"]),
                count=m.count(len(fitting), how="count"),
                **ends(slots),
                **(ride(fitting[0], m) | {"ride": slots["ride"]}),
            )
        )


TICKETS = (CheapestTicket(), SeatsLeft(), FareOfRide(), RidesWithinBudget())
