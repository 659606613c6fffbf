"""Days as people name them, and labels for them."""

from collections.abc import Sequence
from datetime import timedelta

from stagent.queries.pattern import Slots
from stagent.queries.scene import Scene

_NEAR = ("今天", "明天", "后天", "大后天")
_WEEKDAYS = "一二三四五六日"


def draw_day(scene: Scene, least: int = 1, most: int = 7) -> Slots:
    """A day from ``least`` to ``most`` days ahead: ``{"day": "这周六", "date": "2026-01-10", "days_on": 5}``.

    A weekday is named 这周, 本周 or 下周 as weeks begin on Mondays, so that it means one day.
    """
    ahead = scene.rng.choice((1, 1, 2, scene.rng.randint(least, most)))
    ahead = min(max(ahead, least), most)
    day = (scene.now + timedelta(days=ahead)).date()
    ways = [f"{day.month}月{day.day}号", f"{day.month}月{day.day}日"]
    if ahead < len(_NEAR):
        ways = [_NEAR[ahead]] * 3 + ways
    weeks = (scene.now.weekday() + ahead) // 7
    if ahead > 1 and weeks < 2:
        weekday = _WEEKDAYS[day.weekday()]
        ways += [f"下周{weekday}"] * 2 if weeks else [f"这周{weekday}", f"本周{weekday}"]
    return {"day": scene.rng.choice(ways), "date": day.isoformat(), "days_on": ahead}


def later_day(scene: Scene, days_on: int) -> Slots:
    """The day that lies so many days ahead, named by its date or by how near it is."""
    return draw_day(scene, days_on, days_on)


def day_labels(slots: Slots) -> tuple[str, ...]:
    """The temporal dimension of a day that was named."""
    day = slots["day"]
    if day in ("今天", "明天"):
        return ("temporal_constraints.today" if day == "今天" else "temporal_constraints.tomorrow",)
    weekend = day[-1] in "六日" and "周" in day
    return ("temporal_constraints.weekend_or_holiday" if weekend else "temporal_constraints.specific_date",)


def ahead_word(days_on: int) -> str:
    return _NEAR[days_on] if days_on < len(_NEAR) else f"{days_on} 天后"


def short_city(name: str) -> str:
    """``"澜屿市"`` → ``"澜屿"``; other names as they are."""
    return name.removesuffix("市") if len(name) > 2 else name


def called_city(scene: Scene, name: str) -> str:
    """A city as people say it: with or without 市."""
    return scene.rng.choice((name, short_city(name), short_city(name)))


def other_city(scene: Scene, unlike: Sequence[str] = ()) -> str | None:
    """Another city of the world than the user's, drawn; None: there is none."""
    names = [city.name for city in scene.gazetteer.cities if city.name not in (scene.city.name, *unlike)]
    return scene.rng.choice(names) if names else None
