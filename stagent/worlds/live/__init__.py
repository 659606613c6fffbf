"""Adapters for services that know the real world: Amap, OSRM, Nominatim, Open-Meteo."""
