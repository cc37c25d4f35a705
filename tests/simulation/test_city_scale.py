"""The simulation of a city under AWS's limits, with a small city; the command beside this one plays a large one."""

from __future__ import annotations

from tests.benchmarks.city_scale import Simulation


def test_every_ticket_is_decided_at_every_snapshot_whatever_the_store_refuses() -> None:
    simulation = Simulation(400)
    report = simulation.run(2)
    assert len(report.decided) == 800
    assert report.p(0.99) < 20


def test_what_a_full_partition_refuses_is_done_within_a_minute() -> None:
    """As if each partition took twenty units a second."""
    simulation = Simulation(400)
    simulation.limits.read_most, simulation.limits.write_most = 20, 20
    report = simulation.run(1)
    assert simulation.limits.refused
    assert 0 < report.oldest_throttled < 60
