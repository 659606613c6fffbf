"""The rules of the invented carriers: baggage, refunds, pets, children, check-in. Pages tell them."""

from typing import NamedTuple


class Rules(NamedTuple):
    """An airline's rules.

    Attributes:
        bags_kg: free hold baggage in economy and in business. cabin_kg: of what goes into the cabin.
        excess_yuan: a kilogram beyond. refund: percent kept with 7 days or more to go, 2 to 7 days, less, afterwards.
        pets: the fee in the hold in yuan, 0: no pets. infant, child: percent of the adult fare.
        closes_min: minutes before departure at which check-in closes.
    """

    bags_kg: tuple[int, int]
    cabin_kg: int
    excess_yuan: int
    refund: tuple[int, int, int, int]
    pets: int
    infant: int
    child: int
    closes_min: int


AIRLINES = {
    "澜海航空": Rules((23, 32), 8, 18, (5, 15, 30, 50), 600, 10, 50, 45),
    "霁云航空": Rules((20, 30), 7, 15, (5, 20, 35, 60), 500, 10, 50, 45),
    "白鹭航空": Rules((20, 30), 7, 16, (0, 15, 40, 60), 0, 10, 50, 40),
    "小帆航空": Rules((0, 0), 7, 25, (30, 60, 90, 100), 0, 20, 100, 60),
}
# Railway: percent kept with 8 days or more to go, 2 to 8 days, 1 to 2 days, less.
RAIL_REFUND = (0, 5, 10, 20)
RAIL_CHANGE_MIN = 30  # free changes until so many minutes before departure
RAIL_BAG_KG, RAIL_CHILD_BAG_KG = 20, 10
RAIL_CHILD_AGES = (6, 14)  # half fare from and below
RAIL_GATE_MIN = 3
METRO_CHILD_CM = 130
METRO_BIKE = "折叠自行车装袋可带，长宽高之和不超过 180 厘米"
