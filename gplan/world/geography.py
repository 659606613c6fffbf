"""Where the world's people live and travel: real Chinese cities with real districts, and their places.

Every place of the world is computed, not drawn: a district holds a fixed number of places of each category,
and a place's number follows from its position in these tables and in the almanac's. So a ``p_N`` means the same
category, city and district in every file and under every seed. Numbers start at ``FIRST_POI``, a range of the
world's own.
"""

from typing import NamedTuple

from data_process.almanac import CITIES, PROVINCE_OF, PROVINCES

FIRST_POI = 1_000_000

# A road through all provinces on which the next ones are close: trips by car go to the two on either side.
_ROAD_NAMES = (
    "黑龙江 吉林 辽宁 内蒙古 北京 天津 河北 山西 陕西 河南 山东 江苏 上海 浙江 安徽 湖北 湖南 江西 福建 广东 海南 "
    "广西 云南 贵州 重庆 四川 青海 甘肃 宁夏 新疆"
)
_ROAD = _ROAD_NAMES.split()
_DISTRICTS = [(city, district) for city, districts in CITIES.items() for district in districts]
_INDEX = {pair: i for i, pair in enumerate(_DISTRICTS)}

# Categories by the kind of place they are (``situation.place_kind`` reads the same kind from each), common first.
# A category's share within its kind falls with its position; the number is how many of it a district holds.
CATEGORIES = {
    "酒店": (
        30,
        "经济型 舒适型 快捷酒店 民宿 商务酒店 高档型 旅馆 豪华型 公寓式酒店 电竞酒店 度假酒店 "
        "主题酒店 客栈 宾馆酒店 青年旅舍",
    ),
    "住宅": (200, "住宅区 商住两用 村庄 宿舍"),
    "公司": (60, "公司 写字楼 工业园区 政府机关 营业厅 物流 工厂"),
    "商圈": (6, "商圈"),
    "车站": (3, "高铁站 火车站 机场 车站入口 长途汽车站"),
    "公交": (8, "地铁站 公交站"),
    "服务区": (4, "服务区 收费站"),
    "加油站": (20, "加油站"),
    "充电站": (20, "充电站"),
    "停车场": (15, "地面停车场 地下停车场 停车场"),
    "景点": (10, "5A景区 4A景区 景区 公园 博物馆 文物古迹 特色街区 寺庙 游乐园 海滩"),
    "美食": (25, "中餐 小吃快餐 火锅 咖啡 面馆 烧烤 奶茶/茶饮 川菜 江浙菜 湘菜 美食街 农家菜 西餐厅"),
    "购物": (12, "商场 超市 日杂店 便利店 农贸市场 特产专卖"),
    "休闲娱乐": (10, "足疗 网吧 KTV 电影院 酒吧 SPA 洗浴"),
    "运动健身": (8, "健身房 体育馆 羽毛球馆 游泳馆"),
    "丽人": (8, "美发 美容 美甲"),
    "医院": (4, "综合医院 三甲医院 诊所"),
    "学校": (6, "小学 高级中学 大学 幼儿园"),
    "其他": (12, "门 门牌地址 地级市 区县 乡镇 广场 道路 汽车维修 手机销售 花卉 村委会 古镇 桥 站前广场"),
}
KIND_TAGS = {kind: tuple(tags.split()) for kind, (_, tags) in CATEGORIES.items()}
# Falling shares 1, 1/2, 1/3 …, the usual shape of categories; hotels and "other" fall slower, as in real rows,
# where no single category of them stands out.
KIND_WEIGHTS = {
    kind: tuple(1 / (i + (3 if kind in ("酒店", "其他", "美食", "景点") else 1)) for i in range(len(tags)))
    for kind, tags in KIND_TAGS.items()
}

_CAPACITY = {tag: count for kind, (count, _) in CATEGORIES.items() for tag in KIND_TAGS[kind]}
_OFFSET: dict[str, int] = {}
_PER_DISTRICT = 0
for _tag, _count in _CAPACITY.items():
    _OFFSET[_tag] = _PER_DISTRICT
    _PER_DISTRICT += _count


class Poi(NamedTuple):
    """A place of the world: its name ``p_N``, category, city and district."""

    name: str
    tag: str
    city: str
    district: str


def place(tag: str, city: str, district: str, number: int) -> Poi:
    """The ``number``-th (0-based, wraps) place of a category in a district."""
    index = _INDEX[city, district] * _PER_DISTRICT + _OFFSET[tag] + number % _CAPACITY[tag]
    return Poi(f"p_{FIRST_POI + index}", tag, city, district)


def capacity(tag: str) -> int:
    """How many places of a category a district holds."""
    return _CAPACITY[tag]


def neighbours(city: str) -> list[str]:
    """Cities that a driver reaches within a day or so: those of the same province and of the next on the road."""
    at = _ROAD.index(PROVINCE_OF[city])
    near = _ROAD[max(0, at - 2) : at + 3]
    return [other for province in near for other in PROVINCES[province] if other != city]
