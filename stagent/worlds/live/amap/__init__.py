"""Amap's Web Service: places, routes and weather of China, with coordinates in GCJ-02."""
