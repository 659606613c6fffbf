"""What visitors write about a place, in the tone of its rating."""

import random
from pathlib import Path

from stagent.worlds.local.categories import ancestors


def _read(path: Path) -> dict[tuple[str, str], list[str]]:
    """``{("food", "+"): ["味道对得起这个评分…", …], …}``."""
    found: dict[tuple[str, str], list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        if line.endswith(":"):
            group, tone = line[:-1].split()
            found[group, tone] = []
        elif line:
            found[group, tone].append(line)
    return found


SENTENCES = _read(Path(__file__).with_name("reviews.txt"))
# Which reviews fit which categories; others go by the topmost category above them.
_OWN = {
    "cafe": "cafe books coworking",
    "tea": "milk_tea tea_house",
    "bar": "bar nightclub",
    "sweet": "bakery dessert",
    "repair": "repair car_repair car_wash laundry copyshop hairdresser beauty_salon nails photo_studio",
    "road": "fuel charging parking service_area",
    "station": "railway_station airport coach_station ferry",
    "area": "university office_building industrial_park business_area",
}
_GROUP = {category: name for name, categories in _OWN.items() for category in categories.split()}
_TOP = {"food": "food", "lodging": "stay", "sight": "sight", "shopping": "shop", "leisure": "play", "sport": "play"}
_TOP |= {"health": "care"}
_ANY_DISH = "招牌菜"
# Kitchens that cook the city's own dishes.
LOCAL_FOOD = {"jiangzhe", "northern", "seafood", "snacks", "farmhouse", "noodles", "food_street"}


def group(category: str) -> str:
    """Which reviews fit a category: ``group("sichuan") == "food"``, ``group("bank") == "service"``."""
    return _GROUP.get(category) or _TOP.get(ancestors(category)[-1], "service")


def tones(rating: float, rng: random.Random) -> str:
    """The tones of two reviews: better ratings, better words. From 4.5 up none is bad, below 3.5 none is good."""
    if rating >= 4.5:
        return rng.choice(("++", "++", "++", "+="))
    if rating >= 4.0:
        return rng.choice(("++", "+=", "+=", "=+"))
    if rating >= 3.5:
        return rng.choice(("+=", "==", "=-", "+-"))
    return rng.choice(("=-", "--", "-="))


def write(category: str, rating: float, count: int, dishes: tuple[str, ...], rng: random.Random) -> tuple[str, ...]:
    """Two reviews of a place, one where hardly anybody wrote any, none where nobody did."""
    kind = group(category)
    chosen: list[str] = []
    for tone in tones(rating, rng)[: min(2, count)]:
        left = [sentence for sentence in SENTENCES[kind, tone] if sentence not in chosen]
        chosen.append(rng.choice(left))
    dish = rng.choice(dishes) if category in LOCAL_FOOD else _ANY_DISH
    return tuple(sentence.format(dish=dish) for sentence in chosen)
