import math

import pytest

from app.preview import verdict


@pytest.mark.parametrize(
    ("stds", "says", "alarm"),
    [
        ([1.0, 1.001, 1.002], "The signal keeps its strength: healthy.", False),
        ([1.0, 0.8, 0.64], "The signal shrinks by a factor 1.25 per layer: healthy.", False),
        ([1.0, 0.5, 0.25], "The signal shrinks by a factor 2 per layer: it fades.", False),
        ([1.0, 2.0, 4.0], "The signal grows by a factor 2 per layer: it builds up.", False),
        ([1.0, 0.25, 0.0625], "The signal shrinks by a factor 4 per layer: it vanishes.", True),
        ([1.0, 4.0, 16.0], "The signal grows by a factor 4 per layer: it explodes.", True),
        ([1.0, math.inf, math.nan], "The signal grows beyond all numbers: it explodes.", True),
        ([0.0, 0.0], "The signal is 0: nothing gets through.", True),
        ([0.3], "With one hidden layer the signal has no way to go.", False),
    ],
)
def test_a_signal_is_told_by_what_happens_to_it_per_layer(stds: list[float], says: str, alarm: bool) -> None:
    assert verdict("activation", stds) == (says, alarm)
