/* The network: machines, cables, and packets that move along them. */
const ICONS = {
  host: "M-13-9h26v15h-26z M-17 10h34 M-4 6v4 M4 6v4",
  server: "M-11-13h22v8h-22z M-11-4h22v8h-22z M-11 5h22v8h-22z M-7-9h.01 M-7 0h.01 M-7 9h.01",
  router: "M0-13a13 13 0 1 0 .01 0z M-7 0h14 M4-3l3 3-3 3 M-4-3l-3 3 3 3 M0-8v4 M-2-6l2-2 2 2 M0 8v-4 M-2 6l2 2 2-2",
  switch: "M-15-8h30v16h-30z M-9-2.5h15 M3-5.5l3 3-3 3 M9 3h-15 M-3 0l-3 3 3 3",
  hub: "M-15-6h30v12h-30z M-9 0h.01 M-3 0h.01 M3 0h.01 M9 0h.01",
};
const stage = {pos: [], w: 0, h: 0, zoom: 1, x: 0, y: 0, pool: [], bubbles: []};

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
  const tool = (id, text, title, f) => el("button", {id, title: T(title), "aria-label": T(title), text, on: {click: f}});
  stage.tools = el("div", {class: "reach"}, tool("nearer", "+", "zoomIn", () => zoomStage(1.5)), tool("farther", "−", "zoomOut", () => zoomStage(1 / 1.5)),
    tool("whole", "⤢", "wholeNetwork", () => { Object.assign(stage, {zoom: 1, x: 0, y: 0}); sizeStage(); }));
  box.replaceChildren(svg, stage.tools);
  svg.addEventListener("wheel", e => { e.preventDefault(); zoomStage(Math.exp(-clamp(e.deltaY, -120, 120) / 300), e.offsetX, e.offsetY); }, {passive: false});
  svg.addEventListener("pointerdown", e => { if (e.target === svg || e.target.closest(".cable,.yard")) stage.grip = {x: e.clientX, y: e.clientY}; });
  svg.addEventListener("pointermove", e => {
    if (!stage.grip || !(e.buttons & 1)) { stage.grip = null; return; }
    stage.x += e.clientX - stage.grip.x; stage.y += e.clientY - stage.grip.y;
    stage.grip = {x: e.clientX, y: e.clientY};
    soonSize();
  });
  arrangeStage();
}
/* Nearer or farther, about a point that stays where it is. */
function zoomStage(by, px = stage.w / 2, py = stage.h / 2) {
  const zoom = clamp(stage.zoom * by, 1, 60), k = zoom / stage.zoom;
  stage.x = px - (px - stage.x) * k; stage.y = py - (py - stage.y) * k; stage.zoom = zoom;
  soonSize();
}
function soonSize() {
  if (stage.soon) return;
  stage.soon = requestAnimationFrame(() => { stage.soon = 0; sizeStage(); });
}
function arrangeStage() {
  Object.assign(stage, unitsNow());
  stage.pos = layoutUnits(stage);
  sizeStage();
}
function toggleGroup(g) {
  if (openGroups.has(g)) openGroups.delete(g); else openGroups.add(g);
  arrangeStage();
}

/* The shortest way between two units; of few only along cables: those are pulled apart. */
function leastRoom() {
  let least = 1e9;
  const see = (a, b) => { const d = Math.hypot(a.x - b.x, a.y - b.y); if (d < least) least = d; };
  if (stage.units.length <= UNITS_MAX) { for (const e of stage.edges) see(stage.unitAt[e.a], stage.unitAt[e.b]); return least; }
  const order = stage.unitAt.slice().sort((a, b) => a.x - b.x);
  for (let i = 0; i < order.length; i++) for (let k = i + 1; k < order.length && order[k].x - order[i].x < least; k++) see(order[i], order[k]);
  return least;
}
const unitShown = p => p.x > -60 && p.x < stage.w + 60 && p.y > -60 && p.y < stage.h + 60;

function sizeStage() {
  if (!stage.svg?.isConnected || !stage.units) return;
  const r = {width: stage.svg.clientWidth, height: stage.svg.clientHeight};
  stage.w = r.width; stage.h = r.height;
  stage.svg.setAttribute("viewBox", `0 0 ${r.width} ${r.height}`);
  const padX = Math.min(92, r.width * .12), top = clamp(r.height * .18, 34, 74), bottom = clamp(r.height * .22, 46, 92), k = stage.zoom;
  stage.x = clamp(stage.x, r.width * (.5 - k), r.width * .5); stage.y = clamp(stage.y, r.height * (.5 - k), r.height * .5);
  if (k === 1) stage.x = stage.y = 0;
  stage.unitAt = stage.pos.map(p => ({x: (padX + p.x * (r.width - 2 * padX)) * k + stage.x, y: (top + p.y * Math.max(10, r.height - top - bottom)) * k + stage.y}));
  stage.at = nodes.map((_, i) => stage.unitAt[stage.of[i]]);
  /* machines as large as the room between them lets them be, with words if there is room for those */
  const near = leastRoom();
  stage.small = stage.units.length > UNITS_MAX && near < LABEL_ROOM;
  stage.tight = nodes.length > 12 && near < LABEL_ROOM; /* names only */
  stage.r = stage.small ? clamp(near / 2.8, 2, 15) : clamp(Math.min(near / 5.4, r.height / 10), Math.min(19, near / 2.5), 40);
  const shown = i => unitShown(stage.unitAt[i]);
  placeLabels();
  stage.cablesG.replaceChildren(...drawYards(), ...stage.edges.filter(e => k === 1 || shown(e.a) || shown(e.b)).map(drawCable));
  stage.nodesG.replaceChildren(...stage.units.map((u, i) => [u, i]).filter(([, i]) => shown(i)).map(([u, i]) => u.node < 0 ? drawGroup(u, i) : drawNode(nodes[u.node], u.node)));
  stage.packetsG.replaceChildren();
  stage.pool = [];
  stage.bubbleKey = null;
  drawStage();
  drawTrail();
}

/* Where the names stand: below, above or beside a machine, wherever there are no other machines, names and cables. */
const overlap = (a, b) => Math.max(0, Math.min(a.x1, b.x1) - Math.max(a.x0, b.x0)) * Math.max(0, Math.min(a.y1, b.y1) - Math.max(a.y0, b.y0));
function crosses(box, a, b) {
  for (let k = 0; k <= 24; k++) {
    const x = a.x + (b.x - a.x) * k / 24, y = a.y + (b.y - a.y) * k / 24;
    if (x > box.x0 - 3 && x < box.x1 + 3 && y > box.y0 && y < box.y1) return true;
  }
  return false;
}
const textWidth = (text, each) => [...text].reduce((w, c) => w + (isWide(c) ? each * 1.7 : each), 0);
function placeLabels() {
  stage.label = []; stage.taken = [];
  if (stage.small || stage.units.length > 2 * UNITS_MAX) return;
  const r = stage.r, tiles = stage.unitAt.map(p => ({x0: p.x - r, x1: p.x + r, y0: p.y - r, y1: p.y + r}));
  stage.taken = tiles.slice();
  stage.units.forEach((u, i) => {
    const p = stage.unitAt[i], d = nodes[u.node], below = stage.tight ? "" : u.node < 0 ? "" : d.label || "000.000.000.00";
    const w = Math.max(textWidth(u.node < 0 ? groupText(u.group) : d.name, 7.4), textWidth(below, 6.7)) / 2 + 2, h = stage.tight ? 17 : 31;
    const at = {below: {x: 0, y: r + 5, w}, above: {x: 0, y: -r - 6 - h, w}, right: {x: r + 8, y: -h / 2, side: 1}, left: {x: -r - 8, y: -h / 2, side: -1}};
    let best = null;
    ["below", "above", "right", "left"].forEach((name, k) => {
      const a = at[name], box = a.side ? {x0: a.side > 0 ? p.x + a.x : p.x + a.x - 2 * w, x1: a.side > 0 ? p.x + a.x + 2 * w : p.x + a.x, y0: p.y + a.y, y1: p.y + a.y + h} : {x0: p.x - w, x1: p.x + w, y0: p.y + a.y, y1: p.y + a.y + h};
      let cost = k * 20;
      for (const t of stage.taken) if (overlap(t, box)) cost += 200 + overlap(t, box);
      for (const e of stage.edges) if (crosses(box, stage.unitAt[e.a], stage.unitAt[e.b])) cost += 90;
      if (box.x0 < 2 || box.x1 > stage.w - 2 || box.y0 < 2 || box.y1 > stage.h - 2) cost += 400;
      if (!best || cost < best.cost) best = {cost, box, name, dy: a.y + 13, dx: a.side ? a.x : 0, anchor: a.side > 0 ? "start" : a.side ? "end" : "middle"};
    });
    stage.label[i] = best;
    stage.taken.push(best.box);
  });
}

/* What closes an open group: beside its leaves, which stand together on a ground of their own, or else above the machine that they hang on. */
function drawYards() {
  return [...openGroups].filter(g => stage.units.some(u => u.group === g)).map(g => {
    const {hub, members} = groups[g], leaves = members.length > BLOCK_MIN && members.every(m => !hanging[m].length), pad = stage.r + 10;
    const at = leaves ? members.map(m => stage.at[m]) : [stage.at[hub]], least = (key, f) => at.reduce((v, p) => f(v, p[key]), at[0][key]);
    const x0 = least("x", Math.min) - pad, y0 = least("y", Math.min) - pad, x1 = least("x", Math.max) + pad, y1 = least("y", Math.max) + pad + (stage.small ? 0 : 22);
    return sv("g", {class: "yard"}, leaves && sv("rect", {x: x0, y: y0, width: x1 - x0, height: y1 - y0, rx: 10}),
      sv("text", {x: clamp(x0 + 8, 8, stage.w - 160), y: clamp(y0 - 6, 14, stage.h - 8), class: "fold", tabindex: 0, role: "button", "data-group": g, text: `− ${groupText(g)} · ${nodes[hub].name}`,
        on: {click: () => toggleGroup(g), keydown: e => { if (e.key === "Enter") toggleGroup(g); }}}));
  });
}
/* "998 hosts", or what it is that a group holds. */
function groupText(g) {
  const kinds = new Set(groups[g].members.map(m => kindOf(nodes[m]))), [kind] = kinds;
  return `${num(groups[g].members.length)} × ${kinds.size === 1 ? T("kind_" + kind) : T("machine")}`;
}

function drawCable(e) {
  const a = stage.unitAt[e.a], b = stage.unitAt[e.b], c = cables[e.cable];
  const g = sv("g", {class: "cable", "data-i": e.cable});
  const slow = c.ends[0].rate && c.ends[0].rate < 200e6;
  g.append(sv("line", {x1: a.x, y1: a.y, x2: b.x, y2: b.y, class: "wire" + (slow ? " slow" : "") + (stage.small ? " thin" : "") + (stage.units.length > 4 * UNITS_MAX ? " faint" : "")}));
  const d = Math.hypot(b.x - a.x, b.y - a.y);
  if (!stage.tight && !stage.small && d > 96) {
    const flat = Math.abs(b.y - a.y) < 30, mx = (a.x + b.x) / 2, my = (a.y + b.y) / 2;
    let angle = Math.atan2(b.y - a.y, b.x - a.x) * 180 / Math.PI;
    if (angle > 90 || angle < -90) angle += 180;
    const rad = flat ? 0 : angle * Math.PI / 180, hw = Math.abs(34 * Math.cos(rad)) + Math.abs(12 * Math.sin(rad)), hh = Math.abs(34 * Math.sin(rad)) + Math.abs(12 * Math.cos(rad));
    /* beside the cable, on the side on which there is nothing else; if there is none it is left to the cable's title */
    const side = [20, -20].find(o => {
      const x = mx - o * Math.sin(rad), y = my + o * Math.cos(rad), box = {x0: x - hw, x1: x + hw, y0: y - hh, y1: y + hh};
      if (stage.taken.some(t => overlap(t, box)) || stage.edges.some(q => q !== e && crosses(box, stage.unitAt[q.a], stage.unitAt[q.b]))) return false;
      stage.taken.push(box);
      return true;
    });
    const t = sv("text", {class: "rate", transform: `translate(${mx} ${my}) rotate(${flat ? 0 : angle}) translate(0 ${side > 0 ? 0 : -40})`, "text-anchor": "middle"});
    if (side) t.append(sv("tspan", {x: 0, dy: 24, text: facts.wire ? "" : (e.count > 1 ? e.count + " × " : "") + wayRate(c.ends[0])}), sv("tspan", {x: 0, dy: 11.5, text: facts.wire ? c.ends[0].delay ? "≈ " + spanText(c.ends[0].delay) : "" : spanText(c.ends[0].delay)}));
    if (side && c.ends[0].loss) t.append(sv("tspan", {x: 0, dy: 11.5, text: T("loss") + " " + +(c.ends[0].loss * 100).toFixed(2) + "%"}));
    g.append(t);
  }
  g.append(sv("title", {text: c.name + (e.count > 1 ? `, … (${num(e.count)})` : "")}));
  return g;
}

function drawNode(d, i) {
  const p = stage.at[i], r = stage.r;
  const g = sv("g", {class: "node", transform: `translate(${p.x} ${p.y})`, tabindex: 0, role: "button", "aria-label": d.name, "data-i": i,
    on: {click: () => tell("node", i), keydown: e => { if (e.key === "Enter") tell("node", i); }}});
  g.append(sv("rect", {x: -r, y: -r, width: 2 * r, height: 2 * r, rx: r * .45, class: "tile"}));
  if (r > 6) g.append(sv("path", {d: ICONS[kindOf(d)], class: "icon", transform: `scale(${r / 27})`}));
  if (!stage.small) {
    const l = stage.label[stage.of[i]] ?? {dx: 0, dy: r + 18, anchor: "middle", name: "below"};
    g.append(sv("text", {x: l.dx, y: l.dy, class: "name", "text-anchor": l.anchor, text: d.name}));
    if (!stage.tight) g.append(sv("text", {x: l.dx, y: l.dy + 15, class: "address", "text-anchor": l.anchor}));
    g.append(sv("text", {y: l.name === "above" ? r + 15 : -r - 9, class: "state", "text-anchor": "middle"}));
  }
  g.append(sv("path", {d: "M3-12l-9 14h6l-3 10 9-14h-6z", class: "bolt", transform: `translate(${r * .8} ${-r * .8})`}));
  g.append(sv("title", {text: `${d.name} — ${T("kind_" + kindOf(d))}`}));
  return g;
}
/* A closed group: a pile of tiles with its number. */
function drawGroup(u, i) {
  const p = stage.unitAt[i], r = Math.max(stage.r, 9), many = groups[u.group].members;
  const g = sv("g", {class: "node group", transform: `translate(${p.x} ${p.y})`, tabindex: 0, role: "button", "aria-label": groupText(u.group), "data-group": u.group,
    on: {click: () => toggleGroup(u.group), keydown: e => { if (e.key === "Enter") toggleGroup(u.group); }}});
  for (const k of [6, 3, 0]) g.append(sv("rect", {x: -r + k, y: -r - k, width: 2 * r, height: 2 * r, rx: r * .45, class: "tile"}));
  g.append(sv("text", {y: 4.5, class: "number", "text-anchor": "middle", text: num(u.count)}));
  if (!stage.small) g.append(sv("text", {y: r + 19, class: "name", "text-anchor": "middle", text: groupText(u.group)}));
  if (!stage.small && !stage.tight) g.append(sv("text", {y: r + 34, class: "address", "text-anchor": "middle", text: many.length > 1 ? `${nodes[many[0]].name} … ${nodes[many[many.length - 1]].name}` : nodes[many[0]].name}));
  g.append(sv("title", {text: `${groupText(u.group)}: ${T("openGroup")}`}));
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
/* Packets that died inside a machine. */
const deaths = happenings.filter(h => h.kind === "drop" && h.node >= 0 && packets.has(h.e.packet) && !packets.get(h.e.packet)[0].house);
function deathsAt(t) {
  const x = axis.story.toX(t), out = [];
  for (let i = lowerBound(deaths, t + 1, h => h.time) - 1; i >= 0; i--) {
    const age = x - axis.story.toX(deaths[i].time);
    if (age > 9) break;
    out.push([deaths[i], age / 9]);
  }
  return out;
}
function place(f, share) {
  const a = stage.at[f.from], b = stage.at[f.to], d = Math.hypot(b.x - a.x, b.y - a.y) || 1, ux = (b.x - a.x) / d, uy = (b.y - a.y) / d;
  const inset = Math.min(stage.r + 3, d / 4), along = inset + share * (d - 2 * inset), side = stage.small ? 3 : 8;
  return {x: a.x + ux * along + uy * side, y: a.y + uy * along - ux * side};
}
const shareAt = (f, t) => f.drop ? .08 + .5 * (f.t1 > f.tx ? clamp((t - f.tx) / (f.t1 - f.tx), 0, 1) : 1) : f.t1 > f.tx ? clamp((t - f.tx) / (f.t1 - f.tx), 0, 1) : t >= f.t1 ? 1 : 0;

/* Not within a closed group. */
const isOnStage = f => stage.of[f.from] !== stage.of[f.to];

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
  const t = at.t, now = flightsAt(t).filter(isOnStage), worth = now.filter(f => f.w >= .5 || f === at.sel);
  const named = worth.length <= 10;
  let used = 0;
  now.reverse();
  for (const f of now) {
    const item = poolItem(used++), p = place(f, shareAt(f, t)), chosen = at.sel && f.id === at.sel.id, text = (named && f.w >= .5) || chosen;
    item.f = f;
    item.g.style.display = "";
    item.g.setAttribute("class", `pk p-${f.p}${chosen ? " chosen" : ""}${f.t0 <= t && t < f.tx ? " waits" : ""}${f.again ? " again" : ""}${at.stepIds?.has(f.id) ? " told" : ""}`);
    item.g.setAttribute("transform", `translate(${p.x.toFixed(1)} ${p.y.toFixed(1)})`);
    const dot = stage.small ? clamp(stage.r, 3, 9) : 9, w = text ? f.label.length * 6 + 14 : dot, h = text ? 17 : dot;
    if (item.w !== w) {
      item.w = w;
      for (const [k, v] of [["x", -w / 2], ["y", -h / 2], ["width", w], ["height", h], ["rx", h / 2]]) item.shape.setAttribute(k, v);
    }
    const label = text ? f.label : "";
    if (item.label !== label) item.text.textContent = item.label = label;
  }
  for (const [f, age] of burstsAt(t)) {
    if (!isOnStage(f)) continue;
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
  for (const [h, age] of deathsAt(t)) {
    const item = poolItem(used++), p = stage.at[h.node];
    item.f = packets.get(h.e.packet)?.[0] ?? null;
    item.g.style.display = "";
    item.g.setAttribute("class", "pk burst");
    item.g.setAttribute("transform", `translate(${p.x} ${p.y}) scale(${1.4 + age * 1.6})`);
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
  for (const g of stage.cablesG.children) {
    const c = cables[g.dataset.i];
    if (c) g.classList.toggle("dead", brokenAt("cable", +g.dataset.i, t) || c.ends.some(e => brokenAt("node", e.node, t)));
  }
  if (stage.small) return;
  for (const g of stage.nodesG.children) {
    if (g.dataset.i === undefined) continue;
    const i = +g.dataset.i, list = mainAddress(nodes[i], t), text = nodes[i].label || (list.length ? list[0].address.replace(/\/\d+$/, "") + (list.length > 1 ? ` +${list.length - 1}` : "") : "");
    const address = g.querySelector(".address"), state = g.querySelector(".state"), s = nodeState(i, t);
    if (address && address.textContent !== text) address.textContent = text;
    if (state.textContent !== s) state.textContent = s;
    g.classList.toggle("picked", at.node === i);
    g.classList.toggle("dead", brokenAt("node", i, t));
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
