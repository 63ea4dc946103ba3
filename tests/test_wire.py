"""The wire: every byte that the browser gets can be turned back into what the player had."""

import json
import math

import numpy as np
import pytest
from numpy_labs import DoubleWell

from sciml_widgets.headless import run
from sciml_widgets.live.wire import Wire, picture_parts, quantise, spec
from sciml_widgets.picture import (
    Arrows,
    Bars,
    Image,
    Lines,
    Picture,
    Plot,
    Points,
    Text,
)
from sciml_widgets.player import Player


def floats(buffer):
    return np.frombuffer(buffer, "<f4")


def test_a_field_survives_its_trip_to_half_a_level():
    rng = np.random.default_rng(0)
    z = rng.uniform(-2.0, 3.0, (17, 9))
    back = np.frombuffer(quantise(Image(z, (0, 1, 0, 1), -2.0, 3.0)), np.uint8).reshape(17, 9)
    level = 5.0 / 254
    assert np.abs(back * level - 2.0 - z).max() <= level / 2 * (1 + 1e-5)


def test_a_field_beyond_its_limits_takes_the_end_colours_and_nan_is_empty():
    z = np.array([[-9.0, 0.0, 9.0, math.nan, math.inf, -math.inf]])
    levels = list(quantise(Image(z, (0, 1, 0, 1), -1.0, 1.0)))
    assert levels == [0, 127, 254, 255, 254, 0]


def test_a_constant_field_with_equal_limits_does_not_divide_by_zero():
    assert set(quantise(Image(np.ones((2, 2)), (0, 1, 0, 1), 1.0, 1.0))) == {0}


def test_every_kind_of_mark_is_plain_json_and_its_arrays_come_back():
    x, y = np.linspace(0, 1, 5), np.array([0.0, 1.0, math.nan, 3.0, 4.0])
    marks = (
        Image(np.zeros((3, 4)), (0, 1, 0, 1), 0.0, 1.0),
        Lines(x, y, "a", band=(y - 1, y + 1)),
        Points(x, y),
        Bars(x, y, 0.1),
        Arrows(x, y, x, y),
        Text(0.5, 0.5, "here"),
    )
    buffers = []
    parts = picture_parts(Picture((Plot("all", marks),), "look"), buffers)
    json.dumps(parts, allow_nan=False)
    sent = parts["plots"][0]["marks"]
    assert [mark["kind"] for mark in sent] == [
        "image",
        "lines",
        "points",
        "bars",
        "arrows",
        "text",
    ]
    assert len(buffers[sent[0]["z"]]) == 12
    np.testing.assert_array_equal(floats(buffers[sent[1]["y"]]), y.astype("f4"))
    np.testing.assert_array_equal(floats(buffers[sent[1]["band"][1]]), (y + 1).astype("f4"))
    np.testing.assert_array_equal(floats(buffers[sent[4]["u"]]), x.astype("f4"))
    used = [v for mark in sent for k, v in mark.items() if k in "zxyuv" and isinstance(v, int)]
    assert sorted([*used, *sent[1]["band"]]) == list(range(len(buffers)))


def assemble(messages):
    """What a browser does with the tracks of a row of messages."""
    tracks, last_run = {}, None
    for header, buffers in messages:
        if header["run"] != last_run:
            tracks, last_run = {}, header["run"]
        for part in header["tracks"]:
            x, y = tracks.setdefault(part["name"], ([], []))
            for have, key in ((x, "x"), (y, "y")):
                new = floats(buffers[part[key]])
                assert len(new) == part["n"] and len(have) >= part["from"]
                have[part["from"] :] = list(new)
    return tracks


@pytest.mark.parametrize("frames", [1, 7, 100, pytest.param(9000, marks=pytest.mark.training)])
def test_the_tracks_in_the_browser_are_the_history_of_the_player(frames):
    wire, messages, count = Wire(), [], 0

    def watch(player):
        nonlocal count
        count += 1
        if count % 13 == 1:
            messages.append(wire.message(player, None, not messages, ""))

    player = run(DoubleWell(), frames=frames, watch=watch)
    messages.append(wire.message(player, None, False, ""))
    tracks = assemble(messages)
    for name, track in player.history.tracks.items():
        x, y = tracks[name]
        np.testing.assert_array_equal(np.array(x, "f4"), np.array(track.x, "f4"))
        np.testing.assert_array_equal(np.array(y, "f4"), np.array(track.y, "f4"))


def test_the_second_message_is_small_and_a_key_frame_is_whole():
    player = run(DoubleWell(), frames=500)
    wire = Wire()
    first = wire.message(player, None, True, "")
    second = wire.message(player, None, False, "")
    assert {"spec", "values", "silent", "ticks"} <= set(first[0])
    assert not {"spec", "values", "ticks"} & set(second[0]) and not second[1]
    again = wire.message(player, None, True, "")
    assert assemble([again]).keys() == player.history.tracks.keys()


def test_a_new_run_tells_its_series_again():
    player = run(DoubleWell(), frames=5)
    wire = Wire()
    wire.message(player, None, True, "")
    player.turn("seed", 1)
    player.round()
    header, _ = wire.message(player, None, False, "")
    assert header["run"] == player.runs and "series" in header["spec"]


def test_the_spec_is_json_and_names_every_knob_and_series():
    lab = DoubleWell()
    told = json.loads(json.dumps(spec(lab), allow_nan=False))
    from sciml_widgets.knobs import knobs

    assert [control["path"] for control in told["controls"]] == list(knobs(lab))
    assert [series["name"] for series in told["series"]] == [s.name for s in lab.series]


def test_messages_of_a_diverged_run_are_json_too():
    player = Player(DoubleWell())
    player.history.append(0, {name: math.nan for name in player.history.tracks})
    header, _ = Wire().message(player, None, True, "")
    json.dumps(header, allow_nan=False)
