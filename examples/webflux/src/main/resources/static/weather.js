// The upstream of the weather sends away, hangs, and answers, in turn: what the server does about it, on a time line.

import { $, ask, city, make, say } from "./page.js";

const MOST_RUNS = 4;
const LEAST_SECONDS = 3;

// One run is all attempts for one question: {code, begun, steps: [{kind, from, to, text}], over}.
let runs = [];
let clockAhead = Infinity; // of this page before the server

const WHY = { TimeoutException: "no answer", RetryableException: "sent away" };

/** What became of an attempt, as the server tells it. */
export function tried({ at, code, attempt, what, after, delayMillis }) {
  const time = Date.parse(at) / 1000;
  clockAhead = Math.min(clockAhead, Date.now() / 1000 - time);
  let run = runs.find((r) => r.code === code && !r.over);
  if (!run || (what === "begun" && attempt === 1)) {
    run = { code, begun: time, steps: [], over: false };
    runs = [run, ...runs.filter((r) => r.code !== code)].slice(0, MOST_RUNS);
  }
  const last = run.steps.at(-1);
  if (last && last.to === null) last.to = time;
  if (what === "begun") {
    run.steps.push({ kind: "attempt", from: time, to: null, text: `attempt ${attempt}` });
  } else if (last?.kind === "attempt") {
    last.kind = what === "answered" ? "answered" : "failed";
    last.text += what === "answered" ? ": answered" : `: ${WHY[after] ?? after}`;
  }
  if (what === "failed") {
    run.steps.push({ kind: "wait", from: time, to: null, text: `${(delayMillis / 1000).toFixed(2)} s of waiting` });
  }
  run.over = what === "answered" || what === "given up";
  if (what === "given up") run.steps.at(-1).text += ", given up";
  draw();
}

/** Draws what is under way; cheap if nothing is. */
export function tick() {
  if (runs.some((run) => !run.over)) draw();
}

function draw() {
  const now = Date.now() / 1000 - (clockAhead === Infinity ? 0 : clockAhead);
  const end = (step) => step.to ?? Math.max(now, step.from);
  const longest = Math.max(LEAST_SECONDS, ...runs.map((run) => end(run.steps.at(-1)) - run.begun));
  $("attempts").replaceChildren(
    ...runs.map((run) => {
      const track = make("span", "track");
      track.setAttribute("aria-hidden", "true"); // the text says the same
      for (const step of run.steps) {
        const bar = make("i", step.kind);
        bar.style.left = `${(100 * (step.from - run.begun)) / longest}%`;
        bar.style.width = `${(100 * (end(step) - step.from)) / longest}%`;
        track.append(bar);
      }
      const seconds = (end(run.steps.at(-1)) - run.begun).toFixed(1);
      const told = run.steps.map((step) => step.text).join(" · ");
      return make("li", "", make("b", "", run.code), make("span", "took", `${seconds} s`), track, make("span", "told", told));
    }),
  );
}

/** Shows an airport, and asks for its weather. */
export async function show(code) {
  say($("found"), "");
  say($("weather"), "");
  const { ok, body } = await ask(`airports/${encodeURIComponent(code)}`);
  if (!ok) return say($("found"), body.detail);
  const late = body.arrivals ? `, ${body.meanDelayMinutes.toFixed(1)} minutes late in the mean, ${body.worstDelayMinutes} at worst` : "";
  say($("found"), `${body.code}, ${city(body.code)}: ${body.departures.toLocaleString("en-US")} departures, ${body.arrivals.toLocaleString("en-US")} arrivals${late}.`);
  say($("weather"), "The weather is asked for …");
  const weather = await ask(`airports/${body.code}/weather`);
  if (!$("found").textContent.startsWith(body.code)) return; // another one was asked for meanwhile
  const { sky, celsius, attempts } = weather.body;
  say($("weather"), weather.ok ? `${sky[0].toUpperCase()}${sky.slice(1)}, ${celsius} °C; it took ${attempts} attempts.` : "The weather can't be had.");
}
