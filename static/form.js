// Fields that only some choices use are shown with these choices alone, and not sent without them.

const form = document.querySelector("form.experiment");

function showUsed() {
  for (const field of form.querySelectorAll("[data-used-by]")) {
    const choice = form.elements[field.dataset.usedBy].value;
    field.hidden = !field.dataset.choices.split(" ").includes(choice);
    field.querySelector("input").disabled = field.hidden;
  }
}

form.addEventListener("change", showUsed);
// Going back to the page brings back what was chosen, after the script has run.
addEventListener("pageshow", showUsed);
showUsed();
