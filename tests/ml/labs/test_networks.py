from ml.labs import LABS, judge
from ml.transfer import misfit
from tests.ml.labs.made import made


def erring(arm: str, *errors: float):
    """A run with these validation errors, one every ten steps from step 0 on."""
    return made("transfer-learning", arm, len(errors), metrics={"val_error": errors})


RIGHT = {
    "source": erring("source", 0.8, 0.7),
    "reused": erring("reused", 0.5, 0.3, 0.2, 0.2),
    "few": erring("few", 0.5, 0.5, 0.4, 0.4),
    "more": erring("more", 0.5, 0.5, 0.5, 0.3),
}


def test_the_lab_on_transfer_counts_the_steps_saved(check_verdicts):
    check_verdicts("transfer-learning", RIGHT, {**RIGHT, "more": erring("more", 0.5, 0.3, 0.2, 0.2)})
    assert LABS["transfer-learning"].measures[0].read(RIGHT) == 20


def test_the_lab_on_transfer_wants_as_few_examples_not_to_be_enough_from_scratch(check_verdicts):
    check_verdicts("transfer-learning", RIGHT, {**RIGHT, "few": erring("few", 0.5, 0.5, 0.3, 0.3)})


def test_a_network_from_scratch_that_never_gets_there_is_the_last_choice():
    lab = LABS["transfer-learning"]
    verdict = judge(lab, {0: {**RIGHT, "more": erring("more", 0.5, 0.5, 0.5, 0.4)}})

    assert (verdict.word, verdict.outcome) == ("confirmed", len(lab.choices) - 1)


def test_the_lab_on_transfer_is_undecided_where_nobody_gets_there():
    runs = {arm: erring(arm, 0.5, 0.5) for arm in LABS["transfer-learning"].arms}

    assert judge(LABS["transfer-learning"], {0: runs}).word == "undecided"


def test_the_reused_layers_fit():
    arms = LABS["transfer-learning"].arms

    assert misfit(arms["reused"].spec, arms[arms["reused"].after].spec) is None


def test_the_lab_on_convolution_wants_nine_of_ten_answers_right(check_verdicts):
    name = "convolution"

    def answering(error: float):
        return {arm: made(name, arm, metrics={"val_error": error}) for arm in LABS[name].arms}

    check_verdicts(name, answering(0.06), answering(0.12))


def test_the_numbers_of_parameters_are_those_that_it_tells():
    lab = LABS["convolution"]

    for arm in lab.arms.values():
        assert f"{arm.spec.parameters:,}" in arm.label
    assert f"{lab.arms['convolutional'].spec.parameters:,}" in lab.question
