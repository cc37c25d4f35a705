"""Recorded or simulated days, played through the code that the hub runs."""
