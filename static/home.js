// The list of runs: found as one types, drawn anew while one of them trains, and what is chosen to be compared.

import { pageNow } from "./live.js";
import { _ } from "./words.js";

const REFRESH_MS = 2000;
const TYPING_MS = 250;
const MOST = 8;

const filters = document.querySelector("#filters");
const compare = document.querySelector("#compare");
const chosen = new Set();
const shown = new WeakMap(); // what the server sent for a part of the list
let asked = 0;
let typing = 0;

if (filters) {
  filters.querySelector("button").hidden = true;
  filters.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(find, TYPING_MS);
  });
  filters.addEventListener("submit", (event) => {
    event.preventDefault();
    find();
  });
  document.addEventListener("change", ({ target }) => {
    if (target.name === "run") choose(target);
  });
  addEventListener("pageshow", () => list().querySelectorAll("[name=run]:checked").forEach(choose)); // came back to
  setInterval(() => {
    if (list().dataset.active && !document.hidden) refresh().catch(() => {});
  }, REFRESH_MS);
  tellChoice();
}

function list() {
  return document.querySelector("#runs");
}

// The address says what is looked for, so that it can be sent and come back to.
function find() {
  const wanted = [...new FormData(filters)].filter(([, value]) => value.trim());
  const address = wanted.length ? `/?${new URLSearchParams(wanted)}` : "/";
  history.replaceState(null, "", address);
  refresh().catch(() => location.assign(address));
}

async function refresh() {
  const number = ++asked;
  const fresh = (await pageNow())?.querySelector("#runs");
  if (fresh && number === asked) update(fresh); // else something newer was asked for meanwhile
}

// Only the rows that have changed are replaced: what is read aloud, focused or pointed at stays.
function update(fresh) {
  const focused = document.activeElement?.id;
  const old = list();
  const rows = new Map([...old.querySelectorAll("li[id]")].map((row) => [row.id, row]));
  for (const row of fresh.querySelectorAll("li[id]")) {
    const text = row.innerHTML;
    const kept = rows.get(row.id);
    if (kept && text === (shown.get(kept) ?? kept.innerHTML)) row.replaceWith(kept);
    else shown.set(row, text);
  }
  old.replaceWith(fresh);
  for (const box of fresh.querySelectorAll("[name=run]")) box.checked = chosen.has(box.value);
  if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus({ preventScroll: true });
  tellChoice();
}

function choose(box) {
  chosen[box.checked ? "add" : "delete"](box.value);
  tellChoice();
}

// Runs that were chosen on another page or under another filter are compared too.
function tellChoice() {
  for (const old of compare.querySelectorAll("[type=hidden], [data-clear]")) old.remove();
  const here = new Set([...list().querySelectorAll("[name=run]")].map((box) => box.value));
  for (const value of chosen) if (!here.has(value)) compare.append(Object.assign(document.createElement("input"), { type: "hidden", name: "run", value }));
  const button = compare.querySelector("button");
  const count = chosen.size;
  compare.classList.toggle("chosen", count > 0);
  button.disabled = count < 2 || count > MOST;
  button.textContent = count < 2 ? _("Compare") : _("Compare {count} runs", { count });
  compare.querySelector("[role=status]").textContent = reason(count);
  if (count) compare.append(clearing());
}

function reason(count) {
  if (!count) return _("Choose 2 to 8 runs to see them side by side.");
  if (count === 1) return _("1 run chosen: choose another one.");
  return count > MOST ? _("{count} runs chosen: 8 are the most that can be told apart.", { count }) : _("{count} runs chosen", { count });
}

function clearing() {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "link";
  button.dataset.clear = "";
  button.textContent = _("Choose none");
  button.onclick = () => {
    chosen.clear();
    for (const box of list().querySelectorAll("[name=run]")) box.checked = false;
    tellChoice();
    list().querySelector("[name=run]")?.focus();
  };
  return button;
}
