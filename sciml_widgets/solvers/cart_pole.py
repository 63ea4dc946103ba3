"""A cart with a pole that swings on it, pushed by a force. Knows no loss and no network.

A state is (..., 4): the cart's place x and speed v, the pole's angle φ from hanging straight
down (π is upright) and how fast it turns, ω.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from sciml_widgets.solvers.stability import hold

__all__ = ["LIMITS", "PoleOnCart"]

State = Float[Tensor, "*batch 4"]

LIMITS = {1: 2.0, 4: math.sqrt(8)}
"""By order: how large dt ω0 may be, ω0 the rate of the pole's small swings."""


@dataclass(frozen=True)
class PoleOnCart:
    """A cart of mass M on rails, a mass m at the end of a light pole of length l; no friction.

    (M + m) x'' + m l (φ'' cos φ - φ'² sin φ) = F,   x'' cos φ + l φ'' = -g sin φ.

    Units: kg, m, s, N. Kept without a force: the energy
    ½(M + m) v² + m l v ω cos φ + ½ m l² ω² - m g l cos φ, the momentum (M + m) v + m l ω cos φ.
    Hanging at rest and standing at rest stay so; standing, a small error grows e-fold in a time
    1/ω0, ω0² = g (M + m) / (M l). order 4 is Runge-Kutta; order 1 moves with the new speeds
    (symplectic Euler's idea, though the energy here is no sum of two). The masses are those of
    Barto, Sutton and Anderson (1983), doi 10.1109/TSMC.1983.6313077.

    Hanging, a step is stable while dt ω0 <= √8 (order 4) or 2 (order 1). Good values: dt = 0.04.
    """

    dt: float = 0.04
    cart: float = 1.0
    bob: float = 0.1
    length: float = 0.5
    gravity: float = 9.81
    order: int = 4
    ignore_limit: bool = False

    def __post_init__(self) -> None:
        if self.order not in LIMITS:
            raise ValueError(f"order={self.order}: there are steps of order 1 and 4")
        numbers = (self.dt, self.cart, self.bob, self.length, self.gravity)
        if not all(0 < number < math.inf for number in numbers):
            raise ValueError(
                f"dt, cart, bob, length and gravity must be above 0, got "
                f"{', '.join(f'{number:g}' for number in numbers)}"
            )

    @property
    def rate(self) -> float:
        """ω0, radians a second: of small swings; standing, of the fall."""
        total = self.cart + self.bob
        return math.sqrt(self.gravity * total / (self.cart * self.length))

    def step(self, state: State, force: Float[Tensor, "*batch"] | float = 0.0) -> State:
        """The state one step later, the force F (...,) held. Raises Unstable beyond the limit."""
        if not self.ignore_limit:
            hold(self.dt * self.rate, LIMITS[self.order], "dt ω0", "take a smaller dt")
        if self.order == 1:
            x, v, angle, turn = state.unbind(-1)
            _, a, _, b = self._change(state, force).unbind(-1)
            v, turn = v + self.dt * a, turn + self.dt * b
            return torch.stack([x + self.dt * v, v, angle + self.dt * turn, turn], -1)
        half = self.dt / 2
        one = self._change(state, force)
        two = self._change(state + half * one, force)
        three = self._change(state + half * two, force)
        four = self._change(state + self.dt * three, force)
        return state + self.dt / 6 * (one + 2 * two + 2 * three + four)

    def path(
        self, start: State, forces: Float[Tensor, "*batch steps"] | Callable[[State], Tensor],
        steps: int | None = None,
    ) -> Float[Tensor, "*batch times 4"]:  # fmt: skip
        """The states after 0, 1, ... steps, under one force a step, or under F(state).

        Raises ValueError if `steps` is not given with a function, or given with forces.
        """
        if isinstance(forces, Tensor) != (steps is None):
            raise ValueError("give steps= with a function of the state, and not with forces")
        states = [start]
        for k in range(forces.shape[-1] if isinstance(forces, Tensor) else steps or 0):
            push = forces[..., k] if isinstance(forces, Tensor) else forces(states[-1])
            states.append(self.step(states[-1], push))
        return torch.stack(states, -2)

    def energy(self, state: State) -> Float[Tensor, "*batch"]:
        """In joule; 0 if the pole lies level at rest, m g l if it stands."""
        _, v, angle, turn = state.unbind(-1)
        cos, arm = torch.cos(angle), self.bob * self.length
        moving = (self.cart + self.bob) * v**2 / 2 + arm * v * turn * cos
        return moving + arm * self.length * turn**2 / 2 - arm * self.gravity * cos

    def momentum(self, state: State) -> Float[Tensor, "*batch"]:
        """Along the rails, in kg m/s; it changes by the force times the time."""
        _, v, angle, turn = state.unbind(-1)
        return (self.cart + self.bob) * v + self.bob * self.length * turn * torch.cos(angle)

    def _change(self, state: Tensor, force: Tensor | float) -> Tensor:
        """The two equations, solved for x'' and φ''."""
        _, v, angle, turn = state.unbind(-1)
        sin, cos = torch.sin(angle), torch.cos(angle)
        pull = force + self.bob * sin * (self.length * turn**2 + self.gravity * cos)
        a = pull / (self.cart + self.bob * sin**2)
        return torch.stack([v, a, turn, -(self.gravity * sin + a * cos) / self.length], -1)
