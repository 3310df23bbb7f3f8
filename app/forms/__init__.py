"""The form of a run or an experiment: flat fields, the same as its URL and the body of the API."""

from app.forms.fields import Choice, EachLayer, FormField, Group, groups, head
from app.forms.plan import Complaint, Plan, Wrong, complaints, plan, plan_query, shortened
from app.forms.tables import CHOICES, GROUPS, LABELS, USED_BY, UsedBy, hint
from app.forms.text import as_text, encoded, parse, query, spaced, successor_query, typed, whole_number
from app.forms.vary import VaryOption, VaryRow, options, parse_vary, rows, typed_vary

__all__ = [
    "CHOICES", "GROUPS", "LABELS", "USED_BY", "Choice", "Complaint", "EachLayer", "FormField", "Group", "Plan",
    "UsedBy", "VaryOption", "VaryRow", "Wrong", "as_text", "complaints", "encoded", "groups", "head", "hint", "options",
    "parse", "parse_vary", "plan", "plan_query", "query", "rows", "shortened", "spaced",
    "successor_query", "typed", "typed_vary", "whole_number",
]  # fmt: skip
