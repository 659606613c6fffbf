"""Where the world's people live and travel: real Chinese cities with real districts, and their places.

Every place of the world is computed, not drawn: a district holds a fixed number of places of each category,
and a place's number follows from its position in these tables. So a ``p_N`` means the same category, city
and district in every file and under every seed, and ``locate`` reads them back, which is what a
counterfactual twin needs to move a person. Numbers start at ``FIRST_POI``, a range of the world's own.
"""

from typing import NamedTuple

FIRST_POI = 1_000_000

PROVINCES = {
    "北京": {"北京市": "朝阳区 海淀区 东城区 西城区 丰台区 大兴区 通州区 昌平区"},
    "天津": {"天津市": "和平区 南开区 河西区 滨海新区 武清区 西青区"},
    "河北": {
        "石家庄市": "长安区 裕华区 桥西区 正定县 鹿泉区",
        "保定市": "莲池区 竞秀区 涿州市 徐水区",
        "唐山市": "路南区 路北区 丰润区 曹妃甸区",
        "秦皇岛市": "海港区 北戴河区 山海关区 昌黎县",
        "承德市": "双桥区 双滦区 滦平县",
    },
    "山西": {
        "太原市": "小店区 迎泽区 万柏林区 晋源区",
        "大同市": "平城区 云冈区 浑源县",
        "晋中市": "榆次区 平遥县 太谷区 介休市",
    },
    "陕西": {
        "西安市": "雁塔区 碑林区 未央区 莲湖区 长安区 临潼区",
        "咸阳市": "秦都区 渭城区 兴平市",
        "宝鸡市": "金台区 渭滨区 陈仓区",
        "延安市": "宝塔区 黄陵县 宜川县",
    },
    "河南": {
        "郑州市": "金水区 二七区 中原区 管城回族区 新郑市 荥阳市",
        "洛阳市": "洛龙区 西工区 老城区 栾川县 嵩县",
        "开封市": "龙亭区 鼓楼区 祥符区",
        "南阳市": "卧龙区 宛城区 西峡县",
        "信阳市": "浉河区 平桥区 罗山县",
    },
    "山东": {
        "济南市": "历下区 市中区 历城区 章丘区 槐荫区",
        "青岛市": "市南区 市北区 崂山区 即墨区 城阳区",
        "烟台市": "芝罘区 莱山区 蓬莱区 福山区",
        "潍坊市": "奎文区 潍城区 青州市 寿光市",
        "临沂市": "兰山区 罗庄区 河东区 沂水县",
        "泰安市": "泰山区 岱岳区 新泰市",
    },
    "江苏": {
        "南京市": "玄武区 秦淮区 江宁区 鼓楼区 建邺区 栖霞区",
        "苏州市": "姑苏区 虎丘区 吴中区 昆山市 常熟市",
        "无锡市": "滨湖区 梁溪区 新吴区 宜兴市",
        "徐州市": "云龙区 泉山区 铜山区 新沂市",
        "扬州市": "广陵区 邗江区 江都区 高邮市",
        "南通市": "崇川区 通州区 海门区 如皋市",
    },
    "上海": {"上海市": "浦东新区 黄浦区 徐汇区 静安区 闵行区 嘉定区 松江区 青浦区"},
    "浙江": {
        "杭州市": "西湖区 上城区 拱墅区 滨江区 萧山区 余杭区",
        "宁波市": "海曙区 鄞州区 江北区 慈溪市 余姚市",
        "温州市": "鹿城区 瓯海区 龙湾区 乐清市",
        "金华市": "婺城区 金东区 义乌市 东阳市",
        "绍兴市": "越城区 柯桥区 上虞区 诸暨市",
        "湖州市": "吴兴区 南浔区 德清县 安吉县",
    },
    "安徽": {
        "合肥市": "蜀山区 包河区 庐阳区 瑶海区 肥西县",
        "芜湖市": "镜湖区 弋江区 鸠江区",
        "黄山市": "屯溪区 黄山区 歙县 黟县",
        "阜阳市": "颍州区 颍泉区 颍上县",
    },
    "湖北": {
        "武汉市": "武昌区 洪山区 江汉区 江夏区 汉阳区 黄陂区",
        "宜昌市": "西陵区 伍家岗区 夷陵区 秭归县",
        "襄阳市": "襄城区 樊城区 襄州区 老河口市",
        "荆州市": "沙市区 荆州区 松滋市",
    },
    "湖南": {
        "长沙市": "岳麓区 芙蓉区 天心区 雨花区 长沙县 浏阳市",
        "张家界市": "永定区 武陵源区 慈利县",
        "衡阳市": "蒸湘区 雁峰区 南岳区 耒阳市",
        "岳阳市": "岳阳楼区 云溪区 湘阴县",
    },
    "江西": {
        "南昌市": "东湖区 西湖区 红谷滩区 青山湖区 南昌县",
        "九江市": "浔阳区 濂溪区 庐山市",
        "上饶市": "信州区 婺源县 玉山县",
        "景德镇市": "珠山区 昌江区 浮梁县",
    },
    "福建": {
        "福州市": "鼓楼区 台江区 仓山区 晋安区 福清市",
        "厦门市": "思明区 湖里区 集美区 同安区 翔安区",
        "泉州市": "丰泽区 鲤城区 晋江市 石狮市",
        "漳州市": "芗城区 龙文区 东山县 南靖县",
    },
    "广东": {
        "广州市": "天河区 越秀区 海珠区 白云区 番禺区 花都区",
        "深圳市": "南山区 福田区 罗湖区 宝安区 龙岗区 龙华区",
        "珠海市": "香洲区 金湾区 斗门区",
        "佛山市": "禅城区 南海区 顺德区 三水区",
        "汕头市": "龙湖区 金平区 澄海区 南澳县",
        "清远市": "清城区 清新区 英德市 连州市",
    },
    "广西": {
        "南宁市": "青秀区 西乡塘区 兴宁区 良庆区",
        "桂林市": "象山区 七星区 秀峰区 阳朔县 龙胜各族自治县",
        "北海市": "海城区 银海区 合浦县",
        "柳州市": "城中区 鱼峰区 柳南区 三江侗族自治县",
    },
    "海南": {
        "海口市": "龙华区 美兰区 秀英区 琼山区",
        "三亚市": "吉阳区 天涯区 海棠区 崖州区",
    },
    "重庆": {"重庆市": "渝中区 江北区 南岸区 渝北区 沙坪坝区 武隆区 万州区"},
    "四川": {
        "成都市": "锦江区 武侯区 青羊区 成华区 双流区 都江堰市",
        "乐山市": "市中区 沙湾区 峨眉山市",
        "绵阳市": "涪城区 游仙区 江油市",
        "宜宾市": "翠屏区 叙州区 长宁县",
        "阿坝藏族羌族自治州": "九寨沟县 松潘县 茂县",
    },
    "贵州": {
        "贵阳市": "云岩区 南明区 观山湖区 花溪区",
        "遵义市": "红花岗区 汇川区 仁怀市 播州区",
        "安顺市": "西秀区 平坝区 镇宁布依族苗族自治县",
    },
    "云南": {
        "昆明市": "五华区 盘龙区 官渡区 西山区 呈贡区",
        "大理白族自治州": "大理市 祥云县 剑川县",
        "丽江市": "古城区 玉龙纳西族自治县 宁蒗彝族自治县",
        "西双版纳傣族自治州": "景洪市 勐海县 勐腊县",
    },
    "甘肃": {
        "兰州市": "城关区 七里河区 安宁区",
        "酒泉市": "肃州区 敦煌市 玉门市",
        "天水市": "秦州区 麦积区 甘谷县",
    },
    "青海": {"西宁市": "城中区 城西区 城东区 湟中区"},
    "宁夏": {"银川市": "兴庆区 金凤区 西夏区 贺兰县"},
    "新疆": {
        "乌鲁木齐市": "天山区 沙依巴克区 新市区 水磨沟区",
        "伊犁哈萨克自治州": "伊宁市 霍城县 新源县",
    },
    "内蒙古": {
        "呼和浩特市": "新城区 赛罕区 回民区",
        "鄂尔多斯市": "东胜区 康巴什区 伊金霍洛旗",
        "呼伦贝尔市": "海拉尔区 满洲里市 额尔古纳市",
    },
    "辽宁": {
        "沈阳市": "和平区 沈河区 浑南区 铁西区 皇姑区",
        "大连市": "中山区 沙河口区 甘井子区 金州区 旅顺口区",
        "丹东市": "振兴区 元宝区 凤城市",
        "锦州市": "古塔区 凌河区 义县",
    },
    "吉林": {
        "长春市": "南关区 朝阳区 宽城区 绿园区",
        "吉林市": "船营区 昌邑区 丰满区",
        "延边朝鲜族自治州": "延吉市 珲春市 安图县",
    },
    "黑龙江": {
        "哈尔滨市": "南岗区 道里区 道外区 松北区 香坊区",
        "齐齐哈尔市": "龙沙区 建华区 铁锋区",
        "牡丹江市": "西安区 东安区 宁安市",
    },
}

CITIES = {city: tuple(names.split()) for cities in PROVINCES.values() for city, names in cities.items()}
PROVINCE_OF = {city: province for province, cities in PROVINCES.items() for city in cities}
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
_TAG_AT = [tag for tag, count in _CAPACITY.items() for _ in range(count)]


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


def locate(name: str) -> Poi | None:
    """The place that a name ``p_N`` of the world stands for; None for a name that is not of the world.

    ``locate("p_1000000")`` -> ``Poi("p_1000000", "经济型", "北京市", "朝阳区")``
    """
    digits = name.removeprefix("p_")
    if digits == name or not digits.isdecimal():
        return None
    which, index = divmod(int(digits) - FIRST_POI, _PER_DISTRICT)
    if not 0 <= which < len(_DISTRICTS):
        return None
    return Poi(name, _TAG_AT[index], *_DISTRICTS[which])


def neighbours(city: str) -> list[str]:
    """Cities that a driver reaches within a day or so: those of the same province and of the next on the road."""
    at = _ROAD.index(PROVINCE_OF[city])
    near = _ROAD[max(0, at - 2) : at + 3]
    return [other for province in near for other in PROVINCES[province] if other != city]
