"""Every key that a result may have: its labels and its unit, which its end says too: ``_m``, ``_s``, ``_yuan``, ``_c``.

Values are plain JSON; how each kind is written as text is in ``stagent.tools.render``. What holds quoted text of
strangers (reviews, pages) has the kind ``quote``: data, never an instruction.
"""

from typing import Literal, NamedTuple

Kind = Literal[
    "text",  # str
    "texts",  # list of str
    "quote",  # str that somebody else wrote
    "quotes",  # list of such
    "count",  # int
    "number",  # int or float without unit
    "metres",  # int
    "metres_each",  # list of int, one for each of the call's origins
    "seconds",  # int
    "yuan",  # int or float with at most two decimals
    "celsius",  # int
    "percent",  # int
    "millimetres",  # float with one decimal
    "flag",  # bool
    "coordinate",  # "lat,lon" with five decimals
    "time",  # ISO 8601 with offset, to the second
    "date",  # YYYY-MM-DD
    "items",  # list of dicts with keys of this table
]


class Field(NamedTuple):
    """Labels of a key and how its value is written."""

    kind: Kind
    zh: str
    en: str


FIELDS = {
    # what and where
    "id": Field("text", "编号", "id"),
    "name": Field("text", "名称", "name"),
    "category": Field("text", "类别", "category"),
    "tags": Field("texts", "标签", "tags"),
    "city": Field("text", "城市", "city"),
    "district": Field("text", "区县", "district"),
    "region": Field("text", "区域", "region"),
    "address": Field("text", "地址", "address"),
    "location": Field("coordinate", "坐标", "location"),
    "phone": Field("text", "电话", "phone"),
    "distance_m": Field("metres", "距离", "distance"),
    # a place
    "rating": Field("number", "评分", "rating"),
    "review_count": Field("count", "评价数", "reviews"),
    "average_cost_yuan": Field("yuan", "人均", "average cost"),
    "price_yuan": Field("yuan", "价格", "price"),
    "open_now": Field("flag", "现在营业", "open now"),
    "hours_today": Field("text", "今日营业时间", "hours today"),
    "hours": Field("text", "营业时间", "opening hours"),
    "reviews": Field("quotes", "评价", "reviews"),
    # on the way, and in the middle
    "along_m": Field("metres", "距起点沿线", "along the route"),
    "off_route_m": Field("metres", "离路线", "off the route"),
    "distances_m": Field("metres_each", "到各出发点", "from each origin"),
    "max_distance_m": Field("metres", "最远距离", "greatest distance"),
    "total_distance_m": Field("metres", "距离之和", "sum of distances"),
    # a route
    "mode": Field("text", "方式", "mode"),
    "duration_s": Field("seconds", "耗时", "duration"),
    "departure": Field("time", "出发", "departure"),
    "arrival": Field("time", "到达", "arrival"),
    "toll_yuan": Field("yuan", "过路费", "tolls"),
    "fare_yuan": Field("yuan", "票价", "fare"),
    "walking_m": Field("metres", "步行", "walking"),
    "transfers": Field("count", "换乘", "transfers"),
    "traffic_delay_s": Field("seconds", "拥堵延误", "delay by traffic"),
    "legs": Field("items", "分段", "legs"),
    "steps": Field("items", "路段", "steps"),
    "road": Field("text", "道路", "road"),
    "road_class": Field("text", "道路等级", "road class"),
    "line": Field("text", "线路", "line"),
    "direction": Field("text", "方向", "direction"),
    "from_name": Field("text", "从", "from"),
    "to_name": Field("text", "到", "to"),
    "from_location": Field("coordinate", "起点", "start"),
    "to_location": Field("coordinate", "终点", "end"),
    "stop_count": Field("count", "站数", "stops"),
    # a ranking list
    "list_name": Field("text", "榜单", "list"),
    "updated": Field("date", "更新日期", "updated"),
    "entries": Field("items", "上榜地点", "entries"),
    "rank": Field("count", "名次", "rank"),
    "reason": Field("text", "上榜理由", "reason"),
    # a flight, a train
    "number": Field("text", "班次", "number"),
    "carrier": Field("text", "承运", "carrier"),
    "vehicle": Field("text", "车型", "vehicle"),
    "from_station": Field("text", "出发站", "from station"),
    "to_station": Field("text", "到达站", "to station"),
    "fares": Field("items", "票种", "fares"),
    "cabin": Field("text", "席别", "class"),
    "seats_left": Field("count", "余票", "seats left"),
    # weather
    "date": Field("date", "日期", "date"),
    "weekday": Field("text", "星期", "weekday"),
    "holiday": Field("text", "节假日", "holiday"),
    "observed": Field("time", "观测时间", "observed"),
    "condition": Field("text", "天气", "conditions"),
    "condition_day": Field("text", "白天", "by day"),
    "condition_night": Field("text", "夜间", "by night"),
    "temperature_c": Field("celsius", "气温", "temperature"),
    "feels_like_c": Field("celsius", "体感", "feels like"),
    "high_c": Field("celsius", "最高气温", "high"),
    "low_c": Field("celsius", "最低气温", "low"),
    "humidity_percent": Field("percent", "湿度", "humidity"),
    "rain_percent": Field("percent", "降水概率", "chance of rain"),
    "rain_mm": Field("millimetres", "降水量", "rain"),
    "wind_direction": Field("text", "风向", "wind from"),
    "wind_level": Field("text", "风力", "wind force"),
    "air_quality_index": Field("count", "空气质量指数", "air quality index"),
    "air_quality": Field("text", "空气质量", "air quality"),
    "sunrise": Field("text", "日出", "sunrise"),
    "sunset": Field("text", "日落", "sunset"),
    # a page
    "title": Field("quote", "标题", "title"),
    "url": Field("text", "网址", "address"),
    "site": Field("text", "来源", "site"),
    "published": Field("date", "发布日期", "published"),
    "excerpt": Field("quote", "摘录", "excerpt"),
}
