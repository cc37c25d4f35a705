"""GTFS zips become timetables (`chalicelib/transit/data/timetable.py`), one file per service day.

The data's way: archive (zip → clean text files) → tables (text → columns) → part (one feed, checked and numbered;
with stops, calendar, stop_times, transfers, frequencies beside it) → network (several parts as one, linked by
walking) → day (one service day as arrays) → output (files that readers never see half of).
"""
