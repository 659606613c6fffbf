"""Words that tell what a value is about: which field, of which mode, day or cabin, derived how, asserted or not.

Each word has a tag and a load. Longer words win over shorter ones that begin at the same place.

    mode     "开车" → driving            cabin    "二等座"           day    "明天" → 1 (days from now)
    cue      "人均" → fields of results  rule     "一共" → sum       open   "已打烊" → False
    limit    "以内", "至少"              unsure   "可能"             if     "如果"
    offer    "需要的话": what follows is proposed, not claimed       own    "家", "当前位置": places of the user's
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple


class Word(NamedTuple):
    """A word found in a text: places in it, tag and load."""

    start: int
    end: int
    tag: str
    load: Any


class Heads:
    """Words by their first two characters, to be found in one pass over a text's pairs."""

    def __init__(self) -> None:
        self.by_pair: dict[str, list[tuple[str, str, Any]]] = {}

    def add(self, word: str, tag: str, load: Any) -> None:
        if len(word) > 1:
            entries = self.by_pair.setdefault(word[:2], [])
            entries.append((word, tag, load))
            if len(entries) > 1:
                entries.sort(key=lambda entry: -len(entry[0]))

    def find(self, text: str, pairs: dict[str, list[int]]) -> Iterator[Word]:
        """The longest word at each place at which one begins, in no order."""
        by_pair = self.by_pair
        for pair in by_pair.keys() & pairs.keys():
            entries = by_pair[pair]
            for at in pairs[pair]:
                for word, tag, load in entries:
                    if text.startswith(word, at):
                        yield Word(at, at + len(word), tag, load)
                        break


def pairs_of(text: str) -> dict[str, list[int]]:
    """Where each pair of characters stands: ``pairs_of("abab") == {"ab": [0, 2], "ba": [1]}``."""
    places: dict[str, list[int]] = {}
    for at, pair in enumerate(map(str.__add__, text, text[1:])):
        if pair in places:
            places[pair].append(at)
        else:
            places[pair] = [at]
    return places


MODES = {
    "driving": "驾车 开车 自驾 驾驶 打车 打的 出租车 网约车 汽车 乘车 driving drive taxi car",
    "walking": "步行 走路 徒步 走过去 走去 走着 走到 步行去 walking walk",
    "bicycling": "骑行 骑车 单车 自行车 骑自行车 骑过去 cycling bicycling bike",
    "transit": "公交 地铁 公共交通 坐车 巴士 乘公交 transit metro subway bus",
    "motorcycle": "摩托车 骑摩托 摩托 motorcycle",
    "truck": "货车 卡车 truck",
}
CABINS = (
    "经济舱 公务舱 头等舱 商务舱 超级经济舱 二等座 一等座 商务座 特等座 优选一等座 硬座 软座 硬卧 软卧 高级软卧 无座 动卧 "
    "二等卧 一等卧"
)
DAYS = {0: "今天 今日 今晚 今早 今夜 本日 today tonight", 1: "明天 明日 明早 明晚 明儿 tomorrow",
        2: "后天 后日", 3: "大后天", -1: "昨天 yesterday"}  # fmt: skip
# Words before or after a value -> the fields of results that it can then be.
CUES = {
    "rating": "评分 打分 口碑分 星级 得分 rating rated",
    "average_cost_yuan": "人均 人均消费 每人平均",
    "price_yuan": "门票 票价 价格 房价 标价 成人票 售价 每晚 一晚 原价 收费 费用 价钱 单价 房费 price ticket",
    "fare_yuan": "票价 车票 机票 车费 车资 价格 票款 费用 花费 价钱 单程 fare 公交费 地铁费 票",
    "toll_yuan": "过路费 高速费 通行费 路费 收费 费用 toll",
    "distance_m": "直线 距离 距您 距你 离您 离你 相距 全程 路程 里程 总长 长度 直线距离 路线长 相隔 distance 距 离",
    "walking_m": "步行 走路 步行距离 要走 需走",
    "off_route_m": "离路线 偏离 离路 绕路 距路线 路边",
    "along_m": "沿线 距起点 离起点 出发后 走到 开到 行驶",
    "max_distance_m": "直线 直线距离 最远的 最远 距离 最长",
    "total_distance_m": "总直线距离 直线距离 距离加起来 距离之和 总距离 合计 加起来 总共 一共 距离",
    "distances_m": "直线距离 距您 距你 离您 离你 直线 距离 距 离 相距",
    "duration_s": "走路上 耗时 用时 时长 历时 车程 全程 时间 行程 飞行 路上 单程 duration",
    "traffic_delay_s": "拥堵 延误 堵车 堵 多花 耽搁 耽误 delay",
    "high_c": "最高 高温 白天 最热 最高气温 最高温 最高温度 high",
    "low_c": "最低 低温 夜间 夜里 最冷 最低气温 最低温 最低温度 low",
    "temperature_c": "气温 温度 现在 目前 当前 实时",
    "feels_like_c": "体感 体感温度",
    "humidity_percent": "湿度 相对湿度",
    "rain_percent": "降水概率 降雨概率 下雨概率 概率 降水 下雨 降雨 可能性 几率",
    "rain_mm": "降水量 雨量 降雨量 降水",
    "review_count": "评价 点评 评论 评价数 条评价",
    "seats_left": "余票 剩余 还剩 仅剩 只剩 剩下 余座 有票 空位 剩 还有 余 座位 票",
    "transfers": "换乘 中转 转车 转乘 倒车 倒",
    "stop_count": "坐 乘 经过 站数 乘坐 途经",
    "air_quality_index": "空气质量指数 空气质量 指数 aqi 空气指数",
    "sunrise": "日出",
    "sunset": "日落",
    "departure": "出发 发车 起飞 开车 启程 动身 出门 开 发 从 离开 depart departs leaves leave",
    "arrival": "到达 抵达 到站 落地 到 抵 降落 arrive arrives arrival",
    "hours_open": "开门 开始营业 营业时间 开放时间 开放 营业 开业 opens open",
    "hours_close": "关门 打烊 营业到 营业至 闭馆 关闭 结束营业 开到 开至 停止营业 营业时间 营业 开放到 开放至 收摊 closes until",
    "observed": "观测 更新",
    "rank": "排名 名次 排第 排在 位列 第",
    "wind_level": "风力 风",
    "phone": "电话 联系电话 致电 热线",
    "first": "首班 首班车 最早 头班",
    "last": "末班 末班车 最晚 最后一班",
}
RULES = {
    "sum": "一共 总共 合计 总计 加起来 全部 总价 共计 全程 总费用 总时长 总耗时 来回 往返 共 总 累计 花费 预计花费 total 相加 合起来 "
    "全家 总花费 总路程 总距离 总票价 总时间",
    "difference": "便宜 贵 多花 少花 省 相差 差 快 慢 早 晚 近 远 多 少 高 低 比 缩短 节省 贵出 涨 降 省下 超出 超 富余 结余 剩 还剩 "
    "剩余 相比 绕 余下 省了 cheaper faster",
    "until": "还有 距离 距 离 迟 迟了 富余 宽裕 充裕 余量 早到 早 还能 还差 再过 停留 停靠 间隔 相隔 差 空余 等待 等候 等 晚到 迟到 晚了 早了 余 晚 "
    "剩 还剩 富裕",
    "end": "到达 抵达 到 预计 就能到 能到 可到 到那 抵 结束 完成 回到 返回 最晚 出发 出门 动身 之前 前 之后 后 左右",
    "product": "人 张 位 往返 来回 大人 成人 一家 每人 人均 家人 共 一共 总共 合计 总价 晚 半价 折 × x",
    "mean": "平均 均价 均",
}
OPEN = {
    True: "营业中 正在营业 还开着 开着 开门 还在营业 在营业 现在营业 仍在营业 照常营业 营业着 正常营业 有开 "
    "开门营业 还营业 在开 能去 open now",
    False: "已打烊 打烊了 已经打烊 关门了 已关门 已经关门 休息中 没开门 未营业 不营业 没有营业 停止营业 没营业 不开门 还没开门 尚未开门 "
    "未开门 歇业 休业 已关闭 关着 打烊 没开 闭馆 不开放 未开放 closed 非营业 已停止营业 已闭馆 暂停营业 休馆",
}
LIMITS = {
    "below": "以内 之内 以下 不到 不足 不超过 未满 最多 至多 低于 小于 以里 内 少于 不高于 封顶 under within below 上限",
    "above": "以上 超过 至少 不少于 不低于 高于 大于 起 起步 多于 最少 超 above over 下限",
}
UNSURE = (
    "可能 也许 或许 大概率 说不定 不确定 据说 听说 恐怕 似乎 好像 估计 应该 不一定 未必 难说 仅供参考 没法确定 无法确定 不敢保证 "
    "不保证 maybe perhaps possibly probably might 猜 拿不准"
)
IFS = "如果 要是 假如 若是 万一 倘若 假设 若 即使 就算 除非 否则 if unless 不然"
OFFERS = (
    "需要的话 要不要 我可以 可以帮 可帮 还可以 我再 要我 想要 是否需要 需要我 如需 建议 不妨 推荐您提前 提前 预留 留出 最好 记得 请告诉我 "
    "告诉我 随时 需不需要 可以再 我能 我来 玩 逛 游览 停留 参观 休息 放宽 扩大 缩小 would you let me 想不想 我还能 预算 游玩 用餐 吃饭 "
    "午餐 晚餐 早餐 逗留 安排 计划 预计游玩 慢慢"
)
# Ways of routes that are compared.
PREFERENCES = {
    "avoid_tolls": "避开收费 不走收费 免费路线 走免费 免收费 躲开收费 绕开收费 少走收费 避免收费 不收费的路",
    "avoid_highways": "避开高速 不走高速 不上高速 绕开高速 避免高速",
    "prefer_highways": "高速优先 优先高速 走高速 上高速 尽量走高速",
    "prefer_main_roads": "主路优先 优先主路 走大路 走主路 大路优先 尽量走大路",
    "avoid_highways+avoid_tolls": "不走高速也不走收费 不走高速且避开收费 避开高速和收费",
    "plain": "正常走 正常路线 默认路线 一般路线 走收费路 推荐路线 常规路线 不加条件",
}
LEAVING = "现在走 现在出发 马上走 马上出发 立刻出发 这会儿走 立即出发 这就走 现在就走 现在动身 马上动身"
# What the user has, and words for it.
OWN = {
    "家": "您家 你家 家里 回家 我家 到家 从家 住处 住所 离家 自家 在家 家附近 家门口 家出发 家到",
    "公司": "公司 单位 办公室",
    "@here": "当前位置 您的位置 你的位置 这里 您这 你这 您现在 你现在 我的位置 您附近 您所在 离您 离你 距您 距你 您当前 出发地",
}
NOT = "不 没 未 无 非 别"


def _fill() -> Heads:
    heads = Heads()
    cues: dict[str, set[str]] = {}
    rules: dict[str, set[str]] = {}
    for table, found in ((CUES, cues), (RULES, rules)):
        for name, words in table.items():
            for word in words.split():
                found.setdefault(word, set()).add(name)
    loads: dict[str, dict[str, Any]] = {}

    def put(word: str, tag: str, load: Any) -> None:
        loads.setdefault(word, {})[tag] = load

    for tag, table in (("cue", cues), ("rule", rules)):
        for word, names in table.items():
            put(word, tag, frozenset(names))
    for tag, table in (
        ("mode", MODES),
        ("day", DAYS),
        ("open", OPEN),
        ("limit", LIMITS),
        ("own", OWN),
        ("pref", PREFERENCES),
    ):
        for load, words in table.items():
            for word in words.split():
                put(word, tag, load)
    for tag, words in (("leave", LEAVING), ("cabin", CABINS), ("unsure", UNSURE), ("if", IFS), ("offer", OFFERS)):
        for word in words.split():
            put(word, tag, word)
    for word, tags in loads.items():
        heads.add(word, "word", tags)
        if len(word) == 1:
            SINGLE[word] = tags
    return heads


SINGLE: dict[str, dict[str, Any]] = {}  # words of one character, which are looked for beside values alone
LEXICON = _fill()


def all_words() -> Iterable[str]:
    """Every word of the tables."""
    for entries in LEXICON.by_pair.values():
        for word, _, _ in entries:
            yield word
