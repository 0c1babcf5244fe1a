#!/usr/bin/env python3
"""Clicks through the page of a journey: journey.py JOURNEY.html ROUTER-DIES.html SERVER-DIES.html.  Any console error fails."""
import os, sys

from browser import Browser


def faulty(b):
    """The same with a router that dies while the page loads."""
    b.open(os.path.abspath(sys.argv[2]))
    b.run("setTime(raw.faults[0].time - 1)")
    assert not b.run("return document.querySelectorAll('.node.dead').length")
    b.run("setTime(raw.faults[0].time + 1e6)")
    assert b.run("return [...document.querySelectorAll('.node.dead .name')].map(t => t.textContent).join()") == "바", "a dead router looks dead"
    assert b.run("return document.querySelectorAll('.cable.dead').length") == 3, "and its cables"
    assert b.run("return conns[0].packets.some(p => p.drop === 'NO_ROUTE' && p.got === null)"), "what died in a router did not arrive"
    b.run("setView('tcp')")
    b.wait("return document.querySelectorAll('.seg.died').length >= 1", "it is drawn so")


def moments(b):
    """Every step stands at the moment that its text is about."""
    at = {s["label"]: s["begin"] for s in b.run("return raw.steps")}
    first = b.run("return ((p) => ({syn: p[0].sent, get: p.find(x => /^GET/.test(x.f.head)), ok: p.find(x => /^200/.test(x.f.head))}))(conns[0].packets)")
    assert at["3a"] == first["syn"], "the connection begins when A sends SYN, not when the neighbour was found"
    assert at["3b"] == at["4"] == first["get"]["sent"] and at["5"] == first["get"]["got"], "the request leaves, and comes"
    assert at["6"] == first["ok"]["sent"] < at["7"] <= first["ok"]["got"], "the response is written, and then travels"
    done = b.run("return Math.max(...raw.loads.map(l => l.ended))")
    assert at["8"] >= done > at["7"], "the page is rendered when all of it is there"
    assert b.run("return raw.steps.at(-1).text.includes(((raw.steps.at(-1).begin - facts.enter) / 1e6).toFixed(3))"), "the text says the same moment"


def narrow(b):
    """On a telephone and in half a screen nothing is cut off, and what a click opens is in sight."""
    inside = "const r = e.getBoundingClientRect(); return r.left >= -1 && r.right <= innerWidth + 1 && r.top >= -1 && r.bottom <= innerHeight + 1"
    for width, height in ((412, 860), (900, 768), (1366, 640)):
        b.size(width, height)
        b.run("document.body.classList.remove('packet'); choose(null); setView('network'); goStep(3); play(false)")
        b.wait("return stage.w === document.querySelector('svg.stage').clientWidth", "drawn")
        assert b.run("return document.documentElement.scrollWidth <= innerWidth && document.documentElement.scrollHeight <= innerHeight"), width
        cut = b.run("return [...document.querySelectorAll('#views button, .tools button, #play')].filter(e => !(e => {%s})(e)).map(e => e.textContent)" % inside)
        assert not cut, (width, cut)
        b.wait("const s = document.querySelector('.step.on').getBoundingClientRect(), t = document.querySelector('#tour').getBoundingClientRect(); return s.top > t.top && s.top < t.bottom - 40", "the step is in sight")
        on = b.run("""const all = stage.unitAt.map((p, i) => ({x0: p.x - stage.r, x1: p.x + stage.r, y0: p.y - stage.r, y1: p.y + stage.r})).concat(stage.label.map(l => l.box));
            return all.flatMap((p, i) => all.filter((q, k) => k > i && overlap(p, q) > 12).map(q => [p, q]))""")
        assert not on, (width, on)
        b.run("choose(frames.find(f => /^200 OK/.test(f.label)))")
        assert b.run("const e = document.querySelector('#packet'); return e.clientHeight > 200 && (e => {%s})(e)" % inside), width
        for view in ("tcp", "page"):
            b.run(f"setView('{view}'); resized()")
            b.wait("return document.querySelector('#view').scrollWidth <= document.querySelector('#view').clientWidth", view)
        b.run("setView('tcp')")
        b.wait("return document.querySelector('.ladder svg').clientWidth <= document.querySelector('.ladder').clientWidth", "the diagram is whole")
        cut = b.run("return [...document.querySelectorAll('.ladder .stname')].filter(t => { const r = t.getBBox(); return r.x < 0 || r.x + r.width > t.ownerSVGElement.clientWidth; }).map(t => t.textContent)")
        assert not cut, (width, cut)
        b.run("setView('page'); document.body.classList.remove('packet'); choose(null)")
        assert b.run("const e = document.querySelector('.pageview'); return e.scrollWidth <= e.clientWidth"), width
        b.shot(f"journey-{width}")
    b.size(1500, 1000)
    b.run("setView('network')")


def nothing_came(b):
    """The server is dead: the last step is when A gives up, and has no number that another step has."""
    b.open(os.path.abspath(sys.argv[3]))
    assert b.run("return [...document.querySelectorAll('#tour .step i')].map(i => i.textContent).join()") == "0,1,2,3a,✗"
    b.run("goStep(4); play(false)")
    assert b.run("return stateAt(conns[0], 0, at.t).state === 'CLOSED' && stateAt(conns[0], 0, at.t - 1e6).state === 'SYN-SENT'"), "A gives up then"


def main():
    b = Browser(1500, 1000)
    b.open(os.path.abspath(sys.argv[1]))
    labels = b.run("return [...document.querySelectorAll('#tour .step i')].map(i => i.textContent)")
    assert labels == ["0", "1", "2", "3a", "3b", "4", "5", "6", "7", "8"], labels
    assert "null" not in b.run("return document.getElementById('tour').textContent")
    moments(b)
    # It opens where Enter is pressed, with the story of ten steps in their order, and plays from there.
    b.size(1366, 768)
    assert b.run("return at.t === +facts.enter && at.t > 1e9 && steps.every((s, i) => !i || i === 1 || s.begin >= steps[i - 1].begin)")
    b.click("#enter")
    b.wait("return at.playing && at.t > +facts.enter && !document.getElementById('enter')", "Enter begins the journey")
    b.wait("return at.step > 0", "the story goes along")
    b.run("play(false)")
    assert b.run("return at.pace * 70 < axis.story.toX(steps.at(-1).end) - axis.story.toX(+facts.enter) + 13 * 70"), "a minute or so"
    # Everything in the story can be read: no table is cut, no name stands on another's.
    for i in range(len(labels)):
        b.run(f"goStep({i}); play(false)")
        cut = b.run("return [...document.querySelectorAll('#tour pre')].filter(p => p.scrollWidth > p.clientWidth + 1).map(p => p.textContent)")
        assert not cut, cut
    room = b.run("return document.querySelector('#tour').clientWidth")
    assert room > 440, room
    b.run("goStep(3); play(false)")
    assert b.run("return [...document.querySelectorAll('#tour pre span')].every(s => s.clientHeight < 30 || !/SYN/.test(s.textContent))"), "the handshake's lines are whole"
    for width in (1366, 1920):
        b.size(width, 768)
        b.wait("return stage.w > 500", "drawn")
        on = b.run("""const box = g => g.getBoundingClientRect(), all = [...document.querySelectorAll('.node .name, .node .address, .node .tile, .rate')].map(box).filter(r => r.width);
            return all.flatMap((p, i) => all.filter((q, k) => k > i && Math.min(p.right, q.right) - Math.max(p.left, q.left) > 3 && Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) > 4).map(q => [p.x, p.y, q.x, q.y].map(Math.round).join()))""")
        assert not on, on
    b.size(1500, 1000)
    # Whole frames; the response by its name; a signal for what was chosen, on the cable whose code it is.
    assert b.run("return frames.every(f => f.bytes.length === f.len)"), "every byte is kept"
    assert b.run("return frames.some(f => /^200 OK/.test(f.label))"), "the response is called what it is"
    assert b.run("return !happenings.some(h => h.kind === 'state' && h.e.from === 'ready' && h.e.to === 'ended')"), "services serve on"
    b.run("choose(frames.find(f => /^200 OK/.test(f.label))); setView('signal')")
    b.wait("return /200 OK/.test(document.querySelector('#view .stat').textContent) && /switch → A/.test(document.querySelector('#view .stat').textContent)", "the response on 10BASE-T")
    was = b.run("return signal.list.map(x => x.v).join('')")
    other = b.run("const s = document.getElementById('sigsel'); s.selectedIndex = s.options.length - 1; const i = +s.value; s.dispatchEvent(new Event('change')); return i")
    b.wait(f"return signalFrame().i === {other} && +document.getElementById('sigsel').value === {other}", "another frame is chosen")
    assert b.run("return signal.list.map(x => x.v).join('')") != was, "and has another signal"
    b.run("choose(null); setView('network')")
    # The other language has the whole story.
    korean = b.run("goStep(2); play(false); return document.querySelector('#tour .told').textContent")
    b.click("#lang")
    english = b.run("return document.querySelector('#tour .told').textContent")
    assert english != korean and "The computer asks the resolver" in english or "root" in english, english
    assert not b.run("return [...document.querySelectorAll('#tour .step b')].some(t => /[가-힣]/.test(t.textContent))")
    b.click("#lang")
    for i in range(len(labels)):
        b.click("#tour .step > button", i)
        b.wait(f"return at.step === {i} && document.querySelector('#tour .step.on .told').textContent.length > 20", f"step {labels[i]} is told")
    b.click("#tour .step > button", 5)
    b.wait("return at.stepIds.size === 1 && at.t > 0", "step 4 is about the request")
    b.shot("journey-network")
    for view, what in (("tcp", "svg"), ("signal", "svg, canvas"), ("page", "img"), ("outcome", "*")):
        b.run(f"setView('{view}')")
        b.wait(f"return at.view === '{view}' && document.querySelector('#view {what}')", view)
        b.shot("journey-" + view)
    b.run("setView('page')")
    b.wait("const i = document.querySelector('#view img'); return i && i.complete && i.naturalWidth > 500", "the rendered page is shown")
    narrow(b)
    b.run("goStep(9); play(false)")
    assert b.run("return [...document.querySelectorAll('#tour pre .rule')].every(s => s.clientHeight < 30)"), "a ruler is one line"
    assert b.run("return nodes.filter(d => kindOf(d) === 'host').map(d => d.name).join()") == "A", "who serves looks like a server"
    b.run("setLang('en')")
    errors = b.errors()
    faulty(b)
    errors += b.errors()
    nothing_came(b)
    errors += b.errors()
    assert not errors, errors
    b.close()
    print("the journey's page does what it should")


main()
