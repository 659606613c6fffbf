"""Words of weather that several services share: days of the week, winds, the WMO's codes."""

WEEKDAYS = ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日")
_DIRECTIONS = ("北风", "东北风", "东风", "东南风", "南风", "西南风", "西风", "西北风")
# The lowest speed of each force from 1 on, metres a second (the Beaufort scale of the WMO).
_FORCES = (0.3, 1.6, 3.4, 5.5, 8.0, 10.8, 13.9, 17.2, 20.8, 24.5, 28.5, 32.7)
# WMO 4677 as Open-Meteo documents it.
CONDITIONS = {
    0: "晴",
    1: "大部晴朗",
    2: "多云",
    3: "阴",
    45: "雾",
    48: "雾凇",
    51: "小毛毛雨",
    53: "毛毛雨",
    55: "大毛毛雨",
    56: "小冻毛毛雨",
    57: "冻毛毛雨",
    61: "小雨",
    63: "中雨",
    65: "大雨",
    66: "小冻雨",
    67: "冻雨",
    71: "小雪",
    73: "中雪",
    75: "大雪",
    77: "米雪",
    80: "小阵雨",
    81: "阵雨",
    82: "强阵雨",
    85: "小阵雪",
    86: "大阵雪",
    95: "雷暴",
    96: "雷暴伴小冰雹",
    99: "雷暴伴大冰雹",
}


def wind_direction(degrees: float) -> str:
    """Where a wind comes from, of eight: 0 → 北风, 45 → 东北风."""
    return _DIRECTIONS[round(degrees / 45) % 8]


def wind_level(metres_a_second: float) -> str:
    """``3.4`` → 3级"""
    return f"{sum(metres_a_second >= lowest for lowest in _FORCES)}级"
