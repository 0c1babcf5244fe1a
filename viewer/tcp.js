/* A TCP connection as a ladder in time, and the state machine of RFC 9293 for both ends. */
const tcpView = {open: false};
const STATES = {CLOSED: [150, 16], LISTEN: [64, 58], "SYN-SENT": [240, 58], "SYN-RECEIVED": [64, 104], ESTABLISHED: [190, 116], "FIN-WAIT-1": [64, 164], "CLOSE-WAIT": [244, 164],
  "FIN-WAIT-2": [52, 218], CLOSING: [150, 200], "LAST-ACK": [248, 218], "TIME-WAIT": [130, 252]};
const MOVES = [["CLOSED", "LISTEN"], ["CLOSED", "SYN-SENT"], ["LISTEN", "SYN-RECEIVED"], ["SYN-SENT", "SYN-RECEIVED"], ["SYN-SENT", "ESTABLISHED"], ["SYN-RECEIVED", "ESTABLISHED"], ["SYN-RECEIVED", "FIN-WAIT-1"],
  ["ESTABLISHED", "FIN-WAIT-1"], ["ESTABLISHED", "CLOSE-WAIT"], ["FIN-WAIT-1", "FIN-WAIT-2"], ["FIN-WAIT-1", "CLOSING"], ["FIN-WAIT-2", "TIME-WAIT"], ["CLOSING", "TIME-WAIT"], ["CLOSE-WAIT", "LAST-ACK"]];

const isQuietNote = n => /rcvbuf|delack/.test(n.text);
/* Packets, with long runs of plain data and acknowledgements as one. */
function ladderUnits(c) {
  const out = [];
  let run = [];
  const flush = () => {
    const keep = run.length > 9 && !tcpView.open ? 3 : run.length;
    for (const p of run.slice(0, keep)) out.push({p});
    if (run.length > keep) out.push({run: run.slice(keep)});
    run = [];
  };
  for (const p of c.packets) {
    if (p.f.flags & 7 || p.f.again || p.drop || p.f.head) { flush(); out.push({p}); } else run.push(p);
  }
  flush();
  return out;
}
/* Everything that is drawn has a row of its own, in the order of time: what is sent at one instant stands one below the other. */
function ladderTimes(c, units) {
  const ins = [];
  units.forEach((u, i) => {
    if (u.run) { ins.push([u.run[0].sent, 30, 1, i, y => u.y = y]); return; }
    ins.push([u.p.sent, 18, 1, i, y => u.p.y1 = y], [u.p.got ?? u.p.died ?? u.p.sent, 6, u.p.got ? 0 : 2, i, y => u.p.y2 = y]);
  });
  for (const list of c.states) for (const e of list) ins.push([e.time, 11, 0.5, 0, y => e.y = y]);
  for (const n of c.notes) if (!isQuietNote(n)) ins.push([n.time, 13, 3, 0, y => n.y = y]);
  ins.sort((a, b) => a[0] - b[0] || a[2] - b[2] || a[3] - b[3]);
  const ts = [], ys = [];
  let y = 30;
  for (const [t, room, , , put] of ins) {
    y += Math.max(room, Math.min(26, ts.length ? 2.6 * Math.log2(1 + (t - ts.at(-1)) / 20000) : 0));
    if (ts.length && t === ts.at(-1)) ys[ys.length - 1] = y; else { ts.push(t); ys.push(y); }
    put(y);
  }
  const at_ = t => {
    const i = clamp(lowerBound(ts, t), 1, ts.length - 1);
    if (ts.length < 2) return ys[0] ?? 34;
    return ys[i - 1] + clamp((t - ts[i - 1]) / (ts[i] - ts[i - 1] || 1), 0, 1) * (ys[i] - ys[i - 1]);
  };
  return {y: at_, bottom: y + 30};
}
/* What moves a connection from state to state (RFC 9293 3.3.2): what comes, what goes. */
const MOVE_WORDS = {"CLOSED>LISTEN": "listen", "CLOSED>SYN-SENT": "open, SYN →", "LISTEN>SYN-RECEIVED": "← SYN, SYN ACK →", "SYN-SENT>SYN-RECEIVED": "← SYN", "SYN-SENT>ESTABLISHED": "← SYN ACK, ACK →", "SYN-RECEIVED>ESTABLISHED": "← ACK",
  "SYN-RECEIVED>FIN-WAIT-1": "close, FIN →", "ESTABLISHED>FIN-WAIT-1": "close, FIN →", "ESTABLISHED>CLOSE-WAIT": "← FIN, ACK →", "FIN-WAIT-1>FIN-WAIT-2": "← ACK", "FIN-WAIT-1>CLOSING": "← FIN, ACK →", "FIN-WAIT-2>TIME-WAIT": "← FIN, ACK →", "CLOSING>TIME-WAIT": "← ACK", "CLOSE-WAIT>LAST-ACK": "close, FIN →"};
/* As much as there is room for. */
function segText(p, room) {
  const f = p.f, parts = [flagsText(f.flags)];
  if (f.head) parts[0] = f.head + (f.flags & 7 ? " " + flagsText(f.flags) : ""); else if (f.n && !(f.flags & 7)) parts[0] = bytesText(f.n);
  parts.push("seq " + f.seq);
  if (f.flags & 16) parts.push("ack " + f.ack);
  if (f.n && f.head) parts.push("len " + f.n);
  parts.push("win " + bytesText(f.win));
  while (parts.length > 2 && parts.join("  ").length > room) parts.pop();
  return parts.join("  ");
}

function buildTcp(box) {
  if (!conns.length) { box.replaceChildren(el("div", {class: "empty mid"}, el("p", {}, T("noConns")))); return; }
  const c = conns[Math.max(0, at.conn)], bar = el("div", {class: "vbar"}), body = el("div", {class: "tcpbody"});
  bar.append(el("select", {id: "connsel", "aria-label": T("conns"), on: {change: e => { at.conn = +e.target.value; buildTcp(box); }}},
      ...conns.map((x, i) => el("option", {value: i, selected: i === at.conn}, `${nodeName(x.nodes[0])} ${x.a}  ⇄  ${nodeName(x.nodes[1])} ${x.b}`))),
    el("span", {class: "stat"}, `${num(c.packets.length)} ${T("segments")} · ↑ ${bytesText(seqBytes(c, 0))} ↓ ${bytesText(seqBytes(c, 1))}${c.again ? " · ↻ " + c.again + " " + T("again") : ""}`), el("span", {class: "grow"}),
    el("button", {class: "quiet", id: "foldruns", on: {click: () => { tcpView.open = !tcpView.open; buildTcp(box); }}}, T(tcpView.open ? "collapse" : "expand")));
  const scroll = el("div", {class: "ladder", tabindex: 0}), machines = el("div", {class: "fsms"}, buildFsm(c, 0), buildFsm(c, 1));
  body.append(scroll, machines);
  box.replaceChildren(bar, body);
  tcpView.c = c;
  tcpView.scroll = scroll;
  drawLadder();
  tcpNow(true);
}
function seqBytes(c, side) {
  let max = 0;
  for (const p of c.packets) if (p.side === side && p.f.n) max = Math.max(max, p.f.seq + p.f.n - 1);
  return max;
}
function drawLadder() {
  const c = tcpView.c, scroll = tcpView.scroll, w = Math.max(330, scroll.clientWidth - 2), units = ladderUnits(c), times = ladderTimes(c, units);
  const L = clamp(w * .2, 78, 112), R = w - L, svg = sv("svg", {width: w, height: times.bottom, class: "ladsvg"});
  tcpView.times = times;
  for (const side of [0, 1]) {
    const x = side ? R : L, list = c.states[side];
    svg.append(sv("text", {x, y: 18, class: "end", "text-anchor": "middle", text: nodeName(c.nodes[side]) || (side ? c.b : c.a)}));
    svg.append(sv("line", {x1: x, y1: 26, x2: x, y2: times.bottom, class: "life"}));
    /* before the first: a server listens, a client is closed */
    const first = list.length ? list[0].from : "";
    if (first && list[0].y > 30) {
      svg.append(sv("rect", {x: x - 4, y: 26, width: 8, height: list[0].y - 26, rx: 2, class: "st s-" + first}));
      svg.append(sv("text", {x: side ? x + 9 : x - 9, y: 34, class: "stname", "text-anchor": side ? "start" : "end", text: first}));
    }
    list.forEach((e, i) => {
      const y = e.y, y2 = i + 1 < list.length ? list[i + 1].y : times.bottom;
      svg.append(sv("rect", {x: x - 4, y, width: 8, height: Math.max(2, y2 - y), rx: 2, class: "st s-" + e.to}));
      if (y2 - y > 8) svg.append(sv("text", {x: side ? x + 9 : x - 9, y: y + 9, class: "stname", "text-anchor": side ? "start" : "end", text: e.to}));
    });
  }
  for (const u of units) if (u.p) svg.append(drawSegment(u.p, L, R));
  for (const u of units) if (u.run) svg.append(drawRun(u, L, R));
  for (const n of c.notes) {
    const x = n.side ? R - 8 : L + 8, y = n.y;
    if (isQuietNote(n)) continue;
    svg.append(sv("g", {class: "tnote"}, sv("circle", {cx: n.side ? R : L, cy: y, r: 3.4}), sv("text", {x, y: y + 3, "text-anchor": n.side ? "end" : "start", text: n.text})));
  }
  tcpView.head = sv("g", {class: "nowline"}, sv("line", {x1: 0, x2: w, y1: 0, y2: 0}));
  svg.append(tcpView.head);
  scroll.replaceChildren(svg, el("p", {class: "hintline"}, T("relative")));
}
function drawRun(u, L, R) {
  const data = u.run.filter(p => p.f.n), acks = u.run.length - data.length;
  let lo = Infinity, hi = 0;
  for (const p of data) { lo = Math.min(lo, p.f.seq); hi = Math.max(hi, p.f.seq + p.f.n); }
  const text = [data.length ? T("left", num(data.length), num(Math.max(0, hi - lo))) : "", acks ? T("acks", num(acks)) : ""].filter(Boolean).join(" · ");
  return sv("g", {class: "run", on: {click: () => setTime(u.run[0].sent)}}, sv("rect", {x: (L + R) / 2 - text.length * 3.2 - 12, y: u.y - 19, width: text.length * 6.4 + 24, height: 23, rx: 11}), sv("text", {x: (L + R) / 2, y: u.y - 3, "text-anchor": "middle", text}));
}
function drawSegment(p, L, R) {
  const right = p.side === 0, x1 = right ? L + 6 : R - 6, far = right ? R - 7 : L + 7, y1 = p.y1, died = p.drop !== null;
  const y2 = Math.max(y1 + 3, p.y2), x2 = died ? x1 + (far - x1) * .58 : far;
  const g = sv("g", {class: `seg p-${p.f.p}${died ? " died" : ""}${p.f.again ? " again" : ""}`, "data-id": p.id, tabindex: -1, on: {click: () => { choose(p.f); setTime(p.sent); }}});
  g.append(sv("line", {x1, y1, x2, y2: died ? y1 + (y2 - y1) * .58 + 2 : y2, class: "hit"}), sv("line", {x1, y1, x2, y2: died ? y1 + (y2 - y1) * .58 + 2 : y2, class: "arrow"}));
  const ye = died ? y1 + (y2 - y1) * .58 + 2 : y2, dir = right ? -1 : 1;
  if (died) g.append(sv("path", {d: `M${x2 - 4} ${ye - 4}l8 8m0-8l-8 8`, class: "cross"}));
  else g.append(sv("path", {d: `M${x2} ${ye}l${7 * dir} -3.2v6.4z`, class: "tip"}));
  const slope = Math.atan2(ye - y1, Math.abs(x2 - x1)) * 180 / Math.PI * (right ? 1 : -1), share = .06, lx = x1 + (far - x1) * share, ly = y1 + (ye - y1) * share;
  g.append(sv("text", {transform: `translate(${lx} ${ly - 4}) rotate(${slope})`, "text-anchor": right ? "start" : "end", text: (p.f.again ? "↻ " : "") + segText(p, (R - L) / 6.9)}));
  return g;
}

function buildFsm(c, side) {
  const words = [], svg = sv("svg", {viewBox: "0 0 300 280", class: "fsm", "data-side": side, role: "img", "aria-label": T("states")});
  for (const [a, b] of MOVES) {
    const [x1, y1] = STATES[a], [x2, y2] = STATES[b], d = Math.hypot(x2 - x1, y2 - y1), k = Math.min(26, d * .3) / d;
    const tx = x2 - (x2 - x1) * k * (Math.abs(y2 - y1) > 30 ? .5 : 1.55), ty = y2 - (y2 - y1) * k * (Math.abs(y2 - y1) > 30 ? .5 : 1.55);
    svg.append(sv("line", {x1, y1, x2: tx, y2: ty, class: "move", "data-move": a + ">" + b}, sv("title", {text: `${a} → ${b}: ${MOVE_WORDS[a + ">" + b]}`})));
    const mx = x1 + (x2 - x1) * .5, my = y1 + (y2 - y1) * .5;
    words.push(sv("text", {x: clamp(mx, 44, 256), y: my + 2.5, class: "move why", "text-anchor": "middle", "data-move": a + ">" + b, text: MOVE_WORDS[a + ">" + b]}));
  }
  svg.append(...words);
  for (const [s, text] of [["LAST-ACK", "← ACK: CLOSED"], ["TIME-WAIT", "2 MSL: CLOSED"]]) svg.append(sv("text", {x: STATES[s][0], y: STATES[s][1] + 20, class: "after", "text-anchor": "middle", text}));
  for (const s in STATES) {
    const [x, y] = STATES[s], w = s.length * 6.1 + 16;
    svg.append(sv("g", {class: "fstate", "data-state": s}, sv("rect", {x: x - w / 2, y: y - 10, width: w, height: 20, rx: 10}), sv("text", {x, y: y + 3.5, "text-anchor": "middle", text: s})));
  }
  return el("figure", {}, el("figcaption", {}, el("b", {}, nodeName(c.nodes[side])), " ", el("span", {}, side ? c.b : c.a)), svg);
}
function tcpNow(jump) {
  const c = tcpView.c;
  if (at.view !== "tcp" || !c || !tcpView.head) return;
  const y = tcpView.times.y(at.t), s = tcpView.scroll;
  tcpView.head.setAttribute("transform", `translate(0 ${y})`);
  if ((jump || !s.matches(":hover") || at.playing) && (y < s.scrollTop + 30 || y > s.scrollTop + s.clientHeight - 40)) s.scrollTop = y - s.clientHeight * .4;
  for (const svg of document.querySelectorAll(".fsm")) {
    const side = +svg.dataset.side, now = stateAt(c, side, at.t).state, been = c.states[side].filter(e => e.time <= at.t);
    const seen = new Set(been.map(e => e.from + ">" + e.to)), was = new Set(been.flatMap(e => [e.from, e.to]));
    for (const g of svg.querySelectorAll(".fstate")) { g.classList.toggle("now", g.dataset.state === now); g.classList.toggle("was", was.has(g.dataset.state)); }
    for (const m of svg.querySelectorAll(".move")) m.classList.toggle("was", seen.has(m.dataset.move));
  }
  for (const g of s.querySelectorAll(".seg.sel")) g.classList.remove("sel");
  if (at.sel) s.querySelector(`.seg[data-id="${at.sel.id}"]`)?.classList.add("sel");
}
hear("time", () => tcpNow(false));
hear("select", () => tcpNow(false));
hear("conn", () => { if (at.view === "tcp") buildTcp($("view")); });
