// How late flights are expected to come: what worker.js says, beside what has come of it so far.

import { $, ask, city, make, number, say, signed } from "./page.js";

const EVERY_MILLIS = 2000;
const SHOWN = 6;
const FIRST_HOUR = 5; // hardly any flight leaves earlier

const columns = Array.from({ length: 24 - FIRST_HOUR }, (_, i) => {
  const column = make("li", "", make("span", "came"), make("span", "expected"), make("b", "", String(FIRST_HOUR + i)));
  return column;
});
$("hours").append(...columns);

let hourNow = null;
let latest = null;

/** The hour of the replay, which is marked. */
export function atHour(hour) {
  if (hour === hourNow) return;
  hourNow = hour;
  columns.forEach((column, i) => column.classList.toggle("now", i + FIRST_HOUR === hour));
  if (latest) showNext(latest);
}

function show(prediction) {
  const { hours, score } = (latest = prediction);
  const shown = hours.slice(FIRST_HOUR);
  const values = shown.flatMap((h) => [h.expectedMinutes, h.meanMinutes ?? 0]);
  const top = Math.max(20, ...values);
  const bottom = Math.min(-10, ...values);
  const zero = -bottom / (top - bottom);
  $("hours").style.setProperty("--zero", zero);
  say($("scale"), `from ${signed(bottom)} to ${signed(top)}`);
  shown.forEach(({ flights, meanMinutes, expectedMinutes }, i) => {
    const column = columns[i];
    const height = (meanMinutes ?? 0) / (top - bottom);
    column.style.setProperty("--from", zero + Math.min(0, height));
    column.style.setProperty("--height", Math.abs(height));
    column.style.setProperty("--expected", zero + expectedMinutes / (top - bottom));
    const came = flights ? `${number.format(flights)} came ${signed(meanMinutes)} min late in the mean` : "none came yet";
    column.title = `${FIRST_HOUR + i}:00: ${signed(expectedMinutes)} min expected, ${came}`;
  });

  showNext(prediction);
  say(
    $("score"),
    score.flights
      ? `Over ${number.format(score.flights)} flights the predictions were off by ${score.offMinutes.toFixed(1)} minutes in the mean. ` +
          `The plain mean of the days before: ${score.usualOffMinutes.toFixed(1)}.`
      : "No flight has been compared with its prediction yet.",
  );
}

/** What the next hour is expected to bring, and where it is expected to be worst. */
function showNext({ hours, airports }) {
  const next = Math.min((hourNow ?? 11) + 1, 23);
  const expected = hours[next].expectedMinutes;
  const late = `${Math.abs(expected).toFixed(1)} minutes ${expected < 0 ? "early" : "late"}`;
  say($("next"), `Flights that leave from ${next}:00 on are expected ${late}, and latest at:`);
  $("expected").replaceChildren(
    ...airports.slice(0, SHOWN).map(({ code, flights, excessMinutes }) => {
      const minutes = expected + excessMinutes;
      const item = make("li", "", make("b", "", code), make("span", "", city(code)), `${signed(minutes)} min`);
      item.title = `from ${number.format(flights)} arrivals today`;
      item.style.setProperty("--part", Math.max(0, Math.min(1, minutes / 60)));
      return item;
    }),
  );
}

/** Asks now and then, while the page can be seen. */
export async function watch() {
  try {
    if (document.visibilityState === "visible") {
      const { ok, body } = await ask("predictions");
      if (ok) show(body);
      else say($("score"), body.detail);
    }
  } catch {
    // The server is gone for a while; the page says so elsewhere.
  }
  setTimeout(watch, EVERY_MILLIS);
}
