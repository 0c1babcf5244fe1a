/* What an `app` line can name: one line each. */
#include "lab/run/programs.h"

const struct hp_lab_program *const hp_lab_programs[] = {
    &ping_program,
    &traceroute_program,
    &resolve_program,
    &get_program,
    &serve_program,
    &perf_program,
    &perf_server_program,
    &send_program,
    &sink_program,
    &echo_program,
    &discard_program,
    &chargen_program,
    &udp_program,
    &say_program,
    &listen_program,
    &dns_program,
    &rip_lab_program,
    &dhcp_server_program,
    &zone_program,
    &recursor_program,
    &site_program,
    NULL,
};
