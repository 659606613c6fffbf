"""All patterns that tasks are drawn from."""

from stagent.queries.pattern import QueryPattern
from stagent.queries.patterns.along import ALONG
from stagent.queries.patterns.exploring import EXPLORING
from stagent.queries.patterns.filtered import FILTERED
from stagent.queries.patterns.meeting import MEETING
from stagent.queries.patterns.nearest import NEAREST
from stagent.queries.patterns.traffic import TRAFFIC
from stagent.queries.patterns.transit import TRANSIT
from stagent.queries.patterns.ways import WAYS
from stagent.queries.patterns.weather import WEATHER
from stagent.queries.patterns.weather_now import WEATHER_NOW

PATTERNS: tuple[QueryPattern, ...] = (
    *ALONG,
    *EXPLORING,
    *FILTERED,
    *MEETING,
    *NEAREST,
    *TRAFFIC,
    *TRANSIT,
    *WAYS,
    *WEATHER,
    *WEATHER_NOW,
)
BY_NAME = {pattern.name: pattern for pattern in PATTERNS}
