"""Which services stand behind the live world, from the environment alone."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from utils import InputError

AMAP_URL = "https://restapi.amap.com"
OPEN_METEO_URL = "https://api.open-meteo.com"
# Amap's limit for a developer without a contract, requests a second; AMAP_RATE says what a contract allows.
AMAP_RATE = 3.0
_ZONE = "Asia/Shanghai"
OSRM_VARIABLES = {"driving": "OSRM_URL", "walking": "OSRM_WALKING_URL", "bicycling": "OSRM_BICYCLING_URL"}


class Secret:
    """A key that no repr, no str and no digest shows; ``reveal`` is called where a request leaves."""

    __slots__ = ("_value",)

    def __init__(self, value: str):
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """What the environment says.

    Attributes:
        amap_key: None: Amap is not used. amap_rate: requests a second.
        osrm: mode (a key of ``OSRM_VARIABLES``) → address. A stock OSRM holds one profile and ignores the one that a
            request names, so every mode needs an address of its own.
        nominatim_url, open_meteo_url: ``""``: not used.
        nominatim_contact: an address of e-mail or of a page, which Nominatim's rules of use ask for.
        zone: of clocks.
    """

    amap_key: Secret | None = None
    amap_url: str = AMAP_URL
    amap_rate: float = AMAP_RATE
    osrm: dict[str, str] = field(default_factory=dict)
    nominatim_url: str = ""
    nominatim_contact: str = ""
    open_meteo_url: str = OPEN_METEO_URL
    zone: tzinfo = field(default_factory=lambda: ZoneInfo(_ZONE))

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "LiveSettings":
        """Reads AMAP_KEY, AMAP_URL, AMAP_RATE, OSRM_URL, OSRM_WALKING_URL, OSRM_BICYCLING_URL, NOMINATIM_URL,
        NOMINATIM_CONTACT, OPEN_METEO_URL (``off``: not used) and TZ; an empty variable counts as one not set.

        Raises:
            InputError: a variable can't be used; a key's value is not in the message.
        """
        said = {name: value.strip() for name, value in environ.items() if value.strip()}
        contact = said.get("NOMINATIM_CONTACT", "")
        if "NOMINATIM_URL" in said and not (contact.isascii() and contact.isprintable() and contact):
            raise InputError(
                "NOMINATIM_URL needs NOMINATIM_CONTACT: an e-mail address or a page in ASCII, "
                "which Nominatim's rules of use ask for"
            )
        weather = said.get("OPEN_METEO_URL", OPEN_METEO_URL)
        return cls(
            amap_key=_key(said),
            amap_url=_address("AMAP_URL", said.get("AMAP_URL", AMAP_URL)),
            amap_rate=_rate(said),
            osrm={mode: _address(name, said[name]) for mode, name in OSRM_VARIABLES.items() if name in said},
            nominatim_url=_address("NOMINATIM_URL", said["NOMINATIM_URL"]) if "NOMINATIM_URL" in said else "",
            nominatim_contact=contact,
            open_meteo_url="" if weather == "off" else _address("OPEN_METEO_URL", weather),
            zone=_zone(said),
        )

    def version(self) -> str:
        """A digest of which services are used, where; without keys and contacts."""
        used = [
            f"amap={self.amap_url if self.amap_key else ''}",
            *(f"osrm-{mode}={url}" for mode, url in sorted(self.osrm.items())),
            f"nominatim={self.nominatim_url}",
            f"open-meteo={self.open_meteo_url}",
            f"zone={self.zone}",
        ]
        return hashlib.sha256("\n".join(used).encode()).hexdigest()[:16]


def _key(said: Mapping[str, str]) -> Secret | None:
    key = said.get("AMAP_KEY")
    if key is None:
        return None
    if not key.isascii() or not key.isalnum():
        raise InputError("AMAP_KEY is no key of Amap's Web Service: letters and digits only (its value is not shown)")
    return Secret(key)


def _address(name: str, url: str) -> str:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment:
        raise InputError(f"{name} must be an http or https address without a query, such as https://host:port/path")
    if parts.username or parts.password:
        raise InputError(f"{name} must not hold a user name or a password")
    return url.rstrip("/")


def _rate(said: Mapping[str, str]) -> float:
    try:
        rate = float(said.get("AMAP_RATE", AMAP_RATE))
    except ValueError:
        rate = 0
    if not 0.01 <= rate <= 1000:
        raise InputError("AMAP_RATE must be a number of requests a second from 0.01 to 1000")
    return rate


def _zone(said: Mapping[str, str]) -> ZoneInfo:
    name = said.get("TZ", _ZONE).removeprefix(":")
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # KeyError: ZoneInfoNotFoundError
        raise InputError(f"TZ must be a name of a time zone such as Asia/Shanghai, not {name[:50]!r}") from None
