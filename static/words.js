// What the scripts say, in the language of the page: the server puts the translations into it, English needs none.

const found = document.querySelector("#words");
const translations = found ? JSON.parse(found.textContent) : {};

// _("step {step}", { step: 3 })
export function _(message, values = {}) {
  return (translations[message] ?? message).replace(/\{(\w+)\}/g, (_whole, name) => values[name]);
}

export const number = (value, options) => value.toLocaleString(document.documentElement.lang, options);
