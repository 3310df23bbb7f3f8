// Fields that only some choices use are shown with these choices alone, and not sent without them.

const form = document.querySelector("form.experiment");

// `wrong` ones stay at first, so that one sees what is wrong with them.
function showUsed(keepWrong) {
  for (const field of form.querySelectorAll("[data-used-by]")) {
    const choice = form.elements[field.dataset.usedBy].value;
    const used = field.dataset.choices.split(" ").includes(choice);
    field.hidden = !used && !(keepWrong && field.classList.contains("wrong"));
    field.querySelector("input").disabled = field.hidden;
  }
}

form.addEventListener("change", () => showUsed(false));
// Going back to the page brings back what was chosen, after the script has run.
addEventListener("pageshow", () => showUsed(true));
showUsed(true);
