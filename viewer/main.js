/* The page put together: views, the journey, keys. */
const VIEWS = [["network", b => buildStage(b)], ["tcp", b => buildTcp(b)], ["signal", b => buildSignal(b)], ["page", b => buildPage(b)], ["machines", b => buildMachines(b)], ["outcome", b => buildOutcome(b)]];
const viewThere = {page: !!raw.page || raw.loads.length > 0, tcp: conns.length > 0, signal: !facts.wire};

function buildTop() {
  document.documentElement.lang = lang;
  document.title = pageTitle();
  $("title").textContent = pageTitle();
  const bits = [];
  if (facts.seed) bits.push(`${T("seed")} ${facts.seed}`);
  bits.push(`${T(facts.wire ? "realTime" : "duration")} ${spanText(END)}`, `${num(raw.limits.frames_seen)} ${T("frames")}`);
  if (!facts.wire) bits.push(`${T("digest")} ${raw.digest}`);
  $("facts").textContent = bits.join("  ·  ");
  $("lang").textContent = T("lang");
  $("theme").textContent = "◐";
  $("theme").title = T("theme");
  $("help").title = T("help");
  $("views").replaceChildren(...VIEWS.filter(([v]) => viewThere[v] !== false).map(([v]) => el("button", {role: "tab", id: "tab-" + v, "aria-selected": String(at.view === v), on: {click: () => setView(v)}}, T(v))));
}
function buildView() {
  const box = $("view");
  box.className = "v-" + at.view;
  document.body.dataset.view = at.view;
  VIEWS.find(([v]) => v === at.view)[1](box);
  for (const b of $("views").children) b.setAttribute("aria-selected", String(b.id === "tab-" + at.view));
}

/* ---- the journey ---- */
/* Text in blocks: words, or a table of one letter width, which takes as much room as there is and breaks only lines that are wider than that. */
function paragraphs(text) {
  return text.split(/\n{2,}/).filter(Boolean).map(p => /^ {4}/.test(p) ? tableOf(p.replace(/^ {4}/gm, "").trimEnd().split("\n")) : el("p", {}, p));
}
const isWide = c => /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/.test(c);
/* A column of blanks that goes through all lines need not be wider than two; "" is the second cell of a wide letter. */
function squeeze(lines) {
  const rows = lines.map(l => [...l].flatMap(c => isWide(c) ? [c, ""] : [c])), n = Math.max(0, ...rows.map(r => r.length)), keep = [];
  for (let x = 0, run = 0; x < n; x++) {
    run = rows.every(r => r[x] === undefined || r[x] === " ") ? run + 1 : 0;
    keep.push(run <= 2);
  }
  return rows.map(r => r.filter((_, x) => keep[x]).join("").trimEnd());
}
/* A table drawn with lines becomes one; a row without a bar in the middle goes across, and on where the next is indented. */
function boxTable(lines) {
  const rows = [[]];
  for (const l of lines) {
    if (/^[┌├└]/.test(l)) rows.push([]);
    else if (/^│[^│]*│$/.test(l)) {
      const words = l.slice(1, -1).trim();
      if (/^│ {5}/.test(l) && typeof rows.at(-1) === "string") rows[rows.length - 1] += " " + words;
      else rows.push(words);
    } else if (l.startsWith("│")) l.split("│").slice(1, -1).forEach((c, i) => { if (c.trim()) (rows.at(-1)[i] ??= []).push(c.trim()); });
  }
  const cell = (c, w) => el(w ? "th" : "td", {}, (c ?? []).join(" ").replace(/ (seq |arrives |=> |[\d.]+ ms에 도착)/g, "\n$1"));
  let head = 0;
  return el("table", {class: "pair"}, ...rows.filter(r => r.length).map(r => el("tr", {}, ...(typeof r === "string" ? [el("td", {colspan: 2, class: "across"}, r)] : [0, 1].map((i, _, a) => cell(r[i], head < 2 && head++ < 2))))));
}
function tableOf(lines) {
  if (lines[0].startsWith("┌")) return boxTable(lines);
  const rows = squeeze(lines), wide = Math.max(...rows.filter(r => !/═/.test(r)).map(r => [...r].reduce((w, c) => w + (isWide(c) ? 2 : 1), 0)), 1);
  return el("pre", {"data-wide": wide}, ...rows.map(r => el("span", {class: /^[\s═]+$/.test(r) && "rule"}, r)));
}
/* Letters as large as lets a whole line stand in the column, within what can be read. */
function fitTables() {
  for (const pre of $("tour").querySelectorAll("pre")) {
    const room = pre.clientWidth - 18, size = clamp(room / +pre.dataset.wide / .604, innerWidth < 1240 ? 8 : 9.5, 12);
    pre.style.fontSize = size.toFixed(2) + "px";
  }
}
function buildTour() {
  const written = steps.length && steps[0].written;
  $("tour").replaceChildren(el("h2", {}, T(written ? "tour" : "moments")), ...(written ? [] : [el("p", {class: "lead"}, T("momentsText"))]),
    el("ol", {}, ...steps.map((s, i) => el("li", {class: "step" + (at.step === i ? " on" : "")},
      el("button", {"aria-current": at.step === i ? "step" : null, on: {click: () => goStep(i)}}, el("i", {class: "l" + (s.layer || 0)}, s.n), el("b", {}, stepTitle(s)), el("time", {}, timeText(s.begin, 1e3))),
      at.step === i ? el("div", {class: "told"}, s.written && packets.has(s.packets[0]) ? el("button", {class: "open", on: {click: () => choose(packets.get(s.packets[0])[0])}}, T("openPacket")) : null,
        ...(s.written ? paragraphs(stepText(s)) : s.note ? [el("p", {class: "quote"}, s.note)] : [])) : null))));
  fitTables();
}
/* The chosen packet has a column of its own where there is room for three, and else while somebody looks at it. */
hear("select", from => {
  const had = document.body.classList.contains("packet");
  if (!at.sel) document.body.classList.remove("packet"); else if (from !== "step") document.body.classList.add("packet");
  if (had !== document.body.classList.contains("packet")) resized();
});
/* While it plays the story goes along. */
hear("time", from => {
  if (from !== "play" || !steps.length || !steps[0].written) return;
  let now = -1;
  for (let i = 0; i < steps.length && steps[i].begin <= at.t; i++) now = i;
  if (now <= at.step || stopAt !== null || !at.playing) return;
  at.step = now;
  at.stepIds = new Set(steps[now].packets);
  buildTour();
  drawLine();
  showStep();
});
function showStep() {
  const box = $("tour"), on = box.querySelector(".step.on");
  if (on) box.scrollTo({top: box.scrollTop + on.getBoundingClientRect().top - box.getBoundingClientRect().top - 8, behavior: "smooth"});
}
function goStep(i) {
  if (i < 0 || i >= steps.length) return;
  const s = steps[i];
  at.step = i;
  at.stepIds = new Set(s.packets);
  buildTour();
  const f = s.packets.length && packets.get(s.packets[0])?.[0];
  if (f) choose(f, "step");
  const a = ax(), x0 = a.toX(s.begin), x1 = a.toX(Math.max(s.end, s.begin)), span = Math.max(x1 - x0, 24);
  line.x0 = clamp(x0 - span * .35, 0, a.total);
  line.x1 = clamp(x1 + span * .5, line.x0 + 8, Math.max(a.total, line.x0 + 8));
  drawLine();
  setTime(s.begin);
  if (at.view !== "network" && at.view !== "tcp") setView("network");
  play(true, Math.max(s.end, s.begin));
  showStep();
}

/* A story opens where it begins: what was before that can be had by going back. */
function openStory() {
  const begin = +(facts.enter ?? 0);
  setTime(begin);
  if (!begin) return;
  const a = ax(), last = Math.max(...steps.map(s => s.end), begin), x0 = a.toX(begin), x1 = a.toX(last);
  at.pace = Math.max(13, (x1 - x0) / STORY_S);
  line.x0 = clamp(x0 - (x1 - x0) * .03, 0, a.total);
  line.x1 = clamp(x1 + (x1 - x0) * .04, line.x0 + 8, a.total);
  drawLine();
  const big = el("button", {id: "enter", on: {click: () => { big.remove(); play(true); }}}, glyph("play"), el("span", {}, T("enter")), facts.url ? el("code", {}, facts.url) : null);
  $("view").append(big);
}
hear("playing", () => { if (at.playing) $("enter")?.remove(); });

/* ---- keys, help, themes ---- */
function buildAbout() {
  $("about").replaceChildren(el("h2", {}, pageTitle()), el("p", {}, T(facts.wire ? "aboutWire" : "aboutText")), el("dl", {}, ...T("keys").flatMap(([k, text]) => [el("dt", {}, k), el("dd", {}, text)])), el("button", {on: {click: () => $("about").close()}}, T("close")));
}
function setLang(l) {
  lang = WORDS[l] ? l : "en";
  at.playing && play(false);
  buildAll();
}
function setTheme(dark) {
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  drawLine();
  if (at.view === "signal") drawWave();
}
const isDark = () => document.documentElement.dataset.theme === "dark";
function buildAll() { buildTop(); buildTour(); buildControls(); buildEvents(); buildPacket(); buildView(); buildAbout(); drawLine(); eventsFollow(); }

const KEYS = {
  " ": () => play(!at.playing), ArrowRight: e => { play(false); stepEvent(e.shiftKey ? 10 : 1); }, ArrowLeft: e => { play(false); stepEvent(e.shiftKey ? -10 : -1); },
  Home: () => setTime(0), End: () => setTime(END), "[": () => goStep(Math.max(0, at.step - 1)), "]": () => goStep(at.step + 1), "+": () => zoomLine(1 / 1.6), "=": () => zoomLine(1 / 1.6), "-": () => zoomLine(1.6), "0": lineReset,
  n: () => hopBy(1), p: () => hopBy(-1), "/": () => $("find").focus(), Escape: () => choose(null), l: () => setLang(lang === "en" ? "ko" : "en"), d: () => setTheme(!isDark()), "?": () => $("about").showModal(),
};
function hopBy(by) {
  if (!at.sel) return;
  const list = packets.get(at.sel.id), f = list[clamp(list.indexOf(at.sel) + by, 0, list.length - 1)];
  choose(f);
  setTime(f.t0);
}
document.addEventListener("keydown", e => {
  if (e.ctrlKey || e.metaKey || e.altKey || $("about").open) return;
  if (/^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName)) { if (e.key === "Escape") e.target.blur(); return; }
  if (e.key === " " && e.target.tagName === "BUTTON") return;
  const shown = [...$("views").children];
  if (/^[1-6]$/.test(e.key) && shown[+e.key - 1]) { shown[+e.key - 1].click(); return; }
  const fn = KEYS[e.key];
  if (fn) { e.preventDefault(); fn(e); }
});
$("lang").addEventListener("click", () => setLang(lang === "en" ? "ko" : "en"));
$("theme").addEventListener("click", () => setTheme(!isDark()));
$("help").addEventListener("click", () => $("about").showModal());
hear("view", () => { buildView(); drawLine(); evs.cursor = -2; eventsFollow(); drawEvents(true); });
let resizing = 0;
function resized() { cancelAnimationFrame(resizing); resizing = requestAnimationFrame(() => { fitTables(); drawLine(); drawEvents(true); if (at.view === "network") sizeStage(); else if (at.view === "tcp") drawLadder(), tcpNow(true); else if (at.view === "signal") drawWave(); }); }
addEventListener("resize", resized);

/* Seven bars: the mark. */
for (let i = 0; i < 7; i++) $("mark").append(sv("rect", {x: 3 + i * .9, y: 22.5 - i * 3.2, width: 22 - i * 1.8, height: 2, rx: 1, class: "l" + (i + 1)}));
document.body.classList.toggle("moments", !(steps.length && steps[0].written));
lang = WORDS[facts.lang] ? facts.lang : "en";
document.documentElement.dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
line.x1 = ax().total;
wireLine();
buildAll();
lineReset();
openStory();
document.documentElement.dataset.ready = "1";
