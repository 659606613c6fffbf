"""When a trip begins and ends, where an instruction says so: the fields of ``temporal``."""

import re

from stagent.selection.annotate.meanings import TextReading

_PREFIX = "temporal_constraints."
# A time of day that somebody must be somewhere at; T stands for it.
_ARRIVES = re.compile(
    r"T(?:钟|整)?(?:之|以)?前[^，。？,?]{0,12}(?:到|抵达|回|赶)|T[^，。？,?]{0,4}(?:约了|约好|开会|见面|开始|开场|起飞|的(?:会|飞机|火车|高铁|航班|电影|演出))"
    r"|(?:赶|赶上|赶在|约在|约了)[^，。？,?]{0,6}T|T[^，。？,?]{0,3}(?:要到|到达|抵达|得到|必须到|开车前)"
)
_LEAVES = re.compile(
    r"T[^，。？,?]{0,10}(?:出发|走|动身|出门|从|去|坐|开车|打车|骑|以后|之后|后)|(?:出发|走|动身)[^，。？,?]{0,3}T"
)
_GOES = frozenset({"go", "mode", "from_to", "way", "carrier", "closed_risk", "still_open"})
_DAYS = (
    ("tomorrow", "tomorrow"),
    ("other_day", "specific_date"),
    ("date", "specific_date"),
    ("weekend", "weekend_or_holiday"),
    ("today", "today"),
)
# Leaves whose instructions are about a trip.
_TRIPS = ("planning_and_decision.", "dynamic_information.realtime_traffic", "dynamic_information.dynamic_pricing")


def ends_of(reading: TextReading, leaf: str) -> dict[str, str]:
    """``{"departure": "temporal_constraints.now", "arrival": "temporal_constraints.specific_time"}``"""
    meanings = reading.meanings
    if not leaf.startswith(_TRIPS) or not _GOES & meanings:
        return {}
    ends = {}
    timed = "clock" in meanings
    if timed and _ARRIVES.search(reading.timed):
        ends["arrival"] = "specific_time"
    if timed and _LEAVES.search(_ARRIVES.sub("", reading.timed)):
        ends["departure"] = "specific_time"
    elif "now" in meanings:
        ends["departure"] = "now"
    elif "carrier" in meanings or "days" in meanings:
        ends |= next(({"departure": name} for meaning, name in _DAYS if meaning in meanings), {})
    return {end: _PREFIX + name for end, name in sorted(ends.items())}
