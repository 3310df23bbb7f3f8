// "A link for the class": the page as it stands, without the controls that the teacher unticks.

import { copy } from "../permalink.js";
import { _ } from "../words.js";

const root = document.querySelector("#handout");
const controls = document.querySelector("#controls");

function boxFor(control) {
  const label = document.createElement("label");
  const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: true, value: control.dataset.control });
  const text = (control.querySelector("label, legend")?.firstChild.textContent ?? control.dataset.control).trim();
  label.append(box, text);
  return label;
}

function address() {
  const boxes = [...root.querySelectorAll(".keep input")];
  const hidden = boxes.filter((box) => !box.checked).map((box) => box.value);
  const query = new URLSearchParams(location.search);
  query.delete("lang");
  // With every box ticked nothing is hidden, but the class still needs no box of its own.
  query.set("hide", hidden.length === boxes.length ? "all" : hidden.join(",") || "handout");
  return `${location.origin}${location.pathname}?${query}`.replaceAll("%2C", ",");
}

if (root) {
  const show = () => (root.querySelector("[readonly]").value = address());
  root.querySelector(".keep").append(...[...controls.querySelectorAll("[data-control]")].map(boxFor));
  root.addEventListener("toggle", show);
  root.addEventListener("change", show);
  root.querySelector("[data-copy]").addEventListener("click", async () => {
    show();
    root.querySelector("[role=status]").textContent = (await copy(address())) ? _("Link copied") : "";
  });
}
