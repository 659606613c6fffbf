"""Words that streets, stations and chains are named with; none of them is a real chain's or a real person's name."""

import random
from collections.abc import Iterator

from data_process.almanac import CITIES

# A street called 桂林街 would send readers to a real city.
_REAL = {name[:2] for city, districts in CITIES.items() for name in (city, *districts)}
# The first half and the second half of a street's name: 青溪, 梧桥, 晴浦 …
FIRST = "青云锦芳翠碧望临春晴松梧桂荷兰竹枫柳槐棠榆杏莲菱蓼蘋霞虹星月雪霜露岚鹤雁鹭燕鲤鸥琴棋书画墨笺笛铃灯绢瓷糖茶麦稻"
SECOND = "溪桥泉井塘亭台林园山湖江浦洲渡门坊苑里谷岸池滩陂湾墩埠楼阁畈塔庵庄集圩坪坞岭汀港"
# Whole names of wide streets, which read better than what the halves make.
_GRAND = (
    "望海 澄江 揽月 迎曦 长风 听涛 远帆 和煦 星河 云阶 同舟 春晓 朝晖 晚晴 千帆 凌波 定波 安澜 归帆 启明 "
    "采薇 棠梨 鸣珂 清晏 永宁 拾光 流萤 飞虹 聚贤 怀远 凤栖 麟趾 鹿鸣 承露 兰台 知微 行健 务本 崇文 尚武 "
    "问津 折柳 洗砚 濯缨 枕石 弄潮 观稼 耕读 织锦 鼓枻 浮玉 涌金 浣纱 踏歌 司南 天工 开物 格物 致远 博望 "
    "玉衡 开阳 摇光 北辰 南斗 长庚 扶桑 若木"
)
GRAND = tuple(_GRAND.split())
TENS = "一二三四五六七八九十"

# What a shop's name begins with.
_BRANDS = (
    "禾里 麦浪 小满 白露 拾味 阿蒙 老灶台 半亩 九巷 山野 渔歌 云朵 豆捌 青团 木几 知渔 鹿角 满江红 隔壁家 三味 巷子深 "
    "大碗 灶王爷 喜食 福满 老城根 外婆桥 阿婆 船老大 石磨 百川 芳邻 晴空 一舟 竹里 南风 北野 小镇 晓月 初夏 谷雨 团圆 "
    "胖嫂 胡同口 双喜 月半 一口 烟火 炊烟 江边 码头 老街 杏花 桃源 芦花 荷风 听雨 拾柒 廿四 柒号 叁石 伍味 捌仙 陆羽居 "
    "原野 星屿 浮岛 蓝调 暮色 灯下 木槿 蔷薇 向阳 凡间 有间 无名 随园里 阿福 阿祥 小六 老秦 老汤 马三 崔记 何记 丁家 "
    "佟氏 蒋婶 荣升 同春 德润 万象 裕和 天香 鼎丰 聚友 宾至 悦来 如归 锦程 鸿运 明珠里 新叶 归云 照野 拂晓 落花生"
)
BRANDS = tuple(_BRANDS.split())
SURNAMES = "赵钱孙周吴郑冯陈褚卫蒋沈韩杨朱秦许何吕施孔曹严华金魏陶姜戚谢邹柏窦章苏潘葛范彭鲁韦昌马苗方"
_GIVEN = "阿满 知秋 小舟 念安 云舒 柏年 一诺 青禾 嘉树 若水 晚棠 思远 子墨 予初 未央 望舒 清和 南星 听白 鹿溪"
GIVEN = tuple(_GIVEN.split())


def street_words(rng: random.Random) -> Iterator[str]:
    """Two-character names in the order of chance, none twice; some 1,900 of them."""
    words = [first + second for first in FIRST for second in SECOND if first != second]
    rng.shuffle(words)
    yield from (word for word in words if word not in GRAND and word not in _REAL)


def grand_words(rng: random.Random) -> Iterator[str]:
    """Names of wide streets in the order of chance, and, where those are used up, ordinary ones."""
    words = list(GRAND)
    rng.shuffle(words)
    yield from words
    yield from street_words(rng)


def person(rng: random.Random) -> str:
    """An author's name: ``person(rng) == "沈知秋"``."""
    return rng.choice(SURNAMES) + rng.choice(GIVEN)
