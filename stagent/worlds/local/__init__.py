"""What sandbox and osm share: places, routes and transit of a country that is in memory."""
