from copy import deepcopy

from pydantic import ValidationError

from ml.problems import problems
from ml.spec import RunSpec
from ml.words import Words, all_of, any_of, plural, words


def test_words_are_an_ordinary_string_that_remembers_what_it_was_made_of() -> None:
    said = words("there are only {count:,}", count=1197)
    assert said == "there are only 1,197"
    assert (said.template, said.values) == ("there are only {count:,}", {"count": 1197})
    assert [plural("{count} layer", "{count} layers", count=count) for count in (1, 2)] == ["1 layer", "2 layers"]


def test_a_list_is_told_with_a_word_between() -> None:
    assert (any_of(["a", "b", "c"]), all_of(["a", "b"]), any_of(["a"])) == ("a or b or c", "a and b", "a")


def test_a_copy_remembers_too_whatever_was_typed() -> None:
    copy = deepcopy(words("{name} is unknown", name="{x}"))
    assert (copy, copy.template, copy.values) == ("{x} is unknown", "{name} is unknown", {"name": "{x}"})


def test_words_survive_pydantic() -> None:
    try:
        RunSpec(batch_size=2000)
    except ValidationError as error:
        [problem] = problems(error)
    assert isinstance(problem.message, Words)
    assert problem.message.values == {"available": 1197}
    assert isinstance(problem.fix, Words)
