// Numbers in text: few digits, a real minus, and powers of ten for what is tiny.

import { number } from "../words.js";

const TINY = 1e-4;
const RAISED = { "-": "⁻", ...Object.fromEntries([..."⁰¹²³⁴⁵⁶⁷⁸⁹"].entries()) };

export function written(value, digits) {
  const options = { maximumSignificantDigits: digits };
  if (value === 0 || Math.abs(value) >= TINY) return number(value, options).replace("-", "−");
  const [mantissa, power] = number(value, { ...options, notation: "scientific" }).split("E");
  return `${mantissa.replace("-", "−")} · 10${power.replaceAll(/./g, (sign) => RAISED[sign])}`;
}
