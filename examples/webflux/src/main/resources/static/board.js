// Two streams feed the page: "flights" (each flight) and "board" (figures, five times a second).
// Events only change state; drawing happens once a frame, however fast they come.

const $ = (id) => document.getElementById(id);
const number = new Intl.NumberFormat("en-US");
const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

const SPEEDS = ["0", "5", "15", "30", "60", "120", "300", "600", "1200", "3000", "max"];
const SLOW_MILLIS = 250;
const MOST_ARCS = 300;
const ROWS = 10;

const airports = new Map();
let map = null;

// ---------------------------------------------------------------- map

// Albers' equal-area conic projection for the 48 states (standard parallels 29.5° and 45.5°).
const RAD = Math.PI / 180;
const N = (Math.sin(29.5 * RAD) + Math.sin(45.5 * RAD)) / 2;
const C = Math.cos(29.5 * RAD) ** 2 + 2 * N * Math.sin(29.5 * RAD);
function project({ latitude, longitude }) {
  const rho = (lat) => Math.sqrt(C - 2 * N * Math.sin(lat * RAD)) / N;
  const theta = N * (longitude + 96) * RAD;
  return { x: rho(latitude) * Math.sin(theta), y: rho(latitude) * Math.cos(theta) - rho(37.5) };
}
const inFrame = (a) =>
  a.latitude > 24 && a.latitude < 50 && a.longitude > -125.5 && a.longitude < -66;

class FlightMap {
  constructor(canvas, all) {
    this.canvas = canvas;
    this.places = new Map(all.filter(inFrame).map((a) => [a.code, { ...project(a), heat: 0 }]));
    const xs = [...this.places.values()].map((p) => p.x);
    const ys = [...this.places.values()].map((p) => p.y);
    this.box = { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
    this.arcs = [];
    this.ground = document.createElement("canvas");
    new ResizeObserver(() => this.resize()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.resize());
    this.resize();
  }

  resize() {
    const ratio = Math.min(devicePixelRatio || 1, 2);
    const { width, height } = this.canvas.getBoundingClientRect();
    this.canvas.width = this.ground.width = Math.round(width * ratio);
    this.canvas.height = this.ground.height = Math.round(height * ratio);
    this.ratio = ratio;
    const pad = 12 * ratio;
    const { left, right, top, bottom } = this.box;
    const scale = Math.min((this.canvas.width - 2 * pad) / (right - left), (this.canvas.height - 2 * pad) / (bottom - top));
    const dx = (this.canvas.width - scale * (right - left)) / 2 - scale * left;
    const dy = (this.canvas.height - scale * (bottom - top)) / 2 - scale * top;
    for (const p of this.places.values()) {
      p.px = p.x * scale + dx;
      p.py = p.y * scale + dy;
    }
    this.colours = colours();
    const g = this.ground.getContext("2d");
    g.clearRect(0, 0, this.ground.width, this.ground.height);
    g.fillStyle = this.colours.dot;
    for (const { px, py } of this.places.values()) g.fillRect(px - ratio / 2, py - ratio / 2, 1.4 * ratio, 1.4 * ratio);
  }

  fly(flight, now) {
    const from = this.places.get(flight.origin);
    const to = this.places.get(flight.destination);
    if (!from || !to) return;
    from.heat = Math.min(from.heat + 1, 12);
    to.heat = Math.min(to.heat + 1, 12);
    if (this.arcs.length >= MOST_ARCS) this.arcs.shift();
    this.arcs.push({ from, to, since: now, takes: 900 + flight.distanceMiles * 0.9, late: lateness(flight.arrivalDelayMinutes) });
  }

  draw(now, elapsed) {
    const g = this.canvas.getContext("2d");
    const r = this.ratio;
    g.clearRect(0, 0, this.canvas.width, this.canvas.height);
    g.drawImage(this.ground, 0, 0);
    const fade = Math.exp(-elapsed / 2500);
    g.fillStyle = this.colours.accent;
    for (const p of this.places.values()) {
      p.heat *= fade;
      if (p.heat < 0.05) continue;
      g.globalAlpha = 0.75;
      g.beginPath();
      g.arc(p.px, p.py, r * (1 + 1.8 * Math.sqrt(p.heat)), 0, 7);
      g.fill();
    }
    this.arcs = this.arcs.filter((a) => now - a.since < a.takes + 400);
    g.lineWidth = 1.5 * r;
    for (const arc of this.arcs) {
      const gone = reducedMotion.matches ? 1 : Math.min((now - arc.since) / arc.takes, 1);
      const over = Math.max(0, now - arc.since - arc.takes) / 400;
      this.arc(g, arc, gone, 1 - over);
    }
    g.globalAlpha = 1;
  }

  // A quadratic curve that bends north, drawn as far as the flight has come.
  arc(g, { from, to, late }, gone, alpha) {
    const bend = 0.18 * Math.hypot(to.px - from.px, to.py - from.py);
    const cx = (from.px + to.px) / 2;
    const cy = (from.py + to.py) / 2 - bend;
    const ax = from.px + (cx - from.px) * gone;
    const ay = from.py + (cy - from.py) * gone;
    const x = (1 - gone) ** 2 * from.px + 2 * (1 - gone) * gone * cx + gone ** 2 * to.px;
    const y = (1 - gone) ** 2 * from.py + 2 * (1 - gone) * gone * cy + gone ** 2 * to.py;
    g.strokeStyle = g.fillStyle = this.colours[late];
    g.globalAlpha = 0.55 * alpha;
    g.beginPath();
    g.moveTo(from.px, from.py);
    g.quadraticCurveTo(ax, ay, x, y);
    g.stroke();
    g.globalAlpha = alpha;
    g.beginPath();
    g.arc(x, y, 2.2 * this.ratio, 0, 7);
    g.fill();
  }
}

function colours() {
  const style = getComputedStyle(document.documentElement);
  const names = ["dot", "accent", "early", "late", "verylate", "line"];
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

const lateness = (minutes) => (minutes > 60 ? "verylate" : minutes > 15 ? "late" : "early");

// ------------------------------------------------------------ channel

const fills = []; // of the last minute
function drawHistory(capacity) {
  const canvas = $("history");
  const ratio = Math.min(devicePixelRatio || 1, 2);
  const { width, height } = canvas.getBoundingClientRect();
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const g = canvas.getContext("2d");
  const { accent, line } = colours();
  g.strokeStyle = line;
  g.strokeRect(0.5, 0.5, canvas.width - 1, canvas.height - 1);
  g.fillStyle = accent;
  const step = canvas.width / 300;
  fills.forEach((fill, i) => {
    const h = (fill / capacity) * canvas.height;
    g.fillRect(canvas.width - (fills.length - i) * step, canvas.height - h, Math.max(step, 1), h);
  });
}

function pressure({ channel, replay, failure, controls }) {
  if (replay === "FAILED") return `The replay has failed: ${failure}`;
  if (channel.size >= channel.capacity) {
    return "The channel is full: the replay, and whoever posts, waits until the board takes a flight.";
  }
  if (replay === "FINISHED") return "The replay has come to its end.";
  if (controls.speed === "0") return "The replay is paused.";
  return channel.size > 0 ? "Flights come faster than the board takes them." : "Everything flows.";
}

// ------------------------------------------------------------- panels

/** Sets text only when it differs, so that screen readers hear changes and nothing else. */
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function bars(list, figures, value, text) {
  const most = Math.max(1, ...figures.map(value));
  list.replaceChildren(
    ...figures.map((airport) => {
      const item = document.createElement("li");
      const code = document.createElement("b");
      const name = document.createElement("span");
      code.textContent = airport.code;
      name.textContent = airports.get(airport.code)?.city ?? "";
      item.append(code, name, text(airport));
      item.style.setProperty("--part", Math.max(0, value(airport)) / most);
      return item;
    }),
  );
}

function showStatus(status) {
  if (status.time) {
    const [date, time] = status.time.split("T");
    say($("time"), time.slice(0, 5));
    say($("date"), new Date(`${date}T00:00Z`).toLocaleDateString("en-US", { dateStyle: "full", timeZone: "UTC" }));
  }
  const { size, capacity } = status.channel;
  say($("fill"), number.format(size));
  say($("capacity"), number.format(capacity));
  $("gauge").setAttribute("aria-valuemax", capacity);
  $("gauge").setAttribute("aria-valuenow", size);
  $("gauge").classList.toggle("full", size >= capacity);
  $("gauge").firstElementChild.style.transform = `scaleX(${Math.min(size / capacity, 1)})`;
  drawHistory(capacity);
  say($("pressure"), pressure(status));
  say($("flights"), number.format(status.totals.flights));
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
  return speed === "max" ? "as fast as can be" : `${number.format(speed)} minutes a second`;
}

function showControls({ speed, pauseMillis }) {
  const at = SPEEDS.indexOf(speed);
  if (at >= 0 && $("speed").value !== String(at)) $("speed").value = at;
  say($("speed-text"), speedText(speed));
  $("speed").setAttribute("aria-valuetext", speedText(speed));
  $("slow").setAttribute("aria-pressed", pauseMillis > 0);
}

async function control(change) {
  const answer = await fetch("controls", {
    method: "PUT",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(change),
  });
  if (answer.ok) showControls(await answer.json());
  else say($("said"), (await answer.json()).detail);
}

$("speed").addEventListener("input", () => {
  touching = true;
  const text = speedText(SPEEDS[$("speed").value]);
  say($("speed-text"), text);
  $("speed").setAttribute("aria-valuetext", text);
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

$("post").addEventListener("click", async () => {
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
  $("post").disabled = true;
  say($("said"), "Posting; the answer comes when the board has counted them.");
  try {
    const answer = await fetch("flights", {
      method: "POST",
      headers: { "Content-Type": "application/x-ndjson" },
      body: lines.join("\n"),
    });
    const result = await answer.json();
    say($("said"), answer.ok ? `${number.format(result.accepted)} flights accepted.` : result.detail);
  } catch {
    say($("said"), "The server did not answer.");
  } finally {
    $("post").disabled = false;
  }
});

$("lookup").addEventListener("submit", async (event) => {
  event.preventDefault();
  const code = $("code").value.trim();
  const answer = await fetch(`airports/${encodeURIComponent(code)}`, { headers: { Accept: "application/json" } });
  const figures = await answer.json();
  if (!answer.ok) return say($("found"), figures.detail);
  const delay = figures.arrivals ? `, ${figures.meanDelayMinutes.toFixed(1)} minutes late in the mean, ${figures.worstDelayMinutes} at worst` : "";
  showWeather(figures.code);
  say($("found"), `${airports.get(figures.code)?.name ?? figures.code}: ${number.format(figures.departures)} departures, ${number.format(figures.arrivals)} arrivals${delay}.`);
});

// ------------------------------------------------------------ weather

// The upstream sends away, hangs, and answers, in turn: what the server does about it, as it does it.
let asked = null;
let begun = 0;

async function showWeather(code) {
  asked = code;
  begun = 0;
  $("attempts").replaceChildren();
  const answer = await fetch(`airports/${code}/weather`, { headers: { Accept: "application/json" } });
  if (asked !== code) return;
  const weather = await answer.json();
  const text = answer.ok ? `${weather.sky}, ${weather.celsius} °C, known after ${weather.attempts} attempts` : "no answer in time";
  showAttempt(text, "");
}

// The end is told by the answer to the question itself.
function showTried({ at, code, attempt, what, after, delayMillis }) {
  if (code !== asked || what === "answered") return;
  begun ||= Date.parse(at);
  const late = ((Date.parse(at) - begun) / 1000).toFixed(1);
  const failed = after === "TimeoutException" ? "no answer" : after === "RetryableException" ? "sent away" : after;
  const text = {
    begun: `attempt ${attempt}`,
    failed: `${failed}; again in ${(delayMillis / 1000).toFixed(2)} s`,
    "given up": `${failed}; given up`,
  }[what];
  showAttempt(text, `${late} s`);
}

function showAttempt(text, time) {
  const item = document.createElement("li");
  const when = document.createElement("b");
  when.textContent = time;
  item.append(when, text);
  $("attempts").append(item);
}

// ------------------------------------------------------------ streams

let status = null;
let recent = [];
let latestTime = "2001-01-01T00:00:00";

let streams = [];

function connect() {
  const board = new EventSource("board");
  board.onmessage = ({ data }) => {
    status = JSON.parse(data);
    fills.push(status.channel.size);
    if (fills.length > 300) fills.shift();
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

  const tried = new EventSource("weather/attempts");
  tried.onmessage = ({ data }) => showTried(JSON.parse(data));
  streams = [board, flights, tried];
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

let before = performance.now();
let shown = null;
let listed = null;
function frame(now) {
  map?.draw(now, now - before);
  before = now;
  if (status !== shown) showStatus((shown = status));
  if (recent !== listed) showFlights((listed = recent));
  requestAnimationFrame(frame);
}
requestAnimationFrame(frame);

const all = await (await fetch("airports", { headers: { Accept: "application/json" } })).json();
for (const airport of all) airports.set(airport.code, airport);
map = new FlightMap($("map"), all);
