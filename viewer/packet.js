/* The chosen packet: its way, its layers one inside the other, every field, every byte. */
const LAYER_NAME = n => T("L" + n);

/* What layer 1 adds to a frame, as fields without bytes of the frame. */
function physical(f) {
  const way = cables[f.cable].ends[f.end], pad = Math.max(0, 60 - f.len), fields = [];
  fields.push({label: T("preamble"), text: "55 × 7", name: ""}, {label: T("sfd"), text: "d5", name: ""});
  if (pad) fields.push({label: T("pad"), text: pad + " B", name: ""});
  fields.push({label: T("fcs"), text: "0x" + f.fcs.toString(16).padStart(8, "0"), name: "eth.fcs"}, {label: T("gap"), text: "12 " + T("bytetimes"), name: ""},
    {label: T("onWire"), text: `${num((Math.max(f.len, 60) + 12) * 8)} ${T("bits")}`, name: ""});
  if (way.rate) fields.push({label: T("serialize"), text: `${spanText(f.send)} (${wayRate(way)})`, name: ""});
  fields.push({label: T("propagate"), text: spanText(way.delay), name: ""});
  return fields;
}

function packetHops(f) {
  const list = packets.get(f.id);
  return el("div", {class: "hops"}, ...list.map((h, i) => {
    const ttl = fieldText(h, "ip.ttl") ?? fieldText(h, "ipv6.hlim");
    return el("button", {class: "hop" + (h === f ? " on" : "") + (h.drop ? " died" : ""), title: h.drop ? raw.drops[h.drop] : cables[h.cable].name, on: {click: () => { choose(h); setTime(h.t0); }}},
      el("b", {}, `${nodeName(h.from)} → ${nodeName(h.to)}`), el("span", {}, `${timeText(h.t0, 1e3)}${ttl ? ` · ${T("ttl")} ${ttl}` : ""}`),
      el("span", {class: "fate"}, h.drop ? `${T("lost")}: ${h.drop}` : h.flew ? "+" + spanText(h.t1 - h.t0) : T("flying")));
  }));
}

/* Boxes in boxes: layer 1 outside. */
function nest(f, layers) {
  const size = d => d.n;
  const inner = k => {
    if (k === layers.length) return null;
    const d = layers[k], rest = inner(k + 1);
    return el("div", {class: `box l${d.osi}`, "data-layer": k, title: `${d.label} · ${size(d)} B`, on: {click: e => { e.stopPropagation(); showLayer(k); }}},
      el("span", {class: "cap"}, el("i", {}, d.osi), boxName(d), el("em", {}, size(d) + " B")), rest);
  };
  return el("div", {class: "nest"}, el("div", {class: "box l1", title: LAYER_NAME(1)}, el("span", {class: "cap"}, el("i", {}, "1"), T("preamble"), el("em", {}, "8 B")), inner(0), el("span", {class: "tail"}, "FCS 4 B")));
}
const boxName = d => ({eth: "Ethernet", ip: "IPv4", ipv6: "IPv6", tcp: "TCP", udp: "UDP", arp: "ARP", dns: "DNS", dhcp: "DHCP", icmp: "ICMP", icmpv6: "ICMPv6", http: "HTTP", rip: "RIP", data: "data"})[d.name] ?? d.name;
function showLayer(k) {
  const s = $("packet").querySelector(`[data-sec="${k}"]`);
  if (s) { s.open = true; s.scrollIntoView({block: "start", behavior: "smooth"}); }
}

function fieldRow(d, f) {
  const row = el("div", {class: "field d" + Math.min(4, d.depth), "data-at": d.at, "data-n": d.n, tabindex: 0, title: d.name},
    el("span", {class: "lab"}, d.label), el("span", {class: "val"}, d.text.length > 160 ? d.text.slice(0, 160) + "…" : d.text), el("code", {}, d.name));
  const on = () => lightBytes(d.at, d.n, d.layer?.osi ?? 2), off = () => lightBytes(0, 0);
  row.addEventListener("mouseenter", on); row.addEventListener("mouseleave", off); row.addEventListener("focus", on); row.addEventListener("blur", off);
  return row;
}
function layerSection(n, title, summary, rows, k, open) {
  return el("details", {class: `layer l${n}`, "data-sec": k, open}, el("summary", {}, el("i", {}, n), el("b", {}, LAYER_NAME(n)), el("span", {}, title)),
    summary ? el("p", {class: "sum"}, summary) : null, ...rows);
}

/* Layers 5 and 6 have no header of their own under HTTP: they are in some of its lines. */
const BETWEEN = {5: /^http\.(connection|cookie|set_cookie|keep_alive)/, 6: /^http\.(content_type|content_encoding|transfer_encoding|accept|accept_encoding|accept_language|content_length_header)/};
function between(n, fields, f) {
  const rows = fields.filter(d => d.depth > 0 && BETWEEN[n].test(d.name));
  return layerSection(n, rows.length ? "HTTP" : "", rows.length ? null : T("empty" + n), rows.map(d => fieldRow(d, f)), "e" + n, rows.length > 0);
}

function buildPacket() {
  const box = $("packet"), f = at.sel;
  if (!f) {
    box.replaceChildren(el("div", {class: "empty"}, el("h2", {}, T("noPacket")), el("p", {}, T("noPacketText")), emptyLayers()));
    return;
  }
  const fields = fieldsOf(f), layers = fields.filter(d => d.depth === 0 && !d.name.startsWith("_ws")), sections = [];
  sections.push(layerSection(1, cables[f.cable].name, null, physical(f).map(d => el("div", {class: "field d1"}, el("span", {class: "lab"}, d.label), el("span", {class: "val"}, d.text), el("code", {}, d.name))), "phy", false));
  layers.forEach((d, k) => {
    if (d.osi >= 5 && f.conn !== undefined && !layers.slice(0, k).some(x => x.osi >= 5)) for (const e of [5, 6]) if (!layers.some(x => x.osi === e)) sections.push(between(e, fields, f));
    sections.push(layerSection(d.osi, d.label, d.text, d.fields.map(x => fieldRow(x, f)), k, true));
  });
  for (const d of fields) if (d.name === "_ws.malformed") sections.push(el("p", {class: "sum bad"}, d.text));
  const scroll = el("div", {class: "scroll"}, packetHops(f), el("h3", {}, T("wraps")), nest(f, layers), el("h3", {}, T("fields")), ...sections);
  box.replaceChildren(
    el("div", {class: "phead p-" + f.p}, el("div", {class: "ptitle"}, el("i", {class: "dot"}), el("h2", {}, f.label), el("span", {class: "id"}, `id ${f.id}`), el("button", {class: "quiet x", "aria-label": T("close"), on: {click: () => choose(null)}}, "×")),
      el("p", {class: "pline"}, f.text), f.drop ? el("p", {class: "bad"}, `${T("lost")} — ${f.drop}: ${raw.drops[f.drop] ?? ""}`) : null,
      el("div", {class: "acts"}, facts.wire ? null : el("button", {on: {click: () => { signal.choice = -1; setView("signal"); }}}, T("showSignal")), f.conn !== undefined ? el("button", {on: {click: () => setView("tcp")}}, T("showTcp")) : null)),
    scroll, buildHex(f, fields, layers));
}
function emptyLayers() {
  return el("ol", {class: "seven"}, ...[7, 6, 5, 4, 3, 2, 1].map(n => el("li", {class: "l" + n}, el("i", {}, n), LAYER_NAME(n))));
}

/* ---- bytes ---- */
let hexCells = [], hexOwner = [];
function buildHex(f, fields, layers) {
  const b = f.bytes, rows = [];
  hexCells = []; hexOwner = new Array(b.length).fill(null);
  /* who a byte belongs to: the smallest field that has it */
  for (const d of fields) for (let i = d.at; d.n && i < Math.min(b.length, d.at + d.n); i++) if (!hexOwner[i] || d.depth > 0 && (hexOwner[i].depth === 0 || d.n <= hexOwner[i].n)) hexOwner[i] = d;
  for (let at0 = 0; at0 < b.length; at0 += 16) {
    const hex = el("span", {class: "hx"}), asc = el("span", {class: "as"});
    for (let i = at0; i < Math.min(b.length, at0 + 16); i++) {
      const osi = hexOwner[i]?.layer?.osi ?? 0, cls = "l" + osi + (i % 16 === 8 ? " mid" : "");
      const h = el("b", {class: cls, "data-i": i}, b[i].toString(16).padStart(2, "0")), a = el("b", {class: cls, "data-i": i}, b[i] >= 32 && b[i] < 127 ? String.fromCharCode(b[i]) : "·");
      hexCells.push([h, a]);
      hex.append(h); asc.append(a);
    }
    rows.push(el("div", {class: "row"}, el("span", {class: "off"}, at0.toString(16).padStart(4, "0")), hex, asc));
  }
  const box = el("div", {class: "hex"}, el("h3", {}, T("bytes"), el("span", {class: "hint", id: "hexhint"}, b.length < f.len ? T("bytesCut", b.length, num(f.len)) : f.len + " B")), el("div", {class: "dump", tabindex: 0}, ...rows));
  box.addEventListener("mouseover", e => {
    const d = e.target.dataset?.i !== undefined ? hexOwner[+e.target.dataset.i] : null;
    if (!d) return;
    lightBytes(d.at, d.n, d.layer?.osi, true);
    lightField(d);
  });
  box.addEventListener("mouseleave", () => { lightBytes(0, 0); lightField(null); });
  return box;
}
function lightBytes(from, n, osi) {
  hexCells.forEach(([h, a], i) => { const on = n && i >= from && i < from + n; h.classList.toggle("on", on); a.classList.toggle("on", on); });
  if (n && hexCells[from]) {
    const dump = hexCells[from][0].closest(".dump"), row = hexCells[from][0].closest(".row");
    if (row.offsetTop < dump.scrollTop || row.offsetTop > dump.scrollTop + dump.clientHeight - 18) dump.scrollTop = row.offsetTop - 30;
  }
}
function lightField(d) {
  for (const r of $("packet").querySelectorAll(".field.lit")) r.classList.remove("lit");
  const hint = $("hexhint");
  if (hint) hint.textContent = d ? `${d.label}: ${d.text.slice(0, 60)}` : hint.dataset.was ?? hint.textContent;
  if (!d) return;
  for (const r of $("packet").querySelectorAll(".field")) if (+r.dataset.at === d.at && +r.dataset.n === d.n && r.title === d.name) {
    r.classList.add("lit");
    const s = r.closest(".scroll"), y = r.offsetTop;
    if (r.closest("details").open && (y < s.scrollTop || y > s.scrollTop + s.clientHeight - 30)) s.scrollTop = y - s.clientHeight / 2;
    break;
  }
}
hear("select", () => buildPacket());
