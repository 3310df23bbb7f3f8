"""Lines over the epochs: loss, error, activation bands, gradient flow; and where a run diverged."""

import numpy as np

from app.figures import axes, marks, smoothing
from app.figures.axes import Array, Json
from app.figures.densities import common_range
from app.figures.layer_lines import layer_label, layer_line, name_lines
from app.figures.view import View
from app.i18n import gettext as _
from app.i18n import localised
from app.theme import Theme
from ml.records import RunRecord


def loss(run: RunRecord, theme: Theme, view: View) -> Json:
    """The mean loss on a fixed part of the training set and on the whole validation set, measured with dropout off.

    Both fall: the network learns. Train falls while validation rises: it learns the examples by heart. Both stay
    where they began: no gradient arrives where it is needed, see the gradient flow. The axis is logarithmic only
    where the loss explodes.
    """
    return _curves(run, theme, view, "loss", _("mean loss, nats"), "{:.3g}")


def error(run: RunRecord, theme: Theme, view: View) -> Json:
    """The share of wrong answers on the same examples as the loss, in percent.

    It is what counts in the end, but it moves in jumps: a network can lower its loss for a while without a single
    answer changing (Glorot & Bengio, 2010, figures 11 and 12, show the test error).
    """
    return _curves(run, theme, view, "error", _("wrong answers, %"), "{:.1f} %", unit=100)


def _curves(run: RunRecord, theme: Theme, view: View, metric: str, title: str, value: str, unit: float = 1) -> Json:
    values = np.array([run.metric(f"{split}_{metric}") for split in ("train", "val")]).T * unit
    y_axis = axes.fitting(theme, values, view.log)
    title = smoothing.title(title) if view.smooth else title
    layout = marks.frame(theme, 230, epoch_axis(run, theme), y_axis, title, right=88)
    lines = _train_and_val(run, theme, axes.shown(values, y_axis))
    explain_gaps(run, theme, layout)
    if view.smooth:
        averages = _train_and_val(run, theme, axes.shown(smoothing.smoothed(values), y_axis))
        _name_with_values(layout, averages, values, value)
        lines = smoothing.behind(lines, averages)
    else:
        _name_with_values(layout, lines, values, value)
    return {"data": lines, "layout": layout}


def _name_with_values(layout: Json, lines: list[Json], values: Array, written: str) -> None:
    """Name the lines at their ends, with the last value that was measured even where the line cannot show it."""
    ends = []
    for line, column in zip(lines, values.T, strict=True):
        if end := marks.end(line):
            last = localised(written.format(column[np.isfinite(column)][-1]))
            ends.append(end._replace(text=f"{end.text} {last}"))
    marks.name_ends(layout, ends)


def _train_and_val(run: RunRecord, theme: Theme, values: Array) -> list[Json]:
    """`values` (epochs, 2)."""
    looks = ((_("train"), theme.colour(lambda p: p.train), "solid"),
             (_("val"), theme.colour(lambda p: p.validation), "6px,3px"))  # fmt: skip
    epochs = np.array(run.epochs)
    return [marks.line(*marks.thinned(epochs, column), *look) for column, look in zip(values.T, looks, strict=True)]


def bands(run: RunRecord, theme: Theme, layer: str | None) -> Json:
    """One hidden layer's activations z over training: their mean (line), mean ± standard deviation (band), and the
    2nd and 98th percentile (dotted), over all units and all monitoring examples. The vertical axis is the same for
    every layer.

    A band that presses against the edge of the activation's range is a layer that saturates: a sigmoid layer whose
    mean sticks to 0 is the stuck top layer of Glorot & Bengio (2010), figure 2; tanh layers whose percentiles run to
    ±1 one after the other, from the bottom up, are its figure 3. A band that gets thinner from layer to layer means
    that the signal dies on its way up.
    """
    index, depth = _index(run, layer), run.spec.depth
    stats = {name: run.statistic("activation", name) for name in ("mean", "std", "p02", "p98")}
    mean, std, p02, p98 = (values[:, index] for values in stats.values())
    colour = theme.layer(index, depth)
    title = _("{layer}: activation z", layer=layer_label(index, depth))
    layout = marks.frame(theme, 200, epoch_axis(run, theme, ticks=4), _activation_axis(run, theme, stats), title)
    layout["annotations"][0]["font"] = {"color": colour, "size": 12}
    epochs, dotted = np.array(run.epochs), ("2px,2px", 1)
    data = [
        marks.band(run.epochs, mean - std, mean + std, _("mean ± std"), theme.layer(index, depth, alpha=0.2)),
        marks.line(*marks.thinned(epochs, p02), _("2nd percentile"), colour, *dotted),
        marks.line(*marks.thinned(epochs, p98), _("98th percentile"), colour, *dotted),
        marks.line(*marks.thinned(epochs, mean), _("mean"), colour, "solid"),
    ]
    data = [trace | {"meta": run.spec.layers[index]} for trace in data]
    explain_gaps(run, theme, layout)
    return {"data": data, "layout": layout}


def _index(run: RunRecord, layer: str | None) -> int:
    names = run.spec.hidden_layers
    if layer is not None and layer not in names:
        raise LookupError(f"no hidden layer '{layer}'; there are {', '.join(names)}")
    return names.index(layer) if layer else 0


def _activation_axis(run: RunRecord, theme: Theme, stats: dict[str, Array]) -> Json:
    bounded = common_range(run)
    ends = [stats["mean"] - stats["std"], stats["mean"] + stats["std"], stats["p02"], stats["p98"]]
    return axes.linear(theme, *axes.padded(*(bounded or axes.round_range(np.concatenate(ends, axis=None)))), ticks=5)


def gradient_flow(run: RunRecord, theme: Theme, view: View) -> Json:
    """The standard deviation of the gradient that arrives at each hidden layer's pre-activations, N · ∂C/∂s, over
    training, on a logarithmic axis.

    Lines close together: every layer learns at a like pace. Lines that fan out, the first layer lowest: the gradient
    vanishes on its way down, by the same factor in each layer, and the first layers hardly learn (Glorot & Bengio,
    2010, equation 6 and figure 7). The first layer highest: it explodes.
    """
    std = run.statistic("backprop_gradient", "std")
    y_axis = axes.fitting(theme, std, view.log is not False)
    layout = marks.frame(theme, 280, epoch_axis(run, theme), y_axis, _("std of the gradient N · ∂C/∂s"), right=70)
    epochs = np.array(run.epochs)
    columns = enumerate(axes.shown(std, y_axis).T)
    data = [layer_line(run.spec, theme, i, *marks.thinned(epochs, column)) for i, column in columns]
    explain_gaps(run, theme, layout)
    if run.snapshots and np.all(std == 0):
        marks.say(layout, _("every gradient is exactly 0"))
    name_lines(layout, data)
    return {"data": data, "layout": layout}


def epoch_axis(run: RunRecord, theme: Theme, ticks: int = 6, air: float | None = None) -> Json:
    """As far as the run came; while it goes on to a round number, so that the axis moves seldom. `air` epochs are added
    on both sides, by default a hundredth."""
    end = run.epochs[-1] if run.snapshots else 0.0
    if run.status in ("queued", "running"):
        end = min(axes.round_limit(end), run.spec.epochs)
    end = end or 1.0
    margin = 0.01 * end if air is None else air
    return axes.linear(theme, -margin, end + margin, _("epoch"), ticks)


def explain_gaps(run: RunRecord, theme: Theme, layout: Json) -> None:
    """Say why there is nothing to see, or from where on."""
    if not run.snapshots:
        marks.say(layout, _("waiting for the first snapshot"))
    elif diverged := run.diverged_at:
        marks.vertical_line(theme, layout, diverged.epoch, _("not finite from epoch {epoch:.4g}", epoch=diverged.epoch))
