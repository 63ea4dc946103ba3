"""The network for flows of 128 x 128 pixels that comes with the package: its recipe, its file.

    python -m sciml_widgets.shipped        train it again (some minutes of one core)

Knows no lab and no lesson. The data are not kept: the recipe draws them again, bit for bit.
"""

import hashlib
import json
import platform
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Generator, Tensor

from sciml_widgets import checkpoint
from sciml_widgets.any_wind import AnyWind
from sciml_widgets.checkpoint import Checkpoint
from sciml_widgets.physics.airfoil import Airfoils
from sciml_widgets.train import cosine, descend
from sciml_widgets.whole import write_whole
from sciml_widgets.wind_tunnel import channel_errors, draw, pictures

__all__ = [
    "NAME",
    "Recipe",
    "about",
    "airfoils",
    "cases",
    "data_hash",
    "folder",
    "load",
    "ship",
    "train",
]

NAME = "flow_128"
"""`data/flow_128.safetensors` holds the weights, `data/flow_128.json` how they were made."""

AGAIN = "python -m sciml_widgets.shipped"
PACKAGE = Path(__file__).parent
THICKEST = 0.20
WARM_UP = 100
"""Steps in which the rate rises."""
LOOK_EVERY = 250
"""Steps between two looks at airfoils that are not trained on."""

Heard = Callable[[int, float, AnyWind], None]


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights: the network, the data and the training.

    Each step of Adam sees `batch` airfoils that no other step sees: of the kind "training", but
    from `thinnest` on, for a network is poor at the border of what it has seen. What falls is the
    relative error by which it is judged. The rate rises to `lr`, then falls along a cosine to
    `floor` of itself.
    """

    size: int = 128
    width: int = 16
    hidden: int = 24
    thinnest: float = 0.04
    steps: int = 8000
    batch: int = 4
    lr: float = 3e-3
    floor: float = 0.01
    seed: int = 128


def airfoils(recipe: Recipe, count: int, generator: Generator) -> Airfoils:
    """Random airfoils of the kind that a recipe trains on."""
    some = draw("training", count, generator)
    shares = torch.rand(count, generator=generator, dtype=torch.float32)
    thickness = recipe.thinnest + (THICKEST - recipe.thinnest) * shares
    return Airfoils(thickness, some.camber, some.tail, some.angle)


def cases(recipe: Recipe) -> Iterator[Airfoils]:
    """The airfoils of each step, in order."""
    generator = Generator().manual_seed(recipe.seed)
    for _ in range(recipe.steps + 1):
        yield airfoils(recipe, recipe.batch, generator)


def data_hash(recipe: Recipe) -> str:
    """sha256 of thickness, camber, tail and angle of all cases, float32, one case a row.

    The pictures follow from these numbers; their last digits differ between processors.
    """
    digest = hashlib.sha256()
    for some in cases(recipe):
        digest.update(some.parameters.numpy().astype("<f4").tobytes())
    return digest.hexdigest()


def train(recipe: Recipe, *, said: Heard | None = None) -> AnyWind:
    """The network of a recipe. `said` hears each step, its loss, and the network as it is."""
    network = untrained(recipe, Generator().manual_seed(recipe.seed + 1))
    tunnel, now = cases(recipe), 0

    def losses() -> dict[str, Tensor]:
        with torch.no_grad():
            known = pictures(next(tunnel), recipe.size)
        return {"loss": channel_errors(network(known.inputs), known).mean()}

    steps = descend(
        network.parameters(), losses, weights=lambda: {"loss": 1.0},
        lr=lambda: recipe.lr * min(1, (now + 1) / WARM_UP)
        * cosine(now, recipe.steps, recipe.floor), steps=recipe.steps,
    )  # fmt: skip
    for step in steps:
        now = step.step
        if said is not None:
            said(now, step.losses["loss"], network)
    return network.eval()


def untrained(recipe: Recipe, generator: Generator) -> AnyWind:
    """A network as the recipe wants it, with random weights."""
    return AnyWind(
        size=recipe.size, width=recipe.width, hidden=recipe.hidden, generator=generator,
        dtype=torch.float32,
    )  # fmt: skip


def folder() -> Path:
    """Where the file is: a checkout's `data/`, else the one inside the package."""
    checkout = PACKAGE.parent / "data"
    return checkout if (PACKAGE.parent / "pyproject.toml").is_file() else PACKAGE / "_data"


def about(where: Path | None = None) -> dict[str, Any]:
    """What `data/flow_128.json` says: recipe, hashes, how it was made. Raises ValueError."""
    path = (where or folder()) / f"{NAME}.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        Recipe(**found["recipe"])
        str(found["sha256"])
    except FileNotFoundError:
        raise ValueError(_remedy(f"{path} is missing")) from None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ValueError(_remedy(f"{path} is damaged ({type(error).__name__})")) from None
    return dict(found)


def load(where: Path | None = None) -> AnyWind:
    """The shipped network, ready to answer; nothing is unpickled.

    Raises:
        ValueError: a file is missing, or is not, byte for byte, the one that the recipe names.
            The message says how to get it back.
    """
    said, path = about(where), (where or folder()) / f"{NAME}.safetensors"
    try:
        data = path.read_bytes()
    except OSError:
        raise ValueError(_remedy(f"{path} is missing")) from None
    if (found := hashlib.sha256(data).hexdigest()) != said["sha256"]:
        raise ValueError(
            _remedy(
                f"{path} is damaged: its sha256 is {found[:12]}..., "
                f"expected {str(said['sha256'])[:12]}..."
            )
        )
    network = untrained(Recipe(**said["recipe"]), Generator())
    weights = checkpoint.read(path).weights
    try:
        network.load_state_dict({name: one.float() for name, one in weights.items()})
    except RuntimeError as error:
        first = str(error).splitlines()[0]
        raise ValueError(_remedy(f"{path} is of another network ({first})")) from None
    return network.eval().requires_grad_(False)


def ship(network: AnyWind, recipe: Recipe, made: dict[str, Any], where: Path) -> int:
    """Write the weights, halved to float16, and the recipe with both hashes. Returns the bytes."""
    weights = {name: one.half() for name, one in network.state_dict().items()}
    path = where / f"{NAME}.safetensors"
    checkpoint.save(Checkpoint(weights, NAME, asdict(recipe)), path)
    data = path.read_bytes()
    told = {
        "file": path.name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "licence": "CC-BY-4.0",
        "recipe": asdict(recipe),
        "data": {
            "drawn by": "sciml_widgets.shipped.cases",
            "cases": (recipe.steps + 1) * recipe.batch,
            "sha256": data_hash(recipe),
            "hashed": "thickness, camber, tail, angle as little-endian float32, a case a row",
        },
        "made": made,
    }
    text = json.dumps(told, indent=1, ensure_ascii=False) + "\n"
    write_whole(where / f"{NAME}.json", text.encode())
    return len(data)


def main() -> int:
    """Train the network of the recipe and put it where `load` finds it."""
    recipe, where, began = Recipe(), folder(), time.process_time()
    torch.set_num_threads(1)
    unseen = pictures(
        draw("new airfoils", 40, Generator().manual_seed(recipe.seed + 2)), recipe.size
    )

    def said(step: int, loss: float, network: AnyWind) -> None:
        if step % LOOK_EVERY == 0:
            with torch.no_grad():
                found = network.eval()(unseen.inputs)
            network.train()
            error = float(channel_errors(found, unseen).mean(1).median())
            spent = time.process_time() - began
            print(f"step {step} of {recipe.steps}: loss {loss:.4f}, new airfoils {error:.4f}, "
                  f"{spent:.0f} s", flush=True)  # fmt: skip

    network = train(recipe, said=said)
    made = {
        "command": AGAIN,
        "threads": 1,
        "cpu seconds": round(time.process_time() - began),
        "versions": {"python": platform.python_version(), "torch": str(torch.__version__)},
    }
    size = ship(network, recipe, made, where)
    print(f"{where / NAME}.safetensors: {size:,} bytes")
    return 0


def _remedy(trouble: str) -> str:
    return (
        f"{trouble}. Get it back: `git checkout data` in a clone, `python -m pip install "
        f"--force-reinstall --no-deps sciml-widgets` elsewhere; or train it again: `{AGAIN}`"
    )


if __name__ == "__main__":
    sys.exit(main())
