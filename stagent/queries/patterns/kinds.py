"""Kinds of places as people say them: the words that a search knows, and the counter that goes with them."""

from collections.abc import Iterable
from typing import NamedTuple

from stagent.queries.scene import Scene


class KindOfPlace(NamedTuple):
    """A kind: ``KindOfPlace("pharmacy", ("药店", "药房"), "家")``. Every word means the category in a search."""

    category: str
    words: tuple[str, ...]
    counter: str = "家"


def _kinds(text: str, counter: str = "家") -> tuple[KindOfPlace, ...]:
    lines = (line.split() for line in text.strip().splitlines())
    return tuple(KindOfPlace(category, tuple(words), counter) for category, *words in lines)


ERRANDS = _kinds("""
pharmacy 药店 药房
convenience 便利店
supermarket 超市
bank 银行
laundry 洗衣店 干洗店
florist 花店 鲜花店
hairdresser 理发店 美发店
clinic 诊所
dentist 牙科诊所 口腔医院
veterinary 宠物医院 动物医院
bakery 面包店 蛋糕店
copyshop 打印店
greengrocer 水果店
optician 眼镜店
hardware 五金店
post 邮局
""") + _kinds(
    """
hospital 医院
courier 快递点 快递站
toilet 公共厕所 公厕 厕所 洗手间
fuel 加油站
charging 充电站
parking 停车场
""",
    "个",
)
MEALS = _kinds("""
restaurant 餐厅 饭店 餐馆
sichuan 川菜馆
cantonese 粤菜馆
jiangzhe 江浙菜馆
hunan 湘菜馆
northern 北方菜馆
hotpot 火锅店
barbecue 烧烤店
seafood 海鲜餐厅
japanese 日料店 日本料理店
korean 韩国料理店
western 西餐厅
southeast_asian 东南亚餐厅
vegetarian 素食餐厅
noodles 面馆
snacks 小吃店 早餐店
fast_food 快餐店
burger 汉堡店
pizza 披萨店
buffet 自助餐厅
""")
DRINKS = _kinds("""
cafe 咖啡馆 咖啡店 咖啡厅
milk_tea 奶茶店
tea_house 茶馆 茶楼
dessert 甜品店
bakery 面包店
bar 酒吧 清吧
""")
STAYS = _kinds("""
hotel 酒店 宾馆
luxury_hotel 豪华酒店 高档酒店
budget_hotel 快捷酒店 经济型酒店
guest_house 民宿 客栈
""")
PLAY = _kinds("""
ktv KTV
cinema 电影院 影院
gym 健身中心
spa 洗浴中心
books 书店
escape_room 密室剧本杀
playground 儿童乐园
gallery 美术馆
mall 商场 购物中心
""") + _kinds(
    """
museum 博物馆
park 公园
library 图书馆
pool 游泳馆
""",
    "个",
)
ALL_KINDS = tuple({kind.category: kind for kind in (*ERRANDS, *MEALS, *DRINKS, *STAYS, *PLAY)}.values())


_TRIES = 12  # of kinds, where a city lacks most of them


def draw_kind(scene: Scene, kinds: Iterable[KindOfPlace], least: int = 1) -> tuple[KindOfPlace, str] | None:
    """A kind of which the city has at least some places, and one of its words; None: hardly any has."""
    kinds = tuple(kinds)
    for _ in range(_TRIES):
        kind = scene.rng.choice(kinds)
        if len(scene.places(kind.category)) >= least:
            return kind, scene.rng.choice(kind.words)
    return None
