"""All patterns that tasks are drawn from."""

from stagent.queries.pattern import QueryPattern
from stagent.queries.patterns.along import ALONG
from stagent.queries.patterns.application import APPLICATION
from stagent.queries.patterns.attributes import ATTRIBUTES
from stagent.queries.patterns.booking import BOOKING
from stagent.queries.patterns.comparing import COMPARING
from stagent.queries.patterns.comparisons import COMPARISONS
from stagent.queries.patterns.exploring import EXPLORING
from stagent.queries.patterns.feasibility import FEASIBILITY
from stagent.queries.patterns.filtered import FILTERED
from stagent.queries.patterns.meeting import MEETING
from stagent.queries.patterns.missing import MISSING, NO_TOOL
from stagent.queries.patterns.nearest import NEAREST
from stagent.queries.patterns.policies import POLICIES
from stagent.queries.patterns.reputation import REPUTATION
from stagent.queries.patterns.talk import TALK
from stagent.queries.patterns.tickets import TICKETS
from stagent.queries.patterns.traffic import TRAFFIC
from stagent.queries.patterns.transit import TRANSIT
from stagent.queries.patterns.venues import VENUES
from stagent.queries.patterns.ways import WAYS
from stagent.queries.patterns.weather import WEATHER
from stagent.queries.patterns.weather_now import WEATHER_NOW

PATTERNS: tuple[QueryPattern, ...] = (
    *NEAREST,
    *ALONG,
    *MEETING,
    *FILTERED,
    *EXPLORING,
    *ATTRIBUTES,
    *REPUTATION,
    *COMPARING,
    *POLICIES,
    *VENUES,
    *WAYS,
    *COMPARISONS,
    *FEASIBILITY,
    *TRAFFIC,
    *TRANSIT,
    *WEATHER,
    *WEATHER_NOW,
    *TICKETS,
    *BOOKING,
    *APPLICATION,
    *MISSING,
    *NO_TOOL,
    *TALK,
)
BY_NAME = {pattern.name: pattern for pattern in PATTERNS}
