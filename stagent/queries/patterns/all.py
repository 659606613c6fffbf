"""All patterns that tasks are drawn from."""

from stagent.queries.pattern import QueryPattern
from stagent.queries.patterns.along import ALONG
from stagent.queries.patterns.application import APPLICATION
from stagent.queries.patterns.areas import AREAS
from stagent.queries.patterns.attributes import ATTRIBUTES
from stagent.queries.patterns.booking import BOOKING
from stagent.queries.patterns.budget import BUDGET
from stagent.queries.patterns.comparing import COMPARING
from stagent.queries.patterns.comparing_modes import COMPARING_MODES
from stagent.queries.patterns.comparing_roads import COMPARING_ROADS
from stagent.queries.patterns.departures import DEPARTURES
from stagent.queries.patterns.destinations import DESTINATIONS
from stagent.queries.patterns.dialogue import DIALOGUE
from stagent.queries.patterns.dialogue_places import DIALOGUE_PLACES
from stagent.queries.patterns.discovering import DISCOVERING
from stagent.queries.patterns.door_to_door import DOOR_TO_DOOR
from stagent.queries.patterns.errands import ERRANDS
from stagent.queries.patterns.exploring import EXPLORING
from stagent.queries.patterns.fares import FARES
from stagent.queries.patterns.feasibility import FEASIBILITY
from stagent.queries.patterns.filtered import FILTERED
from stagent.queries.patterns.lines import LINES
from stagent.queries.patterns.long_tail import LONG_TAIL
from stagent.queries.patterns.long_tail_now import LONG_TAIL_NOW
from stagent.queries.patterns.long_tail_travel import LONG_TAIL_TRAVEL
from stagent.queries.patterns.meeting import MEETING
from stagent.queries.patterns.missing import MISSING, NO_TOOL
from stagent.queries.patterns.nearest import NEAREST
from stagent.queries.patterns.outings import OUTINGS
from stagent.queries.patterns.policies import POLICIES
from stagent.queries.patterns.rain_or_shine import RAIN_OR_SHINE
from stagent.queries.patterns.reputation import REPUTATION
from stagent.queries.patterns.still_open import STILL_OPEN_WHEN_THERE
from stagent.queries.patterns.stop_orders import STOP_ORDERS
from stagent.queries.patterns.talk import TALK
from stagent.queries.patterns.tickets import TICKETS
from stagent.queries.patterns.tours import TOURS
from stagent.queries.patterns.traffic import TRAFFIC
from stagent.queries.patterns.transit import TRANSIT
from stagent.queries.patterns.trips import TRIPS
from stagent.queries.patterns.venues import VENUES
from stagent.queries.patterns.ways import WAYS
from stagent.queries.patterns.ways_chosen import WAYS_CHOSEN
from stagent.queries.patterns.ways_in_time import WAYS_IN_TIME
from stagent.queries.patterns.weather import WEATHER
from stagent.queries.patterns.weather_ahead import WEATHER_AHEAD
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
    *WAYS_IN_TIME,
    *WAYS_CHOSEN,
    *TRIPS,
    *TOURS,
    *STOP_ORDERS,
    *STILL_OPEN_WHEN_THERE,
    *RAIN_OR_SHINE,
    *OUTINGS,
    *LINES,
    *ERRANDS,
    *DOOR_TO_DOOR,
    *DEPARTURES,
    *COMPARING_ROADS,
    *COMPARING_MODES,
    *BUDGET,
    *AREAS,
    *DISCOVERING,
    *DESTINATIONS,
    *DIALOGUE,
    *DIALOGUE_PLACES,
    *FARES,
    *LONG_TAIL,
    *LONG_TAIL_NOW,
    *LONG_TAIL_TRAVEL,
    *WEATHER_AHEAD,
)
BY_NAME = {pattern.name: pattern for pattern in PATTERNS}
