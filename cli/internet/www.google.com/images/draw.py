#!/usr/bin/env python3
"""Draws the pictures of this site, once; the PNG files are what is served.  Needs Debian's python3-cairo."""
import math, os
import cairo

HERE = os.path.dirname(os.path.abspath(__file__))
BLUE, RED, YELLOW, GREEN, GREY, DARK = (0.26, 0.52, 0.96), (0.92, 0.26, 0.21), (0.98, 0.74, 0.02), (0.20, 0.66, 0.33), (0.85, 0.86, 0.88), (0.24, 0.25, 0.26)
W, H = 360, 220


def begin(background=(0.97, 0.98, 0.98)):
    s = cairo.ImageSurface(cairo.FORMAT_RGB24, W, H)
    c = cairo.Context(s)
    c.set_source_rgb(*background)
    c.paint()
    c.set_line_width(3)
    c.select_font_face("NanumGothic", cairo.FONT_SLANT_NORMAL, cairo.FONT_WEIGHT_BOLD)
    return s, c


def end(s, name):
    s.write_to_png(os.path.join(HERE, name + ".png"))


def text(c, x, y, words, size=18, color=DARK):
    c.set_source_rgb(*color)
    c.set_font_size(size)
    e = c.text_extents(words)
    c.move_to(x - e.width / 2 - e.x_bearing, y - e.height / 2 - e.y_bearing)
    c.show_text(words)


def line(c, *points, color=GREY):
    c.new_path()
    c.set_source_rgb(*color)
    for p in points:
        c.line_to(*p)
    c.stroke()


def box(c, x, y, w, h, words, color):
    c.new_path()
    c.set_source_rgb(*color)
    c.rectangle(x - w / 2, y - h / 2, w, h)
    c.fill()
    text(c, x, y, words, 17, (1, 1, 1))


def circle(c, x, y, r, words, color):
    c.new_path()
    c.set_source_rgb(*color)
    c.arc(x, y, r, 0, 2 * math.pi)
    c.fill()
    text(c, x, y, words, 18, (1, 1, 1))


def letter(c, x, y):
    c.new_path()
    c.rectangle(x - 12, y - 8, 24, 16)
    c.set_source_rgb(1, 1, 1)
    c.fill_preserve()
    c.set_source_rgb(*RED)
    c.set_line_width(2)
    c.stroke()
    line(c, (x - 12, y - 8), (x, y + 2), (x + 12, y - 8), color=RED)
    c.set_line_width(3)


def manchester():
    s, c = begin()
    bits, x, step = "10110010", 20, 40
    for i in range(len(bits) + 1):
        line(c, (x + i * step, 40), (x + i * step, 180), color=(0.9, 0.91, 0.92))
    points = []
    for i, b in enumerate(bits):
        low, high = 160, 80
        first, second = (low, high) if b == "1" else (high, low)    # IEEE 802.3: a one rises
        points += [(x + i * step, first), (x + (i + .5) * step, first), (x + (i + .5) * step, second), (x + (i + 1) * step, second)]
        text(c, x + (i + .5) * step, 50, b, 20, BLUE)
    line(c, *points, color=RED)
    end(s, "manchester")


def star(name, words, color, to):
    s, c = begin()
    places = [(60, 50), (300, 50), (60, 170), (300, 170)]
    for i, p in enumerate(places):
        line(c, (180, 110), p, color=RED if i in to else GREY)
    box(c, 180, 110, 92, 44, words, color)
    for i, p in enumerate(places):
        circle(c, *p, 25, "ABCD"[i], BLUE if i == 0 else DARK)
        if i in to and i:
            letter(c, (p[0] + 180) / 2, (p[1] + 110) / 2)
    end(s, name)


def routers():
    s, c = begin()
    at = {"가": (50, 60), "마": (130, 60), "바": (210, 60), "라": (290, 60), "나": (130, 165), "다": (290, 165)}
    for a, b in ("가마", "마바", "바라", "마나", "나다", "다라"):
        line(c, at[a], at[b], color=GREEN if a + b in ("가마", "마바", "바라") else GREY)
    for name, p in at.items():
        circle(c, *p, 24, name, GREEN if name in "가마바라" else DARK)
    end(s, "routers")


def window():
    s, c = begin()
    line(c, (30, 20), (30, 190), (340, 190), color=DARK)
    points, w = [], 4.0
    for i in range(61):
        points.append((30 + i * 5, 190 - w * 4))
        w = w / 2 if w >= 36 else w + (w / 3 if len(points) < 8 else 1.3)
    line(c, *points, color=BLUE)
    text(c, 300, 205, "시간", 14)
    text(c, 70, 20, "윈도우", 14)
    end(s, "window")


def layers():
    s, c = begin()
    colors = [BLUE, RED, YELLOW, GREEN, BLUE, RED, GREEN]
    for i, name in enumerate(["응용", "표현", "세션", "전송", "네트워크", "데이터 링크", "물리"]):
        box(c, 180, 26 + i * 28, 130 + i * 26, 25, f"{7 - i}  {name}", colors[i])
    end(s, "layers")


manchester()
star("hub", "허브", YELLOW, (0, 1, 2, 3))
star("switch", "스위치", GREEN, (0, 3))
routers()
window()
layers()
