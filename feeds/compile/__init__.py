"""GTFS zips become timetables (`chalicelib/transit/data/timetable.py`), one file per service day.

Each step hands its result to the next: archive (zip → clean text files) → tables (text → columns → one feed, checked
and numbered) → join (several feeds as one) → walking (footpaths) → network → runs and day (one service day as arrays)
→ output or publish (files that readers never see half of).
"""
