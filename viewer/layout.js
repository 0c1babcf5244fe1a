/* Where machines stand: as the scene says, or by layers from one end of the network to the other, then pulled into shape.  No chance: the same scene looks the same. */
function layout() {
  const n = nodes.length, pos = nodes.map(() => ({x: 0, y: 0}));
  if (n && nodes.every(d => d.x !== undefined)) return fitUnit(nodes.map(d => ({x: d.x, y: d.y})));
  const near = nodes.map(() => []);
  for (const c of cables) { const [a, b] = c.ends.map(e => e.node); if (a >= 0 && b >= 0) { near[a].push(b); near[b].push(a); } }
  const walk = from => {
    const d = new Array(n).fill(-1), q = [from];
    d[from] = 0;
    for (let i = 0; i < q.length; i++) for (const k of near[q[i]]) if (d[k] < 0) { d[k] = d[q[i]] + 1; q.push(k); }
    return d;
  };
  const far = d => d.reduce((m, v, i) => v > d[m] ? i : m, 0);
  if (!n) return pos;
  const one = walk(0), a = far(one), da = walk(a), b = far(da);
  const start = Math.min(a, b), depth = walk(start);
  const deepest = Math.max(...depth);
  const rows = [];
  depth.forEach((d, i) => (rows[d < 0 ? deepest + 1 : d] ??= []).push(i));
  const rank = new Array(n).fill(0);
  rows.forEach(r => r && r.forEach((v, i) => rank[v] = i - (r.length - 1) / 2));
  for (let pass = 0; pass < 12; pass++)
    for (const r of pass % 2 ? rows.slice().reverse() : rows) {
      if (!r) continue;
      const mid = new Map(r.map(v => [v, near[v].length ? near[v].reduce((s, k) => s + rank[k], 0) / near[v].length : rank[v]]));
      r.sort((p, q) => mid.get(p) - mid.get(q) || p - q);
      r.forEach((v, i) => rank[v] = i - (r.length - 1) / 2);
    }
  nodes.forEach((_, i) => pos[i] = {x: (depth[i] < 0 ? deepest + 1 : depth[i]) * 1.5, y: rank[i] * 1.25});
  if (n > 2 && n <= 300 && rows.some(r => r && r.length > 1)) relax(pos, n > 120 ? 60 : 240);
  return fitUnit(pos);
}
function relax(pos, rounds) {
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
    for (const c of cables) {
      const [a, b] = c.ends.map(e => e.node);
      if (a < 0 || b < 0 || a === b) continue;
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
  const xs = pos.map(p => p.x), ys = pos.map(p => p.y), x0 = Math.min(...xs), y0 = Math.min(...ys), w = Math.max(...xs) - x0, h = Math.max(...ys) - y0;
  return pos.map(p => ({x: w ? (p.x - x0) / w : .5, y: h > .01 ? (p.y - y0) / h : .5}));
}
