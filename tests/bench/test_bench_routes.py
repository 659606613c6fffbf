"""The measure of routes a second counts what it says, on a small town."""

from experiments.bench.routes import routes_per_second
from tests.stagent.routing.streets import city, rush_hours


def test_every_route_is_another_question(monkeypatch):
    town, asked = city(12), []
    route = type(town).route

    def counted(self, stops, mode, **how):
        asked.append((str(stops), how["leave"]))
        return route(self, stops, mode, **how)

    monkeypatch.setattr(type(town), "route", counted)
    figures = routes_per_second(town, rush_hours(), routes=20)
    assert len(set(asked)) == 40  # two rounds
    assert figures["nodes"] == len(town.graph("driving").nodes) and figures["edges"] == len(town.graph("driving").edges)
    assert figures["rate"] > 0 and figures["first"] > 0 and figures["p50_ms"] <= figures["p99_ms"]
