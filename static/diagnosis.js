// The diagnosis follows the run while it goes on: the server draws it anew, and what the reader has opened stays open.

const REST_MS = 1500; // between two, so that the figures come first and the training has the processor

// `query()` is what the page's address says. Returns what is to be called whenever the run has got further.
export function followDiagnosis(root, base, query) {
  const said = root.appendChild(Object.assign(document.createElement("p"), { className: "visually-hidden", role: "status" }));
  let timer = 0;
  let shown = "";

  const soon = () => (timer ||= setTimeout(drawAnew, REST_MS));

  async function drawAnew() {
    timer = 0;
    const answer = await fetch(`${base}/diagnosis.html?${query()}`).catch(() => null);
    const old = root.querySelector("#diagnosis");
    if (!answer || old?.matches(":active")) return soon(); // whoever is just pressing a button shall hit it
    if (!answer.ok || answer.redirected) return; // deleted, revoked or signed out
    const text = await answer.text();
    if (text === shown) return;
    shown = text;
    const fresh = new DOMParser().parseFromString(text, "text/html").querySelector("#diagnosis");
    if (old && fresh) replace(old, fresh, said);
  }

  return soon;
}

function replace(old, fresh, said) {
  const focused = old.contains(document.activeElement) && document.activeElement.id;
  for (const { id } of old.querySelectorAll("details[open]")) fresh.querySelector(`#${id}`)?.setAttribute("open", "");
  const isNew = fresh.dataset.tells !== old.dataset.tells;
  old.replaceWith(fresh);
  const heading = fresh.querySelector("h2");
  if (focused) (fresh.querySelector(`#${focused}`) ?? heading).focus({ preventScroll: true });
  // Its numbers change with every snapshot: read aloud is another finding only.
  if (isNew) said.textContent = `${heading.textContent.trim()}. ${fresh.querySelector(".verdict").textContent.trim()}`;
}
