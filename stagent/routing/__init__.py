"""Road graphs, routes that know traffic, and journeys by timetable. Knows no tool and no world."""
