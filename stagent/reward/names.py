"""Names that nothing supports: places, roads, lines and cities that an answer names and no result, context or word has.

A name shows itself by its ending (药房, 公园, 路), by quotation marks, at the head of an entry of a list, or as what a
place's value is said of. What stands in it must be unknown: neither evidence, nor a word of everyday talk.
"""

import re
from collections.abc import Iterator

from stagent.reward.claims import Reading
from stagent.reward.grounds import Grounds
from stagent.reward.lexicon import all_words
from stagent.worlds.local.categories import WORDS

_ENDINGS = (
    "药房 药店 大药房 医院 诊所 酒店 宾馆 旅馆 客栈 民宿 公寓 饭店 餐厅 餐馆 饭馆 酒楼 酒家 酒馆 酒吧 茶馆 茶楼 茶舍 咖啡馆 咖啡厅 咖啡店 咖啡 书店 书屋 "
    "面馆 火锅 火锅店 烧烤 烧烤店 小馆 菜馆 川菜馆 粤菜馆 湘菜馆 农家菜 私房菜 江南菜 海鲜 拉面 牛肉面 米线 包子铺 饺子馆 早点 快餐 汉堡 披萨 烘焙 面包 "
    "甜品 糖水铺 奶茶 茶铺 超市 便利店 便利 商场 百货 购物中心 广场 天地 公园 乐园 植物园 动物园 博物馆 美术馆 图书馆 纪念馆 展览馆 体育馆 体育中心 剧院 "
    "影城 电影院 影院 健身房 健身 游泳馆 书院 学校 小学 中学 大学 幼儿园 银行 邮局 加油站 充电站 停车场 派出所 火车站 地铁站 公交站 汽车站 客运站 机场 码头 "
    "车站 站 寺 庙 塔 桥 楼 阁 亭 馆 店 园 山 湖 岛 海滩 古镇 古城 老街 步行街 夜市 美食街 菜市场 市场 路 街 大道 巷 弄 高速 市 区 县 镇 村 中心 大厦 小区 花园 堂 铺 坊 轩 居 "
    "斋 庄 苑 号线 服务区 航空 铁路 KTV ktv 足道 汤泉 酒行 水果 理发 美发 造型 家私房菜"
).split()
_END = re.compile(
    r"[\u4e00-\u9fff·a-z0-9]{1,14}?(?:" + "|".join(sorted(map(re.escape, _ENDINGS), key=len, reverse=True)) + ")"
)
_QUOTED = re.compile(r"[「『“《‘\"]([^「」『』“”《》‘’\"\n]{2,20})[」』”》’\"]")
_LATIN = re.compile(r"[A-Z][A-Za-z'’&éèüöäå-]+(?:\s(?:[A-Z][A-Za-z'’&éèüöäå-]+|&))*")
_HAN = re.compile(r"[\u4e00-\u9fff]+")
# Words of everyday talk in this domain, that can stand before or in what looks like a name and make none of it.
_TALK = (
    "的 了 吧 呢 吗 啊 和 与 及 或 有 找 在 去 到 里 上 内 我 你 您 他 她 它 们 要 想 个 家 间 座 处 一 二 三 四 五 六 七 八 九 十 两 几 哪 这 那 此 该 本 每 "
    "各 另 其 他 某 附近 周边 周围 旁边 这里 那里 当地 本地 本市 全市 市区 市中心 城区 城市 市内 同城 推荐 最近 较近 更近 最好 好 不错 可以 适合 想要 需要 先 再 然后 接着 "
    "最后 之后 以后 之前 以前 从 由 往 向 经 过 经过 途经 沿 沿着 乘 乘坐 坐 搭 换 换乘 步行 走 开车 驾车 骑行 骑车 打车 前往 抵达 到达 出发 离开 返回 回 停 停靠 "
    "是 为 叫 名 名叫 叫做 即 就是 也是 还是 还有 以及 并 且 而 但 但是 不过 如果 若 因为 所以 由于 因此 其中 包括 分别 都 均 全 全部 所有 共 一共 总共 大约 约 "
    "近 远 大 小 新 老 中 高 低 多 少 快 慢 贵 便宜 早 晚 前 后 左 右 东 南 西 北 内 外 间 边 侧 端 面 头 口 首 末 下 上 首选 备选 另外 除此 此外 同时 如 例如 比如 等 "
    "第 家 所 条 路 站 街 店 馆 楼 园 区 市 号 线 号线 类 种 名字 名称 叫 评分 人均 距离 营业 时间 地址 电话 门票 票价 价格 免费 收费 开放 开门 关门 打烊 现在 目前 "
    "正在 已 已经 仍 还 没 没有 不 无 未 会 能 够 应该 可能 记得 注意 提前 预约 预订 排队 排号 停车 停车场 方便 高铁 动车 火车 飞机 航班 列车 地铁 公交 大巴 巴士 车 "
    "主干路 次干路 支路 快速路 高速路 高速 公路 道路 路线 路况 路程 路上 一路 沿路 街道 马路 绕路 堵路 起点 终点 途中 沿途 中途 目的地 出发地 景点 景区 商圈 商业区 "
    "首站 末站 终点站 起点站 中转站 下一站 上一站 全站 到站 出站 进站 每站 各站 车站 站点 本站 同站 站内 超市 夜市 门市 上市 城市 都市 市场 集市 区域 地区 片区 景区 小区 "
    "校区 城区 市区 郊区 老城区 新区 园区 库区 住处 住店 到店 进店 门店 本店 分店 连锁店 总店 商店 小店 老店 同店 这店 店 餐厅 餐馆 饭店 酒店 馆子 公园 花园 游园 入园 "
    "逛园 校园 登山 爬山 山水 湖边 看湖 海边 沙滩 大楼 楼上 楼下 上楼 一楼 二楼 三楼 过桥 大桥 桥 中心 市中心 体育 文化 购物 商场 休闲 娱乐 亲子 户外 室内 "
    "美食 小吃 特色 招牌 老字号 网红 热门 人气 口碑 高分 平价 实惠 高档 精品 连锁 大型 小型 中型 综合 三甲 儿童 宠物 友好 宠物友好 安静 有 无 带 含 可 支持 提供 "
    "看书 自习 办公 聚餐 约会 用餐 吃饭 喝茶 喝咖啡 逛街 购物 看展 看电影 健身 游泳 住宿 入住 退房 过夜 休息 游玩 游览 参观 打卡 拍照 散步 玩 逛 看 吃 喝 住 买 查 "
    "选择 选 比 较 更 最 太 很 非常 比较 稍 略 些 点 一点 一些 建议 方案 计划 安排 行程 路线 顺路 顺便 先去 再去 直达 直接 转 转乘 中转 同一 不同 另一 两家 三家 几家 "
    "第一 第二 第三 第四 第五 上午 下午 中午 晚上 早上 傍晚 凌晨 夜间 白天 今天 明天 后天 周末 节假日 工作日 平时 全天 当天 次日 小时 分钟 公里 米 元 块 分 人 位 张 次 "
    "评价 条 榜 榜单 上榜 排名 名次 入选 拿到 获得 属于 位于 坐落 地处 紧邻 靠近 临近 挨着 对面 隔壁 附近有 沿线 离 距 离您 距您 离你 您的 你的 我的 所在 所在地 当前 位置 "
    "家里 公司 单位 学校 宿舍 医院 药店 银行 邮局 厕所 洗手间 卫生间 加油站 充电站 充电桩 服务区 收费站 机场 码头 港口 火车站 汽车站 客运站 地铁站 公交站 站台 航站楼 "
    "候车 候机 登机口 检票口 出口 入口 门口 路口 街口 路段 堵 拥堵 畅通 缓行 车程 骑 大 小 男 女 老人 孩子 小孩 家人 朋友 情侣 同事 一起 一家 家店 家馆 间店 "
    "来 去 回 走 进 出 起 开 关 停 等 用 花 省 差 够 让 给 帮 请 问 说 看看 试试 考虑 决定 喜欢 偏好 想吃 想喝 想逛 如需 需 要求 满足 符合 条件 结果 信息 数据 地图 导航 "
    "查询 搜索 查到 找到 搜到 查了 列出 显示 暂无 暂时 可惜 抱歉 对不起 您好 你好 谢谢 祝 愉快 顺利 一路顺风 随时 告诉 继续 帮您 帮你 为您 为你 给您 给你 沧瀛 全国 国内 国际 "
    "首 末 班 首班 末班 首班车 末班车 班次 车次 趟 座 票 余票 车票 机票 二等座 一等座 商务座 硬座 硬卧 软卧 无座 经济舱 公务舱 头等舱 晴 雨 雪 阴 云 风 多云 小雨 "
    "气温 温度 湿度 降水 概率 空气 质量 优 良 最高 最低 体感 带伞 雨伞 外套 穿 厚 薄 热 冷 凉 暖 舒适 比例 单程 往返 来回 全程 总 合计 加 减 多花 少花 节省 相差 "
    "规划 路线 走法 设为 途经点 备选 途经 首选 主要 畅通 缓行 川菜 粤菜 湘菜 江浙菜 本帮菜 东北菜 西餐 日料 韩餐 素食 海鲜 火锅 烧烤 面馆 快餐 咖啡 奶茶 甜品 面包 茶 酒 饭 菜 面 书 花 鱼 肉 药 水果 特产 手信 伴手礼"
).split()
_KNOWN_WORDS = frozenset(_ENDINGS) | frozenset(_TALK) | frozenset(WORDS) | frozenset(all_words())
_LONGEST = 6
_ENDING_WORDS = frozenset(_ENDINGS)
_STRONG = re.compile(
    r"(?:^|[，。；！？\n、()「“《:：.]\s?|是|叫|叫做|名叫|推荐|首选|选|去|到|在|为|有|和|与|或|即|从|逛|吃)\s?$"
)
_WAYS = re.compile(
    r"(?:[东西南北中新老]|第?[一二三四五六七八九十]+)(?:站|路|街|桥|巷|区|村|中学|小学|医院|店|门|湖|公园|大道)"
)
_RUN = re.compile(r"[\u4e00-\u9fffa-z0-9·&]+")
_PLACE_KINDS = frozenset(("rating", "money", "distance", "open", "clock", "phone", "count"))


def unknown_names(reading: Reading, original: str, grounds: Grounds) -> Iterator[tuple[int, int]]:
    """Spans, in the plain text, of names that nothing supports."""
    text = reading.text
    covered = sorted(
        [(mention.start, mention.end) for mention in reading.mentions if mention.slot not in ("mode", "own")]
        + [(claim.start, claim.end) for claim in reading.claims if claim.kind not in ("word", "open", "rain", "free")]
    )
    found: list[tuple[int, int]] = []
    for start, end in _open_runs(text, covered):
        found += _in_run(reading, grounds, start, end)
    for mention in reading.mentions:
        if mention.slot == "city" and (match := _WAYS.match(text, mention.end)):
            found.append((mention.start, match.end()))
    for match in _QUOTED.finditer(text):
        inner = match.group(1).strip()
        if not any(start <= match.start(1) < end for start, end in covered) and _stretches(inner, grounds)[:1]:
            first = _stretches(inner, grounds)[0]
            if first[1] - first[0] >= 2 and (inner.endswith(tuple(_ENDINGS)) or len(inner) <= 8):
                found.append(match.span(1))
    pool = grounds.pool
    last = -1
    for start, end in sorted(found):
        if start < last:
            continue
        name = text[start:end].strip()
        if name in pool:
            continue
        if name.replace(" ", "") not in grounds.tight:
            last = end
            yield start, end


def _open_runs(text: str, covered: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Runs of letters between what is known."""
    at = 0
    for start, end in [*covered, (len(text), len(text))]:
        if start > at:
            for match in _RUN.finditer(text, at, start):
                yield match.span()
        at = max(at, end)


def _stretches(run: str, grounds: Grounds) -> list[tuple[int, int]]:
    """What isn't explained by words of everyday talk: spans in a run."""
    found: list[tuple[int, int]] = []
    at = 0
    while at < len(run):
        for length in range(min(_LONGEST, len(run) - at), 0, -1):
            if run[at : at + length] in _KNOWN_WORDS:
                at += length
                break
        else:
            if found and found[-1][1] == at:
                found[-1] = (found[-1][0], at + 1)
            else:
                found.append((at, at + 1))
            at += 1
    return found


def _in_run(reading: Reading, grounds: Grounds, start: int, end: int) -> Iterator[tuple[int, int]]:
    text = reading.text
    run = text[start:end]
    for begin, stop in _stretches(run, grounds):
        stretch = run[begin:stop]
        if not _HAN.search(stretch):
            continue
        ending = _ending_at(run, begin, stop)
        strong = bool(_STRONG.search(text, max(0, start + begin - 6), start + begin))
        if ending and (stop - begin >= 2 or strong):
            if not _explained(run[begin:stop], grounds):
                yield start + begin, start + ending
        elif strong and stop - begin >= 2 and stop == len(run) and _has_place_value(reading, start + begin, end):
            if not _explained(stretch, grounds):
                yield start + begin, end


def _ending_at(run: str, begin: int, stop: int) -> int:
    """Where a name ends that begins with a stretch: at an ending inside the stretch or right behind it; 0: at none."""
    for length in range(min(_LONGEST, len(run) - stop), 0, -1):
        if run[stop : stop + length] in _KNOWN_WORDS:
            if run[stop : stop + length] in _ENDING_WORDS:
                return stop + length
            break
    for ending in _ENDINGS:
        if stop - begin > len(ending) and run[begin:stop].endswith(ending):
            return stop
    return 0


def _explained(stretch: str, grounds: Grounds) -> bool:
    """Whether the user's words or texts of strangers have it."""
    if any(stretch in said for said in grounds.said):
        return True
    return any(stretch in text.text for _, facts in grounds.results for text in facts.texts)


def _has_place_value(reading: Reading, start: int, end: int) -> bool:
    """Whether a place's value follows within this clause or the next."""
    clause = reading.clause(start)
    return any(
        claim.kind in _PLACE_KINDS and claim.start >= end and claim.clause <= clause + 1 for claim in reading.claims
    )
