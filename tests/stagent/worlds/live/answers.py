"""Answers in the services' documented shapes, about places that don't exist."""

from typing import Any

OK = {"status": "1", "info": "OK", "infocode": "10000"}
# A point of Hangzhou in both systems; by an independent table of reference pairs, see test_gcj.
SHANGHAI_WGS, SHANGHAI_GCJ = (31.1774276, 121.5272106), (31.17530398364597, 121.531541859215)


def refusal(infocode: str) -> dict[str, Any]:
    return {"status": "0", "info": "SOME_NAME", "infocode": infocode}


def poi(number: int, lat: float, lon: float, **more: Any) -> dict[str, Any]:
    """A place of Amap's at a GCJ-02 point; ``business`` and others may be given."""
    return {
        "parent": "",
        "id": f"B{number:04}",
        "name": f"试验茶馆{number}号",
        "location": f"{lon:.6f},{lat:.6f}",
        "type": "餐饮服务;茶艺馆;茶艺馆",
        "typecode": "050600",
        "pname": "上海市",
        "cityname": "上海市",
        "adname": "浦东新区",
        "address": f"试验路{number}号",
        "pcode": "310000",
        "citycode": "021",
        "adcode": "310115",
    } | more


def pois(*places: dict[str, Any]) -> dict[str, Any]:
    return OK | {"count": str(len(places)), "pois": list(places)}


def district(name: str, adcode: str, level: str = "district", citycode: Any = "021", below: tuple = ()) -> dict:
    return {
        "citycode": citycode,
        "adcode": adcode,
        "name": name,
        "center": "121.531542,31.175304",
        "level": level,
        "districts": list(below),
    }


def districts(*found: dict[str, Any]) -> dict[str, Any]:
    return OK | {"count": str(len(found)), "districts": list(found)}


REGEO = OK | {
    "regeocode": {
        "formatted_address": "上海市浦东新区试验路",
        "addressComponent": {
            "country": "中国",
            "province": "上海市",
            "city": [],  # empty, as of every municipality
            "citycode": "021",
            "district": "浦东新区",
            "adcode": "310115",
            "township": "试验街道",
        },
    }
}

DRIVING = OK | {
    "count": "1",
    "route": {
        "origin": "121.531542,31.175304",
        "destination": "121.55,31.19",
        "taxi_cost": "20",
        "paths": [
            {
                "distance": "4000",
                "restriction": "0",
                "cost": {"duration": "600", "tolls": "5", "toll_distance": "1000", "traffic_lights": "4"},
                "steps": [
                    {
                        "instruction": "沿甲路行驶",
                        "orientation": "东",
                        "road_name": "甲路",
                        "step_distance": "1000",
                        "cost": {"duration": "200", "tolls": "0"},
                        "polyline": "121.531542,31.175304;121.540000,31.180000",
                    },
                    {
                        "instruction": "继续沿甲路行驶",
                        "orientation": "东",
                        "road_name": "甲路",
                        "step_distance": "500",
                        "cost": {"duration": "50", "tolls": "0"},
                        "polyline": "121.540000,31.180000;121.545000,31.185000",
                    },
                    {
                        "instruction": "行驶2.5千米到达目的地",
                        "orientation": "北",
                        "road_name": [],
                        "step_distance": "2500",
                        "cost": {"duration": "350", "tolls": "5"},
                        "polyline": "121.545000,31.185000;121.550000,31.190000",
                    },
                ],
            }
        ],
    },
}

BICYCLING = OK | {
    "route": {
        "paths": [
            {
                "distance": "3000",
                "duration": "720",
                "steps": [{"instruction": "骑行", "road_name": "乙路", "step_distance": "3000"}],
            }
        ]
    }
}

TRANSIT = OK | {
    "count": "1",
    "route": {
        "origin": "121.531542,31.175304",
        "destination": "121.6,31.2",
        "distance": "8000",
        "cost": {"taxi_fee": "30"},
        "transits": [
            {
                "cost": {"duration": "1800", "transit_fee": "4.0"},
                "distance": "9000",
                "walking_distance": "700",
                "nightflag": "0",
                "segments": [
                    {
                        "walking": {
                            "origin": "121.531542,31.175304",
                            "destination": "121.533000,31.176000",
                            "distance": "300",
                            "cost": {"duration": "240"},
                            "steps": [],
                        },
                        "bus": {
                            "buslines": [
                                {
                                    "departure_stop": {"name": "甲站", "id": "1", "location": "121.533,31.176"},
                                    "arrival_stop": {"name": "乙站", "id": "2", "location": "121.57,31.18"},
                                    "name": "地铁9号线(松江南站(临时)--曹路(北))",
                                    "id": "900",
                                    "type": "地铁线路",
                                    "distance": "5300",
                                    "cost": {"duration": "700"},
                                    "polyline": {"polyline": "121.533,31.176;121.55,31.177;121.57,31.18"},
                                    "via_num": "3",
                                },
                                {"name": "an alternative that isn't read"},
                            ]
                        },
                        "railway": {"spaces": []},
                    },
                    {
                        "walking": [],
                        "bus": {
                            "buslines": [
                                {
                                    "departure_stop": {"name": "乙站", "id": "2", "location": "121.57,31.18"},
                                    "arrival_stop": {"name": "丙站", "id": "3", "location": "121.6,31.2"},
                                    "name": "试验1路",
                                    "type": "普通公交线路",
                                    "distance": "3000",
                                    "cost": {"duration": "500"},
                                    "via_num": "0",
                                }
                            ]
                        },
                    },
                    {
                        "walking": {
                            "origin": "121.6,31.2",
                            "destination": "121.601,31.201",
                            "distance": "400",
                            "cost": {"duration": "300"},
                        },
                        "bus": {"buslines": []},
                    },
                ],
            }
        ],
    },
}

LIVES = OK | {
    "count": "1",
    "lives": [
        {
            "province": "上海",
            "city": "浦东新区",
            "adcode": "310115",
            "weather": "小雨",
            "temperature": "-3",
            "winddirection": "西北",
            "windpower": "≤3",
            "humidity": "81",
            "reporttime": "2026-01-05 08:30:12",
            "temperature_float": "-3.0",
            "humidity_float": "81.0",
        }
    ],
}


def casts(*days: str) -> dict[str, Any]:
    """Amap's forecast of some days."""
    some = [
        {
            "date": day,
            "week": "1",
            "dayweather": "多云",
            "nightweather": "小雨",
            "daytemp": str(5 + at),
            "nighttemp": "7",
            "daywind": "北",
            "nightwind": "北",
            "daypower": "1-3",
            "nightpower": "1-3",
        }
        for at, day in enumerate(days)
    ]
    forecast = {
        "city": "浦东新区",
        "adcode": "310115",
        "province": "上海",
        "reporttime": "2026-01-05 08:30:12",
        "casts": some,
    }
    return OK | {"count": "1", "forecasts": [forecast]}


# Helsinki; the lengths add up to 1500.4 m and 300.5 s.
OSRM = {
    "code": "Ok",
    "waypoints": [],
    "routes": [
        {
            "distance": 1500.4,
            "duration": 300.5,
            "weight": 300.5,
            "geometry": {"type": "LineString", "coordinates": [[24.94, 60.17], [24.95, 60.172], [24.96, 60.175]]},
            "legs": [
                {
                    "distance": 1500.4,
                    "duration": 300.5,
                    "summary": "",
                    "steps": [
                        {"distance": 500.4, "duration": 100.4, "name": "Mannerheimintie", "mode": "driving"},
                        {"distance": 500.4, "duration": 100.4, "name": "", "ref": "E12", "mode": "driving"},
                        {"distance": 499.6, "duration": 99.7, "name": "", "mode": "driving"},
                        {"distance": 0, "duration": 0, "name": "", "mode": "driving"},
                    ],
                }
            ],
        }
    ],
}


def found(number: int, lat: float, lon: float, **more: Any) -> dict[str, Any]:
    """A place of Nominatim's."""
    return {
        "place_id": number,
        "licence": "Data © OpenStreetMap contributors, ODbL 1.0.",
        "osm_type": "node",
        "osm_id": number,
        "lat": f"{lat:.7f}",
        "lon": f"{lon:.7f}",
        "category": "amenity",
        "type": "cafe",
        "place_rank": 30,
        "importance": 0.0001,
        "addresstype": "amenity",
        "name": f"Kahvila {number}",
        "display_name": f"Kahvila {number}, Koekatu 1, Kamppi, Helsinki, Suomi",
        "address": {"amenity": f"Kahvila {number}", "suburb": "Kamppi", "city": "Helsinki", "country_code": "fi"},
        "extratags": {"opening_hours": "Mo-Fr 08:00-18:00", "contact:phone": "+358 9 123"},
        "boundingbox": ["60.1", "60.2", "24.9", "25.0"],
    } | more


OPEN_METEO_NOW = {
    "latitude": 60.16,
    "longitude": 24.94,
    "generationtime_ms": 0.1,
    "utc_offset_seconds": 7200,
    "timezone": "Europe/Helsinki",
    "timezone_abbreviation": "EET",
    "elevation": 20.0,
    "current_units": {"time": "iso8601"},
    "current": {
        "time": "2026-01-05T09:15",
        "interval": 900,
        "temperature_2m": -4.6,
        "apparent_temperature": -9.5,
        "relative_humidity_2m": 84,
        "precipitation": 0.14,
        "weather_code": 71,
        "wind_speed_10m": 5.4,
        "wind_direction_10m": 225,
    },
}

OPEN_METEO_DAYS = {
    "latitude": 60.16,
    "longitude": 24.94,
    "utc_offset_seconds": 7200,
    "timezone": "Europe/Helsinki",
    "daily": {
        "time": ["2026-01-05", "2026-01-06", "2026-01-07"],
        "weather_code": [3, 95, None],
        "temperature_2m_max": [-2.4, 1.6, None],
        "temperature_2m_min": [-8.5, -3.0, None],
        "precipitation_probability_max": [20, None, None],
        "precipitation_sum": [0.0, 12.34, None],
        "wind_speed_10m_max": [0.2, 33.0, None],
        "wind_direction_10m_dominant": [359, 90, None],
        "sunrise": ["2026-01-05T09:22", "2026-01-06T09:21", None],
        "sunset": ["2026-01-05T15:30", "2026-01-06T15:32", None],
    },
}
