// The map: a dot for each airport of the country, an arc for each flight as it comes over the channel.

import { colours, fit, lateness, reducedMotion } from "./page.js";

const MOST_ARCS = 300;
const FADE_MILLIS = 400;
const LEAST_FRAME_MILLIS = 30; // some 30 frames a second are enough, for half the work
const LABELS = 8;
const NEAR = 24; // CSS pixels

// Albers' equal-area conic projection for the 48 states (standard parallels 29.5° and 45.5°).
const RAD = Math.PI / 180;
const N = (Math.sin(29.5 * RAD) + Math.sin(45.5 * RAD)) / 2;
const C = Math.cos(29.5 * RAD) ** 2 + 2 * N * Math.sin(29.5 * RAD);
function project({ latitude, longitude }) {
  const rho = (lat) => Math.sqrt(C - 2 * N * Math.sin(lat * RAD)) / N;
  const theta = N * (longitude + 96) * RAD;
  return { x: rho(latitude) * Math.sin(theta), y: rho(latitude) * Math.cos(theta) - rho(37.5) };
}
const inFrame = (a) => a.latitude > 24 && a.latitude < 50 && a.longitude > -125.5 && a.longitude < -66;

export class FlightMap {
  constructor(canvas, all) {
    this.canvas = canvas;
    this.places = new Map(all.filter(inFrame).map((a) => [a.code, { code: a.code, ...project(a), heat: 0, traffic: 0 }]));
    const xs = [...this.places.values()].map((p) => p.x);
    const ys = [...this.places.values()].map((p) => p.y);
    this.box = { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
    this.arcs = [];
    this.labels = [];
    this.drawn = 0;
    this.ground = document.createElement("canvas");
    new ResizeObserver(() => this.resize()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.resize());
    this.resize();
  }

  resize() {
    const ratio = (this.ratio = fit(this.canvas));
    const width = (this.ground.width = this.canvas.width);
    const height = (this.ground.height = this.canvas.height);
    const pad = 12 * ratio;
    const { left, right, top, bottom } = this.box;
    const scale = Math.min((width - 2 * pad) / (right - left), (height - 2 * pad) / (bottom - top));
    const dx = (width - scale * (right - left)) / 2 - scale * left;
    const dy = (height - scale * (bottom - top)) / 2 - scale * top;
    for (const p of this.places.values()) {
      p.px = p.x * scale + dx;
      p.py = p.y * scale + dy;
    }
    this.colours = colours();
    const g = this.ground.getContext("2d");
    const size = Math.max(1.2, Math.min(width / 620, 2.2)) * (ratio > 1 ? 1.2 : 1);
    g.clearRect(0, 0, width, height);
    g.fillStyle = this.colours.dot;
    for (const { px, py } of this.places.values()) g.fillRect(px - size / 2, py - size / 2, size, size);
    this.draw(performance.now(), true); // a new size clears a canvas, and this frame is shown
  }

  fly(flight, now) {
    const from = this.places.get(flight.origin);
    const to = this.places.get(flight.destination);
    if (!from || !to) return;
    for (const place of [from, to]) {
      place.heat = Math.min(place.heat + 1, 12);
      place.traffic++;
    }
    if (this.arcs.length >= MOST_ARCS) this.arcs.shift();
    this.arcs.push({ from, to, since: now, takes: 900 + flight.distanceMiles * 0.9, late: lateness(flight.arrivalDelayMinutes) });
  }

  /** How many flights are under way. */
  get aloft() {
    return this.arcs.length;
  }

  /** The airports whose names are shown. */
  name(codes) {
    this.labels = codes.slice(0, LABELS).map((code) => this.places.get(code)).filter(Boolean);
  }

  /** The airport with traffic that is next to a point of the window, or nothing. */
  near({ clientX, clientY }) {
    const frame = this.canvas.getBoundingClientRect();
    const x = (clientX - frame.left) * this.ratio;
    const y = (clientY - frame.top) * this.ratio;
    let best = null;
    let least = NEAR * this.ratio;
    for (const place of this.places.values()) {
      const away = Math.hypot(place.px - x, place.py - y);
      if (place.traffic && away < least) [best, least] = [place, away];
    }
    return best?.code;
  }

  draw(now, atOnce = false) {
    const elapsed = now - this.drawn;
    if (elapsed < LEAST_FRAME_MILLIS && !atOnce) return;
    if (!this.ground.width || !this.ground.height) return;
    this.drawn = now;
    const g = this.canvas.getContext("2d");
    const r = this.ratio;
    g.clearRect(0, 0, this.canvas.width, this.canvas.height);
    g.drawImage(this.ground, 0, 0);
    const fade = Math.exp(-elapsed / 2500);
    g.fillStyle = this.colours.accent;
    for (const p of this.places.values()) {
      if (!p.traffic) continue;
      p.heat *= fade;
      g.globalAlpha = 0.7;
      g.beginPath();
      g.arc(p.px, p.py, r * (1.3 + 1.7 * Math.sqrt(p.heat)), 0, 7);
      g.fill();
    }
    this.arcs = this.arcs.filter((a) => now - a.since < a.takes + FADE_MILLIS);
    g.lineWidth = 1.5 * r;
    for (const arc of this.arcs) {
      const gone = reducedMotion.matches ? 1 : Math.min((now - arc.since) / arc.takes, 1);
      const over = Math.max(0, now - arc.since - arc.takes) / FADE_MILLIS;
      this.arc(g, arc, gone, 1 - over);
    }
    g.globalAlpha = 1;
    this.names(g);
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

  // Where a name would cover another one, it is left out.
  names(g) {
    const size = (this.canvas.width / this.ratio < 500 ? 10 : 12) * this.ratio;
    g.font = `600 ${size}px system-ui, sans-serif`;
    g.lineWidth = 3 * this.ratio;
    g.lineJoin = "round";
    g.strokeStyle = this.colours.panel;
    g.fillStyle = this.colours.text;
    const taken = [];
    for (const { code, px, py } of this.labels) {
      const width = g.measureText(code).width;
      const x = Math.min(px + 7 * this.ratio, this.canvas.width - width);
      const y = py - 7 * this.ratio;
      if (taken.some((t) => Math.abs(t.x - x) < width && Math.abs(t.y - y) < size)) continue;
      taken.push({ x, y });
      g.strokeText(code, x, y);
      g.fillText(code, x, y);
    }
  }
}
