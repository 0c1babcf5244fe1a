#!/usr/bin/env python3
"""tests/<folder>/<file>.c tests src/<folder>/<file>.c: every source has a test file of its name, or a reason here why not.

A chapter folder (src/l4_transport/tcp/) may be tested by files named after it (tests/l4_transport/tcp_open.c).  An entry whose source has gone
or has got a test is an error, so this list can only shrink honestly."""
import os, sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Folders whose files are chapters of one thing, with the tests that are for all of them.
CHAPTERS = {
    "l4_transport/tcp": "l4_transport/tcp_",
    "lab/plan": "lab/plan",
    "lab/rules": "lab/rules",
    "lab/run": "lab/run",
    "l3_network/routing": "l3_network/routing/",
}
REASONS = {
    "profiles/congestion.c": "a list", "profiles/host.c": "a list", "profiles/links.c": "a list", "profiles/router.c": "a list",
    "profiles/switch.c": "a list",
    "proc/program.c": "tests/proc/fiber.c runs programs", "proc/wait.c": "tests/proc/fiber.c waits in them",
    "lab/build.c": "tests/lab/world.c", "lab/calls.c": "tests/lab/world.c", "lab/watch.c": "tests/lab/world.c (digest, traces)",
    "lab/words.c": "tests/lab/hosts.c",
    "l1_physical/loopback.c": "tests/l4_transport talk over it", "l1_physical/way.c": "tests/l1_physical/cable.c, impair.c",
    "l3_network/group.c": "tests/l3_network/mld.c", "l3_network/ipv6_link.c": "tests/l3_network/nd.c, slaac.c, addr.c",
    "l3_network/net.c": "tests/l3_network/ipv4.c, forward.c", "l3_network/path.c": "tests/l3_network/route.c, pmtu.c",
    "l3_network/trie.c": "tests/l3_network/route.c",
    "l4_transport/dgram.c": "tests/l4_transport/udp.c, raw.c, ping.c", "l4_transport/dgram_option.c": "tests/l4_transport/udp.c",
    "l7_application/dhcp_lease.c": "tests/l7_application/dhcp_server.c", "l7_application/http_files.c": "tests/l7_application/http_server.c",
    "l7_application/dns_cache.c": "tests/l7_application/dns_recursor.c", "l7_application/dns_exchange.c": "tests/l7_application/dns_recursor.c",
    "l7_application/dns_iterate.c": "tests/l7_application/dns_recursor.c", "l7_application/dns_listen.c": "tests/l7_application/dns_server.c",
    "l7_application/listen.c": "tests/scenarios/allocation_net.c",
    "l7_application/dns_rdata.c": "tests/l7_application/dns_master.c", "l7_application/dns_zone.c": "tests/l7_application/dns_authority.c",
    "l7_application/dns_zone_check.c": "tests/l7_application/dns_authority.c",
    "os/carrier.c": "needs a device: tests/interop", "os/netdev.c": "needs a device: tests/interop", "os/packet.c": "needs a device: tests/interop",
    "os/tap.c": "needs a device: tests/interop", "os/loop.c": "tests/os/fd.c, replay.c turn it", "os/system.c": "a line each",
    "wire/dissect_dhcp.c": "tests/wire/dissect.c", "wire/dissect_dns.c": "tests/wire/dissect.c", "wire/dissect_http.c": "tests/wire/dissect.c",
    "wire/dissect_icmp.c": "tests/wire/dissect.c", "wire/dissect_ip.c": "tests/wire/dissect.c", "wire/dissect_link.c": "tests/wire/dissect.c",
    "wire/dissect_rip.c": "tests/wire/dissect.c", "wire/dissect_text.c": "tests/wire/dissect.c",
    "wire/dissect_transport.c": "tests/wire/dissect.c",
}


def sources():
    for at, _, names in os.walk(os.path.join(TOP, "src")):
        yield from (os.path.relpath(os.path.join(at, n), os.path.join(TOP, "src")) for n in names if n.endswith(".c"))


def tests():
    for at, _, names in os.walk(os.path.join(TOP, "tests")):
        yield from (os.path.relpath(os.path.join(at, n), os.path.join(TOP, "tests")) for n in names if n.endswith(".c"))


def main():
    have, errors, there = set(tests()), [], sorted(sources())
    for path in there:
        chapter = CHAPTERS.get(os.path.dirname(path))
        tested = path in have or (chapter and any(t.startswith(chapter) for t in have))
        if not tested and path not in REASONS:
            errors.append(f"src/{path} has no tests/{path}: write one, or say in tests/tidy/mirror.py where it is tested")
        if tested and path in REASONS:
            errors.append(f"tests/tidy/mirror.py: src/{path} has a test now: take its reason out")
    errors += [f"tests/tidy/mirror.py: src/{path} is gone" for path in REASONS if path not in there]
    print("\n".join(errors))
    print(f"{len(there)} sources, {len(REASONS)} tested elsewhere")
    return 1 if errors or not there else 0


sys.exit(main())
