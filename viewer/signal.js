/* A frame as symbols on the cable: Manchester (IEEE 802.3 clause 7), each bit a step in its middle. */
const signal = {choice: -1, bit: 26};   /* choice: a frame's number; -1: what is chosen elsewhere */

/* Runs of bits with names: as the line code sent them, or from the frame's bytes. */
function signalRuns(f) {
  const s = raw.symbols;
  if (s && s.packet === f.id && s.cable === cables[f.cable].name) return {runs: s.runs.map(r => ({label: r.label, bits: [...r.bits].map(Number)})), real: true, code: s.code};
  const bitsOf = (b, from, n) => { const out = []; for (let i = from; i < from + n; i++) for (let k = 0; k < 8; k++) out.push(b[i] >> k & 1); return out; };
  const runs = [{label: T("preamble"), bits: bitsOf(new Uint8Array(7).fill(0x55), 0, 7)}, {label: "SFD", bits: bitsOf([0xd5], 0, 1)}], b = f.bytes;
  const leaves = fieldsOf(f).filter(d => d.n && d.depth > 0 && d.at + d.n <= b.length);
  for (let i = 0; i < b.length;) {
    const here = leaves.filter(d => d.at <= i && d.at + d.n > i).sort((p, q) => p.n - q.n || q.depth - p.depth)[0];
    let n = here ? Math.max(1, here.at + here.n - i) : 1;
    if (here) for (const d of leaves) if (d.at > i && d.at < i + n && d.n < here.n) n = d.at - i;
    if (!here) while (i + n < b.length && !leaves.some(d => d.at <= i + n && d.at + d.n > i + n)) n++;
    const same = leaves.filter(d => d.at === i && d.n === n);
    runs.push({label: (same[0] ?? here)?.label ?? T("pad"), text: (same[0] ?? here)?.text ?? "", osi: here?.layer?.osi ?? 2, bits: bitsOf(b, i, n), at: i});
    i += n;
  }
  if (b.length < f.len) runs.push({label: T("bitsLeft", num(f.len - b.length)), gap: true, bits: []});
  const fcs = [0, 1, 2, 3].map(k => f.fcs >>> 8 * k & 255);
  runs.push({label: "FCS", text: "0x" + f.fcs.toString(16).padStart(8, "0"), bits: bitsOf(fcs, 0, 4)});
  return {runs, real: false, code: "Manchester"};
}
/* The cable of a packet's way whose code this is: 10 Mbit/s Ethernet, or the one that was asked for. */
const readable = f => packets.get(f.id).find(h => cables[h.cable].ends[h.end].rate === 1e7) ?? f;
const codedFrame = () => raw.symbols && frames.find(x => x.id === raw.symbols.packet && cables[x.cable].name === raw.symbols.cable);
function signalFrame() {
  if (frames[signal.choice]) return frames[signal.choice];
  return at.sel ? readable(at.sel) : codedFrame() || (flights.find(f => !f.house) ?? flights[0]);
}
/* What can be chosen: all cables of the packet that is shown, and one frame, that can be read best, of the packets from the story's beginning on. */
function signalChoices(f) {
  const option = x => el("option", {value: x.i, selected: x === f}, `${timeText(x.t0, 1e3)}  ${nodeName(x.from)} → ${nodeName(x.to)}  ${x.label}  ·  ${wayRate(cables[x.cable].ends[x.end])}`);
  const seen = new Set(), others = [], begin = +(facts.enter ?? 0);
  for (const x of flights) {
    if (x.house || x.t0 < begin || seen.has(x.id) || x.id === f.id) continue;
    seen.add(x.id);
    if (others.push(readable(x)) === 120) break;
  }
  return [el("optgroup", {label: `${f.label}, ${T("way")}`}, ...packets.get(f.id).map(option)), el("optgroup", {label: T("frames")}, ...others.map(option))];
}
function buildSignal(box) {
  const f = signalFrame();
  if (!f) { box.replaceChildren(el("div", {class: "empty mid"}, el("p", {}, T("noEvents")))); return; }
  const s = signalRuns(f), way = cables[f.cable].ends[f.end];
  signal.list = []; /* every bit: its run and value */
  for (const r of s.runs) { if (r.gap) for (let k = 0; k < 6; k++) signal.list.push({r, v: -1}); else r.bits.forEach((v, k) => signal.list.push({r, v, k})); }
  const sel = el("select", {id: "sigsel", "aria-label": T("choose"), on: {change: e => { signal.choice = +e.target.value; buildSignal(box); }}}, ...signalChoices(f));
  signal.tip = el("p", {class: "sigtip"});
  signal.wave = el("div", {class: "wave", tabindex: 0});
  signal.canvas = el("canvas", {});
  signal.wave.append(signal.canvas, el("div", {class: "width", style: `width:${signal.list.length * signal.bit + 40}px`}));
  signal.map = el("div", {class: "sigmap"}, ...s.runs.map((r, i) => el("button", {class: "l" + (r.osi ?? 1), title: r.text ?? "", style: `flex:${Math.max(1, Math.sqrt(r.bits.length))}`, on: {click: () => signal.wave.scrollTo({left: signal.list.findIndex(x => x.r === r) * signal.bit - 20, behavior: "smooth"})}}, el("span", {}, r.label))));
  box.replaceChildren(el("div", {class: "vbar"}, sel, el("span", {class: "stat"}, `${f.label} · ${nodeName(f.from)} → ${nodeName(f.to)} · ${f.len} B · ${num((Math.max(f.len, 60) + 12) * 8)} ${T("bits")}${way.rate ? " · " + spanText(1e9 / way.rate) + " / bit" : ""}`)),
    el("div", {class: "sigbody"}, el("h3", {}, T("symbols")), el("p", {class: "note"}, T("symbolsText") + " " + (s.real ? T("realSymbols") : way.rate && way.rate !== 1e7 ? T("notTen", wayRate(way)) : T("computed"))), signal.map, signal.wave, signal.tip));
  signal.wave.addEventListener("scroll", drawWave);
  signal.wave.addEventListener("mousemove", e => { const r = signal.wave.getBoundingClientRect(); tipWave(Math.floor((e.clientX - r.left + signal.wave.scrollLeft - 20) / signal.bit)); });
  drawWave();
  tipWave(0);
  signal.over = null;
  drawWave();
}
function tipWave(i) {
  const b = signal.list[i];
  if (!b) return;
  signal.over = b.r;
  signal.tip.replaceChildren(el("b", {}, b.r.label), b.r.text ? ": " + b.r.text.slice(0, 80) : "", b.v < 0 ? "" : ` — ${b.v} ${b.v ? "↑" : "↓"}  (${b.k + 1}/${b.r.bits.length})`);
  drawWave();
}
function drawWave() {
  const box = signal.wave, c = signal.canvas, w = box.clientWidth, h = 168, ratio = devicePixelRatio || 1, g = c.getContext("2d");
  if (!w) return;
  c.width = w * ratio; c.height = h * ratio;
  c.style.width = w + "px"; c.style.height = h + "px";
  g.scale(ratio, ratio);
  const css = getComputedStyle(document.documentElement), color = n => css.getPropertyValue(n).trim(), B = signal.bit, off = 20 - box.scrollLeft;
  const first = Math.max(0, Math.floor(-off / B) - 1), last = Math.min(signal.list.length, Math.ceil((w - off) / B) + 1), hi = 66, lo = 118, mid = (hi + lo) / 2;
  g.fillStyle = color("--band");
  for (let i = first; i < last; i++) if (signal.list[i].r === signal.over) g.fillRect(off + i * B, 26, B + .5, h - 26);
  for (let i = first; i < last; i++) {
    const b = signal.list[i], x = off + i * B, begins = i === 0 || signal.list[i - 1].r !== b.r;
    if (begins) { g.fillStyle = color("--l" + (b.r.osi ?? 1)); g.fillRect(x, 24, 1, h - 24); }
    g.fillStyle = color("--l" + (b.r.osi ?? 1));
    g.fillRect(x, 22, B, 3);
    if (b.v < 0) continue;
    g.strokeStyle = color("--hair");
    g.setLineDash([2, 3]); g.beginPath(); g.moveTo(x + B / 2, hi - 10); g.lineTo(x + B / 2, lo + 10); g.stroke(); g.setLineDash([]);
    g.fillStyle = color("--soft");
    g.font = "12px " + color("--mono");
    g.textAlign = "center";
    g.fillText(b.v, x + B / 2, 46);
    if (b.k % 8 === 0) {
      let v = 0;
      for (let k = 0; k < 8; k++) v |= (b.r.bits[b.k + k] ?? 0) << k;
      g.fillStyle = color("--ink");
      g.textAlign = "left";
      g.fillText("0x" + v.toString(16).padStart(2, "0"), x + 3, 146);
      g.fillStyle = color("--line");
      g.fillRect(x, 128, 1, 22);
    }
  }
  /* names: where a run begins, or at the left edge while it lasts */
  g.textAlign = "left";
  g.font = "600 11px " + color("--sans");
  for (let i = first; i < last;) {
    const r = signal.list[i].r;
    let j = i;
    while (j < last && signal.list[j].r === r) j++;
    const x = Math.max(off + i * B, 4), room = off + j * B - x;
    g.fillStyle = color("--ink");
    g.save(); g.beginPath(); g.rect(x, 0, Math.max(0, room - 4), 22); g.clip(); g.fillText(r.label, x + 2, 14); g.restore();
    i = j;
  }
  g.strokeStyle = color("--accent");
  g.lineWidth = 2;
  g.lineJoin = "round";
  g.beginPath();
  let pen = null;
  for (let i = first; i < last; i++) {
    const b = signal.list[i], x = off + i * B;
    if (b.v < 0) { pen = null; g.moveTo(x + B, mid); continue; }
    const a = b.v ? lo : hi, z = b.v ? hi : lo;   /* 802.3 7.3.1.1: a one goes up in its middle */
    if (pen === null) g.moveTo(x, a); else g.lineTo(x, a);
    g.lineTo(x + B / 2, a); g.lineTo(x + B / 2, z); g.lineTo(x + B, z);
    pen = z;
  }
  g.stroke();
}
hear("select", () => { signal.choice = -1; if (at.view === "signal") buildSignal($("view")); });
