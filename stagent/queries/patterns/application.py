"""Instructions to the application: reminders, settings, bookings and accounts, for none of which there is a tool."""

from stagent.queries.pattern import Slots
from stagent.queries.patterns.anchors import draw_landmark
from stagent.queries.patterns.refusing import Unserved
from stagent.queries.patterns.rides import FLIGHTS, TRAINS
from stagent.queries.scene import Scene

NOTIFY = "application_interaction.notification_trigger"
CONTROL = "application_interaction.system_control"
_BOOKING = "application_interaction.booking_and_orders."
BOOK, ORDERS = _BOOKING + "booking_and_payment", _BOOKING + "order_and_account_status"
_CANT = ["没有", "不能", "无法", "做不到", "不支持", "没办法", "办不了"]
_TODOS = ("出门", "接孩子", "取快递", "吃药", "给家里打电话", "去车站", "收衣服", "开会", "买菜", "去健身房")
_CLOCKS = (
    "早上七点",
    "晚上八点半",
    "下午三点",
    "中午十二点",
    "明早六点半",
    "明天上午九点",
    "17:30",
    "今晚十点",
    "22:15",
)


def _reminder(scene: Scene) -> Slots:
    return {"clock": scene.rng.choice(_CLOCKS), "todo": scene.rng.choice(_TODOS)}


def _arrival(scene: Scene) -> Slots | None:
    place = draw_landmark(scene)
    return place and {"place": place.name, "todo": scene.rng.choice(("下车", "取快递", "买瓶水", "给朋友打电话"))}


def _setting(scene: Scene) -> Slots:
    asked, thing = scene.rng.choice(
        (
            ("导航音量调大一点", "音量"),
            ("音量关小", "音量"),
            ("地图切换成夜间模式", "显示模式"),
            ("深色模式打开", "显示模式"),
            ("字体调大", "字体"),
            ("语音播报换成女声", "播报声音"),
            ("界面语言改成英文", "语言"),
            ("缓存清一下", "缓存"),
            ("主题皮肤换成蓝色", "皮肤"),
        )
    )
    return {"asked": asked, "thing": thing}


def _navigation(scene: Scene) -> Slots:
    asked, thing = scene.rng.choice(
        (
            ("退出导航", "导航"),
            ("结束这次导航", "导航"),
            ("暂停语音播报", "语音播报"),
            ("把地图放大一点", "地图"),
            ("地图缩小点", "地图"),
            ("切到卫星图", "地图图层"),
            ("打开路况图层", "地图图层"),
            ("回到我的位置", "地图视图"),
            ("地图转成正北朝上", "地图视图"),
        )
    )
    return {"asked": asked, "thing": thing}


def _payment(scene: Scene) -> Slots:
    return {
        "asked": scene.rng.choice(
            ("交停车费", "给公交卡充五十块", "付高速过路费", "缴违章罚款", "付充电桩的钱", "买一张地铁月票")
        )
    }


def _order(scene: Scene) -> Slots:
    tool = scene.rng.choice((TRAINS, FLIGHTS))
    return {
        "when": scene.rng.choice(("昨天", "上周", "刚才", "前两天", "今天早上")),
        "what": scene.rng.choice(("火车票", "高铁票") if tool == TRAINS else ("机票", "酒店", "景点门票")),
    }


def _account(scene: Scene) -> Slots:
    asked = (
        *("积分还剩多少", "优惠券哪天过期", "会员等级是什么", "收藏夹里有哪些地方"),
        *("上个月打车花了多少", "钱包余额多少", "发票开好了没有", "历史足迹有几个城市"),
    )
    return {"what": scene.rng.choice(asked)}


APPLICATION = (
    Unserved(
        "remind_at",
        NOTIFY,
        "missing_tool",
        (
            "{clock}提醒我{todo}",
            "(帮我|)设个{clock}的(闹钟|提醒)，{todo}(用|)",
            "到{clock}(叫我一声|告诉我一下|喊我)，(该|要){todo}了",
            "别忘了{clock}提醒我{todo}(啊|，谢谢|)",
        ),
        (
            "我没有设置提醒的功能，没法在{clock}提醒您{todo}，请用手机闹钟设一个。(路线、天气这些我可以先帮您查。|)",
            "很抱歉，我设不了提醒，{clock}{todo}这件事请您自己在手机上定个闹钟。(出门要用的路线我可以现在查好。|)",
        ),
        ["提醒", "闹钟", *_CANT],
        draw=_reminder,
        auxiliary=("temporal_constraints.specific_time",),
    ),
    Unserved(
        "remind_on_arrival",
        NOTIFY,
        "missing_tool",
        (
            "快到{place}的时候提醒我{todo}",
            "(等我|)到了{place}(附近|)(叫我|提醒我|喊我){todo}",
            "我要是经过{place}，(记得|)提醒我{todo}",
        ),
        (
            "我不能跟踪您的位置，也没有提醒功能，所以没法在您到{place}时提醒您{todo}。(要不要我查一下到{place}"
            "大概要多久？|)",
            "到{place}提醒您{todo}这件事我做不到：我没有定位提醒的功能。(可以告诉您到那里的路线和时间，"
            "方便您自己掐时间。|)",
        ),
        ["提醒", *_CANT],
        draw=_arrival,
    ),
    Unserved(
        "change_setting",
        CONTROL,
        "missing_tool",
        (
            "(帮我|麻烦|请|)把{asked}",
            "{asked}(，谢谢|吧|一下可以吗|)",
            "(能不能|可不可以)(帮我|)把{asked}(？|)",
            "可以帮我把{asked}吗",
        ),
        (
            "我没有权限调整应用的{thing}，请您在设置里操作。(找地方、查路线我可以帮忙。|)",
            "{thing}需要您在应用的设置里自己改，我这边无法操作。(有出行方面的问题可以继续问我。|)",
        ),
        ["设置", *_CANT, "自己"],
        draw=_setting,
    ),
    Unserved(
        "control_navigation",
        CONTROL,
        "missing_tool",
        ("{asked}", "(请|帮我|麻烦)(你|){asked}", "{asked}(吧|，谢谢|一下)", "我说{asked}(，听到没|)"),
        (
            "我没有控制{thing}的功能，请您在屏幕上操作。(需要重新查路线可以告诉我。|)",
            "{thing}我操作不了，请您在地图界面上手动调整。(要查地点或者路线的话可以交给我。|)",
        ),
        ["操作", *_CANT, "手动"],
        draw=_navigation,
        held_out=True,
    ),
    Unserved(
        "pay_for_it",
        BOOK,
        "missing_tool",
        (
            "(帮我|替我|麻烦){asked}",
            "(能不能|可不可以)(帮我|){asked}(？|)",
            "我想{asked}，(你|)直接(办了吧|帮我弄一下)",
        ),
        (
            "我没有支付功能，没法{asked}，请您在对应的官方渠道办理。(要找附近的网点我可以查。|)",
            "{asked}需要您自己付款，我不能代付。(如果要去现场办，我可以帮您查地址和路线。|)",
        ),
        ["支付", "付款", "代付", *_CANT],
        draw=_payment,
    ),
    Unserved(
        "order_status",
        ORDERS,
        "missing_tool",
        (
            "我{when}订的{what}(出票|确认|成功)了(吗|没有)(？|)",
            "(查|看)一下我{when}买的{what}订单",
            "{when}下单的{what}(现在|)(什么状态|怎么还没消息)(？|)",
            "我的{what}订单号(是多少|找不到了)，{when}订的",
        ),
        (
            "我看不到您的订单，没法查{when}订的{what}的状态，请在下单的平台查看。(同一行程的实时余票我可以帮您查。|)",
            "您{when}订的{what}要到下单的平台里查看，我没有查询订单的功能。(需要查班次或路线可以告诉我。|)",
        ),
        ["订单", *_CANT],
        draw=_order,
    ),
    Unserved(
        "account_question",
        ORDERS,
        "missing_tool",
        ("我的{what}(？|)", "(帮我|)(查|看)(一下|下|)我(的|账户的|){what}", "我账号里{what}(啊|呢|)", "想知道我{what}"),
        (
            "我看不到您的账户信息，没法告诉您{what}，请在个人主页里查看。(找地方、查路线可以问我。|)",
            "{what}要在您的账户里查，我没有访问账户的功能。(出行方面的问题我可以继续帮您。|)",
        ),
        ["账户", "账号", *_CANT],
        draw=_account,
        held_out=True,
    ),
)
