// Three streams feed the page: "flights" (each flight), "board" (figures, five times a second) and "weather/attempts".
// Events only change state; drawing happens once a frame, however fast they come.

import { $, airports, ask, city, colours, fit, lateness, make, number, say } from "./page.js";
import { FlightMap } from "./map.js";
import * as predictions from "./predictions.js";
import * as weather from "./weather.js";

const SPEEDS = ["0", "5", "15", "30", "60", "120", "300", "600", "1200", "3000", "max"];
const SLOW_MILLIS = 250;
const ROWS = 10;
const HISTORY = 300; // looks: a minute

let map = null;

// ------------------------------------------------------------ channel

const fills = [];
function drawHistory(capacity) {
  const canvas = $("history");
  fit(canvas);
  const g = canvas.getContext("2d");
  const { accent, verylate, line } = colours();
  g.strokeStyle = line;
  g.strokeRect(0.5, 0.5, canvas.width - 1, canvas.height - 1);
  const step = canvas.width / HISTORY;
  fills.forEach((fill, i) => {
    const height = (fill / capacity) * canvas.height;
    g.fillStyle = fill >= capacity ? verylate : accent;
    g.fillRect(canvas.width - (fills.length - i) * step, canvas.height - height, Math.max(step, 1), height);
  });
}

function pressure({ channel, replay, failure, controls }) {
  if (replay === "FAILED") return `The replay has failed: ${failure}`;
  if (channel.size >= channel.capacity) {
    return "The channel is full: whoever sends waits until the board takes a flight.";
  }
  if (replay === "FINISHED") return "The replay has come to its end.";
  if (controls.speed === "0") return "The replay is paused.";
  return channel.size > 0 ? "Flights come faster than the board takes them." : "Everything flows.";
}

// ------------------------------------------------------------- panels

/** Bars with the airports' names. Each may be a button that shows its airport; while the keyboard is at one, they stay. */
function bars(list, figures, value, text) {
  if (list.querySelector(":focus-visible")) return;
  const most = Math.max(1, ...figures.map(value));
  while (list.children.length > figures.length) list.lastChild.remove();
  figures.forEach((airport, i) => {
    const item = list.children[i] ?? list.appendChild(bar(list.dataset.shows === "airports"));
    const [code, name, said] = item.querySelectorAll("b, span, em");
    say(code, airport.code);
    say(name, city(airport.code));
    say(said, text(airport));
    item.style.setProperty("--part", Math.max(0, value(airport)) / most);
  });
}

function bar(isButton) {
  const parts = [make("b"), make("span"), make("em")];
  if (!isButton) return make("li", "", ...parts);
  const button = make("button", "", ...parts);
  button.type = "button";
  button.addEventListener("click", () => lookUp(button.firstChild.textContent));
  return make("li", "", button);
}

function showStatus(status) {
  if (status.time) {
    const [date, time] = status.time.split("T");
    say($("time"), time.slice(0, 5));
    say($("date"), new Date(`${date}T00:00Z`).toLocaleDateString("en-US", { dateStyle: "full", timeZone: "UTC" }));
    predictions.atHour(Number(time.slice(0, 2)));
  }
  const { size, capacity, waitingSenders } = status.channel;
  say($("fill"), number.format(size));
  say($("capacity"), number.format(capacity));
  say($("waits"), waitingSenders ? `, ${number.format(waitingSenders)} wait` : "");
  $("gauge").setAttribute("aria-valuemax", capacity);
  $("gauge").setAttribute("aria-valuenow", size);
  $("gauge").classList.toggle("full", size >= capacity);
  $("gauge").firstElementChild.style.transform = `scaleX(${Math.min(size / capacity, 1)})`;
  drawHistory(capacity);
  say($("pressure"), pressure(status));
  say($("counted"), number.format(status.totals.flights));
  say($("accepted"), number.format(status.totals.accepted));
  say($("delay"), number.format(status.totals.delayMinutes));
  say($("readers"), number.format(status.readers));
  say($("aircraft"), number.format(status.fleet.aircraft));
  say($("fleet-size"), number.format(status.fleet.size));
  say($("fleet-said"), status.fleet.aircraft === status.fleet.size ? "None is lost, none is counted twice." : "The number of aircraft has changed!");
  say($("moved"), number.format(status.fleet.moved));
  say($("waiting"), number.format(status.fleet.waiting));
  say($("stayed"), number.format(status.fleet.stayed));
  bars($("runways"), status.runways, (r) => r.landings, (r) => `${number.format(r.landings)} landed${r.waiting ? `, ${number.format(r.waiting)} wait` : ""}`);
  bars($("busiest"), status.busiest, (a) => a.departures + a.arrivals, (a) => number.format(a.departures + a.arrivals));
  bars($("latest"), status.latest, (a) => a.meanDelayMinutes, (a) => `${a.meanDelayMinutes.toFixed(1)} min`);
  map?.name(status.busiest.map((airport) => airport.code));
  say($("aloft"), map ? `${number.format(map.aloft)} ${map.aloft === 1 ? "flight" : "flights"}` : "");
  if (!touching) showControls(status.controls);
}

function showFlights(flights) {
  $("stream").replaceChildren(
    ...flights.map((flight) => {
      const row = document.createElement("tr");
      const delay = flight.arrivalDelayMinutes;
      for (const text of [flight.scheduled.slice(11, 16), flight.origin, flight.destination, `${delay > 0 ? "+" : ""}${delay}`]) {
        row.insertCell().textContent = text;
      }
      row.lastChild.className = `number ${lateness(delay)}`;
      return row;
    }),
  );
}

// ----------------------------------------------------------- controls

let touching = false; // the slider is moved: it leads, and does not follow

function speedText(speed) {
  if (speed === "0") return "paused";
  if (speed === "max") return "as fast as can be";
  return speed < 60 ? `1 s is ${speed} min` : `1 s is ${number.format(speed / 60)} h`;
}

function showSpeed(speed) {
  say($("speed-text"), speedText(speed));
  $("speed").setAttribute("aria-valuetext", speedText(speed));
}

function showControls({ speed, pauseMillis }) {
  const at = SPEEDS.indexOf(speed);
  if (at >= 0 && $("speed").value !== String(at)) $("speed").value = at;
  showSpeed(speed);
  $("slow").setAttribute("aria-pressed", pauseMillis > 0);
}

async function control(change) {
  const { ok, body } = await ask("controls", {
    method: "PUT",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(change),
  });
  if (ok) showControls(body);
  else say($("said"), body.detail);
}

$("speed").addEventListener("input", () => {
  touching = true;
  showSpeed(SPEEDS[$("speed").value]);
});
$("speed").addEventListener("change", async () => {
  try {
    await control({ speed: SPEEDS[$("speed").value] });
  } finally {
    touching = false;
  }
});

$("slow").addEventListener("click", () =>
  control({ pauseMillis: $("slow").getAttribute("aria-pressed") === "true" ? 0 : SLOW_MILLIS }),
);

let posting = false;
$("post").addEventListener("click", async () => {
  if (posting) return;
  const busy = ["ATL", "ORD", "LAX", "JFK", "SEA", "MIA", "DEN", "BOS"];
  const lines = Array.from({ length: 200 }, (_, i) =>
    JSON.stringify({
      scheduled: latestTime,
      origin: busy[i % busy.length],
      destination: busy[(i + 1 + (i % 7)) % busy.length], // any but itself
      distanceMiles: 1000,
      arrivalDelayMinutes: 0,
    }),
  );
  posting = true;
  $("post").setAttribute("aria-disabled", true); // unlike a disabled button it keeps the focus
  say($("said"), "Posting; the answer comes when the board has counted them.");
  try {
    const { ok, body } = await ask("flights", {
      method: "POST",
      headers: { "Content-Type": "application/x-ndjson" },
      body: lines.join("\n"),
    });
    say($("said"), ok ? `${number.format(body.accepted)} flights accepted.` : body.detail);
  } catch {
    say($("said"), "The server did not answer.");
  } finally {
    posting = false;
    $("post").removeAttribute("aria-disabled");
  }
});

async function lookUp(code) {
  $("code").value = code;
  try {
    await weather.show(code);
  } catch {
    say($("found"), "The server did not answer.");
  }
}
$("lookup").addEventListener("submit", (event) => {
  event.preventDefault();
  lookUp($("code").value.trim());
});
$("map").addEventListener("click", (event) => {
  const code = map?.near(event);
  if (code) lookUp(code);
});

// ------------------------------------------------------------ streams

let status = null;
let recent = [];
let latestTime = "2001-01-01T00:00:00";

let streams = [];
let lastAttempt = ""; // a stream that is opened anew goes on after it

function connect() {
  const board = new EventSource("board");
  board.onmessage = ({ data }) => {
    status = JSON.parse(data);
    fills.push(status.channel.size);
    if (fills.length > HISTORY) fills.shift();
  };
  board.onopen = () => showLink("live");
  board.onerror = () => showLink("reconnecting");

  const flights = new EventSource("flights");
  flights.addEventListener("flight", ({ data }) => {
    const flight = JSON.parse(data);
    latestTime = flight.scheduled;
    recent = [flight, ...recent.slice(0, ROWS - 1)];
    map?.fly(flight, performance.now());
  });
  flights.addEventListener("slow", () => say($("said"), "This page was too slow for the stream, and connects again."));

  const attempts = new EventSource(`weather/attempts?after=${encodeURIComponent(lastAttempt)}`);
  attempts.onmessage = ({ data, lastEventId }) => {
    lastAttempt = lastEventId;
    weather.tried(JSON.parse(data));
  };
  streams = [board, flights, attempts];
}

function showLink(text) {
  say($("link"), text);
  $("link").classList.toggle("on", text === "live");
}

// A hidden page reads nothing, so it should hold nobody up; and browsers allow few connections.
document.addEventListener("visibilitychange", () => {
  streams.forEach((stream) => stream.close());
  streams = [];
  if (document.visibilityState === "visible") connect();
});
connect();
predictions.watch();

let shown = null;
let listed = null;
function frame(now) {
  map?.draw(now);
  if (status !== shown) {
    showStatus((shown = status));
    weather.tick();
  }
  if (recent !== listed) showFlights((listed = recent));
  requestAnimationFrame(frame);
}
requestAnimationFrame(frame);

const { body: all } = await ask("airports");
for (const airport of all) airports.set(airport.code, airport);
map = new FlightMap($("map"), all);
