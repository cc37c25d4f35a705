"""`python -m tests.property.days_long_run [SMALL [FULL]]`: the properties of days over many generated ones."""

from __future__ import annotations

import sys

from infra.play.day import Player
from tests.fakes.business_day import World, hold


def main(arguments: list[str]) -> None:
    """Plays; a seed that fails is named by the exception's day."""
    small, full = (int(one) for one in [*arguments, "100000", "1000"][:2])
    for people_max, count in ((6, small), (50, full)):
        player = Player()
        for seed in range(count):
            world = World(player, seed, people_max)
            try:
                hold(world.play())
            except AssertionError:
                print(f"does not hold: seed {seed}, up to {people_max} people")
                raise
        print(f"{count} days of up to {people_max} people: all hold")


if __name__ == "__main__":
    main(sys.argv[1:])
