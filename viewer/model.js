/* The scene as the page works with it: frames with names and times, packets over all their cables, connections, events, and the story's time axis. */
const raw = JSON.parse(document.getElementById("scene").textContent);
const nodes = raw.nodes, cables = raw.cables, frames = raw.frames, conns = raw.conns, facts = raw.facts;
const END = Math.max(raw.end, 1);

/* ---- small helpers ---- */
const $ = id => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
function el(tag, attrs, ...children) {
  const e = document.createElement(tag);
  for (const k in attrs) {
    if (k === "on") for (const n in attrs.on) e.addEventListener(n, attrs.on[n]);
    else if (k === "text") e.textContent = attrs.text;
    else if (k === "html") e.innerHTML = attrs.html;
    else if (attrs[k] !== undefined && attrs[k] !== null && attrs[k] !== false) e.setAttribute(k, attrs[k] === true ? "" : attrs[k]);
  }
  e.append(...children.filter(c => c !== null && c !== undefined));
  return e;
}
function sv(tag, attrs, ...children) {
  const e = document.createElementNS(SVG, tag);
  for (const k in attrs) {
    if (k === "on") for (const n in attrs.on) e.addEventListener(n, attrs.on[n]);
    else if (k === "text") e.textContent = attrs.text;
    else if (attrs[k] !== undefined && attrs[k] !== null && attrs[k] !== false) e.setAttribute(k, attrs[k]);
  }
  e.append(...children.filter(Boolean));
  return e;
}
const clamp = (v, a, b) => v < a ? a : v > b ? b : v;
const num = n => n.toLocaleString("en-US");
function bytesText(n) { return n < 1000 ? n + " B" : n < 1e6 ? (n / 1e3).toFixed(n < 1e4 ? 1 : 0) + " kB" : (n / 1e6).toFixed(n < 1e7 ? 2 : 1) + " MB"; }
function rateText(r) { return !r ? "∞" : r >= 1e9 ? +(r / 1e9).toFixed(2) + " Gbit/s" : r >= 1e6 ? +(r / 1e6).toFixed(2) + " Mbit/s" : r >= 1e3 ? +(r / 1e3).toFixed(1) + " kbit/s" : r + " bit/s"; }
/* One direction's; of a rate that changes, what it is on average. */
const wayRate = way => (way.traced ? "⌀ " : "") + rateText(way.rate);
function spanText(ns) {
  const a = Math.abs(ns);
  if (a < 1e3) return Math.round(ns) + " ns";
  if (a < 1e6) return +(ns / 1e3).toFixed(a < 1e4 ? 2 : 1) + " µs";
  if (a < 1e9) return +(ns / 1e6).toFixed(a < 1e7 ? 3 : a < 1e8 ? 2 : 1) + " ms";
  return +(ns / 1e9).toFixed(3) + " s";
}
/* Seconds with as many decimals as `step` (ns) needs. */
function timeText(ns, step = 1e3) {
  const d = clamp(9 - Math.floor(Math.log10(Math.max(1, step))), 0, 9);
  return (ns / 1e9).toFixed(d) + " s";
}
function debase(text) {
  const s = atob(text), b = new Uint8Array(s.length);
  for (let i = 0; i < s.length; i++) b[i] = s.charCodeAt(i);
  return b;
}
function lowerBound(a, v, key = x => x) {
  let lo = 0, hi = a.length;
  while (lo < hi) { const m = lo + hi >> 1; if (key(a[m]) < v) lo = m + 1; else hi = m; }
  return lo;
}

/* ---- frames ---- */
const FLAG = {FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16};
const PROTOS = ["arp", "dhcp", "dns", "http", "tcp", "udp", "icmp", "rip", "stp", "other"];
const PROTO_OF = {arp: "arp", dhcp: "dhcp", bootp: "dhcp", dhcpv6: "dhcp", dns: "dns", mdns: "dns", http: "http", tls: "http", tcp: "tcp", udp: "udp",
                  icmp: "icmp", icmpv6: "icmp", igmp: "icmp", rip: "rip", bgp: "rip", ospf: "rip", stp: "stp", rstp: "stp"};
const PROTO_NAME = {arp: "ARP", dhcp: "DHCP", dns: "DNS", http: "HTTP", tcp: "TCP", udp: "UDP", icmp: "ICMP", rip: "RIP", stp: "STP", other: "…"};
const PROTO_LAYER = {arp: 2, stp: 2, icmp: 3, tcp: 4, udp: 4, dns: 7, dhcp: 7, http: 7, rip: 7, other: 2};
const LAYER_OF = {eth: 2, vlan: 2, llc: 2, arp: 2, stp: 2, macc: 2, ip: 3, ipv6: 3, "ipv6.hopopts": 3, icmp: 3, icmpv6: 3, igmp: 3, tcp: 4, udp: 4, tls: 5};

const portOf = text => +text.slice(text.lastIndexOf(":") + 1);
for (const c of conns) { c.frames = []; c.port = Math.min(portOf(c.a), portOf(c.b)); }
const WEB = new Set([80, 443, 8000, 8080]);

function protoOf(f) {
  const name = raw.texts[f.proto];
  if (name === "tcp" && f.n > 0 && f.conn !== undefined && WEB.has(conns[f.conn].port)) return "http";
  return PROTO_OF[name] ?? "other";
}
function flagsText(flags) {
  const out = [];
  if (flags & 2) out.push("SYN"); if (flags & 1) out.push("FIN"); if (flags & 4) out.push("RST"); if (flags & 16 && flags & 7) out.push("ACK");
  return out.join(" ") || (flags & 16 ? "ACK" : "—");
}
function labelOf(f) {
  const s = f.text;
  let m;
  if (f.p === "arp") return s.includes("who-has") ? "ARP ?" : s.includes("is-at") ? "ARP !" : "ARP";
  if (f.p === "dns") return (m = /\b(A|AAAA|NS|MX|TXT|PTR|SOA|SRV|CNAME)\b/.exec(s.slice(s.indexOf("dns") + 1))) ? "DNS " + m[1] + (/ (query|\?)|\?/.test(s) ? " ?" : "") : "DNS";
  if (f.p === "dhcp") return (m = /\b(discover|offer|request|ack|nak|decline|release|inform)\b/i.exec(s)) ? "DHCP " + m[1].toLowerCase() : "DHCP";
  if (f.p === "icmp") return /echo request/.test(s) ? "ping" : /echo reply/.test(s) ? "pong" : s.includes("who-has") ? "ND ?" : s.includes("is-at") ? "ND !" : "ICMP";
  if (f.conn !== undefined) {
    if (f.head) return f.head + (f.flags & 5 ? " +" + (f.flags & 1 ? "FIN" : "RST") : "");
    if (f.flags & 7) return flagsText(f.flags).replace(" ", "·");
    return f.n ? bytesText(f.n) : "ACK";
  }
  return PROTO_NAME[f.p] === "…" ? raw.texts[f.proto].toUpperCase() : PROTO_NAME[f.p];
}
/* "GET /page.html", "200": what a segment of HTTP begins with. */
function httpHead(f) {
  const b = f.bytes, at = f.len - f.n;
  if (!f.n || at >= b.length) return "";
  const s = String.fromCharCode(...b.slice(at, at + 80));
  const m = /^(GET|HEAD|POST|PUT|DELETE|OPTIONS) (\S+)/.exec(s) || /^HTTP\/\S+ (\d+[ \w]*)/.exec(s);
  return m ? m[2] ? m[1] + " " + (m[2].length > 18 ? m[2].slice(0, 17) + "…" : m[2]) : m[1] : "";
}

const packets = new Map();
frames.forEach((f, i) => {
  const way = cables[f.cable].ends[f.end], other = cables[f.cable].ends[1 - f.end];
  f.i = i;
  f.bytes64 = f.bytes;
  f.bytes = null;
  Object.defineProperty(f, "bytes", {get() { const b = debase(f.bytes64); Object.defineProperty(f, "bytes", {value: b}); return b; }, configurable: true});
  f.text = raw.texts[f.line];
  f.p = protoOf(f);
  f.from = way.node;
  f.to = other.node;
  f.flew = f.out !== undefined;
  f.t0 = f.in;
  f.t1 = f.flew ? f.out : END;
  f.send = way.rate ? (Math.max(f.len, 60) + 24) * 8e9 / way.rate : 0;
  f.tx = f.drop || !f.flew ? f.in : clamp(f.out - way.delay - f.send, f.in, f.out);
  f.head = f.p === "http" ? httpHead(f) : "";
  f.label = labelOf(f);
  f.house = f.p === "icmp" && /mld|router|nd |neighbor|report/i.test(f.text) && raw.texts[f.proto] === "icmpv6";
  if (!packets.has(f.id)) packets.set(f.id, []);
  packets.get(f.id).push(f);
  if (f.conn !== undefined) conns[f.conn].frames.push(f);
});
const flights = frames.slice().sort((a, b) => a.t0 - b.t0 || a.i - b.i);
/* For "what is on the cables at t": the latest end of all flights up to each. */
const flightEnds = (() => { let m = 0; return flights.map(f => m = Math.max(m, f.t1)); })();

/* The fields of a frame: the shape's, with what differs. */
function fieldsOf(f) {
  if (f.fields) return f.fields;
  const sh = raw.shapes[f.shape], texts = sh.texts.slice(), out = [];
  for (let i = 0; i < f.diff.length; i += 2) texts[f.diff[i]] = f.diff[i + 1];
  let layer = null;
  for (let i = 0, k = 0; i < sh.fields.length; i += 5, k++) {
    const d = {name: raw.texts[sh.fields[i]], label: raw.texts[sh.fields[i + 1]], depth: sh.fields[i + 2], at: sh.fields[i + 3], n: sh.fields[i + 4], text: raw.texts[texts[k]], i: k};
    if (d.depth === 0) { layer = d; d.fields = []; d.osi = LAYER_OF[d.name] ?? (d.name === "data" || d.name.startsWith("_ws") ? dataLayer(out) : 7); }
    else if (layer) layer.fields.push(d);
    d.layer = layer;
    out.push(d);
    /* counted from the connection's first, as the page's diagrams do: computed, beside what stands in the header */
    const seen = f.conn === undefined ? undefined : {"tcp.seq_raw": ["tcp.seq", "Sequence Number (relative)", f.seq], "tcp.ack_raw": f.flags & 16 ? ["tcp.ack", "Acknowledgment (relative)", f.ack] : undefined}[d.name];
    if (seen) { const r = {...d, name: seen[0], label: seen[1], text: String(seen[2]), n: 0}; layer.fields.push(r); out.push(r); }
  }
  return f.fields = out;
}
function dataLayer(before) {
  const last = before.filter(d => d.depth === 0).pop();
  return !last ? 2 : last.osi >= 4 ? 7 : last.osi;
}
const fieldText = (f, name) => fieldsOf(f).find(d => d.name === name)?.text;

/* ---- packets' events, states, lines: one list in the order of time ---- */
const nodeName = i => i >= 0 && nodes[i] ? nodes[i].name : "";
const happenings = [];
for (const f of frames) happenings.push({time: f.t0, kind: "frame", f, node: f.from});
/* A program that only begins a service ends at once, and the service goes on: no news. */
const isNews = e => !(e.proto === "program" && e.kind === "state" && e.from === "ready" && e.to === "ended");
for (const e of raw.events) if (isNews(e)) happenings.push({time: e.time, kind: e.kind, e, node: e.node});
for (const x of raw.faults) happenings.push({time: x.time, kind: "fault", e: {text: x.text, proto: "", layer: 1, node: -1}, node: -1});
happenings.sort((a, b) => a.time - b.time);
happenings.forEach((h, i) => h.i = i);

/* ---- faults: since when a machine or a cable does not work ---- */
const cuts = [];
for (const x of raw.faults.slice().sort((a, b) => a.time - b.time)) {
  const [verb, ...names] = x.text.trim().split(/\s+/);
  const on = {crash: false, stop: false, kill: false, down: false, cut: false, partition: false, up: true, restart: true, boot: true, start: true, heal: true}[verb];
  if (on === undefined) continue;
  for (const name of names) {
    nodes.forEach((d, i) => { if (d.name === name && verb !== "stop" && verb !== "start") cuts.push({time: x.time, what: "node", i, on}); });
    cables.forEach((c, i) => { if (c.name === name) cuts.push({time: x.time, what: "cable", i, on}); });
  }
}
function brokenAt(what, i, t) {
  let broken = false;
  for (const c of cuts) if (c.what === what && c.i === i && c.time <= t) broken = !c.on;
  return broken;
}

/* ---- connections: who is who, states of both ends ---- */
const connByKey = new Map();
conns.forEach((c, i) => {
  c.i = i;
  connByKey.set(c.a + " > " + c.b, [c, 0]);
  connByKey.set(c.b + " > " + c.a, [c, 1]);
  c.states = [[], []];
  c.notes = [];
  c.bytes = [0, 0];
  c.again = 0;
  c.packets = [];
  const seen = new Map();
  for (const f of c.frames) {
    let p = seen.get(f.id);
    if (!p) {
      p = {id: f.id, f, side: f.side, sent: f.t0, got: null, drop: null, last: f};
      seen.set(f.id, p);
      c.packets.push(p);
      c.bytes[f.side] += f.n;
      if (f.again) c.again++;
    }
    if (f.drop) { p.drop = f.drop; p.died = f.t1; }
    if (f.flew && !f.drop && f.to === c.nodes[1 - f.side]) p.got = Math.max(p.got ?? 0, f.t1);
    p.last = f;
  }
  /* What never came and died on no cable: in a machine on its way. */
  for (const p of c.packets) {
    if (p.got !== null || p.drop !== null || !p.last.flew) continue;
    const e = raw.events.find(e => e.kind === "drop" && e.packet === p.id);
    p.drop = e?.drop ?? "";
    p.died = e?.time ?? p.last.t1;
    p.where = e?.node ?? p.last.to;
  }
  c.begin = c.packets.length ? c.packets[0].sent : 0;
  c.end = c.packets.reduce((m, p) => Math.max(m, p.got ?? p.sent), 0);
});
const objects = new Map();
for (const e of raw.events) {
  if (e.proto !== "tcp") continue;
  const own = e.node + "#" + e.object;
  if (e.kind === "state" && connByKey.has(e.key)) {
    const [c, side] = connByKey.get(e.key);
    objects.set(own, [c, side]);
    c.states[side].push(e);
    if (c.nodes[side] < 0) c.nodes[side] = e.node;
  } else if ((e.kind === "note" || e.kind === "timer") && objects.has(own)) {
    const [c, side] = objects.get(own);
    c.notes.push({time: e.time, side, text: e.key + (e.kind === "note" ? " " + num(e.value) : "")});
  }
}
function stateAt(c, side, t) {
  const list = c.states[side];
  let s = list.length ? list[0].from : "CLOSED", e = null;
  for (const x of list) { if (x.time > t) break; s = x.to; e = x; }
  return {state: s, since: e ? e.time : 0, event: e};
}

/* ---- the story's time: every event has its room, silence little, bulk next to none ---- */
const axis = (() => {
  const weight = new Map();
  const mark = (t, w) => { if (t >= 0 && t <= END) weight.set(t, Math.max(weight.get(t) ?? 0, w)); };
  const bulk = new Map();
  for (const f of flights) {
    let w = 1;
    if (f.house) w = .12;
    else if (f.conn !== undefined && !(f.flags & 7) && !f.again && !f.drop && !f.head) {
      const n = (bulk.get(f.conn) ?? 0) + 1;
      bulk.set(f.conn, n);
      if (n > 24) w = n > 200 ? .02 : .08;
    }
    f.w = w;
    mark(f.t0, w); mark(f.tx, w); mark(f.t1, w);
  }
  for (const e of raw.events) mark(e.time, e.kind === "say" ? 1 : e.kind === "state" && e.layer === 4 ? .8 : .3);
  for (const s of raw.steps) { mark(s.begin, 1); mark(s.end, 1); }
  for (const x of raw.faults) mark(x.time, 1);
  mark(0, .3); mark(END, .3);
  const t = [...weight.keys()].sort((a, b) => a - b), x = new Float64Array(t.length);
  for (let i = 1; i < t.length; i++) {
    const w = Math.max(weight.get(t[i]), weight.get(t[i - 1]));
    x[i] = x[i - 1] + w * Math.min(14, Math.log2(1 + (t[i] - t[i - 1]) / 300));
  }
  const total = x[t.length - 1] || 1;
  const story = {
    total,
    toX(time) {
      const i = clamp(lowerBound(t, time), 1, t.length - 1), a = t[i - 1], b = t[i];
      return x[i - 1] + (b > a ? clamp((time - a) / (b - a), 0, 1) : 0) * (x[i] - x[i - 1]);
    },
    toTime(at) {
      const i = clamp(lowerBound(x, at), 1, t.length - 1), a = x[i - 1], b = x[i];
      return t[i - 1] + (b > a ? clamp((at - a) / (b - a), 0, 1) : 0) * (t[i] - t[i - 1]);
    }
  };
  const even = {total, toX: time => time / END * total, toTime: at => at / total * END};
  /* The stops of "next event": what is worth stopping at. */
  const stops = t.filter(v => weight.get(v) >= .1);
  return {story, even, stops, times: t};
})();

/* ---- moments, if nobody wrote steps ---- */
const steps = raw.steps.length ? raw.steps.map(s => ({...s, n: s.label || "✗", written: true})) : (() => {
  const out = [], add = (key, f, end, arg, note) => out.push({key, arg, begin: f.t0 ?? f, end: end ?? (packets.get(f.id) ?? [f]).reduce((m, x) => Math.max(m, x.t1), 0), layer: f.p ? PROTO_LAYER[f.p] : 0, packets: f.id ? [f.id] : [], note: note ?? f.text});
  const first = test => flights.find(test);
  let f;
  if ((f = first(x => x.p === "dhcp"))) add("m_dhcp", f);
  if ((f = first(x => x.p === "arp" && x.text.includes("who-has")))) add("m_arp", f);
  if ((f = first(x => x.p === "rip"))) add("m_rip", f);
  if ((f = first(x => x.p === "dns"))) add("m_dns", f);
  if ((f = first(x => x.p === "icmp" && !x.house))) add("m_icmp", f);
  for (const c of conns.slice(0, 4)) {
    const syn = c.packets.find(p => p.f.flags & 2);
    const est = c.states.flat().filter(e => e.to === "ESTABLISHED").map(e => e.time);
    if (syn) add("m_hand", syn.f, est.length ? Math.max(...est) : undefined, conns.length > 1 ? c.a : "");
    const ask = c.packets.find(p => /^[A-Z]+ /.test(p.f.head));
    if (ask) add("m_http", ask.f);
    const answer = c.packets.find(p => /^\d/.test(p.f.head));
    if (answer) add("m_resp", answer.f);
    const again = c.packets.find(p => p.f.again);
    if (again) add("m_again", again.f);
    const rst = c.packets.find(p => p.f.flags & 4), fin = c.packets.find(p => p.f.flags & 1);
    if (fin) add("m_close", fin.f, c.end);
    if (rst) add("m_rst", rst.f);
  }
  if ((f = first(x => x.drop))) add("m_loss", f);
  const shown = raw.faults.slice(0, 24), more = raw.faults[24];
  for (const x of shown) add("m_fault", x.time, x.time, x.text, x.text);
  if (more) add("m_faults", more.time, more.time, raw.faults.length - 24, more.text);
  out.sort((a, b) => a.begin - b.begin);
  out.forEach((s, i) => s.n = i + 1);
  return out;
})();
/* What was written in two languages stands in `other`. */
const stepIn = s => s.other?.lang === lang ? s.other : s;
const stepTitle = s => s.written ? stepIn(s).title : T(s.key, s.arg ?? "").trim();
const stepText = s => stepIn(s).text;
const pageTitle = () => facts["title_" + lang] ?? facts.title;
/* Facts that are for the page itself. */
const isFact = k => !/^(title|lang|enter)/.test(k);

/* ---- what the page is looking at; whoever wants to know listens ---- */
const at = {t: 0, sel: null, conn: conns.length ? 0 : -1, view: "network", step: -1, playing: false, speed: 1, pace: 13, mode: "story", hover: null};
const ears = {};
const hear = (what, fn) => (ears[what] ??= []).push(fn);
const tell = (what, ...args) => { for (const fn of ears[what] ?? []) fn(...args); };
function setTime(t, from) { at.t = clamp(t, 0, END); tell("time", from); }
function choose(f, from) {
  at.sel = f;
  if (f && f.conn !== undefined && f.conn !== at.conn) { at.conn = f.conn; tell("conn"); }
  tell("select", from);
}
function setView(v) { at.view = v; tell("view"); }
