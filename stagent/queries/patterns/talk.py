"""Chat and general knowledge: what is answered without a tool, and belongs to no leaf."""

from stagent.queries.episode import Episode
from stagent.queries.pattern import QueryPattern, Slots, Truth
from stagent.queries.patterns.manner import Manner
from stagent.queries.scene import Scene
from stagent.queries.taxonomy import OTHER


class Chat(QueryPattern):
    """Something to which one says something.

    Args:
        replies: templates.
    """

    leaf = OTHER
    weight = 0.6

    def __init__(self, name: str, wordings: tuple[str, ...], replies: tuple[str, ...], held_out: bool = False):
        self.name, self.wordings, self.held_out = name, (wordings,), held_out
        self._replies = replies

    def draw(self, scene: Scene) -> Slots | None:
        return {}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        return Truth(({"kind": "chat"},), untold=0)

    async def solve(self, slots: Slots, episode: Episode) -> None:
        episode.answer(*Manner(episode).say(*self._replies))


# A question, phrases of which a right answer has one, an answer.
_ASKED = (
    ("机场用英语怎么说", ("airport",), "机场的英语是 airport。"),
    ("地铁的英文是什么", ("subway", "metro", "underground"), "地铁的英文是 subway 或 metro。"),
    ("护照用英语怎么说", ("passport",), "护照的英语是 passport。"),
    ("行李的英文怎么说", ("luggage", "baggage"), "行李的英文是 luggage，也可以说 baggage。"),
    ("靠窗的座位英语怎么说", ("window seat",), "靠窗的座位是 window seat。"),
    ("海水为什么是咸的", ("盐",), "因为河流长年把岩石里的盐分带进海里，水蒸发了，盐留了下来，海水就是咸的。"),
    ("彩虹是怎么来的", ("折射", "水滴"), "阳光穿过空气中的小水滴，发生折射和反射，分成不同颜色，就成了彩虹。"),
    ("为什么会打雷", ("放电", "电荷", "闪电"), "云里的正负电荷放电产生闪电，空气受热急剧膨胀，就发出雷声。"),
    (
        "晕车的时候怎么办",
        ("通风", "窗", "前", "休息"),
        "可以坐靠前的位置、开窗通风、看远处，不要低头看手机，必要时休息一下。",
    ),
    (
        "时差是怎么回事",
        ("自转", "经度", "时区"),
        "地球自转，各地经度不同，看到太阳的时间不一样，分成不同时区，就有了时差。",
    ),
    ("为什么夏天白天长", ("倾斜", "直射", "地轴"), "因为地轴是倾斜的，夏天太阳直射点偏向我们这边，白天就长。"),
    ("指南针为什么指北", ("磁",), "地球本身像个大磁体，指南针的磁针受地磁场作用，就指向南北。"),
)
_IDIOMS = (
    ("宾至如归", ("回", "家"), "“宾至如归”是说客人来到这里，就像回到自己家一样，形容招待得周到。"),
    ("风尘仆仆", ("旅途", "奔波", "劳累", "辛苦"), "“风尘仆仆”形容旅途奔波、劳累的样子。"),
    ("走马观花", ("粗略", "匆忙", "不仔细", "粗"), "“走马观花”比喻匆忙粗略地看一看，不仔细。"),
    ("流连忘返", ("舍不得", "忘了回", "忘记回", "留恋"), "“流连忘返”是说留恋美景，舍不得离开，忘了回去。"),
    ("南辕北辙", ("相反",), "“南辕北辙”比喻行动和目的正好相反。"),
    ("轻车熟路", ("熟悉",), "“轻车熟路”比喻对事情很熟悉，做起来容易。"),
    ("人山人海", ("人多", "很多人", "人非常多", "聚集"), "“人山人海”形容聚集的人非常多，到处都是人。"),
    ("长途跋涉", ("远", "路途", "艰"), "“长途跋涉”形容走很远的路，路途艰苦。"),
)


class GeneralQuestion(QueryPattern):
    """A question that anybody's knowledge answers; asked for in other ways than ``IdiomMeaning``."""

    name = "general_question"
    leaf = OTHER
    asked = _ASKED
    wordings = (
        (
            "{question}(？|啊？|)",
            "(问个问题，|想问一下，|请问){question}(？|)",
            "{question}，(你知道吗|给我讲讲|简单说说)",
            "(孩子|小朋友)问我{question}，(怎么回答|该怎么说)",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        number = scene.rng.randrange(len(self.asked))
        return {"number": number, "question": self.asked[number][0]}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        phrases = list(self.asked[slots["number"]][1])
        return Truth(({"kind": "chat"}, {"kind": "text", "all_of": [phrases]}), untold=0)

    async def solve(self, slots: Slots, episode: Episode) -> None:
        answer = self.asked[slots["number"]][2]
        episode.answer(answer, *Manner(episode).say("(还有想知道的可以继续问我。|出行上有需要也可以找我。||)"))


class IdiomMeaning(GeneralQuestion):
    """What an idiom means."""

    name = "idiom_meaning"
    held_out = True
    asked = _IDIOMS
    wordings = (
        (
            "{question}是什么意思(？|)",
            "成语“{question}”(怎么解释|什么意思)",
            "(请问|)“{question}”(这个词|)(是形容什么的|指的是什么)(？|)",
        ),
    )


TALK = (
    Chat(
        "greeting",
        (
            "你好(呀|啊|)",
            "(早上好|下午好|晚上好|嗨|哈喽)(，在吗|)",
            "在(吗|不在)(？|)",
            "小助手(你好|在不在)",
            "(嗨|哈喽|喂|hi|hello)，(小助手|助手)(呀|啊|！|)",
            "(早|早安|中午好|晚上好)(呀|啊|！|)",
        ),
        (
            "您好！找地方、查路线、看天气、查车票都可以问我。",
            "您好，我在。今天想去哪里，需要我查点什么？",
            "在的，请说。路线、地点、天气和车票我都能查。",
        ),
    ),
    Chat(
        "thanks",
        (
            "谢谢(你|啦|)",
            "(好的|行|可以)，(谢谢|多谢)",
            "(帮大忙了|太好了)，(感谢|谢谢你)",
            "(没事了|不用了)，(谢谢|再见|拜拜)",
        ),
        ("不客气，祝您旅途愉快！", "不用谢，需要的时候随时找我。", "很高兴能帮上忙，出门注意安全。"),
    ),
    Chat(
        "about_me",
        ("你(能|会)(做|干)(什么|些什么)(？|)", "你是谁(呀|？|)", "(介绍|说)一下你(自己|的功能)", "有什么功能(啊|？)"),
        (
            "我是出行助手，可以找地点、规划路线、查火车和航班、看天气和榜单，还能搜网页上的规定。订票、"
            "付款和设提醒我做不了。",
            "我是一个出行助手：找吃的玩的住的、查怎么走要多久、看天气、查车票余票，都可以问我。不能替您下单或付款。",
        ),
    ),
    Chat(
        "feelings",
        (
            "(今天|)好累(啊|，不想动)",
            "(有点|好)无聊(啊|)，(陪我聊聊|说说话)",
            "心情(不太好|不好)",
            "下班了，(不想|还不想)回家",
        ),
        (
            "辛苦了，先歇一会儿。想出去走走的话，我可以帮您找个安静的地方。",
            "我在呢。想散散心的话，可以告诉我您想去公园、喝咖啡还是看电影。",
            "听起来您需要放松一下，要不要我帮您找个附近能坐坐的地方？",
        ),
    ),
    Chat(
        "joke",
        ("讲个笑话(吧|听听|)", "(给我|)(说|来)个(段子|冷笑话)", "(路上无聊|堵车好闷)，讲个(笑话|故事)(吧|)"),
        (
            "导航让司机前方掉头，司机摸摸脖子说，还好，头还在呢。",
            "有个人坐车睡过了站，醒来还夸司机开得真稳，稳得把他的站都省了。",
            "地图问指南针怎么总找不着南，指南针说，我一直指着北呢，你转过身去不就是南。",
        ),
        held_out=True,
    ),
    GeneralQuestion(),
    IdiomMeaning(),
)
