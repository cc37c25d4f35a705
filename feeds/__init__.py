"""Works on feeds: GTFS zips, GTFS-Realtime, GBFS; and the operator's command line."""

EXIT_UNUSABLE = 2  # of every command, for input that cannot be used; 1 is Python's own for what went wrong with us
