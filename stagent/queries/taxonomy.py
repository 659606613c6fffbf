"""What an instruction wants: 5 classes, 16 below them, 30 leaves, and ``other_or_unclear`` for what fits none.

27 of the leaves' ids are those of the public TravelBench (docs/agent.md), their classes the paper's; ``OURS`` names the
other three. Definitions are ours.
"""

from typing import NamedTuple

OTHER = "other_or_unclear"


class Leaf(NamedTuple):
    """A leaf of the taxonomy.

    Attributes:
        id: with its path, ``discovery.poi_search.constrained_poi_search``.
        zh: a label for people.
        means: what belongs here; not: what looks alike and belongs elsewhere. Both stand in the annotator's prompt.
    """

    id: str
    zh: str
    means: str
    unlike: str = ""

    @property
    def top(self) -> str:
        """The class at level 1, ``discovery``."""
        return self.id.partition(".")[0]

    @property
    def middle(self) -> str:
        """The class at level 2, ``discovery.poi_search``."""
        return ".".join(self.id.split(".")[:2])


LEAVES = (
    Leaf(
        "rules_and_policies.travel_policies",
        "出行规定",
        "航空、铁路、公交的规定：行李、退改签、儿童票、宠物、值机与检票时间",
        "某一班次的票价余票是 dynamic_pricing_and_availability",
    ),
    Leaf(
        "rules_and_policies.venue_policies",
        "场所规定",
        "景点、场馆的规定：优惠票、免票条件、退票、停止入场、节假日是否开放",
        "只问电话、地址、当天营业时间是 basic_attributes",
    ),
    Leaf("discovery.area_summaries", "区域概览", "一个城市或片区的总体介绍：有什么、吃什么、住哪里、怎么来"),
    Leaf(
        "discovery.destination_discovery.constrained_destination_discovery",
        "有条件找目的地",
        "按条件挑选要去的城市：天气、车程、票价、日期",
        "挑选城市内的地点是 poi_search",
    ),
    Leaf(
        "discovery.destination_discovery.open_ended_destination_discovery",
        "泛找目的地",
        "去哪个城市玩好，没有或只有模糊的条件",
    ),
    Leaf(
        "discovery.information_query.basic_attributes",
        "地点基本信息",
        "一个已知地点的地址、电话、营业时间、现在是否营业、人均、门票价",
    ),
    Leaf(
        "discovery.information_query.reputation_and_reviews",
        "口碑评价",
        "一个已知地点的评分、评价、是否上榜、值不值得去",
    ),
    Leaf(
        "discovery.poi_search.constrained_poi_search",
        "有条件找地点",
        "按属性条件找地点：评分、价格、正在营业、标签、区域",
        "条件是离谁近、在路上、在中间的，是 spatial_optimized_poi_search",
    ),
    Leaf(
        "discovery.poi_search.open_ended_poi_exploration",
        "泛找地点",
        "附近或某城有什么好吃好玩的，榜单推荐，没有具体条件",
    ),
    Leaf(
        "discovery.poi_search.spatial_optimized_poi_search",
        "按位置找地点",
        "最近的、沿途的、几个人中间的、离某处多远以内的地点",
    ),
    Leaf(
        "planning_and_decision.feasibility_assessment",
        "可行性判断",
        "来不来得及、赶不赶得上、预算够不够、到了还开不开门",
    ),
    Leaf(
        "planning_and_decision.itinerary_planning.simple_route_itinerary",
        "多点路线",
        "给定几个地点的先后顺序或一条经过几处的路线",
    ),
    Leaf("planning_and_decision.itinerary_planning.short_trip_itinerary", "短途行程", "几小时至一天的行程安排"),
    Leaf("planning_and_decision.itinerary_planning.medium_trip_itinerary", "中途行程", "两至三天的行程安排"),
    Leaf("planning_and_decision.itinerary_planning.long_trip_itinerary", "长途行程", "四天及以上的行程安排"),
    Leaf(
        "planning_and_decision.route_planning",
        "路线规划",
        "从一处到另一处怎么走、多久、多远，可有途经点、到达时间、路线偏好",
        "比较几种方式是 transportation_mode_comparison",
    ),
    Leaf("planning_and_decision.solution_comparison.destination_comparison", "比较目的地", "两个或几个城市里选哪个"),
    Leaf("planning_and_decision.solution_comparison.poi_comparison", "比较地点", "两个或几个地点里选哪个"),
    Leaf(
        "planning_and_decision.solution_comparison.route_comparison",
        "比较路线",
        "同一种方式的几条路线里选哪条：走不走高速、绕不绕收费、早走晚走",
    ),
    Leaf(
        "planning_and_decision.solution_comparison.transportation_mode_comparison",
        "比较出行方式",
        "开车、公交、步行、骑车、飞机、火车之间选哪种",
    ),
    Leaf(
        "dynamic_information.dynamic_pricing_and_availability",
        "实时价格与余票",
        "机票、火车票、房价的价格与余票，最便宜的一班",
    ),
    Leaf(
        "dynamic_information.realtime_traffic_and_transit.public_transit_fares",
        "公交票价",
        "坐地铁、公交去某处要多少钱",
    ),
    Leaf(
        "dynamic_information.realtime_traffic_and_transit.public_transit_realtime_status",
        "公交实时状态",
        "现在还有没有车、下一班何时到站、是否停运",
    ),
    Leaf(
        "dynamic_information.realtime_traffic_and_transit.public_transit_schedules_and_routes",
        "公交班次与线路",
        "首末班车、线路经过哪里、坐几路、火车航班时刻",
    ),
    Leaf(
        "dynamic_information.realtime_traffic_and_transit.road_traffic_status",
        "路况",
        "堵不堵、堵多久、什么时候不堵",
    ),
    Leaf("dynamic_information.realtime_weather", "天气", "现在或今后几天的天气、气温、下不下雨、穿什么带不带伞"),
    Leaf("application_interaction.notification_trigger", "提醒", "到时候、到地方提醒我，降价通知我"),
    Leaf("application_interaction.system_control", "应用控制", "调音量、换皮肤、放大地图、切换夜间模式、退出导航"),
    Leaf(
        "application_interaction.booking_and_orders.booking_and_payment",
        "预订与支付",
        "帮我订票、订位、叫车、付款",
        "只查价格余票是 dynamic_pricing_and_availability",
    ),
    Leaf(
        "application_interaction.booking_and_orders.order_and_account_status",
        "订单与账户",
        "我的订单、积分、收藏、发票在哪里、怎么样了",
    ),
)
OURS = (
    "rules_and_policies.venue_policies",
    "application_interaction.booking_and_orders.booking_and_payment",
    "application_interaction.booking_and_orders.order_and_account_status",
)
BY_ID = {leaf.id: leaf for leaf in LEAVES}
TOPS = tuple(dict.fromkeys(leaf.top for leaf in LEAVES))

# Five auxiliary dimensions: constraints that an instruction states. All ids but two of the paper's prompt are ours.
AUXILIARY = {
    "spatial_constraints": (
        "within_city.nearby",
        "within_city.district",
        "within_city.whole_city",
        "along_route",
        "central_to_several",
        "intercity",
    ),
    "temporal_constraints": (
        "now",
        "specific_time",
        "today",
        "tomorrow",
        "specific_date",
        "weekend_or_holiday",
        "duration",
        "fuzzy_time.flexible",
        "fuzzy_time.part_of_day",
    ),
    "budget_constraints": ("upper_limit", "price_range", "cheapest", "free"),
    "preference_constraints": (
        "rating",
        "category_or_cuisine",
        "open_hours",
        "facilities",
        "route_preference",
        "ranking",
    ),
    "traveller_constraints": ("alone", "family_with_children", "elderly", "couple_or_friends", "group", "vehicle"),
}
AUXILIARY_IDS = tuple(f"{dimension}.{value}" for dimension, values in AUXILIARY.items() for value in values)
TEMPORAL_IDS = tuple(name for name in AUXILIARY_IDS if name.startswith("temporal_constraints."))
MOST_SECONDARY = 3
