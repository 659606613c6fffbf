"""What stands behind the ten tools: a sandbox, an OpenStreetMap extract, live services, a recording."""
