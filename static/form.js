// Fields that only some choices use are shown with these choices alone, and not sent without them. What theory expects
// and the address of the page follow what is typed.

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

// What differs from what stands there at first, as a query string that people can read: hidden=300,100.
function query() {
  const changed = [...new FormData(form)].filter(([name, value]) => value.trim() !== form.elements[name].dataset.default);
  const short = changed.map(([name, value]) => [name, name === "name" ? value : value.trim().replace(/([,;])\s+/g, "$1")]);
  const filled = short.filter(([, value]) => value !== "");
  return new URLSearchParams(filled).toString().replaceAll("%2C", ",").replaceAll("%3B", ";");
}

function showAddress() {
  const asked = query();
  const address = asked ? `/new?${asked}` : "/new";
  history.replaceState(history.state, "", address);
  for (const link of document.querySelectorAll(".languages a")) {
    link.href = `${address}${asked ? "&" : "?"}lang=${link.hreflang}`;
  }
}

let timer = 0;
let asked = new AbortController();

function followSoon() {
  clearTimeout(timer);
  timer = setTimeout(follow, PREVIEW_MS);
}

async function follow() {
  showAddress();
  asked.abort();
  asked = new AbortController();
  try {
    const answer = await fetch(`/new/preview?${query()}`, { signal: asked.signal });
    // Signed out, one is led to a page that is no fragment.
    if (answer.ok && !answer.redirected) preview.innerHTML = await answer.text();
  } catch {
    // Overtaken by the next one, or no server: what is shown stays.
  }
}

// The values that the field which was chosen can have stand under its row; another empty row follows the last one.
const rows = document.querySelector("#grid");

function showHint(select) {
  const row = select.closest(".vary");
  row.querySelector(".hint").textContent = select.selectedOptions[0].dataset.hint ?? "";
  row.classList.remove("wrong");
  if (row === rows.lastElementChild && select.value) addRow(row);
}

function addRow(row) {
  const number = Number(row.querySelector("select").name.slice(-1));
  if (number === 9) return;
  const next = row.cloneNode(true);
  for (const part of next.querySelectorAll("[id], [for], [name]")) {
    for (const attribute of ["id", "for", "name", "aria-describedby"]) {
      const value = part.getAttribute(attribute);
      if (value) part.setAttribute(attribute, value.replace(/^(vary|values)\d/, `$1${number + 1}`));
    }
  }
  next.querySelector("select").value = next.querySelector("input").value = "";
  next.querySelector(".hint").textContent = "";
  row.after(next);
}

rows.addEventListener("change", ({ target }) => {
  if (target.tagName === "SELECT") showHint(target);
});
form.addEventListener("input", () => {
  showUsed(false);
  followSoon();
});
// Going back to the page brings back what was chosen, after the script has run.
addEventListener("pageshow", () => {
  showUsed(true);
  showAddress();
  const how = performance.getEntriesByType("navigation")[0]?.type;
  if (how !== "navigate") followSoon();
});
showUsed(true);
