/* Where machines stand: as the scene says, or by layers from one end of the network to the other, then pulled into shape.  No chance: the same scene looks the same.
 *
 * What is too much for one look is folded: machines that hang on one other become a group, a tile with their number; then what hangs on those, and so on
 * inwards, until the rest can be drawn.  A unit is what is drawn: a machine, or a closed group with all that is behind it. */
const UNITS_MAX = 40, BLOCK_MIN = 8, LABEL_ROOM = 84;
const groups = [], hanging = nodes.map(() => []), openGroups = new Set();
const trunk = foldNodes();

function nearOf() {
  const near = nodes.map(() => new Set());
  for (const c of cables) { const [a, b] = c.ends.map(e => e.node); if (a >= 0 && b >= 0 && a !== b) { near[a].add(b); near[b].add(a); } }
  return near;
}
/* Fills `groups` and `hanging`; answers the machines that are in no group. */
function foldNodes() {
  const near = nearOf(), gone = nodes.map(() => false);
  let count = nodes.length;
  for (let least = 3; count > UNITS_MAX && least && !nodes.every(d => d.x !== undefined);) {
    const leaves = new Map();
    near.forEach((set, i) => {
      const [hub] = set;
      if (gone[i] || set.size !== 1 || near[hub].size < 2) return;
      if (leaves.has(hub)) leaves.get(hub).push(i); else leaves.set(hub, [i]);
    });
    let folded = false;
    for (const [hub, members] of leaves) {
      if (members.length < least) continue;
      hanging[hub].push(groups.push({hub, members}) - 1);
      for (const m of members) { gone[m] = true; near[hub].delete(m); count -= 1 + hanging[m].length; }
      count++;
      folded = true;
    }
    if (!folded) least--;
  }
  return nodes.map((_, i) => i).filter(i => !gone[i]);
}
const isOpen = g => openGroups.has(g) || (groups[g].members.length === 1 && !hanging[groups[g].members[0]].length);

/* What is to be drawn now: units, the unit of every machine, and one edge for all cables between two units. */
function unitsNow() {
  const units = [], of = nodes.map(() => -1), edges = new Map();
  const hide = (i, u) => {
    for (const todo = [i]; todo.length;) {
      const k = todo.pop();
      of[k] = u;
      units[u].count++;
      for (const g of hanging[k]) todo.push(...groups[g].members);
    }
  };
  const todo = trunk.slice().reverse().map(i => [i, -1]);
  while (todo.length) {
    const [i, group] = todo.pop();
    of[i] = units.push({node: i, group, count: 1}) - 1;
    for (const g of hanging[i]) {
      if (isOpen(g)) { for (const m of groups[g].members.slice().reverse()) todo.push([m, g]); continue; }
      const u = units.push({node: -1, group: g, count: 0}) - 1;
      for (const m of groups[g].members) hide(m, u);
    }
  }
  cables.forEach((c, i) => {
    const [a, b] = c.ends.map(e => e.node < 0 ? -1 : of[e.node]);
    if (a < 0 || b < 0 || a === b) return;
    const key = Math.min(a, b) + " " + Math.max(a, b), e = edges.get(key);
    if (e) e.count++; else edges.set(key, {a, b, cable: i, count: 1});
  });
  return {units, of, edges: [...edges.values()]};
}

/* Positions of units in the unit square. */
function layoutUnits({units, edges}) {
  if (!units.length) return [];
  if (units.every(u => u.node >= 0 && nodes[u.node].x !== undefined)) return fitUnit(units.map(u => ({x: nodes[u.node].x, y: nodes[u.node].y})));
  /* leaves of an open group stand together, in rows: one vertex */
  const vertexOf = [], vertices = [], blocks = new Map();
  units.forEach((u, i) => {
    const block = u.node >= 0 && u.group >= 0 && !hanging[u.node].length && groups[u.group].members.length > BLOCK_MIN;
    if (block && blocks.has(u.group)) { vertexOf[i] = blocks.get(u.group); vertices[vertexOf[i]].units.push(i); return; }
    vertexOf[i] = vertices.push({units: [i], w: 1, h: 1, near: []}) - 1;
    if (block) blocks.set(u.group, vertexOf[i]);
  });
  for (const v of vertices) { v.w = Math.ceil(Math.sqrt(v.units.length * 1.3)); v.h = Math.ceil(v.units.length / v.w); }
  const pairs = new Set();
  for (const e of edges) {
    const a = vertexOf[e.a], b = vertexOf[e.b], key = Math.min(a, b) + " " + Math.max(a, b);
    if (a === b || pairs.has(key)) continue;
    pairs.add(key); vertices[a].near.push(b); vertices[b].near.push(a);
  }
  const pos = layered(vertices);
  if (!blocks.size && vertices.length > 2 && vertices.length <= 300 && pos.branches) relax(pos, [...pairs].map(k => k.split(" ").map(Number)), vertices.length > 120 ? 60 : 240);
  const out = [];
  vertices.forEach((v, i) => v.units.forEach((u, k) => out[u] = {x: pos[i].x + (k % v.w - (v.w - 1) / 2), y: pos[i].y + (Math.floor(k / v.w) - (v.h - 1) / 2) * 1.25}));
  return fitUnit(out);
}
/* Columns by the distance from one end; what is more than a column holds goes on beside it. */
function layered(vs) {
  const n = vs.length, pos = vs.map(() => ({x: 0, y: 0}));
  const walk = from => {
    const d = new Array(n).fill(-1), q = [from];
    d[from] = 0;
    for (let i = 0; i < q.length; i++) for (const k of vs[q[i]].near) if (d[k] < 0) { d[k] = d[q[i]] + 1; q.push(k); }
    return d;
  };
  const far = d => d.reduce((m, v, i) => v > d[m] ? i : m, 0);
  const one = walk(0), a = far(one), da = walk(a), depth = walk(Math.min(a, far(da)));
  const deepest = depth.reduce((m, d) => Math.max(m, d), 0), rows = [];
  depth.forEach((d, i) => (rows[d < 0 ? deepest + 1 : d] ??= []).push(i));
  const stack = r => {
    let y = 0;
    for (const v of r) { pos[v].y = y + (vs[v].h - 1) / 2; y += vs[v].h; }
    for (const v of r) pos[v].y -= (y - 1) / 2;
  };
  rows.forEach(r => r && stack(r));
  for (let pass = 0; pass < 12; pass++)
    for (const r of pass % 2 ? rows.slice().reverse() : rows) {
      if (!r) continue;
      const mid = new Map(r.map(v => [v, vs[v].near.length ? vs[v].near.reduce((s, k) => s + pos[k].y, 0) / vs[v].near.length : pos[v].y]));
      r.sort((p, q) => mid.get(p) - mid.get(q) || p - q);
      stack(r);
    }
  const cells = vs.reduce((s, v) => s + v.w * v.h, 0), high = Math.max(12, Math.ceil(Math.sqrt(cells) * .8), ...vs.map(v => v.h));
  let x = 0;
  for (const r of rows) {
    if (!r) continue;
    const columns = [[]];
    for (const v of r) {
      const last = columns[columns.length - 1];
      if (last.length && last.reduce((s, k) => s + vs[k].h, 0) + vs[v].h > high) columns.push([v]); else last.push(v);
    }
    for (const c of columns) {
      const w = Math.max(1, ...c.map(v => vs[v].w));
      stack(c);
      for (const v of c) pos[v].x = x + (w - 1) / 2;
      x += w + (c === columns[columns.length - 1] ? .5 : 0);
    }
  }
  for (const p of pos) p.y *= 1.25;
  pos.branches = rows.some(r => r && r.length > 1);
  return pos;
}
function relax(pos, edges, rounds) {
  const n = pos.length, k = 1.25;
  for (let round = 0; round < rounds; round++) {
    const cool = .12 * (1 - round / rounds), move = pos.map(() => ({x: 0, y: 0}));
    for (let i = 0; i < n; i++)
      for (let j = i + 1; j < n; j++) {
        let dx = pos[i].x - pos[j].x, dy = pos[i].y - pos[j].y;
        const d2 = Math.max(.01, dx * dx + dy * dy), f = k * k / d2 * .9;
        if (d2 > 25) continue;
        dx *= f; dy *= f;
        move[i].x += dx; move[i].y += dy; move[j].x -= dx; move[j].y -= dy;
      }
    for (const [a, b] of edges) {
      const dx = pos[a].x - pos[b].x, dy = pos[a].y - pos[b].y, f = Math.hypot(dx, dy) / k;
      move[a].x -= dx * f; move[a].y -= dy * f; move[b].x += dx * f; move[b].y += dy * f;
    }
    for (let i = 0; i < n; i++) {
      const d = Math.hypot(move[i].x, move[i].y) || 1, s = Math.min(d, cool) / d;
      pos[i].x += move[i].x * s; pos[i].y += move[i].y * s * .9;
    }
  }
}
/* Into the unit square; a line stays in the middle. */
function fitUnit(pos) {
  const range = key => pos.reduce(([a, b], p) => [Math.min(a, p[key]), Math.max(b, p[key])], [Infinity, -Infinity]);
  const [x0, x1] = range("x"), [y0, y1] = range("y"), w = x1 - x0, h = y1 - y0;
  return pos.map(p => ({x: w ? (p.x - x0) / w : .5, y: h > .01 ? (p.y - y0) / h : .5}));
}
