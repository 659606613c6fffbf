"""A hotel order at two moments, and what may change between them."""

from datetime import datetime

from data_process.intents import intent, render_plan
from data_process.schema import COLUMNS
from gplan.world.geography import Poi
from gplan.world.places import with_place

MAY_CHANGE = {
    *("currenttime", "holidayflag", "weekendflag"),
    *("current_poi_name", "current_tag", "current_city", "current_district"),
}
PLACE = ("current_poi_name", "current_tag", "current_city", "current_district")
# The holidays of 2026, day by day.
HOLIDAYS = {
    f"2026-{month}-{int(day):02d}"
    for month, days in {
        "01": "1 2 3",
        "02": "15 16 17 18 19 20 21 22 23",
        "04": "4 5 6",
        "05": "1 2 3 4 5",
        "06": "19 20 21",
        "09": "25 26 27",
        "10": "1 2 3 4 5 6 7",
    }.items()
    for day in days.split()
}
T6, T8, T9 = intent("tool_6"), intent("tool_8"), intent("tool_9")
FOOD, SHOPS = intent("tool_5", "当前位置", "附近", "美食"), intent("tool_5", "当前位置", "附近", "购物")
A, B = [T6, T8, T9], [T8, FOOD, T9]
MALL, HOTEL, STATION = (
    Poi("p_5", "商场", "苏州市", "姑苏区"),
    Poi("p_9", "商务酒店", "苏州市", "吴中区"),
    Poi("p_30", "高铁站", "无锡市", "梁溪区"),
)


MEAL = "在3月11日周三9点act_4了位于异地行中餐厅的p_3"


def request(**fields):
    """A Wednesday's hotel order, made at 12:00 for tonight; at 15:00 the person is in a mall of the same city."""
    row = dict.fromkeys(COLUMNS, "") | {
        "id": "7",
        "profile_feat_5": "无锡市",
        "profile_feat_6": "p_1",
        "profile_feat_7": "无锡市梁溪区",
        "short_term_behavior_seq": f"{MEAL}, 在3月11日周三12点act_5了&act_2了位于本地商务酒店的p_9",
        "long_term_behavior": "住宅区的p_1act_8了78次 , 公司的p_2act_8了60次",
        "currenttime": "2026-03-11 15:00:00",
        "holidayflag": "0",
        "weekendflag": "0",
        "trigger_1": "酒店",
        "trigger_2": "苏州市",
        "trigger_3": "吴中区",
        "trigger_4": "p_9",
        "trigger_5": "2026-03-11 12:00:00",
        "trigger_6": "2026-03-11 00:00:00",
        "trigger_7": "2026-03-12 00:00:00",
        "raw_labels": render_plan(A),
    }
    return with_place(row, MALL) | fields


def other(**fields):
    """Another person, at the station of the next city."""
    return with_place(request(id="8"), STATION) | fields


def seconds(text):
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S")
