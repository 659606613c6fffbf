"""Where a POI of the world lies, read back from its number by counting through the tables."""

from data_process.almanac import CITIES
from gplan.world.geography import FIRST_POI, KIND_TAGS, Poi, capacity

_DISTRICTS = [(city, district) for city, districts in CITIES.items() for district in districts]
_TAGS = [tag for tags in KIND_TAGS.values() for tag in tags for _ in range(capacity(tag))]


def locate(name: str) -> Poi | None:
    """The place that a name ``p_N`` of the world stands for; None for a name that is not of the world.

    ``locate("p_1000000")`` -> ``Poi("p_1000000", "经济型", "北京市", "朝阳区")``
    """
    digits = name.removeprefix("p_")
    if digits == name or not digits.isdecimal():
        return None
    which, index = divmod(int(digits) - FIRST_POI, len(_TAGS))
    if not 0 <= which < len(_DISTRICTS):
        return None
    return Poi(name, _TAGS[index], *_DISTRICTS[which])
