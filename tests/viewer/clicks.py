#!/usr/bin/env python3
"""Clicks through the page in a headless Chromium, by chromedriver's WebDriver: clicks.py SMALL.html BIG.html.  Any console error fails."""
import base64, json, os, sys

from browser import Browser


def tour(b):
    """Everything on the small page, as a person would try it."""
    b.wait("return document.querySelectorAll('.node').length === 5 && document.querySelectorAll('.cable').length === 4", "five machines, four cables")
    b.shot("network")
    b.drag(60)
    b.wait("return at.t > 0 && +document.getElementById('slider').getAttribute('aria-valuenow') === Math.round(at.t)", "the slider moved the time")
    was = b.run("return at.t")
    b.key("\ue014")
    b.wait(f"return at.t > {was}", "the right arrow goes to the next event")
    b.run("setTime(0)")
    b.click("#play")
    b.wait("return at.t > 0 && at.playing", "it plays")
    b.click("#play")
    b.wait("return !at.playing", "it stops")
    b.run("const f = flights.find(f => f.head.startsWith('GET')); setTime((f.tx + f.t1) / 2)")
    b.wait("return [...document.querySelectorAll('.pk')].some(g => g.textContent.startsWith('GET') && g.style.display !== 'none')", "the request is on its cable")
    b.run("[...document.querySelectorAll('.pk')].find(g => g.textContent.startsWith('GET')).dispatchEvent(new MouseEvent('click'))")
    b.wait("return document.querySelectorAll('#packet .hop').length === 4", "the packet's four cables")
    ttl = b.run("return [...document.querySelectorAll('#packet .hop')].map(h => /TTL (\\d+)/.exec(h.textContent)[1]).join()")
    assert ttl == "64,64,63,62", ttl
    fields = b.run("return [...document.querySelectorAll('#packet .field')].map(f => f.title).join(' ')")
    for name in ("eth.dst", "ip.ttl", "tcp.seq", "tcp.flags.ack"):
        assert name in fields.split(), name
    assert b.run("return document.querySelectorAll('#packet .dump .hx b').length") > 100
    b.hover("#packet .field[title='eth.dst']")
    b.wait("return document.querySelectorAll('#packet .hx b.on').length === 6", "a field's six bytes are lit")
    b.hover("#packet .hx b[data-i='8']")
    b.wait("return document.querySelector('#packet .field.lit')?.title === 'eth.src'", "a byte's field is lit")
    b.shot("packet")
    b.click("#tour .step > button", 2)
    b.wait("return at.step === 2 && document.querySelector('#tour .told')", "a step is told")
    b.run("play(false)")
    b.shot("step")
    b.click("#tab-tcp")
    b.wait("return document.querySelectorAll('.seg').length > 6 && document.querySelectorAll('.fsm').length === 2", "ladder and both state machines")
    b.run("setTime(stateAt(conns[0], 0, END).since)")
    b.run("const e = conns[0].states[0].find(e => e.to === 'ESTABLISHED'); setTime(e.time)")
    b.wait("return document.querySelector('.fsm[data-side=\"0\"] .fstate.now').dataset.state === 'ESTABLISHED'", "the client is established")
    b.wait("return document.querySelector('.fsm[data-side=\"1\"] .fstate.now').dataset.state === 'SYN-RECEIVED'", "the server not yet")
    for state in ("CLOSED", "LISTEN"):
        b.wait(f"return [...document.querySelectorAll('.ladsvg .stname')].some(t => t.textContent === '{state}')", "where each side begins")
    assert b.run("return [...document.querySelectorAll('.move.why.was')].every(t => t.textContent) && document.querySelectorAll('.move.why.was').length > 2"), "what moved the states"
    assert b.run("""const r = [...document.querySelectorAll('.ladsvg .stname, .ladsvg .tnote text')].map(t => t.getBoundingClientRect());
        return r.every((p, i) => r.every((q, k) => k <= i || Math.min(p.right, q.right) - Math.max(p.left, q.left) < 1 || Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) < 5))"""), "no words over others"
    assert b.run("return document.querySelectorAll('.seg.died').length") > 0 and b.run("return document.querySelectorAll('.seg.again').length") > 0
    b.shot("tcp")
    b.click("#tab-signal")
    b.wait("return document.querySelector('.wave canvas').width > 300", "the wave is drawn")
    bits = b.run("return signalRuns(flights[0]).runs.map(r => r.bits.join('')).join('')")
    assert bits.startswith("10" * 28 + "10101011"), "preamble and SFD, lowest bit first"
    assert len(bits) == (8 + 60 + 4) * 8, len(bits)
    b.shot("signal")
    b.click("#tab-machines")
    b.wait("return document.querySelectorAll('.card').length === 6 && [...document.querySelectorAll('.card')].every(c => c.clientHeight > 60)", "a card for each machine, and the cables")
    assert b.run("return [...document.querySelectorAll('.card')].every(c => c.scrollWidth <= c.clientWidth + 1)"), "no table is cut"
    b.shot("machines")
    b.click("#tab-outcome")
    b.wait("return /WIRE_LOSS/.test(document.getElementById('view').textContent)", "where packets died")
    assert b.run("return [...document.querySelectorAll('.card td:first-child')].map(c => c.textContent).every((c, i, all) => all.indexOf(c) === i)"), "every fact once"
    b.click("#tab-network")
    b.run("document.getElementById('find').value = 'www.hepta.test'; document.getElementById('find').dispatchEvent(new Event('input'))")
    b.wait("return evs.rows.length > 0 && evs.rows.every(h => /www.hepta.test/.test(eventLine(h)))", "the filter filters")
    b.click("#events .ev[data-i='0']")
    b.wait("return at.t === evs.rows[0].time", "a row is a time")
    b.click("#lang")
    b.wait("return document.documentElement.lang === 'ko' && document.getElementById('tab-network').textContent === '네트워크'", "Korean")
    b.click("#theme")
    b.shot("korean")
    b.click("#help")
    b.wait("return document.getElementById('about').open", "help")
    b.key("\ue00c")
    b.wait("return !document.getElementById('about').open", "help is closed")
    b.size(1920, 1080)
    b.wait("return document.getElementById('strip').width > 1000", "it uses a wide screen")
    b.shot("wide")
    wide = b.run("return document.documentElement.scrollWidth <= 1920 && document.documentElement.scrollHeight <= 1080")
    assert wide, "nothing hangs over"


def told_page(path, out):
    """The same run with all that a caller may add: steps, the rendered page, loads, expectations, faults, symbols of a line code."""
    page = open(path, encoding="utf-8").read()
    begin = page.index('id="scene">') + len('id="scene">')
    end = page.index("</script>", begin)
    scene = json.loads(page[begin:end])
    first = scene["frames"][0]
    ids = sorted({f["id"] for f in scene["frames"] if f.get("flags", 0) & 2})
    png = base64.b64encode(bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8ffff3f0005fe02fea7d6059b0000000049454e44ae426082")).decode()
    scene["facts"].update(lang="ko", title="www.google.com 을 치면 일어나는 일")
    scene["steps"] = [{"title": f"{n}. 단계", "text": "설명 한 단락.\n\n    ip.ttl = 64\n    tcp.flags = SYN", "begin": n * 10**7, "end": n * 10**7 + 10**7, "layer": n, "packets": ids[:2]} for n in range(1, 9)]
    scene["page"] = {"url": "http://www.hepta.test/page.html", "text": "한 줄", "png": png}
    scene["loads"] = [{"url": f"http://www.hepta.test/{n}.png", "note": "", "status": 200, "bytes": 1000 * n, "began": n * 10**7, "resolved": n * 10**7 + 10**6 if n == 1 else 0,
                       "connected": n * 10**7 + 3 * 10**6, "first_byte": n * 10**7 + 9 * 10**6, "ended": n * 10**7 + 20 * 10**6} for n in range(1, 5)]
    scene["expects"] = [{"held": True, "time": 10**8, "packet": 0, "text": "never drop s* reason CHECKSUM", "why": ""}, {"held": False, "time": 2 * 10**8, "packet": ids[0], "text": "eventually 2s ping c1 s64", "why": "one\ntwo"}]
    scene["faults"] = [{"time": 10**8, "text": "down neck"}]
    scene["symbols"] = {"packet": first["id"], "code": "Manchester", "cable": scene["cables"][first["cable"]]["name"], "runs": [{"label": "preamble", "bits": "10" * 28}, {"label": "SFD", "bits": "10101011"}]}
    open(out, "w", encoding="utf-8").write(page[:begin] + json.dumps(scene).replace("<", "\\u003c") + page[end:])


def told(b):
    """What the journey and the lab add."""
    b.size(1280, 800)
    assert b.run("return document.documentElement.lang") == "ko"
    b.click("#tour .step > button", 3)
    b.wait("return document.querySelector('#tour .told pre')?.textContent.includes('ip.ttl = 64') && !!at.sel", "a step is told, its packet chosen")
    b.wait("return at.t > 4e7", "it plays")
    b.key("]")
    b.wait("return at.step === 4", "the next step by its key")
    b.wait("return !at.playing && Math.abs(at.t - 6e7) < 1", "it stops where the step ends")
    assert not b.run("return /null|undefined|NaN/.test(document.getElementById('main').textContent)"), "a word of the program's, not of ours"
    b.shot("told")
    b.click("#tab-page")
    b.wait("return document.querySelector('.browser img').naturalWidth === 1 && document.querySelectorAll('.fall').length === 4", "the page and what it loaded")
    b.shot("page")
    b.click("#tab-outcome")
    b.wait("return document.querySelectorAll('.expect.held').length === 1 && document.querySelectorAll('.expect.failed').length === 1", "expectations")
    b.shot("outcome")
    b.click(".expect.failed")
    b.wait("return at.view === 'network' && at.t === 2e8 && !!at.sel", "a failed expectation leads to its packet")
    b.click("#tab-signal")
    b.run("const s = document.getElementById('sigsel'); s.value = codedFrame().i; s.dispatchEvent(new Event('change'))")
    b.wait("return signal.list.length === 64", "the symbols as they were sent")


def big(b):
    """A run of which samples are shown: thousands of frames, and everything still answers."""
    b.size(1280, 800)
    assert b.run("return frames.length") > 3000
    b.run("lineReset(); setTime(axis.stops[axis.stops.length >> 1])")
    for v in ("tcp", "outcome", "network"):
        b.click("#tab-" + v)
        b.wait(f"return at.view === '{v}'", v)
    b.run("setLang('en'); setView('outcome')")
    b.wait("return /of the bulk/.test(document.getElementById('view').textContent)", "it says what was left out")
    b.run("setView('network'); play(true)")
    b.wait("return at.t > axis.stops[axis.stops.length >> 1]", "it plays")
    b.run("play(false)")
    b.shot("big")


def wide(b):
    """A network of 1,001 machines: groups that open and close, and a picture that can be brought nearer and moved."""
    drawn = "[...document.querySelectorAll('.node')].length"
    rest = "[...document.querySelectorAll('.group .number')].reduce((s, t) => s + +t.textContent.replace(/,/g, ''), 0)"
    whole = f"return {drawn} - document.querySelectorAll('.group').length + {rest}"
    b.wait(f"return nodes.length === 1001 && {drawn} <= 40 && document.querySelectorAll('.group').length === 10", "ten groups instead of 990 machines")
    assert b.run(whole) == 1001
    assert b.run("return stage.unitAt.every((p, i) => stage.unitAt.every((q, k) => i === k || Math.hypot(p.x - q.x, p.y - q.y) > 20))"), "apart from each other"
    b.shot("wide")
    b.click(".group")
    b.wait(f"return {drawn} === 38 && document.querySelectorAll('.fold').length === 1", "a group opens: nine switches, each with a group of its own, in place of one tile")
    b.click(".group")
    b.wait("return document.querySelectorAll('.yard rect').length === 1", "a group in it opens: its hosts stand together")
    assert b.run(whole) == 1001
    b.shot("wide-open")
    was = b.run("return [stage.unitAt[0].x, stage.r]")
    b.click("#nearer")
    b.wait(f"return stage.zoom > 1.4 && stage.unitAt[0].x !== {was[0]} && stage.r >= {was[1]}", "nearer")
    b.run("stage.svg.dispatchEvent(new WheelEvent('wheel', {deltaY: -120, clientX: 500, clientY: 200, cancelable: true}))")
    b.wait("return stage.zoom > 2", "the wheel brings it nearer, too")
    b.click("#whole")
    b.wait("return stage.zoom === 1 && stage.x === 0", "the whole of it")
    for _ in range(2):
        b.run("const f = document.querySelectorAll('.fold'); f[f.length - 1].dispatchEvent(new MouseEvent('click'))")
    b.wait("return document.querySelectorAll('.fold').length === 0 && document.querySelectorAll('.group').length === 10", "both are closed again")
    b.run("setTime(axis.stops[axis.stops.length >> 1])")


def main():
    b = Browser(1280, 800)
    small, large, thousand = sys.argv[1:]
    more = os.path.join(b.home.name, "told.html")
    told_page(small, more)
    for page, clicks in ((small, tour), (more, told), (large, big), (thousand, wide)):
        b.open(os.path.abspath(page))
        clicks(b)
        errors = b.errors()
        assert not errors, errors
    b.close()
    print("every click did what it should")


main()
