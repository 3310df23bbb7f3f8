"""The table of checks, one entry a row: sections A to F, a minute a seed, and the long runs."""

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

from ml.labs import measures as m
from ml.records import RunRecord
from tests.reproduction import measures as own


class Expected(NamedTuple):
    """Of a number. Nothing holds for one that is not a number."""

    text: str
    holds: Callable[[float], bool]


def above(least: float) -> Expected:
    """A step that never came is above every one that did."""
    return Expected(f"> {least:g}", lambda value: value > least)


def below(most: float) -> Expected:
    return Expected(f"< {most:g}", lambda value: value < most)


def between(least: float, most: float) -> Expected:
    return Expected(f"{least:g} - {most:g}", lambda value: least < value < most)


NEVER = Expected("never", math.isinf)


class Check(NamedTuple):
    """A number that follows from one or more runs, and what is expected of it."""

    section: str
    runs: tuple[str, ...]
    quantity: str
    measure: Callable[..., float]
    expected: Expected

    def value(self, runs: Mapping[str, RunRecord]) -> float:
        return self.measure(*(runs[name] for name in self.runs))


def percent_wrong(run: RunRecord) -> float:
    return 100 * m.final_error(run)


STANDARD, NORMALIZED = ("tanh 5x50",), ("tanh 5x50 N",)
DEEP, SHALLOW, CLIMBING = ("sigmoid 4x100",), ("sigmoid 2x100",), ("tanh 4x100",)
TANH, TANH_N, SOFTSIGN, SOFTSIGN_N, SIGMOID = ("tanh",), ("tanh N",), ("softsign",), ("softsign N",), ("sigmoid",)
FIGURE_2 = ("sigmoid, long",)
ACTIVATION, GRADIENT = "activation", "backprop_gradient"

CHECKS = (
    # Figures 6 to 8 and the Jacobian of section 4.2.1.
    Check("A", STANDARD, "std z1 / std z5", lambda r: m.bottom_over_top(r, ACTIVATION), above(6)),
    Check("A", STANDARD, "std z / std z below, largest", lambda r: m.above_over_below(r).max(), below(0.70)),
    Check("A", STANDARD, "std dC/ds5 / std dC/ds1", lambda r: 1 / m.bottom_over_top(r, GRADIENT), above(6)),
    Check("A", STANDARD, "std dC/dW, largest / smallest", lambda r: m.spread(r, "weight_gradient"), below(2)),
    Check("A", STANDARD, "Jacobian of layers 2-5, smallest", lambda r: m.jacobians(r).min(), between(0.45, 0.52)),
    Check("A", STANDARD, "Jacobian of layers 2-5, largest", lambda r: m.jacobians(r).max(), between(0.45, 0.52)),
    Check("A", NORMALIZED, "std z1 / std z5", lambda r: m.bottom_over_top(r, ACTIVATION), below(2.6)),
    Check("A", NORMALIZED, "std z / std z below, smallest", lambda r: m.above_over_below(r).min(), above(0.70)),
    Check("A", NORMALIZED, "std dC/ds5 / std dC/ds1", lambda r: 1 / m.bottom_over_top(r, GRADIENT), below(3)),
    Check("A", NORMALIZED, "std dC/dW, largest / smallest", lambda r: m.spread(r, "weight_gradient"), below(2.5)),
    Check("A", NORMALIZED, "Jacobian of layers 2-5, smallest", lambda r: m.jacobians(r).min(), between(0.67, 0.85)),
    Check("A", NORMALIZED, "Jacobian of layers 2-5, largest", lambda r: m.jacobians(r).max(), between(0.67, 0.85)),
    # Figure 2: the top layer of a sigmoid net saturates at 0.
    Check("B", DEEP, "mean z4 at step 300", lambda r: own.at(r, 300, m.curve(r, "mean", 4)), below(0.25)),
    Check("B", DEEP, "mean z4 at step 1,000", lambda r: own.at(r, 1000, m.curve(r, "mean", 4)), below(0.10)),
    Check("B", DEEP, "mean z4 at step 1,800", lambda r: own.at(r, 1800, m.curve(r, "mean", 4)), below(0.05)),
    Check("B", DEEP, "std z4 at the end", lambda r: m.curve(r, "std", 4)[-1], below(0.01)),
    Check("B", DEEP, "mean z3 at the end", lambda r: m.curve(r, "mean", 3)[-1], above(0.65)),
    Check("B", DEEP, "mean z2 at the end", lambda r: m.curve(r, "mean", 2)[-1], above(0.515)),
    Check("B", DEEP, "mean z3 - z2 and z2 - z1 at the end, smaller", lambda r: own.least_rise(r, 3), above(0)),
    Check("B", DEEP, "error in % at the end", percent_wrong, above(80)),
    Check("B", DEEP, "step of test loss < 2.05", m.step_learned, NEVER),
    # And leaves saturation again, the sooner the fewer layers it has.
    Check("C", SHALLOW, "std z2, smallest", lambda r: m.curve(r, "std", 2).min(), below(0.03)),
    Check("C", SHALLOW, "step of it", lambda r: own.narrowest(r, 2), below(2500)),
    Check("C", SHALLOW, "std z2 at the end", lambda r: m.curve(r, "std", 2)[-1], above(0.07)),
    Check("C", SHALLOW, "the same / smallest", lambda r: own.recovery(r, 2), above(4)),
    Check("C", SHALLOW, "std z1 then", lambda r: own.at(r, own.narrowest(r, 2), m.curve(r, "std", 1)), below(0.25)),
    Check("C", SHALLOW, "std z1 at the end", lambda r: m.curve(r, "std", 1)[-1], above(0.30)),
    Check("C", SHALLOW, "step of test loss < 2.05", m.step_learned, below(4200)),
    # Figure 3, top: tanh saturates from the bottom up.
    Check("D", CLIMBING, "t1, step of 98th percentile of |z1| > .9", lambda r: m.step_saturated(r, 1), below(3000)),
    Check("D", CLIMBING, "t2 - t1", lambda r: m.step_saturated(r, 2) - m.step_saturated(r, 1), above(2000)),
    Check("D", CLIMBING, "t3 - t2", lambda r: m.step_saturated(r, 3) - m.step_saturated(r, 2), above(0)),
    Check("D", CLIMBING, "share of |z1| > .9 at the end", lambda r: m.share(r, 1), above(0.3)),
    Check("D", CLIMBING, "share of |z2| > .9 / of |z1|", lambda r: own.share_ratio(r, 2, 1), below(0.4)),
    Check("D", CLIMBING, "share of |z3| > .9 / of |z2|", lambda r: own.share_ratio(r, 3, 2), below(0.6)),
    # Figures 3, bottom, and 4: softsign stays away from its ends.
    Check("E", SOFTSIGN, "share of |z| > .9, largest", lambda r: max(m.share(r, i) for i in range(1, 6)), below(0.02)),
    Check("E", SOFTSIGN, "share of |z1| > .94", lambda r: m.share(r, 1, 0.94), below(0.005)),
    Check("E", SOFTSIGN, "share of |z1| in .5 - .9", lambda r: m.share(r, 1, 0.5, 0.9), above(0.45)),
    Check("E", SOFTSIGN, "98th percentiles of |z2| - |z4|, apart", lambda r: m.percentiles_apart(r, 2, 4), below(0.2)),
    Check("E", TANH_N, "share of |z1| > .9", lambda r: m.share(r, 1), above(0.35)),
    # Figure 11: what learns at all, and in which order.
    Check("F", TANH_N, "step of test loss < 2.05", m.step_learned, below(1300)),
    Check("F", TANH_N, "error in %", percent_wrong, below(77)),
    Check("F", SOFTSIGN_N, "step of test loss < 2.05", m.step_learned, below(1300)),
    Check("F", SOFTSIGN_N, "error in %", percent_wrong, below(77)),
    Check("F", SOFTSIGN, "step of test loss < 2.05", m.step_learned, below(3500)),
    Check("F", SOFTSIGN + TANH_N, "steps after the first", m.learned_after, above(0)),
    Check("F", SOFTSIGN + SOFTSIGN_N, "steps after the first", m.learned_after, above(0)),
    Check("F", SOFTSIGN, "error in %", percent_wrong, below(77)),
    Check("F", TANH, "step of test loss < 2.05", m.step_learned, NEVER),
    Check("F", TANH, "error in %", percent_wrong, above(80)),
    Check("F", SIGMOID, "step of test loss < 2.05", m.step_learned, NEVER),
    Check("F", SIGMOID, "error in %", percent_wrong, above(80)),
)  # fmt: skip

LONG_CHECKS = (
    # Figure 2 as a whole. Another implementation left saturation after 71 to 75 thousand steps, on one seed; this one
    # does on seeds 0 to 2 after 91, 76 and 77 thousand.
    Check("fig. 2", FIGURE_2, "std z4, smallest", lambda r: m.curve(r, "std", 4).min(), below(0.001)),
    Check("fig. 2", FIGURE_2, "step of it", lambda r: own.narrowest(r, 4), below(71e3)),
    Check("fig. 2", FIGURE_2, "next step of std z4 > .01", lambda r: own.escape(r, 4, 0.01), between(60e3, 100e3)),
    Check("fig. 2", FIGURE_2, "std z4 at the end", lambda r: m.curve(r, "std", 4)[-1], above(0.03)),
    # Table 1's order.
    Check("table 1", ("tanh N, long",), "error in %", percent_wrong, below(60)),
    Check("table 1", ("softsign N, long", "tanh N, long"), "error in %, more than tanh N", m.errs_more, above(0)),
    Check("table 1", ("softsign, long", "softsign N, long"), "error in %, more than softsign N", m.errs_more, above(0)),
    Check("table 1", ("tanh, long", "softsign, long"), "error in %, more than softsign", m.errs_more, above(0)),
)  # fmt: skip
