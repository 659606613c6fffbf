"""Instructions that lack what only the user knows, and such that need a tool that doesn't exist, in several leaves."""

from stagent.queries.pattern import Slots
from stagent.queries.patterns.anchors import draw_landmark
from stagent.queries.patterns.days import called_city, draw_day, other_city
from stagent.queries.patterns.refusing import Unserved
from stagent.queries.scene import Scene

_DYNAMIC = "dynamic_information."
_TRANSIT = _DYNAMIC + "realtime_traffic_and_transit."
_DISCOVERY = "discovery."
_PLANNING = "planning_and_decision."
_CANT = ["没有", "不能", "无法", "查不到", "不支持", "没办法"]


def _unknown_home(scene: Scene) -> Slots | None:
    """A way from home or to the office, of a user whose profile doesn't have it."""
    lacking = [name for name in ("家", "公司") if name not in scene.context.profile]
    place = draw_landmark(scene)
    if not lacking or place is None:
        return None
    return {"from": scene.rng.choice(lacking), "to": place.name}


def _day(scene: Scene) -> Slots:
    return draw_day(scene, 1, 9)


def _trip(scene: Scene) -> Slots:
    return {"days": scene.rng.choice(("两", "三")), "with": scene.rng.choice(("", "带孩子", "和朋友", "陪爸妈"))}


def _friends(scene: Scene) -> Slots:
    return {
        "kind": scene.rng.choice(("咖啡馆", "火锅店", "餐厅", "茶馆", "电影院", "商场")),
        "friend": scene.rng.choice(("朋友", "同学", "同事", "老同学", "客户")),
    }


def _sight(scene: Scene) -> Slots | None:
    place = scene.known_place("museum") or scene.known_place("sight")
    return place and {"place": place.name}


def _parking(scene: Scene) -> Slots | None:
    place = draw_landmark(scene, ("mall", "hospital", "railway_station", "museum", "theatre"))
    return place and {"place": place.name}


def _flight(scene: Scene) -> Slots | None:
    destination = other_city(scene)
    numbers = destination and scene.gazetteer.numbers("travel_search_flights", destination, scene.city.name)
    if not numbers:
        return None
    return {"number": scene.rng.choice(numbers), "city": called_city(scene, destination)}


def _fuel(scene: Scene) -> Slots:
    return {"fuel": scene.rng.choice(("92号汽油", "95号汽油", "0号柴油", "98号汽油"))}


MISSING = (
    Unserved(
        "way_to_which",
        _PLANNING + "route_planning",
        "missing_information",
        (
            "(请问|麻烦问下|)那(家餐厅|家酒店|个商场|家医院|家公司)(怎么走|怎么过去|在哪条路上)(？|)",
            "(我要|想)去(上次|之前|朋友)(说过|提过|去过)的(那家店|那个公园|那个地方)，(导航|路线)(给我|发我)(一下|)",
            "去那家店怎么走(？|)",
            "(导航|带我)去(刚才|昨天)说的那个地方",
            "从这里过去(要多久|开车多长时间)(？|)",
            "(帮我|)规划一下路线，我要去她说的那个地方",
            "那(儿|里)离我(多远|远吗)，怎么去(最快|方便)",
        ),
        (
            "我还不知道您要去哪里，请告诉我目的地的名称或地址，我马上帮您查路线。",
            "请问目的地是哪里？告诉我店名或者地址，我来规划路线。",
        ),
        ["目的地", "去哪", "哪家", "哪里", "哪个地方", "名称", "地址"],
    ),
    Unserved(
        "way_from_unknown_home",
        _PLANNING + "route_planning",
        "missing_information",
        (
            "从{from}去{to}(要|得)多久(？|)",
            "我从{from}出发，去{to}怎么走",
            "{to}离我{from}(有多远|远不远)(？|)",
        ),
        (
            "我没有您{from}的位置，请告诉我您{from}的地址或附近的地标，再帮您查去{to}的路线。",
            "您的资料里没有{from}的地址。您{from}在哪里？告诉我之后我就能算到{to}的路线。",
        ),
        ["地址", "位置", "在哪"],
        draw=_unknown_home,
        held_out=True,
    ),
    Unserved(
        "ticket_to_nowhere",
        _DYNAMIC + "dynamic_pricing_and_availability",
        "missing_information",
        (
            "{day}的火车票最便宜多少钱(？|)",
            "(查|看)下{day}的机票(价格|还有没有票)",
            "{day}出发，高铁还有票吗",
            "我{day}要出差，(帮我|)看看票价",
        ),
        (
            "请问您要去哪里？告诉我目的地城市，我来查{day}的票价和余票。",
            "还差目的地：您{day}要去哪个城市？知道后就能查票了。",
        ),
        ["目的地", "去哪", "哪里", "哪个城市", "到哪", "前往"],
        draw=_day,
    ),
    Unserved(
        "in_time_for_what",
        _PLANNING + "feasibility_assessment",
        "missing_information",
        (
            "(我|我们)(这会儿|十分钟后|吃完饭|下班后)(走|出发|过去)(还来得及吗|会不会太晚|赶得上吗)(？|)",
            "(要是|如果)(打车|开车|坐地铁|骑车)(去|过去)，(能不能赶上|会不会迟到|来得及吗)(？|)",
            "我现在出发还来得及吗(？|)",
            "现在过去赶得上吗",
            "来不来得及啊，(我刚出门|还堵在路上)",
            "半小时(之内|)能到吗，(不然就晚了|会不会迟到)",
        ),
        (
            "请问您要去哪里、几点之前到？告诉我目的地和时间，我帮您算来不来得及。",
            "我还不知道您要去哪儿、要赶什么时间。告诉我目的地和最晚到达的时间，我就能判断。",
        ),
        ["目的地", "去哪", "哪里", "几点", "时间"],
    ),
    Unserved(
        "better_of_which",
        _PLANNING + "solution_comparison.poi_comparison",
        "missing_information",
        (
            "(刚才|昨天|上面)(说的|看的|那)两家(餐厅|酒店|咖啡馆|店)，(选|去)哪(个|家)(好|合适|划算)(？|)",
            "(纠结|拿不准)(这|那)两(家餐厅|家酒店|个景点|家店)(选哪个|去哪家)，(帮我挑一个|你看呢)",
            "这两家哪家好(一点|)(？|)",
            "(帮我|)(比较|对比)一下那两个地方，选哪个",
            "他推荐的和你推荐的，哪家更值得去",
            "两家店里评分高的是哪家",
        ),
        (
            "请问是哪两家？告诉我名字，我来比较它们的评分、价格和距离。",
            "我还不知道您说的是哪些地方，请把名称告诉我，再帮您比较。",
        ),
        ["哪两", "哪些", "名字", "名称", "店名", "哪家"],
        held_out=True,
    ),
    Unserved(
        "hours_of_which",
        _DISCOVERY + "information_query.basic_attributes",
        "missing_information",
        (
            "(请问|问下|)那家(餐厅|咖啡馆|书店|药店|店)(几点|什么时候)(开门|关门|打烊|下班)(啊|)(？|)",
            "(刚才|之前|朋友)说的那(家店|个景点|个博物馆)(今天|周末|现在)(开不开|开门吗|还营业吗)",
            "他们家几点关门(？|)",
            "那家店(现在|今天)开门吗",
            "(那里|那边)的门票多少钱",
            "店里电话(是|)多少(？|)",
        ),
        (
            "请问您说的是哪家？告诉我名称，我来查。",
            "我不确定您指的是哪个地方，请把店名或景点名告诉我。",
        ),
        ["哪家", "哪个", "哪里", "名称", "店名", "名字"],
    ),
    Unserved(
        "meet_whom_where",
        _DISCOVERY + "poi_search.spatial_optimized_poi_search",
        "missing_information",
        (
            "我跟{friend}约个{kind}，找个离我们俩都近的",
            "(帮我|)找个我和{friend}中间的{kind}",
            "{friend}从那边过来，选一家两个人都方便的{kind}",
        ),
        (
            "请问您的{friend}从哪里出发？告诉我大概位置，我来找你们中间的{kind}。",
            "我还不知道您{friend}在哪儿。告诉我对方的出发地，就能找两边都方便的{kind}了。",
        ),
        ["从哪", "在哪", "位置", "出发地", "哪里", "地址"],
        draw=_friends,
        auxiliary=("spatial_constraints.central_to_several",),
    ),
    Unserved(
        "trip_to_where",
        _PLANNING + "itinerary_planning.medium_trip_itinerary",
        "missing_information",
        (
            "(帮我|)排一个{days}天的行程(，{with}|)",
            "想{with}出门玩{days}天，行程(怎么安排|帮我定一下)",
            "{days}天的旅行(计划|攻略)(做一个|来一份)",
        ),
        (
            "好的，请问想去哪个城市、大概什么时候出发？知道目的地我就能安排这{days}天的行程。",
            "还需要知道目的地：您想去哪里玩这{days}天？",
        ),
        ["目的地", "哪个城市", "去哪", "哪里"],
        draw=_trip,
        auxiliary=("temporal_constraints.duration",),
    ),
    Unserved(
        "which_ride_arrives",
        _TRANSIT + "public_transit_schedules_and_routes",
        "missing_information",
        (
            "(我爸妈|朋友|同事|客户)(坐|乘)的那(趟车|班飞机|班高铁)(几点|什么时候)(到|能到|落地)(啊|)(？|)",
            "(明天|今天|后天)那班(车|飞机|高铁)(几点开|几点到|从哪个站走)(？|)",
            "那趟车几点到(站|)(？|)",
            "我坐的那班(高铁|火车|飞机)几点(到|落地)",
            "他那班车(什么时候发车|几点开)",
        ),
        (
            "请问是哪个车次或航班、哪天的、从哪里到哪里？告诉我之后我来查时刻。",
            "我还不知道是哪一班，请告诉我车次或航班号、日期和起止城市。",
        ),
        ["哪个车次", "哪一班", "哪趟", "车次", "航班号", "哪班"],
    ),
    Unserved(
        "allowed_what",
        "rules_and_policies.travel_policies",
        "missing_information",
        (
            "(请问|想问下|)(这种东西|我手上这个|这一包|包里这个)(能不能|可不可以|让不让)(带上车|带上飞机|托运|"
            "过安检)(？|)",
            "(坐|乘)(飞机|火车|高铁)(可以|能)带(这个|它|这些)吗(？|)",
            "这个能带上飞机吗(？|)",
            "(我这东西|这个)可以托运吗",
            "这样(的|)能不能(过安检|带上车)",
        ),
        (
            "请问是什么物品、坐哪家航空公司或者火车？告诉我之后我来查规定。",
            "我看不到您说的是什么，请告诉我物品的名称和乘坐的交通工具。",
        ),
        ["什么物品", "物品", "什么东西", "名称", "哪家"],
    ),
)

NO_TOOL = (
    Unserved(
        "crowd_now",
        _DISCOVERY + "information_query.basic_attributes",
        "missing_tool",
        (
            "{place}现在人多吗(，要排队多久|？|)",
            "(现在|这会儿)去{place}要排(多久|多长时间)的队",
            "{place}(此刻|现在)(客流|人流)(大不大|怎么样)",
        ),
        (
            "我查不到{place}的实时客流和排队情况，建议打电话问景区或看官方渠道。(开放时间和路线我可以帮您查。|)",
            "实时人流我这里没有数据，没法告诉您{place}现在要排多久。(要不要看看它的开放时间和评价？|)",
        ),
        ["客流", "人流", "排队", *_CANT],
        draw=_sight,
        auxiliary=("temporal_constraints.now",),
        held_out=True,
    ),
    Unserved(
        "parking_spaces",
        _DISCOVERY + "information_query.basic_attributes",
        "missing_tool",
        (
            "{place}的停车场(现在|)还有(空位|车位)吗(？|)",
            "(帮我|)看下{place}停车场剩(多少|几个)车位",
            "现在开车去{place}，停车场满了没有",
        ),
        (
            "我查不到停车场的实时空位，所以不知道{place}现在还有没有车位。(可以帮您列出附近的停车场备选。|)",
            "停车场的剩余车位没有实时数据，{place}那边建议到现场看或打电话问。(附近有哪些停车场我能查。|)",
        ),
        ["实时", "空位", *_CANT],
        draw=_parking,
        auxiliary=("temporal_constraints.now",),
    ),
    Unserved(
        "flight_delay",
        _TRANSIT + "public_transit_realtime_status",
        "missing_tool",
        (
            "{number}(今天|现在)晚点了吗(？|)",
            "从{city}飞来的{number}(到哪了|延误没有|起飞了吗)",
            "(查|看)一下{number}的(实时|)(动态|延误情况)",
        ),
        (
            "我只能查航班的计划时刻和余票，查不到 {number} 的实时动态，请看航空公司或机场的通知。",
            "{number} 有没有延误我这里没有实时数据，请向航空公司确认。(计划时刻我可以帮您查。|)",
        ),
        ["实时", "动态", "延误", *_CANT],
        draw=_flight,
        auxiliary=("temporal_constraints.now",),
    ),
    Unserved(
        "fuel_price",
        _DYNAMIC + "dynamic_pricing_and_availability",
        "missing_tool",
        (
            "(今天|现在)附近加油站{fuel}多少钱一升",
            "(查|看)下{fuel}的(油价|价格)，哪家加油站便宜",
            "{fuel}(涨价|降价)了吗，(现在|今天)什么价",
        ),
        (
            "我这里没有油价数据，查不到{fuel}的价格。(附近的加油站在哪里我可以帮您找。|)",
            "{fuel}的价格我查不到，没有这方面的实时数据。(要不要先找一下最近的加油站？|)",
        ),
        ["油价", *_CANT],
        draw=_fuel,
    ),
)
