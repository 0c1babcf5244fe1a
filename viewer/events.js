/* The list of everything that happened, filtered, in step with the time. */
const evs = {text: "", layer: 0, node: -1, protos: new Set(), once: true, follow: true, rows: [], top: 0};
const ROW = 26;
function eventLine(h) {
  if (h.f) return h.f.text;
  const e = h.e;
  if (h.kind === "state") return `${e.key ? e.key + "  " : ""}${e.from} → ${e.to}`;
  if (h.kind === "drop") return `${e.drop}: ${raw.drops[e.drop] ?? ""}`;
  if (h.kind === "note") return `${e.key} ${num(e.value)}`;
  if (h.kind === "timer") return `${T("timer")} ${e.key}`;
  return e.text;
}
const eventLayer = h => h.f ? PROTO_LAYER[h.f.p] : h.e.layer;
const eventProto = h => h.f ? h.f.p : PROTO_OF[h.e.proto] ?? (h.e.proto === "neigh" ? "arp" : "other");
function filterEvents() {
  const words = evs.text.toLowerCase().split(/\s+/).filter(Boolean), seen = new Set();
  evs.rows = happenings.filter(h => {
    if (h.f && evs.once) { if (seen.has(h.f.id) && !h.f.drop) return false; seen.add(h.f.id); }
    if (evs.layer && eventLayer(h) !== evs.layer) return false;
    if (evs.node >= 0 && h.node !== evs.node && !(h.f && (evs.once ? packets.get(h.f.id).some(x => x.to === evs.node || x.from === evs.node) : h.f.to === evs.node))) return false;
    if (evs.protos.size && !evs.protos.has(eventProto(h))) return false;
    if (!words.length) return true;
    const id = h.f ? h.f.id : h.e.packet ?? 0;
    const line = `${eventLine(h)} ${h.f ? h.f.label + " " + cables[h.f.cable].name + (h.f.drop ? " drop " + h.f.drop : "") + (h.f.again ? " again" : "") : h.kind} ${nodeName(h.node)}`.toLowerCase();
    return words.every(w => /^id=\d+$/.test(w) ? id === +w.slice(3) : line.includes(w));
  });
  evs.cursor = -1;
  drawEvents(true);
}
function buildEvents() {
  const input = el("input", {id: "find", type: "search", placeholder: T("filterHint"), "aria-label": T("filter"), value: evs.text, on: {input: e => { evs.text = e.target.value; filterEvents(); }}});
  const layer = el("select", {id: "flayer", "aria-label": T("layer"), on: {change: e => { evs.layer = +e.target.value; filterEvents(); }}}, el("option", {value: 0}, T("allLayers")), ...[1, 2, 3, 4, 5, 7].map(n => el("option", {value: n, selected: evs.layer === n}, `${n} ${LAYER_NAME(n)}`)));
  const node = el("select", {id: "fnode", "aria-label": T("machines"), on: {change: e => { at.node = evs.node = +e.target.value; filterEvents(); drawStage(); }}}, el("option", {value: -1}, T("allNodes")), ...nodes.map((d, i) => el("option", {value: i, selected: evs.node === i}, d.name)));
  const chips = PROTOS.filter(p => happenings.some(h => eventProto(h) === p)).map(p => el("button", {class: `chip p-${p}`, "aria-pressed": String(evs.protos.has(p)), on: {click: e => {
    evs.protos.has(p) ? evs.protos.delete(p) : evs.protos.add(p);
    e.currentTarget.setAttribute("aria-pressed", evs.protos.has(p));
    filterEvents();
  }}}, el("i"), PROTO_NAME[p]));
  const once = el("button", {class: "quiet", id: "once", "aria-pressed": String(evs.once), on: {click: () => { evs.once = !evs.once; buildEvents(); filterEvents(); }}}, T(evs.once ? "oncePer" : "everyHop"));
  evs.list = el("div", {class: "list", tabindex: 0, role: "listbox", "aria-label": T("events")});
  evs.space = el("div", {class: "space"});
  evs.list.append(evs.space);
  evs.list.addEventListener("scroll", () => drawEvents(false));
  evs.list.addEventListener("keydown", e => {
    if (e.key !== "ArrowDown" && e.key !== "ArrowUp") return;
    e.preventDefault(); e.stopPropagation();
    const i = clamp((evs.picked ?? evs.cursor) + (e.key === "ArrowDown" ? 1 : -1), 0, evs.rows.length - 1);
    pickEvent(i);
  });
  $("events").replaceChildren(el("div", {class: "bar"}, input, layer, node, el("div", {class: "chips"}, ...chips), once), evs.list);
  filterEvents();
}
function pickEvent(i) {
  const h = evs.rows[i];
  if (!h) return;
  evs.picked = i;
  play(false);
  setTime(h.time, "list");
  if (h.f) choose(h.f); else if (h.e.packet && packets.has(h.e.packet)) choose(packets.get(h.e.packet).find(x => x.to === h.node || x.from === h.node) ?? packets.get(h.e.packet)[0]);
  const y = i * ROW;
  if (y < evs.list.scrollTop || y > evs.list.scrollTop + evs.list.clientHeight - ROW) evs.list.scrollTop = y - evs.list.clientHeight / 2;
  drawEvents(true);
}
function drawEvents(force) {
  if (!evs.list) return;
  const rows = evs.rows, first = Math.max(0, Math.floor(evs.list.scrollTop / ROW) - 4), last = Math.min(rows.length, first + Math.ceil(evs.list.clientHeight / ROW) + 8);
  if (!force && evs.first === first && evs.last === last) return;
  evs.first = first; evs.last = last;
  evs.space.style.height = rows.length * ROW + "px";
  if (!rows.length) { evs.space.replaceChildren(el("p", {class: "none"}, T("noEvents"))); return; }
  evs.space.replaceChildren(...rows.slice(first, last).map((h, k) => {
    const i = first + k, f = h.f, sel = f && at.sel && f.id === at.sel.id;
    return el("div", {class: `ev p-${eventProto(h)} k-${h.kind}${i === evs.cursor ? " now" : ""}${sel ? " sel" : ""}${h.time > at.t ? " later" : ""}${f?.drop ? " died" : ""}`, style: `top:${i * ROW}px`, role: "option", "data-i": i, "aria-selected": String(!!sel), on: {click: () => pickEvent(i)}},
      el("time", {}, timeText(h.time, 1e3)), el("span", {class: "who"}, f ? evs.once && !f.drop ? `${nodeName(f.from)} → ${nodeName(packets.get(f.id).at(-1).to)}` : `${nodeName(f.from)} → ${nodeName(f.to)}` : nodeName(h.node)),
      el("span", {class: "tag"}, f ? f.drop ? "×" : f.again ? "↻" : "" : h.kind === "state" ? "◆" : h.kind === "say" ? "❝" : h.kind === "drop" ? "×" : h.kind === "fault" ? "⚡" : "·"),
      el("span", {class: "lb"}, f ? f.label : h.e.proto), el("span", {class: "tx"}, eventLine(h)), f?.left_out && !evs.once ? el("span", {class: "gapnote"}, T("leftHere", num(f.left_out))) : null);
  }));
}
function eventsFollow() {
  const i = lowerBound(evs.rows, at.t + 1, h => h.time) - 1;
  if (i === evs.cursor) return;
  evs.cursor = i;
  if (evs.follow && evs.list && !evs.list.matches(":hover")) {
    const y = Math.max(0, i) * ROW;
    if (y < evs.list.scrollTop + ROW || y > evs.list.scrollTop + evs.list.clientHeight - 2 * ROW) evs.list.scrollTop = y - evs.list.clientHeight / 2;
  }
  drawEvents(true);
}
hear("time", eventsFollow);
hear("select", () => drawEvents(true));
hear("node", i => { at.node = evs.node = evs.node === i ? -1 : i; buildEvents(); drawStage(); });
