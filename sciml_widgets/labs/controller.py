"""A network that pushes smoke towards a target, step by step. Knows no panel and no letter."""

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn
from torch.nn import functional

from sciml_widgets.solvers.flow import Flow, resampled

__all__ = ["Controller", "steered"]

COARSE = 16
"""Points on which the network works: forces have no waves that are shorter."""

STRETCH = (1, 2, 1)
"""How far apart the 5 points of each convolution are: all three together see the whole ring."""


class Controller(nn.Module):
    """The force for the next step, from the state, the target, and the share of time left.

    States (b, 3, n, n) and targets (b, n, n) to forces (b, 2, n, n). Three convolutions round the
    ring: what is shifted is pushed as before, only elsewhere. Untrained it does not push.
    """

    def __init__(self, width: int, generator: Generator) -> None:
        super().__init__()
        self.layers = nn.ModuleList()
        sizes = (6, width, width, 2)
        for before, after, stretch in zip(sizes, sizes[1:], STRETCH, strict=False):
            layer = nn.utils.skip_init(nn.Conv2d, before, after, 5, dilation=stretch)
            bound = 0.0 if after == 2 else (25 * before) ** -0.5
            for weight in layer.parameters():
                draw = torch.rand(weight.shape, generator=generator, dtype=torch.float64)
                weight.data = (2 * draw - 1) * bound
            self.layers.append(layer)

    def forward(
        self, state: Float[Tensor, "b 3 n n"], target: Float[Tensor, "b n n"], left: float
    ) -> Float[Tensor, "b 2 n n"]:
        """The force; it acts during one step."""
        missing = target - state[:, 2]
        seen = torch.cat([state, missing[:, None], torch.full_like(missing[:, None], left)], 1)
        h = resampled(torch.cat([seen, target[:, None]], 1), COARSE)
        for i, layer in enumerate(self.layers):
            h = functional.silu(h) if i else h
            edge = 2 * STRETCH[i]
            h = layer(functional.pad(h, (edge,) * 4, mode="circular"))
        return 10 * resampled(h, state.shape[-1])


def steered(
    network: Controller, flow: Flow, start: Float[Tensor, "b 3 n n"],
    target: Float[Tensor, "b n n"], steps: int,
) -> tuple[Float[Tensor, "b 3 n n"], Float[Tensor, "b steps 2 n n"]]:  # fmt: skip
    """The state after so many steps with the network at the wheel, and the forces it chose.

    Raises Unstable where it pushes the flow beyond its limit.
    """
    state, forces = start, []
    for k in range(steps):
        forces.append(network(state, target, 1 - k / steps))
        state = flow.step(state, forces[-1])
    return state, torch.stack(forces, 1)
