"""Water and parks of the sandbox's cities, against the ground that streets were drawn on."""

import numpy as np
import pytest
from matplotlib.path import Path

from stagent.worlds.sandbox.country import BY_NAME
from stagent.worlds.sandbox.ground import Ground


@pytest.mark.parametrize("number", range(6))
def test_the_map_is_wet_where_no_street_is(world, number):
    city = world.cities[number]
    ground = Ground(BY_NAME[city.name], world.seed)
    water = [Path(ring) for area in city.areas if area.kind == "water" for ring in area.rings]
    assert len(water) == 1 + (ground.plan.coast is not None) + (ground.lake is not None)
    points = np.array([place.at for place in city.places])
    assert np.mean([path.contains_points(points) for path in water]) < 0.005  # a few stand on a bridge
    # and what is no land inside the city's outline is water: points every 200 m, away from banks and shores
    x, y = np.meshgrid(*[np.arange(-0.8, 0.8, 200 / ground.plan.radius) * ground.plan.radius] * 2)
    x, y = x.ravel(), y.ravel()
    clear = np.hypot(x, y) < 0.8 * ground.plan.radius
    if ground.plan.coast is not None:
        clear &= np.abs(ground.inland(x, y)) > 100
    clear &= np.abs(ground.river_side(x, y)) > 100
    wet = np.any([path.contains_points(np.stack(ground.degrees(x, y), axis=1)) for path in water], axis=0)
    dry = ground.dry(x, y)
    near_lake = ground.lake is not None and np.abs(np.hypot(x - ground.lake[0], y - ground.lake[1]) - 950) < 100
    assert (wet != dry)[clear & ~np.asarray(near_lake)].all()


def test_parks_are_where_their_paths_are(world):
    greens = [(city, area) for city in world.cities for area in city.areas if area.kind == "green"]
    named = sum(name.endswith("公园步道") for city in world.cities for name in city.roads.names)
    assert 0.8 * named <= len(greens) <= named
    for city, area in greens:
        (ring,) = area.rings
        nodes = set(zip(city.roads.lat.tolist(), city.roads.lon.tolist(), strict=True))
        assert set(ring) <= nodes and len(ring) >= 4
