"""A city's places: what ``kinds`` lists, its sights and parks, stations and airport."""

import math
import random

from stagent.worlds.local.hours import Hours
from stagent.worlds.local.place import Coordinate, MapPlace
from stagent.worlds.sandbox.chance import dice
from stagent.worlds.sandbox.country import CityPlan
from stagent.worlds.sandbox.injections import REVIEWS
from stagent.worlds.sandbox.kinds import KINDS, PlaceKind
from stagent.worlds.sandbox.names import BRANDS, SURNAMES, TENS
from stagent.worlds.sandbox.plots import Plot, Plots, stem
from stagent.worlds.sandbox.reviews import LOCAL_FOOD, write
from stagent.worlds.sandbox.schedules import hours
from stagent.worlds.sandbox.sights import SIGHTS, Sight
from stagent.worlds.sandbox.streets import Streets

INJECTED_EACH_CITY = 4
# Nobody answers a telephone there.
_SILENT = {
    "toilet",
    "atm",
    "taxi",
    "bicycle_rental",
    "housing",
    "village",
    "monument",
    "square",
    "building",
    "recycling",
}
_IN_MALLS = {"cafe", "milk_tea", "japanese", "korean", "hotpot", "jiangzhe", "western", "pizza", "fast_food", "dessert"}
_IN_MALLS |= {"cinema", "clothes", "cosmetics", "shoes", "toys", "electronics", "gym", "nails", "books", "playground"}
_SIGHT_TAGS = {
    "museum": ("室内", "亲子", "讲解"),
    "zoo": ("亲子", "停车方便"),
    "theme_park": ("亲子", "停车方便"),
    "beach": ("看海", "日落"),
    "viewpoint": ("夜景", "日落"),
    "old_street": ("步行可达", "夜景", "小吃"),
    "mountain": ("徒步", "停车方便"),
    "historic": ("讲解", "历史"),
    "temple": ("安静", "历史"),
    "park": ("散步", "亲子"),
    "spa": ("更衣柜", "停车方便"),
}


class Town:
    """Fills a city; ``places`` grows as it is built, and every name in it stands once."""

    def __init__(self, streets: Streets, seed: int):
        self.streets, self.ground, self.seed = streets, streets.ground, seed
        self.plan: CityPlan = streets.ground.plan
        self.plots = Plots(streets)
        self.places: list[MapPlace] = []
        self.injected: list[str] = []
        self._names: set[str] = set()
        self._malls: list[MapPlace] = []
        self._stations()
        for sight in SIGHTS[self.plan.name]:
            self._sight(sight)
        self._parks()
        for kind in sorted(KINDS, key=lambda kind: kind.category != "mall"):
            self._kind(kind)
        self._inject()

    def district(self, x: float, y: float) -> str:
        return self.ground.district(x, y) or self.plan.districts[0]

    def add(self, name: str, category: str, x: float, y: float, address: str, **facts) -> MapPlace:
        """Puts a place down; ``address`` is without the district."""
        lat, lon = (round(float(degrees), 6) for degrees in self.ground.degrees(x, y))
        number, district = len(self.places), self.district(x, y)
        place = MapPlace(
            f"{self.plan.key}{number:05d}",
            name,
            category,
            Coordinate(lat, lon),
            self.plan.name,
            district,
            f"{district}{address}",
            **facts,
        )
        self.places.append(place)
        self._names.add(name)
        return place

    def _phone(self, rng: random.Random) -> str:
        return f"{self.plan.area_code}-0{rng.randrange(10**6, 10**7)}"  # no real number goes on with 0

    def _stations(self) -> None:
        plan = self.plan
        stations = [(spot, "railway_station", f"{spot.name.removesuffix('站')}站前路1号") for spot in plan.stations]
        if plan.airport:
            stations.append((plan.airport, "airport", "机场路1号"))
        for spot, category, address in stations:
            rng = dice(self.seed, plan.name, spot.name)
            node, rating = self.streets.seats[spot.name], round(rng.uniform(4.0, 4.6), 1)
            self.add(
                spot.name,
                category,
                self.streets.x[node],
                self.streets.y[node],
                address,
                phone=self._phone(rng),
                hours=Hours("24/7"),
                rating=rating,
                review_count=rng.randrange(800, 4000),
                tags=("行李寄存", "无障碍", "停车方便"),
                reviews=write(category, rating, 2, plan.dishes, rng),
            )

    def _sight(self, sight: Sight) -> None:
        rng = dice(self.seed, self.plan.name, sight.name)
        plot = self.plots.draw(self.plots.where(sight.where), rng)
        rating = round(min(4.9, rng.gauss(4.6, 0.15)), 1)
        free = ("免费",) if sight.ticket == 0 else ()
        self.add(
            sight.name,
            sight.category,
            plot.x,
            plot.y,
            plot.address,
            phone=self._phone(rng),
            hours=hours(sight.hours, rng),
            rating=rating,
            review_count=int(rng.lognormvariate(math.log(2600), 0.6)),
            price=float(sight.ticket),
            tags=free + _SIGHT_TAGS.get(sight.category, ("拍照",)),
            reviews=write(sight.category, rating, 2, self.plan.dishes, rng),
        )

    def _parks(self) -> None:
        for name, x, y, _ in self.streets.parks:
            rng = dice(self.seed, self.plan.name, self.streets.names[name])
            plot = self.plots.near(x, y, rng)
            rating = round(min(4.9, rng.gauss(4.5, 0.15)), 1)
            self.add(
                self.streets.names[name].removesuffix("步道"),
                "park",
                plot.x,
                plot.y,
                plot.address,
                phone=self._phone(rng),
                hours=hours("park", rng),
                rating=rating,
                review_count=int(rng.lognormvariate(math.log(500), 0.5)),
                price=0.0,
                tags=("免费", "散步", "亲子"),
                reviews=write("park", rating, 2, self.plan.dishes, rng),
            )

    def _kind(self, kind: PlaceKind) -> None:
        count = max(1, round(kind.count * self.plan.scale))
        for number in range(count):
            rng = dice(self.seed, self.plan.name, kind.category, number)
            mall = rng.choice(self._malls) if kind.category in _IN_MALLS and rng.random() < 0.22 else None
            if mall:
                x, y = self.ground.metres(*mall.at)
                plot = Plot(float(x) + rng.uniform(-28, 28), float(y) + rng.uniform(-28, 28), mall.name, 0)
                address = f"{mall.address.removeprefix(mall.district)}{mall.name}{rng.choice('B123456')}层"
                address = address.replace("B层", "B1层")
            else:
                plot = self.plots.draw(self.plots.pull(kind.pull), rng)
                address = plot.address
            name = self._name(kind, plot, rng)
            facts = self._facts(kind, plot, rng)
            place = self.add(name, kind.category, plot.x, plot.y, address, **facts)
            if kind.category == "mall":
                self._malls.append(place)

    def _facts(self, kind: PlaceKind, plot: Plot, rng: random.Random) -> dict:
        """What is known of a place besides where and what it is; unknown facts are left out."""
        own_hours = hours(kind.schedule, rng) if kind.schedule != "-" else None
        facts = {"hours": own_hours, "tags": self._tags(kind, own_hours, rng)}
        if kind.category not in _SILENT:
            facts["phone"] = self._phone(rng)
        if kind.rating is not None:
            facts["rating"] = round(min(4.9, max(2.4, rng.gauss(kind.rating, 0.36))), 1)
            crowd = math.exp(0.5 - math.hypot(plot.x, plot.y) / self.plan.radius)
            facts["review_count"] = int(rng.lognormvariate(math.log(kind.reviews * crowd), 0.8))
            facts["reviews"] = write(kind.category, facts["rating"], facts["review_count"], self.plan.dishes, rng)
        if kind.cost:
            facts["average_cost"] = _yuan(kind.cost, rng)
        if kind.price:
            facts["price"] = _yuan(kind.price, rng)
        return facts

    def _tags(self, kind: PlaceKind, own_hours: Hours | None, rng: random.Random) -> tuple[str, ...]:
        chosen = [tag for tag in kind.tags if _fits(tag, own_hours) and rng.random() < 0.5]
        rates = [tag for tag in chosen if tag.endswith("元/小时")]
        chosen = [tag for tag in chosen if tag not in rates[1:]]
        if kind.category in LOCAL_FOOD and rng.random() < 0.3:
            chosen.append(rng.choice(self.plan.dishes))
        return tuple(chosen)

    def _name(self, kind: PlaceKind, plot: Plot, rng: random.Random) -> str:
        """A name that no other place of the city has; a chain's, and any that is taken, says its street."""
        for attempt in range(6):
            pattern = rng.choice(kind.names)
            chain = pattern.startswith("*")
            name = pattern.lstrip("*").format(
                b=rng.choice(BRANDS),
                w=stem(plot.street) if plot.number else rng.choice(BRANDS),
                d=self._short(plot),
                c=self.plan.name[:2],
                s=rng.choice(SURNAMES),
                n=TENS[attempt],
            )
            if chain:
                name = f"{name}（{plot.street}店）"
            if name not in self._names:
                return name
        where = f"{plot.street}{f'{plot.number}号' if plot.number else len(self.places)}"
        return f"{name.partition('（')[0]}（{where}{'店' if chain else ''}）"

    def _short(self, plot: Plot) -> str:
        """``"望潮"`` for a plot in 望潮区."""
        return self.district(plot.x, plot.y)[:-1]

    def _inject(self) -> None:
        """Lets a few places have a review that tries to instruct its reader."""
        rng = dice(self.seed, self.plan.name, "injections")
        rated = [number for number, place in enumerate(self.places) if len(place.reviews) == 2]
        for number in rng.sample(rated, INJECTED_EACH_CITY):
            place = self.places[number]
            facts = {field: getattr(place, field) for field in MapPlace.__dataclass_fields__}
            self.places[number] = MapPlace(**{**facts, "reviews": (place.reviews[0], rng.choice(REVIEWS))})
            self.injected.append(place.id)


def _fits(tag: str, own_hours: Hours | None) -> bool:
    """Whether a tag that speaks of hours is true."""
    if "24小时" in tag:
        return own_hours == Hours("24/7")
    if tag == "深夜营业":
        return own_hours is not None and any(f"-0{hour}:" in own_hours.regular for hour in range(1, 6))
    return True


def _yuan(span: tuple[int, int], rng: random.Random) -> float:
    """A price between two, rather low than high; above 100 it ends in 8 or 0."""
    low, high = span
    if not high:
        return 0.0
    amount = math.exp(rng.uniform(math.log(max(low, 1)), math.log(high))) if low else rng.choice((0, 0, high / 2, high))
    return float(round(amount) if amount < 100 else 10 * round(amount / 10) + rng.choice((0, 0, -2)))
