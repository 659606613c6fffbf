"""The environment: what is used, what can't be, and that keys stay where they are."""

import pytest

from stagent.worlds.live.settings import LiveSettings
from stagent.worlds.live.world import LiveWorld
from tests.stagent.worlds.live.asking import KEY
from utils import InputError


def read(**environ: str) -> LiveSettings:
    return LiveSettings.from_environment(environ)


def test_an_empty_environment_has_weather_alone():
    settings = read()
    assert settings.amap_key is None and settings.osrm == {} and settings.nominatim_url == ""
    assert settings.open_meteo_url == "https://api.open-meteo.com" and str(settings.zone) == "Asia/Shanghai"
    assert LiveWorld(settings).attribution == "Weather data by Open-Meteo.com (CC BY 4.0)"


def test_empty_variables_are_none():
    assert read(AMAP_KEY=" ", OSRM_URL="", NOMINATIM_URL="", TZ="") == read()


@pytest.mark.parametrize(
    "environ, named",
    [
        ({"AMAP_KEY": "has space"}, "AMAP_KEY"),
        ({"AMAP_KEY": "schlüssel"}, "AMAP_KEY"),
        ({"AMAP_URL": "restapi.amap.com"}, "AMAP_URL"),
        ({"AMAP_URL": "https://restapi.amap.com/?x=1"}, "AMAP_URL"),
        ({"AMAP_RATE": "fast"}, "AMAP_RATE"),
        ({"AMAP_RATE": "0"}, "AMAP_RATE"),
        ({"AMAP_RATE": "nan"}, "AMAP_RATE"),
        ({"OSRM_URL": "ftp://host"}, "OSRM_URL"),
        ({"OSRM_WALKING_URL": "http://"}, "OSRM_WALKING_URL"),
        ({"OSRM_BICYCLING_URL": "http://user:s3cret@host"}, "OSRM_BICYCLING_URL"),
        ({"OPEN_METEO_URL": "http://host:99999"}, "OPEN_METEO_URL"),
        ({"OPEN_METEO_URL": "http://[::1"}, "OPEN_METEO_URL"),
        ({"NOMINATIM_URL": "https://host"}, "NOMINATIM_CONTACT"),
        ({"NOMINATIM_URL": "https://host", "NOMINATIM_CONTACT": "某人"}, "NOMINATIM_CONTACT"),
        ({"NOMINATIM_URL": "https://host", "NOMINATIM_CONTACT": "a\r\nX: y"}, "NOMINATIM_CONTACT"),
        ({"TZ": "Mars/Base"}, "TZ"),
        ({"TZ": "../etc"}, "TZ"),
    ],
)
def test_what_cant_be_used_is_named(environ, named):
    with pytest.raises(InputError, match=named) as caught:
        LiveWorld.from_environment(environ)
    assert not any(value in str(caught.value) for value in ("has space", "schlüssel", "s3cret"))


def test_versions_tell_services_apart_and_not_keys():
    base = read(AMAP_KEY=KEY).version()
    assert base == read(AMAP_KEY="another1key").version() == read(AMAP_KEY=KEY, AMAP_RATE="9").version()
    others = [
        read(),
        read(AMAP_KEY=KEY, AMAP_URL="http://mirror"),
        read(AMAP_KEY=KEY, OSRM_URL="http://a"),
        read(AMAP_KEY=KEY, OSRM_WALKING_URL="http://a"),
        read(AMAP_KEY=KEY, OPEN_METEO_URL="off"),
        read(AMAP_KEY=KEY, TZ="Europe/Helsinki"),
        read(AMAP_KEY=KEY, NOMINATIM_URL="http://a", NOMINATIM_CONTACT="me@example.org"),
    ]
    assert len({base, *(settings.version() for settings in others)}) == 8


def test_no_repr_shows_a_key():
    settings = read(AMAP_KEY=KEY)
    world = LiveWorld(settings)
    assert settings.amap_key.reveal() == KEY
    assert not any(KEY in text for text in (repr(settings), str(settings), f"{settings.amap_key}", repr(vars(world))))
