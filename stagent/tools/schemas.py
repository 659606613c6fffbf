"""The ten tools: names, parameters, bounds and descriptions, in Chinese and in English.

Names and parameters are those of the public TravelBench (docs/agent.md); the descriptions are ours. Everything else is
read from here: validation, the JSON schemas, the page's forms, ``agent.py tools``.
"""

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal[
    "text",
    "coordinate",
    "coordinates",
    "integer",
    "number",
    "flag",
    "choice",
    "choices",
    "time",
    "date",
    "region",
    "place",
]
MODES = ("driving", "walking", "bicycling", "transit", "motorcycle", "truck")
PREFERENCES = ("prefer_highways", "avoid_highways", "avoid_tolls", "prefer_main_roads", "avoid_highways+avoid_tolls")
LONGEST_TEXT = 200  # characters of a query, a region, a name


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a tool.

    Attributes:
        kind: coordinate is ``"lat,lon"``, time ISO 8601, date ``YYYY-MM-DD``, region a city's or a district's name,
            place a region or a coordinate, flag true or false.
        default: what is used where it is not given; None: nothing is.
        least, most: bounds of a number, or of a list's length.
        allowed: the values of a choice.
        needs: another parameter that must be given with it.
        excludes: another parameter that must not be given with it.
    """

    name: str
    kind: Kind
    zh: str
    en: str
    required: bool = False
    default: Any = None
    least: float | None = None
    most: float | None = None
    allowed: tuple[str, ...] = ()
    needs: str = ""
    excludes: str = ""


@dataclass(frozen=True, slots=True)
class ToolSchema:
    """One tool; its descriptions are what a model reads."""

    name: str
    zh: str
    en: str
    parameters: tuple[Parameter, ...]

    def parameter(self, name: str) -> Parameter | None:
        return next((parameter for parameter in self.parameters if parameter.name == name), None)


def _query(zh: str, en: str) -> Parameter:
    return Parameter("query", "text", zh, en, required=True)


def _limit() -> Parameter:
    return Parameter("limit", "integer", "最多返回几条", "how many results at most", default=10, least=1, most=20)


def _filters() -> tuple[Parameter, ...]:
    return (
        Parameter("min_rating", "number", "最低评分（0–5 分）", "lowest rating, of 5", least=0, most=5),
        Parameter("price_min", "number", "最低价格，元", "lowest price in yuan", least=0, most=1_000_000),
        Parameter("price_max", "number", "最高价格，元", "highest price in yuan", least=0, most=1_000_000),
        Parameter(
            "price_category",
            "choice",
            "price_min、price_max 所指的价格：average_cost 人均消费，price 门票、房价等标价",
            "which price price_min and price_max mean: average_cost a head, or price of a ticket or a room",
            allowed=("average_cost", "price"),
            default="average_cost",
        ),
    )


_ORIGIN = Parameter("origin", "coordinate", "起点坐标，“纬度,经度”", 'start, "lat,lon"', required=True)
_DESTINATION = Parameter("destination", "coordinate", "终点坐标，“纬度,经度”", 'end, "lat,lon"', required=True)


def _journey(kind_zh: str, kind_en: str) -> tuple[Parameter, ...]:
    return (
        Parameter("origin", "region", "出发城市", "city to leave from", required=True),
        Parameter("destination", "region", "到达城市", "city to arrive at", required=True),
        Parameter(
            "date",
            "date",
            f"{kind_zh}出发日期，YYYY-MM-DD，今天起 15 天内",
            f"day of the {kind_en}'s departure, YYYY-MM-DD, from today to 15 days on",
            required=True,
        ),
        Parameter(
            "days",
            "integer",
            "再往后看几天（0：只看当天）",
            "how many further days to look at (0: that day only)",
            default=0,
            least=0,
            most=15,
        ),
    )


TOOLS = (
    ToolSchema(
        "map_search_places",
        "搜索地点：按名称或类别查找，可限定中心与半径或区域，按评分、价格筛选和排序。返回坐标、营业时间等。",
        "Search places by name or category, around a centre or in a region, filtered and sorted by rating or price. "
        "Gives coordinates, opening hours and more.",
        (
            _query("地点名称或类别，如“咖啡馆”", "a place's name or a category, such as 咖啡馆"),
            Parameter("center", "coordinate", "中心点坐标，“纬度,经度”", 'centre of the search, "lat,lon"'),
            Parameter(
                "radius",
                "integer",
                "搜索半径，米；需要 center",
                "radius in metres; needs center",
                default=5000,
                least=100,
                most=20_000,
                needs="center",
            ),
            Parameter("region", "region", "城市或区县名称", "name of a city or district"),
            Parameter(
                "sort_by",
                "choice",
                "排序：weight 综合，distance 由近到远（需要 center），rating:d 评分由高到低，"
                "price:a 价格由低到高，price:d 价格由高到低",
                "order: weight overall, distance nearest first (needs center), rating:d best first, "
                "price:a and price:d cheapest and dearest first",
                default="weight",
                allowed=("weight", "distance", "rating:d", "price:a", "price:d"),
            ),
            *_filters(),
            _limit(),
        ),
    ),
    ToolSchema(
        "map_compute_routes",
        "规划路线：给出各出行方式的距离、耗时、费用和主要路段，可有途经点，可指定出发或到达时间。",
        "Compute routes: distance, duration, cost and main sections for each mode, with stops on the way, leaving or "
        "arriving at a time.",
        (
            _ORIGIN,
            _DESTINATION,
            Parameter(
                "intermediates",
                "coordinates",
                "途经点坐标，按经过的顺序",
                "stops on the way, in their order",
                least=0,
                most=8,
            ),
            Parameter(
                "modes",
                "choices",
                "出行方式，可多选；不给则为驾车",
                "modes of travel, one or more; driving where none is given",
                default=("driving",),
                allowed=MODES,
                least=1,
                most=len(MODES),
            ),
            Parameter(
                "departure_time",
                "time",
                "出发时间，ISO 8601，如 2026-01-05T09:00；与 arrival_time 二选一，都不给则为现在",
                "when to leave, ISO 8601 such as 2026-01-05T09:00; not with arrival_time; now where neither is given",
                excludes="arrival_time",
            ),
            Parameter(
                "arrival_time",
                "time",
                "最晚到达时间，ISO 8601；与 departure_time 二选一",
                "when to arrive at the latest, ISO 8601; not with departure_time",
                excludes="departure_time",
            ),
            Parameter(
                "traffic_aware",
                "flag",
                "机动车耗时是否计入路况",
                "whether the durations of motor vehicles count traffic",
                default=True,
            ),
            Parameter(
                "preference",
                "choice",
                "机动车路线偏好：高速优先、不走高速、避免收费、主路优先、不走高速且避免收费",
                "which roads motor vehicles prefer or avoid",
                allowed=PREFERENCES,
            ),
        ),
    ),
    ToolSchema(
        "map_search_along_route",
        "沿途搜索：在起点到终点的路线两侧一定距离内查找地点，按路线上的先后排列。",
        "Search along a route: places near the way from origin to destination, in their order along it.",
        (
            _query("地点名称或类别", "a place's name or a category"),
            _ORIGIN,
            _DESTINATION,
            Parameter(
                "transport_mode",
                "choice",
                "出行方式",
                "mode of travel",
                default="driving",
                allowed=("driving", "walking"),
            ),
            Parameter(
                "buffer_radius",
                "integer",
                "离路线的最大直线距离，米；不给则驾车 2000、步行 500",
                "greatest straight distance from the route in metres; 2000 driving and 500 walking where not given",
                least=50,
                most=5000,
            ),
            _limit(),
        ),
    ),
    ToolSchema(
        "map_search_central_places",
        "多人碰面：查找到多个出发点的直线距离最合适的地点。",
        "Find places to meet: by their straight distances from several starting points.",
        (
            _query("地点名称或类别", "a place's name or a category"),
            Parameter(
                "origins",
                "coordinates",
                "各人的出发点坐标，至少两个",
                "the starting points, two or more",
                required=True,
                least=2,
                most=10,
            ),
            Parameter(
                "radius",
                "integer",
                "离各出发点中心的最大距离，米；不给则由出发点的范围决定",
                "greatest distance in metres from the middle of the starting points; by their extent where not given",
                least=100,
                most=50_000,
            ),
            Parameter(
                "sort_by",
                "choice",
                "排序：balanced 兼顾，min_max_distance 最远者最近，total_distance 总路程最短",
                "order: balanced, min_max_distance shortest for whoever is farthest, total_distance shortest sum",
                default="balanced",
                allowed=("balanced", "min_max_distance", "total_distance"),
            ),
            *_filters(),
            _limit(),
        ),
    ),
    ToolSchema(
        "map_search_ranking_list",
        "榜单：查找一个区域里某类地点的排行榜及上榜地点。",
        "Ranking lists: the charts of a kind of place in a region, with the places on them.",
        (
            _query("榜单主题或地点类别", "what is ranked: a topic or a category"),
            Parameter("region", "region", "城市或区县名称", "name of a city or district", required=True),
            Parameter("max_lists", "integer", "最多几个榜单", "how many lists at most", default=5, least=1, most=10),
            Parameter(
                "max_items", "integer", "每个榜单几个地点", "how many places of each", default=3, least=1, most=10
            ),
        ),
    ),
    ToolSchema(
        "travel_search_flights",
        "查航班：两个城市之间某天起的航班、时刻、票价与余票。",
        "Search flights between two cities from a day on: times, fares and seats left.",
        _journey("航班", "flight"),
    ),
    ToolSchema(
        "travel_search_trains",
        "查火车：两个城市之间某天起的车次、时刻、票价与余票。",
        "Search trains between two cities from a day on: times, fares and seats left.",
        _journey("车次", "train"),
    ),
    ToolSchema(
        "weather_current_conditions",
        "实时天气：此刻的天气、气温、湿度、风与空气质量。",
        "Current weather: conditions, temperature, humidity, wind and air quality now.",
        (
            Parameter(
                "location", "place", "城市、区县名称或“纬度,经度”", 'a city, a district or "lat,lon"', required=True
            ),
        ),
    ),
    ToolSchema(
        "weather_forecast_days",
        "天气预报：某天起若干天的天气、最高最低气温、降水与风。",
        "Weather forecast for some days: conditions, highest and lowest temperature, rain and wind.",
        (
            Parameter(
                "location", "place", "城市、区县名称或“纬度,经度”", 'a city, a district or "lat,lon"', required=True
            ),
            Parameter(
                "date",
                "date",
                "起始日期，YYYY-MM-DD，今天起 15 天内",
                "first day, YYYY-MM-DD, from today to 15 days on",
                required=True,
            ),
            Parameter("days", "integer", "共几天", "how many days", default=1, least=1, most=15),
        ),
    ),
    ToolSchema(
        "web_search",
        "网页搜索：查找与问题相关的网页，给出标题、来源、日期与摘录。",
        "Search the web: titles, sources, dates and excerpts of pages.",
        (_query("要搜索的内容", "what to search for"),),
    ),
)

BY_NAME = {tool.name: tool for tool in TOOLS}
