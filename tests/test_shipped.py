"""The network that comes with the package: its file, its recipe, and what is said if one fails."""

import dataclasses
import json
from pathlib import Path

import pytest
import torch

from sciml_widgets import shipped
from sciml_widgets.shipped import NAME, Recipe
from sciml_widgets.wind_tunnel import channel_errors, draw, pictures

ROOT = Path(__file__).parents[1]
TINY = Recipe(size=16, width=2, hidden=4, steps=3, batch=2)


@pytest.fixture
def where(tmp_path: Path) -> Path:
    """A folder with a network that was trained for three steps."""
    network = shipped.train(TINY)
    shipped.ship(network, TINY, {"command": "a test"}, tmp_path)
    return tmp_path


def test_what_is_shipped_is_loaded_to_half_precision(where: Path) -> None:
    network, loaded = shipped.train(TINY), shipped.load(where)
    for name, one in network.state_dict().items():
        assert torch.equal(one.half().float(), loaded.state_dict()[name])
    assert not loaded.training and not any(one.requires_grad for one in loaded.parameters())


def test_the_same_recipe_gives_the_same_weights(where: Path, tmp_path: Path) -> None:
    first = shipped.load(where).state_dict()
    for seed, same in ((TINY.seed, True), (1, False)):
        recipe = dataclasses.replace(TINY, seed=seed)
        shipped.ship(shipped.train(recipe), recipe, {}, tmp_path / str(seed))
        again = shipped.load(tmp_path / str(seed)).state_dict()
        assert all(torch.equal(one, again[name]) for name, one in first.items()) is same


def test_a_damaged_file_is_an_error_with_a_remedy(where: Path) -> None:
    path = where / f"{NAME}.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"is damaged.*git checkout data.*sciml_widgets\.shipped"):
        shipped.load(where)
    path.unlink()
    with pytest.raises(ValueError, match=r"safetensors is missing\. Get it back"):
        shipped.load(where)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"recipe": {}}', '{"recipe": {"evil": 1}}'])
def test_a_damaged_recipe_is_an_error_with_a_remedy(where: Path, text: str) -> None:
    (where / f"{NAME}.json").write_text(text)
    with pytest.raises(ValueError, match=r"json is damaged.*Get it back"):
        shipped.load(where)
    (where / f"{NAME}.json").unlink()
    with pytest.raises(ValueError, match=r"json is missing"):
        shipped.load(where)


def test_weights_of_another_network_are_an_error(where: Path) -> None:
    path = where / f"{NAME}.json"
    said = json.loads(path.read_text())
    said["recipe"]["width"] = 3
    path.write_text(json.dumps(said))
    with pytest.raises(ValueError, match="of another network"):
        shipped.load(where)


def test_no_case_is_seen_twice_and_the_hash_is_of_the_cases() -> None:
    drawn = torch.cat([one.parameters for one in shipped.cases(TINY)])
    assert len(drawn) == (TINY.steps + 1) * TINY.batch == len(drawn.unique(dim=0))
    same = shipped.data_hash(TINY)
    assert same == shipped.data_hash(dataclasses.replace(TINY, lr=1.0))
    assert same != shipped.data_hash(dataclasses.replace(TINY, seed=2))


def test_the_file_in_this_checkout_is_of_the_recipe_in_the_code() -> None:
    said = shipped.about()
    assert Recipe(**said["recipe"]) == Recipe(), "train it again: make network"
    size = (shipped.folder() / f"{NAME}.safetensors").stat().st_size
    assert size == said["bytes"] < 3_000_000


@pytest.mark.training
def test_the_data_of_the_recipe_have_the_hash_that_is_kept() -> None:
    assert shipped.data_hash(Recipe()) == shipped.about()["data"]["sha256"]


@pytest.mark.training
def test_the_shipped_network_knows_the_flow_and_its_airfoils_are_still() -> None:
    torch.set_default_dtype(torch.float32)  # the fixture of the tests sets it back
    network = shipped.load()
    generator = torch.Generator().manual_seed(99)
    for kind in ("new airfoils", "new family"):
        truth = pictures(draw(kind, 8, generator), 128)
        found = network(truth.inputs)
        assert float(channel_errors(found, truth).mean(1).median()) < 0.1
        solid = truth.inputs[:, :2].square().sum(1, keepdim=True) == 0
        assert not (found * solid).any()


def test_data_and_recorded_runs_stay_small() -> None:
    """Below 10 MB in all, so that a clone stays quick."""
    files = [*(ROOT / "data").iterdir(), *(ROOT / "lessons" / "results").glob("*.json")]
    assert sum(one.stat().st_size for one in files) < 10_000_000
