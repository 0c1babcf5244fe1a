/* An echo server on any wire.
 *
 *     echo_server WIRE ADDRESS [GATEWAY]     for ever, in real time:   echo_server tap:hepta0 10.7.0.2/24
 *     echo_server                            against itself, in a lab: a client, a cable with loss and delay, virtual time
 *
 * The server's code is the same in both.  It is a program: calls that would block wait in the stack's time, and many programs
 * run in one thread. */
#include <hepta/lab.h>
#include <hepta/net.h>
#include <hepta/os.h>
#include <hepta/proc.h>
#include <hepta/socket.h>

#include <stdio.h>
#include <string.h>

enum { PORT = 7, CLIENTS = 3, BYTES = 100000 };

/* ---- the server ---- */

static void echo_connection(struct hp_stack *s, void *arg)
{
    struct hp_sock *sock = arg;
    char buffer[4096];
    for (int64_t n; (n = hp_recv(sock, buffer, sizeof buffer, 0)) > 0;)
        if (hp_send(sock, buffer, (size_t)n, 0) != n) break;
    hp_close(sock);
}

static void echo_server(struct hp_stack *s, void *arg)
{
    struct hp_sock *listener, *sock;
    struct hp_endpoint any = {.port = PORT};
    if (hp_socket(s, HP_STREAM, 0, &listener) || hp_bind(listener, &any) || hp_listen(listener, 64)) return;
    while (hp_accept(listener, &sock, NULL) == HP_OK)
        if (hp_spawn(s, "echo", echo_connection, sock, 0)) hp_close(sock);
    hp_close(listener);
}

/* ---- in the lab ---- */

static unsigned finished;

/* Sends BYTES and expects the same back; a second program reads meanwhile, so that no buffer fills up for ever. */
static void client_reader(struct hp_stack *s, void *arg)
{
    struct hp_sock *sock = arg;
    uint8_t buffer[4096];
    uint32_t got = 0;
    for (int64_t n; (n = hp_recv(sock, buffer, sizeof buffer, 0)) > 0;)
        for (int64_t i = 0; i < n; i++, got++)
            if (buffer[i] != (uint8_t)(got * 7 >> 3)) return;
    finished += got == BYTES;
    hp_close(sock);
}

static void client(struct hp_stack *s, void *arg)
{
    struct hp_sock *sock;
    struct hp_endpoint server = {.ip = hp_ip4(10, 7, 0, 2), .port = PORT};
    uint8_t buffer[1000];
    if (hp_socket(s, HP_STREAM, 0, &sock) || hp_connect(sock, &server)) return;
    if (hp_spawn(s, "reader", client_reader, sock, 0)) return;
    for (uint32_t sent = 0; sent < BYTES;) {
        for (uint32_t i = 0; i < sizeof buffer; i++) buffer[i] = (uint8_t)((sent + i) * 7 >> 3);
        if (hp_send(sock, buffer, sizeof buffer, 0) != (int64_t)sizeof buffer) return;
        sent += sizeof buffer;
    }
    hp_shutdown(sock, HP_SHUT_WR);
}

static bool all_finished(void *ctx) { return finished == CLIENTS; }

static int run_in_lab(void)
{
    struct hp_world *w = hp_world_new(7, hp_os_allocator());
    struct hp_stack *c = hp_world_host(w, "client"), *s = hp_world_host(w, "server");
    struct hp_way way = {.rate = 10000000, .delay = HP_MS(10), .faults.loss = UINT32_MAX / 100};
    if (!hp_world_cable(w, "client", "server", &(struct hp_cable_config){.way = way})) return 1;
    hp_world_address(w, "client", "eth0", "10.7.0.1/24");
    hp_world_address(w, "server", "eth0", "10.7.0.2/24");
    hp_spawn(s, "server", echo_server, NULL, 0);
    for (int i = 0; i < CLIENTS; i++) hp_spawn(c, "client", client, NULL, 0);
    int result = hp_world_run(w, HP_S(120), all_finished, NULL);
    char time[HP_TIME_TEXT];
    printf("%u of %d clients had %d bytes echoed, in %s s of virtual time; frames lost: %d\n", finished, CLIENTS, BYTES,
           hp_time_text(hp_world_now(w), time, sizeof time),
           (int)(hp_drop_count(c, HP_DROP_WIRE_LOSS) + hp_drop_count(s, HP_DROP_WIRE_LOSS)));
    hp_world_free(w);
    return result == HP_OK ? 0 : 1;
}

/* ---- on a wire ---- */

static int run_on_wire(const char *url, const char *address, const char *gateway)
{
    char why[256] = "";
    uint8_t entropy[32];
    struct hp_loop *loop;
    struct hp_wire *wire;
    struct hp_prefix prefix;
    struct hp_route route = {.to.len = 96}; /* 0.0.0.0/0 */
    route.to.ip = hp_ip4(0, 0, 0, 0);
    if (!hp_prefix_parse(address, &prefix) || (gateway && !hp_ip_parse(gateway, &route.gateway))) {
        fprintf(stderr, "not an address: %s\n", gateway ? gateway : address);
        return 2;
    }
    if (hp_loop_new(&loop) || hp_os_entropy(entropy)) return 1;
    if (hp_wire_open(loop, url, &wire, why, sizeof why)) {
        fprintf(stderr, "%s\n", why);
        return 1;
    }
    struct hp_config config = {.name = "echo", .allocator = hp_os_allocator(), .entropy = entropy, .now = hp_os_now()};
    memcpy(&config.seed, entropy, sizeof config.seed);
    struct hp_stack *s = hp_stack_new(&config);
    int link = s ? hp_link_add(s, wire, NULL) : HP_ENOMEM;
    if (link < 0 || hp_addr_add(s, link, &prefix, 0) || (gateway && hp_route_add(s, &route)) || hp_loop_add(loop, s)) return 1;
    hp_spawn(s, "server", echo_server, NULL, 0);
    printf("echoing on %s port %d; end with Ctrl-C\n", address, PORT);
    fflush(stdout);
    hp_loop_run(loop, HP_NEVER, NULL, NULL);
    hp_stack_free(s);
    hp_loop_free(loop);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 1) return run_in_lab();
    if (argc == 3 || argc == 4) return run_on_wire(argv[1], argv[2], argc == 4 ? argv[3] : NULL);
    fprintf(stderr, "usage: %s [WIRE ADDRESS/LEN [GATEWAY]]\n", argv[0]);
    return 2;
}
