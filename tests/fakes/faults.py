"""Ports that fail: seeded dice decide before each call whether it is not reached, after it whether the process dies."""

from __future__ import annotations

import random
from typing import Any

from chalicelib.foundation.ports import Unavailable


class Crash(BaseException):
    """The process died here; what it had done stays done. Nothing in it hears of that."""


class Dice:
    """Decides, reproducibly; `faults` counts those that it made. `quiet` ends all faults."""

    def __init__(self, seed: int, share: float) -> None:
        self._random = random.Random(seed)
        self._share = share
        self.faults = 0
        self.quiet = False

    def fall(self) -> bool:
        falls = not self.quiet and self._random.random() < self._share
        self.faults += falls
        return falls

    def either(self, *errors: BaseException) -> BaseException:
        return self._random.choice(errors)


class Faulty:
    """Stands in front of a port. A call may fail before it has an effect, or take effect and be the process's last."""

    def __init__(self, port: Any, dice: Dice) -> None:
        self._port, self._dice = port, dice

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._port, name)

        def tried(*args: Any, **kwargs: Any) -> Any:
            if self._dice.fall():
                raise self._dice.either(Unavailable(f"{name} was not reached"), Crash(f"before {name}"))
            answer = call(*args, **kwargs)
            if self._dice.fall():
                raise Crash(f"after {name}")
            return answer

        return tried
