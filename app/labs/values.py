"""The numbers of a lab's measures as people write them."""

import math

from app.i18n import gettext as _
from app.i18n import ngettext, percent
from app.wording import amount
from ml.labs import Expected
from ml.labs.lab import Unit


def written(value: float, unit: Unit) -> str:
    """`12.5 %`, `4.2 points`, `350 steps`, `430 times`; in words what is no number."""
    if math.isnan(value):
        return _("can't be told")
    if unit == "steps" and math.isinf(value):
        return _("never")
    return _with_unit(value, unit)


def _with_unit(value: float, unit: Unit) -> str:
    match unit:
        case "share":
            return percent(value, ".3g") if math.isfinite(value) else amount(value)
        case "points":
            return _("{number} points", number=amount(100 * value))
        case "steps":
            return ngettext("{count} step", "{count} steps", round(value))
        case "times":
            return _("{number} times", number=amount(value))
        case _:
            return amount(value)


def expected(bounds: Expected, unit: Unit) -> str:
    """What the claim says of a value: `above 100 times`."""
    least, most = bounds
    if math.isinf(most):
        return _("above {least}", least=_with_unit(least, unit))
    if math.isinf(least):
        return _("below {most}", most=_with_unit(most, unit))
    return _("between {least} and {most}", least=_with_unit(least, unit), most=_with_unit(most, unit))
