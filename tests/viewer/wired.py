#!/usr/bin/env python3
"""Clicks through the page of a journey over a real wire: wired.py JOURNEY.html.  Any console error fails."""
import os, sys

from browser import Browser


def main():
    b = Browser(1500, 1000)
    b.open(os.path.abspath(sys.argv[1]))
    labels = b.run("return [...document.querySelectorAll('#tour .step i')].map(i => i.textContent)")
    assert labels == ["0", "1", "2", "3a", "3b", "4", "6", "7", "8"], labels
    names = b.run("return nodes.map(n => n.name)")
    assert names[:3] == ["A", "wire", "10.7.0.1"], names
    assert b.run("return frames.every(f => f.bytes.length === f.len)"), "every byte is kept"
    assert b.run("return conns.length >= 8 && conns.every(c => c.states[0].length && c.states[1].length)"), "both sides have states"
    assert b.run("return conns[0].packets.every(p => p.got !== null || p.drop !== null)"), "what was sent came"
    assert b.run("return conns[0].states[1].map(e => e.to)")[:2] == ["SYN-RECEIVED", "ESTABLISHED"]
    b.click("#enter")
    b.wait("return at.playing && at.t > +facts.enter", "Enter begins the journey")
    b.run("play(false)")
    for i in range(len(labels)):
        b.click("#tour .step > button", i)
        b.wait(f"return at.step === {i} && document.querySelector('#tour .step.on .told').textContent.length > 20", f"step {labels[i]} is told")
    b.shot("wired-network")
    b.run("choose(frames.find(f => /^GET/.test(f.label)))")
    b.wait("return /Sequence Number/.test(document.body.textContent)", "the request's fields")
    for view, what in (("tcp", "svg"), ("page", "img"), ("outcome", "*")):
        b.run(f"setView('{view}')")
        b.wait(f"return at.view === '{view}' && document.querySelector('#view {what}')", view)
        b.shot("wired-" + view)
    korean = b.run("goStep(2); play(false); return document.querySelector('#tour .told').textContent")
    b.click("#lang")
    assert b.run("return document.querySelector('#tour .told').textContent") != korean
    errors = b.errors()
    assert not errors, errors
    b.close()
    print("the page of a wired journey does what it should")


main()
