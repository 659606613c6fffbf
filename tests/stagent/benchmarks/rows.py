"""Three rows in the form of MobilityBench's table, written by hand; places and numbers are invented."""

import csv

HEAD = [
    *("query", "context", "task_scenario", "intent_family", "strategy_list"),
    *("query_start_poi", "query_transit_poi", "query_end_poi", "std_start", "std_transit", "std_end"),
    *("tool_list", "route_ans", "location_ans", "weather"),
]
CONTEXT = "{'user_current_location': '174.6100001,30.4100001', 'city': '澜屿市'}"
PLACE = {"name": "澜屿北站", "location": "174.650000,30.450000"}
ROUTE = {
    "status": "1",
    "route": {
        "paths": [
            {
                "distance": "5200",
                "cost": {"duration": "900", "tolls": "0"},
                "steps": [{"road": str(n)} for n in range(20)],
            },
            {"distance": "6100", "cost": {"duration": "840", "tolls": "0"}, "steps": []},
        ]
    },
}
DRIVE = {
    "origin": "174.6100001,30.4100001",
    "destination": "174.650000,30.450000",
    "strategy": ["不走高速"],
}
FIND = {"keywords": "北站", "city": "澜屿市"}
TOOLS = [{"name": "query_poi", "arguments": FIND}, {"name": "driving_route", "arguments": DRIVE}]

DRIVING = {
    "query": "去北站不走高速",
    "context": CONTEXT,
    "task_scenario": "Option-Constrained Route Planning",
    "intent_family": "Preference-Constrained Route Planning",
    "strategy_list": "['不走高速']",
    "query_end_poi": "北站",
    "std_end": repr(PLACE),
    "tool_list": repr(TOOLS),
    "route_ans": repr(ROUTE),
}
WHERE = {
    "query": "我在哪",
    "context": CONTEXT,
    "task_scenario": "Geolocation Query",
    "intent_family": "Basic Information Retrieval",
    "tool_list": "[{'name': 'reverse_geocoding', 'arguments': {'location': '174.6100001,30.4100001'}}]",
    "location_ans": "澜屿市东区望海路12号",
}
WEATHER = {
    "query": "今天下雨吗",
    "context": CONTEXT,
    "task_scenario": "Weather Query",
    "intent_family": "Basic Information Retrieval",
    "tool_list": '[{"name": "weather_query", "arguments": {"city": "澜屿市"}}]',
    "weather": '{"text": "小雨"}',
}


def write_rows(path, *rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, HEAD, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path
