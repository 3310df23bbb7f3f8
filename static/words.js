// What the scripts say, in the language of the page: the server puts the translations into it, English needs none.

const found = document.querySelector("#words");
const translations = found ? JSON.parse(found.textContent) : {};

// _("step {step:,}", { step: 3000 }); the comma asks for marks of thousands, as in Python.
export function _(message, values = {}) {
  const filled = (_whole, name, thousands) => (thousands ? number(values[name]) : values[name]);
  return (translations[message] ?? message).replace(/\{(\w+)(:,)?\}/g, filled);
}

// Spanish leaves four digits together unless asked; the server marks them.
export const number = (value, options) =>
  value.toLocaleString(document.documentElement.lang, { useGrouping: "always", ...options });
