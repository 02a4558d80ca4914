// What the parts of the page share.

export const $ = (id) => document.getElementById(id);
export const number = new Intl.NumberFormat("en-US");
export const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

/** The airports of the country, by code; filled once. */
export const airports = new Map();

export const city = (code) => airports.get(code)?.city ?? "";
export const lateness = (minutes) => (minutes > 60 ? "verylate" : minutes > 15 ? "late" : "early");
export const signed = (minutes) => `${minutes > 0 ? "+" : minutes < 0 ? "−" : ""}${Math.abs(minutes).toFixed(1)}`;

/** Sets text only when it differs, so that screen readers hear changes and nothing else. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** An element with a class and content. */
export function make(tag, className, ...content) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...content);
  return element;
}

/** The colours of the style sheet, for what is drawn on a canvas. */
export function colours() {
  const style = getComputedStyle(document.documentElement);
  const names = ["panel", "text", "dot", "accent", "early", "late", "verylate", "line"];
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

/** Asks for JSON: whether that went well, and what came. */
export async function ask(path, options = {}) {
  const answer = await fetch(path, { headers: { Accept: "application/json" }, ...options });
  return { ok: answer.ok, status: answer.status, body: await answer.json() };
}

/** Makes a canvas as fine as the screen, and tells how fine that is. */
export function fit(canvas) {
  const ratio = Math.min(devicePixelRatio || 1, 2);
  const { width, height } = canvas.getBoundingClientRect();
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  return ratio;
}
