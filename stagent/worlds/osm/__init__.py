"""Any OpenStreetMap extract, with a GTFS feed's timetables if there is one."""
