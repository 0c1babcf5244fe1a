#!/usr/bin/env python3
"""Clicks through the page of a journey: journey.py JOURNEY.html.  Any console error fails."""
import os, sys

from browser import Browser


def main():
    b = Browser(1500, 1000)
    b.open(os.path.abspath(sys.argv[1]))
    labels = b.run("return [...document.querySelectorAll('#tour .step i')].map(i => i.textContent)")
    assert labels == ["0", "1", "2", "3a", "3b", "4", "5", "6", "7", "8"], labels
    assert "null" not in b.run("return document.getElementById('tour').textContent")
    for i in range(len(labels)):
        b.click("#tour .step button", i)
        b.wait(f"return at.step === {i} && document.querySelector('#tour .step.on .told').textContent.length > 20", f"step {labels[i]} is told")
    b.click("#tour .step button", 5)
    b.wait("return at.stepIds.size === 1 && at.t > 0", "step 4 is about the request")
    b.shot("journey-network")
    for view, what in (("tcp", "svg"), ("signal", "svg, canvas"), ("page", "img"), ("outcome", "*")):
        b.run(f"setView('{view}')")
        b.wait(f"return at.view === '{view}' && document.querySelector('#view {what}')", view)
        b.shot("journey-" + view)
    b.run("setView('page')")
    b.wait("const i = document.querySelector('#view img'); return i && i.complete && i.naturalWidth > 500", "the rendered page is shown")
    b.run("setLang('en')")
    errors = b.errors()
    assert not errors, errors
    b.close()
    print("the journey's page does what it should")


main()
