/* The network: machines, cables, and packets that move along them. */
const ICONS = {
  host: "M-13-9h26v15h-26z M-17 10h34 M-4 6v4 M4 6v4",
  server: "M-11-13h22v8h-22z M-11-4h22v8h-22z M-11 5h22v8h-22z M-7-9h.01 M-7 0h.01 M-7 9h.01",
  router: "M0-13a13 13 0 1 0 .01 0z M-7 0h14 M4-3l3 3-3 3 M-4-3l-3 3 3 3 M0-8v4 M-2-6l2-2 2 2 M0 8v-4 M-2 6l2 2 2-2",
  switch: "M-15-8h30v16h-30z M-9-2.5h15 M3-5.5l3 3-3 3 M9 3h-15 M-3 0l-3 3 3 3",
  hub: "M-15-6h30v12h-30z M-9 0h.01 M-3 0h.01 M3 0h.01 M9 0h.01",
};
const stage = {pos: layout(), w: 0, h: 0, pool: [], bubbles: []};

function kindOf(d) { return d.kind === "host" && /server|www|dns|ns\d|web/i.test(d.name) ? "server" : ICONS[d.kind] ? d.kind : "host"; }
function mainAddress(d, t) {
  const had = d.addresses.filter(a => a.time <= t);
  return had.filter(a => !/^fe80/i.test(a.address));
}

function buildStage(box) {
  const svg = sv("svg", {class: "stage", role: "img", "aria-label": T("network")});
  stage.svg = svg;
  stage.cablesG = sv("g", {class: "cables"});
  stage.trailG = sv("g", {class: "trail"});
  stage.nodesG = sv("g", {class: "nodes"});
  stage.packetsG = sv("g", {class: "packets"});
  stage.bubblesG = sv("g", {class: "bubbles"});
  svg.append(stage.cablesG, stage.trailG, stage.nodesG, stage.packetsG, stage.bubblesG);
  stage.pool = [];
  box.replaceChildren(svg);
  sizeStage();
}

function sizeStage() {
  if (!stage.svg?.isConnected) return;
  const r = {width: stage.svg.clientWidth, height: stage.svg.clientHeight}, many = nodes.length > 40;
  stage.w = r.width; stage.h = r.height;
  stage.svg.setAttribute("viewBox", `0 0 ${r.width} ${r.height}`);
  const padX = Math.min(92, r.width * .12), top = 74, bottom = 92;
  stage.at = stage.pos.map(p => ({x: padX + p.x * (r.width - 2 * padX), y: top + p.y * Math.max(10, r.height - top - bottom)}));
  /* machines as large as the shortest cable and the height let them be */
  const near = Math.min(...cables.map(c => { const [a, b] = c.ends.map(e => stage.at[e.node]); return a && b && a !== b ? Math.hypot(a.x - b.x, a.y - b.y) : 1e9; }), 1e9);
  stage.r = many ? 9 : clamp(Math.min(near / 5.4, r.height / 10), 19, 40);
  stage.cablesG.replaceChildren(...cables.map((c, i) => drawCable(c, i, many)));
  stage.nodesG.replaceChildren(...nodes.map((d, i) => drawNode(d, i, many)));
  stage.packetsG.replaceChildren();
  stage.pool = [];
  drawStage();
  drawTrail();
}

function drawCable(c, i, many) {
  const [a, b] = c.ends.map(e => stage.at[e.node]);
  if (!a || !b) return sv("g", {});
  const g = sv("g", {class: "cable", "data-i": i});
  const slow = c.ends[0].rate && c.ends[0].rate < 200e6;
  g.append(sv("line", {x1: a.x, y1: a.y, x2: b.x, y2: b.y, class: "wire" + (slow ? " slow" : "")}));
  const d = Math.hypot(b.x - a.x, b.y - a.y);
  if (!many && d > 96) {
    const flat = Math.abs(b.y - a.y) < 30, mx = (a.x + b.x) / 2, my = (a.y + b.y) / 2;
    let angle = Math.atan2(b.y - a.y, b.x - a.x) * 180 / Math.PI;
    if (angle > 90 || angle < -90) angle += 180;
    const t = sv("text", {class: "rate", transform: `translate(${mx} ${my}) rotate(${flat ? 0 : angle})`, "text-anchor": "middle"});
    t.append(sv("tspan", {x: 0, dy: 24, text: rateText(c.ends[0].rate)}), sv("tspan", {x: 0, dy: 11.5, text: spanText(c.ends[0].delay)}));
    if (c.ends[0].loss) t.append(sv("tspan", {x: 0, dy: 11.5, text: T("loss") + " " + +(c.ends[0].loss * 100).toFixed(2) + "%"}));
    g.append(t);
  }
  g.append(sv("title", {text: c.name}));
  return g;
}

function drawNode(d, i, many) {
  const p = stage.at[i], r = stage.r;
  const g = sv("g", {class: "node", transform: `translate(${p.x} ${p.y})`, tabindex: 0, role: "button", "aria-label": d.name, "data-i": i,
    on: {click: () => tell("node", i), keydown: e => { if (e.key === "Enter") tell("node", i); }}});
  g.append(sv("rect", {x: -r, y: -r, width: 2 * r, height: 2 * r, rx: r * .45, class: "tile"}));
  if (!many) {
    g.append(sv("path", {d: ICONS[kindOf(d)], class: "icon", transform: `scale(${r / 27})`}));
    g.append(sv("text", {y: r + 19, class: "name", "text-anchor": "middle", text: d.name}));
    g.append(sv("text", {y: r + 34, class: "address", "text-anchor": "middle"}));
    g.append(sv("text", {y: -r - 12, class: "state", "text-anchor": "middle"}));
  }
  g.append(sv("title", {text: `${d.name} — ${T("kind_" + kindOf(d))}`}));
  return g;
}

/* Every flight that is on a cable at t, and losses that are fresh. */
function flightsAt(t) {
  const out = [];
  for (let i = lowerBound(flights, t + 1, f => f.t0) - 1; i >= 0 && flightEnds[i] >= t - 1; i--) if (flights[i].t1 >= t) out.push(flights[i]);
  return out;
}
const lost = flights.filter(f => f.drop).sort((a, b) => a.t1 - b.t1);
function burstsAt(t) {
  const x = axis.story.toX(t), out = [];
  for (let i = lowerBound(lost, t + 1, f => f.t1) - 1; i >= 0; i--) {
    const age = x - axis.story.toX(lost[i].t1);
    if (age > 9) break;
    out.push([lost[i], age / 9]);
  }
  return out;
}
function place(f, share) {
  const a = stage.at[f.from], b = stage.at[f.to], d = Math.hypot(b.x - a.x, b.y - a.y) || 1, ux = (b.x - a.x) / d, uy = (b.y - a.y) / d;
  const inset = Math.min(stage.r + 3, d / 4), along = inset + share * (d - 2 * inset), side = nodes.length > 40 ? 3 : 8;
  return {x: a.x + ux * along + uy * side, y: a.y + uy * along - ux * side};
}
const shareAt = (f, t) => f.drop ? .08 + .5 * (f.t1 > f.tx ? clamp((t - f.tx) / (f.t1 - f.tx), 0, 1) : 1) : f.t1 > f.tx ? clamp((t - f.tx) / (f.t1 - f.tx), 0, 1) : t >= f.t1 ? 1 : 0;

function poolItem(i) {
  while (stage.pool.length <= i) {
    const g = sv("g", {class: "pk"}), item = {g, shape: sv("rect", {}), text: sv("text", {"text-anchor": "middle", dy: 3.5}), f: null};
    g.append(item.shape, item.text);
    g.addEventListener("click", () => item.f && choose(item.f));
    stage.packetsG.append(g);
    stage.pool.push(item);
  }
  return stage.pool[i];
}

function drawStage() {
  if (!stage.svg?.isConnected || !stage.at) return;
  const t = at.t, now = flightsAt(t), worth = now.filter(f => f.w >= .5 || f === at.sel);
  const named = worth.length <= 10;
  let used = 0;
  now.reverse();
  for (const f of now) {
    const item = poolItem(used++), p = place(f, shareAt(f, t)), chosen = at.sel && f.id === at.sel.id, text = (named && f.w >= .5) || chosen;
    item.f = f;
    item.g.style.display = "";
    item.g.setAttribute("class", `pk p-${f.p}${chosen ? " chosen" : ""}${f.t0 <= t && t < f.tx ? " waits" : ""}${f.again ? " again" : ""}${at.stepIds?.has(f.id) ? " told" : ""}`);
    item.g.setAttribute("transform", `translate(${p.x.toFixed(1)} ${p.y.toFixed(1)})`);
    const w = text ? f.label.length * 6 + 14 : 9, h = text ? 17 : 9;
    if (item.w !== w) {
      item.w = w;
      for (const [k, v] of [["x", -w / 2], ["y", -h / 2], ["width", w], ["height", h], ["rx", h / 2]]) item.shape.setAttribute(k, v);
    }
    const label = text ? f.label : "";
    if (item.label !== label) item.text.textContent = item.label = label;
  }
  for (const [f, age] of burstsAt(t)) {
    const item = poolItem(used++), p = place(f, shareAt(f, f.t1));
    item.f = f;
    item.g.style.display = "";
    item.g.setAttribute("class", "pk burst p-" + f.p);
    item.g.setAttribute("transform", `translate(${p.x} ${p.y}) scale(${1 + age * 1.6})`);
    item.g.style.opacity = 1 - age;
    item.w = -1;
    for (const [k, v] of [["x", -9], ["y", -9], ["width", 18], ["height", 18], ["rx", 9]]) item.shape.setAttribute(k, v);
    if (item.label !== "×") item.text.textContent = item.label = "×";
  }
  for (let i = 0; i < used; i++) if (!stage.pool[i].g.classList.contains("burst")) stage.pool[i].g.style.opacity = "";
  for (let i = used; i < stage.pool.length; i++) { stage.pool[i].g.style.display = "none"; stage.pool[i].f = null; }
  drawNodesNow(t);
  drawBubbles(t);
}

function nodeState(i, t) {
  let best = null;
  for (const c of conns)
    for (let side = 0; side < 2; side++)
      if (c.nodes[side] === i && c.states[side].length && c.states[side][0].time <= t) {
        const s = stateAt(c, side, t);
        if (s.state !== "CLOSED" && (!best || s.since >= best.since)) best = s;
      }
  return best?.state ?? "";
}
function drawNodesNow(t) {
  if (nodes.length > 40) return;
  for (const g of stage.nodesG.children) {
    const i = +g.dataset.i, list = mainAddress(nodes[i], t), text = nodes[i].label || (list.length ? list[0].address.replace(/\/\d+$/, "") + (list.length > 1 ? ` +${list.length - 1}` : "") : "");
    const address = g.querySelector(".address"), state = g.querySelector(".state"), s = nodeState(i, t);
    if (address.textContent !== text) address.textContent = text;
    if (state.textContent !== s) state.textContent = s;
    g.classList.toggle("picked", at.node === i);
  }
}

const sayings = happenings.filter(h => h.kind === "say" && h.node >= 0);
function drawBubbles(t) {
  const x = axis.story.toX(t), shown = new Map();
  for (let i = lowerBound(sayings, t + 1, h => h.time) - 1; i >= 0; i--) {
    const age = x - axis.story.toX(sayings[i].time);
    if (age > 26) break;
    if (!shown.has(sayings[i].node)) shown.set(sayings[i].node, [sayings[i], age]);
  }
  const key = [...shown].map(([n, [h]]) => n + ":" + h.i).join();
  if (key !== stage.bubbleKey) {
    stage.bubbleKey = key;
    stage.bubblesG.replaceChildren(...[...shown].map(([n, [h]]) => {
      const p = stage.at[n], text = h.e.text.length > 46 ? h.e.text.slice(0, 45) + "…" : h.e.text, w = text.length * 6.1 + 20;
      const left = clamp(p.x - w / 2, 6, Math.max(6, stage.w - w - 6)), y = Math.max(4, p.y - stage.r - 62);
      return sv("g", {class: "bubble", transform: `translate(${left} ${y})`}, sv("path", {d: `M8 0h${w - 16}a8 8 0 0 1 8 8v8a8 8 0 0 1-8 8h-${Math.max(0, w - (p.x - left) - 14)}l-6 6-6-6h-${Math.max(0, p.x - left - 14)}a8 8 0 0 1-8-8v-8a8 8 0 0 1 8-8z`}), sv("text", {x: 10, y: 16, text}));
    }));
  }
  [...shown].forEach(([, [, age]], i) => { const g = stage.bubblesG.children[i]; if (g) g.style.opacity = age < 20 ? 1 : 1 - (age - 20) / 6; });
}

/* Where the chosen packet goes. */
function drawTrail() {
  if (!stage.trailG || !stage.at) return;
  const list = at.sel ? packets.get(at.sel.id) : [];
  stage.trailG.replaceChildren(...list.map(f => {
    const a = stage.at[f.from], b = stage.at[f.to];
    return sv("line", {x1: a.x, y1: a.y, x2: b.x, y2: b.y, class: `way p-${f.p}${f.drop ? " died" : ""}`});
  }));
}
hear("time", () => { if (at.view === "network") drawStage(); });
hear("select", () => { drawTrail(); drawStage(); });
