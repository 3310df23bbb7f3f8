// Fields that only some choices use are shown with these choices alone, and not sent without them. What theory expects
// follows what is typed.

const PREVIEW_MS = 250; // after the last key

const form = document.querySelector("form.experiment");
const preview = document.querySelector("#preview");

// What is typed in a field; of a choice that each layer may have of its own, all of them.
function valuesOf(name) {
  const each = form.elements[`${name}_layers`]?.value.trim();
  return (each || form.elements[name].value).split(/[\s,;]+/);
}

function isUsed({ usedBy, values }) {
  const found = usedBy.split(" ").flatMap(valuesOf);
  return values ? found.some((value) => values.split(" ").includes(value)) : found.some((value) => Number(value) !== 0);
}

// `wrong` ones stay at first, so that one sees what is wrong with them.
function showUsed(keepWrong) {
  for (const part of form.querySelectorAll("[data-used-by]")) {
    part.hidden = !isUsed(part.dataset) && !(keepWrong && part.classList.contains("wrong"));
    const input = part.querySelector("input, select");
    if (input) input.disabled = part.hidden;
  }
}

let timer = 0;
let asked = new AbortController();

function previewSoon() {
  clearTimeout(timer);
  timer = setTimeout(showPreview, PREVIEW_MS);
}

async function showPreview() {
  asked.abort();
  asked = new AbortController();
  try {
    const answer = await fetch(`/new/preview?${new URLSearchParams(new FormData(form))}`, { signal: asked.signal });
    // Signed out, one is led to a page that is no fragment.
    if (answer.ok && !answer.redirected) preview.innerHTML = await answer.text();
  } catch {
    // Overtaken by the next one, or no server: what is shown stays.
  }
}

form.addEventListener("input", () => {
  showUsed(false);
  previewSoon();
});
// Going back to the page brings back what was chosen, after the script has run.
addEventListener("pageshow", () => {
  showUsed(true);
  previewSoon();
});
showUsed(true);
