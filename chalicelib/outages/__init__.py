"""Outages: intervals in which a business, or its booking tool, cannot be relied on.

| module | what |
|---|---|
| outage | an outage as a value, and its JSON |
| reported | what an operator says about one becomes an outage, or a clear error |
| watch | when failed calls of a tool are an outage, and when it is over |
| watches | what calls of a tool's interface came to, remembered |
| forecast | how long it will last: a range |
| store | outages as documents; those that are open travel with their business |
| detected | the minute's look: outages of tools open, last, and end |

A tool that is merely quiet has no outage (`activity.silent_for` is the operator's matter), nor has one that refuses our
credentials (HTTP 401, 403) or knows nothing of what we ask (404, 410): it answers.
"""
