/* The rendered page, the machines' tables, and how it ended. */
function buildPage(box) {
  const p = raw.page, parts = [];
  if (!p && !raw.loads.length) { box.replaceChildren(el("div", {class: "empty mid"}, el("p", {}, T("noPage")))); return; }
  if (p) {
    const frame = el("div", {class: "browser"}, el("div", {class: "chrome"}, el("i"), el("i"), el("i"), el("span", {}, p.url)));
    if (p.png) frame.append(el("img", {src: "data:image/png;base64," + p.png, alt: T("rendered")}));
    else frame.append(el("pre", {}, p.text));
    parts.push(frame);
  }
  const side = el("div", {class: "pageside"});
  if (raw.loads.length) side.append(el("h3", {}, T("waterfall")), waterfall());
  if (p?.text && p.png) side.append(el("details", {}, el("summary", {}, T("asText")), el("pre", {class: "pagetext"}, p.text)));
  if (side.childElementCount) parts.push(side);
  box.replaceChildren(el("div", {class: "pageview"}, ...parts));
}
function waterfall() {
  const a = Math.min(...raw.loads.map(l => l.began)), b = Math.max(...raw.loads.map(l => l.ended || l.began)), span = b - a || 1, pct = t => (t - a) / span * 100 + "%";
  return el("div", {class: "falls"}, ...raw.loads.map(l => {
    /* What failed spent its last time in the first part that has no end. */
    const marks = [];
    let x = l.began, open = null;
    for (const [key, y] of [["dnsPart", l.resolved], ["connPart", l.connected], ["waitPart", l.first_byte]]) {
      if (!y) { open ??= key; continue; }
      marks.push([key, x, y]);
      x = Math.max(x, y);
      open = null;
    }
    marks.push([open ?? "getPart", x, l.ended]);
    return el("button", {class: "fall", on: {click: () => setTime(l.began)}}, el("span", {class: "url"}, l.url.replace(/^https?:\/\/[^/]+/, "") || "/"), el("span", {class: "num"}, `${l.status || "×"} · ${bytesText(l.bytes)} · ${spanText((l.ended || l.began) - l.began)}`), l.note ? el("span", {class: "note"}, l.note) : null,
      el("span", {class: "track"}, ...marks.filter(([, x, y]) => y && y > x).map(([key, x, y]) => el("i", {class: key, title: `${T(key)} ${spanText(y - x)}`, style: `left:${pct(x)};width:max(2px,${(y - x) / span * 100}%)`}))));
  }), el("p", {class: "fallkey"}, ...["dnsPart", "connPart", "waitPart", "getPart"].map(k => el("span", {}, el("i", {class: k}), T(k)))));
}

function table(rows, ...heads) {
  if (!rows.length) return el("p", {class: "nothing"}, T("none"));
  return el("table", {}, ...(heads.length ? [el("thead", {}, el("tr", {}, ...heads.map(h => el("th", {}, h))))] : []), el("tbody", {}, ...rows.map(r => el("tr", {}, ...r.map(c => el("td", {}, c))))));
}
const MACHINES_SHOWN = 40;
function buildMachines(box) {
  const many = nodes.length > MACHINES_SHOWN && !at.allMachines, shown = nodes.map((d, i) => i).filter(i => !many || i < MACHINES_SHOWN || i === at.node);
  const cards = shown.map(i => {
    const d = nodes[i];
    const part = (key, rows) => rows.length ? [el("h4", {}, T(key)), table(rows)] : [];
    return el("section", {class: "card" + (at.node === i ? " picked" : "")}, el("h3", {}, sv("svg", {viewBox: "-20 -20 40 40", class: "mini"}, sv("path", {d: ICONS[kindOf(d)]})), d.name, el("small", {}, T("kind_" + kindOf(d)))),
      ...part("addresses", d.addresses.map(a => [a.address, a.link, a.time ? `${T("since")} ${timeText(a.time, 1e3)}` : ""])), ...part("links", d.links), ...part("routes", d.routes), ...part("neighbors", d.neighbors), ...part("switching", d.switching),
      d.counters.length ? el("details", {}, el("summary", {}, `${T("counters")} (${d.counters.length})`), table(d.counters.map(c => [c[0] + "." + c[1], num(+c[2]), c[3]]))) : null);
  });
  const list = table(cables.map(c => [c.name, `${nodeName(c.ends[0].node)}.${c.ends[0].link} — ${nodeName(c.ends[1].node)}.${c.ends[1].link}`, wayRate(c.ends[0]), spanText(c.ends[0].delay), `${num(c.ends[0].frames)} / ${num(c.ends[1].frames)}`, num(c.ends[0].lost + c.ends[1].lost)]), T("cables"), "", "", "", T("frames"), T("lost"));
  box.replaceChildren(el("div", {class: "cards"}, ...cards,
    many ? el("section", {class: "card wide"}, el("button", {on: {click: () => { at.allMachines = true; buildMachines(box); }}}, T("allMachines", num(nodes.length)))) : null, el("section", {class: "card wide"}, el("h3", {}, T("cables")), list)));
}

function buildOutcome(box) {
  const l = raw.limits, dropped = new Map();
  for (const e of raw.events) if (e.kind === "drop") dropped.set(e.drop, (dropped.get(e.drop) ?? 0) + 1);
  for (const f of frames) if (f.drop && !raw.events.some(e => e.kind === "drop" && e.packet === f.id)) dropped.set(f.drop, (dropped.get(f.drop) ?? 0) + 1);
  const rows = Object.entries(facts).filter(([k]) => isFact(k)).map(([k, v]) => [WORDS[lang][k] ? T(k) : k, v]);
  if (!rows.some(r => r[0] === T("duration"))) rows.push([T("duration"), timeText(END, 1)]);
  rows.push([T("eventsRun"), num(raw.events_run)], [T("digest"), raw.digest]);
  const jump = (t, id) => () => { setView("network"); setTime(t); if (id && packets.has(id)) choose(packets.get(id)[0]); };
  box.replaceChildren(el("div", {class: "cards"},
    raw.expects.length ? el("section", {class: "card wide"}, el("h3", {}, T("expects")), ...raw.expects.map(e => el("button", {class: "expect " + (e.held ? "held" : "failed"), on: {click: jump(e.time, e.packet)}}, el("b", {}, e.held ? "✓ " + T("held") : "✗ " + T("failed")), el("code", {}, e.text), el("time", {}, timeText(e.time, 1e3)), e.why ? el("pre", {}, e.why) : null))) : null,
    raw.faults.length ? el("section", {class: "card"}, el("h3", {}, T("faults")), table(raw.faults.map(x => [timeText(x.time, 1e3), x.text]))) : null,
    el("section", {class: "card"}, el("h3", {}, T("facts")), table(rows)),
    el("section", {class: "card"}, el("h3", {}, T("drops")), dropped.size ? table([...dropped].map(([k, n]) => [k, num(n), raw.drops[k] ?? ""])) : el("p", {class: "nothing"}, T("nothing"))),
    el("section", {class: "card"}, el("h3", {}, T("limits")), el("p", {}, T("limitsText", num(l.frames_kept), num(l.frames_seen))), l.frames_kept < l.frames_seen ? el("p", {}, T("limitsSampled", num(l.bulk_every))) : null,
      el("p", {}, frames.every(f => f.bytes64.length * .75 >= f.len) ? T("wholeFrames") : T("limitsSnap", num(l.snap || 224))), l.events_left_out ? el("p", {}, T("limitsEvents", num(l.events_left_out))) : null)));
}
