#!/usr/bin/env python3
"""Builds the toy protocol of docs/ADD-A-PROTOCOL.md out of the page itself, and lets two machines talk with it.

Usage: add_a_protocol.py LIBHEPTA.A"""
import os, re, subprocess, sys, tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Two stacks whose wires are a pointer; one sends to IP protocol 253 through a raw socket and waits for the greeting.
MAIN = r"""
#include <hepta/net.h>
#include <hepta/os.h>
#include <hepta/socket.h>
#include <hepta/wire.h>
#include <stdio.h>
#include <string.h>

extern const struct hp_proto *const my_profile[];
static struct hp_wire wire[2];
static void tx(struct hp_wire *w, struct hp_pkt *p) { hp_wire_rx(w->state, p); }
static const struct hp_wire_ops ops = {.name = "pointer", .tx = tx};

int main(void)
{
    struct hp_stack *s[2];
    for (int i = 0; i < 2; i++) {
        struct hp_config c = {.name = i ? "b" : "a", .profile = my_profile, .allocator = hp_os_allocator(), .seed = 1};
        struct hp_prefix address = {hp_ip4(10, 0, 0, (uint8_t)(1 + i)), 120};
        wire[i] = (struct hp_wire){.ops = &ops, .state = &wire[1 - i]};
        s[i] = hp_stack_new(&c);
        if (!s[i] || hp_addr_add(s[i], hp_link_add(s[i], &wire[i], NULL), &address, 0)) return 2;
    }
    struct hp_sock *sock;
    struct hp_endpoint to = {.ip = hp_ip4(10, 0, 0, 2)};
    char got[200] = {0};
    if (hp_socket(s[0], HP_RAW, 253, &sock)) return 3;
    if (hp_sendto(sock, "world", 5, 0, &to) != 5) return 4;
    for (hp_time now = 0; now < HP_S(1); now += HP_MS(1)) {
        hp_step(s[0], now);
        hp_step(s[1], now);
    }
    long n = (long)hp_recv(sock, got, sizeof got - 1, 0);
    printf("%ld bytes: %s; greeted %d\n", n, n > 20 ? got + 20 : "", (int)hp_counter(s[1], "hello.greeted"));
    int right = n == 32 && strcmp(got + 20, "hello, world") == 0 && hp_counter(s[1], "hello.greeted") == 1;
    hp_stack_free(s[0]);
    hp_stack_free(s[1]);
    return right ? 0 : 1;
}
"""


def main():
    page = open(os.path.join(TOP, "docs", "ADD-A-PROTOCOL.md"), encoding="utf-8").read()
    blocks = re.findall(r"^```c (\w+\.c)\n(.*?)^```", page, re.S | re.M)
    print("files on the page:", [name for name, _ in blocks])
    if len(blocks) != 2:
        return 1
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for name, text in blocks + [("main.c", MAIN)]:
            files.append(os.path.join(folder, name))
            with open(files[-1], "w", encoding="utf-8") as f:
                f.write(text)
        program = os.path.join(folder, "toy")
        build = subprocess.run(["cc", "-std=c11", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror", f"-I{TOP}/include",
                                f"-I{TOP}/src", *files, os.path.abspath(sys.argv[1]), "-o", program],
                               capture_output=True, text=True)
        if build.returncode:
            print(build.stderr[:3000])
            return 1
        run = subprocess.run([program], capture_output=True, text=True, timeout=60)
        print(run.stdout, run.stderr)
        return run.returncode


sys.exit(main())
