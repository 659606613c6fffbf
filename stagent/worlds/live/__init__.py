"""The present, from public services: Amap, OSRM, Nominatim and Open-Meteo, whichever the environment names."""
