import struct
import zlib
from base64 import b64decode
from dataclasses import replace

import numpy as np
import pytest

from app import png
from app.certainty import SHOWN, certainty
from tests.records import make_everything, make_run


def pixels(uri: str) -> np.ndarray:
    """Decodes what app.png writes: the chunks are found and checked, and rows have no filter."""
    data = b64decode(uri.removeprefix("data:image/png;base64,"))
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = {}, 8
    while at < len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        body = data[at + 4 : at + 8 + size]
        assert struct.unpack(">I", data[at + 8 + size : at + 12 + size])[0] == zlib.crc32(body)
        chunks[body[:4]] = body[4:]
        at += 12 + size
    width, height, depth, colour = struct.unpack(">2I2B", chunks[b"IHDR"][:10])
    assert depth == 8
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, -1)
    assert not rows[:, 0].any()
    return rows[:, 1:].reshape(height, width, {0: 1, 2: 3}[colour])


def test_a_grey_picture_runs_from_black_to_white() -> None:
    assert pixels(png.data_uri(np.array([[[-1.0, 0.0, 1.0]]]), -1, 1)).tolist() == [[[0], [128], [255]]]


def test_a_picture_of_three_channels_is_in_colour() -> None:
    picture = np.zeros((3, 2, 2))
    picture[0, 0, 1], picture[2, 1, 0] = 1.0, 1.0
    assert pixels(png.data_uri(picture, 0, 1)).tolist() == [[[0, 0, 0], [255, 0, 0]], [[0, 0, 255], [0, 0, 0]]]


def test_what_is_out_of_range_or_not_a_number_still_makes_a_picture() -> None:
    assert pixels(png.data_uri(np.array([[[-9.0, np.nan, 9.0]]]), 0, 1)).tolist() == [[[0], [0], [255]]]


def test_the_browser_shows_the_same_pixels(page) -> None:  # type: ignore[no-untyped-def]
    picture = np.linspace(0, 16, 3 * 32 * 32).reshape(3, 32, 32)
    uri = png.data_uri(picture, 0, 16)
    drawn = page.evaluate(
        """async (uri) => {
          const image = new Image(); image.src = uri; await image.decode();
          const canvas = new OffscreenCanvas(32, 32).getContext("2d");
          canvas.drawImage(image, 0, 0);
          return [...canvas.getImageData(0, 0, 32, 32).data];
        }""",
        uri,
    )
    assert (np.array(drawn).reshape(32, 32, 4)[:, :, :3] == pixels(uri)).all()


def test_a_run_without_passes_or_before_its_end_has_no_certainty() -> None:
    assert certainty(make_run(2)) is None
    assert certainty(make_everything(2, status="running")) is None


def test_answers_that_are_not_finite_are_not_told() -> None:
    run = make_everything()
    assert run.monte_carlo is not None
    lost = replace(run.monte_carlo, entropy=np.full(40, np.nan, dtype=np.float32))
    assert certainty(replace(run, monte_carlo=lost)) is None


def test_a_sentence_tells_right_from_wrong_answers() -> None:
    found = certainty(make_everything())
    assert found is not None
    assert found.sentence.startswith(
        "Over 10 passes, 5 of 40 validation examples (12.5 %) are answered wrongly. The mean entropy is "
    )
    assert "nats for right answers and 2.28 nats for wrong answers" in found.sentence
    assert found.sentence.endswith(
        "; 0 is certain, ln\N{NO-BREAK SPACE}10\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}2.30 is a guess."
    )


def test_the_examples_at_both_ends_come_with_their_answers() -> None:
    found = certainty(make_everything())
    assert found is not None
    assert [answer.number for answer in found.most] == list(range(SHOWN))
    assert [answer.number for answer in found.least] == [39, 38, 37, 36, 35, 34]
    best, worst = found.most[0], found.least[0]
    assert (best.truth, best.answer, best.right) == ("1", "1", True)
    assert (best.probability, best.spread) == pytest.approx((0.99, 0.1))
    assert (worst.truth, worst.answer, worst.right) == ("0", "1", False)
    assert best.entropy < worst.entropy


def test_classes_keep_their_names_where_only_some_are_trained() -> None:
    run = make_everything(classes=(3, 7))
    found = certainty(run)
    assert found is not None
    assert {answer.answer for answer in found.most} == {"7"}
    assert found.sentence.endswith("0.69 is a guess.")


@pytest.mark.parametrize(("scaling", "low", "high"), [("symmetric", -1, 1), ("unit", 0, 1), ("none", 0, 16)])
def test_pictures_are_grey_again_however_the_inputs_were_scaled(scaling: str, low: float, high: float) -> None:
    run = make_everything(scaling=scaling)
    assert run.monte_carlo is not None
    pictures = np.tile(np.linspace(low, high, 64, dtype=np.float32), (24, 1))
    found = certainty(replace(run, monte_carlo=replace(run.monte_carlo, pictures=pictures)))
    assert found is not None
    grey = pixels(found.most[0].picture)
    assert (grey.shape, grey.min(), grey.max()) == ((8, 8, 1), 0, 255)
