// Figures from the server: those that are wanted together come in one answer, and what has come is kept.

const MOST_KEPT = 500;

export class Figures {
  #base;
  #state;
  #kept = new Map(); // by renderer and id: the promise of a picture's text, SVG or JSON for Plotly

  constructor(base, state) {
    this.#base = base;
    this.#state = state;
  }

  // `wanted`: pairs of a figure's key and an id that names all that its picture depends on. Resolves to texts by key.
  async get(wanted, step, version, renderer) {
    const missing = wanted.filter(([, id]) => !this.#kept.has(renderer + id));
    if (missing.length) this.#ask(missing, step, version, renderer);
    const texts = wanted.map(async ([key, id]) => [key, await this.#kept.get(renderer + id)]);
    return new Map(await Promise.all(texts));
  }

  #ask(missing, step, version, renderer) {
    const names = missing.map(([key]) => key).join(",");
    const address = `${this.#base}/figures?names=${names}&renderer=${renderer}&v=${version}&${this.#state.query(step)}`;
    const answer = fetchJson(address);
    for (const [key, id] of missing) {
      const text = answer.then((figures) => (renderer === "svg" ? figures[key] : JSON.stringify(figures[key])));
      this.#kept.set(renderer + id, text);
      text.catch(() => this.#kept.delete(renderer + id));
    }
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MOST_KEPT) break;
      this.#kept.delete(oldest);
    }
  }
}

async function fetchJson(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.json();
}
