"""Outages: intervals in which a business, or its booking tool, cannot be relied on (see README.md)."""
