/* The time line: every event at its place, zoomed and dragged, played. */
const line = {x0: 0, x1: 1, canvas: $("strip"), slider: $("slider")};
const ax = () => axis[at.mode];
function lineReset() { line.x0 = 0; line.x1 = ax().total; drawLine(); }
const lineW = () => line.canvas.clientWidth;
const toPx = t => (ax().toX(t) - line.x0) / (line.x1 - line.x0) * lineW();
const toT = px => ax().toTime(line.x0 + px / lineW() * (line.x1 - line.x0));

function zoomLine(factor, px = toPx(at.t)) {
  const total = ax().total, mid = line.x0 + px / lineW() * (line.x1 - line.x0), span = clamp((line.x1 - line.x0) * factor, Math.min(total, 4), total);
  line.x0 = clamp(mid - (px / lineW()) * span, 0, total - span);
  line.x1 = line.x0 + span;
  drawLine();
}
function panLine(dx) {
  const span = line.x1 - line.x0;
  line.x0 = clamp(line.x0 + dx, 0, ax().total - span);
  line.x1 = line.x0 + span;
  drawLine();
}
function keepInView() {
  const x = ax().toX(at.t), span = line.x1 - line.x0;
  if (x < line.x0 || x > line.x1) { line.x0 = clamp(x - span * .12, 0, ax().total - span); line.x1 = line.x0 + span; return true; }
  return false;
}

let strip = null;   /* what does not move: drawn once per zoom */
const LANES = ["arp", "dhcp", "rip", "icmp", "dns", "udp", "tcp", "http", "stp", "other"];
function drawLine() {
  const c = line.canvas, w = c.clientWidth, h = c.clientHeight, ratio = devicePixelRatio || 1;
  if (!w) return;
  c.width = w * ratio; c.height = h * ratio;
  strip = document.createElement("canvas");
  strip.width = c.width; strip.height = c.height;
  const g = strip.getContext("2d"), css = getComputedStyle(document.documentElement), color = name => css.getPropertyValue(name).trim();
  g.scale(ratio, ratio);
  const lanes = LANES.filter(p => frames.some(f => f.p === p)), top = 24, base = h - 20, laneH = Math.min(10, (base - top) / Math.max(1, lanes.length));
  /* the journey's steps */
  g.font = "600 10px " + color("--sans");
  steps.forEach((s, i) => {
    const a = toPx(s.begin), b = toPx(s.end);
    if (b < 0 || a > w) return;
    g.fillStyle = color(at.step === i ? "--accent-soft" : "--band");
    g.fillRect(a, 2, Math.max(2, b - a), base - 2);
  });
  let lastLabel = -20;
  steps.forEach((s, i) => {
    const a = toPx(s.begin);
    if (a < -10 || a > w) return;
    g.fillStyle = color(at.step === i ? "--accent" : "--faint");
    g.fillRect(a, 2, 1.5, base - 2);
    const x = Math.max(a + 4, lastLabel);
    g.fillText(s.n, x, 12);
    lastLabel = x + g.measureText(s.n).width + 5;
  });
  /* events, a lane each */
  const y0 = base - lanes.length * laneH;
  for (const f of flights) {
    const a = toPx(f.t0), b = toPx(f.t1);
    if (b < -2 || a > w + 2) continue;
    const y = y0 + lanes.indexOf(f.p) * laneH;
    g.globalAlpha = f.w < .5 ? .35 : .9;
    g.fillStyle = color("--" + f.p);
    g.fillRect(a, y + 1, Math.max(1.5, b - a), laneH - 2);
  }
  g.globalAlpha = 1;
  g.strokeStyle = color("--bad");
  g.lineWidth = 1.4;
  for (const f of lost) {
    const x = toPx(f.t1), y = y0 + lanes.indexOf(f.p) * laneH + laneH / 2;
    if (x < -4 || x > w + 4) continue;
    g.beginPath(); g.moveTo(x - 3, y - 3); g.lineTo(x + 3, y + 3); g.moveTo(x + 3, y - 3); g.lineTo(x - 3, y + 3); g.stroke();
  }
  /* the clock below */
  g.fillStyle = color("--line");
  g.fillRect(0, base + .5, w, 1);
  g.fillStyle = color("--soft");
  g.font = "10.5px " + color("--mono");
  for (let x = 0; x < w - 30; x += 104) {
    const t = toT(x), step = Math.abs(toT(x + 104) - t);
    g.fillRect(x, base, 1, 4);
    g.fillText(timeText(t, Math.max(1, step / 20)), x + 3, base + 14);
  }
  drawHead();
}
function drawHead() {
  const c = line.canvas, g = c.getContext("2d");
  if (!strip || !c.width) return;
  g.clearRect(0, 0, c.width, c.height);
  g.drawImage(strip, 0, 0);
  const px = toPx(at.t);
  line.slider.style.transform = `translateX(${px}px)`;
  line.slider.style.display = px < -1 || px > c.clientWidth + 1 ? "none" : "";
  line.slider.setAttribute("aria-valuemin", 0);
  line.slider.setAttribute("aria-valuemax", END);
  line.slider.setAttribute("aria-valuenow", Math.round(at.t));
  line.slider.setAttribute("aria-valuetext", timeText(at.t, 10));
  line.slider.setAttribute("aria-label", T("time"));
  line.clock.textContent = timeText(at.t, 1e3);
}

/* ---- stepping and playing ---- */
function stepEvent(by) {
  const s = axis.stops;
  let i = by > 0 ? lowerBound(s, at.t + .5) : lowerBound(s, at.t) - 1;
  i = clamp(i + (by > 0 ? by - 1 : by + 1), 0, s.length - 1);
  setTime(s[i], "step");
}
let lastTick = 0, stopAt = null;
function tick(now) {
  if (!at.playing) return;
  const dt = Math.min(.1, (now - lastTick) / 1000), a = ax();
  lastTick = now;
  let t = a.toTime(a.toX(at.t) + dt * at.speed * (at.mode === "story" ? at.pace : a.total / 40));
  if (stopAt !== null && t >= stopAt) { t = stopAt; play(false); }
  if (t >= END) play(false);
  setTime(t, "play");
  if (at.playing) requestAnimationFrame(tick);
}
const STORY_S = 75; /* so long takes the whole story at 1x */
function play(on, until = null) {
  if (on && at.t >= END) setTime(0);
  stopAt = on ? until : null;
  if (on && !at.playing) { lastTick = performance.now(); requestAnimationFrame(tick); }
  at.playing = on;
  tell("playing");
}

const SPEEDS = [.1, .25, .5, 1, 2, 4, 8];
const GLYPH = {play: "M8 5l11 7-11 7z", pause: "M7 5h4v14h-4z M13 5h4v14h-4z", prev: "M7 5h2.5v14h-2.5z M19 5v14l-9-7z", next: "M14.5 5h2.5v14h-2.5z M5 5l9 7-9 7z"};
const glyph = name => { const s = sv("svg", {viewBox: "0 0 24 24", class: "glyph", "aria-hidden": "true"}); s.append(sv("path", {d: GLYPH[name]})); return s; };
function buildControls() {
  const button = (id, label, content, fn) => el("button", {id, title: label, "aria-label": label, on: {click: fn}}, content);
  line.clock = el("output", {class: "clock", "aria-live": "off"});
  const mode = el("button", {id: "mode", class: "quiet", title: T("storyTip"), "aria-pressed": String(at.mode === "story"), on: {click: () => { at.mode = at.mode === "story" ? "even" : "story"; buildControls(); lineReset(); }}}, T(at.mode === "story" ? "story" : "linear"));
  const speed = el("select", {id: "speed", "aria-label": T("speed"), title: T("speed"), on: {change: e => { at.speed = +e.target.value; }}}, ...SPEEDS.map(v => el("option", {value: v, selected: v === at.speed}, v + "×")));
  $("controls").replaceChildren(
    button("prev", T("prev"), glyph("prev"), () => { play(false); stepEvent(-1); }),
    button("play", T(at.playing ? "pause" : "play"), glyph(at.playing ? "pause" : "play"), () => play(!at.playing)),
    button("next", T("next"), glyph("next"), () => { play(false); stepEvent(1); }),
    speed, line.clock, el("span", {class: "grow"}), mode,
    button("zoomout", T("zoomOut"), "−", () => zoomLine(1.6)), button("zoomin", T("zoomIn"), "+", () => zoomLine(1 / 1.6)), button("zoomall", T("zoomAll"), "⤢", lineReset));
  drawHead();
}
function wireLine() {
  const c = $("line");
  const go = e => setTime(toT(clamp(e.clientX - c.getBoundingClientRect().left, 0, lineW())), "drag");
  c.addEventListener("pointerdown", e => {
    if (e.button) return;
    c.setPointerCapture(e.pointerId);
    play(false);
    go(e);
    line.slider.focus({preventScroll: true});
    const move = m => go(m), up = () => { c.removeEventListener("pointermove", move); c.removeEventListener("pointerup", up); };
    c.addEventListener("pointermove", move);
    c.addEventListener("pointerup", up);
  });
  c.addEventListener("wheel", e => {
    e.preventDefault();
    if (Math.abs(e.deltaX) > Math.abs(e.deltaY) || e.shiftKey) panLine((e.deltaX || e.deltaY) / lineW() * (line.x1 - line.x0));
    else zoomLine(Math.exp(e.deltaY * .002), e.clientX - c.getBoundingClientRect().left);
  }, {passive: false});
}
hear("time", from => { if (from !== "drag" && keepInView()) drawLine(); else drawHead(); });
hear("playing", () => {
  const b = $("play");
  if (!b) return;
  b.replaceChildren(glyph(at.playing ? "pause" : "play"));
  b.title = T(at.playing ? "pause" : "play");
  b.setAttribute("aria-label", b.title);
});
