"""How much each dimension counts, by an instruction's class. The paper has no figures: these are ours."""

from stagent.reward.score import DIMENSIONS

_PLANNING = (0.5, 0.3, 0.2)
_FINDING = (0.3, 0.5, 0.2)
_OTHERS = (0.25, 0.35, 0.4)
_BY_CLASS = {"planning_and_decision": _PLANNING, "discovery": _FINDING, "dynamic_information": _FINDING}


def weights_of(leaf: str) -> dict[str, float]:
    """Weights by dimension, which add up to 1:
    ``weights_of("discovery.area_summaries") == {"planning": 0.3, "fidelity": 0.5, "presentation": 0.2}``."""
    return dict(zip(DIMENSIONS, _BY_CLASS.get(leaf.partition(".")[0], _OTHERS), strict=True))
